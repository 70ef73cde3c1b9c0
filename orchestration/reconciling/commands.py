"""`tallyhouse reconcile`: a one-line adapter over a plain function, and how its result looks."""

from typing import Annotated

import typer

from orchestration.errors import UnreconciledError
from orchestration.options import Given, command
from orchestration.words import month_of

MonthOption = Annotated[str, typer.Option("--month", help="YYYY-MM (default: the last full month).")]


def add_commands(app: typer.Typer) -> None:
    command(app)(reconcile)


def reconcile(given: Given, month: MonthOption = "") -> None:
    """Compare a month's figures with what its providers billed; exits with 7 when they do not agree."""
    from orchestration.reconciling.month import read_month
    from orchestration.reconciling.told import print_month

    with given.opened() as (home, settings):
        found = read_month(home, settings, month_of(month, "--month") if month else None)
        print_month(found, given.as_json)
        if not found.is_met:
            raise typer.Exit(UnreconciledError.exit_code)
