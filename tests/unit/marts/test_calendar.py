"""Days of a time zone as spans of UTC, where clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.marts.calendar import OffsetSpan, day_start, month_end, next_month, offset_spans, utc_dates

LONDON = ZoneInfo("Europe/London")


def test_a_day_has_as_many_hours_as_its_clocks_say() -> None:
    def hours(day: date) -> float:
        return (day_start(day + timedelta(days=1), LONDON) - day_start(day, LONDON)) / timedelta(hours=1)

    assert [hours(date(2026, 3, 29)), hours(date(2026, 10, 25)), hours(date(2026, 7, 1))] == [23, 25, 24]


def test_a_summer_day_in_london_touches_two_utc_dates_and_a_winter_day_one() -> None:
    assert utc_dates([date(2026, 7, 1)], LONDON) == {date(2026, 6, 30), date(2026, 7, 1)}
    assert utc_dates([date(2026, 12, 1)], LONDON) == {date(2026, 12, 1)}


def test_a_skipped_calendar_day_is_no_span() -> None:
    """Samoa left out 30 December 2011: its next day begins at the instant the one before ends."""
    apia = ZoneInfo("Pacific/Apia")
    assert day_start(date(2011, 12, 31), apia) == datetime(2011, 12, 30, 10)


def test_offset_spans_change_at_the_second_the_clocks_do() -> None:
    spans = offset_spans(date(2026, 10, 24), date(2026, 10, 26), LONDON)
    assert spans == [
        OffsetSpan(datetime(2026, 10, 22), datetime(2026, 10, 25, 1), 3600),
        OffsetSpan(datetime(2026, 10, 25, 1), datetime(2026, 10, 29), 0),
    ]


@pytest.mark.parametrize(
    "name", ["Europe/London", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
)
@given(days=st.integers(0, 700), seconds=st.integers(0, 86_399))
def test_the_span_of_an_instant_gives_the_zones_own_local_time(name: str, days: int, seconds: int) -> None:
    zone, first = ZoneInfo(name), date(2025, 1, 1)
    moment = datetime(2025, 1, 1) + timedelta(days=days, seconds=seconds)
    spans = offset_spans(first, first + timedelta(days=701), zone)
    (span,) = [span for span in spans if span.from_at <= moment < span.to_at]
    local = moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    assert moment + timedelta(seconds=span.seconds) == local


def test_months_end_where_they_end() -> None:
    assert month_end(date(2028, 2, 1)) == date(2028, 2, 29)
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
