"""How a repricing looks."""

from collections.abc import Iterator
from dataclasses import asdict

from rich.markup import escape
from rich.table import Table

from orchestration.console import out, print_json
from orchestration.repricing.outlook import Outlook
from orchestration.repricing.reprice import Repricing
from orchestration.words import told_unpriced
from reports.currency import cents, signed

_SHOWN = 30
_MODELS = 5


def outlook_lines(outlook: Outlook) -> Iterator[str]:
    """Whether the newest prices would change built days, in words for `status`."""
    if outlook.differs:
        named = [escape(model) for model in outlook.models[:_MODELS]]
        more = len(outlook.models) - len(named)
        named += [f"{more} more models"] if more else []
        named += ["discounts or markups"] if outlook.discounts else []
        days = "1 built day" if outlook.days == 1 else f"{outlook.days:,} built days"
        yield (
            f"The newest would price {days} otherwise ({', '.join(named)}). See what it changes: "
            f"tallyhouse reprice --from {outlook.first} --to {outlook.last} --plan"
        )
    elif not outlook.missing:
        yield "The newest would change no built day: what their models cost is the same in it."
    for version in outlook.missing:
        yield f"[bold red]Missing:[/] the price book {escape(version)}, so its days cannot be compared or built again."


def print_repricing(done: Repricing, as_json: bool) -> None:
    """Old, new and difference by department and model, the closed months touched, the alerts that change."""
    if as_json:
        print_json({**asdict(done), "old": done.old, "new": done.new})
        return
    console = out()
    if not done.days:
        console.print(f"Every day of the range has the newest price book ({done.version}) and exchange rate already.")
        return
    did = "repriced" if done.published else "would be repriced"
    days = "1 day" if len(done.days) == 1 else f"{len(done.days):,} days"
    console.print(f"{days} {did} with {done.version}: {done.days[0]} to {done.days[-1]}.")
    if not done.changes:
        console.print("No cost changes.")
    else:
        console.print(_table(done))
        if len(done.changes) > _SHOWN:
            console.print(f"and {len(done.changes) - _SHOWN} more; all of them with --json")
    for month in done.closed:
        console.print(f"{month:%B %Y} is closed: what was issued stays. See: tallyhouse restate {month:%Y-%m} --plan")
    for alert in done.alerts:
        what = "would be crossed" if alert.crossed else "would not be crossed any longer"
        if done.published:
            what = "is crossed now" if alert.crossed else "is not crossed any longer"
        console.print(f"Budget {escape(alert.budget_id)}, {alert.month:%B %Y}: {alert.threshold}% {what}.")
    if done.published:
        console.print("Statements and alerts follow with the next run: tallyhouse run")


def _table(done: Repricing) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("Department", "Model"):
        table.add_column(name, overflow="fold")
    for name in ("Old", "New", "Difference"):
        table.add_column(name, justify="right")
    for change in done.changes[:_SHOWN]:
        priced = told_unpriced(
            max(change.unpriced_before - change.unpriced_after, 0),
            max(change.unpriced_tokens_before - change.unpriced_tokens_after, 0),
        )
        note = f" ({priced} priced now)" if priced else ""
        table.add_row(
            escape(change.department or "untagged"),
            escape(f"{change.model} {change.provider}{note}"),
            cents(change.old),
            cents(change.new),
            signed(change.difference),
        )
    table.add_row("Total", "", cents(done.old), cents(done.new), signed(done.new - done.old))
    return table
