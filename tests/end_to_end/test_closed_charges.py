"""A tax, a credit and a shared cost that change after a month was closed: seen, and restated or carried to the cent."""

import csv
import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.closing.account import charged_in
from orchestration.closing.close import close_month, restate_month
from orchestration.closing.differences import charged_of, find_differences
from orchestration.home import Home
from orchestration.pipeline import plan_build
from reports.statement import Scope, file_name
from reports.values import CHARGED
from tests.end_to_end.test_charges import LATER, NOVEMBER, OCTOBER, sums, text_of, write
from tests.end_to_end.test_closing import late_file, policy
from tests.support.homes import KEPT_DEPARTMENTS, command, contents, copy_home, main_job, settings_of
from tests.support.ledgers import each_day, priced_home, rows, spend

SCOPES = [Scope("organisation"), *(Scope("department", name) for name in KEPT_DEPARTMENTS)]
ZERO = Decimal(0)


def tables(home: Home, *, tax: str, credit: str, shared: str) -> None:
    write(home, "credit_grants.csv", f"welcome,organisation,,promotional,{credit},USD,1,2026-10-01,,,,")
    write(home, "taxes.csv", f"GB,VAT,{tax},exclusive,organisation,,all,,")
    write(home, "shared_costs.csv", f"gateway,Gateway hosting,cost,{shared},USD,even,department,,,2026-10-01,")


def charged(home: Home, month: date) -> Mapping[Scope, Decimal]:
    """What each statement would charge by what is known today."""
    return {scope: charged_in(home.current_marts.resolve(), month, scope, "USD") for scope in SCOPES}


def printed(home: Home, month: date) -> Mapping[Scope, Decimal]:
    """What each issued statement charges in all, from its CSV."""
    found = {}
    for scope in SCOPES:
        rows = sums(home.statements / f"{month:%Y-%m}" / f"{file_name(scope)}.csv")
        found[scope] = rows.get("Amount charged, USD", rows.get("Total, USD", ZERO))
    return found


def corrections(home: Home, month: date, scope: Scope) -> list[Mapping[str, str]]:
    with (home.statements / f"{month:%Y-%m}" / f"{file_name(scope)}.csv").open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["kind"] == "correction"]


