"""What went wrong is told to the operators: a run that failed, a source that cannot be read; each once."""

import re
from typing import TYPE_CHECKING

from orchestration.delivery.recipients import OPERATORS, address_book
from orchestration.home import Home
from orchestration.ledger import outbox
from orchestration.ledger.outbox import Message, identity
from orchestration.ledger.store import ledger, transaction
from orchestration.settings import Settings
from reports.messages import FailureFacts, Rendered, UnreadFacts, run_failed, source_unread

if TYPE_CHECKING:
    from orchestration.fetching import SourceFetch

_CREDENTIALS = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@]+@", re.IGNORECASE)


def queue_failure(home: Home, settings: Settings, run_id: str, error_text: str) -> int:
    """Queue one message about a failed run to each operator; the number queued, 0 when told before.

    Credentials in addresses are left out of the text. Raises nothing about recipients: with no operators
    set the message is held, and `status` says so.
    """
    rendered = run_failed(
        FailureFacts(
            organisation=settings.organisation.name,
            run_id=run_id,
            error=_CREDENTIALS.sub(r"\1****@", error_text),
            failed_at=settings.now.astimezone(settings.zone),
        )
    )
    return _queue(home, settings, rendered, identity("failure", run_id))


def queue_unread(home: Home, settings: Settings, fetched: "SourceFetch") -> int:
    """Queue one message about a source that cannot be fetched; 0 when it was told before, in this outage.

    An outage lasts from the first fetch that fails to the next that succeeds, however many fail between.
    """
    failure = fetched.failure
    assert failure is not None
    rendered = source_unread(
        UnreadFacts(
            organisation=settings.organisation.name,
            source=fetched.source,
            error=_CREDENTIALS.sub(r"\1****@", failure.message),
            next_step=failure.next_step,
            since=failure.since.astimezone(settings.zone),
        )
    )
    return _queue(home, settings, rendered, identity("unread", fetched.source, failure.since.isoformat()))


def _queue(home: Home, settings: Settings, rendered: Rendered, message_id: str) -> int:
    message = Message(
        message_id=message_id,
        kind="failure",
        audience=OPERATORS,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
    )
    to = address_book(home, settings)(OPERATORS)
    with ledger(home) as connection, transaction(connection):
        return outbox.queue(connection, message, to, settings.now)
