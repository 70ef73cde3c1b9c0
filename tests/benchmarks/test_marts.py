"""A whole history's marts through dbt against one DuckDB script that gives the same rows."""

import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration.home import Home
from tests.benchmarks import bare, measure, work
from tests.benchmarks.generate import LAST_DAY

pytestmark = pytest.mark.bench
GOAL = 1.25
_COMPARED = (
    *bare.DIMENSIONS, "usage_date", "is_priced", "requests", "failed_requests", "total_tokens", *bare.TOKENS,
    *bare.COSTS,
)  # fmt: skip


def test_marts(tmp_path: Path) -> None:
    inbox, home, out = tmp_path / "inbox", Home(tmp_path / "home"), tmp_path / "bare"
    work.make_inbox(inbox, measure.EVENTS)
    work.land(home.root, inbox)
    _, peak, whole = measure.alone(work.build, home.root)
    bands = next(path for path in home.prices.glob("*.parquet") if not path.name.endswith(".models.parquet"))
    models = next(home.prices.glob("*.models.parquet"))
    raw = home.raw / "assistant"

    ours, script = measure.by_turns(
        lambda: work.build_parts(home.root), lambda: bare.marts(raw, home.reference, bands, models, out)
    )
    one_day = work.build_parts(home.root, (LAST_DAY, LAST_DAY))
    _, bare_peak, _ = measure.alone(bare.marts, raw, home.reference, bands, models, out)
    days = _same_days(home.current_marts.resolve(), out)

    def part(name: str) -> float:
        return measure.median([cost.parts[name] for cost in ours])

    def script_part(name: str) -> float:
        return measure.median([cost.parts[name] for cost in script])

    def ratio(ours_parts: list[float], script_parts: tuple[str, ...]) -> str:
        given = [sum(cost.parts[name] for name in script_parts) for cost in script]
        return f"{measure.ratio(ours_parts, given):.2f} (goal {GOAL})"

    # What dbt takes for each node whatever the data: views, contracts, transactions.
    start_up = one_day["models"]
    sql = [cost.parts["models"] - start_up for cost in ours]
    both = [cost.parts["models"] - start_up + cost.parts["files"] for cost in ours]
    measure.show(
        f"Marts of {measure.EVENTS:,} events, {days:,} rows of daily_usage",
        [
            ("models through dbt", f"{part('models'):.2f} s, of which {start_up:.2f} s also for a single day"),
            ("the script's SQL", f"{script_part('sql'):.2f} s"),
            ("ratio of the SQL, without start-up", ratio(sql, ("sql",))),
            ("day and month files", f"{part('files'):.2f} s : {script_part('files'):.2f} s"),
            ("ratio of SQL and files", ratio(both, ("sql", "files"))),
            ("dbt's data tests", f"{part('data tests'):.2f} s (the script has none)"),
            ("dbt in all, parsed before", f"{part('dbt'):.2f} s for all days, {one_day['dbt']:.2f} s for one"),
            ("processor seconds", f"{measure.median([c.cpu for c in ours]):.2f} (dbt and tests included) : "
                                  f"{measure.median([c.cpu for c in script]):.2f}"),
            ("a new process, in all", f"{whole['whole']:.2f} s"),
            ("peak memory", f"{peak:.0f} MB : {bare_peak:.0f} MB"),
        ],
    )  # fmt: skip
    shutil.rmtree(tmp_path)


def _same_days(snapshot: Path, out: Path) -> int:
    """Rows of daily_usage, which are the same in both."""
    columns = ", ".join(_COMPARED)
    ours = f"(SELECT {columns} FROM read_parquet('{snapshot}/daily_usage/*.parquet'))"
    bare_rows = f"(SELECT {columns} FROM read_parquet('{out}/daily_usage/*/*.parquet'))"
    counted = duckdb.execute(
        f"SELECT (SELECT count(*) FROM {ours}), (SELECT count(*) FROM {bare_rows}), "
        f"(SELECT count(*) FROM (FROM {ours} EXCEPT ALL FROM {bare_rows}))"
    ).fetchone()
    assert counted is not None
    assert counted[0] == counted[1] > 0
    assert counted[2] == 0
    return int(counted[0])
