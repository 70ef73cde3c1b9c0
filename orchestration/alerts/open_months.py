"""Which months still send alerts: the current one, and for a while the one before it. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta

from orchestration.marts.calendar import month_of
from orchestration.settings import Settings
from orchestration.working_days import nth_working_day


def open_months(settings: Settings, evaluated: Sequence[date]) -> frozenset[date]:
    """The first days of the months whose crossings send, on `settings.today`.

    The usage of a month's last day arrives when the month is over. So the month before the current one stays open
    through its statement's working day and, when no evaluation fell between its end and that day, for the first one
    after. A month that was over before the home's first evaluation is history. `evaluated`: the days on which alerts
    were decided before, ascending.
    """
    current = month_of(settings.today)
    before = month_of(current - timedelta(days=1))
    watched = bool(evaluated) and evaluated[0] < current
    statement_on = nth_working_day(current, settings.schedules.statement_working_day, settings.schedules.holidays)
    in_time = settings.today <= statement_on
    first_since = not any(day >= current for day in evaluated)
    return frozenset({current, before} if watched and (in_time or first_since) else {current})
