"""What a statement is made of: frozen values, money as Decimal. No formatting, no reading."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

ZERO = Decimal(0)
# Lines of monthly_charges that make up the effective cost.
COST_KINDS = ("usage", "markup", "discount")
# What the amount of a statement is made of, and with the tax that it contains; what it tells of shared costs.
CHARGED = ("spend", "promotional_credit", "divided", "tax_added", "prepaid_credit")
PARTS = (*CHARGED, "tax_contained")
SHARES = ("commitment", "commitment_unused", "untagged_share", "shared")


@dataclass(frozen=True)
class Scope:
    """Whose statement it is. `name` is the department's name; an organisation's scope has none."""

    kind: Literal["organisation", "department"]
    name: str = ""

    def __post_init__(self) -> None:
        if (self.kind == "organisation") == bool(self.name.strip()):
            raise ValueError(f"A scope of kind {self.kind} cannot have the name {self.name!r}.")


@dataclass(frozen=True)
class Seller:
    """Who charges, which makes the organisation's statement an invoice. `bank`: what to print of it, label and value.

    `terms_days`: days from the issue until payment is due.
    """

    name: str
    address: tuple[str, ...] = ()
    tax_id: str = ""
    bank: tuple[tuple[str, str], ...] = ()
    terms_days: int = 30


@dataclass(frozen=True)
class Issuer:
    """Who issues the statements: name and postal lines as printed, IANA time zone, ISO currency."""

    name: str
    address: tuple[str, ...]
    timezone: str
    currency: str = "USD"
    seller: Seller | None = None


@dataclass(frozen=True)
class Standing:
    """That a month is closed: `revision` counts its issues from 1; without a standing a statement is a draft."""

    revision: int
    closed_on: date
    approved_by: str


@dataclass(frozen=True)
class TaxRate:
    """One tax on a scope's charges: `percent` of `percent_of` of an amount, contained in it or added to it."""

    jurisdiction: str
    name: str
    percent: Decimal
    percent_of: Decimal
    contained: bool


@dataclass(frozen=True)
class ChargeLine:
    """One line of what a scope is charged, as monthly_charges has it: `amount` exact, `cents` as charged.

    `shared_id` and `shared_name` are of what several share.
    """

    order: int
    kind: str
    is_charged: bool
    provider: str
    model: str
    feature: str
    grant_id: str
    tax: TaxRate | None
    base: Decimal | None
    requests: int | None
    tokens: int | None
    left_after: Decimal | None
    amount: Decimal
    cents: Decimal
    shared_id: str = ""
    shared_name: str = ""


@dataclass(frozen=True)
class Payment:
    """Money received, in cents; below 0 money that went back."""

    payment_id: str
    paid_on: date
    amount: Decimal
    reference: str = ""
    statement: str = ""


@dataclass(frozen=True)
class Balance:
    """What a scope owed before the month, and what was paid in it; all in cents.

    `opening` holds `restated`, by which closed months were issued anew since the statement before. `closed_until` is
    the last closed month in it, `open_months` those that are not closed and count with today's figures.
    """

    opening: Decimal
    payments: tuple[Payment, ...] = ()
    restated: Decimal = ZERO
    closed_until: date | None = None
    open_months: tuple[date, ...] = ()


@dataclass(frozen=True)
class Correction:
    """A line that is known otherwise than it was issued.

    Of the statement's own month it is part of a restatement; of an earlier month its difference is carried forward.
    `kind`: usage, exact; what one statement charges (spend, promotional_credit, tax_added, prepaid_credit, and
    tax_contained, which is no charge), in cents of that `scope_type` and `department`, `name` being the grant or the
    tax; shared or untagged_share, exact, `name` being what is shared.
    """

    month: date
    department: str
    project: str
    provider: str
    model: str
    before: Decimal
    after: Decimal
    kind: str = "usage"
    scope_type: str = ""
    cost_centre: str = ""
    name: str = ""

    @property
    def change(self) -> Decimal:
        return self.after - self.before


@dataclass(frozen=True)
class StatementFiles:
    """The two files of one statement, both in place."""

    pdf: Path
    csv: Path


