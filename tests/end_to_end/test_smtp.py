"""From a published crossing to the mailbox, over a real SMTP server on this machine."""

import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from orchestration import alerts
from tests.unit.alerts.company import Budget, Company, over_budget, settings

CHECKOUT = Path(__file__).resolve().parents[2]


class Mailbox:
    """Keeps what it accepts; refuses the addresses named in `refused`."""

    def __init__(self, port: int, **options: Any) -> None:
        self.port = port
        self.options = options
        self.refused: set[str] = set()
        self.received: list[tuple[list[str], EmailMessage]] = []
        self.controller: Controller | None = None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self.refused:
            return "550 5.1.1 No such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = cast(EmailMessage, message_from_bytes(envelope.content, policy=default))
        self.received.append((list(envelope.rcpt_tos), message))
        return "250 Taken"

    def start(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **self.options)
        self.controller.start()

    def stop(self) -> None:
        if self.controller is not None:
            self.controller.stop()
            self.controller = None

    @property
    def ids(self) -> Counter[str]:
        return Counter(str(message["X-Tallyhouse-Message-Id"]) for _, message in self.received)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox(free_port())
    box.start()
    yield box
    box.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file


@pytest.fixture
def secure_mailbox(certificate: tuple[Path, Path]) -> Iterator[Mailbox]:
    """STARTTLS and a login are required; the password holds what a URL must encode."""

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"tally", b"p@ss/w:rd")
        return AuthResult(success=right, handled=False)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    box = Mailbox(free_port(), tls_context=context, require_starttls=True, auth_required=True, authenticator=check)
    box.start()
    yield box
    box.stop()


def secure_url(box: Mailbox, password: str = "p%40ss%2Fw%3Ard") -> str:
    return f"mailtos://tally:{password}@localhost:{box.port}?cto=5"


def plain_url(box: Mailbox) -> str:
    return f"mailto://127.0.0.1:{box.port}?cto=5"


def three_operators(root: Path) -> Company:
    company = over_budget(root)
    company.budgets = [Budget("everything", "", Decimal("22000.00"))]
    company.publish(datetime(2026, 11, 20, tzinfo=UTC).date())
    return company


OPERATORS = ("one@halden.example", "two@halden.example", "three@halden.example")


def test_a_crossing_arrives_as_text_and_html_at_the_owner_and_only_once(tmp_path: Path, mailbox: Mailbox) -> None:
    company, now = over_budget(tmp_path), settings(email_url=plain_url(mailbox))
    for _ in range(4):
        alerts.evaluate(company.home, now)
        alerts.deliver(company.home, now)
    ((recipients, message),) = mailbox.received
    assert recipients == ["dana@halden.example"] == [str(message["To"])]
    assert str(message["From"]) == "Tallyhouse <tallyhouse@halden.example>"
    assert str(message["Subject"]) == "Data & Analytics has used 112% of its November budget"
    assert message["X-Tallyhouse-Message-Id"] == alerts.list_deliveries(company.home)[0].delivery_id
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None and html is not None
    assert "$1,200.00 more than the $10,000.00 budgeted" in text.get_content().replace("\r\n", " ")
    assert "<table" in html.get_content() and "document-archive" in html.get_content()


def test_the_url_may_name_another_sender_and_add_headers(tmp_path: Path, mailbox: Mailbox) -> None:
    company = over_budget(tmp_path)
    alerts.evaluate(company.home, settings())
    url = f"{plain_url(mailbox)}&from=Alerts%20%3Calerts@halden.example%3E&+X-Site=London"
    assert alerts.deliver(company.home, settings(email_url=url)).sent == 1
    ((_, message),) = mailbox.received
    assert (str(message["From"]), str(message["X-Site"])) == ("Alerts <alerts@halden.example>", "London")


