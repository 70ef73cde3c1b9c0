"""GET against a provider's API: bounded in time and size, patient with throttling, silent about its key.

Nothing here may show the key: it is set by an auth object, so that neither a log nor an exception holds it (and no
~/.netrc replaces it), redirects are not followed, and what the provider says is cleaned before it is repeated.
"""

import json
import math
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from orchestration.errors import FetchError

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

_CHUNK = 1 << 16
_SHOWN = 200
# Providers repeat a refused key in part: anything that looks like one is left out.
_KEY_LIKE = re.compile(r"\b(?:sk|pk|key|admin)[-_][A-Za-z0-9_*.-]{4,}")
_PASSING = frozenset({408, 409, 425, 429})


@dataclass(frozen=True)
class Patience:
    """How long is waited for what, in seconds; `total` bounds all waiting between the requests of one source."""

    connect: float = 10
    read: float = 60
    response: float = 300
    total: float = 600
    attempts: int = 7
    first_delay: float = 1
    longest_delay: float = 60
    largest_bytes: int = 256 << 20


@dataclass(frozen=True)
class Credentials:
    """Headers that hold the key. They have no repr, so that printing this shows nothing."""

    headers: Mapping[str, str] = field(repr=False)
    secret: str = field(repr=False)

    def __call__(self, request: "PreparedRequest") -> "PreparedRequest":
        request.headers.update(self.headers)
        return request

    def hidden(self, text: str) -> str:
        """The text without the key, and without whatever looks like one."""
        return _KEY_LIKE.sub("***", text.replace(self.secret, "***"))


class Client:
    """Asks one provider; `sleep` and `dice` (0 to 1) are replaced only to watch it wait."""

    def __init__(
        self,
        name: str,
        credentials: Credentials,
        *,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self.requests = 0
        self._name, self._credentials = name, credentials
        self._patience = patience or Patience()
        self._sleep, self._dice = sleep, dice
        self._waited = 0.0
        self._session: Session | None = None

    def get(self, url: str, parameters: Sequence[tuple[str, str]]) -> bytes:
        """The body of a successful answer, which is JSON. Raises FetchError when there is none to be had."""
        trouble = ""
        for attempt in range(1, self._patience.attempts + 1):
            wait: float | None = None
            try:
                status, body, wait = self._ask(url, parameters)
                if status == 200:
                    return body
                trouble = f"answered {status}{self._said(body)}"
                if status not in _PASSING and status < 500:
                    raise self._refused(status, trouble)
            except _BrokenError as error:
                trouble = str(error)
            if attempt < self._patience.attempts:
                self._wait(attempt, wait, trouble)
        raise FetchError(
            f"{self._name}: the provider {trouble}, {self._patience.attempts} times in a row.",
            "What was fetched before is kept; the next run goes on from there.",
        )

    def _ask(self, url: str, parameters: Sequence[tuple[str, str]]) -> tuple[int, bytes, float | None]:
        import requests

        if self._session is None:
            self._session = requests.Session()
        self.requests += 1
        try:
            with self._session.get(
                url,
                params=list(parameters),
                auth=self._credentials,
                headers={"Accept": "application/json", "User-Agent": "tallyhouse"},
                timeout=(self._patience.connect, self._patience.read),
                allow_redirects=False,  # a key must not follow to wherever an answer points
                stream=True,
            ) as response:
                body = self._body(response)
                if response.status_code == 200 and not _is_json(body):
                    raise _BrokenError("broke off in the middle of its answer")
                return response.status_code, body, _retry_after(response.headers)
        except requests.Timeout:
            raise _BrokenError("did not answer in time") from None
        except requests.exceptions.SSLError:
            raise FetchError(
                f"{self._name}: the provider's certificate is not trusted.",
                "Correct base_url, or give the certificate's authority in REQUESTS_CA_BUNDLE.",
            ) from None
        except requests.exceptions.ConnectionError:
            raise _BrokenError("could not be reached") from None
        except requests.RequestException as error:
            raise _BrokenError(f"broke off ({type(error).__name__})") from None

    def _body(self, response: "Response") -> bytes:
        """Read within bounds: a server that sends a byte a minute, or for ever, must not hold the run."""
        end = time.monotonic() + self._patience.response
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > self._patience.largest_bytes:
                raise FetchError(
                    f"{self._name}: an answer is larger than {self._patience.largest_bytes >> 20} MiB.",
                    "Correct base_url: a page of a report is never that large.",
                )
            if time.monotonic() > end:
                raise _BrokenError("did not finish its answer in time")
        return bytes(body)

    def _wait(self, attempt: int, asked: float | None, trouble: str) -> None:
        """Sleep as long as the provider asks, else twice as long each time; the jitter keeps clients apart."""
        delay = min(self._patience.first_delay * 2 ** (attempt - 1), self._patience.longest_delay)
        delay = delay * (0.5 + self._dice() / 2)
        delay = max(delay, asked or 0)
        if self._waited + delay > self._patience.total:
            raise FetchError(
                f"{self._name}: the provider {trouble}, and waiting {delay:,.0f} s more would be longer than the "
                f"{self._patience.total:,.0f} s that a run waits.",
                "What was fetched before is kept; the next run goes on from there.",
            )
        self._waited += delay
        self._sleep(delay)

    def _said(self, body: bytes) -> str:
        """The provider's own words on what is wrong, cleaned and cut."""
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            message = json.loads(body)["error"]["message"]
            words = self._credentials.hidden(" ".join(str(message).split()))
            return f" ({words[:_SHOWN]})" if words.isprintable() else ""
        return ""

    def _refused(self, status: int, trouble: str) -> FetchError:
        if status in (401, 403):
            next_step = "Set the variable that api_key_env names to an admin key of this organisation that is in force."
        elif 300 <= status < 400:
            next_step = "Correct base_url: it points somewhere else, and a key is not sent after a redirect."
        else:
            next_step = "Correct base_url and the source's settings."
        return FetchError(f"{self._name}: the provider {trouble}.", next_step, status=status)


class _BrokenError(Exception):
    """No whole answer came; asking again may help."""


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the provider asks to wait, given as a number or as a date."""
    given = headers.get("Retry-After", "").strip()
    if not given:
        return None
    with suppress(ValueError):
        seconds = float(given)
        return max(seconds, 0.0) if math.isfinite(seconds) else None
    with suppress(ValueError, TypeError):
        return max((parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds(), 0.0)
    return None
