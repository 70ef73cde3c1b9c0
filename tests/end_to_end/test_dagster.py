"""The jobs in this process: what they tell Dagster, and what reaches the terminal."""

from collections import defaultdict
from datetime import date
from pathlib import Path

import duckdb
import pytest
from dagster import AssetCheckKey, AssetKey, DagsterRunStatus
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from orchestration.assets.execute import run_nightly
from orchestration.assets.instance import instance_of
from orchestration.assets.site import Site
from orchestration.definitions import define
from orchestration.errors import SettingsError
from orchestration.home import Home
from orchestration.journal import Journal, keeping
from orchestration.landing import LandingReport
from orchestration.marts.build import BuildReport
from orchestration.marts.dbt_build import BuildError
from orchestration.marts.manifest import read_manifest
from orchestration.partitions import range_tags
from orchestration.reference import FaultsError
from tests.support.homes import backfill_job, json_lines, repeat_a_price, settings_of, write_json_lines


def told(home: Home) -> dict[str, set[str]]:
    """The partitions that the latest run said it had built, by asset."""
    with instance_of(home) as instance:
        (run,) = instance.get_runs(limit=1)
        found: dict[str, set[str]] = defaultdict(set)
        for log in instance.all_logs(run.run_id):
            event = log.dagster_event
            if event is not None and event.is_step_materialization and event.asset_key is not None:
                found[event.asset_key.to_user_string()].add(event.partition or "")
    return found


def jobs(home: Home) -> list[tuple[str, DagsterRunStatus]]:
    with instance_of(home) as instance:
        return [(run.job_name, run.status) for run in reversed(instance.get_runs())]


def test_a_night_without_anything_new_tells_of_no_day(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    journal = Journal()
    with keeping(journal):
        run_nightly(home, settings_of(home))
    assert set(told(home)) == {"raw_usage", "published_marts", "budget_alerts", "deliveries"}
    # Steps spoke to the journal of whoever called, and Dagster kept off the terminal.
    assert journal.latest(LandingReport) is not None
    assert journal.latest(BuildReport) is None
    assert capfd.readouterr() == ("", "")


def test_a_late_file_tells_of_its_day_and_month_only(home: Home) -> None:
    file = next(iter(sorted((home.inbox / "assistant").rglob("assistant-2026-11-06*.jsonl.gz"))))
    late = [{**row, "event_id": f"late-{row['event_id']}"} for row in json_lines(file)[:1]]
    write_json_lines(file.with_name("later.jsonl"), late)
    run_nightly(home, settings_of(home))
    found = told(home)
    assert found["daily_usage"] == found["hourly_usage"] == found["daily_sources"] == {"2026-11-06"}
    assert found["monthly_usage"] == found["monthly_budget_crossings"] == {"2026-11-01"}


def test_a_backfill_tells_of_every_day_asked_for_also_of_one_without_usage(home: Home) -> None:
    backfill_job(home, date(2026, 11, 19), date(2026, 12, 24))
    # Today has no usage yet, and days to come are none of anybody's.
    assert told(home)["daily_usage"] == {"2026-11-19", "2026-11-20", "2026-11-21"}
    assert jobs(home)[-1] == ("backfill", DagsterRunStatus.SUCCESS)


def test_a_backfill_outside_all_usage_says_which_days_there_are(home: Home) -> None:
    with pytest.raises(SettingsError, match="from 2026-09-29 to 2026-11-20"):
        backfill_job(home, date(2027, 3, 1), date(2027, 3, 2))


def test_a_month_asked_for_in_the_interface_builds_its_days(home: Home) -> None:
    settings = settings_of(home)
    job = define(Site(home, settings=lambda: settings)).resolve_implicit_global_asset_job_def()
    marts = [AssetKey("monthly_usage"), AssetKey("monthly_budget_status")]
    with instance_of(home) as instance:
        month = date(2026, 11, 1)
        job.execute_in_process(instance=instance, asset_selection=marts, tags=range_tags(month, month))
    found = told(home)
    assert found["monthly_usage"] == {"2026-11-01"}
    assert found["daily_usage"] == {f"2026-11-{day:02}" for day in range(1, 22)}


def test_a_failed_step_raises_its_own_error_and_stays_in_the_history(
    home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    budgets = home.reference / "budgets.csv"
    budgets.write_text(budgets.read_text(encoding="utf-8").replace("month", "fortnight"), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"budgets\.csv has \d+ faults:\s+line 2, column period") as raised:
        run_nightly(home, settings_of(home))
    assert isinstance(raised.value, FaultsError)
    assert jobs(home)[-1] == ("nightly", DagsterRunStatus.FAILURE)
    assert capfd.readouterr() == ("", "")


def test_a_data_test_that_fails_is_a_failed_check_and_nothing_is_published(
    home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    published, priced_twice = read_manifest(home), AssetCheckKey(AssetKey("daily_usage"), "price_bands_do_not_overlap")
    repeat_a_price(home)
    with pytest.raises(BuildError, match=r"test price_bands_do_not_overlap failed \(Got 1 result"):
        backfill_job(home, date(2026, 11, 9), date(2026, 11, 9))
    assert read_manifest(home) == published
    assert told(home) == {}
    assert capfd.readouterr() == ("", "")
    with instance_of(home) as instance:
        (run,) = instance.get_runs(limit=1)
        checks = instance.event_log_storage
        (failed,) = checks.get_asset_check_execution_history(priced_twice, limit=1)
        (passed, *_) = checks.get_asset_check_execution_history(
            AssetCheckKey(AssetKey("daily_usage"), "not_null_stg_events_event_id"), limit=1
        )
        # A test that dbt did not come to says nothing of this build.
        (earlier, *_) = checks.get_asset_check_execution_history(
            AssetCheckKey(AssetKey("monthly_usage"), "months_equal_days"), limit=1
        )
    assert (failed.run_id, failed.status) == (run.run_id, AssetCheckExecutionRecordStatus.FAILED)
    assert (passed.run_id, passed.status) == (run.run_id, AssetCheckExecutionRecordStatus.SUCCEEDED)
    assert earlier.run_id != run.run_id
    assert failed.evaluation is not None
    query = Path(str(failed.evaluation.metadata["query"].value)).read_text(encoding="utf-8")
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        assert len(warehouse.execute(query).fetchall()) == 1


def test_a_first_run_tells_of_every_day_in_one_run(home: Home) -> None:
    manifest = read_manifest(home)
    assert manifest is not None
    assert [name for name, _ in jobs(home)] == ["nightly", "monthly_statement"]
    with instance_of(home) as instance:
        days = instance.get_materialized_partitions(AssetKey("daily_usage"))
        months = instance.get_materialized_partitions(AssetKey("monthly_usage"))
    assert days == {day.isoformat() for day in manifest.days}
    assert months == {month.isoformat() for month in manifest.months}
