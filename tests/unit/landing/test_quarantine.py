"""What cannot be trusted is set aside with file, line and reason; everything else is landed."""

import gzip
import json
from typing import Any

import pytest
import zstandard

from .conftest import Place, event, jsonl

GOOD = event("good")
TIERS = "standard, batch, flex, priority, fast"
COUNT = "which is no whole number from 0 to 10^15"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ('{"event_id": "x"', "is not valid JSON"),
        ("oops", "is not valid JSON"),
        ('{"event_id": "x"} {"event_id": "y"}', "is not valid JSON"),
        ('{"event_id": "\\ud800"}', "is not valid JSON"),
        ("[1, 2]", "is no JSON object"),
        ('"text"', "is no JSON object"),
        ("null", "is no JSON object"),
        ('{"event_id": "x", "event_id": "y", "event_at": "2026-03-01T10:00:00Z"}', "names a key twice"),
        ({"event_at": "2026-03-01T10:00:00Z"}, "event_id is missing"),
        (event(""), "event_id is missing"),
        ({"event_id": "x"}, "event_at is missing"),
        (event("x", "yesterday"), "event_at is yesterday, which is no readable time"),
        (event("x", "2026-02-30T10:00:00Z"), "event_at is 2026-02-30T10:00:00Z, which is no readable time"),
        (event("x", "2026-03-01T10:00:00"), "event_at is 2026-03-01T10:00:00, which has no offset from UTC"),
        (event("x", "2026-03-01"), "event_at is 2026-03-01, which has no offset from UTC"),
        (event("x", "2014-12-31T23:59:59Z"), "event_at is 2014-12-31T23:59:59Z, which lies before 2015"),
        (event("x", "2026-11-22T03:00:01Z"), "event_at is 2026-11-22T03:00:01Z, which lies in the future"),
        (event("x", output_tokens=-3), f"output_tokens is -3, {COUNT}"),
        (event("x", output_tokens=1.5), f"output_tokens is 1.5, {COUNT}"),
        (event("x", output_tokens=0.4), f"output_tokens is 0.4, {COUNT}"),
        (event("x", output_tokens=True), f"output_tokens is true, {COUNT}"),
        (event("x", output_tokens="0x10"), f"output_tokens is 0x10, {COUNT}"),
        (event("x", output_tokens="1_000"), f"output_tokens is 1_000, {COUNT}"),
        (event("x", output_tokens=""), f"output_tokens is , {COUNT}"),
        (event("x", output_tokens=[1]), f"output_tokens is [1], {COUNT}"),
        (event("x", output_tokens=10**15 + 1), f"output_tokens is 1000000000000001, {COUNT}"),
        (event("x", output_tokens=10**30), f"output_tokens is {10**30}, {COUNT}"),
        (event("x", output_tokens=1e30), f"output_tokens is 1e+30, {COUNT}"),
        (event("x", output_tokens=float("nan")), f"output_tokens is NaN, {COUNT}"),
        (event("x", latency_ms=2.5), f"latency_ms is 2.5, {COUNT}"),
        (event("x", labels="text"), "labels is no JSON object"),
        (event("x", labels=["a"]), "labels is no JSON object"),
        (event("x", status="fine"), "status is fine, which is none of ok, error"),
        (
            event("x", service_tier="gold"),
            "service_tier is gold, which is none of standard, batch, flex, priority, fast",
        ),
        (event("x", audio_seconds=90.5), f"audio_seconds is 90.5, {COUNT}"),
        (event("x", reported_cost=-1), "reported_cost is -1, which is no amount of 0 or more"),
        (event("x", reported_cost="1,5"), "reported_cost is 1,5, which is no amount of 0 or more"),
        (event("x", reported_cost=float("inf")), "reported_cost is Infinity, which is no amount of 0 or more"),
        (event("x", reported_cost=1), "reported_cost is given without reported_cost_basis (charge or estimate)"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(place: Place, bad: Any, reason: str) -> None:
    text = bad if isinstance(bad, str) else json.dumps(bad)
    place.inbox("app", "x.jsonl", jsonl(GOOD, text, event("also good")))
    report = place.land()
    assert place.quarantined("app") == [{"file": "inbox/app/x.jsonl", "line": 2, "reason": reason, "text": text}]
    assert place.rows("app") == [("also good",), ("good",)]
    assert (report.delivered, report.landed, report.quarantined) == (3, 2, 1)


@pytest.mark.parametrize(
    ("count", "kept"), [(7, 7), (0, 0), (10**15, 10**15), ("12", 12), (1e3, 1000), (5.0, 5), (None, None)]
)
def test_whole_numbers_are_kept_however_they_are_written(place: Place, count: Any, kept: int | None) -> None:
    place.inbox("app", "x.jsonl", jsonl(event(output_tokens=count)))
    place.land()
    assert place.rows("app", "output_tokens") == [(kept,)]


@pytest.mark.parametrize(
    ("cost", "kept"),
    [
        ("0.00858", "0.008580000000000000"),
        ("1.5e-05", "0.000015000000000000"),
        ('"0.123456789012345678"', "0.123456789012345678"),
        ("0.30000000000000004", "0.300000000000000040"),
        ("12345678901234567890", "12345678901234567890.000000000000000000"),
        ("0", "0.000000000000000000"),
    ],
)
def test_money_is_read_from_its_digits(place: Place, cost: str, kept: str) -> None:
    row = jsonl(event(reported_cost_basis="charge")).replace("{", f'{{"reported_cost": {cost}, ')
    place.inbox("app", "x.jsonl", row)
    place.land()
    assert place.rows("app", "CAST(reported_cost AS VARCHAR)") == [(kept,)]


def test_bytes_that_are_no_text_are_shown_escaped(place: Place) -> None:
    place.inbox("app", "x.jsonl", jsonl(GOOD).encode() + b'{"event_id": "\xff\xfe"}\n' + b'{"a":\x00}\n')
    place.land()
    assert [(row["line"], row["reason"], row["text"]) for row in place.quarantined("app")] == [
        (2, "is not UTF-8", '{"event_id": "\\xff\\xfe"}'),
        (3, "holds a NUL byte", '{"a":\\x00}'),
    ]
    assert place.rows("app") == [("good",)]


def test_a_long_bad_line_is_cut_and_a_long_good_one_landed(place: Place) -> None:
    huge = event("huge", payload="x" * (20 << 20))
    place.inbox("app", "x.jsonl", jsonl(huge, "y" * 50_000))
    place.land()
    assert place.rows("app") == [("huge",)]
    assert [len(row["text"]) for row in place.quarantined("app")] == [10_000]


def test_half_a_surrogate_pair_in_a_long_line_is_no_json(place: Place) -> None:
    place.inbox("app", "x.jsonl", jsonl({**event("\ud800"), "note": "x" * 2000}, event("good")))
    assert place.land().landed == 1
    assert place.reasons("app") == [(1, "is not valid JSON")]


def test_rows_of_a_csv_with_too_few_or_too_many_fields_are_set_aside(place: Place) -> None:
    place.inbox("app", "x.csv", "event_id,event_at\na,2026-03-01T10:00:00Z\nb\nc,2026-03-01T10:00:00Z,1\n")
    place.land()
    assert place.reasons("app") == [
        (3, "1 fields where the header has 2"),
        (4, "3 fields where the header has 2"),
    ]
    assert place.rows("app") == [("a",)]


def test_undecodable_cells_are_set_aside(place: Place) -> None:
    place.inbox("app", "x.csv", b"event_id,event_at\na\xff,2026-03-01T10:00:00Z\nb,2026-03-01T10:00:00Z\n")
    place.land()
    assert place.reasons("app") == [(2, "is not UTF-8")]
    assert place.rows("app") == [("b",)]


def test_a_header_that_names_a_column_twice_makes_all_rows_doubtful(place: Place) -> None:
    place.inbox("app", "x.csv", "event_id,event_at,event_id\na,2026-03-01T10:00:00Z,b\n")
    place.land()
    assert place.reasons("app") == [(2, "the header names 'event_id' twice")]


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip.compress), ("zst", zstandard.compress)])
def test_a_stream_that_breaks_off_gives_what_was_readable(place: Place, ending: str, pack: Any) -> None:
    rows = jsonl(*(event(f"e{number}", feature=str(hash(number) ** 3)) for number in range(20_000))).encode()
    packed = pack(rows)
    place.inbox("app", f"x.jsonl.{ending}", packed[: len(packed) // 2])
    report = place.land()
    kept = {row[0] for row in place.rows("app")}
    assert kept == {f"e{number}" for number in range(len(kept))}
    assert 0 < len(kept) < 20_000
    (broken,) = place.quarantined("app")
    assert "stream ends too early" in broken["reason"]
    assert broken["line"] == len(kept) + 1
    assert report.delivered == len(kept) + 1


def test_a_file_that_is_no_parquet_counts_as_one_row(place: Place) -> None:
    place.inbox("app", "x.parquet", b"PAR1 not really")
    place.inbox("app", "y.jsonl", jsonl(GOOD))
    report = place.land()
    assert place.reasons("app") == [(0, "is no readable Parquet file")]
    assert (report.delivered, report.landed, report.quarantined) == (2, 1, 1)


def test_one_bad_file_among_many_leaves_the_others_alone(place: Place) -> None:
    for number in range(12):
        torn = '{"event_id": "t' if number % 2 else ""
        place.inbox("app", f"{number:02}.jsonl", jsonl(event(f"e{number:02}")) + torn)
    report = place.land()
    assert [row[0] for row in place.rows("app")] == [f"e{number:02}" for number in range(12)]
    assert sorted(row["file"] for row in place.quarantined("app")) == [
        f"inbox/app/{n:02}.jsonl" for n in range(1, 12, 2)
    ]
    assert (report.delivered, report.quarantined) == (18, 6)


AT = "2026-03-01T10:00:00Z"


@pytest.mark.parametrize(
    ("second", "others"),
    [
        (f'b,{AT},"torn', f"c,{AT},x\nd,{AT},y\n"),
        (f'b,{AT},"torn', f'c,{AT},"x"\nd,{AT},"one\nmore"\n'),
        (f'b,{AT},"torn ""twice', f"c,{AT},x\nd,{AT},y"),
    ],
)
def test_a_quote_that_never_closes_costs_its_own_line_alone(place: Place, second: str, others: str) -> None:
    place.inbox("app", "x.csv", f"event_id,event_at,feature\na,{AT},x\n{second}\n{others}")
    assert place.land().delivered == 4
    assert place.rows("app") == [("a",), ("c",), ("d",)]
    assert place.quarantined("app") == [
        {"file": "inbox/app/x.csv", "line": 3, "reason": "opens a quote that does not close", "text": second}
    ]


def test_a_csv_that_ends_in_the_middle_of_a_cell_keeps_its_other_rows(place: Place) -> None:
    place.inbox("app", "x.csv", f'event_id,event_at,feature\na,{AT},"two\nlines"\nb,{AT},"two\nlin')
    assert place.land().delivered == 3
    assert place.rows("app", "event_id, feature") == [("a", "two\nlines")]
    assert [line for line, _ in place.reasons("app")] == [4, 5]


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-be", "utf-16-le"])
@pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
def test_a_file_in_utf_16_stops_nothing(place: Place, coding: str, name: str) -> None:
    text = f"event_id,event_at\na,{AT}\n" if name == "x.csv" else jsonl(event("a"))
    place.inbox("app", name, text.encode(coding))
    place.inbox("app", "y.jsonl", jsonl(event("b")))
    place.land()
    assert place.rows("app") == [("b",)]
    reasons = {reason for _, reason in place.reasons("app")}
    assert any("UTF-16" in reason for reason in reasons) == (coding == "utf-16") and reasons


def test_columns_without_a_name_are_passed_over(place: Place) -> None:
    place.inbox("app", "x.csv", f"event_id,event_at,,\na,{AT},,\nb,{AT},p,q\n")
    place.inbox("app", "y.csv", f"event_id,event_at,,\nc,{AT},,\nd,{AT}\n")
    place.land()
    assert place.rows("app") == [("a",), ("b",), ("c",)]
    assert place.reasons("app") == [(3, "2 fields where the header has 4")]


def test_line_ends_of_an_old_mac_are_told(place: Place) -> None:
    place.inbox("app", "x.csv", f"event_id,event_at\ra,{AT}\r")
    place.land()
    ((line, reason),) = place.reasons("app")
    assert (line, reason) == (
        1, "the header is unreadable: holds a carriage return that neither ends a line nor stands in quotes",
    )  # fmt: skip


def test_a_parquet_file_with_damaged_data_stops_nothing(place: Place) -> None:
    import duckdb

    path = place.inbox("app", "x.parquet", b"")
    rows = f"SELECT 'e' || i AS event_id, '{AT}' AS event_at FROM range(50000) AS t(i)"
    duckdb.sql(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")
    whole = path.read_bytes()
    path.write_bytes(whole[:3000] + bytes(300) + whole[3300:])
    place.inbox("app", "y.jsonl", jsonl(GOOD))
    report = place.land()
    assert place.rows("app") == [("good",)]
    assert place.reasons("app") == [(0, "is a damaged Parquet file: none of its 50000 rows can be trusted")]
    assert (report.delivered, report.landed, report.quarantined) == (2, 1, 1)
