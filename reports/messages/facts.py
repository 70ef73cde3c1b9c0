"""What a message is made from. Money is in the currency in use, dates are days of the organisation's zone."""

import calendar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Cause:
    """One project, model or department and what it cost in the month; an empty name is unknown."""

    name: str
    amount: Decimal


@dataclass(frozen=True)
class Causes:
    """The largest first; `others` more share `others_amount`. `by` is project, model or department."""

    by: str
    largest: tuple[Cause, ...]
    others: int
    others_amount: Decimal

    @property
    def total(self) -> Decimal:
        """All of it."""
        return sum((cause.amount for cause in self.largest), self.others_amount)


@dataclass(frozen=True)
class Crossing:
    """A threshold (whole percents) and the day whose spend crossed it."""

    threshold: int
    crossed_on: date


@dataclass(frozen=True)
class Silence:
    """A source that is expected to deliver and has not, and the last day it has usage of."""

    source: str
    last_day: date


@dataclass(frozen=True)
class IssuedFacts:
    """A closed month's statement: whose it is (`scope` empty: the organisation's), its number, what it charges.

    `spend` is what usage cost, `charged` what the statement comes to, with credits, shares and tax.

    `corrected` is by how much a restatement charges more than the revision before it, with credits and tax; None for a
    first issue.
    """

    organisation: str
    scope: str
    month: date
    number: str
    spend: Decimal
    charged: Decimal
    approved_by: str
    corrected: Decimal | None
    attachments: tuple[str, ...]


@dataclass(frozen=True)
class BudgetFacts:
    """One budget in one month (`month`: its first day), as the published marts have it.

    `scope` is the department's name, or empty for the whole organisation. `data_until` is the last
    complete day, `days_elapsed` how many days of the month that makes. `today` is the day of writing. `silent`:
    sources from which data is missing.
    """

    organisation: str
    scope_type: str
    scope: str
    budget_id: str
    measure: str
    month: date
    amount: Decimal
    actual: Decimal
    data_until: date
    days_elapsed: int
    requests: int
    unpriced_requests: int
    unpriced_models: tuple[str, ...]
    crossings: tuple[Crossing, ...]
    causes: tuple[Causes, ...]
    today: date
    silent: tuple[Silence, ...] = ()
    uncounted_unpriced_tokens: int = 0

    @property
    def has_unpriced(self) -> bool:
        return self.unpriced_requests > 0 or self.uncounted_unpriced_tokens > 0

    @property
    def remaining(self) -> Decimal:
        """What is left; negative once the budget is exceeded."""
        return self.amount - self.actual

    @property
    def days_in_month(self) -> int:
        return calendar.monthrange(self.month.year, self.month.month)[1]

    @property
    def days_left(self) -> int:
        """Days of the month after the last complete one."""
        return self.days_in_month - self.data_until.day

    @property
    def a_day(self) -> Decimal | None:
        """The average of the complete days; None before the first, and while nothing was spent."""
        if self.days_elapsed < 1 or self.actual <= 0:
            return None
        return self.actual / self.days_elapsed


@dataclass(frozen=True)
class Withdrawal:
    """A crossing that was announced and is not borne out any longer: what was said, and when."""

    threshold: int
    announced_actual: Decimal
    announced_on: date


@dataclass(frozen=True)
class UnreadFacts:
    """A source that cannot be fetched, why, and what to do; `since` in the organisation's time zone."""

    organisation: str
    source: str
    error: str
    next_step: str
    since: datetime


@dataclass(frozen=True)
class FailureFacts:
    """A run that failed; `failed_at` in the organisation's time zone."""

    organisation: str
    run_id: str
    error: str
    failed_at: datetime
