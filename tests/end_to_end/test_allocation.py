"""Shared costs from the table to statements, and what is issued of them when a month is closed."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from pypdf import PdfReader

from orchestration.closing.close import close_month
from orchestration.home import Home
from orchestration.marts.manifest import read_manifest
from reports.statement import Scope
from reports.twin import twin
from tests.end_to_end.test_no_leak import foreign_words, found_in
from tests.support.homes import KEPT_DEPARTMENTS, contents, copy_home, main_job, settings_of

OCTOBER = date(2026, 10, 1)
HEADER = "shared_id,name,kind,amount,currency,rule,target_type,targets,weights,valid_from,valid_to\n"
GATEWAY = (
    "gateway,Gateway hosting,cost,{},USD,weight,department,Engineering;Sales Operations,2;1,2026-10-01,2026-11-01\n"
)
NET = ("usage", "markup", "discount", "untagged_share", "shared")
REST = "rest,Usage of nobody,untagged,,,use,cost_centre,,,2026-10-01,\n"


def share(home: Home, *rows: str) -> None:
    (home.reference / "shared_costs.csv").write_text(HEADER + "".join(rows), encoding="utf-8")


@pytest.fixture(scope="module")
def shared(published: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The short home with shared costs in October. Not to be changed."""
    home = copy_home(published, tmp_path_factory.mktemp("shared") / "home")
    share(home, GATEWAY.format("1000.00"), REST)
    summary = main_job(home).done
    assert (summary.days_built, summary.months_built) == ((), (OCTOBER, date(2026, 11, 1)))
    return home


def amounts(marts: Path, month: str = "2026-10") -> dict[tuple[str, str, str], Decimal]:
    rows = duckdb.execute(
        "select department, kind, shared_id, sum(amount) "
        f"from '{marts}/monthly_allocation/{month}.parquet' group by all"
    ).fetchall()
    return {row[:3]: row[3] for row in rows}


def text_of(path: Path) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def test_departments_bear_the_month_and_its_shared_costs_to_the_last_digit(shared: Home) -> None:
    manifest = read_manifest(shared)
    assert manifest is not None
    found = amounts(shared.current_marts)
    spend = manifest.spend(OCTOBER)
    assert manifest.months[OCTOBER].shared_costs == "1000.000000000000000000"
    assert sum(found.values()) == spend + 1000
    assert found["Engineering", "shared", "gateway"] == Decimal("666.666666666666666667")
    nobodys = found["", "untagged", ""]
    assert nobodys > 0 and found["", "untagged_share", "rest"] == -nobodys
    assert sum(found[name, "untagged_share", "rest"] for name in KEPT_DEPARTMENTS) == nobodys
    assert {kind for _, kind, _ in amounts(shared.current_marts, "2026-11")} == {"direct", "untagged_share"}


def test_the_organisation_sees_all_of_it_and_a_department_its_own_shares(shared: Home) -> None:
    folder = shared.statements / "2026-10"
    assert "Shared costs of $1,000.00 and untagged usage of" in " ".join(text_of(folder / "organisation.pdf").split())
    for name in KEPT_DEPARTMENTS:
        slug = name.lower().replace("&", "and").replace(" ", "-")
        pdf = text_of(folder / f"department-{slug}.pdf")
        csv = (folder / f"department-{slug}.csv").read_text(encoding="utf-8")
        for told in (pdf, csv):
            assert "Usage of nobody" in told
            assert ("Gateway hosting" in told) == (name != "Data & Analytics")
            assert found_in(told, shared, foreign_words(shared, name)) == set()
            assert "1,000.00" not in told and "1000.00" not in told
    assert "666.67" in text_of(folder / "department-engineering.pdf")


def test_what_is_charged_is_the_month_with_its_shared_costs(shared: Home) -> None:
    """The organisation's statement holds a shared cost once and departments their parts; untagged usage moves."""
    rows = duckdb.execute(
        "select scope_type, scope, line_kind, sum(amount) "
        f"from '{shared.current_marts}/monthly_charges/2026-10.parquet' group by all"
    ).fetchall()
    found = {row[:3]: row[3] for row in rows}
    manifest = read_manifest(shared)
    assert manifest is not None
    assert found["organisation", "", "shared"] == 1000
    before_tax = sum(amount for (kind, _, line), amount in found.items() if kind == "organisation" and line in NET)
    assert before_tax == manifest.spend(OCTOBER) + 1000
    assert before_tax == sum(
        amount for (kind, _, line), amount in found.items() if kind != "organisation" and line in NET
    )
    bears = amounts(shared.current_marts)
    for name in KEPT_DEPARTMENTS:
        charged = sum(amount for (kind, who, line), amount in found.items() if who == name and line in NET)
        assert charged == sum(amount for (who, _, _), amount in bears.items() if who == name)


def test_a_closed_month_keeps_the_shares_that_were_issued(shared: Home, tmp_path: Path) -> None:
    home = copy_home(shared, tmp_path / "home")
    close_month(home, settings_of(home), OCTOBER, approved_by="Ada Osei", reason="the unknown model is being priced")
    issued, statements = amounts(home.current_marts), contents(home.statements / "2026-10")
    share(home, GATEWAY.format("2500.00"))
    main_job(home)
    assert amounts(home.current_marts)["Engineering", "shared", "gateway"] == Decimal("1666.666666666666666667")
    as_closed = home.marts / "as_closed"
    assert amounts(as_closed) == issued
    assert contents(home.statements / "2026-10") == statements
    # The rows of the printed sum follow what comes from the marts.
    assert statements["organisation.csv"].startswith(twin(as_closed, OCTOBER, Scope("organisation")))
