"""Asking a price book the way the SQL join does, and writing overrides for tests."""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.home import Home
from orchestration.prices import PriceBook
from orchestration.prices.bands import RATE_COLUMNS
from orchestration.prices.overrides import COLUMNS


@dataclass(frozen=True)
class Reader:
    """The bands of a book by price id and service tier."""

    bands: Mapping[tuple[str, str], list[dict[str, Any]]]

    def find(self, price_id: str, at: str, *, context: int = 0, tier: str = "standard") -> list[dict[str, Any]]:
        """Every band that a naive UTC moment and a context fall into."""
        moment = datetime.fromisoformat(at)
        second = moment.hour * 3600 + moment.minute * 60 + moment.second
        return [
            band
            for band in self.bands.get((price_id, tier), [])
            if band["valid_from"] <= moment < band["valid_to"]
            and band["day_from"] <= second < band["day_to"]
            and band["context_from"] <= context < band["context_to"]
        ]

    def band(self, price_id: str, at: str, *, context: int = 0, tier: str = "standard") -> dict[str, Any]:
        """The one band of a moment and a context."""
        (found,) = self.find(price_id, at, context=context, tier=tier)
        return found

    def mtok(self, price_id: str, at: str, *, context: int = 0, tier: str = "standard") -> dict[str, Decimal | None]:
        """The rates of that band as USD per million units."""
        band = self.band(price_id, at, context=context, tier=tier)
        return {
            name.removesuffix("_rate"): None if band[name] is None else (band[name] * 1_000_000).normalize()
            for name in RATE_COLUMNS
        }


def read(book: PriceBook) -> Reader:
    bands: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    with duckdb.connect() as connection:
        result = connection.execute("SELECT * FROM read_parquet(?)", [str(book.path)])
        names = [column[0] for column in result.description or ()]
        for row in result.fetchall():
            band = dict(zip(names, row, strict=True))
            bands[band["price_id"], band["service_tier"]].append(band)
    return Reader(bands)


def write_overrides(home: Home, *rows: Mapping[str, str]) -> Path:
    """A price_overrides.csv with the rows given; columns left out are blank."""
    path = home.reference / "price_overrides.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path
