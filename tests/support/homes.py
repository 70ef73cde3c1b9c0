"""Small homes for end-to-end tests, and ways to run the main job on them and to look at what it left."""

import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.demo import DemoSummary, write_demo
from orchestration.home import Home
from orchestration.run import RunSummary
from orchestration.settings import Settings, load_settings

CHECKOUT = Path(__file__).resolve().parents[2]
UNTIL = date(2026, 11, 20)
NOW = "2026-11-21T04:00:00+00:00"
TALLYHOUSE = (sys.executable, "-c", "from orchestration.cli import main; main()")
KEPT_DEPARTMENTS = ("Data & Analytics", "Sales Operations", "Engineering")
_SHORT_FROM = date(2026, 10, 1)


def full_home(root: Path, events: int) -> tuple[Home, DemoSummary]:
    """The example company's 13 months with about `events` events."""
    home = Home(root)
    return home, write_demo(home, until=UNTIL, events=events)


def short_home(root: Path) -> Home:
    """October and November of the example company, everybody moved into three departments: seconds to run."""
    home, _ = full_home(root, 3000)
    for path in sorted(home.inbox.rglob("*.*")):
        if path.is_file() and _last_day(home, path) < _SHORT_FROM:
            path.unlink()
    centres = {row["department"]: row["cost_centre"] for row in read_table(home, "departments.csv")}

    def moved(row: dict[str, str]) -> dict[str, str]:
        department = row["department"] if row["department"] in KEPT_DEPARTMENTS else "Engineering"
        return {**row, "department": department, "cost_centre": centres[department]}

    write_table(home, "organisation.csv", map(moved, read_table(home, "organisation.csv")))
    departments = read_table(home, "departments.csv")
    write_table(home, "departments.csv", (row for row in departments if row["department"] in KEPT_DEPARTMENTS))
    budgets = read_table(home, "budgets.csv")
    write_table(home, "budgets.csv", (row for row in budgets if row["scope"] in ("", *KEPT_DEPARTMENTS)))
    return home


def copy_home(home: Home, root: Path) -> Home:
    """A copy that looks the same to a run: times and links are kept."""
    shutil.copytree(home.root, root, symlinks=True)
    return Home(root)


def settings_of(home: Home, now: str = NOW) -> Settings:
    """The home's settings at the time `now`."""
    with pretending(now):
        return load_settings(home)


@contextmanager
def pretending(now: str) -> Iterator[None]:
    """TALLYHOUSE_NOW for code in this process."""
    before = os.environ.get("TALLYHOUSE_NOW")
    os.environ["TALLYHOUSE_NOW"] = now
    try:
        yield
    finally:
        if before is None:
            del os.environ["TALLYHOUSE_NOW"]
        else:
            os.environ["TALLYHOUSE_NOW"] = before


@dataclass(frozen=True)
class Finished:
    """One ended command."""

    pid: int
    code: int
    out: str
    err: str
    seconds: float


class Started:
    """`tallyhouse --home HOME words…` in a process of its own; `python` are more options of the interpreter."""

    def __init__(self, home: Home, *words: str, now: str = NOW, python: tuple[str, ...] = ()) -> None:
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            [TALLYHOUSE[0], *python, *TALLYHOUSE[1:], "--home", str(home.root), *words],
            cwd=CHECKOUT,
            env=environment(now),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def first_words(self) -> str:
        """The first line of progress, once it is there."""
        assert self.process.stderr is not None
        return self.process.stderr.readline()

    def finish(self) -> Finished:
        out, err = self.process.communicate(timeout=600)
        return Finished(self.process.pid, self.process.returncode, out, err, time.monotonic() - self._began)


def command(home: Home, *words: str, now: str = NOW, python: tuple[str, ...] = ()) -> Finished:
    """Run a command to its end."""
    return Started(home, *words, now=now, python=python).finish()


def environment(now: str = NOW) -> dict[str, str]:
    """For child processes: the checkout on the path, the time fixed, output not held back."""
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), "TALLYHOUSE_NOW": now, "PYTHONUNBUFFERED": "1"}


def tree(root: Path) -> dict[str, tuple[object, ...]]:
    """Every file, folder and link below `root` with what changes when it is written: inode, size, time, target."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(root.rglob("*")):
        stat = path.lstat()
        target = path.readlink() if path.is_symlink() else None
        found[path.relative_to(root).as_posix()] = (stat.st_ino, stat.st_size, stat.st_mtime_ns, target)
    return found


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file directly in `folder`."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def read_table(home: Home, name: str) -> list[dict[str, str]]:
    """The rows of a reference table."""
    with (home.reference / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_table(home: Home, name: str, rows: Iterable[dict[str, str]]) -> None:
    """Write a reference table with the columns it has."""
    path = home.reference / name
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    kept = list(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)


def repeat_a_price(home: Home) -> None:
    """Write one price of each kept price book twice, as no book of ours is: dbt's own test must find it."""
    import duckdb

    for book in home.prices.glob("*.parquet"):
        if not book.name.endswith(".models.parquet"):
            doctored = book.with_suffix(".doctored")
            duckdb.execute(
                f"copy (from '{book}' union all by name (from '{book}' order by price_id limit 1)) "
                f"to '{doctored}' (format parquet)"
            )
            doctored.replace(book)


def opened(path: Path) -> bytes:
    """A log file's content, unpacked."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def json_lines(path: Path) -> list[dict[str, Any]]:
    """The JSON objects of a log file, without the lines that are none."""
    rows = []
    for line in opened(path).splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
    return rows


def write_json_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write a log file, packed when its name says so."""
    data = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def _last_day(home: Home, path: Path) -> date:
    """The last UTC day that a demo file speaks of, by its last readable line or its name."""
    source = path.relative_to(home.inbox).parts[0]
    if source == "assistant":
        return date.fromisoformat(path.name.removeprefix("assistant-")[:10])
    stamps = [str(row.get("startTime") or row.get("timestamp") or "") for row in json_lines(path)]
    return date.fromisoformat(max(stamps)[:10]) if stamps else UNTIL


@dataclass(frozen=True)
class Ran:
    """What the main job did in this process; `summary` is None when there was nothing to do."""

    summary: RunSummary | None
    said: tuple[str, ...]

    @property
    def done(self) -> RunSummary:
        assert self.summary is not None, "there was nothing to do"
        return self.summary


def main_job(home: Home, now: str = NOW) -> Ran:
    """The function behind `tallyhouse run`, without starting a process and importing everything again."""
    from orchestration.run import run

    said: list[str] = []
    with pretending(now):
        return Ran(run(home, load_settings(home), say=said.append), tuple(said))


def backfill_job(home: Home, first: date, last: date, now: str = NOW) -> RunSummary:
    """The function behind `tallyhouse backfill`."""
    from orchestration.run import backfill

    with pretending(now):
        return backfill(home, load_settings(home), first, last, say=lambda _: None)
