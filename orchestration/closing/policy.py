"""Closing by the policy in the settings: a month whose checks are met, from the statement's working day on."""

from collections.abc import Sequence
from datetime import date

from orchestration.closing.checks import month_checks
from orchestration.closing.close import BY_POLICY, Closed, close_month, restate_month
from orchestration.closing.differences import find_differences
from orchestration.closing.issued import closed_months
from orchestration.home import Home
from orchestration.landing import Receipt, receipts
from orchestration.marts.calendar import month_of, next_month
from orchestration.marts.manifest import Manifest, read_manifest
from orchestration.settings import Settings
from orchestration.statements import last_full_month
from orchestration.working_days import nth_working_day


def months_to_close(home: Home, settings: Settings, manifest: Manifest | None) -> list[date]:
    """Months that the policy would close now, in order: up to the first whose checks are not met. Light.

    None before the statement's working day, and none where closing is left to people. The first month ever closed
    is the last full one.
    """
    if settings.close.mode != "automatic" or manifest is None:
        return []
    due_on = nth_working_day(settings.today, settings.schedules.statement_working_day, settings.schedules.holidays)
    last = last_full_month(settings, manifest)
    if last is None or settings.today < due_on:
        return []
    closed = closed_months(home)
    month = next_month(max(closed)) if closed else last
    landed = receipts(home)
    found = []
    while month <= last and _is_met(manifest, landed, month):
        found.append(month)
        month = next_month(month)
    return found


def close_by_policy(home: Home, settings: Settings) -> Sequence[Closed]:
    """Close what the policy says, after restating earlier months that differ where it says restate."""
    months = months_to_close(home, settings, read_manifest(home))
    done = []
    if months and settings.close.late_usage == "restate":
        for restated in find_differences(home):
            done.append(
                restate_month(
                    home,
                    settings,
                    restated.record.month,
                    approved_by=BY_POLICY,
                    reason=f"known when {month_of(months[0]):%B %Y} was closed",
                )
            )
    return [*done, *(close_month(home, settings, month, approved_by=BY_POLICY) for month in months)]


def _is_met(manifest: Manifest, landed: Sequence[Receipt], month: date) -> bool:
    return month in manifest.months and all(check.met for check in month_checks(manifest, landed, month))
