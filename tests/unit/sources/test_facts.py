"""What an event says of messages, documents and credits: vocabularies, facts that need each other, parts in a whole."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from orchestration import sources

SCHEMA = json.loads((Path(sources.__file__).parent / "events" / "event.schema.json").read_text(encoding="utf-8"))
GOOD = {"event_id": "a", "event_at": "2026-03-01T10:00:00Z"}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"direction": "agent"}, "direction is agent, which is none of user, bot"),
        ({"delivery": "bounced"}, "delivery is bounced, which is none of delivered, failed"),
        ({"feedback": "5 stars"}, "feedback is 5 stars, which is none of positive, negative"),
        (
            {"credit_type": "seats", "credit_quantity": 3, "credit_measure": "peak"},
            "credit_measure is peak, which is none of flow, level",
        ),
        ({"credit_type": "seats"}, "credit_type is given without credit_quantity"),
        ({"credit_quantity": 3}, "credit_quantity is given without credit_type"),
        ({"credit_measure": "flow"}, "credit_measure is given without credit_type"),
        (
            {"credit_type": "seats", "credit_quantity": -1},
            "credit_quantity is -1, which is no amount of 0 or more",
        ),
        ({"requests": -1}, "requests is -1, which is no whole number from 0 to 10^15"),
        ({"tool_calls": 1.5}, "tool_calls is 1.5, which is no whole number from 0 to 10^15"),
        ({"document_bytes": "1 MB"}, "document_bytes is 1 MB, which is no whole number from 0 to 10^15"),
        ({"aggregate_context": "large"}, "aggregate_context is large, which is neither unknown nor a number of tokens"),
        ({"aggregate_context": "-1"}, "aggregate_context is -1, which is neither unknown nor a number of tokens"),
        ({"aggregate_context": "1.5"}, "aggregate_context is 1.5, which is neither unknown nor a number of tokens"),
    ],
)  # fmt: skip
def test_schema_and_reader_refuse_what_cannot_be_meant(place: Any, wrong: dict[str, Any], reason: str) -> None:
    assert not Draft202012Validator(SCHEMA).is_valid({**GOOD, **wrong})
    place.inbox("app", "x.jsonl", json.dumps({**GOOD, **wrong}))
    assert place.land().landed == 0
    assert place.reasons("app") == [(1, reason)]


@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        (
            {"uncached_input_tokens": 60, "cache_read_tokens": 40, "user_text_tokens": 1, "file_tokens": 100},
            "user text, context and file tokens are 101, more than all input tokens, 100",
        ),
        (
            {"context_tokens_part": 1},
            "user text, context and file tokens are 1, more than all input tokens, 0",
        ),
        (
            {"output_tokens": 5, "reasoning_tokens": 5, "answer_tokens": 4, "tool_output_tokens": 7},
            "answer and tool output tokens are 11, more than all output tokens, 10",
        ),
    ],
)  # fmt: skip
def test_parts_larger_than_their_whole_are_set_aside(place: Any, tokens: dict[str, int], reason: str) -> None:
    place.inbox("app", "x.jsonl", json.dumps({**GOOD, **tokens}))
    place.land()
    assert place.reasons("app") == [(1, reason)]


def test_parts_may_fill_their_whole_or_leave_some_of_it_unsaid(place: Any) -> None:
    whole = {"uncached_input_tokens": 60, "cache_read_tokens": 30, "cache_write_1h_tokens": 10, "output_tokens": 9}
    rows = [
        {**GOOD, "event_id": "full", **whole, "user_text_tokens": 50, "context_tokens_part": 30, "file_tokens": 20},
        {**GOOD, "event_id": "some", **whole, "user_text_tokens": 1, "answer_tokens": 9},
        {**GOOD, "event_id": "none", **whole},
    ]
    place.inbox("app", "x.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert place.land().landed == 3


def test_credits_keep_their_exact_quantity(place: Any) -> None:
    row = {**GOOD, "credit_type": "voice_minutes", "credit_measure": "flow", "credit_quantity": "2.333333333333333333"}
    Draft202012Validator(SCHEMA).validate(row)
    place.inbox("app", "x.jsonl", json.dumps(row))
    place.land()
    assert place.rows("app", "credit_type, credit_quantity") == [("voice_minutes", Decimal("2.333333333333333333"))]


@pytest.mark.parametrize("context", ["unknown", "0", "200000", 200000, None])
def test_an_aggregated_row_names_its_bucket(place: Any, context: Any) -> None:
    row = {**GOOD, "requests": 40, "aggregate_context": context}
    Draft202012Validator(SCHEMA).validate(row)
    place.inbox("app", "x.jsonl", json.dumps(row))
    place.land()
    assert place.rows("app", "requests, aggregate_context") == [(40, None if context is None else str(context))]


def test_every_field_of_the_schema_is_described() -> None:
    assert [name for name, field in SCHEMA["properties"].items() if not field.get("description")] == []
