"""How the commands of closing look."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from decimal import Decimal

from rich.markup import escape
from rich.table import Table

from orchestration.closing.close import Closed, ClosePlan
from orchestration.closing.compared import USAGE, ZERO, Difference
from orchestration.closing.differences import Restated
from orchestration.closing.overview import ClosedMonth, OpenMonth
from orchestration.console import out, print_json
from orchestration.words import count_of
from reports.currency import cents, signed
from reports.values import PARTS, SHARES

_WORDS = {"close": "closed", "restatement": "restated", "reopen": "reopened"}
_SHOWN = 20


def print_plan(plan: ClosePlan, as_json: bool) -> None:
    """The checks of a month that could be closed."""
    if as_json:
        print_json({**asdict(plan), "needs_reason": plan.needs_reason})
        return
    console = out()
    console.print(f"{plan.month:%B %Y} would be closed as revision {plan.revision}, spend {cents(plan.spend)}.")
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for check in plan.checks:
        table.add_row("met" if check.met else "[bold red]not met[/]", check.name, escape(check.detail))
    console.print(table)
    if plan.needs_reason:
        console.print('It can be closed with a recorded reason: --reason "…".')


def print_differences(found: Sequence[Restated], as_json: bool) -> None:
    """What is known of closed months otherwise than it was issued: usage, what is charged, who bears shared costs."""
    if as_json:
        print_json(
            [
                {"month": item.record.month, "cost": item.cost, "charged": item.charged, "lines": item.lines}
                for item in found
            ]
        )
        return
    console = out()
    if not found:
        console.print("Nothing differs from what was issued.")
    for item in found:
        console.print(
            f"{item.record.month:%B %Y}: {count_of(len(item.lines), 'line')} changed; "
            f"usage costs {signed(item.cost)}, the organisation is charged {signed(item.charged)}."
        )
        usage = [line for line in item.lines if line.kind == USAGE]
        _print_lines(("Department", "Project", "Model"), usage, _of_usage)
        _print_lines(("Statement", "Charge"), [line for line in item.lines if line.kind in PARTS], _of_charge)
        _print_lines(("Cost centre", "Department", "Share of"), [x for x in item.lines if x.kind in SHARES], _of_share)


def _print_lines(
    names: Sequence[str], lines: Sequence[Difference], told: Callable[[Difference], Sequence[str]]
) -> None:
    if not lines:
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(name, overflow="fold")
    for name in ("Issued", "Now", "Difference"):
        table.add_column(name, justify="right")
    for line in sorted(lines, key=lambda line: -abs(line.cost))[:_SHOWN]:
        table.add_row(*map(escape, told(line)), cents(line.cost_issued), cents(line.cost_known), signed(line.cost))
    out().print(table)
    if len(lines) > _SHOWN:
        out().print(f"and {len(lines) - _SHOWN} more; all of them with --json")


def _of_usage(line: Difference) -> Sequence[str]:
    return line.department or "untagged", line.project or "no project", line.model


def _of_charge(line: Difference) -> Sequence[str]:
    whose = "organisation" if line.scope_type == "organisation" else line.department or "untagged"
    return whose, " ".join(filter(None, (line.kind.replace("_", " "), line.name)))


def _of_share(line: Difference) -> Sequence[str]:
    return line.cost_centre or "none", line.department or "nobody", line.name


def print_closed(done: Closed, as_json: bool) -> None:
    """What was recorded, and the files issued with it."""
    record = done.record
    if as_json:
        print_json({**asdict(record), "hash": record.hash, "files": done.files})
        return
    console = out()
    spend = cents(Decimal(record.spend))
    console.print(
        f"{record.month:%B %Y} is {_WORDS[record.kind]} (revision {record.revision}, spend {spend}), "
        f"approved by {escape(record.approved_by)}; record {record.number}, {record.hash[:12]}."
    )
    for check in record.checks:
        if not check.met:
            console.print(f"Not met: {check.name}: {escape(check.detail)}")
    for path in done.files:
        if path.suffix == ".pdf":
            console.print(str(path), markup=False)


def status_lines(closed: Sequence[ClosedMonth], *, carries: bool) -> Iterator[str]:
    """One line for each closed month, the newest first; `carries`: by policy differences enter a later month."""
    for item in list(reversed(closed))[:_SHOWN]:
        yield (
            f"{item.month:%B %Y} closed at {cents(item.spend)} as {item.statement}, approved by "
            f"{escape(item.approved_by)}, {item.recorded_at[:10]}{_since(item, carries)}"
        )
    if len(closed) > _SHOWN:
        yield f"and {len(closed) - _SHOWN} earlier; all of them with --json"


def open_lines(months: Sequence[OpenMonth]) -> Iterator[str]:
    """One line for each month that is over and not closed: its state, and what closing it wants."""
    for item in months[:_SHOWN]:
        state = "a draft, reconciled" if item.state == "reconciled" else "a draft, not reconciled"
        wanted = f"; not met: {escape('; '.join(item.unmet))}" if item.unmet else ""
        yield f"{item.month:%B %Y} is {state}{wanted}. To see its checks: tallyhouse close {item.month:%Y-%m} --plan"


def _since(item: ClosedMonth, carries: bool) -> str:
    if item.known_since is None:
        return "; not published now"
    if not item.lines:
        return "; nothing differs since"
    look = f"tallyhouse restate {item.month:%Y-%m} --plan"
    then = f"carried into the next month that is closed, see: {look}" if carries else look
    shares = f", {item.shares} shares of shared costs are others" if item.shares else ""
    charged = (
        "" if item.charged_since == round(item.known_since, 2) else f", {signed(item.charged_since or ZERO)} charged"
    )
    return f"; as known {signed(item.known_since)} since closing{charged}{shares}: {then}"
