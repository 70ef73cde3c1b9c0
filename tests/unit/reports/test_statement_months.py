"""Months that are not like the others: every sentence stays true and the layout stays sound."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from reports import pdf
from reports.layout import faults
from reports.statement import Issuer, Scope, build, html
from reports.values import Scope as ValueScope
from reports.view import Statement
from tests.unit.reports.marts_fixture import build_marts

D = Decimal

ORGANISATION = Scope("organisation")


def drawn(marts: Path, month: date, issuer: Issuer, scope: ValueScope = ORGANISATION) -> Statement:
    """The statement, after its pages were laid out without a fault."""
    statement = build(marts, month, scope, issuer, attachment="a.csv")
    assert faults(pdf.lay_out(html(statement))) == []
    return statement


def built(marts: Path, month: date, issuer: Issuer) -> Statement:
    """The statement, for what it says; its layout is that of others."""
    return build(marts, month, ORGANISATION, issuer, attachment="a.csv")


def test_an_unfinished_month_compares_the_same_days_and_promises_nothing(tmp_path: Path, issuer: Issuer) -> None:
    marts = build_marts(tmp_path / "m", first=date(2026, 9, 1), until=date(2026, 10, 13))
    statement = drawn(marts, date(2026, 10, 1), issuer)
    assert statement.before_label == "1\N{EN DASH}13 September"
    assert statement.now_label == "1\N{EN DASH}13 October"
    assert statement.words.headline.startswith("By 13 October spending was $")
    assert "the same days of the month before; the month’s budget is $49,500" in statement.words.headline
    assert statement.words.standfirst.startswith("13 of 31 days are complete.")
    assert "finished" not in statement.words.standfirst
    assert statement.words.charge.startswith("Charge for October 2026 to date: $")
    assert "ended" not in statement.words.course


def test_the_first_month_has_nothing_to_compare_with(tmp_path: Path, issuer: Issuer) -> None:
    marts = build_marts(tmp_path / "m", first=date(2026, 10, 1), daily_from=date(2026, 10, 1))
    statement = drawn(marts, date(2026, 10, 1), issuer)
    assert statement.words.headline.startswith("Spending in October was $")
    assert "This is the first month on record" in statement.words.standfirst
    assert statement.figures.before is None
    assert statement.figures.steps == statement.figures.movers == ()
    assert {tile.comparison for tile in statement.tiles[::2]} == {"no earlier month to compare"}


def test_a_month_before_that_began_late_is_shown_but_not_compared(tmp_path: Path, issuer: Issuer) -> None:
    marts = build_marts(tmp_path / "m", first=date(2026, 9, 15))
    statement = built(marts, date(2026, 10, 1), issuer)
    assert statement.before_label == "15\N{EN DASH}30 September"
    assert "rose" not in statement.words.headline
    assert "Usage is on record from 15 September 2026" in statement.words.standfirst


def test_a_month_after_an_empty_one_names_no_per_cent(tmp_path: Path, issuer: Issuer) -> None:
    marts = build_marts(tmp_path / "m", first=date(2026, 8, 1), edits=["DELETE FROM usage WHERE month(usage_date) = 9"])
    statement = built(marts, date(2026, 10, 1), issuer)
    assert ", after none in September and stayed" in statement.words.headline
    assert statement.figures.before == 0


def test_a_month_without_usage_claims_nothing(tmp_path: Path, issuer: Issuer) -> None:
    marts = build_marts(
        tmp_path / "m", first=date(2026, 8, 1), edits=["DELETE FROM usage WHERE month(usage_date) = 10"]
    )
    statement = drawn(marts, date(2026, 10, 1), issuer)
    assert statement.words.headline == "No usage is on record for October 2026"
    assert statement.words.charge == "Charge for October 2026: $0.00"
    assert statement.detail.groups == ()
    assert statement.figures.unit is None
    assert "stayed within" not in statement.words.standfirst


def test_a_month_without_a_complete_day_says_so(marts: Path, issuer: Issuer) -> None:
    statement = drawn(marts, date(2026, 11, 1), issuer)
    assert statement.words.headline == "No day of November 2026 is complete yet"
    assert statement.complete_until == "no day of the month yet"


def test_without_budgets_nothing_is_said_of_them(tmp_path: Path, issuer: Issuer) -> None:
    marts = build_marts(tmp_path / "m", first=date(2026, 9, 1), organisation_budget=None, budgets={})
    statement = built(marts, date(2026, 10, 1), issuer)
    assert statement.tiles[1].value == "\N{EN DASH}"
    said = [statement.words.headline, statement.words.standfirst, statement.words.course, statement.words.items]
    assert not [sentence for sentence in said if "budget" in sentence]


def test_usage_without_a_price_is_a_footnote_and_never_zero_spend(tmp_path: Path, issuer: Issuer) -> None:
    none = ", ".join(f"{c} = NULL" for c in ("input_cost", "output_cost", "cache_read_cost", "effective_cost"))
    edit = (
        f"UPDATE usage SET is_priced = FALSE, unpriced_reason = 'unknown model', {none} WHERE model = 'mistral-large-3'"
    )
    marts = build_marts(tmp_path / "m", first=date(2026, 9, 1), edits=[edit])
    statement = drawn(marts, date(2026, 10, 1), issuer)
    (footnote,) = statement.words.unpriced
    (model,) = statement.figures.unpriced
    assert footnote.lead == "mistral-large-3"
    assert f"{model.requests:,} requests" in footnote.text
    assert "have no price and are not in these amounts" in statement.words.standfirst
    lines = [line for group in statement.detail.groups for line in group.lines if line.model == "mistral-large-3"]
    assert {line.amount for line in lines} == {None}


@pytest.mark.parametrize("factor", ["0.0000001", "-1", "20000"])
def test_amounts_of_any_size_and_sign_are_laid_out(tmp_path: Path, issuer: Issuer, factor: str) -> None:
    edit = f"UPDATE usage SET effective_cost = (effective_cost * {factor}::DECIMAL(12,7))::DECIMAL(38,18)"
    marts = build_marts(tmp_path / "m", first=date(2026, 8, 1), edits=[edit])
    statement = drawn(marts, date(2026, 10, 1), issuer)
    assert sum(row.now for row in statement.rows) == statement.figures.now
    if factor == "-1":
        assert statement.words.headline.startswith("Spending went from \N{MINUS SIGN}$")


def test_small_amounts_keep_their_cents(tmp_path: Path, issuer: Issuer) -> None:
    edit = "UPDATE usage SET effective_cost = (effective_cost / 1000)::DECIMAL(38,18)"
    marts = build_marts(tmp_path / "m", first=date(2026, 9, 1), edits=[edit], organisation_budget=None, budgets={})
    statement = built(marts, date(2026, 10, 1), issuer)
    assert statement.figures.quantum == D("0.01")


def test_many_departments_and_projects_flow_over_pages(tmp_path: Path, issuer: Issuer) -> None:
    edit = """UPDATE usage SET department = 'Department ' || (hash(department, project) % 40)::VARCHAR,
        project = project || ' ' || (hash(model) % 5)::VARCHAR"""
    marts = build_marts(tmp_path / "m", first=date(2026, 9, 1), edits=[edit])
    statement = drawn(marts, date(2026, 10, 1), issuer)
    assert statement.cover_left_out == len(statement.rows) - 10
    assert len(statement.figures.steps) == 8
    assert statement.figures.steps[-1].name.endswith("others")


def test_a_budget_of_the_organisation_that_is_not_the_sum_is_told_apart(tmp_path: Path, issuer: Issuer) -> None:
    marts = build_marts(tmp_path / "m", first=date(2026, 9, 1), organisation_budget="40000")
    statement = built(marts, date(2026, 10, 1), issuer)
    assert statement.total_label == "Organisation"
    assert "The departments’ budgets add up to $49,500" in statement.words.items_note
    assert statement.attention[0].lead.startswith("The organisation is $")
