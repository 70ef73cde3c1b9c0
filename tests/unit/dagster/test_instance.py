"""The home's Dagster instance: its settings, lost runs, and many events at a time."""

import subprocess
import sys
from pathlib import Path

import pytest
from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    DagsterInstance,
    DagsterRunStatus,
    Definitions,
    asset,
    define_asset_job,
)
from dagster._core.test_utils import create_run_for_test

from orchestration.assets.instance import IN_PROCESS, instance_of, many_events, mark_lost_runs, under_way
from orchestration.assets.instance_file import write_instance_file
from orchestration.home import Home
from orchestration.lock import writer
from orchestration.settings import Settings

CHECKOUT = Path(__file__).resolve().parents[3]
STARTED = DagsterRunStatus.STARTED


def status(instance: DagsterInstance, run_id: str) -> DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_the_instance_sends_nothing_home_and_lies_in_the_home(home: Home) -> None:
    with instance_of(home) as instance:
        assert not instance.telemetry_enabled
        assert instance.root_directory == str(home.dagster)
    file = home.dagster / "dagster.yaml"
    before = file.stat().st_mtime_ns
    write_instance_file(home)
    assert file.stat().st_mtime_ns == before
    file.write_text("telemetry: {enabled: true}", encoding="utf-8")
    write_instance_file(home)
    assert "enabled: false" in file.read_text(encoding="utf-8")


def test_runs_of_killed_command_lines_are_marked_failed_and_no_others(instance: DagsterInstance) -> None:
    tags = {IN_PROCESS: "true"}
    lost = create_run_for_test(instance, job_name="nightly", status=STARTED, tags=tags)
    own = create_run_for_test(instance, job_name="nightly", status=STARTED, tags=tags)
    server = create_run_for_test(instance, job_name="nightly", status=STARTED)
    ended = create_run_for_test(instance, job_name="nightly", status=DagsterRunStatus.SUCCESS, tags=tags)
    assert mark_lost_runs(instance, but=own.run_id) == [lost.run_id]
    assert status(instance, lost.run_id) == DagsterRunStatus.FAILURE
    assert {status(instance, run.run_id) for run in (own, server)} == {STARTED}
    assert status(instance, ended.run_id) == DagsterRunStatus.SUCCESS


def test_a_run_whose_process_holds_the_lock_is_under_way(
    instance: DagsterInstance, home: Home, settings: Settings
) -> None:
    assert not under_way(instance, home, "nightly", now=settings.now)
    run = create_run_for_test(instance, job_name="nightly", status=STARTED, tags={IN_PROCESS: "true"})
    code = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime\n"
        "from orchestration.home import Home; from orchestration.lock import writer\n"
        "with writer(Home(Path(sys.argv[1])), doing='run', now=datetime.now(UTC)):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(home.root)], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        holder.stdout.readline()
        assert under_way(instance, home, "nightly", now=settings.now)
        assert not under_way(instance, home, "deliver", now=settings.now)
        assert status(instance, run.run_id) == STARTED
        holder.stdin.close()
    assert not under_way(instance, home, "nightly", now=settings.now)
    assert status(instance, run.run_id) == DagsterRunStatus.FAILURE
    with writer(home, doing="run", now=settings.now, timeout=0):
        pass  # looking did not keep the lock


@pytest.mark.parametrize("nested", [False, True])
def test_many_events_lose_none(instance: DagsterInstance, nested: bool) -> None:
    @asset
    def source(context: AssetExecutionContext) -> None:
        with many_events(instance, context.run.run_id):
            if nested:
                with many_events(instance, context.run.run_id):
                    pass
            for number in range(50):
                context.log_event(AssetMaterialization("mart", partition=str(number)))

    job = Definitions([source], jobs=[define_asset_job("j")]).resolve_job_def("j")
    done = job.execute_in_process(instance=instance)
    assert len(instance.get_materialized_partitions(AssetKey("mart"))) == 50
    stored = [log for log in instance.all_logs(done.run_id) if log.dagster_event and log.dagster_event.partition]
    assert len(stored) == 50
