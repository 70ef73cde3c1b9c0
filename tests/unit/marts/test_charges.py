"""What statements charge, from events and tables to the mart: credits that run out, tax, cents, closed months."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from orchestration.errors import TallyhouseError
from orchestration.pipeline import plan_build

_GRANTS = "grant_id,scope_type,scope,kind,amount,unit,use_order,valid_from,valid_to,provider,model,note\n"
_TAXES = "jurisdiction,name,percent,mode,scope_type,scope,applies_to,valid_from,valid_to\n"
_EVENT = {"provider": "openai", "model": "gpt-4o", "uncached_input_tokens": 400_000}  # exactly $1
_LINES = "month::varchar, scope_type, scope, line_kind, grant_id, amount, rounded_amount"


def tables(home: Any, **rows: str) -> None:
    home.home.reference.mkdir(exist_ok=True)
    for name, text in rows.items():
        header = {"credit_grants": _GRANTS, "taxes": _TAXES}[name]
        (home.home.reference / f"{name}.csv").write_text(header + text, encoding="utf-8")


def event(day: str, department: str, dollars: int = 1, **more: Any) -> dict[str, Any]:
    tokens = 400_000 * dollars
    known = {**_EVENT, "event_id": f"{day}-{department}-{dollars}", "event_at": f"{day}T10:00:00Z"}
    return {**known, "department": department, **more, "uncached_input_tokens": tokens}


def credits(home: Any) -> list[tuple[Any, ...]]:
    lines = home.mart("monthly_charges", "month::varchar, scope_type, scope, line_kind, grant_id, amount, left_after")
    return [(m[:7], kind, *rest) for m, kind, *rest in lines if rest[2]]


def charged(home: Any, scope_type: str, scope: str = "") -> dict[str, Decimal]:
    """What a statement charges by month."""
    sums: dict[str, Decimal] = {}
    columns = "month::varchar, scope_type, scope, rounded_amount, is_charged"
    for month, kind, name, amount, counts in home.mart("monthly_charges", columns):
        if (kind, name) == (scope_type, scope) and counts:
            sums[month[:7]] = sums.get(month[:7], Decimal(0)) + amount
    return sums


def test_a_grant_runs_out_in_the_middle_of_a_month_and_the_next_one_goes_on(small: Callable[..., Any]) -> None:
    home = small()
    tables(
        home,
        credit_grants="welcome,organisation,,promotional,5,USD,1,2026-09-15,,openai,,\n"
        "prepaid,department,Sales,topup,100,USD,2,,2026-10-21,,,\n",
        taxes="GB,VAT,20,exclusive,organisation,,all,,\n",
    )
    home.drop(
        event("2026-09-14", "Legal", 7),  # before the grant
        event("2026-09-20", "Legal", 2),
        event("2026-10-05", "Sales", 1),
        event("2026-10-10", "Legal", 1),
        event("2026-10-10", "Sales", 3),  # 1 of welcome is left for this day after Legal took 1
        event("2026-10-20", "Sales", 4),
        event("2026-10-21", "Sales", 8),  # the day on which the topup no longer holds
    )
    home.land()
    home.build()
    assert credits(home) == [
        ("2026-09", "department", "Legal", "promotional_credit", "welcome", Decimal(-2), None),
        ("2026-09", "organisation", "", "promotional_credit", "welcome", Decimal(-2), Decimal(3)),
        ("2026-10", "department", "Legal", "promotional_credit", "welcome", Decimal(-1), None),
        ("2026-10", "department", "Sales", "prepaid_credit", "prepaid", Decimal(-6), Decimal(94)),
        ("2026-10", "department", "Sales", "promotional_credit", "welcome", Decimal(-2), None),
        ("2026-10", "organisation", "", "prepaid_credit", "prepaid", Decimal(-6), Decimal(94)),
        ("2026-10", "organisation", "", "promotional_credit", "welcome", Decimal(-3), Decimal(0)),
    ]
    # October: 17 of usage, 3 of them promoted; 20 % of 14 is 2.80; 6 were paid before.
    assert charged(home, "organisation") == {"2026-09": Decimal("8.40"), "2026-10": Decimal("10.80")}
    assert charged(home, "department", "Sales") == {"2026-10": Decimal("10.80")}
    assert charged(home, "department", "Legal") == {"2026-09": Decimal("8.40"), "2026-10": Decimal("0.00")}


def test_late_usage_of_an_open_month_moves_the_later_ones_and_a_second_run_has_nothing_to_do(
    small: Callable[..., Any],
) -> None:
    home = small()
    tables(home, credit_grants="welcome,organisation,,promotional,5,USD,1,,,,,\n")
    home.drop(event("2026-09-20", "Legal", 2), event("2026-10-05", "Sales", 9))
    home.land()
    home.build()
    assert charged(home, "organisation") == {"2026-09": Decimal(0), "2026-10": Decimal(6)}
    assert home.build() is None
    home.drop(event("2026-09-21", "Legal", 1), name="late.jsonl")
    home.land()
    assert home.build().months == (date(2026, 9, 1), date(2026, 10, 1))
    assert charged(home, "organisation") == {"2026-09": Decimal(0), "2026-10": Decimal(7)}
    assert home.build() is None


def test_only_months_that_a_changed_table_speaks_of_are_built_again(small: Callable[..., Any]) -> None:
    home = small()
    home.drop(event("2026-09-20", "Legal", 2), event("2026-10-05", "Legal", 9))
    home.land()
    home.build()
    tables(home, taxes="GB,VAT,20,exclusive,organisation,,all,2026-10-31,\n")
    assert [item.month for item in plan_build(home.home, home.settings).months] == [date(2026, 10, 1)]
    home.build()
    assert charged(home, "organisation") == {"2026-09": Decimal(2), "2026-10": Decimal("10.80")}
    tables(home, taxes="GB,VAT,20,exclusive,organisation,,all,2026-11-01,\n")
    home.build()
    assert charged(home, "organisation")["2026-10"] == Decimal(9)


def test_tax_is_that_of_the_printed_sum_on_each_statement(small: Callable[..., Any]) -> None:
    home = small()
    tables(
        home,
        taxes="GB,VAT,10,exclusive,organisation,,usage,,\nIE,VAT,23,inclusive,department,Sales,all,,\n"
        "GB,Shared,50,exclusive,organisation,,shared_costs,,\n",
    )
    home.drop(
        event("2026-10-05", "A", 1, reported_cost="0.05", reported_cost_basis="charge"),
        event("2026-10-05", "B", 1, reported_cost="0.05", reported_cost_basis="charge"),
        event("2026-10-05", "Sales", 1, reported_cost="1.23", reported_cost_basis="charge"),
    )
    home.land()
    home.build()
    lines = [row[1:] for row in home.mart("monthly_charges", _LINES) if row[3].startswith("tax")]
    # 10 % of 0.10 is a cent; of 0.05 it is half a cent, which each department's own statement rounds up.
    assert lines == [
        ("department", "A", "tax_added", "", Decimal("0.005"), Decimal("0.01")),
        ("department", "B", "tax_added", "", Decimal("0.005"), Decimal("0.01")),
        ("department", "Sales", "tax_contained", "", Decimal("0.23"), Decimal("0.23")),
        ("organisation", "", "tax_added", "", Decimal("0.01"), Decimal("0.01")),
        ("organisation", "", "tax_contained", "", Decimal("0.23"), Decimal("0.23")),
    ]
    assert charged(home, "organisation") == {"2026-10": Decimal("1.34")}


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("g,organisation,,promotional,5,EUR,1,,,,,\n", "line 2, column unit: 'EUR'"),
        ("g,workspace,Support,promotional,5,USD,1,,,,,\n", "line 2, column scope_type: 'workspace'"),
    ],
)
def test_grants_that_no_statement_could_charge_are_refused_with_their_line(
    small: Callable[..., Any], row: str, wrong: str
) -> None:
    home = small()
    tables(home, credit_grants=row)
    home.drop(event("2026-10-05", "Sales", 1))
    home.land()
    with pytest.raises(TallyhouseError, match=wrong):
        home.build()


def test_usage_of_today_waits_until_the_day_is_complete(small: Callable[..., Any]) -> None:
    home = small()
    home.drop(event("2026-11-20", "Sales", 1), event("2026-11-21", "Sales", 5))
    home.land()
    home.build()
    assert charged(home, "organisation") == {"2026-11": Decimal(1)}
