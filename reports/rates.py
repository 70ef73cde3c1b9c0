"""The exchange rates of a statement: which days were converted at which rate, and what they came to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from reports import formats
from reports.formats import CENT, apportion, rounded
from reports.values import ZERO, DayRate

PRICE_CURRENCY = "USD"


@dataclass(frozen=True)
class RateRow:
    """Days on end with one rate, and their spend in cents; texts as printed."""

    days: str
    rate: str
    rate_date: str
    source: str
    amount: Decimal


def day_rates(manifest: Mapping[str, Any], days: Iterable[date]) -> tuple[DayRate, ...]:
    """The rates that the snapshot's days were converted at; none where prices are in the currency of the figures."""
    found = []
    for day in sorted(set(days)):
        entry = manifest["days"].get(day.isoformat(), {})
        if entry.get("fx_rate"):
            dated = date.fromisoformat(entry["fx_date"])
            found.append(DayRate(day, Decimal(entry["fx_rate"]), dated, entry["fx_source"]))
    return tuple(found)


def rate_rows(rates: tuple[DayRate, ...], daily: Iterable[tuple[date, str, Decimal]]) -> tuple[RateRow, ...]:
    """One row for each rate in the order of days; a rate that returns later is a row of its own. Amounts add up."""
    spend: dict[date, Decimal] = {}
    for day, _, amount in daily:
        spend[day] = spend.get(day, ZERO) + amount
    groups = [list(same) for _, same in groupby(rates, key=lambda item: (item.rate, item.rate_date, item.source))]
    exact = [sum((spend.get(item.day, ZERO) for item in group), ZERO) for group in groups]
    amounts = apportion(exact, rounded(sum(exact, ZERO), CENT), CENT)
    places = max((_places(item.rate) for item in rates), default=0)
    return tuple(
        RateRow(
            days=_days([item.day for item in group]),
            rate=f"{group[0].rate:.{places}f}",
            rate_date=formats.full_day(group[0].rate_date),
            source=group[0].source or formats.NONE,
            amount=amount,
        )
        for group, amount in zip(groups, amounts, strict=True)
    )


def _places(rate: Decimal) -> int:
    exponent = rate.as_tuple().exponent
    assert isinstance(exponent, int)
    return max(-exponent, 0)


def _days(days: list[date]) -> str:
    """The span of days with usage; days between that had none are not told apart."""
    first, last = days[0], days[-1]
    return formats.day(first) if last - first < timedelta(days=1) else formats.span(first, last)
