"""Tallyhouse's own steps as the benchmarks call them, at a given time of day, and what they took."""

import shutil
import time
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

from orchestration.home import Home
from orchestration.settings import Settings, load_settings
from tests.benchmarks.generate import NOW, write_home, write_inbox
from tests.benchmarks.measure import Laps

ALL_DAYS = (date(2015, 1, 1), date(2100, 1, 1))


def settings_of(home: Home, now: str = NOW) -> Settings:
    return load_settings(home).model_copy(update={"now": datetime.fromisoformat(now).astimezone(UTC)})


def make_inbox(inbox: Path, events: int, bad: float = 0.0) -> int:
    write_inbox(inbox, events=events, bad=bad)
    return sum(path.stat().st_size for path in inbox.iterdir())


def land(root: Path, inbox: Path) -> dict[str, int]:
    """Land the whole inbox into a new home; rows by what became of them."""
    from orchestration.landing import land as land_files

    home = write_home(root, inbox)
    report = land_files(home, settings_of(home))
    return {"delivered": report.delivered, "landed": report.landed, "quarantined": report.quarantined}


def build(root: Path) -> dict[str, float]:
    """Build and publish every landed day; seconds by part, dbt's nodes as dbt reports them."""
    from orchestration import pipeline

    home = Home(root)
    started = time.perf_counter()
    report = pipeline.build_marts(home, settings_of(home), rebuild=ALL_DAYS)
    assert report is not None
    seconds = {"whole": time.perf_counter() - started, "rows": float(report.manifest.conservation["counted"])}
    return seconds | node_seconds(report.nodes)


def build_parts(root: Path, days: tuple[date, date] = ALL_DAYS) -> dict[str, float]:
    """The work of building `days` without data tests and without publishing it: seconds of models and files."""
    import duckdb

    from orchestration import pipeline
    from orchestration.landing import receipts
    from orchestration.marts import publish
    from orchestration.marts.books import books_for
    from orchestration.marts.dbt_build import dbt_views, parse
    from orchestration.marts.inputs import build_variables
    from orchestration.prices import current_book

    home = Home(root)
    settings = settings_of(home)
    landed = receipts(home)
    current_book(home)
    plan = pipeline.plan_build(home, settings, rebuild=days)
    books, _ = books_for(home, plan, landed, published={})
    variables = build_variables(home=home, settings=settings, plan=plan, manifest=None, receipts=landed, books=books)
    parse(home)
    warehouse = home.data / "benchmark" / "warehouse.duckdb"
    shutil.rmtree(warehouse.parent, ignore_errors=True)
    laps = Laps()
    dbt_views(home, variables, select="tallyhouse", warehouse=warehouse)
    laps.end("models")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        staged = publish.stage(
            connection, home, snapshot="benchmark", days=[item.day for item in plan.days],
            months=[item.month for item in plan.months],
        )  # fmt: skip
    laps.end("files")
    shutil.rmtree(staged)
    return laps.parts


def node_seconds(nodes: tuple[object, ...] | list[object]) -> dict[str, float]:
    """dbt's execution times. Two nodes may run at once: their sum is at least what the clock showed."""
    sums = {"models": 0.0, "data tests": 0.0}
    for node in nodes:
        sums["data tests" if node.kind == "test" else "models"] += node.seconds  # type: ignore[attr-defined]
    return sums


def land_and_build(root: Path, inbox: Path) -> dict[str, float]:
    """A new home's whole way from files to marts; seconds of both steps."""
    started = time.perf_counter()
    land(root, inbox)
    landed = time.perf_counter()
    build(root)
    return {"land": landed - started, "build": time.perf_counter() - landed}


def steps(root: Path) -> dict[str, float]:
    """Land and build what is new, as the steps of a run; seconds by part, `import` being this process's start-up."""
    started = time.perf_counter()
    import duckdb  # noqa: F401

    from orchestration import pipeline
    from orchestration.marts.dbt_build import parse

    home = Home(root)
    parse(home)
    ready = time.perf_counter()
    pipeline.land_files(home, settings_of(home))
    landed = time.perf_counter()
    report = pipeline.build_marts(home, settings_of(home))
    assert report is not None
    built = {"days": float(len(report.days)), "build": time.perf_counter() - landed}
    return {"import and parse": ready - started, "land": landed - ready} | built | node_seconds(report.nodes)


def run(root: Path) -> dict[str, float]:
    """`tallyhouse run`; seconds from each line of its progress to the next."""
    from orchestration.run import run as run_all

    home = Home(root)
    said: list[tuple[str, float]] = [("start", time.perf_counter())]
    summary = run_all(home, settings_of(home), say=lambda text: said.append((text, time.perf_counter())))
    assert summary is not None
    said.append(("end", time.perf_counter()))
    parts: dict[str, float] = {}
    for (text, at), (_, until) in pairwise(said):
        parts[text] = parts.get(text, 0.0) + until - at
    return parts
