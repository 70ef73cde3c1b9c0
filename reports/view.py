"""The one value that the templates print, and how its parts are arranged on the pages."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from reports import charts, formats
from reports.allocation import Allocation
from reports.charges import Charges
from reports.corrections import Corrections
from reports.currency import Currency, currency
from reports.detail import Detail
from reports.figures import Figures, Row
from reports.narrative.compose import Words
from reports.narrative.sentence import Sentence
from reports.rates import PRICE_CURRENCY, RateRow
from reports.values import ZERO, Issuer, Seller

COVER_ROWS = 10
# Lines of names in the cover's table, and characters of a name that surely stand in one of them.
COVER_LINES = 12
COVER_NAME = 22
# From this many characters on, amounts need the room of bars and sparklines.
WIDE_AMOUNT = 12
ATTENTION_ON_COVER = 5
ROOMY_COVER_ROWS = 8


@dataclass(frozen=True)
class Tile:
    name: str
    value: str
    comparison: str


@dataclass(frozen=True)
class Statement:
    """What the templates print; they compute nothing."""

    issuer: Issuer
    department: str
    number: str | None
    dated: str
    attachment: str
    figures: Figures
    words: Words
    detail: Detail
    period_name: str
    period_days: str
    complete_until: str
    now_label: str
    before_label: str
    versus: str
    no_change: str
    price_books: str
    source_rows: str
    bills: str
    status: str
    corrections: Corrections | None
    allocation: Allocation | None
    tiles: tuple[Tile, ...]
    charges: Charges
    issued: str
    due_on: str
    legend: tuple[tuple[str, str], ...]
    cumulative: charts.Chart
    daily: charts.Chart
    week: charts.Chart
    rates: tuple[RateRow, ...] = ()

    @property
    def draft(self) -> bool:
        return self.number is None

    @property
    def currency(self) -> Currency:
        return currency(self.issuer.currency)

    @property
    def price_currency(self) -> Currency:
        return currency(PRICE_CURRENCY)

    @property
    def subject(self) -> str:
        return f"{self.issuer.name}, {self.department}" if self.department else self.issuer.name

    @property
    def state_text(self) -> str:
        return "Draft: not closed" if self.draft else f"{self.state_name} {self.number}"

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.figures.rows

    @property
    def budgeted(self) -> bool:
        """Whether the table of items is one of departments against their budgets, or of spend alone."""
        plans = [self.figures.plan, *(row.plan for row in self.rows)]
        return not self.department and any(plan is not None for plan in plans)

    @property
    def cover_rows(self) -> tuple[Row, ...]:
        """As many as leave the list below them on the cover; a long name takes several lines."""
        lines = list(accumulate(1 + len(row.name) // COVER_NAME for row in self.rows[:COVER_ROWS]))
        return self.rows[: max(1, sum(1 for height in lines if height <= COVER_LINES))]

    @property
    def cover_left_out(self) -> int:
        return len(self.rows) - len(self.cover_rows)

    @property
    def attention(self) -> tuple[Sentence, ...]:
        """As many as leave room for the bars above them."""
        return self.words.attention[: ATTENTION_ON_COVER - (len(self.cover_rows) > ROOMY_COVER_ROWS)]

    @property
    def item_noun(self) -> str:
        return "project" if self.department else "department"

    @property
    def items_title(self) -> str:
        return "Projects" if self.department else "Departments"

    @property
    def movers_title(self) -> str:
        return "Models" if self.department else "Projects"

    @property
    def mover_noun(self) -> str:
        return "Model" if self.department else "Project"

    @property
    def mover_note(self) -> str:
        return "Provider" if self.department else "Department"

    @property
    def contents(self) -> tuple[tuple[str, str], ...]:
        return (
            ("course", "Course of the month"),
            ("items", self.items_title),
            ("detail", "Usage detail"),
            *((("allocation", "Cost centres"),) if self.allocation else ()),
            ("charges", "Charges"),
        )

    @property
    def total_label(self) -> str:
        """The last line of the departments holds the organisation's own budget, which need not be the sum above it."""
        plans = [row.plan for row in self.rows if row.plan is not None]
        return "Total" if self.figures.plan in (None, sum(plans, ZERO)) else "Organisation"

    @property
    def invoice(self) -> Seller | None:
        """Whose invoice it is: the organisation's statement, where the settings name a seller."""
        return None if self.department else self.issuer.seller

    @property
    def state_name(self) -> str:
        return "Invoice" if self.invoice else "Statement"

    @property
    def corrections_title(self) -> str:
        if self.corrections and self.corrections.carried:
            return "Corrections to closed months"
        return "What changed since the statement was issued before"

    @property
    def over(self) -> bool:
        return self.figures.budget is not None and self.figures.spend > self.figures.budget

    @property
    def months(self) -> int:
        """How many months a sparkline shows; one makes no line."""
        return len(self.rows[0].trend) if self.rows else 0

    @property
    def centred(self) -> bool:
        """Whether any row of the items names a cost centre."""
        return any(row.note for row in self.rows)

    @property
    def wide(self) -> bool:
        values = [self.figures.now, self.figures.before or ZERO, self.figures.plan or ZERO]
        values += [value for row in self.rows for value in (row.now, row.before or ZERO, row.plan or ZERO)]
        return max(len(formats.money(value)) for value in values) >= WIDE_AMOUNT

    @property
    def detail_widths(self) -> tuple[int, int, int]:
        """Per cent for project, model and amount; the other four columns share the rest."""
        widest = max([len(formats.amount(self.figures.total)), len(formats.count(self.figures.requests))])
        return (22, 21, 12) if widest <= 12 else (17, 16, 15)

    @property
    def largest_plan(self) -> Decimal:
        """Length of the grey bar of a department without a budget: against the dearest department."""
        return self.largest_spend

    @property
    def largest_spend(self) -> Decimal:
        return max((row.spend for row in self.rows), default=ZERO)

    @property
    def largest_model(self) -> Decimal:
        return max((row.amount for row in self.charges.models), default=ZERO)

    @property
    def largest_feature(self) -> Decimal:
        return max((row.amount for row in self.charges.features), default=ZERO)

    @property
    def by_feature(self) -> bool:
        """Whether usage names features at all."""
        return len(self.charges.features) > 1 or any(row.name != "No feature named" for row in self.charges.features)

    @property
    def largest_change(self) -> Decimal:
        return max((abs(row.change or ZERO) for row in self.rows), default=ZERO)

    @property
    def largest_variance(self) -> Decimal:
        return max((abs(row.variance or ZERO) for row in self.rows), default=ZERO)

    @property
    def largest_move(self) -> Decimal:
        return max((abs(row.change or ZERO) for row in self.figures.movers), default=ZERO)
