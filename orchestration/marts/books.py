"""The price books that a plan's days are pinned to, with every model name they must know."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.landing.receipts import Receipt
from orchestration.marts.plan import Plan
from orchestration.prices import PriceBook, current_book, resolve_models
from orchestration.prices.known import read_known


def books_for(
    home: Home, plan: Plan, receipts: Sequence[Receipt], *, published: Mapping[str, str]
) -> tuple[dict[str, dict[str, Path]], dict[str, str]]:
    """Each pinned version's files ({version: {"bands", "models", "discounts"}}) and label.

    `published`: labels of the versions that the current snapshot is pinned to. A book that was used is kept for ever;
    one that is gone is an error, since its days could not be built again at their prices.
    """
    newest = current_book(home)
    labels = {**published, newest.version: newest.label}
    pairs = {(provider, model) for receipt in receipts for provider, model in receipt.models}
    books = {}
    for version in sorted({day.price_version for day in plan.days}):
        # A book that only pins remember (the marts were thrown away) and that is older than such notes: its version.
        known = read_known(home.prices, version)
        labels.setdefault(version, known.label if known else version)
        book = PriceBook(version=version, label=labels[version], path=home.prices / f"{version}.parquet")
        if not book.path.exists():
            raise TallyhouseError(
                f"The price book {version} is missing from {home.prices}.",
                "Days are pinned to it: put it back from a backup.",
            )
        books[version] = {
            "bands": book.path,
            "models": resolve_models(home, book, pairs),
            "discounts": book.discounts_path,
        }
    return books, labels
