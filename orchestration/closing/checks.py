"""What should hold before a month is closed. An unmet check needs a recorded reason; it never goes unseen."""

from collections.abc import Sequence
from datetime import date, timedelta

from orchestration.closing.records import Check
from orchestration.landing.receipts import Receipt
from orchestration.marts.calendar import month_end, month_of
from orchestration.marts.manifest import Manifest
from orchestration.reconciling.verdicts import bills_check
from orchestration.words import count_of, told_unpriced

_NAMED = 5


def month_checks(manifest: Manifest, receipts: Sequence[Receipt], month: date) -> tuple[Check, ...]:
    """The checks of one published month, each with what was found."""
    days = {day: value for day, value in manifest.days.items() if month_of(day) == month}
    missing = [
        day
        for day in (month + timedelta(days=step) for step in range(month_end(month).day))
        if day not in days or days[day].events == 0
    ]
    unpriced = told_unpriced(
        sum(value.unpriced_requests for value in days.values()), sum(value.unpriced_tokens for value in days.values())
    )
    conflicts = sum(value.conflicts for value in days.values())
    quarantined = _quarantined(receipts, month)
    until = date.fromisoformat(manifest.data_until)
    return (
        Check(
            "data is complete",
            until >= month_end(month),
            f"data is complete until {until}",
        ),
        Check(
            "every day has usage",
            not missing,
            f"{count_of(len(missing), 'day')} without any: {_list(missing)}" if missing else "no day is empty",
        ),
        Check(
            "all usage is priced",
            unpriced is None,
            f"{unpriced} without a price" if unpriced else "nothing is without a price",
        ),
        Check(
            "nothing is quarantined",
            quarantined == 0,
            f"{count_of(quarantined, 'row')} of the month's files could not be read"
            if quarantined
            else "every row was read",
        ),
        Check(
            "no event id is in conflict",
            conflicts == 0,
            f"{count_of(conflicts, 'event')} with an id that came back days later"
            if conflicts
            else "no id came back days later",
        ),
        bills_check(manifest, month),
    )


def _quarantined(receipts: Sequence[Receipt], month: date) -> int:
    """Rows in quarantine from files that have other rows in the month: where a bad row belongs nobody can say."""
    return sum(
        file.quarantined
        for receipt in receipts
        for file in receipt.files
        if any(month_of(date.fromisoformat(day)) == month for day in file.days)
    )


def _list(days: Sequence[date]) -> str:
    shown = ", ".join(f"{day:%-d %B}" for day in days[:_NAMED])
    return shown if len(days) <= _NAMED else f"{shown} and {len(days) - _NAMED} more"
