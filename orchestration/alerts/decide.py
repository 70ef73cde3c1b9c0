"""What is new about the crossings, and what is to be said about it. Pure: no files, no ledger, no clock."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from orchestration.alerts.marts import Published, Status
from orchestration.ledger.alerts import Alert
from orchestration.ledger.outbox import identity


@dataclass(frozen=True)
class Decision:
    """Alerts to record for one budget and month, and the one message they make, if any.

    `about` is the alert that the message is about; `announced` the message it corrects, with its time.
    """

    status: Status
    alerts: tuple[Alert, ...]
    about: Alert | None = None
    announced: tuple[Alert, datetime] | None = None


def decide(
    published: Published, recorded: Iterable[tuple[Alert, datetime]], open_months: Collection[date]
) -> list[Decision]:
    """Compare the published crossings with every decision already made.

    A crossing of one of `open_months` (their first days) sends; of a month before them it is historic; of a later
    one it is left alone until that month is open. Of several new ones the highest speaks. An announced crossing of
    an open month that is no longer published, although its budget is unchanged, is corrected once.
    """
    known: dict[tuple[str, str, date], list[tuple[Alert, datetime]]] = {}
    for alert, at in recorded:
        known.setdefault(alert.armed, []).append((alert, at))
    decisions: list[Decision] = []
    for armed, status in sorted(published.statuses.items()):
        before = known.get(armed, [])
        crossed = {crossing.threshold for crossing in published.crossings.get(armed, ())}
        fresh = sorted(crossed - {alert.threshold for alert, _ in before if alert.kind == "crossed"})
        if status.month < min(open_months):
            historic = tuple(_alert(status, "crossed", level, "historic", None) for level in fresh)
            decisions += [Decision(status, historic)] if historic else []
        elif status.month in open_months:
            decisions += _crossed(status, fresh, before)
            decisions += _withdrawn(status, crossed, before)
    return decisions


def _crossed(status: Status, fresh: list[int], before: list[tuple[Alert, datetime]]) -> list[Decision]:
    if not fresh:
        return []
    spoken = [alert for alert, _ in before if alert.kind == "crossed" and alert.outcome == "queued"]
    higher = max(spoken, key=lambda alert: alert.threshold, default=None)
    if higher is not None and higher.threshold > fresh[-1]:
        # A higher threshold was announced already: nothing more to say about lower ones.
        lower = tuple(_alert(status, "crossed", level, "superseded", higher.message_id) for level in fresh)
        return [Decision(status, lower)]
    message_id = _message_id(status, "crossed", fresh[-1])
    about = _alert(status, "crossed", fresh[-1], "queued", message_id)
    lower = tuple(_alert(status, "crossed", level, "superseded", message_id) for level in fresh[:-1])
    return [Decision(status, (*lower, about), about)]


def _withdrawn(status: Status, crossed: set[int], before: list[tuple[Alert, datetime]]) -> list[Decision]:
    corrected = {alert.threshold for alert, _ in before if alert.kind == "withdrawn"}
    gone = sorted(
        (
            (alert, at)
            for alert, at in before
            if alert.kind == "crossed" and alert.outcome == "queued" and alert.threshold not in crossed | corrected
        ),
        key=lambda found: found[0].threshold,
    )
    if not gone:
        return []
    # The lowest is what the correction names: below it is below all of them.
    announced = gone[0]
    message_id = _message_id(status, "withdrawn", announced[0].threshold)
    about = _alert(status, "withdrawn", announced[0].threshold, "queued", message_id)
    rest = tuple(_alert(status, "withdrawn", alert.threshold, "superseded", message_id) for alert, _ in gone[1:])
    return [Decision(status, (about, *rest), about, announced)]


def _alert(status: Status, kind: str, threshold: int, outcome: str, message_id: str | None) -> Alert:
    return Alert(
        budget_id=status.budget_id,
        budget_version=status.budget_version,
        period=status.month,
        kind=kind,
        threshold=threshold,
        scope_type=status.scope_type,
        scope=status.scope,
        amount=status.amount,
        actual=status.actual,
        outcome=outcome,
        message_id=message_id,
    )


def _message_id(status: Status, kind: str, threshold: int) -> str:
    return identity("alert", status.budget_id, status.budget_version, status.month.isoformat(), kind, str(threshold))
