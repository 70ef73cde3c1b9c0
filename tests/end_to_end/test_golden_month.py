"""The golden month: committed input, committed prices, committed figures; nothing moves without being seen.

`make golden` shows what would change, `make golden ACCEPT=1` writes it.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.end_to_end.golden import BOOK, GOLDEN, build, committed, difference, figures
from tests.end_to_end.recompute import COSTS, COUNTS, KEYS, recompute
from tests.end_to_end.recompute_prices import CONTEXT, PARTS, Quote, costs
from tests.end_to_end.recompute_reading import TOKENS, Record

_PART_OF = {
    **dict.fromkeys(("uncached_input_tokens", "input_audio_tokens", "input_image_tokens"), "input_cost"),
    "cache_read_tokens": "cache_read_cost",
    **dict.fromkeys(("cache_write_5m_tokens", "cache_write_1h_tokens"), "cache_write_cost"),
}


def test_the_golden_month_gives_the_committed_figures_to_the_last_digit(tmp_path: Path) -> None:
    found = figures(build(tmp_path / "home"))
    told = list(difference(committed(), found))
    assert found == committed(), "\n".join([__doc__ or "", *told])


def test_the_committed_figures_are_those_of_plain_python(tmp_path: Path) -> None:
    """So what is committed is right, and not only what once came out."""
    rows = [
        row for row in csv.DictReader(committed()["monthly_usage.csv"].splitlines()) if row["month"] == "2026-10-01"
    ]
    assert {row["price_version"] for row in rows} == {BOOK}
    expected = recompute(GOLDEN / "home", date(2026, 10, 1), Book())
    found = {(*(row[name] for name in KEYS[:-1]), row["is_priced"] == "True"): row for row in rows}
    assert found.keys() == expected.rows.keys() and len(found) == len(rows) > 30
    for key, row in expected.rows.items():
        assert {name: number(found[key][name]) for name in (*COUNTS, *COSTS)} == row, key
        assert int(found[key]["active_days"]) == expected.active_days[key], key
    assert expected.events > 300


def test_a_difference_names_columns_and_rows() -> None:
    before = {"t.csv": "day,model,cost\n1,a,0.5\n2,b,0.25\n"}
    after = {"t.csv": "day,model,tier,cost\n1,a,x,0.5\n2,b,x,0.250000000000000001\n"}
    assert list(difference(before, after)) == [
        "t.csv: has the new column tier", "--- t.csv", "+++ t.csv", "@@ -3 +3 @@", "-2,b,0.25",
        "+2,b,0.250000000000000001",
    ]  # fmt: skip
    assert list(difference(before, before)) == []


class Book:
    """The golden price book, looked up band by band."""

    def __init__(self) -> None:
        self._names = {(row["raw_provider"], row["raw_model"]): row["price_id"] for row in _rows("models.csv")}
        self._bands = list(_rows("bands.csv"))

    def quote(self, record: Record, at: datetime, tier: str) -> Quote:
        told = record.said.get("provider", ""), record.said.get("model", "")
        price = self._names[told]
        own = [band for band in self._bands if band["price_id"] == price]
        provider, model = (own[0]["provider"], own[0]["model"]) if own else told
        band = next((band for band in own if _holds(band, record, at, tier)), None)
        return Quote(provider, model, costs(record, tier, lambda: _listed(record, band)))


def _holds(band: dict[str, str], record: Record, at: datetime, tier: str) -> bool:
    at = at.astimezone(UTC)
    second = at.hour * 3600 + at.minute * 60 + at.second
    context = sum(record.tokens[name] for name in CONTEXT)
    return (
        band["service_tier"] == tier
        and band["valid_from"] <= at.isoformat()[:19] < band["valid_to"]
        and int(band["day_from"]) <= second < int(band["day_to"])
        and int(band["context_from"]) <= context < int(band["context_to"])
    )


def _listed(record: Record, band: dict[str, str] | None) -> dict[str, Decimal] | None:
    if band is None or not band["request_rate"]:
        return None
    parts = dict.fromkeys(PARTS, Decimal(0))
    parts["tool_cost"] = Decimal(band["request_rate"])
    used = {name: record.tokens[name] for name in TOKENS if record.tokens[name]}
    if record.searches:
        used["web_search_tokens"] = record.searches
    for name, count in used.items():
        rate = band[name.replace("_tokens", "_rate")]
        if not rate:
            return None
        part = "tool_cost" if name == "web_search_tokens" else _PART_OF.get(name, "output_cost")
        parts[part] += count * Decimal(rate)
    return parts


def number(text: str) -> Any:
    return None if text == "null" else Decimal(text)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (GOLDEN / "prices" / name).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)
