"""Shared costs and untagged usage from the tables to the published mart: divided by rule, to the last digit."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from orchestration.errors import SettingsError

_HEADER = "shared_id,name,kind,amount,currency,rule,target_type,targets,weights,valid_from,valid_to\n"
_GATEWAY = "gateway,Gateway hosting,cost,100.00,USD,weight,cost_centre,CC-1;CC-2;CC-3,1;1;1,2026-11-01,\n"
_REST = "rest,Untagged usage,untagged,,,use,department,,,,\n"
_DEPARTMENTS = (
    "department,cost_centre,owner,owner_email,valid_from,valid_to\nSales,CC-1,,,,\nLegal,CC-2,,,,\nOps,CC-4,,,,\n"
)
_EVENT = {"event_at": "2026-11-02T10:00:00Z", "provider": "openai", "model": "gpt-4o"}
_COLUMNS = "cost_centre, department, kind, shared_id, amount"


def share(home: Any, *rows: str, rates: str = "") -> None:
    folder = home.home.reference
    folder.mkdir(exist_ok=True)
    (folder / "shared_costs.csv").write_text(_HEADER + "".join(rows), encoding="utf-8")
    (folder / "departments.csv").write_text(_DEPARTMENTS, encoding="utf-8")
    if rates:
        (folder / "fx_rates.csv").write_text(f"currency,rate_date,rate,source\n{rates}", encoding="utf-8")


def use(home: Any, day: str = "2026-11-02") -> None:
    """Sales $5, Legal $2.50 and nobody $1, at 2.50 dollars a million."""
    event = {**_EVENT, "event_at": f"{day}T10:00:00Z"}
    home.drop(
        {**event, "event_id": "a", "uncached_input_tokens": 2_000_000, "department": "Sales"},
        {**event, "event_id": "b", "uncached_input_tokens": 1_000_000, "department": "Legal"},
        {**event, "event_id": "c", "uncached_input_tokens": 400_000},
    )
    home.land()


def test_every_cost_centre_bears_its_own_usage_and_its_shares(small: Callable[..., Any]) -> None:
    home = small()
    share(home, _GATEWAY, _REST)
    use(home)
    report = home.build()
    assert home.mart("monthly_allocation", _COLUMNS) == [
        ("", "", "untagged", "", Decimal(1)),
        ("", "", "untagged_share", "rest", Decimal(-1)),
        ("CC-1", "Sales", "direct", "", Decimal(5)),
        ("CC-1", "Sales", "shared", "gateway", Decimal("33.333333333333333334")),
        ("CC-1", "Sales", "untagged_share", "rest", Decimal("0.666666666666666667")),
        ("CC-2", "Legal", "direct", "", Decimal("2.5")),
        ("CC-2", "Legal", "shared", "gateway", Decimal("33.333333333333333333")),
        ("CC-2", "Legal", "untagged_share", "rest", Decimal("0.333333333333333333")),
        ("CC-3", "", "shared", "gateway", Decimal("33.333333333333333333")),
    ]
    assert home.mart("monthly_allocation", "sum(amount)") == [(Decimal("108.5"),)]
    month = report.manifest.months[date(2026, 11, 1)]
    assert (Decimal(month.spend), Decimal(month.shared_costs)) == (Decimal("8.5"), Decimal(100))


def test_shares_are_charged_and_taxed_once_the_month_is_over(small: Callable[..., Any]) -> None:
    """October: $5 and $2.50 of usage, $1 of nobody's; 100 shared by three; 10 % on usage, 20 % on shared costs."""
    home = small()
    share(home, _GATEWAY.replace("2026-11-01", "2026-10-01"), _REST)
    (home.home.reference / "taxes.csv").write_text(
        "jurisdiction,name,percent,mode,scope_type,scope,applies_to,valid_from,valid_to\n"
        "GB,Use,10,exclusive,organisation,,usage,,\nGB,Share,20,exclusive,organisation,,shared_costs,,\n",
        encoding="utf-8",
    )
    use(home, "2026-10-31")
    home.drop({**_EVENT, "event_id": "later", "uncached_input_tokens": 400_000, "department": "Sales"}, name="d.jsonl")
    home.land()
    home.build()
    columns = "month::varchar, scope_type, scope, line_order, line_kind, amount, rounded_amount"
    found = [row[1:3] + row[4:] for row in home.mart("monthly_charges", columns) if row[0] == "2026-10-01"]
    third = Decimal("33.333333333333333333")
    assert [row for row in found if row[0] == "organisation"] == [
        ("organisation", "", "usage", Decimal("8.5"), Decimal("8.50")),
        ("organisation", "", "shared", Decimal(100), Decimal("100.00")),
        ("organisation", "", "tax_added", Decimal(20), Decimal("20.00")),
        ("organisation", "", "tax_added", Decimal("0.85"), Decimal("0.85")),
    ]
    assert [row[2:] for row in found if row[1] == "Sales"] == [
        ("usage", Decimal(5), Decimal("5.00")),
        ("untagged_share", Decimal("0.666666666666666667"), Decimal("0.67")),
        ("shared", third + Decimal("1e-18"), Decimal("33.33")),
        ("tax_added", Decimal("6.666"), Decimal("6.67")),
        ("tax_added", Decimal("0.567"), Decimal("0.57")),
    ]
    # CC-3 is of no department, so nobody is charged its share.
    assert [row[2:] for row in found if row[0] == "department" and not row[1]][:3] == [
        ("usage", Decimal(1), Decimal("1.00")),
        ("untagged_share", Decimal(-1), Decimal("-1.00")),
        ("shared", third, Decimal("33.33")),
    ]
    november = [row[4] for row in home.mart("monthly_charges", columns) if row[0] == "2026-11-01"]
    assert "shared" not in november and "usage" in november


