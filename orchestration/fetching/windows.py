"""Which windows are due, and which of them one request covers. A window is one UTC date of one report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

AGAIN_AFTER = timedelta(hours=1)
# No zone keeps an offset for less.
_SAMPLED_DAYS = 7
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Consecutive windows that one request covers, from `first` to before `end`."""

    first: date
    end: date

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + timedelta(days=step) for step in range((self.end - self.first).days))

    def __str__(self) -> str:
        last = self.end - _DAY
        return f"{self.first}" if last == self.first else f"{self.first} to {last}"


def due_windows(
    fetched: Mapping[date, datetime], *, since: date, until: date, refetch_days: int, now: datetime
) -> list[date]:
    """Dates from `since` to `until` (inclusive) that are to be asked for now, in order.

    `fetched`: when each was last asked for. A window settles `refetch_days` after its end: until it was asked for
    after that, it is asked for again, at most once an hour, because providers correct their reports late.
    """
    due = []
    for step in range((until - since).days + 1):
        day = since + timedelta(days=step)
        last = fetched.get(day)
        settled = datetime.combine(day, time(), UTC) + _DAY + timedelta(days=refetch_days)
        if last is None or (last < settled and now - last >= AGAIN_AFTER):
            due.append(day)
    return due


def spans(due: Iterable[date], days_per_request: int) -> list[Span]:
    """The due dates as few requests as the limit allows.

    Cut at fixed dates, not at the first due one, so that an interrupted fetch asks for the same spans tomorrow.
    """
    found: list[Span] = []
    for day in due:
        last = found[-1] if found else None
        same_block = last is not None and _block(last.first, days_per_request) == _block(day, days_per_request)
        if last is not None and same_block and last.end == day:
            found[-1] = Span(last.first, day + _DAY)
        else:
            found.append(Span(day, day + _DAY))
    return found


def usage_bucket(zone: ZoneInfo, since: date, until: date) -> timedelta:
    """An hour, or a minute where the zone is not whole hours from UTC: a local day must be made of whole buckets."""
    last = max((until - since).days, 0)
    for step in (*range(0, last, _SAMPLED_DAYS), last):
        offset = datetime.combine(since + step * _DAY, time(12), UTC).astimezone(zone).utcoffset()
        assert offset is not None
        if offset % timedelta(hours=1):
            return timedelta(minutes=1)
    return timedelta(hours=1)


def _block(day: date, days: int) -> int:
    return day.toordinal() // days
