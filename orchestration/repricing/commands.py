"""`tallyhouse reprice`: a one-line adapter over a plain function, and how its result looks."""

from typing import Annotated

import typer

from orchestration.options import Given, command
from orchestration.words import day_of

FirstOption = Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")]
LastOption = Annotated[str, typer.Option("--to", help="Last day, inclusive.")]
PlanOption = Annotated[bool, typer.Option("--plan", help="Show the difference and publish nothing.")]


def add_commands(app: typer.Typer) -> None:
    command(app)(reprice)


def reprice(given: Given, first: FirstOption, last: LastOption, plan: PlanOption = False) -> None:
    """Price a range of built days with the newest price book, and show what that changes."""
    from orchestration import console
    from orchestration.journal import Journal, keeping
    from orchestration.repricing import reprice as job
    from orchestration.repricing.told import print_repricing

    with given.opened() as (home, settings):
        span = day_of(first, "--from"), day_of(last, "--to")
        with console.working() as say, keeping(Journal(say=say)):
            done = job.reprice(home, settings, *span, publish=not plan)
        print_repricing(done, given.as_json)
