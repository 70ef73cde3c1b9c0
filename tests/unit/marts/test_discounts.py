"""Discounts from the table to the marts: exact, pinned with the prices, and moved by repricing alone."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from orchestration.errors import TallyhouseError
from orchestration.prices import current_book
from orchestration.repricing.reprice import reprice

_HEADER = (
    "discount_id,kind,provider,provider_account,model,department,percent,per_unit,unit,apply_order,valid_from,valid_to,"
    "source\n"
)
_FRAME = "frame,discount,openai,,,,12.5,,,1,2026-11-01,,Contract 17\n"
_FEE = "fee,markup,,,,Sales,,0.05,mtok,2,,,\n"
_COSTS = "department, list_cost, markup_cost, discount_cost, effective_cost"
_EVENT = {"event_at": "2026-11-02T10:00:00Z", "provider": "openai", "model": "gpt-4o", "department": "Sales"}


def agree(home: Any, *rows: str) -> None:
    home.home.reference.mkdir(exist_ok=True)
    (home.home.reference / "discounts.csv").write_text(_HEADER + "".join(rows), encoding="utf-8")


def test_every_mart_has_list_markup_discount_and_what_is_left(small: Callable[..., Any]) -> None:
    home = small()
    agree(home, _FRAME, _FEE)
    # 2.50 dollars a million.
    home.drop(
        {**_EVENT, "event_id": "a", "uncached_input_tokens": 1_000_000},
        {**_EVENT, "event_id": "b", "uncached_input_tokens": 400_000, "department": "Legal"},
        {**_EVENT, "event_id": "c", "reported_cost": "0.3", "reported_cost_basis": "charge"},
    )
    home.land()
    home.build()
    legal = ("Legal", Decimal(1), Decimal(0), Decimal("-0.125"), Decimal("0.875"))
    sales = ("Sales", Decimal("2.8"), Decimal("0.05"), Decimal("-0.3125"), Decimal("2.5375"))
    for mart in ("daily_usage", "hourly_usage", "monthly_usage"):
        assert home.mart(mart, _COSTS) == [legal, sales]


def test_a_changed_discount_moves_no_built_day_until_it_is_repriced(small: Callable[..., Any]) -> None:
    home = small()
    home.drop({**_EVENT, "event_id": "a", "uncached_input_tokens": 1_000_000})
    home.land()
    home.build()
    before = current_book(home.home)
    agree(home, _FRAME)
    assert home.build() is None
    after = current_book(home.home)
    assert before.version != after.version
    assert (before.label, after.label) == (
        "genai-prices 0.2.3", "genai-prices 0.2.3 with 1 discount or markup",
    )  # fmt: skip
    home.drop({**_EVENT, "event_id": "late", "uncached_input_tokens": 1_000_000}, name="late.jsonl")
    home.drop({**_EVENT, "event_id": "b", "event_at": "2026-11-03T10:00:00Z", "uncached_input_tokens": 1_000_000},
              name="next.jsonl")  # fmt: skip
    home.land()
    home.build()
    costs = "usage_date::varchar, list_cost, effective_cost"
    assert home.mart("daily_usage", costs) == [
        ("2026-11-02", Decimal(5), Decimal(5)),
        ("2026-11-03", Decimal("2.5"), Decimal("2.1875")),
    ]
    done = reprice(home.home, home.settings, date(2026, 11, 1), date(2026, 11, 30), publish=True)
    assert (done.days, done.old, done.new) == ((date(2026, 11, 2),), Decimal(5), Decimal("4.375"))
    assert home.mart("daily_usage", costs)[0] == ("2026-11-02", Decimal(5), Decimal("4.375"))


def test_where_a_contract_is_filed_is_no_part_of_a_version_and_a_wrong_row_is_refused(
    small: Callable[..., Any],
) -> None:
    home = small()
    agree(home, _FRAME)
    known = current_book(home.home)
    agree(home, _FRAME.replace("Contract 17", "Shelf 3"))
    assert current_book(home.home).version == known.version
    known.discounts_path.unlink()
    assert current_book(home.home) == known and known.discounts_path.is_file()
    agree(home, _FRAME.replace("12.5", "101"))
    with pytest.raises(TallyhouseError, match="line 2, column percent"):
        current_book(home.home)


def test_an_amount_too_large_for_a_discount_is_refused_and_nothing_is_published(small: Callable[..., Any]) -> None:
    home = small()
    agree(home, _FRAME)
    home.drop({**_EVENT, "event_id": "a", "uncached_input_tokens": 10**14, "output_tokens": 10**14})
    home.land()
    assert home.build() is not None
    home.drop({**_EVENT, "event_id": "b", "event_at": "2026-11-03T10:00:00Z", "uncached_input_tokens": 10**15 - 1,
               "output_tokens": 10**15 - 1}, name="more.jsonl")  # fmt: skip
    home.land()
    with pytest.raises(TallyhouseError, match="nothing was published"):
        home.build()
