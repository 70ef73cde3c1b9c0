"""An error that nobody foresaw: one sentence for the user, the whole trace in a file."""

import re
import traceback
from datetime import datetime
from pathlib import Path

from orchestration.errors import TallyhouseError

_KEPT = 100
_LONGEST = 300
# Python's, DuckDB's and SQLite's errors are of different classes; the system's words are in most of them.
_DISK_FULL = "No space left on device"
_CREDENTIALS = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@]+@", re.IGNORECASE)


def foreseen(error: Exception, *, logs: Path | None, now: datetime) -> TallyhouseError:
    """What to tell the user about any exception; its trace is written to `logs` (None: no home is known).

    The newest hundred traces are kept. Passwords in addresses are left out of both.
    """
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if _DISK_FULL in str(cause):
        return TallyhouseError(
            "A disk is full: nothing more could be written.",
            "Make room, on the home's disk and for temporary files, and run again; what was published before is "
            "unchanged.",
        )
    said = " ".join(_CREDENTIALS.sub(r"\1****@", str(cause)).split())
    said = said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
    kind = type(cause).__name__
    return TallyhouseError(
        f"Something went wrong that should not have: {kind}{f': {said}' if said else ''}.".replace("..", "."),
        f"{_kept(error, logs, now)} What was published before is unchanged. Run again; if it stays, report it "
        "with that trace.",
    )


def _kept(error: Exception, logs: Path | None, now: datetime) -> str:
    """Where the trace is, in words."""
    if logs is None:
        return "Add --debug to see the trace."
    path = logs / f"error-{now:%Y-%m-%dT%H-%M-%S-%f}.txt"
    text = _CREDENTIALS.sub(r"\1****@", "".join(traceback.format_exception(error)))
    try:
        logs.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{now.isoformat()}\n{text}", encoding="utf-8")
        for old in sorted(logs.glob("error-*.txt"))[:-_KEPT]:
            old.unlink(missing_ok=True)
    except OSError as problem:
        return f"The trace could not be written ({problem}); add --debug to see it."
    return f"The trace is in {path}."
