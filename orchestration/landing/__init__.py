"""Landing: files dropped into a source's folder become immutable facts, every row accounted for.

`land` and `sweep` write; `pending_files`, `receipts`, `redeliveries` and `totals` only look, and import
nothing heavy. DuckDB is imported when a file is really landed.
"""

from orchestration.landing.discovery import pending_files
from orchestration.landing.receipts import (
    Counts,
    DayPart,
    FileReceipt,
    Receipt,
    Redelivery,
    receipts,
    redeliveries,
    totals,
)
from orchestration.landing.refused import Refusal, refusals
from orchestration.landing.report import LandingReport, OnProgress, Progress, SourceCounts
from orchestration.landing.runner import land
from orchestration.landing.sweep import sweep

__all__ = [
    "Counts",
    "DayPart",
    "FileReceipt",
    "LandingReport",
    "OnProgress",
    "Progress",
    "Receipt",
    "Redelivery",
    "Refusal",
    "SourceCounts",
    "land",
    "pending_files",
    "receipts",
    "redeliveries",
    "refusals",
    "sweep",
    "totals",
]
