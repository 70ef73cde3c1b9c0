"""`tallyhouse explain`: a one-line adapter over a plain function."""

from typing import Annotated

import typer

from orchestration.options import Given, command

EventArgument = Annotated[str, typer.Argument(help="The event's id, as its source gives it.", metavar="EVENT_ID")]
SourceOption = Annotated[str, typer.Option("--source", help="Whose event it is, where two sources use one id.")]


def add_commands(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(explain)


def explain(given: Given, event_id: EventArgument, source: SourceOption = "") -> None:
    """Show how one event's cost came about: files, price, each class, discounts, result."""
    from orchestration import console
    from orchestration.explaining.explain import explain_event
    from orchestration.explaining.told import print_explanation

    with given.opened() as (home, settings):
        found = explain_event(home, settings, event_id, source=source or None)
        if given.as_json:
            console.print_json(found.as_json())
        else:
            print_explanation(found)
