"""The page of cost centres, a department's shares and the lines of the CSV: cents that add up, and nobody else's."""

import csv
import io
import os
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from reports import pdf
from reports.allocation import MOST_CENTRES, allocation
from reports.layout import faults
from reports.narrative.allocation import divided, left_with_nobody
from reports.queries import read_facts
from reports.statement import Issuer, Scope, build, html
from reports.twin import twin
from tests.unit.reports.allocation_fixture import add_allocation, gateway, untagged
from tests.unit.reports.marts_fixture import build_marts

D = Decimal
OCTOBER = date(2026, 10, 1)
ORGANISATION = Scope("organisation")
CENTRES = [("CC-2100", "Engineering"), ("CC-3100", "Sales Operations"), ("CC-4100", "Customer Support")]
GATEWAY = gateway([(*CENTRES[0], "600"), (*CENTRES[1], "300"), (*CENTRES[2], "300")])
LONG = "Unbrokennameoffiftyfivecharactersforthetestofthetable55"


@pytest.fixture(scope="module")
def with_untagged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented company, where one project names nobody, and a rule gives two thirds of a third of it on."""
    edit = "UPDATE usage SET department = '', cost_centre = '' WHERE project = 'Policy search'"
    return build_marts(tmp_path_factory.mktemp("untagged") / "marts", edits=[edit], daily_from=date(2026, 10, 1))


def copy(marts: Path, folder: Path) -> Path:
    return Path(shutil.copytree(marts, folder, copy_function=os.link))


def spend(marts: Path, where: str = "true") -> Decimal:
    found = duckdb.execute(f"SELECT sum(effective_cost) FROM '{marts}/monthly_usage/2026-10.parquet' WHERE {where}")
    row = found.fetchone()
    assert row is not None
    return Decimal(row[0])


def rest(marts: Path) -> list[tuple[str, str, str]]:
    """All untagged usage, an uneven third of it to one and the others to the other."""
    whole = spend(marts, "department = ''")
    third = (whole / 3).quantize(D("1e-18"))
    return [(*CENTRES[0], f"{third:f}"), (*CENTRES[1], f"{whole - third:f}")]


def test_rows_and_columns_add_up_to_what_the_month_is_charged(
    with_untagged: Path, issuer: Issuer, tmp_path: Path
) -> None:
    marts = add_allocation(copy(with_untagged, tmp_path / "marts"), [*GATEWAY, *untagged(rest(with_untagged))])
    facts = read_facts(marts, OCTOBER, ORGANISATION)
    found = allocation(facts)
    assert found is not None
    cents = spend(marts).quantize(D("0.01"))
    assert (found.own, found.shared, found.total) == (cents, D(1200), cents + 1200)
    assert sum(row.direct for row in found.rows) == cents
    assert sum(row.untagged for row in found.rows) == 0
    assert sum(row.total for row in found.rows) == found.total
    nobody = found.rows[-1]
    assert (nobody.name, nobody.note, nobody.total) == ("Nobody", "untagged usage", 0)
    assert nobody.direct == found.untagged_given == spend(marts, "department = ''").quantize(D("0.01"))
    by_name = {row.name: row for row in found.rows}
    assert by_name["CC-2100"].note == "Engineering" and by_name["CC-2100"].shared == 600
    assert [(line.name, line.how, line.amount) for line in found.lines] == [
        ("Gateway hosting", "by weight among 3", D(1200)),
        ("Untagged usage", "by use among 2", nobody.direct),
    ]
    assert found.centres == 3
    rows = build(marts, OCTOBER, ORGANISATION, issuer, attachment="organisation.csv").charges.rows
    assert [(row.name, row.note, row.amount) for row in rows[-3:]] == [
        ("Spend", "", cents), ("Gateway hosting", "", D(1200)), ("Total, USD", "", found.total),
    ]  # fmt: skip


def test_without_a_rule_in_force_or_a_whole_month_there_is_no_page(marts: Path, issuer: Issuer, tmp_path: Path) -> None:
    plain = build(marts, OCTOBER, ORGANISATION, issuer, attachment="organisation.csv")
    assert plain.allocation is None and "Cost centres" not in html(plain)
    unruled = add_allocation(copy(marts, tmp_path / "marts"), [])
    assert html(build(unruled, OCTOBER, ORGANISATION, issuer, attachment="organisation.csv")) == html(plain)
    nothing = add_allocation(copy(marts, tmp_path / "nothing"), untagged([(*CENTRES[0], "0")]))
    assert html(build(nothing, OCTOBER, ORGANISATION, issuer, attachment="organisation.csv")) == html(plain)
    part = build_marts(tmp_path / "part", until=date(2026, 10, 20), daily_from=date(2026, 10, 1))
    add_allocation(part, GATEWAY)
    assert build(part, OCTOBER, ORGANISATION, issuer, attachment="organisation.csv").allocation is None
    assert {row["kind"] for row in lines(part, ORGANISATION)} == {"usage", "charge"}


def test_the_page_names_what_is_divided_and_is_found_in_the_contents(
    with_untagged: Path, issuer: Issuer, tmp_path: Path
) -> None:
    shares = [*gateway([(*CENTRES[0], "1084.2")], rule="even"), *untagged(rest(with_untagged))]
    marts = add_allocation(copy(with_untagged, tmp_path / "marts"), shares, currency="EUR")
    statement = build(marts, OCTOBER, ORGANISATION, issuer, attachment="organisation.csv")
    text = html(statement)
    assert ("allocation", "Cost centres") in statement.contents
    assert "evenly among 1; EUR at 1.0842 of 31 October 2026" in text
    given = spend(marts, "department = ''").quantize(D("0.01"))
    assert statement.words.allocation == (
        f"Shared costs of $1,084.20 and untagged usage of ${given:,} are divided among two cost centres"
    )
    assert "divided among cost centres" in statement.words.items_note
    assert "not allocated" not in text


def test_a_department_is_charged_its_own_shares_and_sees_nobody_elses(
    marts: Path, issuer: Issuer, tmp_path: Path
) -> None:
    shared = add_allocation(copy(marts, tmp_path / "marts"), [*GATEWAY, *untagged([(*CENTRES[1], "7.125")])])
    sales = Scope("department", "Sales Operations")
    statement = build(shared, OCTOBER, sales, issuer, attachment="x.csv")
    own = spend(marts, "department = 'Sales Operations'").quantize(D("0.01"))
    assert statement.allocation is None
    assert [(row.name, row.note, row.amount) for row in statement.charges.rows[-4:]] == [
        ("Spend", "", own),
        ("Untagged usage", "share by use", D("7.13")),
        ("Gateway hosting", "share by weight", D(300)),
        ("Total, USD", "", own + D("307.13")),
    ]
    assert [(row.name, row.amount) for row in statement.charges.bridge] == [
        ("Spend", own), ("Shares of untagged usage", D("7.13")), ("Shared costs", D(300)),
        ("Amount charged", own + D("307.13")),
    ]  # fmt: skip
    told = html(statement)
    assert "then a share of untagged usage and shared costs" in told
    for foreign in ("1,200", "600.00", "CC-2100", "Engineering", "among"):
        assert foreign not in told
    people = Scope("department", "People")
    assert html(build(shared, OCTOBER, people, issuer, attachment="x.csv")) == html(
        build(marts, OCTOBER, people, issuer, attachment="x.csv")
    )
    assert {row["department"] for row in lines(shared, sales)} == {"Sales Operations"}
    others = gateway([(*CENTRES[0], "1"), (*CENTRES[1], "300"), (*CENTRES[2], "8")])
    changed = add_allocation(copy(marts, tmp_path / "other"), [*others, *untagged([(*CENTRES[1], "7.125")])])
    assert html(build(changed, OCTOBER, sales, issuer, attachment="x.csv")) == told
    assert twin(changed, OCTOBER, sales) == twin(shared, OCTOBER, sales)


def test_the_csv_has_every_share_exactly_beside_the_usage(with_untagged: Path, tmp_path: Path) -> None:
    parts = rest(with_untagged)
    marts = add_allocation(copy(with_untagged, tmp_path / "marts"), [*GATEWAY, *untagged(parts)])
    found = lines(marts, ORGANISATION)
    used = [row for row in found if row["kind"] == "usage"]
    assert sum(D(row["effective_cost"]) for row in used) == spend(marts)
    assert {row["allocated_cost"] for row in used} == {""}
    shares = [row for row in found if row["kind"] not in ("usage", "charge", "sum")]
    assert {row["effective_cost"] for row in shares} == {""}
    columns = ("cost_centre", "department", "kind", "shared_name", "shared_rule")
    third = ("untagged_share", "Untagged usage", "use")
    whole = spend(marts, "department = ''")
    assert [(*(row[name] for name in columns), D(row["allocated_cost"])) for row in shares] == [
        *((centre, who, "shared", "Gateway hosting", "weight", D(row[-1])) for centre, who, *row in GATEWAY),
        ("", "", *third, -whole),
        *((centre, who, *third, D(amount)) for centre, who, amount in parts),
    ]


def test_many_cost_centres_end_in_one_row_and_still_add_up(marts: Path, issuer: Issuer, tmp_path: Path) -> None:
    many = [(f"CC-{number:04d}", LONG if number == 1 else f"Team {number}", "0.335") for number in range(200)]
    shared = add_allocation(copy(marts, tmp_path / "marts"), gateway(many, name=LONG, rule="even"))
    statement = build(shared, OCTOBER, ORGANISATION, issuer, attachment="organisation.csv")
    found = statement.allocation
    assert found is not None and len(found.rows) == MOST_CENTRES and found.left_out == 208 - MOST_CENTRES + 1
    assert sum(row.total for row in found.rows) == found.total == spend(marts).quantize(D("0.01")) + 67
    assert faults(pdf.lay_out(html(statement))) == []


def test_nobody_is_told_apart_however_many_cost_centres_there_are(
    with_untagged: Path, issuer: Issuer, tmp_path: Path
) -> None:
    many = [(f"CC-{number:04d}", f"Team {number}", "0.335") for number in range(200)]
    shares = [*gateway([*many, ("", "", "500.00")]), *untagged(rest(with_untagged))]
    marts = add_allocation(copy(with_untagged, tmp_path / "marts"), shares)
    statement = build(marts, OCTOBER, ORGANISATION, issuer, attachment="organisation.csv")
    found = statement.allocation
    assert found is not None and len(found.rows) == MOST_CENTRES and found.rows[-1].is_nobody
    assert found.rows[-1].shared == found.nobody == 500
    # One page tells one amount of what is given, and its headline nothing of what is charged to nobody.
    (given,) = [line.amount for line in found.lines if line.kind == "untagged_share"]
    assert given == found.untagged_given == found.rows[-1].direct > 0
    assert statement.words.allocation.startswith("Shared costs of $67.00 and untagged usage of $")


@pytest.mark.parametrize("scope", [ORGANISATION, Scope("department", LONG)], ids=lambda scope: scope.kind)
def test_long_names_and_amounts_stay_in_their_cells(scope: Scope, issuer: Issuer, tmp_path: Path) -> None:
    edits = [
        f"UPDATE usage SET department = '{LONG}', cost_centre = '{LONG[:30]}' WHERE department = 'Finance'",
        "UPDATE usage SET department = '', cost_centre = '' WHERE project = 'Policy search'",
        "UPDATE usage SET effective_cost = effective_cost * 30000 WHERE department IN ('Engineering', '')",
    ]
    marts = build_marts(tmp_path / "marts", edits=edits, daily_from=date(2026, 10, 1))
    whole = spend(marts, "department = ''")
    shares = [
        *gateway([(LONG[:30], LONG, "12345678.905"), ("CC-2100", "Engineering", "0.001"), ("", "", "1")], name=LONG),
        *untagged([(LONG[:30], LONG, f"{whole:f}")]),
    ]
    statement = build(add_allocation(marts, shares), OCTOBER, scope, issuer, attachment="x.csv")
    assert (statement.allocation is not None) == (scope == ORGANISATION)
    assert faults(pdf.lay_out(html(statement))) == []


def test_the_headline_says_only_what_is_divided() -> None:
    assert divided(D("12.00"), D(0), 1).text == "Shared costs of $12.00 are charged to one cost centre"
    assert divided(D(0), D("3.50"), 2).text == "Untagged usage of $3.50 is divided among two cost centres"
    assert divided(D("12.00"), D(0), 0).text == "Shared costs of $12.00 are charged to nobody"
    assert left_with_nobody(D(0)) is None
    assert left_with_nobody(D("1.00")) is not None


def lines(marts: Path, scope: Scope) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(twin(marts, OCTOBER, scope).decode(), newline="")))
