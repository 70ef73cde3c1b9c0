"""Which windows are due and which requests they make."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestration.fetching.windows import Span, due_windows, spans, usage_bucket

SINCE, TODAY = date(2026, 11, 10), date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


def due(fetched: dict[date, datetime], *, refetch_days: int = 3, now: datetime = NOW) -> list[int]:
    found = due_windows(fetched, since=SINCE, until=now.date(), refetch_days=refetch_days, now=now)
    return [day.day for day in found]


def all_at(moment: datetime) -> dict[date, datetime]:
    return {SINCE + timedelta(days=step): moment for step in range((moment.date() - SINCE).days + 1)}


def test_at_first_everything_since_the_first_day_is_due() -> None:
    assert due({}) == list(range(10, 22))


def test_what_was_just_fetched_is_not_due() -> None:
    assert due(all_at(NOW)) == []
    assert due(all_at(NOW), now=NOW + timedelta(minutes=59)) == []


def test_recent_windows_are_fetched_again_until_they_settle() -> None:
    # 17 November ends with the 18th and settles with the 21st: it is asked for a last time after that.
    assert due(all_at(NOW - timedelta(hours=4))) == [17, 18, 19, 20, 21]
    assert due(all_at(NOW), now=NOW + timedelta(hours=1)) == [18, 19, 20, 21]
    assert due(all_at(NOW), now=NOW + timedelta(hours=1), refetch_days=0) == [21]


def test_after_a_long_downtime_windows_that_were_open_are_fetched_a_last_time() -> None:
    later = NOW + timedelta(days=20)
    found = due_windows(all_at(NOW), since=SINCE, until=later.date(), refetch_days=3, now=later)
    assert found[0] == date(2026, 11, 18)
    settled = {**all_at(NOW), **{day: later for day in found}}
    again = due_windows(settled, since=SINCE, until=later.date(), refetch_days=3, now=later + timedelta(hours=1))
    assert again[0] == later.date() - timedelta(days=3)


@pytest.mark.parametrize("most", [1, 7, 31, 180])
def test_spans_cover_every_due_window_once_and_keep_the_limit(most: int) -> None:
    days = [SINCE + timedelta(days=step) for step in range(400) if step % 11]
    made = spans(days, most)
    assert [day for span in made for day in span.days] == days
    assert max(len(span.days) for span in made) <= most


def test_spans_are_cut_at_the_same_dates_when_more_days_are_due() -> None:
    days = [SINCE + timedelta(days=step) for step in range(40)]
    today, tomorrow = spans(days[:-1], 7), spans(days, 7)
    assert today[:-1] == tomorrow[:-1]
    assert tomorrow[-1] in (today[-1], Span(today[-1].first, today[-1].end + timedelta(days=1)))


@pytest.mark.parametrize(
    ("zone", "minutes"),
    [("UTC", 60), ("Europe/London", 60), ("America/New_York", 60), ("Asia/Kolkata", 1), ("Asia/Kathmandu", 1),
     ("Australia/Lord_Howe", 60)],
)  # fmt: skip
def test_buckets_are_hours_where_local_days_are_made_of_them(zone: str, minutes: int) -> None:
    assert usage_bucket(ZoneInfo(zone), SINCE, TODAY) == timedelta(minutes=minutes)


def test_half_an_hour_of_daylight_saving_asks_for_minutes() -> None:
    assert usage_bucket(ZoneInfo("Australia/Lord_Howe"), date(2026, 7, 1), TODAY) == timedelta(minutes=1)
