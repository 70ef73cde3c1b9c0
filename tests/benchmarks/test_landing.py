"""Landing against DuckDB's own COPY from JSON to partitioned Parquet."""

import shutil
from pathlib import Path

import duckdb
import pytest

from tests.benchmarks import bare, measure, work

pytestmark = pytest.mark.bench
GOALS = {0.0: 1.3, 0.01: 3}


@pytest.mark.parametrize("bad", [0.0, 0.01], ids=["clean", "one_percent_bad"])
def test_landing(tmp_path: Path, bad: float) -> None:
    inbox, clean = tmp_path / "inbox", tmp_path / "clean"
    size = work.make_inbox(inbox, measure.EVENTS, bad)
    # The bare reader knows no bad rows: it always gets the clean ones.
    work.make_inbox(clean, measure.EVENTS)
    found: dict[str, int] = {}

    def ours() -> None:
        found.update(work.land(tmp_path / "home", inbox))

    ours_costs, bare_costs = measure.by_turns(ours, lambda: bare.land(clean, tmp_path / "bare"))
    rows = duckdb.execute(f"SELECT count(*) FROM read_parquet('{tmp_path}/bare/*/*.parquet')").fetchone()
    assert rows is not None
    assert found["delivered"] == rows[0] == measure.EVENTS
    assert found["landed"] + found["quarantined"] == measure.EVENTS
    assert (found["quarantined"] > 0) == (bad > 0)
    _, our_peak, _ = measure.alone(work.land, tmp_path / "alone", inbox)
    _, bare_peak, _ = measure.alone(bare.land, clean, tmp_path / "bare")
    seconds, bare_seconds = [c.seconds for c in ours_costs], [c.seconds for c in bare_costs]
    cpu, bare_cpu = [c.cpu for c in ours_costs], [c.cpu for c in bare_costs]
    measure.show(
        f"Landing {measure.EVENTS:,} events ({size / 1e6:.0f} MB of JSONL.gz), {found['quarantined']:,} bad",
        [
            ("Tallyhouse", f"{measure.median(seconds):.2f} s, {measure.EVENTS / measure.median(seconds):,.0f} rows/s"),
            ("bare DuckDB", f"{measure.median(bare_seconds):.2f} s (clean rows)"),
            ("ratio", f"{measure.ratio(seconds, bare_seconds):.2f} (goal {GOALS[bad]})"),
            ("processor seconds", f"{measure.median(cpu):.2f} : {measure.median(bare_cpu):.2f}"),
            ("ratio of them", f"{measure.ratio(cpu, bare_cpu):.2f}"),
            ("peak memory", f"{our_peak:.0f} MB : {bare_peak:.0f} MB"),
        ],
    )
    shutil.rmtree(tmp_path)
