"""The e-mail itself: two parts, one recipient, the same bytes each time, and no way to add a header."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

from orchestration.delivery.envelope import Envelope, mail

ENVELOPE = Envelope(
    delivery_id="0123456789abcdef0123456789abcdef",
    recipient="dana@halden.example",
    sender="Tallyhouse <tallyhouse@halden.example>",
    subject="Søren has used 91% of its November budget",
    text="Plain – text\n",
    html="<p>Rich – text</p>",
    written_at=datetime(2026, 11, 21, 3, tzinfo=UTC),
)


def test_both_parts_and_the_id_in_a_header_arrive() -> None:
    received = message_from_bytes(mail(ENVELOPE).as_bytes(), policy=default)
    assert received["Subject"] == ENVELOPE.subject
    assert received["To"] == "dana@halden.example"
    assert received["X-Tallyhouse-Message-Id"] == ENVELOPE.delivery_id
    assert received["Message-ID"] == f"<{ENVELOPE.delivery_id}@halden.example>"
    assert received["Auto-Submitted"] == "auto-generated"
    kinds = [part.get_content_type() for part in received.iter_parts()]  # type: ignore[attr-defined]
    assert kinds == ["text/plain", "text/html"]
    assert received.get_body(("plain",)).get_content().strip() == ENVELOPE.text.strip()  # type: ignore[attr-defined]
    assert received.get_body(("html",)).get_content().strip() == ENVELOPE.html  # type: ignore[attr-defined]


def test_made_twice_it_is_the_same_bytes_and_plain_ascii() -> None:
    first = mail(ENVELOPE).as_bytes()
    assert first == mail(ENVELOPE).as_bytes()
    assert first.isascii()
    assert max(len(row) for row in first.splitlines()) <= 998


def test_line_breaks_in_subject_sender_or_extra_headers_make_no_header() -> None:
    hostile = replace(
        ENVELOPE, subject="x\r\nBcc: all@halden.example", sender="T\nBcc: b@x.example <tallyhouse@halden.example>"
    )
    received = message_from_bytes(mail(hostile, {"X-Site": "a\r\nBcc: c@x.example"}).as_bytes(), policy=default)
    assert received["Bcc"] is None
    assert received["Subject"] == "x Bcc: all@halden.example"
    assert received["X-Site"] == "a Bcc: c@x.example"
