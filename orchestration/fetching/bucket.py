"""A bucket of S3-compatible storage: what lies under a prefix, and an object's bytes. Shows its key nowhere.

Key and secret are handed over as they are, so that neither a profile nor the machine's own role is taken in their
place; what the store says of a refused request is told in our words.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Any, NoReturn

from orchestration.copies import SCHEME
from orchestration.errors import FetchError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

# s3fs asks again by itself, with growing pauses: some six seconds in all.
_ATTEMPTS = 7
_PATIENCE = {"connect_timeout": 10, "read_timeout": 60, "retries": {"total_max_attempts": 1, "mode": "standard"}}
_BLOCK = 4 << 20
_AGAIN = "What was fetched before is kept; the next run goes on from there."
_CHANGED = ("412", "PreconditionFailed", "404", "NoSuchKey")


@dataclass(frozen=True)
class Credentials:
    """They have no repr, so that printing them shows nothing. `names`: the variables that they came from."""

    key: str
    secret: str
    token: str | None
    names: tuple[str, str]

    def __repr__(self) -> str:
        return f"Credentials({', '.join(self.names)})"


@dataclass(frozen=True)
class Object:
    """An object as the listing says it is; `key` without the bucket."""

    key: str
    size: int
    etag: str
    modified: str


class ChangedError(Exception):
    """The object was replaced or removed while it was read."""


class Bucket:
    """One prefix of one bucket. Raises FetchError for whatever the store or the way to it is."""

    def __init__(
        self, name: str, address: str, credentials: Credentials, *, endpoint: str | None, region: str | None
    ) -> None:
        self._name, self._credentials = name, credentials
        self.bucket, _, self._prefix = address.removeprefix(SCHEME).partition("/")
        try:
            import fsspec
            import s3fs  # noqa: F401
        except ImportError:
            raise FetchError(
                f"{name}: the package s3fs is not installed.", "It comes with the extra s3; `make install` installs it."
            ) from None
        # fsspec's own loop would run in a thread that outlives every use, into the interpreter's end.
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._files: AbstractFileSystem = fsspec.filesystem(
            "s3",
            key=credentials.key,
            secret=credentials.secret,
            token=credentials.token,
            endpoint_url=endpoint,
            client_kwargs={"region_name": region or "us-east-1"},
            config_kwargs={**_PATIENCE, "ignore_configured_endpoint_urls": True},
            loop=self._loop,
            skip_instance_cache=True,
            use_listings_cache=False,
        )
        self._files.retries = _ATTEMPTS

    def close(self) -> None:
        """End all connections, and the thread that served them."""
        if self._files._s3 is not None:
            self._files.close_session(self._loop, self._files._s3)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def objects(self) -> list[Object]:
        """Everything under the prefix, by key; markers of empty folders are left out."""
        under = f"{self._prefix}/" if self._prefix else ""
        with self._telling():
            found = self._files.find(f"{self.bucket}/{under}", detail=True)
        listed = []
        for path, about in found.items():
            key = path.removeprefix(f"{self.bucket}/")
            if key.startswith(under) and not (key.endswith("/") and not about["size"]):
                listed.append(Object(key, about["size"], about["ETag"], str(about["LastModified"])))
        return sorted(listed, key=lambda item: item.key)

    def chunks(self, item: Object) -> Iterator[bytes]:
        """The object's bytes as listed, a few MiB at a time. Raises ChangedError when it is another by now."""
        with self._telling():
            # Each block is asked for on the condition that the object is still the same.
            stream = self._files.open(f"{self.bucket}/{item.key}", "rb", block_size=_BLOCK, cache_type="none")
        with stream:
            if stream.details["ETag"] != item.etag:
                raise ChangedError
            left = item.size
            while left:
                with self._telling():
                    chunk = stream.read(min(_BLOCK, left))
                if not chunk:
                    raise self._error(f"broke off in the middle of {SCHEME}{self.bucket}/{item.key}", _AGAIN)
                left -= len(chunk)
                yield chunk

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """The store's errors in our words. Only requests belong inside: a full disk is no fault of its."""
        import aiohttp
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (OSError, TimeoutError, BotoCoreError, ClientError, aiohttp.ClientError) as error:
            trouble: Exception = error
        else:
            return
        self._raise(trouble)

    def _raise(self, error: Exception) -> NoReturn:
        cause: Any = error if hasattr(error, "response") else error.__cause__
        said = getattr(cause, "response", None) or {}
        code = str(said.get("Error", {}).get("Code", ""))
        key, secret = self._credentials.names
        if code in _CHANGED or type(error).__name__ == "FileExpired":
            raise ChangedError from None
        if code == "NoSuchBucket" or isinstance(error, FileNotFoundError):
            raise self._error(f"has no bucket {self.bucket}", "Correct path or endpoint_url.") from None
        if code in ("SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken", "InvalidToken"):
            raise self._error("refuses the key or its secret", f"Set {key} and {secret} to a pair in force.") from None
        if isinstance(error, PermissionError) or code == "403":
            raise self._error(
                f"does not let this key read the bucket {self.bucket}", "Let it list the bucket and get its objects."
            ) from None
        if code:
            shown = f" ({code})" if code.isalnum() else ""
            raise self._error(f"did not answer as it should{shown}", _AGAIN) from None
        raise self._error("cannot be reached or broke off", f"{_AGAIN} If it stays so, correct endpoint_url.") from None

    def _error(self, trouble: str, next_step: str) -> FetchError:
        return FetchError(f"{self._name}: the object store {trouble}.", next_step)
