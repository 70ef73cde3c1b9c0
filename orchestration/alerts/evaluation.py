"""After every publish: record what was crossed and queue what is to be said, in one transaction."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.alerts import marts
from orchestration.alerts.decide import Decision, decide
from orchestration.alerts.open_months import open_months
from orchestration.delivery.recipients import address_book, audience
from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.ledger import alerts as decisions_made
from orchestration.ledger import outbox
from orchestration.ledger.outbox import Message
from orchestration.ledger.store import existing_ledger, ledger, transaction
from orchestration.settings import Settings
from reports.currency import using
from reports.messages import BudgetFacts, Rendered, Withdrawal, budget_crossed, crossing_withdrawn

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class AlertsReport:
    """What one evaluation recorded.

    new: crossings of open months, superseded ones included; historic: crossings of months that are closed to alerts;
    withdrawn: announced crossings that are not borne out any longer; queued: deliveries put into the outbox.
    """

    new: int = 0
    historic: int = 0
    queued: int = 0
    withdrawn: int = 0


@dataclass(frozen=True)
class Preview:
    """A message that would go, or that waits already (`queued`); `reason` says what keeps it, if anything."""

    kind: str
    subject: str
    text: str
    html: str
    recipients: tuple[str, ...]
    queued: bool
    reason: str | None


def evaluate(home: Home, settings: Settings) -> AlertsReport:
    """Decide about every published crossing that was not decided before; a second call does nothing.

    Raises TallyhouseError while nothing is published.
    """
    snapshot = marts.snapshot_of(home)
    if snapshot is None:
        raise TallyhouseError("Nothing is published yet.", "Publish first: tallyhouse run")
    addressed = address_book(home, settings)
    new = historic = queued = withdrawn = 0
    with marts.connect() as reader, ledger(home) as connection, transaction(connection):
        published = marts.read_published(reader, snapshot)
        months = open_months(settings, decisions_made.evaluated_days(connection))
        decided = decide(published, decisions_made.recorded(connection), months)
        for decision in decided:
            message = _message(decision, published, settings, reader)
            if message is not None:
                queued += outbox.queue(connection, message, addressed(message.audience), settings.now)
            for alert in decision.alerts:
                decisions_made.record(connection, alert, settings.now)
                historic += alert.outcome == "historic"
                withdrawn += alert.kind == "withdrawn"
                new += alert.kind == "crossed" and alert.outcome != "historic"
        decisions_made.record_evaluation(connection, snapshot.name, settings.today)
    return AlertsReport(new, historic, queued, withdrawn)


def needs_evaluation(home: Home) -> bool:
    """Whether the published snapshot was not evaluated yet: a run killed after publishing left it so. Light."""
    snapshot = marts.snapshot_of(home)
    if snapshot is None:
        return False
    with existing_ledger(home) as connection:
        return connection is None or decisions_made.evaluated_snapshot(connection) != snapshot.name


def preview(home: Home, settings: Settings) -> list[Preview]:
    """Every message that an evaluation and delivery now would send; writes nothing."""
    with existing_ledger(home) as connection:
        waiting = outbox.waiting(connection) if connection else []
        recorded = decisions_made.recorded(connection) if connection else []
        months = open_months(settings, decisions_made.evaluated_days(connection) if connection else [])
    shown = [
        Preview(
            kind=item.message.kind,
            subject=item.message.subject,
            text=item.message.text,
            html=item.message.html,
            recipients=(item.recipient,) if item.recipient else (),
            queued=True,
            reason=item.held or item.last_error,
        )
        for item in waiting
    ]
    snapshot = marts.snapshot_of(home)
    if snapshot is None:
        return shown
    addressed = address_book(home, settings)
    with marts.connect() as reader:
        published = marts.read_published(reader, snapshot)
        for decision in decide(published, recorded, months):
            message = _message(decision, published, settings, reader)
            if message is not None:
                to = addressed(message.audience)
                shown.append(
                    Preview(
                        kind=message.kind,
                        subject=message.subject,
                        text=message.text,
                        html=message.html,
                        recipients=to.recipients,
                        queued=False,
                        reason=to.reason,
                    )
                )
    return shown


def _message(
    decision: Decision, published: marts.Published, settings: Settings, reader: "duckdb.DuckDBPyConnection"
) -> Message | None:
    if decision.about is None or decision.about.message_id is None:
        return None
    facts = marts.facts(reader, published, settings, decision.status)
    with using(settings.currency):
        rendered = _rendered(decision, facts, settings)
    return Message(
        message_id=decision.about.message_id,
        kind=decision.about.kind,
        audience=audience(decision.status.scope_type, decision.status.scope),
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
    )


def _rendered(decision: Decision, facts: BudgetFacts, settings: Settings) -> Rendered:
    if decision.announced is None:
        return budget_crossed(facts, max(alert.threshold for alert in decision.alerts))
    announced, at = decision.announced
    return crossing_withdrawn(
        facts,
        Withdrawal(announced.threshold, announced.actual, at.astimezone(settings.zone).date()),
    )
