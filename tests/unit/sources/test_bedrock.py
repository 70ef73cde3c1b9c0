"""Bedrock's invocation logs: cache outside the input, bodies of many shapes, ids with regions."""

import gzip
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

FIXTURE = (Path(__file__).parents[2] / "fixtures" / "landing" / "bedrock.jsonl").read_text(encoding="utf-8")
RECORDS = [json.loads(line) for line in FIXTURE.splitlines()]
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/xyz"


@pytest.fixture
def place(make_place: Callable[..., Any]) -> Any:
    return make_place(aws="bedrock")


def _record(**more: Any) -> str:
    return json.dumps(RECORDS[0] | {"requestId": "odd"} | more)


IN_S3 = "AWSLogs/123456789012/BedrockModelInvocationLogs/us-east-1/2026/03/01/10/x.json.gz"
FORMS = [
    ("x.jsonl", FIXTURE),
    (IN_S3, gzip.compress(FIXTURE.encode())),
    ("x.json", json.dumps(RECORDS)),
    ("x.json", json.dumps(RECORDS, indent=1)),
]


@pytest.mark.parametrize(("name", "content"), FORMS)
def test_every_form_lands_the_same_records(place: Any, name: str, content: Any) -> None:
    place.inbox("aws", name, content)
    report = place.land()
    counts = "input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, latency_ms"
    assert place.rows("aws", f"event_id, {counts}") == [
        ("r-1", 3, 13, 0, 25037, 37, 302),
        ("r-2", 10, 20, 5, 7, 7, 900),
        ("r-3", 4, 5, 0, 0, None, None),
        ("r-4", 6, 7, 0, 0, None, None),
        ("r-5", 9, None, None, None, None, None),
        ("r-6", 0, None, None, None, None, None),
    ]
    assert (report.delivered, report.quarantined) == (6, 0)


def test_a_record_over_several_lines_is_one(place: Any) -> None:
    place.inbox("aws", "x.json", json.dumps(RECORDS[0], indent=2))
    assert (place.land().delivered, place.rows("aws", "event_id, event_at")) == (
        1, [("r-1", datetime(2026, 3, 1, 10, 0, 1))],
    )  # fmt: skip


def test_an_own_profile_is_the_model_that_answered_where_the_body_says_so(place: Any) -> None:
    place.inbox("aws", "x.jsonl", FIXTURE)
    place.land()
    assert place.rows("aws", "model", "event_id") == [
        ("anthropic.claude-sonnet-4-5-20250929-v1:0",),
        ("arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",),
        ("claude-haiku-4-5-20251001",),
        (PROFILE,),
        ("amazon.titan-embed-text-v2:0",),
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0",),
    ]


def test_who_called_and_what_failed_is_kept(place: Any) -> None:
    place.inbox("aws", "x.jsonl", FIXTURE)
    place.land()
    columns = "account_id, region, inference_region, error_code, service_tier, request_metadata"
    rows = place.rows("aws", columns, "event_id")
    metadata = '{"team":"engineering","costCentre":"CC-1234"}'
    assert rows[0] == ("123456789012", "us-east-1", None, None, "priority", metadata)
    assert rows[1][2] == "us-west-2"
    assert rows[5][3] == "ThrottlingException"


@pytest.mark.parametrize("body", ["cut off {", ["text"], [], None, 7, {"metrics": []}, {"usage": {"cacheDetails": {}}}])
def test_a_body_of_any_shape_does_not_matter(place: Any, body: Any) -> None:
    output = {"outputTokenCount": 1, "outputBodyJson": body}
    place.inbox("aws", "x.jsonl", _record(output=output) + "\n")
    assert (place.land().landed, place.rows("aws", "latency_ms")) == (1, [(None,)])


INPUT = {"inputTokenCount": 3, "cacheWriteInputTokenCount": 25037}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (_record(requestId=""), "requestId is missing"),
        (_record(timestamp=None), "timestamp is missing"),
        (_record(timestamp="yesterday"), "timestamp is yesterday, which is no readable time"),
        (_record(modelId=None), "modelId is missing"),
        (
            _record(input=INPUT | {"inputTokenCount": -3}),
            "input.inputTokenCount is -3, which is no whole number from 0 to 10^15",
        ),
        (
            _record(input=INPUT | {"cacheWriteInputTokenCount": 36}),
            "the cache write for 1 hour is 37, more than the cacheWriteInputTokenCount it is part of, 36",
        ),
        (_record(input=None, output=None), "has neither token counts nor an errorCode"),
        (_record(input="text"), "input is no JSON object"),
        (_record(requestMetadata="text"), "requestMetadata is no JSON object"),
        (_record()[:-20], "is not valid JSON"),
    ],
)
def test_a_record_that_cannot_be_trusted_is_set_aside(place: Any, line: str, reason: str) -> None:
    place.inbox("aws", "x.jsonl", FIXTURE + line)
    report = place.land()
    assert place.reasons("aws") == [(7, reason)]
    assert (report.delivered, report.landed) == (7, 6)


def test_one_bad_record_of_an_array_is_set_aside_alone(place: Any) -> None:
    place.inbox("aws", "x.json", json.dumps([*RECORDS, "text", RECORDS[0] | {"requestId": None}]))
    report = place.land()
    assert [reason for _, reason in place.reasons("aws")] == ["is no JSON object", "requestId is missing"]
    assert (report.delivered, report.landed) == (8, 6)


def test_other_records_are_no_usage_and_large_bodies_are_left_alone(place: Any) -> None:
    place.inbox("aws", "x.jsonl", FIXTURE + _record(schemaType="GuardrailLog") + "\n")
    place.inbox("aws", "2026/03/01/10/data/r-1_input.json.gz", b"")
    report = place.land()
    assert (report.delivered, report.landed, report.not_usage, len(report.ignored)) == (7, 6, 1, 1)
