"""What is registered, and that importing it does no work."""

import subprocess
import sys
from pathlib import Path

from dagster import AssetKey, DefaultScheduleStatus, DefaultSensorStatus

from orchestration.assets.jobs import BACKFILL, DELIVER, NIGHTLY, STATEMENT
from orchestration.assets.site import Site
from orchestration.definitions import define
from orchestration.marts.publish import DAILY

CHECKOUT = Path(__file__).resolve().parents[3]


def test_importing_every_module_needs_no_home_and_writes_nothing(tmp_path: Path) -> None:
    names = ["definitions", "partitions", "schedules", "sensors", "checks", "dbt", "assets.execute", "assets.serve"]
    code = "; ".join(f"import orchestration.{name}" for name in names)
    environment = {"PYTHONPATH": str(CHECKOUT), "HOME": str(tmp_path), "PATH": ""}
    subprocess.run([sys.executable, "-B", "-c", code], cwd=tmp_path, env=environment, check=True, timeout=120)
    assert list(tmp_path.iterdir()) == []


def test_the_nightly_job_lands_builds_decides_and_sends_in_this_order_in_one_run(site: Site) -> None:
    job = define(site).resolve_job_def(NIGHTLY)
    order = [node.name for node in job.graph.nodes_in_topological_order]
    assert order == ["raw_usage", "marts", "budget_alerts", "deliveries"]
    assert job.partitions_def is None


def test_statements_are_written_and_sent_in_one_step(site: Site) -> None:
    order = [node.name for node in define(site).resolve_job_def(STATEMENT).graph.nodes_in_topological_order]
    assert order == ["statements"]


def test_a_backfill_is_one_run_over_a_range_of_days(site: Site) -> None:
    definitions = define(site)
    job = definitions.resolve_job_def(BACKFILL)
    assert {AssetKey(mart) for mart in DAILY} <= job.asset_layer.executable_asset_keys
    assert job.partitions_def is not None
    policies = {definitions.resolve_asset_graph().get(AssetKey(mart)).backfill_policy for mart in DAILY}
    assert all(policy is not None and policy.max_partitions_per_run is None for policy in policies)


def test_every_schedule_and_sensor_runs_from_the_start(site: Site) -> None:
    definitions = define(site)
    assert {item.default_status for item in definitions.schedules or ()} == {DefaultScheduleStatus.RUNNING}
    assert {item.default_status for item in definitions.sensors or ()} == {DefaultSensorStatus.RUNNING}
    assert {item.name for item in definitions.jobs or ()} == {NIGHTLY, BACKFILL, STATEMENT, DELIVER}
