"""How the command line looks: progress on the error stream, results on the output, both plain when not a terminal."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from orchestration.alerts import Delivered, Preview, Recorded
from orchestration.doctor import Finding
from orchestration.errors import TallyhouseError
from orchestration.fetching import SourceFetch
from orchestration.home import Home
from orchestration.landing import Refusal
from orchestration.marts.unpriced import in_words
from orchestration.run import RunSummary, Work
from orchestration.status import Status
from orchestration.words import told_unpriced
from reports.currency import cents

_SHOWN = 12
_UNPRICED_SHOWN = 5
_PIPE_WIDTH = 240
_SHARE = re.compile(r", \d+ %$")


def out() -> Console:
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        # A pipe has no width: paths and reasons are wanted whole there.
        console.width = _PIPE_WIDTH
    return console


def error_stream() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def working() -> Iterator[Callable[[str], None]]:
    """A spinner with the current step in a terminal; elsewhere one line for each step, however often it is told."""
    console = error_stream()
    if not console.is_terminal:
        told: set[str] = set()

        def tell_once(text: str) -> None:
            # "Landing gateway, 12 %" is the step "Landing gateway"; "Landed gateway" only moves the share on.
            step = _SHARE.sub("", text)
            if step not in told and not (step != text and step.startswith("Landed ")):
                told.add(step)
                console.print(f"{step} …", markup=False)

        yield tell_once
        return
    with console.status("Starting") as status:
        yield lambda text: status.update(text)


def print_json(value: Any) -> None:
    """One JSON document; amounts as strings, so that no reader turns them into floats."""
    print(json.dumps(value, default=_plain, indent=1, sort_keys=True))


def print_error(error: TallyhouseError) -> None:
    console = error_stream()
    console.print(f"[bold red]Error:[/] {_escape(error.message)}")
    console.print(_escape(error.next_step))


def print_nothing_to_do(work_until: str | None, refused: Sequence[Refusal]) -> None:
    until = f"; data is complete until {work_until}" if work_until else ""
    everything = "everything else that was delivered" if refused else "everything delivered"
    out().print(f"Nothing to do: {everything} is landed, built, written and sent{until}.")
    print_refused(refused)


def print_refused(refused: Sequence[Refusal]) -> None:
    """Whole files that are not in the figures, and what to do about each."""
    console = out()
    for refusal in refused[:_SHOWN]:
        rows = _count(refusal.delivered, "row")
        console.print(f"[bold red]Refused[/] ({rows} not in the figures): {_escape(refusal.reason)}")
        console.print(_escape(refusal.next_step))
    if len(refused) > _SHOWN:
        console.print(f"and {_count(len(refused) - _SHOWN, 'more file')} refused; all of them with --json")


def print_summary(summary: RunSummary, home: Home) -> None:
    """The short table that ends a run."""
    console = out()
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for source in summary.fetch.sources if summary.fetch else ():
        table.add_row("Fetched", f"{source.source}: {_fetched(source)}")
        if source.failure is not None:
            table.add_row("[bold red]Not fetched[/]", _escape(source.failure.message))
            table.add_row("", _escape(source.failure.next_step))
    landing = summary.landing
    if landing is not None:
        table.add_row("This run landed", f"{_count(landing.landed, 'row')} from {_count(landing.files_landed, 'file')}")
    fates = summary.conservation
    if fates:
        table.add_row("Rows delivered", f"{fates['delivered']:,} in all, every one accounted for:")
        table.add_row("  counted", f"{fates['counted']:,}")
        if fates["control"]:
            table.add_row("  control", f"{fates['control']:,} of control sources")
        table.add_row("  duplicates", f"{fates['duplicates']:,}")
        quarantine = f" (see {_link(home.quarantine)})" if fates["quarantined"] else ""
        table.add_row("  quarantined", f"{fates['quarantined']:,}{quarantine}")
        table.add_row("  not usage", f"{fates['not_usage']:,}")
        if fates["superseded"]:
            table.add_row("  superseded", f"{fates['superseded']:,} (fetched again since)")
        if fates["cost_reports"]:
            table.add_row("  cost reports", f"{fates['cost_reports']:,} (kept apart from usage)")
        if fates["not_due"]:
            table.add_row("  not due yet", f"{fates['not_due']:,}")
        if fates["refused"]:
            table.add_row("  refused", f"{fates['refused']:,} in {_count(len(summary.refused), 'file')}, see below")
    built = _count(len(summary.days_built), "day")
    table.add_row("Built", f"{built}, {_count(len(summary.months_built), 'month')}")
    if summary.last_month is not None and summary.last_month_spend is not None:
        table.add_row(f"Spend of {summary.last_month:%B %Y}", cents(summary.last_month_spend))
    if summary.delivery is not None:
        delivery = summary.delivery
        table.add_row("Messages", f"{delivery.sent} sent, {delivery.held} held back, {delivery.failed} failed and kept")
        for problem in delivery.problems:
            table.add_row("", _escape(problem))
    pdfs = [path for path in summary.files if path.suffix == ".pdf"]
    for number, path in enumerate(pdfs[:_SHOWN]):
        table.add_row("Statements" if number == 0 else "", _link(path))
    if len(pdfs) > _SHOWN:
        table.add_row("", f"and {len(pdfs) - _SHOWN} more in {_link(home.statements)}")
    if pdfs:
        table.add_row("", "each with a CSV of the same name beside it")
    console.print(table)
    print_refused(summary.refused)


def print_work(work: Work, previews: Sequence[tuple[str, str]], refused: Sequence[Refusal]) -> None:
    """What a run would do, and which files it would leave out; nothing was written."""
    console = out()
    if work.is_empty:
        console.print("Nothing to do.")
        print_refused(refused)
        return
    _section("Windows to fetch", [f"{due.source}  {due.report} of {due.span}" for due in work.fetches])
    _section("Files to land", [str(path) for path in work.files])
    _section("Days to build", [f"{day}  {why}" for day, why in work.days])
    _section("Months to build", [f"{month:%Y-%m}  {why}" for month, why in work.months])
    _section("Statements to write", [f"{month:%Y-%m}" for month in work.statements])
    _section("Messages that would go", [f"{subject}  to {to}" for subject, to in previews])
    if work.files or work.fetches:
        console.print("Days, statements and messages that come from what is to fetch and land are known after it.")
    print_refused(refused)
    console.print("Nothing was written.")


def print_status(status: Status) -> None:
    from orchestration.closing.told import status_lines
    from orchestration.repricing.told import outlook_lines

    console = out()
    console.print(f"[bold]{_escape(status.organisation)}[/]  {status.timezone}, today {status.today}")
    if status.writer:
        console.print(f"Writing now: {_escape(status.writer)}")
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("Data complete until", status.data_until or "nothing is published yet")
    if status.published_at:
        table.add_row("Published", f"{status.published_at}, {_count(status.days, 'day')}")
    table.add_row(f"Spend of {status.month:%B %Y}", f"{cents(status.month_spend)} so far")
    table.add_row("Not priced", told_unpriced(status.unpriced_requests, status.unpriced_tokens) or "0 requests")
    for line in in_words(status.unpriced_models, _UNPRICED_SHOWN):
        table.add_row("", _escape(line))
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
            table.add_row("", f"{_count(count, 'day')} from {first} to {last} at {_escape(label)}")
        table.add_row("", "New days take the newest; built days keep theirs, also after a change of prices.")
    if status.price_outlook:
        for line in outlook_lines(status.price_outlook):
            table.add_row("", line)
    if status.other_rates:
        first, last = status.other_rates[0], status.other_rates[-1]
        days = _count(len(status.other_rates), "day")
        table.add_row("Exchange rates", f"{days} from {first} to {last} would differ by fx_rates.csv as it is now")
        table.add_row("", f"To see by how much: tallyhouse reprice --from {first} --to {last} --plan")
    for place, line in enumerate(status_lines(status.closed, carries=status.late_usage == "carry_forward")):
        table.add_row("" if place else "Closed months", line)
    if isinstance(status.conservation, str):
        table.add_row("Rows delivered", f"[bold red]do not add up:[/] {_escape(status.conservation)}")
    elif status.conservation:
        fates = {name.replace("_", " "): count for name, count in status.conservation.items() if count}
        delivered = fates.pop("delivered", 0)
        told = ", ".join(f"{count:,} {name}" for name, count in fates.items())
        table.add_row("Rows delivered", f"{delivered:,}: {told}")
    console.print(table)
    sources = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("source", "kind", "role", "files", "rows", "landed", "quarantined", "last event (UTC)"):
        sources.add_column(name, style="bold" if name == "source" else "", justify=_side(name), header_style="dim")
    for source in status.sources:
        figures = (source.files, source.delivered, source.landed, source.quarantined)
        sources.add_row(source.name, source.kind, source.role, *(f"{n:,}" for n in figures), source.last_event or "–")
    console.print(sources)
    for source in status.sources:
        if source.days_behind:
            console.print(
                f"Old data: {source.name} is {_count(source.days_behind, 'day')} behind; is its export running?"
            )
        elif source.last_event is None:
            console.print(f"No data: {source.name} has delivered no usage yet.")
    print_refused(status.refused)
    for source in status.sources:
        if source.fetched_until is not None:
            console.print(f"{source.name} is fetched until {source.fetched_until} (UTC)")
        if source.not_fetched is not None:
            console.print(f"[bold red]Not fetched[/] {_escape(source.not_fetched)}")
    for message in status.waiting_messages:
        console.print(f"Message waiting: {_escape(message)}")
    for message in status.given_up:
        console.print(f"[bold red]Not sent:[/] {_escape(message)}")
    work = status.work
    if work.is_empty:
        console.print("Nothing is left to do.")
    else:
        console.print(
            f"Left to do: {_count(len(work.fetches), 'request')} to providers, "
            f"{_count(len(work.files), 'file')} to land, {_count(len(work.days), 'day')} and "
            f"{_count(len(work.months), 'month')} to build, {_count(len(work.statements), 'statement month')} to "
            "write. "
            "Run: tallyhouse run"
        )


def print_findings(findings: Sequence[Finding], as_json: bool) -> None:
    if as_json:
        print_json([asdict(finding) for finding in findings])
        return
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for finding in findings:
        mark = "[green]ok[/]" if finding.ok else "[red]look[/]"
        table.add_row(mark, finding.topic, _escape(finding.detail))
    out().print(table)


def print_previews(previews: Sequence[Preview], sent: Sequence[Delivered], zone: ZoneInfo, as_json: bool) -> None:
    """Messages that would go: their subject, to whom, and whether they are on record already; else what went, when."""
    if as_json:
        print_json({"would_go": previews, "sent": sent})
        return
    console = out()
    if not previews and not sent:
        console.print("Nothing to send: no budget has crossed a threshold in the open period.")
    if not previews and sent:
        console.print("Nothing new to send. What was sent, the newest first:")
        for item in list(reversed(sent))[:_SHOWN]:
            assert item.sent_at is not None
            when = item.sent_at.astimezone(zone)
            console.print(f"  {when:%Y-%m-%d %H:%M}  {item.subject}  to {item.recipient}", markup=False)
        if len(sent) > _SHOWN:
            console.print(f"  and {len(sent) - _SHOWN} earlier; all of them: tallyhouse alerts list")
    for preview in previews:
        state = "already on record" if preview.queued else "would be sent"
        console.print(f"[bold]{_escape(preview.subject)}[/]")
        console.print(f"{state}, to {_escape(', '.join(preview.recipients) or preview.reason or 'nobody')}\n")
        console.print(preview.text, markup=False)


def print_alerts(recorded: Sequence[Recorded], as_json: bool) -> None:
    if as_json:
        print_json([asdict(item) for item in recorded])
        return
    if not recorded:
        out().print("No alert is on record.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("period", "budget", "threshold", "outcome", "messages"):
        table.add_column(name, header_style="dim", justify="right" if name == "threshold" else "left")
    for item in recorded:
        alert = item.alert
        messages = ", ".join(f"{sent.recipient or 'nobody yet'} {sent.state}" for sent in item.deliveries) or "–"
        scope = alert.scope or "organisation"
        table.add_row(f"{alert.period:%Y-%m}", scope, f"{alert.threshold}%", alert.outcome, _escape(messages))
    out().print(table)


def _fetched(source: SourceFetch) -> str:
    """What one source's fetch came to, in words."""
    if source.unit == "object":
        return f"{_count(source.windows, 'object')}, {source.generations:,} new or changed ({source.bytes:,} bytes)"
    repeated = f", {source.repeated:,} repeated rows left out" if source.repeated else ""
    return (
        f"{_count(source.windows, source.unit)} in {_count(source.requests, 'request')}, "
        f"{source.generations:,} new or changed with {_count(source.rows, 'row')}{repeated}"
    )


def _section(title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    console = out()
    console.print(f"[bold]{title}[/] ({len(lines)})")
    for line in lines[:_SHOWN]:
        console.print(f"  {line}", markup=False)
    if len(lines) > _SHOWN:
        console.print(f"  and {len(lines) - _SHOWN} more")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _link(path: Path) -> str:
    return f"[link={path.resolve().as_uri()}]{_escape(_short(path))}[/link]"


def _short(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _side(name: str) -> Any:
    return "left" if name in ("source", "kind", "role", "last event (UTC)") else "right"


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Decimal | Path):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form: give it one in console._plain")
