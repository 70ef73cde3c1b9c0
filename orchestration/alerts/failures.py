"""A run that failed is told to the operators, once for each run."""

import re

from orchestration.delivery.recipients import OPERATORS, address_book
from orchestration.home import Home
from orchestration.ledger import outbox
from orchestration.ledger.outbox import Message, identity
from orchestration.ledger.store import ledger, transaction
from orchestration.settings import Settings
from reports.messages import FailureFacts, run_failed

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
    message = Message(
        message_id=identity("failure", run_id),
        kind="failure",
        audience=OPERATORS,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
    )
    to = address_book(home, settings)(OPERATORS)
    with ledger(home) as connection, transaction(connection):
        return outbox.queue(connection, message, to, settings.now)
