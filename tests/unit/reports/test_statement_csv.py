"""The CSV twin: exact, complete, and safe in a spreadsheet."""

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from reports.twin import COUNTS, cell, exact, twin
from reports.values import Scope
from tests.unit.reports.marts_fixture import build_marts

D = Decimal

OCTOBER = date(2026, 10, 1)


def rows(content: bytes, record: str = "usage") -> list[dict[str, str]]:
    every = csv.DictReader(io.StringIO(content.decode(), newline=""))
    return [row for row in every if row["kind"] == record]


def test_its_sums_are_the_marts_to_the_last_digit(marts: Path) -> None:
    found = rows(twin(marts, OCTOBER, Scope("organisation")))
    columns = ("effective_cost", "input_cost", *COUNTS)
    sums = ", ".join(f"sum({column})" for column in columns)
    expected = duckdb.execute(f"SELECT {sums}, count(*) FROM '{marts}/monthly_usage/2026-10.parquet'").fetchone()
    assert expected is not None
    assert [sum(D(row[column]) for row in found) for column in columns] == [D(value) for value in expected[:-1]]
    assert len(found) == expected[-1]


def test_it_is_utf8_with_lf_and_ends_with_a_line(marts: Path) -> None:
    content = twin(marts, OCTOBER, Scope("department", "People"))
    assert b"\r" not in content
    assert content.endswith(b"\n")
    assert {row["department"] for row in rows(content)} == {"People"}


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "a\x00b"])
def test_text_that_a_spreadsheet_would_run_is_neutralised(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_numbers_stay_numbers_also_below_zero() -> None:
    assert cell(D("-1.500000000000000000")) == "-1.50"
    assert cell(-3) == "-3"
    assert cell(None) == ""
    assert cell(True) == "true"
    assert cell("plain-text = fine") == "plain-text = fine"


@pytest.mark.parametrize(
    ("value", "printed"),
    [("0E-18", "0.00"), ("1.230000000000000000", "1.23"), ("0.000000000000000001", "0.000000000000000001"), ("7", "7")],
)
def test_amounts_keep_every_decimal_and_at_least_two(value: str, printed: str) -> None:
    assert exact(D(value)) == printed


def test_quotes_commas_and_line_breaks_survive_the_way_back(tmp_path: Path) -> None:
    name = 'A "quoted", name\r\nover lines'
    edit = f"UPDATE usage SET project = '{name}' WHERE department = 'People'"
    marts = build_marts(tmp_path / "marts", edits=[edit], daily_from=date(2026, 10, 1))
    found = rows(twin(marts, OCTOBER, Scope("department", "People")))
    assert {row["project"] for row in found} == {f"'{name}"}


def test_usage_without_a_price_has_empty_amounts(tmp_path: Path) -> None:
    none = ", ".join(f"{c} = NULL" for c in ("input_cost", "output_cost", "cache_read_cost", "effective_cost"))
    edit = f"UPDATE usage SET is_priced = FALSE, unpriced_reason = 'unknown model', {none} WHERE model = 'gpt-5.1'"
    marts = build_marts(tmp_path / "marts", edits=[edit], daily_from=date(2026, 10, 1))
    unpriced = [row for row in rows(twin(marts, OCTOBER, Scope("organisation"))) if row["is_priced"] == "false"]
    assert unpriced
    assert {row["effective_cost"] for row in unpriced} == {""}
    assert {row["model"] for row in unpriced} == {"gpt-5.1"}
