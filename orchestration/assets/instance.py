"""The Dagster instance of a home: one history for the command line and the user interface."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter
from dagster._core.storage.event_log import SqliteEventLogStorage

from orchestration.assets.instance_file import write_instance_file
from orchestration.home import Home

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


@contextmanager
def many_events(instance: DagsterInstance, run_id: str) -> Iterator[None]:
    """Log many events four times as fast.

    Dagster opens and closes SQLite for every event, and closing the last connection writes the whole log back.
    Holding one connection open, idle, spares that.
    """
    storage = instance.event_log_storage
    with ExitStack() as held:
        if isinstance(storage, SqliteEventLogStorage):
            for shard in ("index", run_id):
                connection = held.enter_context(closing(sqlite3.connect(storage.path_for_shard(shard))))
                connection.execute("select 1 from event_logs limit 1").fetchall()
        yield
