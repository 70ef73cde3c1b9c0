"""OTLP GenAI spans: many in a line, of which only calls of a model count."""

import gzip
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

FIXTURE = (Path(__file__).parents[2] / "fixtures" / "landing" / "otlp.jsonl").read_text(encoding="utf-8")
TRACE = "0af7651916cd43dd8448eb211c80319c"
SPANS = 13
CALLS = [2, 4, 6, 7, 9, 11, 12, 13]


@pytest.fixture
def place(make_place: Callable[..., Any]) -> Any:
    return make_place(traces="otlp")


def _id(number: int) -> str:
    return f"{TRACE}:{number:016x}"


def _line(*spans: Any) -> str:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}) + "\n"


def _span(number: int = 50, *, start: Any = "1746026930686364157", **attributes: Any) -> dict[str, Any]:
    given = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 5}
    given |= {name.replace("__", "."): value for name, value in attributes.items()}
    listed = [
        {"key": name, "value": value if isinstance(value, dict) else {"stringValue": str(value)}}
        for name, value in given.items()
    ]
    return {"traceId": TRACE, "spanId": f"{number:016x}", "startTimeUnixNano": start, "attributes": listed}


FORMS = [
    pytest.param("x.jsonl", FIXTURE, 0, id="lines"),
    pytest.param("x.jsonl.gz", gzip.compress(FIXTURE.encode()), 0, id="gzip"),
    pytest.param("x.jsonl", "\ufeff" + FIXTURE.replace("\n", "\r\n"), 0, id="BOM and CRLF"),
    pytest.param("x.jsonl", FIXTURE + '{"resourceSpans": [{"sco', 1, id="torn last line"),
]


@pytest.mark.parametrize(("name", "content", "bad"), FORMS)
def test_calls_are_landed_by_span_and_all_others_accounted_for(place: Any, name: str, content: Any, bad: int) -> None:
    place.inbox("traces", name, content)
    report = place.land()
    assert [row[0] for row in place.rows("traces")] == [_id(number) for number in CALLS]
    assert (report.delivered, report.not_usage, report.quarantined) == (SPANS + bad, SPANS - len(CALLS), bad)


def test_the_fast_and_the_slow_way_land_the_same_rows(make_place: Callable[..., Any], tmp_path: Path) -> None:
    fast, slow = (make_place(root=tmp_path / name, traces="otlp") for name in ("fast", "slow"))
    fast.inbox("traces", "x.jsonl", FIXTURE)
    slow.inbox("traces", "x.jsonl", FIXTURE + "{\n")
    fast.land()
    slow.land()
    assert fast.rows("traces", "* EXCLUDE (file)") == slow.rows("traces", "* EXCLUDE (file)")


@pytest.mark.parametrize("indent", [None, 2])
def test_a_file_may_be_one_document(place: Any, indent: int | None) -> None:
    spans = [resource for line in FIXTURE.splitlines() for resource in json.loads(line)["resourceSpans"]]
    place.inbox("traces", "export.json", json.dumps({"resourceSpans": spans}, indent=indent))
    report = place.land()
    assert (report.delivered, report.landed) == (SPANS, len(CALLS))


def test_current_and_older_names_mean_the_same(place: Any) -> None:
    place.inbox("traces", "x.jsonl", FIXTURE)
    place.land()
    counts = "input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens"
    assert place.rows("traces", f"operation, provider, {counts}", "event_id") == [
        ("chat", "openai", 120, 40, 30, 10, 12),
        ("chat", "openai", 80, 20, None, None, None),
        ("chat", "Anthropic", 1000, 50, 900, None, None),
        ("LLM", "openai", 500, 70, 0, None, 8),
        (None, "openai.chat", 11, 3, None, None, None),
        ("embeddings", "openai", 64, None, None, None, None),
        ("chat", "openai", None, None, None, None, None),
        ("chat", "aws.bedrock", 10, 1, None, None, None),
    ]


def test_the_answering_model_is_priced_but_for_bedrock_the_id_with_its_region(place: Any) -> None:
    place.inbox("traces", "x.jsonl", FIXTURE)
    place.land()
    assert [row[0] for row in place.rows("traces", "model", "event_id")] == [
        "gpt-4o-2024-08-06", "gpt-4o-2024-08-06", "claude-sonnet-4-20250514", "gpt-4o-mini", "gpt-4o",
        "text-embedding-3-small", "gpt-4o", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    ]  # fmt: skip


def test_a_span_says_whose_it_was_and_its_resource_what_it_was_for(place: Any) -> None:
    place.inbox("traces", "x.jsonl", FIXTURE)
    place.land()
    columns = "user_id, conversation_id, agent, department, feature, environment, service_tier, error_type"
    rows = place.rows("traces", columns, "event_id")
    assert rows[0] == ("ann", "conv-1", "shop", "Sales", "checkout-bot", "prod", None, None)
    assert rows[1] == (None, None, None, "Sales", "checkout-bot", "prod", "flex", None)
    assert rows[3] == (None, "s-9", None, None, "search", None, None, None)
    assert rows[6] == (None, None, None, None, "search", None, None, "rate_limit_exceeded")


