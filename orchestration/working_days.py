"""Working days of a month: when statements are written, and until when a month that is over still sends alerts."""

from collections.abc import Collection
from datetime import date, timedelta
from itertools import count

from orchestration.marts.calendar import month_of

_SATURDAY = 5


def is_working_day(day: date, holidays: Collection[date]) -> bool:
    return day.weekday() < _SATURDAY and day not in holidays


def nth_working_day(month: date, number: int, holidays: Collection[date]) -> date:
    """The day of the month (or after it, where holidays fill it) that is its `number`-th working day, from 1."""
    days = (month_of(month) + timedelta(days=step) for step in count())
    working = (day for day in days if is_working_day(day, holidays))
    return [next(working) for _ in range(number)][-1]


def is_working_day_number(day: date, number: int, holidays: Collection[date]) -> bool:
    """Whether `day` is the `number`-th working day of its month, from 1."""
    return day == nth_working_day(day, number, holidays)
