"""What was recorded and what waits, for `alerts list` and `status`. Light: SQLite only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestration.home import Home
from orchestration.ledger import outbox
from orchestration.ledger.alerts import Alert, recorded
from orchestration.ledger.outbox import Waiting
from orchestration.ledger.store import existing_ledger


@dataclass(frozen=True)
class Delivered:
    """One delivery: `state` is waiting, sent or dropped; `reason` why it is not sent."""

    delivery_id: str
    kind: str
    subject: str
    recipient: str | None
    state: str
    attempts: int
    sent_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class Recorded:
    """One alert, when it was decided, and the deliveries of its message."""

    alert: Alert
    recorded_at: datetime
    deliveries: tuple[Delivered, ...]


def pending(home: Home) -> Sequence[Waiting]:
    """Every delivery that has not gone out, the oldest first; `.reason` says why."""
    with existing_ledger(home) as connection:
        return outbox.waiting(connection) if connection else ()


def list_alerts(home: Home) -> list[Recorded]:
    """Every budget alert ever recorded: the newest month first, in it by budget, the highest threshold first."""
    with existing_ledger(home) as connection:
        if connection is None:
            return []
        found = recorded(connection)
    by_message: dict[str, list[Delivered]] = {}
    for message_id, delivery in _deliveries(home):
        by_message.setdefault(message_id, []).append(delivery)
    found.sort(key=lambda item: _place(item[0]))
    return [Recorded(alert, at, tuple(by_message.get(alert.message_id or "", ()))) for alert, at in found]


def _place(alert: Alert) -> tuple[int, bool, str, str, int]:
    """By month, the organisation before its departments, by budget and threshold."""
    whole = alert.scope_type == "organisation"
    return (-alert.period.toordinal(), not whole, alert.scope, alert.budget_id, -alert.threshold)


def list_deliveries(home: Home) -> list[Delivered]:
    """Every delivery ever queued, messages about failed runs included, the oldest first."""
    return [delivery for _, delivery in _deliveries(home)]


def _deliveries(home: Home) -> list[tuple[str, Delivered]]:
    with existing_ledger(home) as connection:
        if connection is None:
            return []
        rows = connection.execute("select * from delivery join message using (message_id) order by number").fetchall()
    return [
        (
            row["message_id"],
            Delivered(
                delivery_id=row["delivery_id"],
                kind=row["kind"],
                subject=row["subject"],
                recipient=row["recipient"],
                state=row["state"],
                attempts=row["attempts"],
                sent_at=datetime.fromisoformat(row["sent_at"]) if row["sent_at"] else None,
                reason=None if row["state"] == "sent" else row["hold_reason"] or row["last_error"],
            ),
        )
        for row in rows
    ]
