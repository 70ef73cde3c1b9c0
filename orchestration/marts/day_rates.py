"""The exchange rate that each day's prices are turned into the reporting currency with, and how long it stays.

Prices are US dollars. A day takes the rate of fx_rates.csv in force on it, and from the second day after it on the one
that it was built with: a rate that is entered later or corrected moves it by repricing alone, as a price does.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from orchestration.files import write_atomically
from orchestration.home import Home
from orchestration.marts.manifest import Manifest
from orchestration.reference.currencies import PRICE_CURRENCY
from orchestration.reference.fx import FxRate, NoRateError, Rates

# A day's own rate is published in its evening or entered the morning after.
_OPEN_DAYS = timedelta(days=1)


@dataclass(frozen=True)
class DayRate:
    """What one US dollar is worth, as a plain decimal; the date that the rate is of, and who published it."""

    rate: str
    rate_date: date
    source: str

    @property
    def stamp(self) -> list[str]:
        """What it says of a day's figures; who published it says nothing of them."""
        return [self.rate, self.rate_date.isoformat()]


class DayRates:
    """Which rate a day takes: its own, or the table's for a day that is new, still open, or moved on command."""

    def __init__(self, *, table: Rates, own: Mapping[date, DayRate], today: date) -> None:
        self.currency = table.reporting
        self._table = table
        self._own = own
        self._open_from = today - _OPEN_DAYS

    def of(self, day: date, *, anew: bool = False) -> DayRate:
        """The rate to build the day with; `anew`: the table's, whatever it was. Raises NoRateError."""
        if not anew and day < self._open_from and day in self._own:
            return self._own[day]
        return self.by_table(day)

    def of_bill(self, day: date, *, anew: bool = False) -> DayRate | None:
        """The rate to convert a bill of the day with, which may be one without usage; None where there is none."""
        try:
            return self.of(day, anew=anew)
        except NoRateError:
            return None

    def by_table(self, day: date) -> DayRate:
        """The rate in force by the table as it is now. Raises NoRateError where there is none."""
        return _day_rate(self._table.on(PRICE_CURRENCY, day))

    def differ(self, days: Iterable[date]) -> list[date]:
        """Those that were built with another rate than the table has for them now; one that it has none for stays."""
        own = ((day, self._own[day]) for day in days if day in self._own)
        return [day for day, rate in own if (now := self._now(day)) and now.stamp != rate.stamp]

    def _now(self, day: date) -> DayRate | None:
        found = self._table.find(PRICE_CURRENCY, day)
        return _day_rate(found) if found else None


def day_rates(
    home: Home, *, currency: str, rates: Iterable[FxRate], manifest: Manifest | None, today: date
) -> DayRates | None:
    """The rates of a home's days; None where prices are in the reporting currency already."""
    if currency == PRICE_CURRENCY:
        return None
    own = _kept(home, currency)
    if manifest is not None and manifest.currency == currency:
        own |= {
            day: DayRate(item.fx_rate, date.fromisoformat(item.fx_date), item.fx_source)
            for day, item in manifest.days.items()
            if item.fx_rate
        }
    return DayRates(table=Rates(rates, currency), own=own, today=today)


def keep_rates(home: Home, manifest: Manifest) -> None:
    """Remember the published days' rates beside the price books, since marts can be thrown away.

    Called before a publish: killed in between, what is kept is what it would say.
    """
    if manifest.currency == PRICE_CURRENCY:
        return
    before = _kept(home, manifest.currency)
    built = {
        day: DayRate(item.fx_rate, date.fromisoformat(item.fx_date), item.fx_source)
        for day, item in manifest.days.items()
        if item.fx_rate
    }
    together = {**before, **built}
    if together != before:
        days = {
            day.isoformat(): {"rate": rate.rate, "rate_date": rate.rate_date.isoformat(), "source": rate.source}
            for day, rate in sorted(together.items())
        }
        text = json.dumps({"currency": manifest.currency, "days": days}, indent=1, ensure_ascii=False)
        write_atomically(_path(home), text + "\n")


def _kept(home: Home, currency: str) -> dict[date, DayRate]:
    try:
        known = json.loads(_path(home).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    if known["currency"] != currency:
        return {}
    return {
        date.fromisoformat(day): DayRate(row["rate"], date.fromisoformat(row["rate_date"]), row["source"])
        for day, row in known["days"].items()
    }


def _path(home: Home) -> Path:
    return home.prices / "rates.json"


def _day_rate(found: FxRate) -> DayRate:
    text = f"{found.rate:f}"
    plain = text.rstrip("0").rstrip(".") if "." in text else text
    return DayRate(plain, found.rate_date, found.source)
