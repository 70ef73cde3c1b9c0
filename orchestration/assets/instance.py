"""The Dagster instance of a home: one history for the command line and the user interface."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter
from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy import Engine, event

from orchestration.assets.instance_file import write_instance_file
from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.lock import writer

# A run that the command line executes in its own process. It holds the home's writer lock from first to last.
IN_PROCESS = "tallyhouse/in_process"
_ENDED = (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)
_UNFINISHED = [status for status in DagsterRunStatus if status not in _ENDED]


@contextmanager
def instance_of(home: Home) -> Iterator[DagsterInstance]:
    """The home's instance, made on first use."""
    write_instance_file(home)
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        yield instance


def mark_lost_runs(instance: DagsterInstance, *, but: str | None = None) -> list[str]:
    """Mark runs of killed command lines as failed; their ids.

    Only for a caller that holds the writer lock: nobody else can then be executing such a run. `but`: the
    caller's own run.
    """
    unfinished = instance.get_runs(RunsFilter(tags={IN_PROCESS: "true"}, statuses=_UNFINISHED))
    lost = [run for run in unfinished if run.run_id != but]
    for run in lost:
        instance.report_run_failed(run, "The process was killed. The next run puts right what it left undone.")
    return [run.run_id for run in lost]


def under_way(instance: DagsterInstance, home: Home, *jobs: str, now: datetime) -> bool:
    """Whether a run of one of the jobs is queued or running, from wherever it was started; killed ones do not count."""
    if not instance.get_runs_count(RunsFilter(statuses=_UNFINISHED)):
        return False
    # A held lock means that its holder is at work.
    with suppress(TallyhouseError), writer(home, doing="look for lost runs", now=now, timeout=0):
        mark_lost_runs(instance)
    return any(instance.get_runs_count(RunsFilter(job_name=job, statuses=_UNFINISHED)) for job in jobs)


@contextmanager
def many_events(instance: DagsterInstance, run_id: str) -> Iterator[None]:
    """Let a run log thousands of events without waiting for the disk at each.

    Dagster opens, commits and closes SQLite for every event. An idle connection beside it spares writing the log back
    at each close, and `synchronous = normal` the wait at each commit: after a power cut the last events of the history
    may be missing, which nothing depends on.
    """
    storage = instance.event_log_storage
    if not isinstance(storage, SqliteEventLogStorage) or event.contains(Engine, "connect", _without_waiting):
        yield
        return
    event.listen(Engine, "connect", _without_waiting)
    try:
        with ExitStack() as held:
            for shard in ("index", run_id):
                with storage.run_connection(shard):
                    pass  # makes the file where it is missing
                connection = held.enter_context(closing(sqlite3.connect(storage.path_for_shard(shard))))
                connection.execute("select 1 from event_logs limit 1").fetchall()
            yield
    finally:
        event.remove(Engine, "connect", _without_waiting)


def _without_waiting(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("pragma synchronous = normal")
