"""Rows that nobody wants, for every kind of source: the same injuries to a good row of each.

`python -m tests.support.hostile` writes them to tests/fixtures/hostile, where the tests of landing find them.
"""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[1] / "fixtures" / "hostile"
_AT = "2026-03-01T10:00:00Z"
_AT_NS = "1772359200000000000"

Row = dict[str, Any]
Where = tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of source: a good row with the id `{}`, and where its id, time, a count and an inner object are.

    `settings`: of the source beside its kind. `holder`: the JSON that a row stands in, for kinds that nest them.
    """

    name: str
    row: Row
    id: Where
    at: Where
    count: Where
    inner: Where | None = None
    settings: Row | None = None
    holder: Callable[[Row], Any] = lambda row: row
    file: str = "hostile.jsonl"

    def good(self, name: str) -> bytes:
        """A line that lands, with an id of its own."""
        return self.line(self.changed(self.id, name))

    def changed(self, where: Where, value: Any) -> Row:
        row: Row = copy.deepcopy(self.row)
        holder = row
        for name in where[:-1]:
            holder = holder[name]
        if value is GONE:
            holder.pop(where[-1], None)
        elif isinstance(holder, list):  # of OTLP's keys and values
            next(entry for entry in holder if entry["key"] == where[-1])["value"] = {"intValue": value}
        else:
            holder[where[-1]] = value
        return row

    def line(self, row: Row) -> bytes:
        return json.dumps(self.holder(row), separators=(",", ":")).encode()


GONE = object()


def _otlp(span: Row) -> Row:
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


_LITELLM: Row = {
    "request_id": "{}", "startTime": _AT, "model": "gpt-4o", "custom_llm_provider": "openai", "prompt_tokens": 12,
    "completion_tokens": 3, "spend": 0.01, "metadata": {"usage_object": {}},
}  # fmt: skip
_REPORTED: Row = {"report": "usage", "id": "{}", "bucket_start": _AT, "bucket_end": "2026-03-01T11:00:00Z"}
_DAY = "2026-03-01"
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "events",
            {"event_id": "{}", "event_at": _AT, "provider": "openai", "model": "gpt-4o", "uncached_input_tokens": 12,
             "output_tokens": 3, "labels": {"k": "v"}},
            ("event_id",), ("event_at",), ("output_tokens",), ("labels",),
        ),
        Kind("litellm", _LITELLM, ("request_id",), ("startTime",), ("prompt_tokens",), ("metadata",)),
        Kind(
            "litellm_db", _LITELLM, ("request_id",), ("startTime",), ("prompt_tokens",), ("metadata",),
            {"dsn_env": "DSN", "since": _DAY},
        ),
        Kind(
            "claude_code",
            {"timestamp": _AT, "sessionId": "s", "message": {"id": "{}", "model": "claude-sonnet-4-5",
                                                             "usage": {"input_tokens": 12, "output_tokens": 3}}},
            ("message", "id"), ("timestamp",), ("message", "usage", "input_tokens"), ("message",),
        ),
        Kind(
            "otlp",
            {"traceId": "t", "spanId": "{}", "startTimeUnixNano": _AT_NS, "status": {},
             "attributes": [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
                            {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o"}},
                            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}},
                            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": 3}}]},
            ("spanId",), ("startTimeUnixNano",), ("attributes", "gen_ai.usage.input_tokens"), ("status",),
            holder=_otlp,
        ),
        Kind(
            "bedrock",
            {"schemaType": "ModelInvocationLog", "timestamp": _AT, "requestId": "{}", "modelId": "amazon.nova-lite",
             "input": {"inputTokenCount": 12}, "output": {"outputTokenCount": 3}},
            ("requestId",), ("timestamp",), ("input", "inputTokenCount"), ("input",),
        ),
        Kind(
            "openrouter",
            {"generation_id": "{}", "created_at": _AT, "cost_total": 0.01, "tokens_prompt": 12, "tokens_completion": 3,
             "model_permaslug": "openai/gpt-4o"},
            ("generation_id",), ("created_at",), ("tokens_prompt",),
        ),
        Kind(
            "langfuse",
            {"id": "{}", "type": "GENERATION", "start_time": _AT, "provided_model_name": "gpt-4o",
             "usage_details": {"input": 12, "output": 3}},
            ("id",), ("start_time",), ("usage_details", "input"), ("usage_details",),
        ),
        Kind(
            "openai",
            {**_REPORTED, "result": {"input_tokens": 12, "output_tokens": 3, "num_model_requests": 1, "model": "gpt"}},
            ("id",), ("bucket_start",), ("result", "input_tokens"), ("result",),
            {"api_key_env": "KEY", "since": _DAY}, file="usage/2026-03-01/000001.jsonl",
        ),
        Kind(
            "anthropic",
            {**_REPORTED, "result": {"uncached_input_tokens": 12, "cache_read_input_tokens": 0, "output_tokens": 3,
                                     "model": "claude-sonnet-4-5"}},
            ("id",), ("bucket_start",), ("result", "uncached_input_tokens"), ("result",),
            {"api_key_env": "KEY", "since": _DAY}, file="usage/2026-03-01/000001.jsonl",
        ),
        Kind(
            "mapped",
            {"ref": "{}", "when": _AT, "model": "gpt-4o", "usage": {"in": 12, "out": 3}},
            ("ref",), ("when",), ("usage", "in"), ("usage",),
            {"mapping": {"event_id": "ref", "event_at": "when", "model": "model", "uncached_input_tokens": "usage.in",
                         "output_tokens": "usage.out"}},
        ),
    )
}  # fmt: skip

_STAMPS = (
    1772359200, 1772359200000, 1772359200000000000, "2026-03-01T10:00:00.1234567Z", "2026-03-01 10:00:00.1234567",
    "2026-03-01", "1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "0", "4102444800000000000", "", None, [], True,
    "2026-03-01T10:00:00+25:00", "2026-03-01T25:00:00Z",
)  # fmt: skip
_COUNTS = (-1, 10**18, 10**15, 10**30, 1.5, 2.0, True, "7", "seven", "", None, [7], {"n": 7}, "-0", "0x7", " 7")
_IDS = (None, "", 7, ["x"], {"x": 1}, GONE, "\ud800", "x\u2028y\u0085z", "=1+1", "a" * 3000)
_INNER = (None, "text", 7, [], [1], {}, True)
_WHOLE = (
    b"{}", b"[]", b"null", b"true", b"7", b'"text"', b"NaN", b"[{}]", b"[[]]", b"[1, null]", b"{", b"}", b'"', b",",
    b"\x00", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"{}{}", b"{} {}", b"\x1f\x8b\x08", b"PAR1", b"// {}", b"'{}'",
    b'{"a":' * 60 + b"1" + b"}" * 60, b"[" * 300, b"\x0b", b"\x0c", b"  ", b"\t\r",
)  # fmt: skip


def injuries(kind: Kind) -> Iterator[bytes]:
    """Lines without their ends: a row of this kind, injured in every way."""
    good = kind.good("whole")
    yield good
    yield good[: len(good) // 2]  # torn
    yield good[1:]
    yield good + good  # two rows on a line
    yield good + b"\r"
    yield b" \t" + good + b" \t"
    yield good[:-1] + b",}"
    for old, new in ((b"whole", b"\xff\xfe"), (b"whole", b"a\x00b"), (b"whole", b"a\\u0000b"), (b"whole", b"a\tb"),
                     (b"whole", b"\\ud83d"), (b":", b"="), (b'"', b"'"), (b"}", b"]")):  # fmt: skip
        yield good.replace(old, new)
    name = json.dumps(kind.id[-1]).encode()
    yield good.replace(name + b":", name + b':"first",' + name + b":", 1)  # a key twice
    yield good.replace(name + b":", name.upper() + b":", 1)
    yield good.replace(b"{", b'{"unknown":{"deep":[1,{"deeper":null}]},', 1)
    yield good.replace(b"{", b'{"unknown":1e400,', 1)
    for values, where in ((_STAMPS, kind.at), (_COUNTS, kind.count), (_IDS, kind.id)):
        yield from (kind.line(kind.changed(where, value)) for value in values)
    if kind.inner is not None:
        yield from (kind.line(kind.changed(kind.inner, value)) for value in _INNER)
    yield from _WHOLE


def corpus(kind: Kind) -> bytes:
    """The injured lines with a good one between any two of them: each must land whatever stands beside it."""
    lines = []
    for number, injured in enumerate(injuries(kind), start=1):
        lines += [kind.good(f"good-{number:03}"), injured]
    return b"".join(line + b"\n" for line in lines)


if __name__ == "__main__":
    CORPUS.mkdir(exist_ok=True)
    for each in KINDS.values():
        (CORPUS / f"{each.name}.jsonl").write_bytes(corpus(each))