def test_a_changed_rule_builds_its_months_again_and_no_day(small: Callable[..., Any]) -> None:
    home = small()
    share(home)
    use(home)
    home.build()
    assert home.mart("monthly_allocation", _COLUMNS) == [
        ("", "", "untagged", "", Decimal(1)),
        ("CC-1", "Sales", "direct", "", Decimal(5)),
        ("CC-2", "Legal", "direct", "", Decimal("2.5")),
    ]
    share(home, _GATEWAY.replace("2026-11-01", "2026-12-01"))
    assert home.build() is None
    share(home, _GATEWAY.replace("weight", "even").replace("1;1;1", ""))
    report = home.build()
    assert (report.days, report.months) == ((), (date(2026, 11, 1),))
    assert home.mart("monthly_allocation", "sum(amount)") == [(Decimal("108.5"),)]


def test_what_nobody_can_be_given_stays_with_nobody(small: Callable[..., Any]) -> None:
    home = small()
    share(home, "line,Line,cost,10,USD,use,department,Ops,,,\n", _REST.replace("use,department,", "use,department,Ops"))
    use(home)
    home.build()
    assert [row for row in home.mart("monthly_allocation", _COLUMNS) if row[2] != "direct"] == [
        ("", "", "shared", "line", Decimal(10)),
        ("", "", "untagged", "", Decimal(1)),
        ("", "", "untagged_share", "rest", Decimal(0)),
        ("CC-4", "Ops", "shared", "line", Decimal(0)),
        ("CC-4", "Ops", "untagged_share", "rest", Decimal(0)),
    ]


def test_another_currency_is_converted_at_the_rate_of_the_months_last_day(small: Callable[..., Any]) -> None:
    home = small()
    abroad = _GATEWAY.replace("USD", "EUR").replace("CC-1;CC-2;CC-3,1;1;1", "CC-1,1")
    use(home)
    share(home, abroad, rates="EUR,2026-11-21,1.2,\n")
    with pytest.raises(SettingsError, match=r"gateway is in EUR, and fx_rates\.csv has no rate of it on or before"):
        home.build()
    share(home, abroad, rates="EUR,2026-11-01,1.0842,\nEUR,2026-11-21,1.2,\n")
    home.build()
    columns = "whole, currency, fx_rate, fx_date::varchar, amount"
    assert [row for row in home.mart("monthly_allocation", columns) if row[1]] == [
        (Decimal("108.42"), "EUR", Decimal("1.0842"), "2026-11-01", Decimal("108.42")),
    ]


def test_one_rule_for_untagged_usage_holds_in_a_month(small: Callable[..., Any]) -> None:
    home = small()
    use(home)
    share(home, _REST, _REST.replace("rest,", "other,"))
    with pytest.raises(SettingsError, match="line 3: untagged usage overlaps line 2"):
        home.build()
    later = _REST.replace("rest,", "other,").replace(",,\n", ",2026-12-01,\n")
    share(home, _REST.replace(",,\n", ",,2026-12-01\n"), later)
    home.build()
