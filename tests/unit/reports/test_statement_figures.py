"""Figures of the fixture against plain arithmetic over its rows."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from reports.detail import detail
from reports.figures import figures
from reports.formats import CENT, rounded
from reports.queries import read_facts
from reports.values import Scope

D = Decimal

OCTOBER = date(2026, 10, 1)
ORGANISATION = Scope("organisation")


def exact(marts: Path, where: str = "TRUE") -> D:
    query = f"SELECT sum(effective_cost) FROM '{marts}/monthly_usage/2026-10.parquet' WHERE {where}"
    (total,) = duckdb.execute(query).fetchone() or (None,)
    assert isinstance(total, D)
    return total


def test_the_total_is_the_marts_total(marts: Path) -> None:
    found = figures(read_facts(marts, OCTOBER, ORGANISATION))
    assert found.spend == exact(marts)
    assert found.total == rounded(exact(marts), CENT)


def test_columns_add_up_as_printed(marts: Path) -> None:
    found = figures(read_facts(marts, OCTOBER, ORGANISATION))
    assert sum(row.now for row in found.rows) == found.now
    assert sum(row.before or 0 for row in found.rows) == found.before
    assert sum(step.value for step in found.steps) == found.now - (found.before or 0)
    assert sum(row.now for row in found.providers) == found.total
    assert sum(row.now for row in found.models) == found.total


def test_rows_stay_within_one_unit_of_their_exact_spend(marts: Path) -> None:
    for row in figures(read_facts(marts, OCTOBER, ORGANISATION)).rows:
        assert row.spend == exact(marts, f"department = '{row.name}'")
        assert abs(row.now - row.spend) < 1


def test_contributions_come_largest_first_and_start_where_the_last_ended(marts: Path) -> None:
    steps = figures(read_facts(marts, OCTOBER, ORGANISATION)).steps
    assert [abs(s.value) for s in steps] == sorted((abs(s.value) for s in steps), reverse=True)
    assert all(later.start == step.start + step.value for step, later in pairwise(steps))


def test_a_department_sees_its_own_rows_and_budget_alone(marts: Path) -> None:
    facts = read_facts(marts, OCTOBER, Scope("department", "People"))
    assert {row.department for row in (*facts.usage, *facts.before)} == {"People"}
    assert {budget.scope for budget in facts.budgets} == {"People"}
    assert facts.sources is None
    assert figures(facts).budget == D("1400.00")


def test_detail_lines_sum_to_subtotals_and_those_to_the_total(marts: Path) -> None:
    facts = read_facts(marts, OCTOBER, ORGANISATION)
    found = detail(facts)
    for group in found.groups:
        assert sum(line.amount or 0 for line in group.lines) == group.amount
        assert sum(line.requests for line in group.lines) == group.requests
    assert sum(group.amount for group in found.groups) == figures(facts).total
    assert found.printed == found.lines == sum(len(group.lines) for group in found.groups)


def test_tokens_of_a_line_are_all_its_tokens(marts: Path) -> None:
    for row in read_facts(marts, OCTOBER, ORGANISATION).usage:
        assert row.input_tokens + row.cached_tokens + row.output_tokens == row.total_tokens


def test_a_long_detail_keeps_the_dearest_lines_and_sums_up_the_rest(marts: Path) -> None:
    facts = read_facts(marts, OCTOBER, ORGANISATION)
    whole, short = detail(facts), detail(facts, most=20)
    assert short.printed == 20
    assert short.lines == whole.lines
    assert [group.amount for group in short.groups] == [group.amount for group in whole.groups]
    for group in short.groups:
        assert sum(line.amount or 0 for line in group.lines) == group.amount
        assert bool(group.left_out) == group.lines[-1].project.endswith("smaller lines")


def test_a_single_line_that_is_left_out_is_one_line(marts: Path) -> None:
    facts = read_facts(marts, OCTOBER, ORGANISATION)
    groups = detail(facts, most=detail(facts).lines - 1).groups
    assert [line.project for group in groups for line in group.lines if "smaller" in line.project] == ["1 smaller line"]


def test_scope_refuses_a_department_without_a_name() -> None:
    with pytest.raises(ValueError, match="cannot have the name"):
        Scope("department", " ")
