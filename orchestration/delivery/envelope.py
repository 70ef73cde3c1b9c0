"""One message to one recipient as an e-mail: plain text and HTML, the same bytes whenever it is made again."""

import mimetypes
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr

ID_HEADER = "X-Tallyhouse-Message-Id"


@dataclass(frozen=True)
class Envelope:
    """What is handed to a sender. `sender` may carry a name: `Tallyhouse <tallyhouse@example.com>`."""

    delivery_id: str
    recipient: str
    sender: str
    subject: str
    text: str
    html: str
    written_at: datetime
    attachments: tuple[tuple[str, bytes], ...] = ()

    @property
    def sender_address(self) -> str:
        """The bare address of the sender, for the SMTP envelope."""
        return parseaddr(self.sender)[1]


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt. `route_down`: the way itself is broken, other messages need not try."""

    accepted: bool
    error: str | None = None
    route_down: bool = False


def mail(envelope: Envelope, headers: dict[str, str] | None = None) -> EmailMessage:
    """The e-mail, 7-bit clean with CRLF line ends.

    The delivery's id stands in a header of its own and is the Message-ID too, so that a mail server
    which removes duplicates recognises a repetition.
    """
    message = EmailMessage(policy=SMTP)
    name, address = parseaddr(_one_line(envelope.sender))
    message["From"] = formataddr((name, address))
    message["To"] = envelope.recipient
    message["Subject"] = _one_line(envelope.subject)
    message["Date"] = format_datetime(envelope.written_at)
    message["Message-ID"] = f"<{envelope.delivery_id}@{address.rpartition('@')[2] or 'localhost'}>"
    message[ID_HEADER] = envelope.delivery_id
    message["Auto-Submitted"] = "auto-generated"  # no holiday replies, please (RFC 3834)
    for key, value in (headers or {}).items():
        message[_one_line(key)] = _one_line(value)
    message.set_content(envelope.text, cte="quoted-printable")
    message.add_alternative(envelope.html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{envelope.delivery_id}")
    for name, content in envelope.attachments:
        main, _, sub = (mimetypes.guess_type(name)[0] or "application/octet-stream").partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    if envelope.attachments:
        message.set_boundary(f"=_{envelope.delivery_id}_files")
    return message


def _one_line(value: str) -> str:
    """Header text: a line break in it would begin a header of its own."""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())
