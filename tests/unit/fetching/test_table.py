"""LiteLLM's table is read to its end, exactly, and again only where rows may have come late; on a real PostgreSQL."""

import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.fetching import read_state
from orchestration.home import Home
from tests.support.homes import CHECKOUT, environment
from tests.unit.fetching.tables import NOW, VARIABLE, Reading

HOUR = timedelta(hours=1)


def test_values_arrive_exactly_and_are_landed_as_an_export_would_be(reading: Reading) -> None:
    reading.server.sql('alter table "LiteLLM_SpendLogs" alter spend type numeric, alter "endTime" type timestamptz')
    reading.insert(
        "'ü''\"\\', '2026-11-20 12:00:00.123', 10, 0.123456789012345678, 'amara', "
        '\'{"usage_object": {"prompt_tokens_details": {"cached_tokens": 4}}}\', \'["feature:search"]\', \'{"a": 1}\'',
        "'b', '2026-11-20 12:00:01', 0, 1e-9, null, 'null', 'null', '{}'",
        columns='request_id, "startTime", prompt_tokens, spend, "user", metadata, request_tags, messages',
    )
    done = reading.one()
    assert (done.requests, done.generations, done.rows, done.repeated) == (1, 1, 2, 0)
    assert reading.rows('request_id, "startTime", "endTime", spend') == [
        ("b", "2026-11-20 12:00:01", "2026-11-20 12:00:01+00", "0.000000001"),
        ("ü'\"\\", "2026-11-20 12:00:00.123", "2026-11-20 12:00:01+00", "0.123456789012345678"),
    ]
    assert "messages" not in {name for name, *_ in reading._query("column_name", _described(reading))}
    report = reading.land()
    assert (report.delivered, report.landed, report.quarantined) == (2, 2, 0)
    assert reading.landed('event_id, event_at, end_at, spend, prompt_tokens, "user", metadata') == [
        ("b", datetime(2026, 11, 20, 12, 0, 1), datetime(2026, 11, 20, 12, 0, 1), Decimal("1E-9"), 0, None, None),
        ("ü'\"\\", datetime(2026, 11, 20, 12, 0, 0, 123000), datetime(2026, 11, 20, 12, 0, 1),
         Decimal("0.123456789012345678"), 10, "amara",
         '{"usage_object": {"prompt_tokens_details": {"cached_tokens": 4}}}'),
    ]  # fmt: skip


def test_double_precision_arrives_with_its_shortest_exact_digits(reading: Reading) -> None:
    reading.insert("'a', '2026-11-20 12:00:00', 1, 0.1::float8 + 0.2::float8",
                   columns='request_id, "startTime", prompt_tokens, spend')  # fmt: skip
    reading.one()
    assert reading.rows("spend") == [(repr(0.1 + 0.2),)]


def test_pages_lead_to_the_end_over_equal_start_times(reading: Reading) -> None:
    reading.server.sql(
        'insert into "LiteLLM_SpendLogs" (call_type, "endTime", request_id, "startTime") select \'x\', \'2026-11-20\', '
        "chr(97 + i % 3 * 2) || upper(chr(97 + i % 5)) || i, '2026-11-20 10:00'::timestamp + i / 40 * interval '1 s' "
        "from generate_series(0, 99) i"
    )
    done = reading.one(page_rows=7)
    assert (done.requests, done.rows, done.repeated) == (15, 100, 0)
    assert len({key for (key,) in reading.rows("request_id")}) == 100
    assert len(reading.files()) == 15


def test_a_page_that_is_exactly_full_is_followed_by_an_empty_one(reading: Reading) -> None:
    reading.insert(*(f"'{i}', '2026-11-20 10:00:0{i}', 1" for i in range(4)))
    done = reading.one(page_rows=2)
    assert (done.requests, done.generations, done.rows) == (3, 2, 4)


def test_late_and_updated_rows_are_found_within_the_overlap(reading: Reading) -> None:
    reading.insert("'a', '2026-11-20 11:30:00', 1", "'b', '2026-11-20 12:00:00', 2")
    reading.one()
    reading.land()
    assert reading.one(NOW + HOUR).rows == 0 and len(reading.files()) == 1
    reading.insert("'late', '2026-11-20 11:10:00', 3", "'too late', '2026-11-20 10:50:00', 4")
    reading.server.sql("update \"LiteLLM_SpendLogs\" set completion_tokens = 9 where request_id = 'b'")
    done = reading.one(NOW + 2 * HOUR)
    assert (done.rows, done.repeated) == (2, 1)
    assert reading.rows("request_id, completion_tokens") == [("a", "0"), ("b", "0"), ("b", "9"), ("late", "0")]
    assert reading.land(NOW + 2 * HOUR).landed == 2
    # A longer look back finds what came later still, and writes nothing twice.
    done = reading.one(NOW + 3 * HOUR, overlap_minutes=600)
    assert (done.rows, done.repeated) == (1, 3)


