"""What a message says is missing: sources that stopped delivering, and usage without a price."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from orchestration import alerts
from orchestration.alerts.silence import is_silent
from tests.unit.alerts.company import Company, over_budget, settings

UNTIL = date(2026, 11, 20)  # a Friday


def days(*back: int) -> list[date]:
    return sorted(UNTIL - timedelta(days=number) for number in back)


@pytest.mark.parametrize(
    ("seen", "silent"),
    [
        (days(0, 1, 2, 3, 4), False),
        (days(1, 2, 3, 4, 5), True),  # daily, and nothing on the last day
        (days(2, 3, 4, 5, 8, 9), False),  # two days without: as before
        (days(3, 4, 5, 8, 9, 10), True),  # three days without: never before
        (days(8, 15, 22, 29, 36), True),  # weekly, a day late
        (days(7, 14, 21, 28, 35), True),
        (days(6, 13, 20, 27, 34), False),
        (days(20, 21, 22, 23), False),  # too few days to have a habit
    ],
)
def test_silent_is_longer_than_ever_before(seen: list[date], silent: bool) -> None:
    assert is_silent(seen, UNTIL) is silent


def message(company: Company, subject: str) -> alerts.Preview:
    (found,) = [item for item in alerts.preview(company.home, settings()) if subject in item.subject]
    return found


def with_laptops(root: Path, department: str, *, last: int) -> Company:
    company = over_budget(root)
    for number in range(1, last + 1):
        company.spent(date(2026, 11, number), "1", department=department, project="ide", source="laptops")
    company.publish(UNTIL)
    return company


def test_a_source_that_stopped_is_named_with_its_last_day(tmp_path: Path) -> None:
    shown = message(with_laptops(tmp_path, "Data & Analytics", last=18), "Data & Analytics")
    for body in (" ".join(shown.text.split()), shown.html):
        assert "laptops: no data since 18 November. Its usage after that day is missing from these amounts." in body
        assert "gateway: no data" not in body
        assert "Data is complete" not in body
        assert "1,204 of 41,384 requests (2.9%) could not be priced (house-llm-7b)" in body


def test_nothing_is_said_while_every_source_delivers(tmp_path: Path) -> None:
    shown = message(with_laptops(tmp_path, "Data & Analytics", last=20), "Data & Analytics")
    assert "no data since" not in shown.text + shown.html
    assert "Data is complete up to and including 20 November 2026" in " ".join(shown.text.split())


def test_a_department_hears_only_of_sources_it_uses(tmp_path: Path) -> None:
    shown = message(with_laptops(tmp_path, "Engineering", last=18), "Data & Analytics")
    assert "laptops" not in shown.text + shown.html


def test_without_anything_missing_there_is_no_such_box(tmp_path: Path) -> None:
    company = over_budget(tmp_path)
    company.spend = [row for row in company.spend if row[4]]
    company.publish(UNTIL)
    shown = message(company, "Data & Analytics")
    assert "What is missing" not in shown.text + shown.html
