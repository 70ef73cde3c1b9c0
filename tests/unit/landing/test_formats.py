"""Every format and compression, clean or untidy, gives the same facts."""

import gzip
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import zstandard

from .conftest import Place, event, jsonl

ROWS = [
    event("a", "2026-03-01T23:30:00-02:00", output_tokens=7, reported_cost="0.00858", reported_cost_basis="charge"),
    event("b", "2026-03-02T08:00:00.123456Z", cache_read_tokens=10**15, labels={"k": "v"}, user_id='Zoë, "Z"'),
]
EXPECTED = [
    ("a", datetime(2026, 3, 2, 1, 30), 7, None, Decimal("0.008580000000000000"), "charge", None, None),
    ("b", datetime(2026, 3, 2, 8, 0, 0, 123456), None, 10**15, None, None, '{"k":"v"}', 'Zoë, "Z"'),
]
COLUMNS = "event_id, event_at, output_tokens, cache_read_tokens, reported_cost, reported_cost_basis, labels, user_id"
JSONL = jsonl(*ROWS).replace('{"k": "v"}', '{"k":"v"}').encode()
CSV = (
    "event_id,event_at,model,provider,output_tokens,cache_read_tokens,reported_cost,reported_cost_basis,labels,user_id\n"
    "a,2026-03-01T23:30:00-02:00,gpt-5,openai,7,,0.00858,charge,,\n"
    'b,2026-03-02T08:00:00.123456Z,gpt-5,openai,,1000000000000000,,,"{""k"":""v""}","Zoë, ""Z"""\n'
).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.jsonl", JSONL),
        ("plain.ndjson", JSONL),
        ("plain.json", JSONL),
        ("no-final-newline.jsonl", JSONL.rstrip()),
        ("crlf.jsonl", JSONL.replace(b"\n", b"\r\n")),
        ("bom.jsonl", b"\xef\xbb\xbf" + JSONL),
        ("blank-lines.jsonl", b"\n \t\n" + JSONL.replace(b"\n", b"\n\r\n\n")),
        ("packed.jsonl.gz", gzip.compress(JSONL)),
        ("two-members.jsonl.gz", b"".join(gzip.compress(line) for line in JSONL.splitlines(keepends=True))),
        ("packed.jsonl.zst", zstandard.compress(JSONL)),
        ("two-frames.jsonl.zst", b"".join(zstandard.compress(line) for line in JSONL.splitlines(keepends=True))),
        ("odd [name] *?{x}.jsonl", JSONL),
        ("it's.jsonl", JSONL),
        ("date=2020-01-01/hive.jsonl", JSONL),
        ("plain.csv", CSV),
        ("crlf.csv", CSV.replace(b"\n", b"\r\n")),
        ("no-final-newline.csv", CSV.rstrip()),
        ("bom.csv", b"\xef\xbb\xbf" + CSV),
        ("blank-lines.csv", CSV.replace(b"\n", b"\n\n")),
        ("packed.csv.gz", gzip.compress(CSV)),
        ("packed.csv.zst", zstandard.compress(CSV)),
    ],
)
def test_the_same_rows_come_from_every_form(place: Place, name: str, content: bytes) -> None:
    place.inbox("app", name, content)
    report = place.land()
    assert place.reasons("app") == []
    assert place.rows("app", COLUMNS) == EXPECTED
    assert (report.delivered, report.landed) == (2, 2)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_separators_are_told_from_the_header(place: Place, delimiter: str) -> None:
    place.inbox("app", "x.csv", f"event_id{delimiter}event_at\na,b{delimiter}2026-03-01T10:00:00Z\n")
    place.land()
    assert place.rows("app") == [("a,b",)]


def test_a_line_break_inside_quotes_is_no_new_record(place: Place) -> None:
    place.inbox("app", "x.csv", 'event_id,event_at,feature\na,2026-03-01T10:00:00Z,"two\n\nlines"\nb,oops,x\n')
    report = place.land()
    assert place.rows("app", "event_id, feature") == [("a", "two\n\nlines")]
    assert [line for line, _ in place.reasons("app")] == [5]
    assert report.delivered == 2


def test_parquet_is_read_with_its_own_types(place: Place, tmp_path: Path) -> None:
    path = place.inbox("app", "x.parquet", b"")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            "COPY (SELECT 'a' AS event_id, TIMESTAMPTZ '2026-03-01 23:30:00-02' AS event_at,"
            " 7::SMALLINT AS output_tokens, 0.00858::DECIMAL(9,5) AS reported_cost,"
            " 'charge' AS reported_cost_basis, {'k': 'v'} AS labels"
            f" UNION ALL SELECT 'b', '2026-03-02 08:00:00Z', -1, NULL, NULL, NULL) TO '{path}' (FORMAT parquet)"
        )
    report = place.land()
    assert place.rows("app", COLUMNS.rsplit(",", 1)[0]) == [(*EXPECTED[0][:6], '{"k":"v"}')]
    assert place.reasons("app") == [(2, "output_tokens is -1, which is no whole number from 0 to 10^15")]
    assert report.delivered == 2


def test_a_naive_parquet_stamp_is_utc(place: Place) -> None:
    path = place.inbox("app", "x.parquet", b"")
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT 'a' AS event_id, TIMESTAMP '2026-07-01 12:00:00' AS event_at) TO '{path}' (FORMAT parquet)"
        )
    place.land()
    assert place.rows("app", "event_at") == [(datetime(2026, 7, 1, 12),)]


def test_many_files_of_differing_forms_land_together(place: Place) -> None:
    for number in range(7):
        place.inbox("app", f"{number}.jsonl", jsonl(event(f"j{number}")))
    place.inbox("app", "x.csv", "event_id,event_at\nc1,2026-03-01T10:00:00Z\n")
    place.inbox("app", "y.csv", "event_at,event_id,unknown\n2026-03-01T10:00:00Z,c2,1\n")
    place.inbox("app", "z.jsonl.gz", gzip.compress(jsonl(event("g")).encode()))
    report = place.land()
    assert [row[0] for row in place.rows("app")] == ["c1", "c2", "g", *(f"j{number}" for number in range(7))]
    assert report.files_landed == 10


def test_rows_lie_in_the_folder_of_their_utc_day(place: Place) -> None:
    days = [f"2026-{month:02}-{day:02}" for month in range(1, 6) for day in range(1, 29)]
    place.inbox("app", "x.jsonl", jsonl(*(event(day, f"{day}T12:00:00Z") for day in days)))
    place.land()
    folders = {path.parent.name for path in (place.home.raw / "app").glob("*/*.parquet")}
    assert folders == {f"utc_date={day}" for day in days}
    assert len(place.rows("app")) == len(days)
