"""What one run of landing did, for the command line, checks and metadata."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from orchestration.landing.receipts import Counts


@dataclass(frozen=True)
class SourceCounts:
    """One source's share of a run."""

    rows: Counts = field(default_factory=Counts)
    files_landed: int = 0
    files_redelivered: int = 0
    files_refused: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class LandingReport:
    """One run. Rows: delivered = landed + duplicates + quarantined + not_usage + refused, exactly.

    `bytes` as they lie on disk; `days_touched` are the organisation's days, including those of earlier rows
    that share an event id with new ones. With `planned`, nothing was written and only `files` is known.
    `ignored`: files whose names say that they are no usage log. `files_refused`: of which no row was landed.
    """

    delivered: int = 0
    landed: int = 0
    duplicates: int = 0
    quarantined: int = 0
    not_usage: int = 0
    refused: int = 0
    files_landed: int = 0
    files_redelivered: int = 0
    files_refused: int = 0
    bytes: int = 0
    days_touched: tuple[date, ...] = ()
    by_source: dict[str, SourceCounts] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    ignored: tuple[Path, ...] = ()
    planned: bool = False


@dataclass(frozen=True)
class Progress:
    """Where a landing stands: bytes of files done, of all bytes to do, and what is at hand."""

    doing: str
    done_bytes: int
    total_bytes: int


OnProgress = Callable[[Progress], None]


def summed(by_source: dict[str, SourceCounts], days: set[str], files: list[Path], ignored: list[Path]) -> LandingReport:
    """The report of a run from its sources' counts."""
    rows = Counts()
    for counts in by_source.values():
        rows += counts.rows
    return LandingReport(
        delivered=rows.delivered,
        landed=rows.landed,
        duplicates=rows.duplicates,
        quarantined=rows.quarantined,
        not_usage=rows.not_usage,
        refused=rows.refused,
        files_landed=sum(counts.files_landed for counts in by_source.values()),
        files_redelivered=sum(counts.files_redelivered for counts in by_source.values()),
        files_refused=sum(counts.files_refused for counts in by_source.values()),
        bytes=sum(counts.bytes for counts in by_source.values()),
        days_touched=tuple(sorted(date.fromisoformat(day) for day in days)),
        by_source=by_source,
        files=tuple(files),
        ignored=tuple(ignored),
    )
