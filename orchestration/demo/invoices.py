"""What two providers invoiced the example company for the last full month: by model, on the provider's UTC days."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from orchestration.demo.season import DayClock
from orchestration.demo.usage import Event, Plan

INVOICED = ("anthropic", "openai")
# OpenAI's invoice takes off what is left of a promotion: it bills less than was used, for a reason that it names.
CREDIT = "-250.00"
_HOUR = 3_600_000


class Billed:
    """Nano-dollars by provider and model over one month of UTC days."""

    def __init__(self, month: date) -> None:
        self._month = f"{month:%Y-%m}"
        self._nano: defaultdict[tuple[str, str], int] = defaultdict(int)

    def add(self, day: date, events: Iterable[Event]) -> None:
        """Count the events of a local day that are of the month in UTC: some of its first hour may not be."""
        clock = DayClock(day) if day.day == 1 else None
        of_day = f"{day:%Y-%m}"
        for event in events:
            of_event = clock.utc(event.millisecond)[:7] if clock and event.millisecond < _HOUR else of_day
            if of_event == self._month and event.model.provider in INVOICED:
                self._nano[event.model.provider, event.model.name] += event.nano

    def lines(self) -> Iterator[tuple[str, str, str]]:
        """Provider, model and amount in whole cents, in order."""
        for (provider, model), nano in sorted(self._nano.items()):
            cents = (Decimal(nano) / 10**9).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
            yield provider, model, f"{cents:f}"


def invoice_rows(plan: Plan, billed: Billed) -> Iterator[tuple[str, ...]]:
    """Rows of invoices.csv for the last full month."""
    first, issued = plan.last_month, plan.current_month
    last = first.replace(day=monthrange(first.year, first.month)[1])
    span = (first.isoformat(), last.isoformat(), "USD")
    for number, (provider, model, amount) in enumerate(billed.lines(), start=1):
        name = f"{provider[:3].upper()}-{first:%Y%m}"
        yield provider, "", name, str(number), "usage", model, *span, amount, "0", issued.isoformat()
    yield "openai", "", f"OPE-{first:%Y%m}", "credit", "credit", "", *span, CREDIT, "0", issued.isoformat()
