"""`tallyhouse …`: one-line adapters over plain functions, which are imported when they are called.

Exit codes: 0 done (or nothing to do), 1 the work failed, 2 the home, its settings or the command's words are wrong,
3 rows would have been lost or doubled and nothing was published, 4 published, but a message waits for the next run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.errors import DeliveryError, SettingsError, TallyhouseError
from orchestration.home import Home, find_home

if TYPE_CHECKING:
    from orchestration.run import RunSummary
    from orchestration.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turn raw AI usage logs into figures that finance signs.",
    epilog=(
        "Exit codes: 0 done, 1 failed, 2 wrong settings or words, 3 rows would be lost (nothing published), "
        "4 published but a message waits."
    ),
)
alerts_app = typer.Typer(no_args_is_help=True, help="Budget alerts: what would be sent, what was.")
app.add_typer(alerts_app, name="alerts")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
PlanOption = Annotated[bool, typer.Option("--plan", help="Write nothing; list what would be done, and why.")]


class _Given:
    """The options that come before the command."""

    home: Path | None = None
    debug: bool = False


@app.callback()
def options(
    home: Annotated[Path | None, typer.Option("--home", help="The home to work on (else TALLYHOUSE_HOME).")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    _Given.home, _Given.debug = home, debug


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder of the new home.")],
    demo: Annotated[bool, typer.Option("--demo", help="Fill it with a year of an example company.")] = False,
    until: Annotated[str | None, typer.Option(help="Last day of the example's data (default: yesterday).")] = None,
) -> None:
    """Write a new home: settings, reference tables, an inbox for logs."""
    from orchestration.init import initialise

    with _told():
        typer.echo(initialise(folder, demo=demo, until=_day(until, "--until") if until else None))


@app.command()
def run(plan: PlanOption = False, as_json: JsonOption = False) -> None:
    """Land new files, build stale days, write statements, send alerts: whatever is left to do."""
    from orchestration import console, run

    with _opened() as (home, settings):
        if plan:
            _show_work(home, settings, as_json)
            return
        with console.working() as say:
            summary = run.run(home, settings, say=say)
        _show_summary(summary, home, as_json)


@app.command()
def backfill(
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last day, inclusive.")],
    plan: PlanOption = False,
    as_json: JsonOption = False,
) -> None:
    """Build a range of days again, in one run, at the prices they are pinned to."""
    from orchestration import console, run

    with _opened() as (home, settings):
        span = _day(first, "--from"), _day(last, "--to")
        if plan:
            _show_work(home, settings, as_json, rebuild=span)
            return
        with console.working() as say:
            summary = run.backfill(home, settings, *span, say=say)
        _show_summary(summary, home, as_json)


@app.command()
def report(
    month: Annotated[str | None, typer.Option(help="YYYY-MM (default: the last full month).")] = None,
    scope: Annotated[str | None, typer.Option(help="organisation, or department:NAME (default: all).")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the statements of one month, PDF and CSV."""
    from orchestration import console, statements

    with _opened() as (home, settings):
        with console.working() as say:
            written = statements.report(home, settings, month=month, scope=scope, say=say)
        if as_json:
            console.print_json(written.as_json())
            return
        for path in written.files:
            console.out().print(str(path), markup=False)


@alerts_app.command("preview")
def alerts_preview(as_json: JsonOption = False) -> None:
    """What would be sent for the open period, without sending or recording it."""
    from orchestration import alerts, console

    with _opened() as (home, settings):
        console.print_previews(alerts.preview(home, settings), as_json)


@alerts_app.command("list")
def alerts_list(as_json: JsonOption = False) -> None:
    """Every alert on record and what became of its messages."""
    from orchestration import alerts, console

    with _opened() as (home, _):
        console.print_alerts(alerts.list_alerts(home), as_json)


@app.command()
def status(as_json: JsonOption = False) -> None:
    """Sources, what is published, what is left to do, what waits to be sent."""
    from orchestration import console
    from orchestration.status import read_status

    with _opened() as (home, settings):
        found = read_status(home, settings)
        console.print_json(found.as_json()) if as_json else console.print_status(found)


@app.command()
def doctor() -> None:
    """Look at everything a run depends on and say what to mend."""
    from orchestration import console
    from orchestration.doctor import examine

    with _opened() as (home, settings):
        findings = examine(home, settings)
        console.print_findings(findings)
        if not all(finding.ok for finding in findings):
            raise typer.Exit(1)


@app.command()
def dev(port: Annotated[int, typer.Option(help="Port of the user interface.")] = 3000) -> None:
    """Dagster's user interface on 127.0.0.1, with schedules and sensors running."""
    from orchestration.assets.serve import serve

    with _opened() as (home, settings):
        serve(home, settings, port)


def main() -> None:
    """The console script."""
    app()


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong is said in two sentences and becomes the exit code."""
    try:
        yield
    except TallyhouseError as error:
        if _Given.debug:
            raise
        from orchestration.console import print_error

        print_error(error)
        raise typer.Exit(error.exit_code) from None


@contextmanager
def _opened() -> "Iterator[tuple[Home, Settings]]":
    """The home that the options name, and its settings."""
    with _told():
        from orchestration.settings import home_from_environment, load_settings

        home = find_home(_Given.home, home_from_environment(), Path.cwd())
        yield home, load_settings(home)


def _show_work(home: Home, settings: "Settings", as_json: bool, rebuild: tuple[date, date] | None = None) -> None:
    from orchestration import console, run
    from orchestration.alerts import preview

    work = run.find_work(home, settings, rebuild=rebuild)
    messages = [message for message in preview(home, settings) if not message.queued]
    if as_json:
        console.print_json({"work": work.as_json(), "messages": [message.subject for message in messages]})
    else:
        console.print_work(work, [(m.subject, ", ".join(m.recipients) or "nobody yet") for m in messages])


def _show_summary(summary: "RunSummary | None", home: Home, as_json: bool) -> None:
    from orchestration import console
    from orchestration.marts.manifest import read_manifest

    if as_json:
        console.print_json(summary.as_json() if summary else {"nothing_to_do": True})
    elif summary is None:
        manifest = read_manifest(home)
        console.print_nothing_to_do(manifest.data_until if manifest else None)
    else:
        console.print_summary(summary, home)
    if summary and summary.delivery and summary.delivery.failed:
        raise typer.Exit(DeliveryError.exit_code)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{option} is {text!r}, which is no day.", "Write it as 2026-10-03.") from None
