"""The only importer of Apprise: one Apprise instance for one message to one recipient.

Two routes: `mailto(s)://`, Apprise's e-mail plugin with our own body, since it makes the text part out of
the HTML and cannot take ours; and `folder://PATH`, a plugin of ours that writes .eml files.
"""

# Apprise declares class attributes as None and leaves calls and signatures untyped; only this module meets that.
# mypy: disable-error-code="no-untyped-call,assignment,override"

import logging
import re
import smtplib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat, NotifyType
from apprise.exception import AppriseImproperlyConfigured
from apprise.manager_plugins import NotificationManager
from apprise.plugins import url_to_dict
from apprise.plugins.email.base import NotifyEmail
from apprise.plugins.email.smtp import AppriseSMTPController

from orchestration.delivery.envelope import Envelope, Outcome, mail
from orchestration.files import write_atomically

_NAMED = "notifications.email_url"
# Options of the URL that our mail honours; `+Header=value` adds a header. Others are refused, not ignored.
_MAIL_OPTIONS = frozenset({"from", "smtp", "mode", "verify", "cto", "reply", "user", "pass"})
_SMTP_REPLY = re.compile(r"\((\d{3}), b(['\"])(.*?)\2\)")


def wrong_route(email_url: str) -> str | None:
    """Why an Apprise URL cannot be the e-mail route, or None; never repeats the URL, which holds a password."""
    tokens = _tokens(email_url)
    if tokens is None:
        return f"{_NAMED} is no address Apprise understands: write mailtos://USER:PASSWORD@HOST:587"
    if tokens["schema"] == "folder":
        return None if tokens["folder"] else f"{_NAMED} names no folder: write folder://messages"
    if tokens["schema"] not in ("mailto", "mailtos"):
        return f"{_NAMED} begins with {tokens['schema']}://: use mailtos://, mailto:// or folder://"
    if tokens["targets"] or {"to", "cc", "bcc"} & set(tokens["qsd"]):
        return f"{_NAMED} names recipients: leave them out, each message brings its own"
    unknown = {option for option in tokens["qsd"] if not option.startswith("+")} - _MAIL_OPTIONS
    if unknown:
        return f"{_NAMED} has options that are not supported: leave out {', '.join(sorted(unknown))}"
    return None


def send(email_url: str, root: Path, envelope: Envelope) -> Outcome:
    """Try once to hand over one message. `root`: the home, which a relative folder:// is taken from.

    Never raises for a failed delivery: the outcome says why, with the server's own words.
    """
    tokens = _tokens(email_url)
    if tokens is None:
        return Outcome(False, wrong_route(email_url), route_down=True)
    # The call runs in this thread without a time limit of Apprise's: its limit would leave a thread behind
    # that may still send after the attempt was recorded as failed. Each socket operation has its own (15 s).
    asset = AppriseAsset(
        app_id="Tallyhouse", async_mode=False, http_redirects=False, storage_mode="memory", service_timeout=0
    )
    try:
        plugin: _Mail | _Folder
        if tokens["schema"] == "folder":
            plugin = _Folder(envelope=envelope, root=root, asset=asset, **tokens)
        else:
            if tokens["from_addr"]:  # `?from=` of the URL wins over notifications.sender
                envelope = replace(envelope, sender=tokens["from_addr"])
            named = {**tokens, "targets": [envelope.recipient], "from_addr": envelope.sender_address}
            plugin = _Mail(envelope=envelope, asset=asset, **named)
    except (AppriseImproperlyConfigured, TypeError) as error:
        return Outcome(False, f"{_NAMED} cannot be used: {error}", route_down=True)
    route = Apprise(asset=asset)
    route.add(plugin)
    with route.notify(
        body=envelope.text,
        title=envelope.subject,
        notify_type=NotifyType.INFO,
        body_format=NotifyFormat.TEXT,
        log_level=logging.DEBUG,
    ) as result:
        # A result, not a boolean: an instance without a service would be NOMATCH, which is not accepted.
        if result:
            return Outcome(True)
        problem = plugin.problem or _last_words([entry.message for entry in result.logs()])
    return Outcome(False, problem.replace(plugin.password or "\0", "****"), route_down=plugin.route_down)


