"""The guarantee a price join relies on: at any moment and any context there is one band, never two."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise

from orchestration.prices.bands import CONTEXT_END, DAY_SECONDS, Priced, Tariff


class TilingError(AssertionError):
    """Bands overlap or leave a gap: a fault of this package or of its data, never of the customer."""


def check_tiling(tariffs: Iterable[Tariff]) -> None:
    """Raise TilingError unless each service tier of each tariff is tiled without overlap or gap.

    Only whole days may be without a price: those before, between or after overrides of a model that the
    package does not know.
    """
    for tariff in tariffs:
        for tier, spans in tariff.spans.items():
            where = f"{tariff.price_id}, {tier}"
            _check_contexts(where, spans)
            _check_days(where, spans)


def _check_contexts(where: str, spans: tuple[Priced, ...]) -> None:
    for priced in spans:
        edges = [(step.context_from, step.context_to) for step in priced.span.cell.sheet]
        if not _covers_once(edges, CONTEXT_END):
            raise TilingError(f"{where}: contexts {edges} do not cover everything once")


def _check_days(where: str, spans: tuple[Priced, ...]) -> None:
    edges: set[date] = set()
    for priced in spans:
        edges.update((priced.span.valid_from, priced.span.valid_to))
    origins = {priced.origin for priced in spans}
    for start, end in pairwise(sorted(edges)):
        windows = sorted(
            (priced.span.day_from, priced.span.day_to)
            for priced in spans
            if priced.span.valid_from < end and priced.span.valid_to > start
        )
        if not windows and origins == {"override"}:
            continue
        if not _covers_once(windows, DAY_SECONDS):
            raise TilingError(f"{where}: from {start} the windows {windows} do not cover a day once")


def _covers_once(pieces: list[tuple[int, int]], end: int) -> bool:
    """Whether `[from, to)` pieces, in order, cover `[0, end)` without overlap or gap."""
    if not pieces or pieces[0][0] != 0 or pieces[-1][1] != end:
        return False
    return all(start < stop for start, stop in pieces) and all(a[1] == b[0] for a, b in pairwise(pieces))
