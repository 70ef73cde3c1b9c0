"""Whether the newest prices would price built days otherwise, for the models that these days used.

A new version of the price package touches hundreds of models; only those that were used on the days, in the service
tiers in which they were used, say that anything would change. Opens DuckDB only where days are pinned to other books.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.home import Home
from orchestration.landing.receipts import Receipt
from orchestration.marts.calendar import month_of
from orchestration.marts.manifest import Manifest
from orchestration.prices import current_book
from orchestration.prices.book import PriceBook, models_path
from orchestration.prices.discounts import discounts_path, steps_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# What a price is found by and what it comes to; where it is from changes no figure.
_NO_PRICE = (
    "price_id", "provider", "model", "origin", "known_on", "note", "premium_note", "tier_rule",
    "valid_from", "valid_to",
)  # fmt: skip


@dataclass(frozen=True)
class Outlook:
    """Built days that are pinned to other prices than the newest, from `first` to `last`, and what these would change.

    Where they change anything, only the days of the books from which they differ are counted.
    `models`: those that the days used and whose prices differ, a price that was unknown included, as provider/model.
    `discounts`: whether other discounts or markups would hold. `missing`: books that are gone from data/prices.
    """

    days: int
    first: date
    last: date
    models: tuple[str, ...]
    discounts: bool
    missing: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        return bool(self.models or self.discounts)


def price_outlook(home: Home, manifest: Manifest, landed: Iterable[Receipt]) -> Outlook | None:
    """What the newest price book means for published days; None where all are pinned to it."""
    newest = current_book(home)
    days: dict[str, list[date]] = {}
    for day, published in sorted(manifest.days.items()):
        if published.price_version != newest.version:
            days.setdefault(published.price_version, []).append(day)
    if not days:
        return None
    from orchestration.prices import resolve_models

    resolve_models(home, newest, {pair for receipt in landed for pair in receipt.models})
    books = {version: PriceBook(version, version, home.prices / f"{version}.parquet") for version in days}
    known = {version for version, book in books.items() if book.path.exists() and book.models_path.exists()}
    models = {version: _models_that_differ(home, books[version], newest, days[version]) for version in sorted(known)}
    discounts = {version for version in known if _discounts_differ(home, version, newest.version, days[version])}
    moved = {version for version, found in models.items() if found} | discounts
    pinned = sorted(day for version in moved or days for day in days[version])
    return Outlook(
        days=len(pinned),
        first=pinned[0],
        last=pinned[-1],
        models=tuple(sorted(set[str]().union(*models.values()))),
        discounts=bool(discounts),
        missing=tuple(sorted(days.keys() - known)),
    )


def _discounts_differ(home: Home, version: str, newest: str, days: Collection[date]) -> bool:
    def held(book: str) -> set[object]:
        steps = steps_of({book: discounts_path(home.prices, book)}, list(days))
        # Without whose they are and where they are filed; an end after the last of the days is none.
        return {replace(step, versions=(), source="", valid_to=min(step.valid_to, max(days))) for step in steps}

    return held(version) != held(newest)


def _models_that_differ(home: Home, old: PriceBook, new: PriceBook, days: Collection[date]) -> set[str]:
    """Models that the days used and whose bands between the first and the last of them are not the same in both."""
    import duckdb

    marts = home.current_marts.resolve()
    files = [marts / "monthly_usage" / f"{month:%Y-%m}.parquet" for month in sorted({month_of(day) for day in days})]
    used = [path.as_posix() for path in files if path.exists()]
    if not used:
        return set()
    # Days in any zone of the world lie within a day of those of UTC.
    low, high = min(days) - timedelta(days=1), max(days) + timedelta(days=2)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set enable_progress_bar = false")
        columns = _columns(connection, old.path) & _columns(connection, new.path) - set(_NO_PRICE)
        told = ", ".join(
            [
                *sorted(columns),
                f"greatest(valid_from, timestamp '{low}') as valid_from",
                f"least(valid_to, timestamp '{high}') as valid_to",
            ]
        )
        rows = connection.execute(
            f"""
            with used as (
                select distinct provider, model, service_tier from read_parquet($used) where price_version = $version
            ),
            names as (
                select price_id, min(provider) as provider, min(model) as model
                from read_parquet($old) group by price_id
            ),
            pairs as (
                select was.price_id as old_id, becomes.price_id as new_id,
                    coalesce(names.provider, was.raw_provider, '') as provider,
                    coalesce(names.model, was.raw_model, '') as model
                from read_parquet($old_names) as was
                join read_parquet($new_names) as becomes
                    on was.raw_provider is not distinct from becomes.raw_provider
                    and was.raw_model is not distinct from becomes.raw_model
                left join names on was.price_id = names.price_id
            ),
            asked as (select distinct pairs.*, used.service_tier as tier from pairs join used using (provider, model)),
            before as ({_bands("old", "old_id", told)}),
            after as ({_bands("new", "new_id", told)})
            select distinct provider, model from (
                (from before except from after) union all (from after except from before)
            )
            """,
            {
                "used": used,
                "version": old.version,
                "old": old.path.as_posix(),
                "new": new.path.as_posix(),
                "old_names": old.models_path.as_posix(),
                "new_names": models_path(home.prices, new.version).as_posix(),
                "low": low,
                "high": high,
            },
        ).fetchall()
    return {f"{provider}/{model}" if provider else model for provider, model in rows}


def _bands(book: str, price_id: str, told: str) -> str:
    """The bands of a book in force at some time of the days, for what was asked."""
    return f"""
        select asked.provider, asked.model, bands.* exclude (id)
        from asked
        join (
            select price_id as id, {told} from read_parquet(${book})
            where valid_from < cast($high as timestamp) and valid_to > cast($low as timestamp)
        ) as bands on asked.{price_id} = bands.id and asked.tier = bands.service_tier
    """


def _columns(connection: "DuckDBPyConnection", path: Path) -> set[str]:
    """A book of before a unit was priced has no column for it, and its events did not count the unit either."""
    found = connection.execute("describe select * from read_parquet($path)", {"path": path.as_posix()}).fetchall()
    return {row[0] for row in found}
