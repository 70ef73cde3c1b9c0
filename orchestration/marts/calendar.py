"""Days and months of the organisation's time zone as spans of UTC. Windows are `>= start and < end`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class OffsetSpan:
    """The organisation is `seconds` ahead of UTC for `from_at <= instant < to_at` (naive UTC)."""

    from_at: datetime
    to_at: datetime
    seconds: int


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The UTC instant (naive) at which a local day begins; a day may have 23, 24 or 25 hours."""
    return datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The local day of a UTC instant (naive)."""
    return moment.replace(tzinfo=UTC).astimezone(zone).date()


def utc_dates(days: Iterable[date], zone: ZoneInfo) -> set[date]:
    """The UTC dates that any of these local days touches: two each, or three where a zone jumps."""
    touched: set[date] = set()
    for day in days:
        first = day_start(day, zone).date()
        last = (day_start(day + timedelta(days=1), zone) - timedelta(microseconds=1)).date()
        touched.update(first + timedelta(days=step) for step in range((last - first).days + 1))
    return touched


def utc_month_days(month: date, zone: ZoneInfo) -> tuple[date, date]:
    """The first and the last local day that the month's UTC days touch; a day of a neighbouring month may be either."""
    start, end = (datetime.combine(day, time(), UTC) for day in (month, next_month(month)))
    return start.astimezone(zone).date(), (end - timedelta(microseconds=1)).astimezone(zone).date()


def offset_spans(first: date, last: date, zone: ZoneInfo) -> list[OffsetSpan]:
    """The zone's offsets from two UTC days before `first` to two after `last`, without gaps."""
    moment = datetime.combine(first, time()) - timedelta(days=2)
    end = datetime.combine(last, time()) + timedelta(days=3)
    spans: list[OffsetSpan] = []
    while moment < end:
        seconds = _offset(moment, zone)
        change = _next_change(moment, end, seconds, zone)
        spans.append(OffsetSpan(from_at=moment, to_at=change, seconds=seconds))
        moment = change
    return spans


def month_of(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def month_end(month: date) -> date:
    """The last day of the month."""
    return next_month(month) - timedelta(days=1)


def _offset(moment: datetime, zone: ZoneInfo) -> int:
    offset = moment.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _next_change(start: datetime, end: datetime, seconds: int, zone: ZoneInfo) -> datetime:
    """The first second after `start` with another offset, or `end`; no zone changes twice within six hours."""
    low = start
    while low < end:
        high = min(low + timedelta(hours=6), end)
        if _offset(high, zone) != seconds:
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
                low, high = (middle, high) if _offset(middle, zone) == seconds else (low, middle)
            return high
        low = high
    return end
