"""LiteLLM spend logs: cached inside the prompt, spend an estimate, times with or without zone."""

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

FIXTURE = (Path(__file__).parents[2] / "fixtures" / "landing" / "litellm.jsonl").read_text(encoding="utf-8")
LANDED = [
    ("r-1", datetime(2026, 8, 5, 16, 30, 36, 80000), Decimal("0.008580000000000000"), 1200, "ann"),
    ("r-2", datetime(2026, 8, 5, 16, 30, 36, 80000), Decimal("0.000015000000000000"), 10, None),
]
REASONS = [
    "cached tokens are 11, more than the prompt_tokens they are part of, 10",
    "cached and cache creation tokens are 11, more than the prompt_tokens they are part of, 10",
    "reasoning tokens are 2, more than the completion_tokens they are part of, 1",
    "startTime is missing",
    "endTime is late, which is no readable time",
    "cached tokens in metadata are -1, which is no whole number",
    "metadata is no JSON object",
]


def _as_csv(content: str) -> str:
    rows = [json.loads(line) for line in content.splitlines()]
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {name: json.dumps(cell) if isinstance(cell, dict | list) else cell for name, cell in row.items()}
        )
    return text.getvalue()


@pytest.mark.parametrize(("name", "content"), [("x.jsonl", FIXTURE), ("x.csv", _as_csv(FIXTURE))])
def test_spend_logs_are_landed_and_the_impossible_set_aside(
    make_place: Callable[..., Any], name: str, content: str
) -> None:
    place = make_place(gateway="litellm")
    place.inbox("gateway", name, content)
    report = place.land()
    assert place.rows("gateway", 'event_id, event_at, spend, prompt_tokens, "user"') == LANDED
    assert [reason for _, reason in place.reasons("gateway")] == REASONS
    assert (report.delivered, report.landed, report.quarantined) == (9, 2, 7)


def test_metadata_is_kept_as_json_text_whether_object_or_string(make_place: Callable[..., Any]) -> None:
    place = make_place(gateway="litellm")
    place.inbox("gateway", "x.jsonl", FIXTURE)
    place.land()
    first, second = (json.loads(row[0]) for row in place.rows("gateway", "metadata", "event_id"))
    assert first["usage_object"]["prompt_tokens_details"]["cached_tokens"] == 1000
    assert second["additional_usage_values"]["cache_read_input_tokens"] == 10


def test_models_are_pairs_of_provider_and_model(make_place: Callable[..., Any]) -> None:
    from orchestration.landing import receipts

    place = make_place(gateway="litellm")
    place.inbox("gateway", "x.jsonl", FIXTURE)
    place.land()
    assert set(receipts(place.home)[0].models) == {
        ("anthropic", "anthropic/claude-sonnet-4-5"),
        ("openai", "gpt-4o-mini"),
    }


def _row(request: str, usage: dict[str, Any], more: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "request_id": request,
        "startTime": "2026-08-05T16:30:36Z",
        "prompt_tokens": 100,
        "completion_tokens": 10,
        "metadata": {"usage_object": usage, "additional_usage_values": more or {}},
    }


@pytest.mark.parametrize(
    ("usage", "more", "reason"),
    [
        (
            {"prompt_tokens_details": {"cached_tokens": 0}, "cache_read_input_tokens": 101},
            None,
            "cached tokens are 101, more than the prompt_tokens they are part of, 100",
        ),
        (
            {"prompt_tokens_details": {"cached_tokens": 5}},
            {"cache_read_input_tokens": "many"},
            "cached tokens in metadata are many, which is no whole number",
        ),
        (
            {"prompt_tokens_details": {"cache_creation_tokens": 101}},
            None,
            "cache creation tokens are 101, more than the prompt_tokens they are part of, 100",
        ),
        (
            {"prompt_tokens_details": {"cache_creation_tokens": 60}, "cache_read_input_tokens": 60},
            None,
            "cached and cache creation tokens are 120, more than the prompt_tokens they are part of, 100",
        ),
        (
            {
                "cache_creation_input_tokens": 10,
                "prompt_tokens_details": {"cache_creation_token_details": {"ephemeral_1h_input_tokens": 11}},
            },
            None,
            "cache creation tokens for 1 hour are 11, more than the cache creation tokens they are part of, 10",
        ),
        (
            {"completion_tokens_details": {"reasoning_tokens": 6, "audio_tokens": 5}},
            None,
            "reasoning and audio completion tokens are 11, more than the completion_tokens they are part of, 10",
        ),
    ],
)
def test_parts_that_would_leave_less_than_nothing_are_set_aside(
    make_place: Callable[..., Any], usage: dict[str, Any], more: dict[str, Any] | None, reason: str
) -> None:
    place = make_place(gateway="litellm")
    rows = [
        _row("good", {"prompt_tokens_details": {"cached_tokens": 80, "audio_tokens": 50}}),
        _row("bad", usage, more),
    ]
    place.inbox("gateway", "x.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    place.land()
    assert place.rows("gateway") == [("good",)]
    assert place.reasons("gateway") == [(2, reason)]
