"""The outbox: what waits to be sent, to whom, since when, and what became of it.

A message is queued once, under an id made from what it is about; each of its deliveries goes to one
recipient under an id of its own, which stays the same however often it must be sent.
"""

import hashlib
import socket
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# After the first failure the next run tries again at once; then ever more rarely, at most four times a day.
_BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (0, 5, 15, 60, 180, 360))
GIVEN_UP_AFTER = timedelta(days=30)
LEASE = timedelta(minutes=15)


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message: its name there, its path below the home, and what its bytes must be."""

    name: str
    path: str
    sha256: str


@dataclass(frozen=True)
class Message:
    """One finished message; `audience` is `operators` or `department:NAME`."""

    message_id: str
    kind: str
    audience: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Addressed:
    """Who takes a message now; `reason` says what is missing when nobody does."""

    recipients: tuple[str, ...]
    reason: str | None = None


@dataclass(frozen=True)
class Waiting:
    """One delivery that has not gone out, and why; times are UTC."""

    number: int
    delivery_id: str
    message: Message
    recipient: str | None
    attempts: int
    queued_at: datetime
    next_attempt_at: datetime
    held: str | None
    last_error: str | None

    @property
    def reason(self) -> str:
        """Why it has not gone out, in one clause."""
        return self.held or self.last_error or "not attempted yet"


def identity(*parts: str) -> str:
    """A stable id (32 hex digits) of what a message or delivery is about."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def queue(connection: sqlite3.Connection, message: Message, to: Addressed, now: datetime) -> int:
    """Put a message and its deliveries into the outbox, unless it is there; the number of deliveries put.

    Where nobody is known to take it, one delivery without recipient is held with the reason.
    """
    added = connection.execute(
        "insert into message values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
        (
            message.message_id,
            message.kind,
            message.audience,
            message.subject,
            message.text,
            message.html,
            _stamp(now),
        ),
    ).rowcount
    if not added:
        return 0
    for place, file in enumerate(message.attachments):
        connection.execute(
            "insert into attachment values (?, ?, ?, ?, ?)",
            (message.message_id, place, file.name, file.path, file.sha256),
        )
    recipients: Sequence[str | None] = to.recipients or (None,)
    for recipient in recipients:
        _add(connection, message.message_id, recipient, None if recipient else to.reason, now)
    return len(recipients)


def waiting(connection: sqlite3.Connection) -> list[Waiting]:
    """Every delivery that has not gone out, the oldest first."""
    attached: dict[str, list[Attachment]] = defaultdict(list)
    for row in connection.execute("select * from attachment order by message_id, place"):
        attached[row["message_id"]].append(Attachment(row["name"], row["path"], row["sha256"]))
    rows = connection.execute(
        "select * from delivery join message using (message_id) where state = 'waiting' order by number"
    )
    return [
        Waiting(
            number=row["number"],
            delivery_id=row["delivery_id"],
            message=Message(
                message_id=row["message_id"],
                kind=row["kind"],
                audience=row["audience"],
                subject=row["subject"],
                text=row["body_text"],
                html=row["body_html"],
                attachments=tuple(attached[row["message_id"]]),
            ),
            recipient=row["recipient"],
            attempts=row["attempts"],
            queued_at=datetime.fromisoformat(row["queued_at"]),
            next_attempt_at=datetime.fromisoformat(row["next_attempt_at"]),
            held=row["hold_reason"],
            last_error=row["last_error"],
        )
        for row in rows
    ]


def readdress(connection: sqlite3.Connection, message_id: str, to: Addressed, now: datetime) -> None:
    """Turn what waits for somebody who no longer takes the message, or for nobody, to who takes it now.

    What was sent stays sent, and whoever has the message gets no second one.
    """
    rows = {
        row["recipient"]: row
        for row in connection.execute("select * from delivery where message_id = ?", (message_id,))
    }
    displaced = [
        row
        for recipient, row in rows.items()
        if row["state"] == "waiting" and recipient not in to.recipients and (recipient or to.recipients)
    ]
    if not displaced:
        return
    for row in displaced:
        if row["recipient"] is None:
            connection.execute("delete from delivery where number = ?", (row["number"],))
        else:
            drop(connection, row["number"], f"{row['recipient']} no longer takes this message")
    targets: Sequence[str | None] = to.recipients or (None,)
    for recipient in targets:
        reason = None if recipient else to.reason
        if recipient not in rows or recipient is None:
            _add(connection, message_id, recipient, reason, now)
        elif rows[recipient]["state"] == "dropped":
            connection.execute(
                "update delivery set state = 'waiting', hold_reason = null, next_attempt_at = ? where number = ?",
                (_stamp(now), rows[recipient]["number"]),
            )


def lease(connection: sqlite3.Connection, number: int, holder: str, now: datetime) -> bool:
    """Note that an attempt begins, so that a kill during it leaves a trace; False if another host is at it.

    Only called under the delivery lock: a lease of this host whose holder is gone is taken over at once.
    """
    own = f"{socket.gethostname()}/"
    return bool(
        connection.execute(
            "update delivery set leased_by = ?, leased_until = ?, attempts = attempts + 1 "
            "where number = ? and state = 'waiting' and (leased_by is null "
            "or substr(leased_by, 1, ?) = ? or leased_until <= ?)",
            (f"{own}{holder}", _stamp(now + LEASE), number, len(own), own, _stamp(now)),
        ).rowcount
    )


def record_sent(connection: sqlite3.Connection, number: int, now: datetime) -> None:
    """The server took it."""
    connection.execute(
        "update delivery set state = 'sent', sent_at = ?, leased_by = null, leased_until = null where number = ?",
        (_stamp(now), number),
    )


def record_failure(connection: sqlite3.Connection, item: Waiting, error: str, now: datetime) -> None:
    """The attempt failed: try later, or give up once it has failed for thirty days."""
    delay = _BACK_OFF[min(item.attempts, len(_BACK_OFF) - 1)]
    connection.execute(
        "update delivery set last_error = ?, next_attempt_at = ?, leased_by = null, leased_until = null "
        "where number = ?",
        (error, _stamp(now + delay), item.number),
    )
    if now - item.queued_at > GIVEN_UP_AFTER:
        drop(connection, item.number, f"given up after {GIVEN_UP_AFTER.days} days: {error}")


def hold(connection: sqlite3.Connection, number: int, reason: str | None) -> None:
    """It cannot be tried at all for now, or (None) it can again; no attempt is counted."""
    connection.execute("update delivery set hold_reason = ? where number = ?", (reason, number))


def drop(connection: sqlite3.Connection, number: int, reason: str) -> None:
    """It will not be sent; the row and the reason stay."""
    connection.execute(
        "update delivery set state = 'dropped', hold_reason = ?, leased_by = null, leased_until = null "
        "where number = ?",
        (reason, number),
    )


def _add(
    connection: sqlite3.Connection, message_id: str, recipient: str | None, reason: str | None, now: datetime
) -> None:
    connection.execute(
        "insert into delivery (delivery_id, message_id, recipient, next_attempt_at, hold_reason) "
        "values (?, ?, ?, ?, ?)",
        (identity(message_id, recipient or ""), message_id, recipient, _stamp(now), reason),
    )


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
