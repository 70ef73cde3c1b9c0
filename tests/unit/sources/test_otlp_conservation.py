"""Whatever a file of spans holds, each is landed, set aside or bears no usage, and its fate is its own."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from landing_helpers import Place, new_place

from orchestration.landing import split

_TEXT = st.sampled_from(["5", "0", "-1", "1e3", "", "x", "chat", "invoke_agent", "gpt-4o", "\ud83d\ude00", "\ud800"])
_VALUE = st.one_of(
    _TEXT.map(lambda text: {"stringValue": text}),
    st.integers(-2, 10**16).map(lambda number: {"intValue": number}),
    st.integers(0, 99).map(lambda number: {"intValue": str(number)}),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: {"doubleValue": number}),
    st.sampled_from([None, {}, {"arrayValue": {"values": [{"intValue": 1}]}}, {"boolValue": True}, "text", 5]),
)
_NAME = st.sampled_from(
    ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.cache_read.input_tokens", "spanId",
     "gen_ai.operation.name", "gen_ai.request.model", "llm.token_count.prompt", "error.type", "else"]
)  # fmt: skip
_ATTRIBUTES = st.one_of(
    st.lists(st.builds(lambda name, value: {"key": name, "value": value}, _NAME, _VALUE), max_size=5),
    st.sampled_from([None, {}, "text", [None], [{}], [{"key": None}]]),
)
_SPAN = st.one_of(
    st.fixed_dictionaries(
        {"traceId": st.sampled_from(["aa", "", None]), "spanId": st.sampled_from(["01", "02", 3])},
        optional={
            "startTimeUnixNano": st.sampled_from(["1746026930686364157", 1746026930686364157, "0", None, [], "soon"]),
            "endTimeUnixNano": st.sampled_from(["1746026930786364157", "0", ""]),
            "attributes": _ATTRIBUTES,
            "status": st.sampled_from([{}, {"code": 2}, {"code": "STATUS_CODE_ERROR"}, None, "bad"]),
        },
    ),
    st.sampled_from([None, "span", {}, []]),
)
_EXPORTS = st.lists(st.lists(_SPAN, max_size=3), max_size=4)


def _line(spans: list[Any]) -> str:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})


def _places() -> Iterator[Place]:
    root = Path(tempfile.mkdtemp())
    try:
        yield from (new_place(root / name, traces="otlp") for name in ("alone", "beside"))
    finally:
        shutil.rmtree(root)


@pytest.mark.parametrize("least_bytes", [0, 1 << 20], ids=["split", "slow"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(exports=_EXPORTS)
def test_every_span_is_accounted_for_and_none_depends_on_its_neighbours(
    exports: list[list[Any]], least_bytes: int
) -> None:
    """Beside a torn line the same spans go the slow way, or their lines go the fast way without it."""
    lines = [_line(spans) for spans in exports]
    places = _places()
    alone, beside = next(places), next(places)
    try:
        alone.inbox("traces", "x.jsonl", "".join(f"{line}\n" for line in lines))
        beside.inbox("traces", "x.jsonl", "".join(f"{line}\n" for line in [*lines, '{"torn']))
        delivered = sum(len(spans) for spans in exports)
        with mock.patch.object(split, "_LEAST_BYTES", least_bytes):
            assert (alone.land().delivered, beside.land().delivered) == (delivered, delivered + 1)
        assert alone.rows("traces", "* EXCLUDE (file)") == beside.rows("traces", "* EXCLUDE (file)")
        assert alone.reasons("traces") == beside.reasons("traces")[:-1]
    finally:
        places.close()
