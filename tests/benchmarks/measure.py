"""Seconds, processor seconds and peak memory; two ways of doing one thing, by turns in one process."""

import gc
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

EVENTS = int(os.environ.get("TALLYHOUSE_BENCH_EVENTS", "1000000"))
ROUNDS = int(os.environ.get("TALLYHOUSE_BENCH_ROUNDS", "3"))


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds of one call; `parts` as the call itself returned them, in seconds."""

    seconds: float
    cpu: float
    parts: dict[str, float]


class Laps:
    """Seconds from one `end` to the next by name, and the same of the processor as `NAME cpu`."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def end(self, name: str) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        self.parts[name], self.parts[f"{name} cpu"] = wall - self._wall, cpu - self._cpu
        self._wall, self._cpu = wall, cpu


def cost(call: Callable[[], dict[str, float] | None]) -> Cost:
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    parts = call()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu, parts or {})


def by_turns(
    ours: Callable[[], dict[str, float] | None], bare: Callable[[], dict[str, float] | None]
) -> tuple[list[Cost], list[Cost]]:
    """Both calls ROUNDS times, alternating, so that a machine that is busy for a while slows both."""
    pairs = [(cost(ours), cost(bare)) for _ in range(ROUNDS)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def median(values: list[float]) -> float:
    return statistics.median(values)


def ratio(ours: list[float], bare: list[float]) -> float:
    """Median of the rounds' ratios: each compares neighbours in time."""
    return median([a / b for a, b in zip(ours, bare, strict=True)])


def alone(function: Callable[..., Any], *arguments: Any) -> tuple[float, float, Any]:
    """The call in a fresh process: its seconds, that process's peak memory in MB, and what it returned."""
    # A process of this kind may have children of its own, as the one that draws statements has.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        seconds, peak, result = pool.submit(_measured, function, arguments).result()
    return seconds, peak, result


def _measured(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[float, float, Any]:
    start = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - start, peak_memory(), result


def peak_memory() -> float:
    """Peak resident memory of this process in MB. Not ru_maxrss, which a child inherits from its parent."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not tell a process's peak memory; run the benchmarks on Linux")


def show(title: str, rows: list[tuple[str, str]]) -> None:
    """A small table on the terminal (pytest -s)."""
    width = max(len(name) for name, _ in rows)
    print(f"\n\n{title}")
    for name, value in rows:
        print(f"  {name.ljust(width)}  {value}")
