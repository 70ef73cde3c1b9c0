"""The worked tables of tests/fixtures/prices/worked: a price list in the package's terms, and usage with its cost."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, time
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    Provider,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)

from orchestration.prices import catalogue
from orchestration.prices.apply import apply_overrides
from orchestration.prices.bands import Tariff
from orchestration.prices.overrides import Override, read_overrides

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "prices" / "worked"
SELLER = "pencil"


@dataclass(frozen=True)
class Quoted:
    """One line of prices.csv. `above`: (tokens, price) of its tiers."""

    model: str
    starts: str
    window: str
    tier: str
    key: str
    price: Decimal
    above: tuple[tuple[int, Decimal], ...]

    def figures(self) -> list["Quoted"]:
        """The line with one of its prices changed, once for each of them."""
        changed = [replace(self, price=self.price + 1)]
        for place, (tokens, price) in enumerate(self.above):
            above = (*self.above[:place], (tokens, price + 1), *self.above[place + 1 :])
            changed.append(replace(self, above=above))
        return changed


def read(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def price_list() -> list[Quoted]:
    return [
        Quoted(
            **{name: row[name] for name in ("model", "starts", "window", "tier", "key")},
            price=Decimal(row["price"]),
            above=tuple((int(start), Decimal(price)) for start, price in (p.split("=") for p in row["above"].split())),
        )
        for row in read("prices.csv")
    ]


def overrides() -> list[Override]:
    return read_overrides(FOLDER / "price_overrides.csv", str)


def tariffs(quoted: Sequence[Quoted], own: Sequence[Override]) -> list[Tariff]:
    """What a book of this price list and these overrides is written from."""
    models = [
        _model(name, list(lines)) for name, lines in groupby(quoted, key=lambda line: line.model)
    ]  # the lines of a model stand together
    seller = Provider(id=SELLER, name=SELLER, api_pattern="", models=models)
    return apply_overrides(catalogue._tariffs_of(seller, SELLER, models), own, lambda *_: None)


def _model(name: str, lines: Sequence[Quoted]) -> ModelInfo:
    prices, variants = [], []
    for (starts, window, tier), found in groupby(lines, key=lambda line: (line.starts, line.window, line.tier)):
        price = ModelPrice(**{line.key: _price(line) for line in found})
        constraint = _constraint(starts, window)
        if tier:
            for key, value in catalogue.PRICE_CONTEXTS[tier].items():
                variants.append(PriceVariant(when={key: value}, prices=price, constraint=constraint))
        else:
            prices.append(ConditionalPrice(constraint, prices=price))
    return ModelInfo(id=name, match=ClauseEquals(name), prices=prices, price_variants=variants or None)


def _price(line: Quoted) -> Decimal | TieredPrices:
    if not line.above:
        return line.price
    return TieredPrices(base=line.price, tiers=[Tier(start=start, price=price) for start, price in line.above])


def _constraint(starts: str, window: str) -> StartDateConstraint | TimeOfDateConstraint | None:
    if starts:
        return StartDateConstraint(date.fromisoformat(starts))
    if window:
        first, last = (int(second) for second in window.split("-"))
        return TimeOfDateConstraint(_clock(first), _clock(last))
    return None


def _clock(second: int) -> time:
    return time(second // 3600, second % 3600 // 60, second % 60, tzinfo=UTC)


def events(cases: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    """The cases as lines of our own event format."""
    rows = []
    for case in cases:
        row: dict[str, Any] = {"event_id": case["case"], "event_at": case["at"]}
        row |= {"provider": SELLER, "model": case["model"]} | ({"service_tier": case["tier"]} if case["tier"] else {})
        for name, value in (item.split("=") for item in case["usage"].split()):
            row[name] = value if name in ("status", "aggregate_context", "inference_region") else int(value)
        rows.append(row)
    return rows
