"""New files start one run; messages wait for their time; a failure is told in the words of its cause."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from dagster import (
    AssetExecutionContext,
    DagsterInstance,
    DagsterRunStatus,
    Definitions,
    RunRequest,
    SensorDefinition,
    SensorResult,
    SkipReason,
    asset,
    build_run_status_sensor_context,
    build_sensor_context,
    define_asset_job,
)
from dagster._core.test_utils import create_run_for_test

from orchestration.alerts import list_deliveries, pending, queue_failure
from orchestration.assets.instance import IN_PROCESS
from orchestration.assets.site import Site
from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.lock import writer
from orchestration.partitions import calendar
from orchestration.sensors import messages_due, sensors
from tests.unit.dagster.published import land


def named(site: Site, name: str) -> SensorDefinition:
    return next(item for item in sensors(site, calendar(site.home, site.settings())) if item.name == name)


def tick(site: Site, instance: DagsterInstance, name: str, cursor: str | None = None) -> tuple[list[str | None], str]:
    """Run keys that a sensor asks for, and its cursor afterwards; its reason when it asks for none."""
    context = build_sensor_context(instance=instance, cursor=cursor)
    found = named(site, name)(context)
    if isinstance(found, SkipReason):
        return [], str(found.skip_message)
    if isinstance(found, RunRequest):
        return [found.run_key], ""
    assert isinstance(found, SensorResult)
    return [item.run_key for item in found.run_requests or ()], str(found.cursor)


def drop(home: Home, name: str, text: str = "{}\n") -> None:
    folder = home.inbox / "chat"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def test_new_files_start_one_run_and_the_same_files_no_second(site: Site, instance: DagsterInstance) -> None:
    assert tick(site, instance, "new_files") == ([], "No new files.")
    drop(site.home, "a.jsonl")
    (key,), cursor = tick(site, instance, "new_files")
    assert key
    assert tick(site, instance, "new_files", cursor)[0] == []
    drop(site.home, "a.jsonl", "{}\n{}\n")
    (grown,), _ = tick(site, instance, "new_files", cursor)
    assert grown != key


def test_new_files_wait_for_a_run_that_is_under_way(site: Site, instance: DagsterInstance) -> None:
    drop(site.home, "a.jsonl")
    create_run_for_test(instance, job_name="nightly", status=DagsterRunStatus.STARTED)
    assert tick(site, instance, "new_files") == ([], "A run is landing files already.")


def test_a_killed_run_does_not_hold_new_files_back(site: Site, instance: DagsterInstance) -> None:
    drop(site.home, "a.jsonl")
    tags = {IN_PROCESS: "true"}
    lost = create_run_for_test(instance, job_name="nightly", status=DagsterRunStatus.STARTED, tags=tags)
    with writer(site.home, doing="run", now=site.settings().now):
        pass
    assert len(tick(site, instance, "new_files")[0]) == 1
    run = instance.get_run_by_id(lost.run_id)
    assert run is not None and run.status == DagsterRunStatus.FAILURE


def test_messages_are_tried_when_their_time_has_come(site: Site, instance: DagsterInstance) -> None:
    assert tick(site, instance, "outbox") == ([], "No message is due.")
    operators = site.settings().notifications.model_copy(update={"operators": ("ops@halden.example",)})
    queue_failure(site.home, site.settings().model_copy(update={"notifications": operators}), "run-1", "boom")
    assert tick(site, instance, "outbox")[0] == [None]
    assert messages_due(site, site.settings().now - timedelta(hours=1)) == 0


def test_a_held_message_starts_no_run(site: Site, instance: DagsterInstance) -> None:
    queue_failure(site.home, site.settings(), "run-1", "boom")  # nobody is named as operator
    assert tick(site, instance, "outbox") == ([], "No message is due.")


def test_the_definitions_are_loaded_again_for_days_older_than_their_first(
    site: Site, instance: DagsterInstance
) -> None:
    land(site.home, date(2026, 10, 30))
    loaded = sensors(site, calendar(site.home, site.settings()))
    older_days = next(item for item in loaded if item.name == "older_days")
    land(site.home, date(2026, 11, 1), date(2026, 10, 30))
    found = older_days(build_sensor_context(instance=instance))
    assert isinstance(found, SkipReason) and found.skip_message == "No usage is older than 2026-10-30."
    land(site.home, date(2026, 10, 29))
    # Only a server can load them again; here, there is none. The end-to-end test of the interface has one.
    with pytest.raises(TallyhouseError, match="Reload"):
        older_days(build_sensor_context(instance=instance))


def fail(site: Site, instance: DagsterInstance, job: str) -> None:
    """Let a job fail, and the failure sensor see it."""

    @asset
    def marts(context: AssetExecutionContext) -> None:
        raise TallyhouseError("budgets.csv, line 2 is wrong.", "Write a date.")

    definition = Definitions([marts], jobs=[define_asset_job(job)]).resolve_job_def(job)
    done = definition.execute_in_process(instance=instance, raise_on_error=False)
    context = build_run_status_sensor_context(
        "run_failure", done.get_run_failure_event(), instance, done.dagster_run
    ).for_run_failure()
    found = named(site, "run_failure")(context)
    list(found if isinstance(found, Iterable) else ())


def test_a_failed_run_is_told_once_in_the_words_of_its_cause(site: Site, instance: DagsterInstance) -> None:
    fail(site, instance, "nightly")
    (delivery,) = list_deliveries(site.home)
    assert delivery.kind == "failure"
    (waiting,) = pending(site.home)
    assert waiting.message.subject.endswith("budgets.csv, line 2 is wrong. Write a date.")
    assert "budgets.csv, line 2 is wrong. Write a date." in waiting.message.text
    assert "Traceback" not in waiting.message.text


def test_a_failed_delivery_is_not_told_by_another_delivery(site: Site, instance: DagsterInstance) -> None:
    fail(site, instance, "deliver")
    assert list_deliveries(site.home) == []
