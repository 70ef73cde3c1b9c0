"""Days and months of the organisation as Dagster partitions; monthly ones map onto the daily ones by their window."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dagster import DailyPartitionsDefinition, MonthlyPartitionsDefinition
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from orchestration.home import Home
from orchestration.landing import receipts
from orchestration.marts.calendar import month_of
from orchestration.marts.manifest import read_manifest
from orchestration.settings import Settings

_A_YEAR = 366


@dataclass(frozen=True)
class Calendar:
    """The daily and monthly partitions of one home, from the day `first` on."""

    first: date
    daily: DailyPartitionsDefinition
    monthly: MonthlyPartitionsDefinition


def calendar(home: Home, settings: Settings) -> Calendar:
    """From the first day with usage until today, which is built too (`end_offset`), in the organisation's time zone.

    Dagster settles the start when it loads the definitions; when older files land, a sensor has them loaded again.
    """
    first = first_day(home, settings)
    # Dagster counts up to the clock's own day; a rehearsal may pretend a later one.
    days_ahead = max(0, (settings.today - datetime.now(settings.zone).date()).days)
    months_ahead = len(months_of(days_of(settings.today - timedelta(days=days_ahead), settings.today))) - 1
    return Calendar(
        first=first,
        daily=DailyPartitionsDefinition(
            start_date=first.isoformat(), timezone=settings.timezone, end_offset=1 + days_ahead
        ),
        monthly=MonthlyPartitionsDefinition(
            start_date=month_of(first).isoformat(), timezone=settings.timezone, end_offset=1 + months_ahead
        ),
    )


def first_day(home: Home, settings: Settings) -> date:
    """The earliest day that is published or landed; a year ago where there is none, since history is landed first."""
    manifest = read_manifest(home)
    landed = (min(map(date.fromisoformat, file.days)) for item in receipts(home) for file in item.files if file.days)
    published = [min(manifest.days)] if manifest and manifest.days else []
    return min([*published, *landed], default=month_of(settings.today - timedelta(days=_A_YEAR)))


def days_of(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`, both included."""
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


def months_of(days: Iterable[date]) -> list[date]:
    """The months of some days, each once."""
    return sorted({month_of(day) for day in days})


def range_tags(first: date, last: date) -> dict[str, str]:
    """The tags that make one run of the partitions from `first` to `last`, both included."""
    return {ASSET_PARTITION_RANGE_START_TAG: first.isoformat(), ASSET_PARTITION_RANGE_END_TAG: last.isoformat()}
