"""When each window of a source was last asked for, and what went wrong last. Light to import.

Losing it costs requests and nothing else: every window is then asked for again, and what did not change makes no new
generation.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from orchestration.files import write_atomically
from orchestration.home import Home


@dataclass(frozen=True)
class Failure:
    """Why the last fetch of a source ended early."""

    at: datetime
    message: str
    next_step: str


@dataclass(frozen=True)
class FetchState:
    """`fetched`: by report and window the time of the request that was answered in full."""

    fetched: Mapping[str, Mapping[date, datetime]] = field(default_factory=dict)
    failure: Failure | None = None

    def of(self, report: str) -> Mapping[date, datetime]:
        return self.fetched.get(report, {})

    def with_windows(self, report: str, windows: Mapping[date, datetime]) -> "FetchState":
        """The same, with these windows of the report fetched."""
        return FetchState({**self.fetched, report: {**self.of(report), **windows}}, self.failure)


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
            failure=failure and Failure(**{**failure, "at": datetime.fromisoformat(failure["at"])}),
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
        },
    }
    write_atomically(_path(home, source), json.dumps(raw, indent=0, ensure_ascii=False) + "\n")


def _path(home: Home, source: str) -> Path:
    return home.fetching / source / "state.json"
