"""OpenRouter's activity: generations as CSV, sums of days as JSON; its amount is a charge."""

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

LANDING = Path(__file__).parents[2] / "fixtures" / "landing"
GENERATIONS = (LANDING / "openrouter.csv").read_text(encoding="utf-8")
DAYS = (LANDING / "openrouter.json").read_text(encoding="utf-8")
HEADER = GENERATIONS.splitlines()[0].split(",")
COUNTS = "prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens"


@pytest.fixture
def place(make_place: Callable[..., Any]) -> Any:
    return make_place(router="openrouter")


def _row(**more: str) -> str:
    given = {"generation_id": "odd", "created_at": "2026-03-01 10:00:00", "cost_total": "0.1", "tokens_prompt": "5",
             "tokens_completion": "5", "model_permaslug": "m"} | more  # fmt: skip
    return ",".join(given.get(name, "") for name in HEADER) + "\n"


def _usd(amount: str) -> Decimal:
    return Decimal(amount).quantize(Decimal("1e-18"))


def test_generations_of_the_activity_page(place: Any) -> None:
    place.inbox("router", "activity.csv", GENERATIONS)
    report = place.land()
    assert place.rows("router", f"event_id, event_at, {COUNTS}, cost, byok_usage_inference") == [
        ("gen-1", datetime(2026, 3, 1, 10, 0, 0, 123000), 1000, 200, 50, 400, _usd("0.0123456789"), _usd("0")),
        ("gen-2", datetime(2026, 3, 1, 10, 1), 10, 20, 0, 0, _usd("0.0005"), _usd("0.012")),
        ("gen-3", datetime(2026, 3, 1, 10, 2), 7, 0, 0, 0, _usd("0"), _usd("0")),
    ]
    assert (report.delivered, report.landed, report.quarantined) == (3, 3, 0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.json", DAYS),
        ("page.json", json.dumps(json.loads(DAYS))),
        ("items.jsonl", "".join(json.dumps(item) + "\n" for item in json.loads(DAYS)["data"])),
    ],
)
def test_days_of_the_activity_api(place: Any, name: str, content: str) -> None:
    place.inbox("router", name, content)
    report = place.land()
    assert place.rows("router", f"event_id, event_at, model, is_day, requests, {COUNTS}, cost", "cost DESC") == [
        ("day:2026-03-01:openai/gpt-4.1-2025-04-14:550e8400-e29b-41d4-a716-446655440000",
         datetime(2026, 3, 1, 10, 30), "openai/gpt-4.1-2025-04-14", "true", 5, 50, 125, 25, None, _usd("0.015")),
        ("day:2026-03-01:google/gemini-2.5-pro:e-2",
         datetime(2026, 3, 1, 10, 30), "google/gemini-2.5-pro", "true", 1, 9, 1, 0, None, _usd("0.000012")),
    ]  # fmt: skip
    assert (report.delivered, report.quarantined) == (2, 0)


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"])
def test_a_days_row_is_on_that_day_wherever_the_organisation_is(make_place: Callable[..., Any], zone: str) -> None:
    place = make_place(zone, router="openrouter")
    place.inbox("router", "page.json", DAYS)
    assert [str(day) for day in place.land().days_touched] == ["2026-03-01"]


def test_the_same_day_of_two_keys_is_two_rows(make_place: Callable[..., Any]) -> None:
    place = make_place(router={"kind": "openrouter", "folders": ("api_key",)})
    for key in ("a", "b"):
        place.inbox("router", f"{key}/page.json", DAYS.replace("Google", f"Google {key}"))
    place.land()
    assert len({row[0] for row in place.rows("router")}) == 4


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (_row(cost_total=""), "has neither cost_total nor usage: what OpenRouter charged is not said"),
        (_row(cost_total="-1"), "cost_total or usage is -1, which is no amount of 0 or more"),
        (_row(cost_total="NaN"), "cost_total or usage is NaN, which is no amount of 0 or more"),
        (_row(created_at=""), "created_at or date is missing"),
        (_row(created_at="1970-01-01 00:00:00"), "created_at or date is 1970-01-01 00:00:00, which lies before 2015"),
        (_row(generation_id=""), "generation_id, or date and model_permaslug, is missing"),
        (_row(tokens_cached="6"), "cached tokens are 6, more than the prompt_tokens they are part of, 5"),
        (_row(tokens_reasoning="6"), "reasoning tokens are 6, more than the completion_tokens they are part of, 5"),
        (
            _row(tokens_prompt="many"),
            "tokens_prompt or prompt_tokens is many, which is no whole number from 0 to 10^15",
        ),
        ("gen-9,2026-03-01\n", "2 fields where the header has 24"),
    ],
)
def test_a_generation_that_cannot_be_trusted_is_set_aside(place: Any, row: str, reason: str) -> None:
    place.inbox("router", "activity.csv", GENERATIONS + row)
    report = place.land()
    assert place.reasons("router") == [(5, reason)]
    assert (report.delivered, report.landed) == (4, 3)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"date": "soon"}, "created_at or date is soon, which is no readable time"),
        ({"date": "2026-13-01"}, "created_at or date is 2026-13-01T10:30:00Z, which is no readable time"),
        ({"model_permaslug": None}, "generation_id, or date and model_permaslug, is missing"),
        ({"requests": 1.5}, "requests is 1.5, which is no whole number from 0 to 10^15"),
        ({"usage": None}, "has neither cost_total nor usage: what OpenRouter charged is not said"),
    ],
)
def test_a_day_that_cannot_be_trusted_is_set_aside_alone(place: Any, item: dict[str, Any], reason: str) -> None:
    items = json.loads(DAYS)["data"]
    place.inbox("router", "page.json", json.dumps({"data": [*items, items[0] | item]}, indent=1))
    report = place.land()
    assert place.reasons("router") == [(1, reason)]
    assert (report.delivered, report.landed) == (3, 2)
