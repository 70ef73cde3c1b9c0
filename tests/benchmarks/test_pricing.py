"""Pricing in SQL against one call of the price package for each event, in processor seconds of one process."""

import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import genai_prices
import pytest

from orchestration.home import Home
from tests.benchmarks import measure, work
from tests.support.package_usage import INPUT, OUTPUT, package_usage
from tests.support.pricing import priced_events

pytestmark = pytest.mark.bench
GOAL = 50
SAMPLE = 20_000
_CLASSES = (*INPUT, *OUTPUT)
_PARTS = ("input_cost", "cache_read_cost", "cache_write_cost", "output_cost", "tool_cost")


def test_pricing(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    work.make_inbox(tmp_path / "inbox", measure.EVENTS)
    work.land(home.root, tmp_path / "inbox")
    priced = priced_events(home, work.settings_of(home))
    with priced.open() as connection:
        connection.execute(f"set memory_limit = '2GB'; set temp_directory = '{tmp_path}/spill'")
        # The same rows and counts, without and with their prices: pricing is what the second takes longer.
        counts = ", ".join(f"sum({name})" for name in _CLASSES)
        costs = ", ".join(f"sum({name})" for name in (*_PARTS, "list_cost"))
        with_prices, without = measure.by_turns(
            lambda: _asked(connection, f"select count(*), count(price_id), {counts}, {costs} from int_usage_priced"),
            lambda: _asked(connection, f"select count(*), count(price_id), {counts} from int_usage_resolved"),
        )
        columns = ", ".join(_CLASSES)
        rows = connection.execute(
            f"select provider, model, service_tier, event_at, list_cost, {columns} from int_usage_priced "
            f"where status = 'ok' and service_tier = 'standard' order by hash(event_id) limit {SAMPLE}"
        ).fetchall()
        (events,) = connection.execute("select count(*) from int_usage_priced").fetchone()
    calls = _calls(rows)
    package = min(measure.cost(lambda: _called(calls)).cpu for _ in range(measure.ROUNDS)) / len(calls)
    whole = measure.median([cost.cpu for cost in with_prices]) / events
    ours = measure.median([a.cpu - b.cpu for a, b in zip(with_prices, without, strict=True)]) / events
    measure.show(
        f"Pricing of {events:,} events, processor time for each",
        [
            ("one call of genai_prices", f"{package * 1e6:.1f} µs, without making its usage; {len(calls):,} called"),
            ("pricing in SQL", f"{ours * 1e6:.2f} µs: 1/{package / ours:.0f} (goal 1/{GOAL})"),
            ("with reading, counting once and organisation", f"{whole * 1e6:.2f} µs: 1/{package / whole:.0f}"),
            ("on the clock, all of it", f"{measure.median([cost.seconds for cost in with_prices]):.1f} s"),
        ],
    )
    # Below that the planning of the query, which costs the same for any number of events, is most of it.
    if measure.EVENTS >= 1_000_000:
        assert ours * GOAL <= package
    shutil.rmtree(tmp_path)


def _asked(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    assert connection.execute(query).fetchone()


def _calls(rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    calls = []
    for provider, model, _tier, at, list_cost, *counts in rows:
        usage = package_usage(dict(zip(_CLASSES, counts, strict=True)))
        calls.append({"usage": usage, "model": model, "provider": provider, "at": at.replace(tzinfo=UTC),
                      "cost": list_cost})  # fmt: skip
    return calls


def _called(calls: list[dict[str, Any]]) -> None:
    total, wanted = Decimal(0), Decimal(0)
    for call in calls:
        at: datetime = call["at"]
        found = genai_prices.calc_price(
            call["usage"], call["model"], provider_id=call["provider"], genai_request_timestamp=at
        )
        total += found.total_price
        wanted += call["cost"]
    assert abs(total - wanted) < Decimal("0.000001")