def test_starttls_and_login_are_used(
    tmp_path: Path, secure_mailbox: Mailbox, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    company = over_budget(tmp_path / "home")
    alerts.evaluate(company.home, settings())
    assert alerts.deliver(company.home, settings(email_url=secure_url(secure_mailbox))).sent == 1
    assert len(secure_mailbox.received) == 1


def test_a_wrong_password_keeps_the_message_and_does_not_write_it_down(
    tmp_path: Path, secure_mailbox: Mailbox, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    company = over_budget(tmp_path / "home")
    alerts.evaluate(company.home, settings())
    report = alerts.deliver(company.home, settings(email_url=secure_url(secure_mailbox, "hush")))
    assert (report.sent, report.failed) == (0, 1)
    assert "535" in report.problems[0] and "hush" not in report.problems[0]
    assert b"hush" not in company.home.ledger.read_bytes()


def test_an_unknown_certificate_is_refused(tmp_path: Path, secure_mailbox: Mailbox) -> None:
    company = over_budget(tmp_path / "home")
    alerts.evaluate(company.home, settings())
    report = alerts.deliver(company.home, settings(email_url=secure_url(secure_mailbox)))
    assert report.failed == 1 and "CERTIFICATE_VERIFY_FAILED" in report.problems[0]
    assert secure_mailbox.received == []


def test_with_the_server_down_the_alert_is_kept_and_goes_out_later_once(tmp_path: Path) -> None:
    box = Mailbox(free_port())
    company, now = over_budget(tmp_path), settings(email_url=plain_url(box))
    alerts.evaluate(company.home, now)
    for _ in range(2):
        assert alerts.deliver(company.home, now, retry_now=True).failed == 1
    (item,) = alerts.pending(company.home)
    assert item.recipient == "dana@halden.example" and "refused" in item.reason and item.attempts == 2
    box.start()
    try:
        for _ in range(3):
            alerts.evaluate(company.home, now)
            alerts.deliver(company.home, now, retry_now=True)
        assert len(box.received) == 1
    finally:
        box.stop()
    assert alerts.pending(company.home) == []


def test_one_refused_recipient_does_not_stop_the_others(tmp_path: Path, mailbox: Mailbox) -> None:
    company = three_operators(tmp_path)
    now = settings(email_url=plain_url(mailbox), operators=OPERATORS)
    mailbox.refused = {"two@halden.example"}
    alerts.evaluate(company.home, now)
    report = alerts.deliver(company.home, now)
    assert (report.sent, report.failed) == (2, 1)
    assert report.problems == ("the mail server answered 550 5.1.1 No such person here",)
    assert [to for to, _ in mailbox.received] == [["one@halden.example"], ["three@halden.example"]]
    (item,) = alerts.pending(company.home)
    assert item.recipient == "two@halden.example"
    mailbox.refused = set()
    alerts.deliver(company.home, now)
    assert [to for to, _ in mailbox.received][2:] == [["two@halden.example"]]


CHILD = """
import os, signal, sys
from orchestration import alerts
from orchestration.home import Home
from orchestration.ledger import outbox
from pathlib import Path
from tests.unit.alerts.company import settings
home, now = Home(Path(sys.argv[1])), settings(email_url=sys.argv[2], operators=tuple(sys.argv[4:]))
if sys.argv[3] == "before-record":
    outbox.record_sent = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
alerts.evaluate(home, now)
print("evaluated", flush=True)
alerts.deliver(home, now, retry_now=True)
"""


def child(company: Company, box: Mailbox, how: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(company.root), plain_url(box), how, *OPERATORS],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_killed_between_acceptance_and_record_the_same_id_is_sent_again(tmp_path: Path, mailbox: Mailbox) -> None:
    company = over_budget(tmp_path)
    assert child(company, mailbox, "before-record").wait(60) == -signal.SIGKILL
    assert len(mailbox.received) == 1
    assert [item.attempts for item in alerts.pending(company.home)] == [1]
    assert child(company, mailbox, "whole").wait(60) == 0
    assert list(mailbox.ids.values()) == [2]
    first, second = (message for _, message in mailbox.received)
    assert first.as_bytes() == second.as_bytes()
    assert child(company, mailbox, "whole").wait(60) == 0
    assert len(mailbox.received) == 2


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_every_operator_gets_the_message(tmp_path: Path, mailbox: Mailbox, seed: int) -> None:
    company = three_operators(tmp_path)
    running = child(company, mailbox, "whole")
    assert running.stdout is not None and running.stdout.readline() == "evaluated\n"
    time.sleep(random.Random(seed).uniform(0.1, 1.2))
    running.kill()
    running.wait(60)
    assert child(company, mailbox, "whole").wait(60) == 0
    assert {to for (to,), _ in mailbox.received} == set(OPERATORS)
    assert len(mailbox.ids) == 3
    # Only the one message in flight at the kill may have gone twice.
    assert sum(mailbox.ids.values()) <= 4
    assert alerts.pending(company.home) == []
