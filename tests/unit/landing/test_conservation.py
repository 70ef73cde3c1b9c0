"""Whatever a file holds, each of its rows is landed or set aside, and a row's fate is its own."""

import csv
import gzip
import io
import json
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.home import Home
from orchestration.settings import Organisation, Settings, Source

from .conftest import Place

_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(), st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.sampled_from(["12", "1e3", "0x1", " 7 ", "NaN", "{}", '{"a":1}', "[", "2026"]),
)  # fmt: skip
_KEYS = ["event_id", "event_at", "output_tokens", "latency_ms", "labels", "reported_cost", "reported_cost_basis",
         "status", "model", "other"]  # fmt: skip
_GOOD = st.builds(
    lambda number, tokens: json.dumps(
        {"event_id": f"e{number}", "event_at": "2026-03-01T10:00:00+01:00", "output_tokens": tokens}
    ).encode(),
    st.integers(0, 30),
    st.integers(0, 10**15),
)
_ODD = st.dictionaries(st.sampled_from(_KEYS), _SCALARS, max_size=5).map(
    lambda row: json.dumps({"event_id": "odd", "event_at": "2026-03-01T10:00:00Z", **row}).encode()
)
_TORN = st.tuples(_GOOD, st.integers(1, 60)).map(lambda pair: pair[0][: pair[1]])
_NOISE = st.binary(max_size=20).map(lambda data: data.replace(b"\n", b""))
_STRANGE = st.sampled_from(
    [
        b'{"event_id":"x","event_at":"2026-03-01T10:00:00Z",}',
        b'{"event_id":"x","event_at":"2026-03-01T10:00:00Z","other":1,"other":2}',
        b'{"event_id":"x","event_id":"x","event_at":"2026-03-01T10:00:00Z"}',
        b'{"event_id":"x","event_at":"2026-03-01T10:00:00Z","output_tokens":Infinity}',
        b'{"event_id":"\\u0000","event_at":"2026-03-01T10:00:00Z"}',
        b'{"event_id":"\\ud83d\\ude00","event_at":"2026-03-01T10:00:00+14:00"}',
        b'{"event_id":"x","event_at":"2026-03-01T10:00:00Z","labels":{"a":{"b":[1,2.50,1e2]}}}',
        b'{"event_id":["x"],"event_at":"2026-03-01T10:00:00Z","model":{"id": 1.0}}',
        b' \t{"event_id":"x","event_at":"2026-03-01T10:00:00Z"} \t',
        b'{"event_id":"x","event_at":"2026-03-01T10:00:00Z"}\x0b',
        b"\xef\xbb\xbf{}",
        b"\x0c",
    ]
)
_LINES = st.lists(st.one_of(_GOOD, _GOOD, _ODD, _TORN, _NOISE, _STRANGE), max_size=12)


_CELLS = st.one_of(
    st.text(max_size=6), st.sampled_from(["", "7", "7.0", "-1", " 7", "2026-03-01T10:00:00Z", '{"a":1}', "ok", "a\nb"])
)


def _landed(lines: list[bytes], *, packed: bool = False, final_newline: bool = True, name: str = "x.jsonl") -> Place:
    root = Path(tempfile.mkdtemp())
    (root / "tallyhouse.yaml").write_text("")
    source = Source(name="app", kind="events", path=root / "inbox")
    place = Place(
        Home(root),
        Settings(organisation=Organisation(name="T"), sources={"app": source}, now=datetime(2026, 11, 21, tzinfo=UTC)),
    )
    content = b"\n".join(lines) + (b"\n" if final_newline else b"")
    place.inbox("app", f"{name}.gz" if packed else name, gzip.compress(content) if packed else content)
    place.land()
    return place


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=_LINES, packed=st.booleans(), final_newline=st.booleans())
def test_every_row_is_landed_or_set_aside(lines: list[bytes], packed: bool, final_newline: bool) -> None:
    place = _landed(lines, packed=packed, final_newline=final_newline)
    try:
        delivered = sum(1 for at, line in enumerate(lines) if line.removeprefix(b"" if at else b"\xef\xbb\xbf").strip())
        landed, bad = place.rows("app", "event_id"), place.quarantined("app")
        assert len(landed) + len(bad) == delivered
        assert [row["line"] for row in bad] == sorted({row["line"] for row in bad})
    finally:
        shutil.rmtree(place.home.root)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(line=st.one_of(_ODD, _TORN, _NOISE, _STRANGE))
def test_a_rows_fate_does_not_depend_on_its_neighbours(line: bytes) -> None:
    """Alone it goes the fast way if it is good; beside a torn line it goes the slow way."""
    alone, beside = _landed([line]), _landed([line, b'{"torn'])
    try:
        columns = "* EXCLUDE (file)"
        assert alone.rows("app", columns) == beside.rows("app", columns)
        assert alone.reasons("app") == [reason for reason in beside.reasons("app") if reason[0] == 1]
    finally:
        shutil.rmtree(alone.home.root)
        shutil.rmtree(beside.home.root)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cells=st.lists(_CELLS, min_size=4, max_size=4), known=st.booleans())
def test_a_csv_rows_fate_does_not_depend_on_its_neighbours(cells: list[str], known: bool) -> None:
    header = b"event_id,event_at,output_tokens,labels,status"
    text = io.StringIO()
    stamp = "2026-03-01T10:00:00Z" if known else cells[0]
    csv.writer(text).writerow([cells[1] if known else "x", stamp, *cells[1:]])
    row = text.getvalue().removesuffix("\r\n").encode("utf-8", "replace")
    alone, beside = _landed([header, row], name="x.csv"), _landed([header, row, b"too,few"], name="x.csv")
    try:
        columns = "* EXCLUDE (file)"
        assert alone.rows("app", columns) == beside.rows("app", columns)
        assert alone.reasons("app") == [reason for reason in beside.reasons("app") if reason[0] == 2]
    finally:
        shutil.rmtree(alone.home.root)
        shutil.rmtree(beside.home.root)
