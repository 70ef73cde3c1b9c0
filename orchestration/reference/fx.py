"""What other currencies are worth in the reporting currency, by date."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from orchestration.reference.cells import LAST_DAY, currency, day, number, text
from orchestration.reference.table import Column, Table


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
        "written here is used, and the rate and its date stand on every row that was converted."
    ),
    columns=(
        Column("currency", currency(), "the foreign currency"),
        Column("rate_date", day(required=True), "the rate's own date"),
        Column(
            "rate", number(decimals=12, digits=12, zero=False), "one unit of the currency in the reporting currency"
        ),
        Column("source", text(), "who published it"),
    ),
    record=FxRate,
    key=("currency", "rate_date"),
    examples=("EUR,2026-11-20,1.0842,ECB reference rate", "JPY,2026-11-20,0.006412345678,ECB reference rate"),
)


def spans(rates: Iterable[FxRate]) -> Iterator[tuple[FxRate, date]]:
    """Each rate with the day from which it no longer holds."""
    by_currency: dict[str, list[FxRate]] = defaultdict(list)
    for rate in rates:
        by_currency[rate.currency].append(rate)
    for known in by_currency.values():
        known.sort(key=lambda rate: rate.rate_date)
        for rate, following in pairwise(known):
            yield rate, following.rate_date
        yield known[-1], LAST_DAY
