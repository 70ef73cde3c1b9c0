"""The jobs of the user interface, executed in this process, for the command line: one history for both."""

import logging
from collections.abc import Mapping
from datetime import date

from dagster import DagsterError, InitLoggerContext, logger
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.utils import make_new_run_id

from orchestration.assets.instance import IN_PROCESS, instance_of, many_events, mark_lost_runs
from orchestration.assets.jobs import BACKFILL, NIGHTLY, STATEMENT
from orchestration.assets.site import Site
from orchestration.definitions import define
from orchestration.errors import SettingsError, TallyhouseError
from orchestration.home import Home
from orchestration.lock import writer
from orchestration.marts.manifest import read_manifest
from orchestration.partitions import first_day, range_tags
from orchestration.settings import Settings
from orchestration.statements import due_months


def run_nightly(home: Home, settings: Settings) -> None:
    """The nightly job, then the statements that are due. Raises the TallyhouseError of the step that failed."""
    with writer(home, doing="tallyhouse run", now=settings.now):
        _execute(home, settings, NIGHTLY)
        run_statements(home, settings)


def run_backfill(home: Home, settings: Settings, first: date, last: date) -> None:
    """Build the days from `first` to `last` (inclusive) again, in one run over that range.

    Days before the first usage and after today are left out. Raises SettingsError when none is left, else the
    TallyhouseError of the step that failed.
    """
    start, end = max(first, first_day(home, settings)), min(last, settings.today)
    if start > end:
        raise SettingsError(
            f"There is no day with usage from {first} to {last}.",
            f"Name days from {first_day(home, settings)} to {settings.today}.",
        )
    _execute(home, settings, BACKFILL, tags=range_tags(start, end))


def run_statements(home: Home, settings: Settings) -> None:
    """Write every statement that is due, if any. Raises the TallyhouseError of the step that failed."""
    with writer(home, doing="tallyhouse statements", now=settings.now):
        due = due_months(home, settings, read_manifest(home))
        if due:
            _execute(home, settings, STATEMENT, tags=range_tags(due[0], due[-1]))


def _execute(home: Home, settings: Settings, job: str, *, tags: Mapping[str, str] | None = None) -> None:
    """Run a job here and record it in the home's instance, under the writer lock from first to last."""
    with writer(home, doing=f"tallyhouse {job}", now=settings.now), instance_of(home) as instance:
        mark_lost_runs(instance)
        known = define(Site(home, settings=lambda: settings, by_hand=True), loggers={"silent": silent})
        definition, run_id = known.resolve_job_def(job), make_new_run_id()
        try:
            with many_events(instance, run_id):
                definition.execute_in_process(
                    run_config={**(definition.run_config or {}), "loggers": {"silent": {}}},
                    instance=instance,
                    run_id=run_id,
                    tags={IN_PROCESS: "true", **(tags or {})},
                    raise_on_error=True,
                )
        except DagsterExecutionInterruptedError as error:
            raise KeyboardInterrupt from error
        except DagsterError as error:
            raise _cause(error) from error


@logger
def silent(_: InitLoggerContext) -> logging.Logger:
    """Dagster's events go to the history alone: the terminal belongs to the command line."""
    quiet = logging.getLogger("orchestration.silent")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    return quiet


def _cause(error: BaseException) -> BaseException:
    """The TallyhouseError that Dagster wrapped, or the error itself."""
    inner: BaseException | None = error
    while inner is not None and not isinstance(inner, TallyhouseError):
        inner = inner.__cause__ or inner.__context__
    return inner or error