def test_rows_before_since_and_far_ahead_are_left_and_a_clock_ahead_holds_nothing_up(reading: Reading) -> None:
    reading.insert("'old', '2026-10-31 23:59:59', 1", "'ahead', '2026-11-21 09:00:00', 2", "'2100', '2100-01-01', 3")
    assert reading.one(overlap_minutes=0).rows == 1
    reading.insert("'now', '2026-11-21 03:20:00', 4")
    assert reading.one(NOW + HOUR, overlap_minutes=0).rows == 1
    assert reading.rows("request_id") == [("ahead",), ("now",)]


def test_it_is_due_again_after_an_hour_and_after_a_failure_at_once(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reading.due() == ["rows of LiteLLM_SpendLogs from 2026-11-01 00:00 UTC"]
    reading.insert("'a', '2026-11-20 11:30:00', 1")
    reading.one()
    assert reading.due(NOW + HOUR / 2) == []
    assert reading.due(NOW + HOUR) == ["rows of LiteLLM_SpendLogs from 2026-11-20 10:30 UTC"]
    monkeypatch.delenv(VARIABLE)
    message, _ = reading.refused(NOW + HOUR)
    assert message == f"gateway: the environment variable {VARIABLE} is not set."
    assert len(reading.due(NOW + HOUR)) == 1
    state = read_state(reading.home, "gateway")
    assert state.failure is not None and state.read_at == NOW and state.cursor == datetime(2026, 11, 20, 11, 30)


def test_a_lost_state_costs_a_second_reading_and_no_second_file(reading: Reading) -> None:
    reading.insert("'a', '2026-11-20 11:30:00', 1", "'b', '2026-11-20 12:00:00', 2")
    reading.one()
    (reading.home.fetching / "gateway" / "state.json").unlink()
    done = reading.one()
    assert (done.rows, done.repeated, len(reading.files())) == (0, 2, 1)


def test_killed_between_any_two_changes_the_next_fetch_has_every_row_once(reading: Reading, tmp_path: Path) -> None:
    reading.insert(*(f"'{i:02}', '2026-11-20 10:00:{i // 2:02}', 1" for i in range(35)))

    def read(root: Path, at: int) -> "subprocess.CompletedProcess[bytes]":
        settings = reading.settings(path=root / "data" / "fetched" / "gateway")
        return subprocess.run(
            [sys.executable, str(Path(__file__).with_name("killed_table.py")), str(at)],
            input=pickle.dumps((Home(root), settings)), capture_output=True, cwd=CHECKOUT, timeout=60,
            env={**environment(), VARIABLE: reading.server.dsn},
        )  # fmt: skip

    undisturbed = read(tmp_path / "whole", 0)
    assert undisturbed.returncode == 0, undisturbed.stderr
    changes = int(undisturbed.stdout)
    resumed = 0
    for at in range(4, changes, max(changes // 6, 1)):
        root = tmp_path / f"killed-{at}"
        assert read(root, at).returncode == -9
        place = Reading(Home(root), reading.server)
        left = len(place.files())
        done = place.one(page_rows=10)
        assert len(place.rows("request_id")) == len(set(place.rows("request_id"))) == 35
        resumed += left > 0 and done.repeated > 0
    assert resumed >= 2


def test_an_hour_of_another_zone_and_a_schema_of_its_own(reading: Reading) -> None:
    reading.server.sql(
        'create schema logs; create table logs.spend (like "LiteLLM_SpendLogs" including all); '
        'alter table logs.spend alter "startTime" type timestamptz; alter table logs.spend drop session_id'
    )
    reading.server.sql(
        'insert into logs.spend (request_id, call_type, "startTime", "endTime") '
        "values ('a', 'x', '2026-11-20 12:00:00+02', now())"
    )
    assert reading.one(table="logs.spend").rows == 1
    assert reading.rows('"startTime", session_id') == [("2026-11-20 10:00:00+00", None)]
    assert read_state(reading.home, "gateway").cursor == datetime(2026, 11, 20, 10)
    reading.land()
    assert reading.landed("event_at") == [(datetime(2026, 11, 20, 10),)]
    assert reading.one(NOW.astimezone(UTC) + HOUR, table="logs.spend").repeated == 1


def _described(reading: Reading) -> Path:
    import duckdb

    described = reading.home.root / "described.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT column_name FROM (DESCRIBE SELECT * FROM '{reading.home.fetched}/gateway/*.parquet')) "
            f"TO '{described}'"
        )
    return described
