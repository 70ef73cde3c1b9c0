"""`tallyhouse close`, `restate` and `reopen`: one-line adapters over plain functions."""

from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.journal import Journal, keeping
from orchestration.options import Given, command
from orchestration.words import month_of

if TYPE_CHECKING:
    from orchestration.closing.close import Closed

MonthArgument = Annotated[str, typer.Argument(help="YYYY-MM.", metavar="MONTH")]
ApprovedOption = Annotated[str, typer.Option("--approved-by", help="Who approves; it is recorded and printed.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; required when a check is not met.")]
PlanOption = Annotated[bool, typer.Option("--plan", help="Write nothing; show the checks or the differences.")]


def add_commands(app: typer.Typer) -> None:
    """Register the three commands."""
    command(app)(close)
    command(app)(restate)
    command(app)(reopen)


def close(
    given: Given,
    month: MonthArgument,
    approved_by: ApprovedOption = "",
    reason: ReasonOption = "",
    plan: PlanOption = False,
) -> None:
    """Close a month: number its statements, freeze its lines and inputs, chain its record."""
    from orchestration import console
    from orchestration.closing.close import close_month, plan_close
    from orchestration.closing.told import print_plan

    with given.opened() as (home, settings):
        if plan:
            print_plan(plan_close(home, settings, month_of(month, "The month")), given.as_json)
            return
        with console.working() as say, keeping(Journal(say=say)):
            done = close_month(home, settings, month_of(month, "The month"), approved_by=approved_by, reason=reason)
        _show(done, given)


def restate(
    given: Given,
    month: MonthArgument,
    approved_by: ApprovedOption = "",
    reason: ReasonOption = "",
    plan: PlanOption = False,
) -> None:
    """Issue a closed month again, numbered, with what has become known since and the differences shown."""
    from orchestration import console
    from orchestration.closing.close import restate_month
    from orchestration.closing.differences import find_differences
    from orchestration.closing.told import print_differences

    with given.opened() as (home, settings):
        if plan:
            found = [item for item in find_differences(home) if item.record.month == month_of(month, "The month")]
            print_differences(found, given.as_json)
            return
        with console.working() as say, keeping(Journal(say=say)):
            done = restate_month(home, settings, month_of(month, "The month"), approved_by=approved_by, reason=reason)
        _show(done, given)


def reopen(given: Given, month: MonthArgument, approved_by: ApprovedOption = "", reason: ReasonOption = "") -> None:
    """Record that the last closed month is open again; what was issued is kept."""
    from orchestration.closing.close import reopen_month

    with given.opened() as (home, settings):
        _show(reopen_month(home, settings, month_of(month, "The month"), approved_by=approved_by, reason=reason), given)


def _show(done: "Closed", given: Given) -> None:
    from orchestration.closing.told import print_closed

    print_closed(done, given.as_json)
