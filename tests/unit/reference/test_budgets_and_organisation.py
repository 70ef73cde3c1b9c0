"""Reference tables: a wrong row names file, line, column and what is allowed."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.errors import SettingsError
from orchestration.home import Home
from orchestration.reference import read_budgets, read_departments, read_organisation

ORGANISATION = "member_type,member,name,team,department,cost_centre,valid_from,valid_to\n"
BUDGETS = "budget_id,scope_type,scope,measure,amount,currency,period,thresholds,valid_from,valid_to\n"
GOOD_BUDGET = "org,organisation,,effective_cost,100.00,USD,month,75;90,2026-01-01,\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "reference").mkdir()
    return Home(tmp_path)


def write(home: Home, name: str, text: str | bytes) -> None:
    data = text.encode() if isinstance(text, str) else text
    (home.reference / f"{name}.csv").write_bytes(data)


def test_a_good_budget_is_read_with_its_open_end(home: Home) -> None:
    write(home, "budgets", BUDGETS + GOOD_BUDGET)
    (budget,) = read_budgets(home)
    assert (budget.amount, budget.thresholds, budget.valid_to) == (Decimal("100.00"), (75, 90), date.max)


def test_a_missing_file_says_nothing(home: Home) -> None:
    assert read_budgets(home) == []


def test_a_byte_order_mark_crlf_and_blank_lines_are_no_matter(home: Home) -> None:
    write(home, "budgets", b"\xef\xbb\xbf" + (BUDGETS + "\n" + GOOD_BUDGET).replace("\n", "\r\n").encode())
    assert len(read_budgets(home)) == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("b,organisation,,effective_cost,-5,USD,month,75,,", "line 3, column amount"),
        ("b,organisation,,effective_cost,NaN,USD,month,75,,", "line 3, column amount"),
        ("b,organisation,,effective_cost,1.005,USD,month,75,,", "line 3, column amount"),
        ("b,organisation,,effective_cost,1e30,USD,month,75,,", "line 3, column amount"),
        ("b,organisation,,effective_cost,5,EURO,month,75,,", "line 3, column currency"),
        ("b,organisation,,effective_cost,5,USD,decade,75,,", "line 3, column period"),
        ("b,organisation,,effective_cost,5,USD,month,75%,,", "line 3, column thresholds"),
        ("b,organisation,Sales,effective_cost,5,USD,month,75,,", "line 3, column scope"),
        ("b,department,,effective_cost,5,USD,month,75,,", "line 3, column scope"),
        ("b,organisation,,effective_cost,5,USD,month,75,2026-13-01,", "line 3, column valid_from"),
        ("b,organisation,,effective_cost,5,USD,month,75,2026-02-01,2026-02-01", "line 3, column valid_to"),
        ("b,organisation,,effective_cost,5,USD,month,75", "line 3: 8 cells where the header has 10"),
        (
            "org,organisation,,effective_cost,5,USD,month,75,2026-05-01,",
            "line 3: org overlaps line 2; both hold on 2026-05-01",
        ),
        ('b,organisation,"x', "line 3"),
    ],
)
def test_a_wrong_budget_says_where_and_what(home: Home, row: str, said: str) -> None:
    write(home, "budgets", BUDGETS + GOOD_BUDGET + row + "\n")
    with pytest.raises(SettingsError) as caught:
        read_budgets(home)
    assert "budgets.csv" in str(caught.value)
    assert said in str(caught.value)


def test_a_wrong_header_lists_the_columns(home: Home) -> None:
    write(home, "organisation", "member,department\nann,Sales\n")
    with pytest.raises(SettingsError, match=r"line 1.*member_type,member,name"):
        read_organisation(home)


def test_bytes_that_are_no_utf8_are_named_by_line(home: Home) -> None:
    write(home, "organisation", ORGANISATION.encode() + b"user,ann,Ann,,Sales,,,\nuser,bj\xf6rn,,,Sales,,,\n")
    with pytest.raises(SettingsError, match="line 3: not UTF-8"):
        read_organisation(home)


def test_a_member_may_move_but_not_be_in_two_places(home: Home) -> None:
    write(home, "organisation", ORGANISATION + "user,ann,,,A,,,2026-05-01\nuser,ann,,,B,,2026-05-01,\n")
    assert [member.department for member in read_organisation(home)] == ["A", "B"]
    write(home, "organisation", ORGANISATION + "user,ann,,,A,,,2026-05-02\nuser,ann,,,B,,2026-05-01,\n")
    with pytest.raises(SettingsError, match="overlaps line 2"):
        read_organisation(home)


def test_an_owner_has_one_address(home: Home) -> None:
    header = "department,cost_centre,owner,owner_email,valid_from,valid_to\n"
    write(home, "departments", header + "Sales,CC-1,Ann,ann@example.org; bob@example.org,,\n")
    with pytest.raises(SettingsError, match="column owner_email"):
        read_departments(home)
