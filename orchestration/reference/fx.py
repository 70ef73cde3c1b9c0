"""What other currencies are worth in the reporting currency, by date, and an amount turned into it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext

from orchestration.errors import SettingsError
from orchestration.reference.cells import currency, day, number, text
from orchestration.reference.table import Column, Table

_SMALLEST = Decimal("1e-18")


@dataclass(frozen=True)
class FxRate:
    """`rate`: how much of the reporting currency one unit of `currency` is worth from `rate_date` on."""

    currency: str
    rate_date: date
    rate: Decimal
    source: str


FX_RATES = Table(
    name="fx_rates",
    title="what other currencies are worth",
    about=(
        "A rate holds from its date until the currency's next one; days before the first have none. Only what is "
        "written here is used, and the rate and its date stand on every row that was converted. Prices are US dollars: "
        "where the reporting currency is another, the first rate of USD must be as old as the first usage. A day keeps "
        "its rate from the second day after it on; a rate that is entered later or corrected moves it by "
        "`tallyhouse reprice` alone."
    ),
    columns=(
        Column("currency", currency(), "the foreign currency"),
        Column("rate_date", day(required=True), "the rate's own date"),
        Column("rate", number(decimals=12, digits=6, zero=False), "one unit of the currency in the reporting currency"),
        Column("source", text(), "who published it"),
    ),
    record=FxRate,
    key=("currency", "rate_date"),
    examples=("EUR,2026-11-20,1.0842,ECB reference rate", "JPY,2026-11-20,0.006412345678,ECB reference rate"),
)


@dataclass(frozen=True)
class Converted:
    """An amount in the reporting currency, and the rate and its date; no date where nothing was to be converted."""

    amount: Decimal
    rate: Decimal
    rate_date: date | None


class NoRateError(SettingsError):
    """A currency has no rate on a day on which one is needed."""

    def __init__(self, code: str, when: date, reporting: str) -> None:
        super().__init__(
            f"reference/{FX_RATES.file} has no rate of {code} on {when}, and figures are in {reporting}.",
            f"Add a row with a rate_date of {when} or before, and what one {code} was worth in {reporting} then.",
        )


class Rates:
    """The rates of every currency in `reporting`. The macros of dbt_project/macros/fx.sql say the same in SQL."""

    def __init__(self, rates: Iterable[FxRate], reporting: str) -> None:
        self.reporting = reporting
        self._known: dict[str, list[FxRate]] = defaultdict(list)
        for rate in sorted(rates, key=lambda rate: rate.rate_date):
            self._known[rate.currency].append(rate)

    def on(self, code: str, when: date) -> FxRate:
        """The rate in force. Raises NoRateError for a day before the currency's first one."""
        if (found := self.find(code, when)) is None:
            raise NoRateError(code, when, self.reporting)
        return found

    def find(self, code: str, when: date) -> FxRate | None:
        """The rate in force; None for a day before the currency's first one."""
        known = self._known.get(code, [])
        place = bisect_right(known, when, key=lambda rate: rate.rate_date)
        return known[place - 1] if place else None

    def convert(self, amount: Decimal, code: str, when: date) -> Converted:
        """An amount of a day, at the rate in force on it, rounded half up (away from 0) at the 18th decimal."""
        if code == self.reporting:
            return Converted(amount, Decimal(1), None)
        rate = self.on(code, when)
        return Converted(at_rate(amount, rate.rate), rate.rate, rate.rate_date)


def at_rate(amount: Decimal, rate: Decimal) -> Decimal:
    """What an amount is worth at a rate: one rounding, half up (away from 0) at the 18th decimal."""
    with localcontext(prec=80):
        return (amount * rate).quantize(_SMALLEST, ROUND_HALF_UP)
