"""Facts and sentences through the templates: a subject, a text part and an HTML part."""

import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reports.messages import words
from reports.messages.facts import BudgetFacts, FailureFacts, IssuedFacts, UnreadFacts, Withdrawal

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "messages"
_LONGEST_ERROR = 4000


@dataclass(frozen=True)
class Rendered:
    """One finished message; the subject is one line."""

    subject: str
    text: str
    html: str


def budget_crossed(facts: BudgetFacts, threshold: int) -> Rendered:
    """The message about a crossed threshold (whole percents)."""
    return _rendered(
        "budget",
        subject=words.headline(facts),
        facts=facts,
        lead=f"This message is about the {threshold}% threshold.",
        paragraphs=_present(words.position(facts), words.pace(facts)),
        missing=_present(*words.silences(facts), words.unpriced(facts)),
        notes=_present(words.passed(facts), words.coverage(facts)),
        actions=words.actions(facts),
        eyebrow=words.eyebrow(facts),
        bar=_bar(facts),
        bar_labels=words.bar_labels(facts),
        footer=f"Each threshold is reported once. Budget {words.line(facts.budget_id)}.",
        organisation=words.line(facts.organisation),
    )


def crossing_withdrawn(facts: BudgetFacts, withdrawal: Withdrawal) -> Rendered:
    """The correction of a message that restated figures do not bear out any longer."""
    return _rendered(
        "budget",
        subject=words.withdrawn_headline(facts, withdrawal),
        facts=facts,
        lead="This corrects an earlier message.",
        paragraphs=[words.withdrawn_position(facts, withdrawal), words.withdrawn_note(facts, withdrawal)],
        missing=_present(*words.silences(facts), words.unpriced(facts)),
        notes=_present(words.coverage(facts)),
        actions=[],
        eyebrow=words.eyebrow(facts),
        bar=_bar(facts),
        bar_labels=words.bar_labels(facts),
        footer=f"Budget {words.line(facts.budget_id)}.",
        organisation=words.line(facts.organisation),
    )


def statement_issued(facts: IssuedFacts) -> Rendered:
    """The message that comes with a closed month's statement."""
    whose = words.line(facts.scope or facts.organisation)
    charged = words.money(facts.charged)
    again = "" if facts.corrected is None else f", {words.signed(facts.corrected)} charged"
    return _rendered(
        "statement",
        subject=f"Statement of {facts.month:%B %Y} for {whose}: {charged}{again}",
        lead=f"The AI usage statement of {facts.month:%B %Y} is {'closed' if facts.corrected is None else 'restated'}.",
        rows=(
            ("Statement", words.line(facts.number)),
            ("Spend", words.money(facts.spend)),
            ("Charged", charged),
            *(() if facts.corrected is None else (("Change in what is charged", words.signed(facts.corrected)),)),
            ("Approved by", words.line(facts.approved_by)),
        ),
        attachments=facts.attachments,
        organisation=words.line(facts.organisation),
    )


def run_failed(facts: FailureFacts) -> Rendered:
    """The message to the operators about a run that failed."""
    lines = [words.line(row, 400) for row in facts.error[:_LONGEST_ERROR].splitlines()]
    error = "\n".join(row for row in lines if row) or "No error text was given."
    return _rendered(
        "failure",
        subject=f"A Tallyhouse run failed: {words.line(error.splitlines()[0], 100)}",
        error=error,
        cut=len(facts.error) > _LONGEST_ERROR,
        run_id=words.line(facts.run_id),
        failed_at=f"{words.day(facts.failed_at.date())} {facts.failed_at:%Y at %H:%M} ({facts.failed_at:%Z})",
        organisation=words.line(facts.organisation),
    )


def source_unread(facts: UnreadFacts) -> Rendered:
    """The message to the operators about a source that cannot be fetched."""
    since = facts.since
    source = words.line(facts.source)
    return _rendered(
        "unread",
        subject=f"Not fetched: {words.line(facts.error, 100)}",
        error=words.line(facts.error, 1000),
        next_step=words.line(facts.next_step, 1000),
        source=source,
        since=f"{words.day(since.date())} {since:%Y at %H:%M} ({since:%Z})",
        organisation=words.line(facts.organisation),
    )


def _bar(facts: BudgetFacts) -> tuple[int, int, int] | None:
    """Widths in percent of what is within budget, over it, and left; None without a budget to measure by."""
    if facts.amount <= 0 or facts.actual < 0:
        return None
    if facts.actual > facts.amount:
        within = max(1, min(99, int(facts.amount * 100 / facts.actual)))
        return within, 100 - within, 0
    used = int(facts.actual * 100 / facts.amount)
    return used, 0, 100 - used


def _present(*sentences: str | None) -> list[str]:
    return [sentence for sentence in sentences if sentence]


def _rendered(template: str, *, subject: str, **values: object) -> Rendered:
    context = {"subject": subject, **values}
    return Rendered(
        subject=subject,
        text=_environment().get_template(f"{template}.txt.j2").render(context),
        html=_environment().get_template(f"{template}.html.j2").render(context),
    )


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape  # light `status`

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"money": words.money, "wrapped": _wrapped}
    environment.globals |= {"share": words.share, "cause_name": words.cause_name, "plural": _plural}
    return environment


def _plural(by: str) -> str:
    return f"{by}s"


def _wrapped(text: str, indent: str = "") -> str:
    """A paragraph of the text part, at most 74 columns."""
    return textwrap.fill(
        text, 74, initial_indent="", subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
