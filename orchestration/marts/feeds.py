"""What each landed file feeds: usage that is counted, a provider's cost report, or nothing any more. Light to import.

The one place that decides it: the plan, the build's inputs and the account of rows all ask here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from orchestration.fetching.generations import Generation, generation_of
from orchestration.landing.receipts import FileReceipt, Receipt
from orchestration.settings import FETCHED_KINDS

Feed = Literal["usage", "costs", "superseded"]


@dataclass(frozen=True)
class Fed:
    """A landed file, the `number` it has in its receipt, and what it feeds; `window` only where it was fetched."""

    receipt: Receipt
    number: int
    file: FileReceipt
    feed: Feed
    window: date | None = None


def feeds(receipts: Iterable[Receipt]) -> list[Fed]:
    """Every landed file. Of a fetched window the newest generation counts, also when it is empty."""
    landed = list(receipts)
    newest: dict[tuple[str, str, date], int] = {}
    for receipt in landed:
        for file in receipt.files:
            generation = _generation(receipt, file)
            if generation is not None:
                newest[generation.of] = max(newest.get(generation.of, 0), generation.number)
    return [_fed(receipt, number, file, newest) for receipt in landed for number, file in enumerate(receipt.files)]


def superseded_rows(fed: Sequence[Fed]) -> int:
    """Landed rows of windows that a newer generation answers for."""
    return sum(item.file.landed for item in fed if item.feed == "superseded")


def _fed(receipt: Receipt, number: int, file: FileReceipt, newest: dict[tuple[str, str, date], int]) -> Fed:
    generation = _generation(receipt, file)
    if generation is None:
        return Fed(receipt, number, file, "usage")
    if generation.number < newest[generation.of]:
        feed: Feed = "superseded"
    elif generation.report == "usage":
        feed = "usage"
    elif generation.report == "costs":
        feed = "costs"
    else:
        raise ValueError(f"{file.path} is of the report {generation.report}, which feeds nothing")
    return Fed(receipt, number, file, feed, generation.window)


def _generation(receipt: Receipt, file: FileReceipt) -> Generation | None:
    return generation_of(receipt.source, file.path) if receipt.kind in FETCHED_KINDS else None
