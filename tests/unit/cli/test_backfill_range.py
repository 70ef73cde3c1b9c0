"""A backfill of a range without usage says so and exits with 2, with --plan and without."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from orchestration.home import Home
from tests.unit.dagster.published import land


@pytest.mark.parametrize("plan", [(), ("--plan",)])
@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2019-01-01", "2019-01-31", "No usage is landed for 2019-01-01 to 2019-01-31"),
        ("2026-10-05", "2026-10-05", "No usage is landed for 2026-10-05:"),
        ("2031-01-01", "2031-02-01", "No usage is landed for 2031-01-01 to 2031-02-01"),
        ("2026-10-31", "2026-10-01", "--from 2026-10-31 is after --to 2026-10-01"),
        ("October", "2026-10-01", "--from is 'October', which is no day"),
    ],
)
def test_a_range_without_usage_is_named(
    call: Callable[..., Any], home: Home, plan: tuple[str, ...], first: str, last: str, said: str
) -> None:
    land(home, date(2026, 10, 1), date(2026, 10, 9), date(2031, 1, 5))
    done = call("backfill", "--from", first, "--to", last, *plan, "--home", home.root)
    assert done.code == 2 and done.err.startswith(f"Error: {said}")
    assert not home.marts.exists()


def test_the_days_with_usage_are_named(call: Callable[..., Any], home: Home) -> None:
    land(home, date(2026, 10, 1), date(2026, 10, 9))
    words = ("backfill", "--from", "2019-01-01", "--to", "2019-01-02", "--home", home.root)
    assert "from 2026-10-01 to 2026-10-09" in call(*words).err
    planned = call("backfill", "--from", "2026-10-01", "--to", "2026-10-09", "--plan", "--home", home.root)
    assert planned.code == 0 and "2026-10-09" in planned.out


def test_before_any_run_the_next_step_is_to_run(call: Callable[..., Any], home: Home) -> None:
    done = call("backfill", "--from", "2026-10-01", "--to", "2026-10-09", "--home", home.root)
    assert done.code == 2 and "Run first: tallyhouse run" in done.err
