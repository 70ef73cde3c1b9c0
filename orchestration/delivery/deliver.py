"""Send what waits in the outbox: lease, send, record; one delivery after the other.

Exactly once but for one window: killed after the server accepted and before that is recorded, the next run
sends that one message again, under the same id.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from filelock import FileLock, Timeout

from orchestration.delivery.envelope import Envelope, Outcome
from orchestration.delivery.recipients import address_book, wrong_address
from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.ledger import outbox
from orchestration.ledger.outbox import Attachment, Waiting
from orchestration.ledger.store import existing_ledger, ledger, transaction
from orchestration.settings import Settings

NO_ROUTE = "no e-mail route is configured: set notifications.email_url"
_LOCK_SECONDS = 600.0


@dataclass(frozen=True)
class DeliveryReport:
    """Deliveries by what became of them in this call.

    sent; failed: tried and refused, kept; held: cannot be tried until something is set; waiting: not tried
    now (back-off, or the route was down). `problems` are the distinct reasons, in words.
    """

    sent: int = 0
    failed: int = 0
    held: int = 0
    waiting: int = 0
    problems: tuple[str, ...] = ()


def deliver(home: Home, settings: Settings, *, retry_now: bool = False) -> DeliveryReport:
    """Send everything in the outbox that is due; what cannot go stays, with the reason, for the next call.

    `retry_now` ignores the back-off after earlier failures: for a person who has just mended the cause.
    A second process waits for the first. Raises TallyhouseError only for a broken ledger or reference table.
    """
    with existing_ledger(home) as connection:
        if connection is None or not outbox.waiting(connection):
            return DeliveryReport()
    with _alone(home), ledger(home) as connection:
        addressed = address_book(home, settings)
        with transaction(connection):
            audiences = {item.message.message_id: item.message.audience for item in outbox.waiting(connection)}
            for message_id, audience in audiences.items():
                outbox.readdress(connection, message_id, addressed(audience), settings.now)
        return _send_all(connection, home, settings, retry_now)


def ready(home: Home, settings: Settings) -> int:
    """How many deliveries `deliver` would try with `retry_now`: what is held only if its reason seems mended.

    For a person's question whether there is anything to do: without Apprise, and writes nothing.
    """
    with existing_ledger(home) as connection:
        waiting = outbox.waiting(connection) if connection else []
    addressed = address_book(home, settings)

    def seems_mended(item: Waiting) -> bool:
        recipients = addressed(item.message.audience).recipients
        return bool(settings.notifications.email_url) and any(not wrong_address(to) for to in recipients)

    return sum(1 for item in waiting if item.held is None or seems_mended(item))


def _send_all(connection: sqlite3.Connection, home: Home, settings: Settings, retry_now: bool) -> DeliveryReport:
    sent = failed = held = waiting = 0
    problems: list[str] = []
    route_down = False
    no_route, attempt = _route(home, settings)
    for item in outbox.waiting(connection):
        reason = _hold_reason(item, no_route)
        if reason is not None:
            outbox.hold(connection, item.number, reason)
            held += 1
            problems.append(reason)
            continue
        if item.held:
            outbox.hold(connection, item.number, None)
        if route_down or (item.next_attempt_at > settings.now and not retry_now):
            waiting += 1
            continue
        if not outbox.lease(connection, item.number, str(os.getpid()), settings.now):
            waiting += 1
            continue
        outcome = attempt(item)
        if outcome.accepted:
            outbox.record_sent(connection, item.number, settings.now)
            sent += 1
            continue
        error = outcome.error or "the route gave no reason"
        outbox.record_failure(connection, item, error, settings.now)
        failed += 1
        problems.append(error)
        route_down = outcome.route_down
    return DeliveryReport(sent, failed, held, waiting, tuple(dict.fromkeys(problems)))


def _hold_reason(item: Waiting, no_route: str | None) -> str | None:
    if item.recipient is None:
        return item.held or "no recipient is known"
    return no_route or wrong_address(item.recipient)


def _route(home: Home, settings: Settings) -> tuple[str | None, Callable[[Waiting], Outcome]]:
    """Why there is no route, or None; and how one delivery is tried on it."""
    email_url = settings.notifications.email_url
    if not email_url:
        return NO_ROUTE, lambda item: Outcome(False, NO_ROUTE, route_down=True)
    from orchestration.delivery import apprise_sender  # Apprise is imported only when there is mail to send

    def attempt(item: Waiting) -> Outcome:
        try:
            attachments = tuple((file.name, _read(home, file)) for file in item.message.attachments)
        except TallyhouseError as error:
            return Outcome(False, error.message)
        return apprise_sender.send(
            email_url,
            home.root,
            Envelope(
                delivery_id=item.delivery_id,
                recipient=item.recipient or "",
                sender=settings.notifications.sender,
                subject=item.message.subject,
                text=item.message.text,
                html=item.message.html,
                written_at=settings.now.astimezone(settings.zone),
                attachments=attachments,
            ),
        )

    return apprise_sender.wrong_route(email_url), attempt


def _read(home: Home, file: Attachment) -> bytes:
    """The bytes that were to be sent, and no others."""
    path = home.root / file.path
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise TallyhouseError(f"{path} is not the file that was to be sent", "Restore data/closed from a backup.")
    return content


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """One sender at a time: a lock that the kernel drops when its holder dies."""
    home.data.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.data / "delivery.lock")
    try:
        lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout as error:
        raise TallyhouseError(
            "Another process has been sending messages for ten minutes.",
            "Wait for it to end, or end it; nothing is lost meanwhile.",
        ) from error
    try:
        yield
    finally:
        lock.release()
