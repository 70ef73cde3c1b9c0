"""`tallyhouse …`: one-line adapters over plain functions, which are imported when they are called.

Exit codes: 0 done (or nothing to do), 1 the work failed, 2 the home, its settings or the command's words are wrong,
3 rows would have been lost or doubled and nothing was published, 4 published, but a message waits for the next run,
5 published, but without a file that was refused, 6 published, but a provider's API could not be read,
7 a month does not agree with the providers' bills, 8 doctor found something that should be mended.
"""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.closing import commands as closing
from orchestration.errors import DeliveryError, FetchError, FindingsError, RefusedFilesError, TallyhouseError
from orchestration.explaining import commands as explaining
from orchestration.options import Given, command, group
from orchestration.reconciling import commands as reconciling
from orchestration.repricing import commands as repricing
from orchestration.words import day_of

if TYPE_CHECKING:
    from orchestration.home import Home
    from orchestration.run import RunSummary
    from orchestration.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turn raw AI usage logs into figures that finance signs.",
    epilog=(
        "Exit codes: 0 done, 1 failed, 2 wrong settings or words, 3 rows would be lost (nothing published), "
        "4 published but a message waits, 5 published without a file that was refused, 6 published but a provider "
        "could not be read, 7 a month does not agree with its bills, 8 doctor found something to mend."
    ),
)
alerts_app = typer.Typer(no_args_is_help=True, help="Budget alerts: what would be sent, what was.")
app.add_typer(alerts_app, name="alerts")
group(app)
group(alerts_app)

PlanOption = Annotated[bool, typer.Option("--plan", help="Write nothing; list what would be done, and why.")]


@command(app)
def init(
    given: Given,
    folder: Annotated[Path, typer.Argument(help="Folder of the new home.")],
    demo: Annotated[bool, typer.Option("--demo", help="Fill it with a year of an example company.")] = False,
    until: Annotated[str | None, typer.Option(help="Last day of the example's data (default: yesterday).")] = None,
) -> None:
    """Write a new home: settings, reference tables, an inbox for logs."""
    from orchestration import console
    from orchestration.init import initialise

    written = initialise(folder, demo=demo, until=day_of(until, "--until") if until else None)
    console.print_json(written.as_json()) if given.as_json else typer.echo(written.in_words())


@command(app)
def run(given: Given, plan: PlanOption = False) -> None:
    """Fetch reports, land new files, build stale days, write statements, send alerts: whatever is left to do."""
    from orchestration import console, run

    with given.opened() as (home, settings):
        if plan:
            _show_work(home, settings, given.as_json)
            return
        with console.working() as say:
            summary = run.run(home, settings, say=say)
        _show_summary(summary, home, settings, given.as_json)


@command(app)
def backfill(
    given: Given,
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last day, inclusive.")],
    plan: PlanOption = False,
) -> None:
    """Build a range of days again, in one run, at the prices they are pinned to."""
    from orchestration import console, run

    with given.opened() as (home, settings):
        span = day_of(first, "--from"), day_of(last, "--to")
        if plan:
            run.check_range(home, settings, *span)
            _show_work(home, settings, given.as_json, rebuild=span)
            return
        with console.working() as say:
            summary = run.backfill(home, settings, *span, say=say)
        _show_summary(summary, home, settings, given.as_json)


@command(app)
def report(
    given: Given,
    month: Annotated[str | None, typer.Option(help="YYYY-MM (default: the last full month).")] = None,
    scope: Annotated[str | None, typer.Option(help="organisation, or department:NAME (default: all).")] = None,
) -> None:
    """Write the statements of one month, PDF and CSV."""
    from orchestration import console, statements

    with given.opened() as (home, settings):
        with console.working() as say:
            written = statements.report(home, settings, month=month, scope=scope, say=say)
        if given.as_json:
            console.print_json(written.as_json())
            return
        for path in written.files:
            console.out().print(str(path), markup=False)


# Help lists commands as they are registered: from the first that a new user needs to what runs by itself.
explaining.add_commands(app)
repricing.add_commands(app)
reconciling.add_commands(app)
closing.add_commands(app)


@command(alerts_app, "preview")
def alerts_preview(given: Given) -> None:
    """What would be sent for the open period, without sending or recording it."""
    from orchestration import alerts, console

    with given.opened() as (home, settings):
        sent = [item for item in alerts.list_deliveries(home) if item.sent_at is not None]
        console.print_previews(alerts.preview(home, settings), sent, settings.zone, given.as_json)


@command(alerts_app, "list")
def alerts_list(given: Given) -> None:
    """Every alert on record and what became of its messages."""
    from orchestration import alerts, console

    with given.opened() as (home, _):
        console.print_alerts(alerts.list_alerts(home), given.as_json)


@command(app)
def status(given: Given) -> None:
    """Sources, what is published, what is left to do, what waits to be sent."""
    from orchestration.console import print_json
    from orchestration.status import read_status
    from orchestration.status_told import print_status

    with given.opened() as (home, settings):
        found = read_status(home, settings)
        print_json(found.as_json()) if given.as_json else print_status(found)


@command(app)
def doctor(given: Given) -> None:
    """Look at everything a run depends on and say what to mend."""
    from orchestration import console
    from orchestration.doctor import examine

    with given.opened() as (home, settings):
        findings = examine(home, settings)
        console.print_findings(findings, given.as_json)
        if not all(finding.ok for finding in findings):
            raise typer.Exit(FindingsError.exit_code)


@command(app)
def dev(given: Given, port: Annotated[int, typer.Option(help="Port of the user interface.")] = 3000) -> None:
    """Dagster's user interface on 127.0.0.1, with schedules and sensors running."""
    from orchestration.assets.serve import serve

    with given.opened() as (home, settings):
        serve(home, settings, port)


def main() -> None:
    """The console script."""
    app(prog_name="tallyhouse")


def _show_work(home: "Home", settings: "Settings", as_json: bool, rebuild: tuple[date, date] | None = None) -> None:
    from orchestration import console, run
    from orchestration.alerts import preview
    from orchestration.landing import refusals

    work = run.find_work(home, settings, rebuild=rebuild)
    refused = refusals(home, settings)
    messages = [message for message in preview(home, settings) if not message.queued]
    if as_json:
        subjects = [message.subject for message in messages]
        console.print_json({"work": work.as_json(), "messages": subjects, "refused": refused})
    else:
        console.print_work(work, [(m.subject, ", ".join(m.recipients) or "nobody yet") for m in messages], refused)


def _show_summary(summary: "RunSummary | None", home: "Home", settings: "Settings", as_json: bool) -> None:
    from orchestration import console
    from orchestration.landing import refusals
    from orchestration.marts.manifest import read_manifest

    refused = summary.refused if summary else tuple(refusals(home, settings))
    if as_json:
        console.print_json(summary.as_json() if summary else {"nothing_to_do": True, "refused": refused})
    elif summary is None:
        manifest = read_manifest(home)
        console.print_nothing_to_do(manifest.data_until if manifest else None, refused)
    else:
        console.print_summary(summary, home)
    if refused:
        raise typer.Exit(RefusedFilesError.exit_code)
    if summary and summary.fetch and summary.fetch.failed:
        raise typer.Exit(FetchError.exit_code)
    if summary and not summary.conservation:
        raise TallyhouseError(
            "Nothing is published yet: nothing was delivered that could be read as usage.",
            "See data/quarantine for what could not be read, and tallyhouse status for each source.",
        )
    if summary and summary.delivery and summary.delivery.failed:
        raise typer.Exit(DeliveryError.exit_code)