@pytest.fixture(scope="module")
def closed(published: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """October closed with 20 % tax, a credit of 0.50 that it used up, and $30 shared evenly. Not to be changed."""
    home = copy_home(published, tmp_path_factory.mktemp("closed") / "home")
    tables(home, tax="20", credit="0.50", shared="30.00")
    main_job(home)
    close_month(home, settings_of(home), OCTOBER, approved_by="Ada Osei", reason="the test")
    return home


def test_tables_alone_change_what_is_known_and_a_restatement_has_their_lines(closed: Home, tmp_path: Path) -> None:
    home = copy_home(closed, tmp_path / "home")
    before, files = charged(home, OCTOBER), contents(home.statements / "2026-10")
    assert printed(home, OCTOBER) == before
    tables(home, tax="21", credit="0.75", shared="45.00")
    main_job(home)
    assert contents(home.statements / "2026-10") == files
    known = charged(home, OCTOBER)
    (found,) = find_differences(home)
    assert found.cost == 0
    for scope in SCOPES:
        assert charged_of(found.lines, scope.kind, scope.name) == known[scope] - before[scope] > 0
    by_kind = {kind: sum((line.cost for line in found.lines if line.kind == kind and not line.department), ZERO)
               for kind in CHARGED}  # fmt: skip
    assert (by_kind["spend"], by_kind["promotional_credit"]) == (0, Decimal("-0.25"))
    named = {line.name: line.cost for line in found.lines if line.kind == "tax_added" and not line.department}
    assert named.keys() == {"GB VAT 20%", "GB VAT 21%"} and named["GB VAT 20%"] < 0 < named["GB VAT 21%"]
    shares = [line for line in found.lines if line.kind == "shared"]
    assert [line.cost for line in shares] == [Decimal(5)] * 3 and sum(line.cost for line in shares) == 15
    more = f"+${known[SCOPES[0]] - before[SCOPES[0]]:,}"
    told = command(home, "status").out
    assert f"; as known +$0.00 since closing, {more} charged, 3 shares of shared costs are others: tallyhouse" in told
    plan = command(home, "restate", "2026-10", "--plan").out
    assert "GB VAT 21%" in plan and "gateway" in plan and more in plan
    (said,) = json.loads(command(home, "restate", "2026-10", "--plan", "--json").out)
    assert Decimal(said["charged"]) == known[SCOPES[0]] - before[SCOPES[0]]

    restate_month(home, settings_of(home), OCTOBER, approved_by="Ada Osei", reason="the new rate of tax")
    assert printed(home, OCTOBER) == known
    assert find_differences(home) == []
    for scope in SCOPES:
        rows = corrections(home, OCTOBER, scope)
        changed = sum((Decimal(row["exact_amount"]) for row in rows if row["line_kind"] in CHARGED), ZERO)
        assert changed == known[scope] - before[scope]
    text = text_of(home.statements / "2026-10" / "organisation.pdf")
    assert "GB VAT 21%" in text and "Gateway" in text and f"Total change {more.replace('$', '')}" in text
    # What was restated with more of a credit moves no other month: nothing is to be built again.
    assert plan_build(home, settings_of(home)).is_empty


@pytest.mark.parametrize("change", [lambda home: None, late_file], ids=["tables", "tables and usage"])
def test_by_policy_the_next_month_charges_what_october_should_have(
    closed: Home, tmp_path: Path, change: Callable[[Home], object]
) -> None:
    home = copy_home(closed, tmp_path / "home")
    policy(home, "{late_usage: carry_forward}")
    before = printed(home, OCTOBER)
    tables(home, tax="21", credit="0.75", shared="45.00")
    change(home)
    main_job(home, now=LATER)
    october, november = charged(home, OCTOBER), charged(home, NOVEMBER)
    close_month(home, settings_of(home, LATER), NOVEMBER, approved_by="Ada Osei", reason="the test")
    assert printed(home, OCTOBER) == before
    for scope in SCOPES:
        assert printed(home, NOVEMBER)[scope] == november[scope] + october[scope] - before[scope]
    assert find_differences(home) == []
    assert plan_build(home, settings_of(home, LATER)).is_empty

    # Taken back: what was carried is a difference the other way round.
    tables(home, tax="20", credit="0.75", shared="30.00")
    main_job(home, now=LATER)
    again = {item.record.month: item for item in find_differences(home)}
    known = charged(home, OCTOBER)
    for scope in SCOPES:
        assert charged_of(again[OCTOBER].lines, scope.kind, scope.name) == known[scope] - october[scope] < 0
    assert [line.cost for line in again[OCTOBER].lines if line.kind == "shared"] == [Decimal(-5)] * 3


def test_what_an_earlier_version_carried_counts_with_the_tax_that_it_charged(closed: Home, tmp_path: Path) -> None:
    home = copy_home(closed, tmp_path / "home")
    policy(home, "{late_usage: carry_forward}")
    late_file(home)
    main_job(home, now=LATER)
    close_month(home, settings_of(home, LATER), NOVEMBER, approved_by="Ada Osei", reason="the test")
    assert find_differences(home) == []
    carried = home.closed / "2026-11" / "1" / "carried.json"
    lines = [line for line in json.loads(carried.read_text(encoding="utf-8")) if line["kind"] == "usage"]
    for line in lines:
        del line["kind"], line["scope_type"], line["name"]
    carried.write_text(json.dumps(lines), encoding="utf-8")
    (found,) = find_differences(home)
    for scope in SCOPES:
        assert charged_of(found.lines, scope.kind, scope.name) == 0
    assert found.cost == 0


def test_a_tax_of_the_same_rate_on_something_else_is_a_difference(tmp_path: Path) -> None:
    home = priced_home(tmp_path / "home")
    spend(home, "october", each_day(OCTOBER, {"Law": "10"}))
    rows(home, "shared_costs.csv", "gateway,Gateway,cost,1200.00,USD,even,department,Law;Ops,,2026-10-01")
    rows(home, "taxes.csv", "GB,VAT,20,exclusive,organisation,,usage")
    main_job(home)
    close_month(home, settings_of(home), OCTOBER, approved_by="Ada Osei")
    rows(home, "taxes.csv", "GB,VAT,20,exclusive,organisation,,all")
    main_job(home)
    (found,) = find_differences(home)
    assert found.charged == Decimal("240.00")
    assert [charged_of(found.lines, "department", name) for name in ("Law", "Ops")] == [Decimal("120.00")] * 2
    restate_month(home, settings_of(home), OCTOBER, approved_by="Ada Osei", reason="hosting is taxed too")
    assert sums(home.statements / "2026-10" / "organisation.csv")["Total, USD"] == Decimal("1812.00")
    assert find_differences(home) == []


def test_a_department_without_usage_has_what_is_carried_to_it_and_its_balance(tmp_path: Path) -> None:
    home = priced_home(tmp_path / "home", settings="\nclose: {late_usage: carry_forward}\n")
    spend(home, "october", each_day(OCTOBER, {"Law": "10", "Ops": "1"}))
    spend(home, "november", each_day(NOVEMBER, {"Law": "10"}))
    rows(home, "payments.csv", "P-1,2026-10-20,4.00,USD,department,Ops")
    main_job(home, now=LATER)
    close_month(home, settings_of(home, LATER), OCTOBER, approved_by="Ada Osei")
    assert sums(home.statements / "2026-10" / "department-ops.csv")["Balance due, USD"] == Decimal("27.00")
    spend(home, "late", [(date(2026, 10, 9), "Ops", "5")])
    main_job(home, now=LATER)
    close_month(home, settings_of(home, LATER), NOVEMBER, approved_by="Ada Osei")
    ops = sums(home.statements / "2026-11" / "department-ops.csv")
    assert (ops["Corrections to closed months"], ops["Opening balance"]) == (Decimal("5.00"), Decimal("27.00"))
    assert ops["Balance due, USD"] == Decimal("32.00")
    assert "Balance due" in text_of(home.statements / "2026-11" / "department-ops.pdf")
