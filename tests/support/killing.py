"""Killing the main job with SIGKILL at moments chosen by a seed, and comparing what a following run leaves."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestration.home import Home
from orchestration.landing import receipts
from orchestration.marts.manifest import read_manifest
from orchestration.marts.publish import DAILY, MONTHLY
from tests.support.homes import CHECKOUT, NOW, TALLYHOUSE, contents, environment

# Lines of progress that begin a phase, and what a phase leaves on the disk first.
LINES = ("Landing", "Reading prices", "Building", "Publishing", "Sending messages", "Writing the statements")
FILES: dict[str, Callable[[Home], object]] = {
    "a receipt": lambda home: {path.name for path in home.landings.glob("*/*.json")},
    "a part": lambda home: {path.name for path in home.raw.glob("*/*/*.parquet")},
    "the warehouse": lambda home: _stamp(home.warehouse),
    "a staged snapshot": lambda home: _listed(home.marts / "snapshots"),
    "the swap": lambda home: home.current_marts.readlink() if home.current_marts.is_symlink() else None,
    "the ledger": lambda home: (_stamp(home.ledger), _stamp(home.ledger.with_name("ledger.sqlite-wal"))),
    "a message": lambda home: _listed(home.root / "messages"),
    "a statement": lambda home: {
        path.name: path.stat().st_mtime_ns for path in home.statements.glob("*/*") if path.is_file()
    },
    "the register of statements": lambda home: _stamp(home.data / "statements.json"),
}
_PAUSES = (0.0, 0.003, 0.03, 0.2, 0.8)
_POLL_SECONDS = 0.001


@dataclass(frozen=True)
class Blow:
    """When a run is killed: after `line` was said or `file` changed, or neither, and then after `pause` seconds.

    `alone`: only the main process, so that its workers are left to themselves.
    """

    line: str | None
    file: str | None
    pause: float
    alone: bool

    def __str__(self) -> str:
        after = f'"{self.line}"' if self.line else self.file or "the start"
        return f"{self.pause:.3f} s after {after}{', its workers left alone' if self.alone else ''}"


def blows(seed: int, seconds: float) -> Iterator[Blow]:
    """Every boundary in turn, and in between moments at random within the `seconds` of an undisturbed run."""
    rng = random.Random(seed)
    while True:
        phases = [(line, None) for line in LINES] + [(None, file) for file in FILES]
        rng.shuffle(phases)
        for line, file in phases:
            yield Blow(line, file, rng.choice(_PAUSES) * rng.random(), rng.random() < 0.15)
            if rng.random() < 0.35:
                yield Blow(None, None, rng.random() * seconds, False)


@dataclass(frozen=True)
class Struck:
    """One run: whether it was killed before it ended, its exit code (-9 when killed), seconds and last words."""

    killed: bool
    code: int
    seconds: float
    cpu: float
    said: str


def strike(home: Home, blow: Blow | None, folder: Path, *, now: str = NOW) -> Struck:
    """Run the main job in a process group of its own and kill it as told; None lets it end.

    `cpu` is the processor time of it and of its workers in seconds, where it could be taken.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Files of its own: workers that a killed run left alone may still have something to say.
    began = time.monotonic()
    said, out = folder / f"stderr-{began}", folder / f"stdout-{began}"
    before = FILES[blow.file](home) if blow and blow.file else None
    with said.open("wb") as err, out.open("wb") as printed:
        child = subprocess.Popen(
            [*TALLYHOUSE, "--home", str(home.root), "run"],
            cwd=CHECKOUT,
            env={**environment(now), "TMPDIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=err,
            start_new_session=True,
        )
    killed = False
    if blow is not None:
        reached = _wait_for(child, home, blow, said, before)
        if reached and not _ended_within(child, blow.pause):
            (os.kill if blow.alone else os.killpg)(child.pid, signal.SIGKILL)
            killed = True
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    return Struck(
        killed and child.returncode == -signal.SIGKILL,
        child.returncode,
        seconds,
        usage.ru_utime + usage.ru_stime,
        said.read_text(encoding="utf-8") + out.read_text(encoding="utf-8"),
    )


def _wait_for(child: "subprocess.Popen[bytes]", home: Home, blow: Blow, said: Path, before: object) -> bool:
    """Until the phase has begun; False when the run ended without it."""
    while not _is_over(child):
        if blow.line is None and blow.file is None:
            return True
        if blow.line is not None and any(line.startswith(blow.line) for line in said.read_text().splitlines()):
            return True
        if blow.file is not None:
            with suppress(FileNotFoundError):
                if FILES[blow.file](home) != before:
                    return True
        time.sleep(_POLL_SECONDS)
    return False


def _ended_within(child: "subprocess.Popen[bytes]", seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if _is_over(child):
            return True
        time.sleep(min(_POLL_SECONDS, max(end - time.monotonic(), 0)))
    return _is_over(child)


def _is_over(child: "subprocess.Popen[bytes]") -> bool:
    """Whether it has ended; it is left to be waited for."""
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


# What it leaves ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """Everything that a user can hold after a run; equal outcomes are equal to the user."""

    manifest: dict[str, Any]
    marts: dict[str, list[tuple[Any, ...]]] = field(repr=False)
    messages: dict[str, bytes] = field(repr=False)
    statements: dict[str, bytes] = field(repr=False)
    deliveries: list[tuple[str, str | None, str]]
    alerts: list[tuple[str, str, str, int, str]]
    quarantine: list[str]


def outcome(home: Home) -> Outcome:
    """What there is in a home, apart from names and times of snapshots and landings."""
    from orchestration import alerts

    manifest = read_manifest(home)
    assert manifest is not None
    messages = home.root / "messages"
    return Outcome(
        manifest={
            "days": manifest.days,
            "months": manifest.months,
            "conservation": manifest.conservation,
            "span": (manifest.first_day, manifest.data_until),
            "price_books": manifest.price_books,
        },
        marts={mart: _rows(home, mart) for mart in (*DAILY, *MONTHLY)},
        messages=contents(messages) if messages.exists() else {},
        statements={
            path.relative_to(home.statements).as_posix(): path.read_bytes()
            for path in sorted(home.statements.rglob("*"))
            if path.is_file()
        },
        deliveries=sorted((item.delivery_id, item.recipient, item.state) for item in alerts.list_deliveries(home)),
        alerts=sorted(
            (
                item.alert.budget_id,
                item.alert.period.isoformat(),
                item.alert.kind,
                item.alert.threshold,
                item.alert.outcome,
            )
            for item in alerts.list_alerts(home)
        ),
        quarantine=sorted(line for path in home.quarantine.glob("*/*") for line in path.read_text().splitlines()),
    )


def leftovers(home: Home) -> list[str]:
    """What no finished run should leave: half-made files and folders, and facts that no receipt names."""
    known = {part for receipt in receipts(home) for part in receipt.parts}
    facts = {path.relative_to(home.root).as_posix() for path in home.raw.rglob("*.parquet")}
    hidden = [path for path in home.root.rglob(".*") if path.name not in (".gitkeep", ".user.yml")]
    snapshots = [path for path in (home.marts / "snapshots").iterdir() if not (path / "manifest.json").exists()]
    odd = [*hidden, *snapshots, *home.data.rglob("*.tmp")]
    return sorted(facts ^ known) + [path.relative_to(home.root).as_posix() for path in odd]


def _rows(home: Home, mart: str) -> list[tuple[Any, ...]]:
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        files = [str(path) for path in sorted((home.current_marts.resolve() / mart).glob("*.parquet"))]
        if not files:
            return []
        return connection.execute("select * from read_parquet($files) order by all", {"files": files}).fetchall()


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_size, stat.st_mtime_ns


def _listed(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()
