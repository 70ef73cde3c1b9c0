"""Random usage under random discounts: every cost is the sum of its parts, exactly, at each grain of the marts."""

import csv
import random
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from orchestration.prices.bands import RATE_COLUMNS
from tests.support.package_usage import INPUT, OUTPUT
from tests.support.pricing import priced_events
from tests.unit.marts.conftest import Small

ZONE = ZoneInfo("America/New_York")
PARTS = ("input_cost", "cache_read_cost", "cache_write_cost", "output_cost", "tool_cost", "charged_cost")
TOTALS = ("list_cost", "markup_cost", "discount_cost", "effective_cost")
MODELS = (
    ("anthropic", "claude-sonnet-4-5"), ("openai", "gpt-4o"), ("openai", "gpt-realtime"), ("perplexity", "sonar"),
    ("deepseek", "deepseek-chat"), ("groq", "whisper-large-v3"), ("house", "nobody-knows-it"),
)  # fmt: skip
_COUNTS = (*INPUT, *OUTPUT, "web_search_calls", "audio_seconds")
_HEADER = (
    "discount_id", "kind", "provider", "provider_account", "model", "department", "percent", "per_unit", "unit",
    "apply_order", "valid_from", "valid_to", "source",
)  # fmt: skip
_FINEST = Decimal("1e-18")


