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
_MEASURES = ("requests", "failed_requests", "total_tokens", *bare.TOKENS, *bare.UNITS, *bare.COSTS)
_COMPARED = {
    "daily_usage": (*bare.DIMENSIONS, "usage_date", "is_priced"),
    "hourly_usage": ("usage_date", "hour_at", "local_hour", "department", "provider", "model", "is_priced"),
    "daily_utc_usage": ("usage_date", "utc_date", "provider", "provider_account", "model", "raw_model", "events"),
}


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
    days, _, _ = (_same_rows(home.current_marts.resolve(), out, mart) for mart in _COMPARED)

    # What dbt takes for each node whatever the data: views, contracts, transactions.
    net = [cost.parts | {name: cost.parts[name] - one_day[name] for name in ("models", "models cpu")} for cost in ours]

    def compared(*names: str) -> str:
        """Both in seconds, and their ratio."""
        mine = [sum(parts[name] for name in names) for parts in net]
        bares = [sum(cost.parts[name] for name in names) for cost in script]
        ratio = measure.ratio(mine, bares)
        return f"{measure.median(mine):.2f} s : {measure.median(bares):.2f} s, ratio {ratio:.2f} (goal {GOAL})"

    measure.show(
        f"Marts of {measure.EVENTS:,} events, {days:,} rows of daily_usage",
        [
            ("processor: models without start-up", compared("models cpu")),
            ("processor: models and files", compared("models cpu", "files cpu")),
            ("clock: models without start-up", compared("models")),
            ("clock: models and files", compared("models", "files")),
            ("start-up, as for a single day", f"{one_day['models']:.2f} s, processor {one_day['models cpu']:.2f} s"),
            ("dbt's data tests", f"{whole['data tests']:.2f} s (the script has none)"),
            ("a new process, in all", f"{whole['whole']:.2f} s"),
            ("peak memory", f"{peak:.0f} MB : {bare_peak:.0f} MB"),
        ],
    )
    shutil.rmtree(tmp_path)


def _same_rows(snapshot: Path, out: Path, mart: str) -> int:
    """Rows of the mart, which are the same in both."""
    columns = ", ".join((*_COMPARED[mart], *_MEASURES))
    ours = f"(SELECT {columns} FROM read_parquet('{snapshot}/{mart}/*.parquet'))"
    bare_rows = f"(SELECT {columns} FROM read_parquet('{out}/{mart}/*/*.parquet'))"
    counted = duckdb.execute(
        f"SELECT (SELECT count(*) FROM {ours}), (SELECT count(*) FROM {bare_rows}), "
        f"(SELECT count(*) FROM (FROM {ours} EXCEPT ALL FROM {bare_rows}))"
    ).fetchone()
    assert counted is not None
    assert counted[0] == counted[1] > 0, mart
    assert counted[2] == 0, mart
    return int(counted[0])