def test_the_start_is_the_time_to_the_microsecond(place: Any) -> None:
    place.inbox("traces", "x.jsonl", _line(_span(start=1746026930686364157)))
    place.land()
    assert place.rows("traces", "event_at") == [(datetime(2025, 4, 30, 15, 28, 50, 686364),)]


WHOLE = "which is no whole number from 0 to 10^15"
INPUT = "gen_ai.usage.input_tokens"
BAD = [
    (_span(gen_ai__usage__input_tokens="-5"), f"{INPUT} is -5, {WHOLE}"),
    (_span(gen_ai__usage__input_tokens={"doubleValue": 1.5}), f"{INPUT} is 1.5, {WHOLE}"),
    (_span(gen_ai__usage__input_tokens={"intValue": str(10**18)}), f"{INPUT} is {10**18}, {WHOLE}"),
    (
        _span(gen_ai__usage__cache_read__input_tokens="6"),
        "cache read tokens are 6, more than the input_tokens they are part of, 5",
    ),
    (
        _span(gen_ai__usage__cache_read_input_tokens="4", gen_ai__usage__cache_creation_input_tokens="4"),
        "cache read tokens and cache write tokens are 8, more than the input_tokens they are part of, 5",
    ),
    (
        _span(gen_ai__usage__reasoning__output_tokens="1"),
        "reasoning tokens and output audio tokens are 1, more than the output_tokens they are part of, 0",
    ),
    (
        _span(gen_ai__operation__name="ponder"),
        "bears usage of the operation ponder, of which it is not known whether it is a call of a model or repeats the "
        "calls below it",
    ),
    (_span(start="0"), "startTimeUnixNano is 1970-01-01 00:00:00Z, which lies before 2015"),
    (_span(start="1746026930"), "startTimeUnixNano is 1970-01-01 00:00:01.746026Z, which lies before 2015"),
    (_span(start="4102444800000000000"), "startTimeUnixNano is 2100-01-01 00:00:00Z, which lies in the future"),
    (_span(start="soon"), "startTimeUnixNano is soon, which is no readable time"),
    (_span() | {"startTimeUnixNano": None}, "startTimeUnixNano is missing"),
    (_span() | {"traceId": ""}, "traceId or spanId is missing"),
    (
        _span() | {"attributes": [*_span()["attributes"], *_span()["attributes"]]},
        "the span names the attribute gen_ai.operation.name twice",
    ),
    (_span() | {"attributes": "many"}, "the span's attributes are no list of keys and values"),
    (
        _span() | {"attributes": [{"key": "user.id", "value": "ann"}]},
        "the span's attribute user.id has no value object",
    ),
    ("span", "is no span object"),
    (None, "is no span object"),
]


@pytest.mark.parametrize(("span", "reason"), BAD)
def test_a_span_that_cannot_be_trusted_is_set_aside_alone(place: Any, span: Any, reason: str) -> None:
    place.inbox("traces", "x.jsonl", FIXTURE + _line(_span(51), span, _span(52)))
    report = place.land()
    assert place.reasons("traces") == [(4, reason)]
    assert (report.delivered, report.landed) == (SPANS + 3, len(CALLS) + 2)
    if span is not None:
        assert json.loads(place.quarantined("traces")[0]["text"]) == span


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"resourceLogs": []}', "has no list resourceSpans: this is no OTLP trace"),
        ('{"resourceMetrics": [{"startTimeUnixNano": "1"}]}', "has no list resourceSpans: this is no OTLP trace"),
        ("[]", "has no list resourceSpans: this is no OTLP trace"),
        ('{"resourceSpans": [{"scopeSpans": {}}]}', "is a resource without a list scopeSpans"),
        ('{"resourceSpans": [{"scopeSpans": [7]}]}', "is a scope without a list spans"),
        ('{"resourceSpans": NaN}', "is not valid JSON"),
    ],
)
def test_a_line_that_is_no_trace_counts_as_one(place: Any, line: str, reason: str) -> None:
    place.inbox("traces", "x.jsonl", f"{line}\n{FIXTURE}")
    report = place.land()
    assert place.reasons("traces") == [(1, reason)]
    assert (report.delivered, report.landed) == (SPANS + 1, len(CALLS))


@pytest.mark.parametrize("empty", ['{"resourceSpans": []}', '{"resourceSpans": [{"scopeSpans": [{"scope": {}}]}]}'])
def test_an_export_without_spans_delivers_nothing(place: Any, empty: str) -> None:
    place.inbox("traces", "x.jsonl", f"{empty}\n")
    report = place.land()
    assert (report.delivered, report.landed, report.quarantined) == (0, 0, 0)


def test_spans_of_the_oldest_form_are_found(place: Any) -> None:
    place.inbox("traces", "x.jsonl", FIXTURE.replace("scopeSpans", "instrumentationLibrarySpans"))
    report = place.land()
    assert (report.delivered, report.landed) == (SPANS, len(CALLS))


def test_a_span_exported_twice_is_delivered_twice_under_one_id(place: Any) -> None:
    place.inbox("traces", "x.jsonl", _line(_span(), _span()))
    report = place.land()
    assert (report.delivered, place.rows("traces")) == (2, [(_id(50),), (_id(50),)])
