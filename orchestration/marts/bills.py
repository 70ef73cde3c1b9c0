"""What a month's reconciliation is made from beside its days and its cost reports: invoices, settings, neighbours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from orchestration.marts.calendar import month_end, month_of, utc_month_days
from orchestration.reference import InvoiceLine
from orchestration.settings import Settings


@dataclass(frozen=True)
class Bills:
    """Bills are of months of UTC days; they make no day stale, and a month only by what they say of it."""

    invoices: tuple[InvoiceLine, ...]
    settings: Settings

    @property
    def months(self) -> set[date]:
        """The months, none in the future, that an invoice is of: that of a line's last day."""
        return {month for line in self.invoices if (month := month_of(line.last_day)) <= self.settings.today}

    def bill(self, month: date) -> bool:
        """Whether an invoice is of the month."""
        return any(month_of(line.last_day) == month for line in self.invoices)

    def of(self, month: date) -> list[object]:
        """What invoices and settings say of the month, in a form that two equal ones share."""
        lines = sorted(repr(line) for line in self.invoices if month_of(line.last_day) == month)
        return [lines, self.settings.reconcile.variables()]

    def days(self, month: date) -> Iterator[date]:
        """Every day that the month's UTC days touch, its own days included."""
        first, last = utc_month_days(month, self.settings.zone)
        first, last = min(first, month), max(last, month_end(month))
        yield from (first + timedelta(days=step) for step in range((last - first).days + 1))

    def neighbours(self, month: date) -> Iterator[date]:
        """Days of other months that the month's UTC days touch."""
        first, last = utc_month_days(month, self.settings.zone)
        yield from (first + timedelta(days=step) for step in range((month - first).days))
        end = month_end(month)
        yield from (end + timedelta(days=step + 1) for step in range((last - end).days))
