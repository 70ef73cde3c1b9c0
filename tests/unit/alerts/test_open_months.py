"""Until when a month that is over still sends: through its statement's working day, or for the first run after it."""

from datetime import date
from pathlib import Path

import pytest

from orchestration import alerts
from orchestration.alerts.open_months import open_months
from orchestration.settings import Schedules
from tests.unit.alerts.company import Budget, Company, settings
from tests.unit.alerts.test_evaluate import outcomes, small

LAST, FIRST = date(2026, 11, 30), date(2026, 12, 1)


def night(company: Company, day: str) -> tuple[int, int]:
    """The nightly evaluation of a day: messages queued, historic crossings."""
    report = alerts.evaluate(company.home, settings(f"{day}T02:30:00+00:00"))
    return report.queued, report.historic


def watched(tmp_path: Path, *, until: date = date(2026, 11, 28)) -> Company:
    """A budget of $100 with $10 spent, evaluated the night after `until`."""
    company = small(tmp_path)
    company.spent(date(2026, 11, 5), "10")
    company.publish(until)
    assert night(company, f"{until.replace(day=until.day + 1)}") == (0, 0)
    return company


def test_a_crossing_on_the_last_day_is_sent_by_the_next_morning_once(tmp_path: Path) -> None:
    company = watched(tmp_path)
    company.spent(LAST, "85")
    company.publish(LAST)
    assert night(company, "2026-12-01") == (1, 0)
    (waiting,) = alerts.pending(company.home)
    assert waiting.message.subject == "Data & Analytics has used 95% of its November budget"
    assert "Largest projects in November" in waiting.message.text
    assert "for the" not in waiting.message.text.split("What to do")[0]  # no days are left
    for day in ("2026-12-01", "2026-12-02", "2026-12-03", "2027-01-02"):
        assert night(company, day) == (0, 0)


def test_a_late_file_is_in_time_until_the_statement_is_due_and_not_after(tmp_path: Path) -> None:
    company = watched(tmp_path)
    company.publish(LAST)
    assert night(company, "2026-12-01") == (0, 0)
    company.spent(LAST, "70")
    company.publish(FIRST)
    assert night(company, "2026-12-02") == (1, 0)  # the second working day
    company.spent(LAST, "15")
    company.publish(date(2026, 12, 2))
    assert night(company, "2026-12-03") == (0, 2)
    assert outcomes(company) == [
        ("2026-11", "crossed", 75, "queued"),
        ("2026-11", "crossed", 90, "historic"),
        ("2026-11", "crossed", 95, "historic"),
    ]


def test_a_first_run_over_old_months_sends_the_current_month_alone(tmp_path: Path) -> None:
    company = small(tmp_path)
    for month in range(1, 13):
        company.spent(date(2026, month, 1), "76")
    company.publish(FIRST)
    assert night(company, "2026-12-02") == (1, 11)
    (waiting,) = alerts.pending(company.home)
    assert "December" in waiting.message.subject
    # And what is found about November on the second day stays history: nobody watched it while it ran.
    company.spent(LAST, "20")
    company.publish(FIRST)
    assert night(company, "2026-12-02") == (0, 2)


def test_a_machine_that_was_down_over_the_months_end_tells_on_its_first_run(tmp_path: Path) -> None:
    company = watched(tmp_path)
    company.spent(date(2026, 11, 29), "70")
    company.spent(LAST, "25")
    company.publish(date(2026, 12, 2))
    assert night(company, "2026-12-03") == (1, 0)  # down for 30 November and 1, 2 December
    assert "used 105% of its November budget" in alerts.pending(company.home)[0].message.subject
    assert night(company, "2026-12-04") == (0, 0)


def test_only_the_month_before_is_made_up_for(tmp_path: Path) -> None:
    company = small(tmp_path)
    company.spent(date(2026, 9, 5), "10")
    company.publish(date(2026, 9, 20))
    assert night(company, "2026-09-21") == (0, 0)
    for month in (9, 10, 11):
        company.spent(date(2026, month, 29), "99")
    company.publish(date(2026, 12, 9))
    assert night(company, "2026-12-10") == (1, 7)
    assert "November" in alerts.pending(company.home)[0].message.subject


def test_a_restatement_in_the_days_of_grace_is_corrected(tmp_path: Path) -> None:
    company = watched(tmp_path)
    company.spent(LAST, "85")
    company.publish(LAST)
    assert night(company, "2026-12-01") == (1, 0)
    company.spend.clear()
    company.spent(LAST, "20")
    company.publish(FIRST)
    report = alerts.evaluate(company.home, settings("2026-12-02T02:30:00+00:00"))
    assert (report.queued, report.withdrawn) == (1, 1)


def test_both_months_may_send_in_one_night(tmp_path: Path) -> None:
    company = watched(tmp_path)
    company.budgets = [Budget("data", "Data & Analytics", company.budgets[0].amount)]
    company.spent(LAST, "85")
    company.spent(FIRST, "99")
    company.publish(FIRST)
    assert night(company, "2026-12-02") == (2, 0)


@pytest.mark.parametrize(
    ("today", "evaluated", "november_open"),
    [
        ("2026-11-30", ["2026-11-29"], True),
        ("2026-12-01", [], False),
        ("2026-12-01", ["2026-11-30"], True),
        ("2026-12-02", ["2026-11-30", "2026-12-01"], True),
        ("2026-12-03", ["2026-11-30", "2026-12-02"], False),
        ("2026-12-03", ["2026-11-30"], True),
        ("2026-12-03", ["2025-01-01"], True),
        ("2026-12-02", ["2026-12-01"], False),
    ],
)
def test_november(today: str, evaluated: list[str], november_open: bool) -> None:
    months = open_months(settings(f"{today}T12:00:00+00:00"), [date.fromisoformat(day) for day in evaluated])
    assert (date(2026, 11, 1) in months) == november_open
    assert date.fromisoformat(today).replace(day=1) in months


def test_the_statements_working_day_is_that_of_the_settings() -> None:
    seen = [date(2026, 11, 29), date(2026, 12, 1)]
    later = settings("2026-12-04T12:00:00+00:00").model_copy(
        update={"schedules": Schedules(statement_working_day=3, holidays=(date(2026, 12, 2),))}
    )
    assert date(2026, 11, 1) in open_months(later, seen)  # 1, 3 and 4 December are the working days
    assert date(2026, 11, 1) not in open_months(settings("2026-12-04T12:00:00+00:00"), seen)
