"""When each window of a source was last asked for, or how far its table was read, and what went wrong last.

Light to import. Losing it costs requests and nothing else: everything is then asked for again, and what did not change
makes no new file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from orchestration.errors import FetchError
from orchestration.files import write_atomically
from orchestration.home import Home


@dataclass(frozen=True)
class Failure:
    """Why the last fetch of a source ended early. `since`: the first such fetch after the last that succeeded."""

    at: datetime
    message: str
    next_step: str
    since: datetime


@dataclass(frozen=True)
class FetchState:
    """`fetched`: by report and window the time of the request that was answered in full.

    Without windows: `read_at`, when the source was last read to its end, and `cursor`, the newest time (UTC, naive) of
    a table's rows that was reached.
    """

    fetched: Mapping[str, Mapping[date, datetime]] = field(default_factory=dict)
    failure: Failure | None = None
    read_at: datetime | None = None
    cursor: datetime | None = None

    def of(self, report: str) -> Mapping[date, datetime]:
        return self.fetched.get(report, {})

    def failed(self, error: FetchError, now: datetime) -> "FetchState":
        """The same, with this as what went wrong last."""
        since = self.failure.since if self.failure else now
        return replace(self, failure=Failure(now, error.message, error.next_step, since))

    def with_windows(self, report: str, windows: Mapping[date, datetime]) -> "FetchState":
        """The same, with these windows of the report fetched."""
        return replace(self, fetched={**self.fetched, report: {**self.of(report), **windows}})


def read_state(home: Home, source: str) -> FetchState:
    """The source's state; an empty one where there is none, or none that can be read."""
    try:
        raw = json.loads(_path(home, source).read_text(encoding="utf-8"))
        failure = raw["failure"]
        return FetchState(
            fetched={
                report: {date.fromisoformat(day): datetime.fromisoformat(at) for day, at in windows.items()}
                for report, windows in raw["fetched"].items()
            },
            failure=failure and _failure(failure),
            read_at=_moment(raw.get("read_at")),
            cursor=_moment(raw.get("cursor")),
        )
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return FetchState()


def write_state(home: Home, source: str, state: FetchState) -> None:
    failure = state.failure
    raw = {
        "fetched": {
            report: {f"{day}": at.isoformat(timespec="seconds") for day, at in sorted(windows.items())}
            for report, windows in sorted(state.fetched.items())
        },
        "failure": failure
        and {
            "at": failure.at.isoformat(timespec="seconds"),
            "message": failure.message,
            "next_step": failure.next_step,
            "since": failure.since.isoformat(timespec="seconds"),
        },
        "read_at": state.read_at and state.read_at.isoformat(),
        "cursor": state.cursor and state.cursor.isoformat(),
    }
    write_atomically(_path(home, source), json.dumps(raw, indent=0, ensure_ascii=False) + "\n")


def _failure(raw: dict[str, str]) -> Failure:
    at = datetime.fromisoformat(raw["at"])
    since = raw.get("since")  # states written before outages were told have none
    return Failure(at, raw["message"], raw["next_step"], datetime.fromisoformat(since) if since else at)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _path(home: Home, source: str) -> Path:
    return home.fetching / source / "state.json"