class _Mail(NotifyEmail):
    """Apprise's e-mail plugin: its URL, its providers, its transport; the message is ours, whole."""

    def __init__(self, *, envelope: Envelope, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.envelope = envelope
        self.problem: str | None = None
        self.route_down = False

    def send(self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, **kwargs: Any) -> bool:
        message = mail(self.envelope, self.headers)
        if self.reply_to:
            message["Reply-To"] = ", ".join(sorted(self.reply_to))
        try:
            with AppriseSMTPController(
                host=self.smtp_host,
                port=int(self.port or 0),
                secure_mode=str(self.secure_mode),
                user=self.user,
                password=self.password,
                verify_certificate=self.verify_certificate,
                socket_connect_timeout=self.socket_connect_timeout,
            ) as transport:
                return transport.sendmail(self.envelope.sender_address, [self.envelope.recipient], message.as_string())
        except (OSError, smtplib.SMTPException, RuntimeError) as error:
            # Refused connection, TLS or login: as true for the next message as for this one.
            self.route_down = True
            self.problem = f"the mail server {self.smtp_host}:{self.port} did not let us in: {error}"
            return False


class _Folder(NotifyBase):
    """folder://PATH: one .eml file for each message, for trying things out and for homes without mail."""

    service_name = "Folder of .eml files"
    service_url = ""
    setup_url = ""
    secure_protocol = ""
    protocol = "folder"
    title_maxlen = 250
    templates = ("{schema}://{folder}",)
    template_tokens = {
        **NotifyBase.template_tokens,
        "folder": {"name": "Folder", "type": "string", "required": True},
    }

    def __init__(
        self, *, folder: str, envelope: Envelope | None = None, root: Path | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.folder = folder
        self.envelope = envelope
        self.root = root
        self.problem: str | None = None
        self.route_down = False

    @staticmethod
    def parse_url(url: str) -> dict[str, Any] | None:
        """Everything behind the two slashes is the path, in its own spelling."""
        return {"schema": "folder", "folder": unquote(url.partition("://")[2].partition("?")[0]).strip()}

    def url(self, privacy: bool = False, *args: Any, **kwargs: Any) -> str:
        return f"folder://{self.folder}"

    def send(self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, **kwargs: Any) -> bool:
        if self.envelope is None or self.root is None:
            self.problem = "folder:// was called without a message"
            return False
        target = self.root / self.folder / f"{_slug(self.envelope.subject)}-{self.envelope.delivery_id}.eml"
        try:
            # Half of this very message, from a run that was killed while it wrote it.
            for left in target.parent.glob(f".{target.name}.*.tmp"):
                left.unlink()
            write_atomically(target, mail(self.envelope).as_bytes())
        except OSError as error:
            self.route_down = True
            self.problem = f"{target.parent} cannot be written: {error.strerror or error}"
            return False
        return True


@cache
def _prepare_apprise() -> None:
    NotificationManager().add(_Folder, schemas="folder")
    # Not to the terminal, where the reasons given here say it better; but into the result, to which Apprise
    # tells the server's answer at DEBUG only.
    logger = logging.getLogger("apprise")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    logger.setLevel(logging.DEBUG)


def _tokens(email_url: str) -> dict[str, Any] | None:
    _prepare_apprise()
    tokens: dict[str, Any] | None = url_to_dict(email_url.strip())
    return tokens


def _slug(subject: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", subject.lower()).strip("-")[:60].strip("-") or "message"


def _last_words(lines: list[str]) -> str:
    """The server's own words out of what Apprise logged about the attempt."""
    for line in reversed(lines):
        reply = _SMTP_REPLY.search(line)
        if reply:
            return f"the mail server answered {reply[1]} {reply[3]}"
    said = [line for line in lines if line.startswith(("Socket Exception", "SMTP recipient"))]
    return said[-1] if said else "the mail server did not take the message"
