"""Of every kind of source: whatever stands beside it a good row lands, and a bad one is set aside with its reason."""

import csv
import io
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.settings import SourceKind
from tests.support.hostile import CORPUS, KINDS, Kind, corpus

from .conftest import Place, new_place

ALL = sorted(KINDS)
# Kinds that read CSV and Parquet too, whose rows are flat.
TABLES = ["events", "langfuse", "litellm", "mapped"]
_QUICKLY = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


@contextmanager
def landed(kind: Kind, content: bytes, name: str | None = None) -> Iterator[Place]:
    """A home in which this file was landed; its account must balance."""
    root = Path(tempfile.mkdtemp())
    try:
        place = new_place(root / "home", **{"source": {"kind": kind.name, **(kind.settings or {})}})
        place.inbox("source", name or kind.file, content)
        place.land()
        yield place
    finally:
        shutil.rmtree(root)


def delivered(kind: Kind, content: bytes) -> int:
    """Rows of a file of lines, counted without any of landing: spans of OTLP, items of a list that is a line, lines."""
    total = 0
    for number, line in enumerate(content.split(b"\n")):
        line = line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line
        if line.strip():
            total += _records(kind, line)
    return total


def _records(kind: Kind, line: bytes) -> int:
    try:
        document = json.loads(line.decode(), parse_constant=lambda name: 1 / 0)
    except (ValueError, ArithmeticError, RecursionError):
        return 1
    if kind.name == "otlp":
        spans = document.get("resourceSpans") if isinstance(document, dict) else None
        return len(spans[0]["scopeSpans"][0]["spans"]) if spans else 1
    lists = kind.name in ("bedrock", "langfuse", "openrouter")
    return len(document) if lists and isinstance(document, list) else 1


def check_account(kind: Kind, place: Place, expected: int, good: set[str], lines: range) -> None:
    """Every delivered row has one fate; the good ones landed; each bad one names file, line and reason."""
    (counts,) = [json.loads(path.read_text()) for path in (place.home.landings / "source").glob("*.json")]
    (file,) = counts["files"]
    ids = [row[0] for row in place.rows("source")]
    bad = place.quarantined("source")
    assert file["delivered"] == expected
    assert file["delivered"] == len(ids) + len(bad) + file["not_usage"]
    tail = Counter(name.rpartition(":")[2] for name in ids)
    assert {name for name in good if tail[name] != 1} == set()
    for row in bad:
        assert row["file"].endswith(Path(kind.file).name.partition(".")[0] + row["file"][row["file"].rindex(".") :])
        assert row["line"] in lines
        assert row["reason"].strip()


def test_every_kind_has_hostile_rows_of_its_own() -> None:
    assert sorted(get_args(SourceKind)) == ALL
    assert sorted(path.stem for path in CORPUS.glob("*.jsonl")) == ALL
    for kind in KINDS.values():
        written = (CORPUS / f"{kind.name}.jsonl").read_bytes()
        assert written == corpus(kind), "python -m tests.support.hostile"


@pytest.mark.parametrize("name", ALL)
def test_good_rows_land_beside_every_bad_one(name: str) -> None:
    kind, content = KINDS[name], (CORPUS / f"{name}.jsonl").read_bytes()
    lines = content.split(b"\n")
    good = {f"good-{number:03}" for number in range(1, content.count(b"good-") + 1)}
    with landed(kind, content) as place:
        check_account(kind, place, delivered(kind, content), good, range(1, len(lines)))
        fates = sorted(place.reasons("source"))
    assert not [number for number, _ in fates if b"good-" in lines[number - 1]]
    written = "".join(f"{number}: {reason}\n" for number, reason in fates)
    assert written == (CORPUS / f"{name}.reasons").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ALL)
def test_any_mixture_of_lines_is_accounted_for(name: str) -> None:
    """Lines of the corpus in any order, cut anywhere, with any byte changed."""
    kind = KINDS[name]
    known = [line for line in (CORPUS / f"{name}.jsonl").read_bytes().split(b"\n") if b"good-" not in line]
    seeds = st.sampled_from(known)
    cut = st.tuples(seeds, st.integers(0, 200)).map(lambda pair: pair[0][: pair[1]])
    changed = st.tuples(seeds, st.integers(0, 300), st.binary(min_size=1, max_size=2)).map(
        lambda given: given[0][: given[1]] + given[2].replace(b"\n", b"") + given[0][given[1] + 1 :]
    )
    injured = st.lists(st.one_of(seeds, cut, changed), min_size=1, max_size=8)

    @_QUICKLY
    @given(injured=injured, ends=st.sampled_from([b"\n", b"\r\n"]), last=st.booleans(), bom=st.booleans())
    def check(injured: list[bytes], ends: bytes, last: bool, bom: bool) -> None:
        # A good line comes first: a file whose first line is no JSON may be one document as a whole.
        lines = [kind.good("good-0")]
        for number, line in enumerate(injured, start=1):
            lines += [line, kind.good(f"good-{number}")]
        content = (b"\xef\xbb\xbf" if bom else b"") + ends.join(lines) + (ends if last else b"")
        good = {f"good-{number}" for number in range(len(injured) + 1)}
        with landed(kind, content) as place:
            check_account(kind, place, delivered(kind, content), good, range(1, len(lines) + 1))

    check()


