"""Flat fees and least spends from the table to what statements charge, by hand."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from orchestration.errors import SettingsError

_HEADER = "commitment_id,name,kind,provider,models,amount,currency,valid_from,valid_to,source\n"
_FLAT = "capacity,Reserved capacity,flat,openai,gpt-4o,{},USD,2026-10-01,2026-11-01,Contract 31\n"
_LEAST = "frame,Frame contract,minimum,openai,,{},USD,2026-10-01,2026-11-01,Contract 17\n"
_USED = {"provider": "openai", "model": "gpt-4o", "event_at": "2026-10-05T10:00:00Z"}
_LINES = "month::varchar, scope, scope_type, line_order, line_kind, amount, rounded_amount"


def commit(home: Any, *rows: str, **tables: str) -> None:
    home.home.reference.mkdir(exist_ok=True)
    (home.home.reference / "commitments.csv").write_text(_HEADER + "".join(rows), encoding="utf-8")
    for name, text in tables.items():
        (home.home.reference / f"{name}.csv").write_text(text, encoding="utf-8")


def use(home: Any) -> None:
    """In October Sales $6 and Legal $3 of gpt-4o, and Legal $2 of another model; in November $1, so October is over."""
    home.drop(
        {**_USED, "event_id": "a", "uncached_input_tokens": 2_400_000, "department": "Sales"},
        {**_USED, "event_id": "b", "uncached_input_tokens": 1_200_000, "department": "Legal"},
        {**_USED, "event_id": "c", "uncached_input_tokens": 1_000_000, "department": "Legal", "model": "gpt-4.1"},
        {**_USED, "event_id": "d", "uncached_input_tokens": 400_000, "event_at": "2026-11-02T10:00:00Z"},
    )
    home.land()


def charged(home: Any, scope: str = "", kind: str = "organisation") -> list[tuple[str, Decimal]]:
    """The lines of October's statement, in cents."""
    rows = home.mart("monthly_charges", _LINES)
    return [(row[4], row[6]) for row in rows if row[:3] == ("2026-10-01", scope, kind)]


def cents(*lines: tuple[str, str]) -> list[tuple[str, Decimal]]:
    return [(kind, Decimal(amount)) for kind, amount in lines]


def test_a_flat_fee_covers_its_usage_and_is_divided_by_list_cost(small: Callable[..., Any]) -> None:
    """6 and 3 at list price are free; the fee of 6 is 4 and 2, and tax is on what is charged. A grant finds $2 only."""
    home = small()
    grants = "grant_id,scope_type,scope,kind,amount,unit,use_order,valid_from,valid_to,provider,model,note\n"
    taxes = "jurisdiction,name,percent,mode,scope_type,scope,applies_to,valid_from,valid_to\n"
    commit(
        home,
        _FLAT.format("6.00"),
        credit_grants=f"{grants}welcome,organisation,,promotional,5,USD,1,,2026-11-01,,,\n",
        taxes=f"{taxes}GB,VAT,20,exclusive,organisation,,usage,,\n",
    )
    use(home)
    manifest = home.build().manifest
    october = manifest.months[date(2026, 10, 1)]
    assert (Decimal(october.spend), Decimal(october.shared_costs)) == (Decimal(2), Decimal(6))
    assert charged(home) == cents(
        ("usage", "9.00"), ("usage", "2.00"), ("discount", "-9.00"), ("promotional_credit", "-2.00"),
        ("commitment", "6.00"), ("tax_added", "1.20"),
    )  # fmt: skip
    assert charged(home, "Sales", "department") == cents(
        ("usage", "6.00"), ("discount", "-6.00"), ("commitment", "4.00"), ("tax_added", "0.80")
    )
    assert charged(home, "Legal", "department")[-2:] == cents(("commitment", "2.00"), ("tax_added", "0.40"))
    # The amortised cost of a department: what it spent and its share of the fee.
    bears = home.mart("monthly_allocation", "month::varchar, department, kind, amount")
    assert [row[1:] for row in bears if row[0] == "2026-10-01" and row[3]] == [
        ("Legal", "commitment", Decimal(2)), ("Legal", "direct", Decimal(2)), ("Sales", "commitment", Decimal(4)),
    ]  # fmt: skip


def test_what_nobody_used_of_a_flat_fee_is_the_organisations(small: Callable[..., Any]) -> None:
    home = small()
    commit(home, _FLAT.format("20.00"))
    use(home)
    home.build()
    assert charged(home)[-3:] == cents(("discount", "-9.00"), ("commitment_unused", "11.00"), ("commitment", "9.00"))
    assert charged(home, "Sales", "department")[-1:] == cents(("commitment", "6.00"))
    assert charged(home, "", "department") == cents(("commitment_unused", "11.00"))


@pytest.mark.parametrize(("amount", "owed"), [("11.00", []), ("11.01", ["0.01"]), ("50.00", ["39.00"])])
def test_of_a_least_spend_is_owed_what_was_not_spent(small: Callable[..., Any], amount: str, owed: list[str]) -> None:
    home = small()
    commit(home, _LEAST.format(amount))
    use(home)
    home.build()
    unused = [("commitment_unused", each) for each in owed]
    assert charged(home) == cents(("usage", "9.00"), ("usage", "2.00"), *unused)
    assert charged(home, "", "department") == cents(*unused)


def test_a_month_to_date_has_the_fee_of_its_days_and_no_least_spend(small: Callable[..., Any]) -> None:
    """Two of November's thirty days are complete: 100 * 2 / 30 is 6.67, of which 1.00 is used."""
    home = small()
    rows = [row.replace("2026-11-01", "") for row in (_FLAT.format("100.00"), _LEAST.format("100.00"))]
    commit(home, *rows)
    use(home)
    home.build()
    november = [row for row in home.mart("monthly_charges", _LINES) if row[0] == "2026-11-01" and not row[1]]
    assert [row[4:] for row in november if row[2] == "organisation"][-2:] == [
        ("commitment_unused", Decimal("5.666666666666666667"), Decimal("5.67")),
        ("commitment", Decimal(1), Decimal("1.00")),
    ]


def test_the_fee_is_owed_at_once_and_frees_built_days_when_they_are_repriced(small: Callable[..., Any]) -> None:
    home = small()
    commit(home)
    use(home)
    home.build()
    commit(home, _FLAT.format("6.00"))
    report = home.build()
    assert (report.days, report.months) == ((), (date(2026, 10, 1),))
    assert charged(home) == cents(("usage", "9.00"), ("usage", "2.00"), ("commitment", "6.00"))
    commit(home, _FLAT.format("7.00"))
    assert home.build().months == (date(2026, 10, 1),)
    assert charged(home)[-1:] == cents(("commitment", "7.00"))
    assert home.build() is None


def test_two_fees_for_the_same_usage_and_a_currency_without_a_rate_are_refused(small: Callable[..., Any]) -> None:
    home = small()
    use(home)
    twice = _FLAT.format("1").replace("capacity", "other").replace(",gpt-4o,", ",,")
    commit(home, _FLAT.format("1"), twice, _LEAST.format("1"))
    with pytest.raises(SettingsError, match="line 3: other is for usage that line 2 is for already"):
        home.build()
    commit(home, _FLAT.format("1"), twice.replace(",,1,", ",gpt-4.1,1,"), _LEAST.format("1"))
    home.build()
    commit(home, _LEAST.format("10").replace("USD", "EUR"))
    with pytest.raises(SettingsError, match=r"commitments\.csv: frame is in EUR, and fx_rates\.csv has no rate of it"):
        home.build()
