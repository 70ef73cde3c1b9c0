"""One writer at a time: a file lock that the kernel drops with its holder, and that says who holds it."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.journal import tell

_POLL_SECONDS = 0.2
# A run holds the lock from its first step to its last; the steps inside it ask again and must not wait for themselves.
_held: ContextVar[frozenset[Path]] = ContextVar("held", default=frozenset())


@contextmanager
def writer(home: Home, *, doing: str, now: datetime, timeout: float | None = None) -> Iterator[None]:
    """Hold the home's writer lock; wait for another holder, saying once who that is.

    `timeout` in seconds (None: wait as long as it takes). Raises TallyhouseError when it runs out.
    """
    if home.root in _held.get():
        yield
        return
    home.data.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.writer_lock, poll_interval=_POLL_SECONDS)
    _acquire(lock, home, timeout)
    token = _held.set(_held.get() | {home.root})
    try:
        _note(home).write_text(
            json.dumps(
                {
                    "doing": doing,
                    "pid": os.getpid(),
                    "host": socket.gethostname(),
                    "since": now.isoformat(timespec="seconds"),
                }
            ),
            encoding="utf-8",
        )
        yield
    finally:
        _note(home).unlink(missing_ok=True)
        _held.reset(token)
        lock.release()


def holder(home: Home) -> str:
    """Who holds the lock, in words; a killed holder may have left its note behind, the lock itself not."""
    try:
        note = json.loads(_note(home).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "another process"
    return f"`{note['doing']}` (process {note['pid']} on {note['host']}, since {note['since']})"


def current_holder(home: Home) -> str | None:
    """Who writes to the home right now, or None; never waits."""
    if not home.writer_lock.exists():
        return None
    lock = FileLock(home.writer_lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return holder(home)
    lock.release()
    return None


def _acquire(lock: FileLock, home: Home, timeout: float | None) -> None:
    try:
        lock.acquire(timeout=0)
        return
    except Timeout:
        tell(f"Waiting for {holder(home)} to finish")
    try:
        lock.acquire(timeout=-1 if timeout is None else timeout)
    except Timeout as error:
        raise TallyhouseError(
            f"The home is still held by {holder(home)}.", "Wait for it to end, then run again."
        ) from error


def _note(home: Home) -> Path:
    return home.writer_lock.with_suffix(".json")