_CELLS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["", " ", "-1", "1.5", str(10**18), "1e3", "NaN", "2026-03-01T10:00:00.1234567Z", "1970-01-01T00:00:00Z",
         "2100-01-01T00:00:00Z", "1772359200000", "{}", "[1]", '"', 'a"b', "a,b", "a\nb", "\ufeff", "=1+1", "true"]
    ),
)  # fmt: skip


@pytest.mark.parametrize("name", [*TABLES, "openrouter"])
def test_any_cells_of_a_csv_are_accounted_for(name: str) -> None:
    kind = KINDS[name]
    names = list(kind.row)

    def record(row: dict[str, Any]) -> bytes:
        text = io.StringIO()
        cells = [json.dumps(value) if isinstance(value, dict) else value for value in row.values()]
        csv.writer(text, lineterminator="\r\n").writerow(cells)
        return text.getvalue().encode("utf-8", "surrogatepass")

    whole = st.dictionaries(st.sampled_from(names), _CELLS, max_size=3).map(lambda cells: record({**kind.row, **cells}))
    odd = st.sampled_from(
        [b"one\r\n", b",".join([b"x"] * 40) + b"\r\n", b"\xff\xfe,\x00\r\n", b"\x00\r\n", b"a\xed\xa0\x80\r\n"]
    )

    @_QUICKLY
    @given(injured=st.lists(st.one_of(whole, odd), min_size=1, max_size=6), bom=st.booleans())
    def check(injured: list[bytes], bom: bool) -> None:
        records = [record(kind.changed(kind.id, "good-0"))]
        for number, row in enumerate(injured, start=1):
            records += [row, record(kind.changed(kind.id, f"good-{number}"))]
        content = (b"\xef\xbb\xbf" if bom else b"") + ",".join(names).encode() + b"\r\n" + b"".join(records)
        good = {f"good-{number}" for number in range(len(injured) + 1)}
        with landed(kind, content, "hostile.csv") as place:
            check_account(kind, place, len(records), good, range(2, content.count(b"\n") + 2))

    check()


_VALUES = (
    "'text'", "-7", "'NaN'::DOUBLE", "true", "'\\xFF\\x00'::BLOB", "DATE '2100-01-01'", "TIMESTAMP '1970-01-01'",
    "1.5::DECIMAL(38,18)", "[1, NULL]", "{'x': 1}", "170141183460469231731687303715884105727::HUGEINT", "uuid()",
    "TIME '10:00:00'", "INTERVAL 1 DAY", "MAP {'k': 1}", "CAST(NULL AS VARCHAR)",
)  # fmt: skip


@pytest.mark.parametrize("name", [*TABLES, "litellm_db"])
def test_parquet_columns_of_any_type_are_accounted_for(tmp_path: Path, name: str) -> None:
    """A column has one type for all rows: where that is a wrong one every row is set aside, and none is lost."""
    import duckdb

    kind = KINDS[name]
    place = new_place(tmp_path / "home", **{"source": {"kind": kind.name, **(kind.settings or {})}})
    with duckdb.connect() as connection:
        for field in (kind.id, kind.at, kind.count):
            for number, value in enumerate(_VALUES):
                row = {key: value if key == field[0] else _literal(given) for key, given in kind.row.items()}
                cells = ", ".join(f'{sql} AS "{key}"' for key, sql in row.items())
                path = place.inbox("source", f"{field[0]}-{number:02}.parquet", b"")
                connection.execute(f"COPY (SELECT {cells} UNION ALL SELECT {cells}) TO '{path}' (FORMAT parquet)")
    place.land()
    bad = Counter(row["file"].rpartition("/")[2] for row in place.quarantined("source"))
    (receipt,) = [json.loads(path.read_text()) for path in (place.home.landings / "source").glob("*.json")]
    assert len(receipt["files"]) == 3 * len(_VALUES)
    for file in receipt["files"]:
        assert file["delivered"] == 2 == file["landed"] + file["not_usage"] + bad[file["path"].rpartition("/")[2]]
    assert all(row["reason"] and row["line"] in (1, 2) for row in place.quarantined("source"))


def _literal(value: Any) -> str:
    text = json.dumps(value) if isinstance(value, dict) else str(value)
    return "'" + text.replace("'", "''") + "'"