@dataclass(frozen=True)
class Period:
    """The month of a statement and what it may be compared with.

    `through` is the last complete day of data inside the month, None when no day is complete. `before_through` ends the
    same number of days in the month before. `record_from` is the first day on record when that lies inside the month
    before, after its first day; `history` says whether there is anything before this month at all. of a `closed`
    month every day is complete, and `data_until` is the last one that had data by then.
    """

    first: date
    through: date | None
    before_first: date
    before_through: date | None
    history: bool
    record_from: date | None = None
    closed: bool = False
    data_until: date | None = None

    @property
    def last(self) -> date:
        return self.first.replace(day=monthrange(self.first.year, self.first.month)[1])

    @property
    def days(self) -> int:
        return self.last.day

    @property
    def elapsed(self) -> int:
        """Complete days so far."""
        return 0 if self.through is None else self.through.day

    @property
    def complete(self) -> bool:
        return self.elapsed == self.days

    @property
    def comparable(self) -> bool:
        """Whether the month before is on record for all the days it is compared on."""
        return self.history and self.record_from is None and self.elapsed > 0


@dataclass(frozen=True)
class Usage:
    """Counts and exact spend of one group of priced or unpriced rows. Spend of unpriced rows is zero and not known."""

    department: str
    cost_centre: str
    project: str
    provider: str
    model: str
    priced: bool
    requests: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    total_tokens: int
    spend: Decimal


@dataclass(frozen=True)
class Budget:
    """One monthly budget of the scope or of a department in it. Amount in the currency of the statement."""

    month: date
    scope_type: str
    scope: str
    amount: Decimal


@dataclass(frozen=True)
class Crossing:
    """The day on which spend reached `threshold` percent of a budget."""

    scope_type: str
    scope: str
    threshold: int
    crossed_on: date


@dataclass(frozen=True)
class SourceRows:
    """Rows delivered by the sources for the days of the statement, and what became of them."""

    counted: int
    duplicates: int


@dataclass(frozen=True)
class DayRate:
    """What a unit of the price book's currency was worth on a day, the rate's own date, and who published it."""

    day: date
    rate: Decimal
    rate_date: date
    source: str


@dataclass(frozen=True)
class Allocated:
    """One row of monthly_allocation: exact, in the statement's currency. `whole`: what a rule divides; else None.

    `kind`: direct, shared, commitment, commitment_unused, untagged or untagged_share. `fx_rate` and `fx_date`: of a
    shared cost or a commitment in another `currency`.
    """

    cost_centre: str
    department: str
    kind: str
    shared_id: str
    name: str
    rule: str
    whole: Decimal | None
    currency: str
    fx_rate: Decimal | None
    fx_date: date | None
    amount: Decimal


@dataclass(frozen=True)
class Bill:
    """What comparing an account with its provider's bill came to; amounts in USD, None where nothing is compared."""

    provider: str
    verdict: str
    is_met: bool
    billed: Decimal | None
    variance: Decimal | None
    credits: Decimal | None
    unexplained: Decimal | None


@dataclass(frozen=True)
class Facts:
    """All that the published marts say about one month and scope; every amount exact.

    `items` below are departments for the organisation and projects for a department.
    `bills` are of the organisation; a department's statement has none.
    `months` holds exact spend by (first day of month, item) for the twelve months that end with this one.
    `hours` holds tokens by (ISO weekday 1-7, local hour 0-23), summed over the complete days.
    `rates` are those of the days with usage, where prices were converted.
    `allocation`: whom the month is charged to; of a department only its shares.
    """

    scope: Scope
    period: Period
    usage: tuple[Usage, ...]
    before: tuple[Usage, ...]
    daily: tuple[tuple[date, str, Decimal], ...]
    before_daily: tuple[tuple[date, Decimal], ...]
    months: tuple[tuple[date, str, Decimal], ...]
    hours: dict[tuple[int, int], int]
    budgets: tuple[Budget, ...]
    crossings: tuple[Crossing, ...]
    sources: SourceRows | None
    price_books: tuple[str, ...]
    charges: tuple[ChargeLine, ...] = ()
    rates: tuple[DayRate, ...] = ()
    allocation: tuple[Allocated, ...] = ()
    bills: tuple[Bill, ...] = ()
    price_hints: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def spend_cents(self) -> Decimal:
        """Effective cost as it is charged: the lines of usage, markups and discounts."""
        return sum((line.cents for line in self.charges if line.kind in COST_KINDS), ZERO)

    def item_of(self, usage: Usage) -> str:
        return usage.department if self.scope.kind == "organisation" else usage.project
