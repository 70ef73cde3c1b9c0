"""Any table with a time stamp, through names and constants in the settings."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from orchestration.errors import SettingsError
from orchestration.landing import pending_files, receipts, redeliveries, refusals, totals
from orchestration.landing.refused import recorded_refusals

TRACE = {
    "kind": "mapped",
    "mapping": {"event_at": "TIMESTAMP", "uncached_input_tokens": "ContextTokens", "output_tokens": "GeneratedTokens"},
    "constants": {"provider": "azure", "model": "gpt-4o"},
}
CSV = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
    "2023-11-16 18:17:03.9799600,4808,10\r\n"
    "2023-11-16 18:17:04.0319609,3180,8\r\n"
    "2023-11-16 18:17:04.0319609,3180,8"
)
COLUMNS = "event_at, uncached_input_tokens, output_tokens, provider, model"
ROWS = [
    (datetime(2023, 11, 16, 18, 17, 3, 979960), 4808, 10, "azure", "gpt-4o"),
    (datetime(2023, 11, 16, 18, 17, 4, 31960), 3180, 8, "azure", "gpt-4o"),
    (datetime(2023, 11, 16, 18, 17, 4, 31960), 3180, 8, "azure", "gpt-4o"),
]


def test_a_trace_is_landed_through_its_mapping(make_place: Callable[..., Any]) -> None:
    place = make_place(trace=TRACE)
    place.inbox("trace", "x.csv", CSV)
    assert place.land().delivered == 3
    assert place.rows("trace", COLUMNS) == ROWS


def test_identical_rows_stay_apart_and_a_grown_file_keeps_its_ids(make_place: Callable[..., Any]) -> None:
    place = make_place(trace=TRACE)
    place.inbox("trace", "x.csv", CSV)
    place.land()
    ids = {row[0] for row in place.rows("trace")}
    assert len(ids) == 3
    place.inbox("trace", "x.csv", CSV + "\r\n2023-11-16 18:17:05.0000000,1,1\r\ntorn")
    place.land()
    assert ids < {row[0] for row in place.rows("trace")}
    assert len({row[0] for row in place.rows("trace")}) == 4


def test_the_same_rows_as_jsonl_get_the_same_ids(make_place: Callable[..., Any], tmp_path: Any) -> None:
    names, *rows = (line.split(",") for line in CSV.splitlines())
    found = []
    for name, content in (
        ("x.csv", CSV),
        ("x.jsonl", "\n".join(json.dumps(dict(zip(names, row, strict=True))) for row in rows)),
    ):
        place = make_place(root=tmp_path / name, trace=TRACE)
        place.inbox("trace", name, content)
        place.land()
        found.append(place.rows("trace"))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("zone", "stamp", "utc"),
    [
        ("UTC", "2026-07-01 12:00:00", datetime(2026, 7, 1, 12)),
        ("Europe/London", "2026-07-01 12:00:00", datetime(2026, 7, 1, 11)),
        ("Europe/London", "2026-01-01T12:00:00.5", datetime(2026, 1, 1, 12, 0, 0, 500000)),
        ("Asia/Kathmandu", "2026-01-01 00:00:00", datetime(2025, 12, 31, 18, 15)),
        ("Europe/London", "2026-07-01T12:00:00Z", datetime(2026, 7, 1, 12)),
        ("Europe/London", "2026-07-01T12:00:00+02:00", datetime(2026, 7, 1, 10)),
    ],
)
def test_stamps_without_an_offset_are_in_the_sources_zone(
    make_place: Callable[..., Any], zone: str, stamp: str, utc: datetime
) -> None:
    place = make_place(trace={**TRACE, "timezone": zone})
    place.inbox("trace", "x.csv", f"TIMESTAMP,ContextTokens,GeneratedTokens\n{stamp},1,2\n")
    place.land()
    assert place.rows("trace", "event_at") == [(utc,)]


GOOD = '{"event_id": "a", "event_at": "2026-03-01T10:00:00Z"}\n'


@pytest.mark.parametrize(
    ("name", "content", "columns", "rows"),
    [
        ("x.csv", "when,ContextTokens,GeneratedTokens\n1,2,3\n", "when, ContextTokens, GeneratedTokens", 1),
        (
            "x.jsonl",
            '{"when": 1, "ContextTokens": 2}\n{"GeneratedTokens": 3}\n',
            "when, ContextTokens, GeneratedTokens",
            2,
        ),
    ],
)
def test_a_file_without_a_mapped_column_is_refused_and_everything_else_lands(
    make_place: Callable[..., Any], name: str, content: str, columns: str, rows: int
) -> None:
    place = make_place(app="events", trace=TRACE)
    place.inbox("app", "good.jsonl", GOOD)
    place.inbox("trace", "y.csv", CSV)
    place.inbox("trace", name, content)
    report = place.land()
    assert (report.delivered, report.landed, report.refused, report.files_refused) == (4 + rows, 4, rows, 1)
    (refusal,) = refusals(place.home, place.settings)
    assert f"inbox/trace/{name} has no column 'TIMESTAMP'" in refusal.reason
    assert f"it has: {columns}." in refusal.reason
    counted = totals(receipts(place.home), redeliveries(place.home), [refusal])
    assert counted.balanced and (counted.delivered, counted.refused) == (4 + rows, rows)


def test_a_missing_column_of_parquet_is_named_too(make_place: Callable[..., Any]) -> None:
    import duckdb

    place = make_place(trace=TRACE)
    path = place.inbox("trace", "x.parquet", b"")
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT unnest([1, 2, 3]) AS a, 2 AS b) TO '{path}' (FORMAT parquet)")
    assert place.land().refused == 3
    (refusal,) = refusals(place.home, place.settings)
    assert "has no columns 'TIMESTAMP', 'ContextTokens', 'GeneratedTokens'" in refusal.reason
    assert "it has: a, b." in refusal.reason


def test_a_refused_file_is_looked_at_again_only_when_something_changed(make_place: Callable[..., Any]) -> None:
    place = make_place(trace=TRACE)
    path = place.inbox("trace", "x.csv", "when,ContextTokens,GeneratedTokens\n2026-03-01T10:00:00Z,2,3\n")
    place.land()
    assert pending_files(place.home, place.settings) == []
    # The mapping is corrected: the file lands.
    mapping = {**TRACE["mapping"], "event_at": "when"}  # type: ignore[dict-item]
    source = place.settings.sources["trace"].model_copy(update={"mapping": mapping})
    place.settings = place.settings.model_copy(update={"sources": {"trace": source}})
    assert pending_files(place.home, place.settings) == [path]
    assert refusals(place.home, place.settings) == []
    assert place.land().landed == 1
    assert pending_files(place.home, place.settings) == recorded_refusals(place.home) == []


def test_a_refused_file_that_is_mended_or_moved_away_is_forgotten(make_place: Callable[..., Any]) -> None:
    place = make_place(trace=TRACE)
    mended = place.inbox("trace", "a.csv", "when\n1\n")
    moved = place.inbox("trace", "b.csv", "when\n1\n")
    place.land()
    assert len(refusals(place.home, place.settings)) == 2
    moved.unlink()
    mended.write_text(CSV)
    assert refusals(place.home, place.settings) == []
    assert place.land().landed == 3
    assert recorded_refusals(place.home) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mapping": {"event_at": "t", "tokens": "n"}}, "'tokens' is no column of a usage event"),
        ({"constants": {"modell": "x"}}, "'modell' is no column of a usage event"),
        ({"mapping": {"output_tokens": "n"}}, "does not say which column holds the time"),
        ({"mapping": {"event_at": "t", "model": "m"}}, "model is both mapped and a constant"),
        ({"constants": {"event_id": "x"}}, "would make them one event"),
        ({"timezone": "Mars/Olympus"}, "'Mars/Olympus' is no time zone"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(make_place: Callable[..., Any], change: Any, message: str) -> None:
    place = make_place(trace={**TRACE, **change})
    place.inbox("trace", "x.csv", CSV)
    with pytest.raises(SettingsError, match=message):
        place.land()


def test_column_names_of_the_file_may_be_any(make_place: Callable[..., Any]) -> None:
    names = ["filename", "file", 'a "quoted" name', "source", "it's", "opened", "given"]
    mapping = dict(zip(("event_at", "event_id", "model", "provider", "user_id", "team", "feature"), names, strict=True))
    place = make_place(trace={"kind": "mapped", "mapping": mapping})
    row = ["2026-03-01T10:00:00Z", "id", "m", "p", "u", "t", "f"]
    place.inbox("trace", "x.jsonl", json.dumps(dict(zip(names, row, strict=True))))
    place.inbox("trace", "y.jsonl", json.dumps(dict(zip(names, [*row[:1], "slow", *row[2:]], strict=True))) + "\n{")
    header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    place.inbox("trace", "z.csv", header + "\n" + ",".join([row[0], "csv", *row[2:]]))
    place.land()
    assert place.rows("trace", "event_id, model, provider, user_id, team, feature") == [
        (name, "m", "p", "u", "t", "f") for name in ("csv", "id", "slow")
    ]
