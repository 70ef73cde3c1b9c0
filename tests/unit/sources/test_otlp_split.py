"""A large file of spans of which some lines or spans are bad: only these go the slow way."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from orchestration.landing import slow, split

SPANS, PER_LINE = 6_000, 20
TORN = '{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId"'


@pytest.fixture
def place(make_place: Callable[..., Any]) -> Any:
    return make_place(traces="otlp")


@pytest.fixture
def whole_files(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of the files that went the slow way as a whole; a file of any size may be split."""
    seen: list[int] = []
    monkeypatch.setattr(split, "_LEAST_BYTES", 0)
    load_dirty = slow.load_dirty

    def load(work: Any, dirty: set[int]) -> None:
        seen.extend(dirty)
        load_dirty(work, dirty)

    monkeypatch.setattr(slow, "load_dirty", load)
    return seen


def _span(number: int, tokens: int = 5, **more: Any) -> dict[str, Any]:
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": tokens}
    attributes = [{"key": key, "value": {"stringValue": f"{value}"}} for key, value in said.items()]
    start = str(1746026930686364157 + number)
    return {"traceId": "aa", "spanId": f"{number:016x}", "startTimeUnixNano": start, "attributes": attributes, **more}


def _line(*spans: Any) -> str:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]})


def _lines() -> list[str]:
    return [_line(*(_span(at) for at in range(first, first + PER_LINE))) for first in range(0, SPANS, PER_LINE)]


def _landed(place: Any) -> set[str]:
    return {row[0] for row in place.rows("traces")}


@pytest.mark.parametrize("packed", [False, True])
def test_bad_spans_are_found_in_their_lines(place: Any, whole_files: list[int], packed: bool) -> None:
    lines = _lines()
    lines[7] = _line(_span(9001), _span(9002, tokens=-1), _span(9003))
    lines[201] = _line(_span(9004, tokens=-2), _span(9005, tokens=-3))
    content = "\n".join([*lines, ""]).encode()
    place.inbox("traces", "x.jsonl.gz" if packed else "x.jsonl", gzip.compress(content) if packed else content)
    report = place.land()
    told = [(line, reason.partition(",")[0]) for line, reason in place.reasons("traces")]
    assert told == [(at, f"gen_ai.usage.input_tokens is {n}") for at, n in ((8, -1), (202, -2), (202, -3))]
    assert (report.delivered, report.quarantined) == (SPANS - 2 * PER_LINE + 5, 3)
    assert report.landed == len(_landed(place)) == report.delivered - 3
    assert whole_files == []


@pytest.mark.parametrize("last", ["", TORN], ids=["ended", "torn"])
def test_the_good_lines_of_a_file_with_torn_ones_go_the_fast_way(place: Any, whole_files: list[int], last: str) -> None:
    lines = _lines()
    lines[0], lines[100] = TORN, TORN
    lines[50] = _line(_span(9001), _span(9002, tokens=-1))
    twice = [{"key": "user.id", "value": {"stringValue": "a"}}] * 2
    lines[150] = _line(_span(9003), _span(9004, attributes=twice))
    del (unstamped := _span(9005))["startTimeUnixNano"]
    lines[250] = _line(unstamped, _span(9006))
    place.inbox("traces", "x.jsonl", "\n".join([*lines, last]))
    report = place.land()
    assert [(line, reason.partition(",")[0]) for line, reason in sorted(place.reasons("traces"))] == [
        (1, "is not valid JSON"),
        (51, "gen_ai.usage.input_tokens is -1"),
        (101, "is not valid JSON"),
        (151, "the span names the attribute user.id twice"),
        (251, "startTimeUnixNano is missing"),
        *([(301, "is not valid JSON")] if last else []),
    ]
    bad = 6 if last else 5
    assert (report.delivered, report.quarantined) == (SPANS - 5 * PER_LINE + 3 + bad, bad)
    landed = _landed(place)
    assert report.landed == len(landed) == report.delivered - bad
    assert {f"aa:{number:016x}" for number in (9001, 9003, 9006)} <= landed
    assert whole_files == []


def test_one_document_over_many_lines_is_not_taken_for_lines(place: Any, whole_files: list[int]) -> None:
    """Its last line could pass for a line of spans."""
    inner = json.dumps(json.loads(_line(_span(2)))["resourceSpans"][0])
    place.inbox("traces", "x.json", f'{{"resourceSpans": [\n{inner},\n{inner.replace("02", "03")}\n]}}\n')
    report = place.land()
    assert (report.delivered, report.landed) == (2, 2)
    assert whole_files == [0]
