"""What starts a run between the schedules: new files, messages that may be tried again; what tells of a failure; and
what shows days that are older than the first day known before.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from dagster import (
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunRequest,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    run_failure_sensor,
    sensor,
)
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin

from orchestration.alerts import pending, queue_failure
from orchestration.assets.instance import under_way
from orchestration.assets.jobs import DELIVER, NIGHTLY
from orchestration.assets.site import Site
from orchestration.errors import TallyhouseError
from orchestration.landing import pending_files
from orchestration.partitions import Calendar, first_day

_SECONDS = 60


def sensors(site: Site, calendar: Calendar) -> list[SensorDefinition]:
    """All sensors; they run as long as the server does."""

    @sensor(
        name="new_files",
        job_name=NIGHTLY,
        minimum_interval_seconds=_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Starts the nightly job when files are new or changed.",
    )
    def new_files(context: SensorEvaluationContext) -> SensorResult | SkipReason:
        settings = site.settings()
        files = pending_files(site.home, settings)
        if not files:
            return SkipReason("No new files.")
        if under_way(context.instance, site.home, NIGHTLY, now=settings.now):
            return SkipReason("A run is landing files already.")
        seen = fingerprint(files)
        if seen == context.cursor:
            return SkipReason("These files were there for an earlier run; the next nightly run tries them again.")
        return SensorResult(run_requests=[RunRequest(run_key=seen)], cursor=seen)

    @sensor(
        name="outbox",
        job_name=DELIVER,
        minimum_interval_seconds=_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Sends messages that wait and may be tried now.",
    )
    def outbox(context: SensorEvaluationContext) -> RunRequest | SkipReason:
        now = site.settings().now
        if not messages_due(site, now):
            return SkipReason("No message is due.")
        if under_way(context.instance, site.home, DELIVER, NIGHTLY, now=now):
            return SkipReason("A run is sending messages already.")
        return RunRequest()

    @run_failure_sensor(
        name="run_failure",
        minimum_interval_seconds=_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Tells the operators of a run that failed, once; the outbox sends it.",
    )
    def run_failure(context: RunFailureSensorContext) -> Iterator[SkipReason]:
        # A failed delivery that is told by mail would fail again, and be told again.
        if context.dagster_run.job_name == DELIVER:
            yield SkipReason("A failed delivery shows in the list of runs and in `tallyhouse status`.")
            return
        queue_failure(site.home, site.settings(), context.dagster_run.run_id, failure_text(context))

    @sensor(
        name="older_days",
        minimum_interval_seconds=_SECONDS // 2,
        default_status=DefaultSensorStatus.RUNNING,
        description="Loads the definitions again when usage has landed that is older than their first day.",
    )
    def older_days(context: SensorEvaluationContext) -> SkipReason:
        first = first_day(site.home, site.settings())
        if first >= calendar.first:
            return SkipReason(f"No usage is older than {calendar.first}.")
        load_again(context)
        return SkipReason(f"Usage goes back to {first}; the definitions are loaded again.")

    return [new_files, outbox, run_failure, older_days]


def load_again(context: SensorEvaluationContext) -> None:
    """What the interface's button "Reload" does: server and daemon see the new definitions, runs go on undisturbed."""
    location = context.code_location_origin
    if not isinstance(location, GrpcServerCodeLocationOrigin):
        raise TallyhouseError("This code location cannot be loaded again from here.", "Press Reload in the interface.")
    location.create_client().reload_code(timeout=context.instance.code_server_reload_timeout)


def fingerprint(files: Iterable[Path]) -> str:
    """A set of files as it lies there: names, sizes and times, so that a file that grew is new."""
    digest = hashlib.sha256()
    for path in files:
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        digest.update(f"{path}\x1f{stat.st_size}\x1f{stat.st_mtime_ns}\x1e".encode())
    return digest.hexdigest()[:32]


def messages_due(site: Site, now: datetime) -> int:
    """Deliveries that nothing holds back and whose time has come."""
    return sum(1 for item in pending(site.home) if item.held is None and item.next_attempt_at <= now)


def failure_text(context: RunFailureSensorContext) -> str:
    """The innermost cause of the first failed step: the sentences of a TallyhouseError, where it was one."""
    for event in context.get_step_failure_events():
        error = event.step_failure_data.error
        while error is not None and error.cause is not None:
            error = error.cause
        if error is not None:
            text, own = re.subn(r"^orchestration\.errors\.\w+: ", "", error.message.strip())
            return text if own else f"{event.step_key}: {text}"
    return context.failure_event.message or "The run ended without a word."
