"""Every field and tier form of the price book, worked out by hand and priced by the marts' own SQL."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from genai_prices.types import TieredPrices

from orchestration.prices import catalogue
from orchestration.prices.bands import SERVICE_TIERS
from orchestration.prices.units import KNOWN_KEYS
from orchestration.reference.price_overrides import PriceOverride
from orchestration.settings import load_settings
from tests.support.pricing import PricedEvents, priced_events, write_book
from tests.unit.marts.conftest import Small
from tests.unit.pricing import worked

_CASES = worked.read("cases.csv")
_VERSION = "worked"
_NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
_HIDDEN = [("heard", "audio_hours"), ("uncounted", "input_sessions"), ("full", "cache_write_mtok")]
_NOT_A_PRICE = {"provider", "model", "valid_from", "valid_to", "source", "checked_on", "note", "service_tier"}

_Change = tuple[Any, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worked")


@pytest.fixture(scope="module")
def priced(folder: Path) -> Iterator[PricedEvents]:
    home = Small(folder / "home", "sources: {app: {kind: events}}\n")
    home.drop(*worked.events(_CASES))
    landed = home.land()
    assert (landed.landed, landed.quarantined) == (len(_CASES), 0)
    books = write_book(folder, _VERSION, worked.tariffs(worked.price_list(), worked.overrides()))
    yield priced_events(home.home, load_settings(home.home).model_copy(update={"now": _NOW}), books)


def answers(priced: PricedEvents) -> dict[str, tuple[Decimal | None, str]]:
    rows = priced.rows("effective_cost, unpriced_reason")
    return {name: (row["effective_cost"], row["unpriced_reason"] or "") for name, row in rows.items()}


def test_every_case_costs_what_was_worked_out_by_hand(priced: PricedEvents) -> None:
    wanted = {case["case"]: (Decimal(case["cost"]) if case["cost"] else None, case["unpriced"]) for case in _CASES}
    assert len(wanted) == len(_CASES)
    assert answers(priced) == wanted


def test_every_price_of_the_tables_is_noticed_by_a_case(priced: PricedEvents, folder: Path) -> None:
    """Prices are changed one by one, of every model at once, and the same views are asked again."""
    quoted, own = worked.price_list(), worked.overrides()
    before = answers(priced)
    changes: dict[str, list[_Change]] = {}
    for line in quoted:
        changes.setdefault(line.model, []).extend((line, changed) for changed in line.figures())
    for row in own:
        changed_rows = [replace(row, **{name: getattr(row, name) + 1}) for name in _filled(row)]
        changes.setdefault(row.model, []).extend((row, changed) for changed in changed_rows)
    unnoticed = []
    for turn in zip_longest(*changes.values()):
        new = dict(change for change in turn if change)
        write_book(folder, _VERSION, worked.tariffs([new.get(line, line) for line in quoted],
                                                    [new.get(row, row) for row in own]))  # fmt: skip
        after = answers(priced)
        moved = {case["model"] for case in _CASES if after[case["case"]] != before[case["case"]]}
        assert moved <= {line.model for line in new}
        unnoticed += [line for line in new if line.model not in moved]
    write_book(folder, _VERSION, worked.tariffs(quoted, own))
    # A parent whose every part has a price of its own is not paid, nor what nobody counts.
    assert [(line.model, line.key) for line in unnoticed if isinstance(line, worked.Quoted)] == _HIDDEN
    assert len(unnoticed) == len(_HIDDEN)
    assert answers(priced) == before


def test_every_field_and_form_of_the_price_package_is_in_the_table() -> None:
    quoted = worked.price_list()
    used, tiers, kinds = set[str](), set[int](), set[str]()
    for model in (model for provider in catalogue.providers() for model in provider.models):
        conditional = [] if not isinstance(model.prices, list) else model.prices
        variants = model.price_variants or []
        kinds |= {type(item.constraint).__name__ for item in (*conditional, *variants)}
        for price in [*catalogue._all_prices(model), *(variant.prices for variant in variants)]:
            for key, value in vars(price).items():
                if value is not None:
                    used.add(key)
                    tiers.add(len(value.tiers) if isinstance(value, TieredPrices) else 0)
    keys = {line.key for line in quoted}
    assert used <= keys
    assert keys - KNOWN_KEYS == {"input_sessions"}
    assert KNOWN_KEYS - keys == {"image_each"}, "only price_overrides.csv has a price for one image"
    assert {0, 1} < tiers and max(tiers) <= max(len(line.above) for line in quoted)
    assert kinds == {"NoneType", "StartDateConstraint", "TimeOfDateConstraint"}
    assert any(line.starts for line in quoted) and any(line.window for line in quoted)
    assert {line.tier for line in quoted} == {"", *SERVICE_TIERS} - {"standard"}


def test_every_price_column_of_the_overrides_is_in_the_table() -> None:
    prices = {field.name for field in fields(PriceOverride)} - _NOT_A_PRICE
    assert {name for row in worked.overrides() for name in _filled(row)} == prices


def _filled(row: Any) -> list[str]:
    names = [field.name for field in fields(PriceOverride) if field.name not in _NOT_A_PRICE]
    return [name for name in names if getattr(row, name) is not None]
