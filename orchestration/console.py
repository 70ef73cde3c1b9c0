"""How the command line looks: progress on the error stream, results on the output, both plain when not a terminal."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from orchestration.alerts import Delivered, Preview, Recorded
from orchestration.doctor import Finding
from orchestration.errors import TallyhouseError
from orchestration.fetching import SourceFetch
from orchestration.files import as_text
from orchestration.home import Home
from orchestration.landing import Refusal
from orchestration.run import RunSummary, Work
from orchestration.words import count_of
from reports.currency import cents

_SHOWN = 12
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
    console.print(f"[bold red]Error:[/] {escaped(error.message)}")
    console.print(escaped(error.next_step))


def print_nothing_to_do(work_until: str | None, refused: Sequence[Refusal]) -> None:
    until = f"; data is complete until {work_until}" if work_until else ""
    everything = "everything else that was delivered" if refused else "everything delivered"
    out().print(f"Nothing to do: {everything} is landed, built, written and sent{until}.")
    print_refused(refused)


def print_refused(refused: Sequence[Refusal]) -> None:
    """Whole files that are not in the figures, and what to do about each."""
    console = out()
    for refusal in refused[:_SHOWN]:
        rows = "nobody knows how many rows are" if refusal.unread else count_of(refusal.delivered, "row")
        console.print(f"[bold red]Refused[/] ({rows} not in the figures): {escaped(refusal.reason)}")
        console.print(escaped(refusal.next_step))
    if len(refused) > _SHOWN:
        console.print(f"and {count_of(len(refused) - _SHOWN, 'more file')} refused; all of them with --json")


def print_summary(summary: RunSummary, home: Home) -> None:
    """The short table that ends a run."""
    console = out()
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for source in summary.fetch.sources if summary.fetch else ():
        table.add_row("Fetched", f"{source.source}: {_fetched(source)}")
        if source.failure is not None:
            table.add_row("[bold red]Not fetched[/]", escaped(source.failure.message))
            table.add_row("", escaped(source.failure.next_step))
    landing = summary.landing
    if landing is not None:
        rows, files = count_of(landing.landed, "row"), count_of(landing.files_landed, "file")
        table.add_row("This run landed", f"{rows} from {files}")
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
            table.add_row("  refused", f"{fates['refused']:,} in {count_of(len(summary.refused), 'file')}, see below")
    built = count_of(len(summary.days_built), "day")
    table.add_row("Built", f"{built}, {count_of(len(summary.months_built), 'month')}")
    if summary.last_month is not None and summary.last_month_spend is not None:
        table.add_row(f"Spend of {summary.last_month:%B %Y}", cents(summary.last_month_spend))
    if summary.delivery is not None:
        delivery = summary.delivery
        table.add_row("Messages", f"{delivery.sent} sent, {delivery.held} held back, {delivery.failed} failed and kept")
        for problem in delivery.problems:
            table.add_row("", escaped(problem))
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
    _section("Files to land", [as_text(str(path)).replace("\n", "\\n") for path in work.files])
    _section("Days to build", [f"{day}  {why}" for day, why in work.days])
    _section("Months to build", [f"{month:%Y-%m}  {why}" for month, why in work.months])
    _section("Statements to write", [f"{month:%Y-%m}" for month in work.statements])
    _section("Messages that would go", [f"{subject}  to {to}" for subject, to in previews])
    if work.files or work.fetches:
        console.print("Days, statements and messages that come from what is to fetch and land are known after it.")
    print_refused(refused)
    console.print("Nothing was written.")


def print_findings(findings: Sequence[Finding], as_json: bool) -> None:
    if as_json:
        print_json([asdict(finding) for finding in findings])
        return
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for finding in findings:
        mark = "[green]ok[/]" if finding.ok else "[red]look[/]"
        table.add_row(mark, finding.topic, escaped(finding.detail))
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
        console.print(f"[bold]{escaped(preview.subject)}[/]")
        console.print(f"{state}, to {escaped(', '.join(preview.recipients) or preview.reason or 'nobody')}\n")
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
        side: Literal["left", "right"] = "right" if name == "threshold" else "left"
        table.add_column(name, header_style="dim", justify=side, overflow="fold")
    for item in recorded:
        alert = item.alert
        messages = ", ".join(f"{sent.recipient or 'nobody yet'} {sent.state}" for sent in item.deliveries) or "–"
        scope = alert.scope or "organisation"
        table.add_row(f"{alert.period:%Y-%m}", scope, f"{alert.threshold}%", alert.outcome, escaped(messages))
    out().print(table)


def _fetched(source: SourceFetch) -> str:
    """What one source's fetch came to, in words."""
    if source.unit == "object":
        return f"{count_of(source.windows, 'object')}, {source.generations:,} new or changed ({source.bytes:,} bytes)"
    repeated = f", {source.repeated:,} repeated rows left out" if source.repeated else ""
    return (
        f"{count_of(source.windows, source.unit)} in {count_of(source.requests, 'request')}, "
        f"{source.generations:,} new or changed with {count_of(source.rows, 'row')}{repeated}"
    )


def _section(title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    console = out()
    console.print(f"[bold]{title}[/] ({len(lines)})")
    for line in lines[:_SHOWN]:
        console.print(f"  {_harmless(line)}", markup=False)
    if len(lines) > _SHOWN:
        console.print(f"  and {len(lines) - _SHOWN} more")


def _link(path: Path) -> str:
    return f"[link={path.resolve().as_uri()}]{escaped(_short(path))}[/link]"


def _short(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def escaped(text: str) -> str:
    from rich.markup import escape

    return escape(_harmless(text))


def _harmless(text: str) -> str:
    """Text from outside (a file's name, a column's) without what a terminal would obey."""
    return "".join(sign if sign.isprintable() or sign == "\n" else repr(sign)[1:-1] for sign in text)


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Path):
        return as_text(str(value))
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form: give it one in console._plain")
