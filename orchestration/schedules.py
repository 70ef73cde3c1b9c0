"""When: the nightly run and the monthly statements, on the organisation's clock."""

from datetime import UTC, date, datetime, timedelta

from dagster import DefaultScheduleStatus, RunRequest, ScheduleDefinition, ScheduleEvaluationContext, SkipReason

from orchestration.assets.jobs import NIGHTLY, STATEMENT
from orchestration.assets.site import Site
from orchestration.marts.manifest import read_manifest
from orchestration.partitions import range_tags
from orchestration.settings import Settings
from orchestration.statements import due_months
from orchestration.working_days import nth_working_day

# Dagster evaluates each tick of a downtime; one run catches up on everything, so only the latest may start it.
_MISSED = timedelta(hours=12)


def schedules(site: Site, settings: Settings) -> list[ScheduleDefinition]:
    """Both schedules; they run as long as the server does."""

    def nightly(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        if datetime.now(UTC) - context.scheduled_execution_time > _MISSED:
            return SkipReason("Missed; the next run catches up on everything.")
        return RunRequest()

    def statements(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        return statements_due(site, context.scheduled_execution_time.astimezone(settings.zone).date())

    return [
        ScheduleDefinition(
            name=f"{name}_schedule",
            description=told,
            job_name=name,
            cron_schedule=_daily(clock),
            execution_timezone=settings.timezone,
            execution_fn=evaluate,
            default_status=DefaultScheduleStatus.RUNNING,
        )
        for name, clock, evaluate, told in (
            (NIGHTLY, settings.schedules.nightly, nightly, "Every night; one run catches up on all that was missed."),
            (
                STATEMENT,
                settings.schedules.statement_at,
                statements,
                f"From working day {settings.schedules.statement_working_day} of each month, where statements are due.",
            ),
        )
    ]


def statements_due(site: Site, today: date) -> RunRequest | SkipReason:
    """One run for all due months, on the month's working day that the settings name.

    Also on a later day when that one was missed, or when figures of a month changed after its statement.
    """
    settings = site.settings()
    due_on = nth_working_day(today, settings.schedules.statement_working_day, settings.schedules.holidays)
    if today < due_on:
        return SkipReason(f"Statements are written on {due_on}.")
    due = due_months(site.home, settings, read_manifest(site.home))
    if not due:
        return SkipReason("No statement is due.")
    return RunRequest(run_key=f"{today}", tags=range_tags(due[0], due[-1]))


def _daily(clock: str) -> str:
    hour, minute = clock.split(":")
    return f"{int(minute)} {int(hour)} * * *"
