"""`tallyhouse reprice`: build a range of days at the newest prices, show the difference, then publish it or not."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.closing.issued import closed_months
from orchestration.errors import SettingsError
from orchestration.home import Home
from orchestration.journal import tell
from orchestration.lock import writer
from orchestration.marts.day_rates import day_rates
from orchestration.marts.manifest import Manifest, read_manifest
from orchestration.pipeline import build_marts
from orchestration.reference import FX_RATES
from orchestration.repricing.difference import ZERO, AlertChange, PriceChange, alert_changes, price_changes
from orchestration.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Repricing:
    """What repricing a range does. `days` are those at another book than the newest, `version`, or at another rate.

    `closed`: closed months among them, whose issued statements stay as they are. `published`: whether it was done.
    """

    days: tuple[date, ...]
    version: str
    changes: tuple[PriceChange, ...] = ()
    alerts: tuple[AlertChange, ...] = ()
    closed: tuple[date, ...] = ()
    published: bool = False

    @property
    def old(self) -> Decimal:
        return sum((change.old for change in self.changes), ZERO)

    @property
    def new(self) -> Decimal:
        return sum((change.new for change in self.changes), ZERO)


@dataclass
class _Review:
    """Looks at what was built before it is published."""

    snapshot: Path
    days: tuple[date, ...]
    months: tuple[date, ...]
    publish: bool
    changes: tuple[PriceChange, ...] = field(default=())
    alerts: tuple[AlertChange, ...] = field(default=())

    def __call__(self, connection: "DuckDBPyConnection") -> bool:
        self.changes = price_changes(connection, self.snapshot, self.days)
        self.alerts = alert_changes(connection, self.snapshot, self.months)
        return self.publish


def reprice(home: Home, settings: Settings, first: date, last: date, *, publish: bool) -> Repricing:
    """Build the days from `first` to `last` (inclusive) at the newest price book and at the exchange rates in force.

    They are published where `publish` says so. Days that have both already are left alone. Raises SettingsError
    when nothing is published in the range.
    """
    from orchestration.prices import current_book

    with writer(home, doing="reprice", now=settings.now):
        manifest = read_manifest(home)
        inside = [day for day in manifest.days if first <= day <= last] if manifest else []
        if manifest is None or not inside:
            raise SettingsError(f"No day from {first} to {last} is published.", "Choose days that have usage.")
        version = current_book(home).version
        moved = {day for day in inside if manifest.days[day].price_version != version}
        days = tuple(sorted(moved.union(other_rates(home, settings, manifest, inside))))
        if not days:
            return Repricing((), version)
        tell(f"Repricing {len(days)} days")
        months = tuple(sorted({day.replace(day=1) for day in days}))
        review = _Review(home.current_marts.resolve(), days, months, publish)
        build_marts(home, settings, repin=dict.fromkeys(days, version), review=review)
        return Repricing(
            days=days,
            version=version,
            changes=review.changes,
            alerts=review.alerts,
            closed=tuple(month for month in months if month in closed_months(home)),
            published=publish,
        )


def other_rates(home: Home, settings: Settings, manifest: Manifest, days: Iterable[date]) -> list[date]:
    """Those of the published days that were built at another exchange rate than fx_rates.csv has for them now."""
    rates = day_rates(
        home,
        currency=settings.currency,
        rates=FX_RATES.read(home),
        manifest=manifest,
        today=settings.today,
    )
    return rates.differ(days) if rates else []
