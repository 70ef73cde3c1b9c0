"""Prices of built days move on command only, after the difference was shown."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.closing.close import close_month
from orchestration.closing.differences import find_differences
from orchestration.home import Home
from orchestration.marts.manifest import Manifest, read_manifest
from orchestration.repricing.reprice import reprice
from tests.support.homes import contents, copy_home, main_job, settings_of, tree

OCTOBER = date(2026, 10, 1)
FIRST, LAST = date(2026, 10, 5), date(2026, 10, 18)
MODEL = "claude-sonnet-4-6"
# Three times the list price: 9, 45 and 0.9 USD per million tokens, 30 USD per thousand searches.
OVERRIDE = f"anthropic,{MODEL},2026-10-01,2026-11-01,9,45,0.9,11.25,18,,30,contract,2026-10-20,\n"


@pytest.fixture
def home(published: Home, tmp_path: Path) -> Iterator[Home]:
    """The published short home with a contract price that nobody has used yet."""
    home = copy_home(published, tmp_path / "home")
    path = home.reference / "price_overrides.csv"
    path.write_text(path.read_text(encoding="utf-8") + OVERRIDE, encoding="utf-8")
    yield home


def manifest_of(home: Home) -> Manifest:
    manifest = read_manifest(home)
    assert manifest is not None
    return manifest


def by_hand(home: Home) -> Decimal:
    """What the model's usage of the range cost at its list price: every rate of the contract is three times it."""
    files = [
        str(path)
        for path in sorted((home.current_marts / "daily_usage").glob("*.parquet"))
        if FIRST <= date.fromisoformat(path.stem) <= LAST
    ]
    query = "select sum(effective_cost) from read_parquet(?) where provider = 'anthropic' and model = ?"
    ((spent,),) = duckdb.execute(query, [files, MODEL]).fetchall()
    assert isinstance(spent, Decimal)
    return spent


def test_a_new_price_changes_no_built_day_by_itself(home: Home) -> None:
    before = {day: value for day, value in manifest_of(home).days.items()}
    assert main_job(home).summary is None
    assert manifest_of(home).days == before


def test_a_plan_shows_the_difference_and_publishes_nothing(home: Home) -> None:
    before = tree(home.marts)
    done = reprice(home, settings_of(home), FIRST, LAST, publish=False)
    assert not done.published and done.changes
    assert {(change.provider, change.model) for change in done.changes} == {("anthropic", MODEL)}
    assert done.new == 3 * by_hand(home) == 3 * done.old > 0
    assert tree(home.marts) == before
    assert main_job(home).summary is None  # what was only shown leaves nothing to do


def test_repricing_moves_the_days_of_the_range_and_no_others(home: Home) -> None:
    before = manifest_of(home)
    planned = reprice(home, settings_of(home), FIRST, LAST, publish=False)
    done = reprice(home, settings_of(home), FIRST, LAST, publish=True)
    after = manifest_of(home)
    assert (done.old, done.new, done.changes) == (planned.old, planned.new, planned.changes)
    assert after.spend(OCTOBER) - before.spend(OCTOBER) == done.new - done.old
    moved = {day for day, value in after.days.items() if value != before.days.get(day)}
    assert moved == set(done.days) and all(FIRST <= day <= LAST for day in moved)
    assert {after.days[day].price_version for day in moved} == {done.version}
    assert reprice(home, settings_of(home), FIRST, LAST, publish=True).days == ()
    main_job(home)  # statements and alerts of what changed
    assert manifest_of(home).days == after.days  # and the new prices stay


def test_repricing_a_closed_month_says_so_and_leaves_what_was_issued(home: Home) -> None:
    settings = settings_of(home)
    close_month(home, settings, OCTOBER, approved_by="Ada Osei", reason="quarantined rows")
    issued = contents(home.statements / "2026-10")
    done = reprice(home, settings, FIRST, LAST, publish=True)
    assert done.closed == (OCTOBER,)
    main_job(home)
    assert contents(home.statements / "2026-10") == issued
    assert sum((item.cost for item in find_differences(home)), Decimal(0)) == done.new - done.old
