"""Events through the marts' own SQL, as far as what each of them cost; and price books of a test's own making."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.home import Home
from orchestration.marts.plan import Plan, StaleDay
from orchestration.prices.bands import Tariff
from orchestration.prices.store import ResolvedName, flat_text, write_bands, write_names
from orchestration.prices.tiling import check_tiling
from orchestration.settings import Settings

Books = Mapping[str, Mapping[str, Path]]


def write_book(folder: Path, version: str, tariffs: Sequence[Tariff]) -> Books:
    """A price book of these tariffs, each under the names that it has there; there may be one already."""
    check_tiling(tariffs)
    files = {
        "bands": folder / f"{version}.parquet",
        "models": folder / f"{version}.models.parquet",
        "discounts": folder / f"{version}.discounts.json",
    }
    write_bands(files["bands"], flat_text(tariffs))
    names = [ResolvedName(item.provider, item.model, item.price_id, "provider+model", None) for item in tariffs]
    write_names(files["models"], names)
    return {version: files}


@dataclass(frozen=True)
class PricedEvents:
    """Views up to int_usage_priced in a warehouse of their own. They read the books' files anew at each question."""

    warehouse: Path

    @contextmanager
    def open(self) -> Iterator[Any]:
        """A connection like a build's, that finds int_usage_priced under its bare name."""
        import duckdb

        from orchestration.marts.dbt_build import SETTINGS

        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            connection.execute("".join(f"set {name} = '{value}';" for name, value in SETTINGS.items()))
            connection.execute("set schema = 'intermediate'")
            yield connection

    def rows(self, columns: str = "*") -> dict[str, dict[str, Any]]:
        """Every event by its id."""
        with self.open() as connection:
            result = connection.execute(f"select event_id, {columns} from int_usage_priced")
            names = [column[0] for column in result.description]
            return {row[0]: dict(zip(names, row, strict=True)) for row in result.fetchall()}


def priced_events(home: Home, settings: Settings, books: Books | None = None) -> PricedEvents:
    """All landed events at one price book: the given one, or the home's newest. One dbt run, nothing published."""
    from orchestration.landing import receipts
    from orchestration.marts.books import books_for
    from orchestration.marts.dbt_build import dbt_views
    from orchestration.marts.inputs import build_variables
    from orchestration.pipeline import plan_build
    from orchestration.prices import current_book

    landed = receipts(home)
    version = next(iter(books)) if books else current_book(home).version
    days = tuple(
        StaleDay(day=item.day, fingerprint="", price_version=version, why="priced")
        for item in plan_build(home, settings).days
    )
    plan = Plan(days=days, months=(), first_day=None, data_until=None, not_due_rows=0)
    if books is None:
        books, _ = books_for(home, plan, landed, published={})
    variables = build_variables(home=home, settings=settings, plan=plan, manifest=None, receipts=landed, books=books)
    warehouse = home.root / "priced" / "warehouse.duckdb"
    warehouse.parent.mkdir()
    dbt_views(home, variables, select="+int_usage_priced", warehouse=warehouse)
    return PricedEvents(warehouse)
