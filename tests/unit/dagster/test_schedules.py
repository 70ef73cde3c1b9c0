"""Working days, and which runs the monthly schedule asks for."""

from dataclasses import replace
from datetime import date

import pytest
from dagster import RunRequest, SkipReason

from orchestration.assets.site import Site
from orchestration.schedules import schedules, statements_due
from orchestration.working_days import is_working_day_number, nth_working_day
from tests.unit.dagster.published import manifest, publish


@pytest.mark.parametrize(
    ("month", "number", "holidays", "expected"),
    [
        ("2026-10-01", 1, (), "2026-10-01"),  # a Thursday
        ("2026-10-01", 2, (), "2026-10-02"),
        ("2026-10-01", 3, (), "2026-10-05"),  # over the weekend
        ("2026-11-01", 1, (), "2026-11-02"),  # the first is a Sunday
        ("2026-08-01", 2, (), "2026-08-04"),  # the first is a Saturday
        ("2027-01-01", 2, ("2027-01-01",), "2027-01-05"),  # New Year on a Friday
        ("2027-01-01", 2, ("2027-01-02",), "2027-01-04"),  # a holiday on a Saturday takes no working day
        ("2026-10-19", 2, (), "2026-10-02"),  # any day names its month
    ],
)
def test_the_working_day_of_a_month(month: str, number: int, holidays: tuple[str, ...], expected: str) -> None:
    free = {date.fromisoformat(day) for day in holidays}
    assert nth_working_day(date.fromisoformat(month), number, free) == date.fromisoformat(expected)


def test_only_one_day_of_a_month_is_its_second_working_day() -> None:
    days = [date(2026, 11, day) for day in range(1, 31)]
    assert [day for day in days if is_working_day_number(day, 2, ())] == [date(2026, 11, 3)]
    assert [day for day in days if is_working_day_number(day, 2, {date(2026, 11, 3)})] == [date(2026, 11, 4)]


def test_no_statement_before_the_working_day_and_all_due_ones_on_it(site: Site) -> None:
    publish(site.home, manifest())
    early = statements_due(site, date(2026, 11, 2))
    assert isinstance(early, SkipReason) and "2026-11-03" in str(early.skip_message)
    on_time = statements_due(site, date(2026, 11, 3))
    assert isinstance(on_time, RunRequest)
    assert on_time.tags["dagster/asset_partition_range_start"] == "2026-10-01"
    assert on_time.tags["dagster/asset_partition_range_end"] == "2026-10-01"


def test_a_missed_working_day_is_made_up_for(site: Site) -> None:
    publish(site.home, manifest())
    assert isinstance(statements_due(site, date(2026, 11, 19)), RunRequest)


def test_without_a_full_month_nothing_is_due(site: Site) -> None:
    assert isinstance(statements_due(site, date(2026, 11, 3)), SkipReason)
    published = manifest()
    publish(site.home, replace(published, months={date(2026, 11, 1): published.months[date(2026, 11, 1)]}))
    assert isinstance(statements_due(site, date(2026, 11, 3)), SkipReason)


def test_schedules_follow_the_organisations_clock(site: Site) -> None:
    known = {item.name: item for item in schedules(site, site.settings())}
    assert known["nightly_schedule"].cron_schedule == "30 2 * * *"
    assert known["monthly_statement_schedule"].cron_schedule == "0 7 * * *"
    assert {item.execution_timezone for item in known.values()} == {"Europe/London"}
