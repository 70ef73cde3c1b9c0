"""Closing by the policy in the settings: a month whose checks are met, from the statement's working day on."""

from collections.abc import Sequence
from datetime import date

from orchestration.closing.checks import month_checks
from orchestration.closing.issued import closed_months
from orchestration.home import Home
from orchestration.landing import Receipt, pending_files, receipts
from orchestration.marts.calendar import month_of, next_month
from orchestration.marts.manifest import Manifest
from orchestration.settings import Settings
from orchestration.working_days import nth_working_day


def months_to_close(home: Home, settings: Settings, manifest: Manifest | None) -> list[date]:
    """Months that the policy would close now, in order: up to the first whose checks are not met. Light.

    None before the statement's working day, while a file waits to be landed, and where closing is left to people.
    The first month ever closed is the last full one.
    """
    if settings.close.mode != "automatic" or manifest is None:
        return []
    due_on = nth_working_day(settings.today, settings.schedules.statement_working_day, settings.schedules.holidays)
    last = max((month for month in manifest.months if month < month_of(settings.today)), default=None)
    if last is None or settings.today < due_on or pending_files(home, settings):
        return []
    closed = closed_months(home)
    month = next_month(max(closed)) if closed else last
    landed = receipts(home)
    found = []
    while month <= last and _is_met(manifest, landed, month):
        found.append(month)
        month = next_month(month)
    return found


def _is_met(manifest: Manifest, landed: Sequence[Receipt], month: date) -> bool:
    return month in manifest.months and all(check.met for check in month_checks(manifest, landed, month))