def _events(rnd: random.Random, count: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number in range(count):
        provider, model = rnd.choice(MODELS)
        # Over the change of clocks and of the month.
        at = datetime(2026, 10, 30, tzinfo=UTC) + timedelta(seconds=rnd.randrange(4 * 86_400))
        row: dict[str, Any] = {
            "event_id": f"e{number}", "event_at": at.isoformat(), "provider": provider, "model": model,
            "department": rnd.choice(("Sales", "Legal", "")), "provider_account": rnd.choice(("a", "b")),
            "service_tier": rnd.choice(("standard", "standard", "batch", "priority")),
            "status": rnd.choice(("ok", "ok", "ok", "error")),
        }  # fmt: skip
        for name in rnd.sample(_COUNTS, rnd.randint(0, 5)):
            row[name] = rnd.choice((1, rnd.randrange(1000), rnd.randrange(300_000)))
        if rnd.random() < 0.1:
            row |= {"reported_cost": str(Decimal(rnd.randrange(10**9)).scaleb(-9)), "reported_cost_basis": "charge"}
        if rnd.random() < 0.1:
            row |= {"requests": rnd.randrange(1, 50), "aggregate_context": "unknown"}
        rows.append(row)
    return rows


def _discounts(rnd: random.Random) -> list[dict[str, str]]:
    rows = []
    for number in range(8):
        row = dict.fromkeys(_HEADER, "")
        provider, model = rnd.choice(MODELS)
        row |= {"discount_id": f"d{number}", "kind": rnd.choice(("discount", "markup"))}
        row |= {"apply_order": str(rnd.randint(1, 4)), "valid_from": rnd.choice(("", "2026-10-31", "2026-11-01"))}
        row |= {"valid_to": rnd.choice(("", "2026-11-02")), "department": rnd.choice(("", "Sales", "Legal"))}
        row |= {"provider": rnd.choice(("", provider)), "provider_account": rnd.choice(("", "", "a"))}
        row["model"] = model if row["provider"] and rnd.random() < 0.5 else ""
        if rnd.random() < 0.6:
            row["percent"] = str(Decimal(rnd.randrange(1, 100_000_000)).scaleb(-6))
        else:
            row["unit"] = rnd.choice(("mtok", "request"))
            row["per_unit"] = str(Decimal(rnd.randrange(1, 10**10)).scaleb(-12))
        rows.append(row)
    return rows


@pytest.mark.parametrize("seed", [1, 2])
def test_every_cost_is_the_sum_of_its_parts_at_every_grain(tmp_path: Path, seed: int) -> None:
    rnd = random.Random(seed)
    home = Small(tmp_path / "home", f"timezone: {ZONE.key}\nsources: {{app: {{kind: events}}}}\n")
    agreed = _discounts(rnd)
    home.home.reference.mkdir()
    with (home.home.reference / "discounts.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, _HEADER)
        writer.writeheader()
        writer.writerows(agreed)
    sent = {row["event_id"]: row for row in _events(rnd, 600)}
    home.drop(*sent.values())
    assert home.land().quarantined == 0
    found = priced_events(home.home, home.settings).rows()
    assert found.keys() == sent.keys()
    with localcontext(Context(prec=60)):
        _compare(home, sent, found, agreed)


def _compare(home: Small, sent: Any, found: Mapping[str, Mapping[str, Any]], agreed: list[dict[str, str]]) -> None:
    wanted = {event_id: _costs(sent[event_id], row, agreed) for event_id, row in found.items()}
    unpriced = [event_id for event_id, costs in wanted.items() if costs is None]
    assert 0 < len(unpriced) < len(sent) / 2
    assert any(costs and costs["markup_cost"] for costs in wanted.values())
    assert any(costs and costs["discount_cost"] for costs in wanted.values())
    for event_id, costs in wanted.items():
        row = found[event_id]
        assert {name: row[name] for name in (*PARTS, *TOTALS)} == (costs or dict.fromkeys((*PARTS, *TOTALS)))
    home.build()
    columns = ", ".join((*PARTS, *TOTALS))
    for mart, key in (
        ("daily_usage", "usage_date::varchar, provider, model, department"),
        ("hourly_usage", "usage_date::varchar, provider, model, department"),
        ("monthly_usage", "month::varchar, provider, model, department"),
    ):
        sums: dict[tuple[str, ...], dict[str, Decimal]] = {}
        for *group, costs in ((*_group(sent[name], found[name], mart), costs) for name, costs in wanted.items()):
            into = sums.setdefault(tuple(group), dict.fromkeys((*PARTS, *TOTALS), Decimal(0)))
            for name, value in (costs or {}).items():
                into[name] += value
        rows: dict[tuple[str, ...], dict[str, Decimal]] = {}
        for row in home.mart(mart, f"{key}, {columns}"):
            into = rows.setdefault(tuple(row[:4]), dict.fromkeys((*PARTS, *TOTALS), Decimal(0)))
            for name, value in zip((*PARTS, *TOTALS), row[4:], strict=True):
                into[name] += value or 0
        assert rows == sums
        for costs in rows.values():
            assert sum(costs[name] for name in PARTS) == costs["list_cost"]
            assert costs["list_cost"] + costs["markup_cost"] + costs["discount_cost"] == costs["effective_cost"]


def _group(row: Mapping[str, Any], found: Mapping[str, Any], mart: str) -> tuple[str, ...]:
    day = datetime.fromisoformat(row["event_at"]).astimezone(ZONE).date()
    period = day.replace(day=1) if mart == "monthly_usage" else day
    return period.isoformat(), found["provider"], found["model"], row["department"]


def _costs(
    sent: Mapping[str, Any], row: Mapping[str, Any], agreed: Iterable[dict[str, str]]
) -> dict[str, Decimal] | None:
    """Every cost of one event from its counts as they were delivered and the rates of its band; None: not priced."""
    if row["unpriced_reason"]:
        return None
    costs = dict.fromkeys((*PARTS, *TOTALS), Decimal(0))
    failed = sent["service_tier"] == "batch" and sent["status"] == "error"
    charged = "reported_cost" in sent
    if not failed:
        if charged:
            costs["charged_cost"] = Decimal(sent["reported_cost"])
        else:
            for name in _COUNTS:
                costs[_part(name)] += _billed(name, sent, row) * (row[_rate(name)] or 0)
            costs["tool_cost"] += sent.get("requests", 1) * row["request_rate"]
    left = costs["list_cost"] = sum((costs[name] for name in PARTS), Decimal(0))
    if not failed and not charged:
        for step in sorted(agreed, key=lambda step: (int(step["apply_order"]), step["discount_id"])):
            if _holds(step, sent, row):
                amount = _amount(step, sent, left)
                costs["markup_cost" if step["kind"] == "markup" else "discount_cost"] += amount
                left += amount
    assert left >= 0
    costs["effective_cost"] = left
    return costs


def _part(name: str) -> str:
    if name.startswith("cache_"):
        return "cache_read_cost" if "read" in name else "cache_write_cost"
    return "tool_cost" if name == "web_search_calls" else "output_cost" if name in OUTPUT else "input_cost"


def _rate(name: str) -> str:
    rate = name.replace("_tokens", "_rate").replace("_calls", "_rate").replace("_seconds", "_second_rate")
    assert rate in RATE_COLUMNS
    return rate


def _billed(name: str, sent: Mapping[str, Any], row: Mapping[str, Any]) -> int:
    count: int = sent.get(name, 0)
    single = "aggregate_context" not in sent
    return max(count, 10) if count and single and name == "audio_seconds" and row["provider"] == "groq" else count


def _holds(step: Mapping[str, str], sent: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    day = datetime.fromisoformat(sent["event_at"]).astimezone(ZONE).date()
    first = date.fromisoformat(step["valid_from"]) if step["valid_from"] else date.min
    after = date.fromisoformat(step["valid_to"]) if step["valid_to"] else date.max
    given = {"provider": row["provider"], "model": row["model"]}
    given |= {name: sent[name] for name in ("department", "provider_account")}
    return first <= day < after and all(step[name] in ("", value) for name, value in given.items())


def _amount(step: Mapping[str, str], sent: Mapping[str, Any], left: Decimal) -> Decimal:
    if step["percent"]:
        amount = (left * Decimal(step["percent"]) / 100).quantize(_FINEST, rounding=ROUND_HALF_UP)
    elif step["unit"] == "mtok":
        amount = sum(sent.get(name, 0) for name in (*INPUT, *OUTPUT)) * Decimal(step["per_unit"]) / 10**6
    else:
        amount = sent.get("requests", 1) * Decimal(step["per_unit"])
    return amount if step["kind"] == "markup" else -min(amount, left)
