"""How `tallyhouse status` looks: what is published, what is delivered, and what is left to do."""

from collections.abc import Iterator

from rich.table import Table

from orchestration.closing.told import open_lines, status_lines
from orchestration.console import escaped, out, print_refused
from orchestration.marts.unpriced import in_words
from orchestration.repricing.told import outlook_lines
from orchestration.status import SourceStatus, Status
from orchestration.words import count_of, told_unpriced
from reports.currency import cents

_UNPRICED_SHOWN = 5


def print_status(status: Status) -> None:
    console = out()
    console.print(f"[bold]{escaped(status.organisation)}[/]  {status.timezone}, today {status.today}")
    if status.writer:
        console.print(f"Writing now: {escaped(status.writer)}")
    console.print(_facts(status))
    console.print()
    console.print(_sources(status))
    if any(source.quarantined for source in status.sources):
        console.print("Quarantined rows are in data/quarantine, by source, each with its file, line and reason.")
    for source in status.sources:
        for line in _about(source):
            console.print(escaped(line))
    print_refused(status.refused)
    for source in status.sources:
        if source.fetched_until is not None:
            console.print(f"{source.name} is fetched until {source.fetched_until} (UTC)")
        if source.not_fetched is not None:
            console.print(f"[bold red]Not fetched[/] {escaped(source.not_fetched)}")
    for message in status.waiting_messages:
        console.print(f"Message waiting: {escaped(message)}")
    for message in status.given_up:
        console.print(f"[bold red]Not sent:[/] {escaped(message)}")
    work = status.work
    if work.is_empty:
        console.print("Nothing is left to do.")
    else:
        console.print(
            f"Left to do: {count_of(len(work.fetches), 'request')} to providers, "
            f"{count_of(len(work.files), 'file')} to land, {count_of(len(work.days), 'day')} and "
            f"{count_of(len(work.months), 'month')} to build, {count_of(len(work.statements), 'statement month')} to "
            "write. "
            "Run: tallyhouse run"
        )


def _facts(status: Status) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("Data complete until", status.data_until or "nothing is published yet")
    if status.published_at:
        table.add_row("Published", f"{status.published_at}, {count_of(status.days, 'day')}")
    table.add_row(f"Spend of {status.month:%B %Y}", f"{cents(status.month_spend)} so far")
    table.add_row("Not priced", told_unpriced(status.unpriced_requests, status.unpriced_tokens) or "0 requests")
    for line in in_words(status.unpriced_models, _UNPRICED_SHOWN):
        table.add_row("", escaped(line))
    if status.unpriced_models:
        first = min(item.first_day for item in status.unpriced_models)
        last = max(item.last_day for item in status.unpriced_models)
        table.add_row(
            "", f"Give them a price in price_overrides.csv, then: tallyhouse reprice --from {first} --to {last}"
        )
    if status.conflicts:
        table.add_row("Conflicts", f"{status.conflicts} events came again, days apart, under the same id")
    table.add_row("Price book", status.newest_price_book)
    if {label for *_, label in status.price_spans} - {status.newest_price_book}:
        for first, last, count, label in status.price_spans:
            table.add_row("", f"{count_of(count, 'day')} from {first} to {last} at {escaped(label)}")
        table.add_row("", "New days take the newest; built days keep theirs, also after a change of prices.")
    if status.price_outlook:
        for line in outlook_lines(status.price_outlook):
            table.add_row("", line)
    if status.other_rates:
        first, last = status.other_rates[0], status.other_rates[-1]
        days = count_of(len(status.other_rates), "day")
        table.add_row("Exchange rates", f"{days} from {first} to {last} would differ by fx_rates.csv as it is now")
        table.add_row("", f"To see by how much: tallyhouse reprice --from {first} --to {last} --plan")
    for place, line in enumerate(open_lines(status.to_close)):
        table.add_row("" if place else "To be closed", line)
    for place, line in enumerate(status_lines(status.closed, carries=status.late_usage == "carry_forward")):
        table.add_row("" if place else "Closed months", line)
    if isinstance(status.conservation, str):
        table.add_row("Rows delivered", f"[bold red]do not add up:[/] {escaped(status.conservation)}")
    elif status.conservation:
        fates = {name.replace("_", " "): count for name, count in status.conservation.items() if count}
        delivered = fates.pop("delivered", 0)
        told = ", ".join(f"{count:,} {name}" for name, count in fates.items())
        table.add_row("Rows delivered", f"{delivered:,}: {told}")
    return table


def _sources(status: Status) -> Table:
    sources = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name in ("source", "kind", "role"):
        sources.add_column(name, style="bold" if name == "source" else "", header_style="dim", overflow="fold")
    # In a narrow terminal names are broken, and never a number.
    for name in ("rows", "quarantined", "last data", "behind"):
        sources.add_column(name, justify="right", header_style="dim", no_wrap=True)
    for source in status.sources:
        behind = "–" if source.days_behind is None else count_of(source.days_behind, "day")
        rows, bad = f"{source.delivered:,}", f"{source.quarantined:,}"
        sources.add_row(source.name, source.kind, source.role, rows, bad, str(source.last_day or "–"), behind)
    return sources


def _about(source: SourceStatus) -> Iterator[str]:
    """What somebody should look at."""
    if not source.in_settings:
        yield f"Not in tallyhouse.yaml: {source.name}. What it delivered counts as before."
    elif source.last_day is None:
        yield f"No data: {source.name} has delivered no usage yet."
    elif source.days_behind:
        ask = "is its export running?" if source.comes_by in (None, "objects") else "is it still used?"
        yield f"Old data: {source.name} is {count_of(source.days_behind, 'day')} behind; {ask}"
