"""The nearest prices to a name that the book does not know."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from orchestration.prices.store import KnownModel

_NEAREST = 3
_LEAST = 0.4
_LONGEST = 200
_MOST = 300
"""Names that get a hint in one go: a search costs milliseconds, and a log may hold thousands of made-up names."""


class Hints:
    """Searches the priced models of a book, of one provider or of all."""

    def __init__(self, known: Sequence[KnownModel]) -> None:
        self._known = known
        self._given = 0

    def nearest(self, provider: str | None, model: str) -> str | None:
        """Up to three price ids, nearest first, separated by commas; None when nothing is near."""
        if self._given >= _MOST:
            return None
        self._given += 1
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(model[:_LONGEST])
        scored: list[tuple[float, str]] = []
        for known in self._known:
            if provider is not None and known.provider != provider:
                continue
            matcher.set_seq1(known.model.lower())
            if matcher.real_quick_ratio() >= _LEAST and matcher.quick_ratio() >= _LEAST:
                score = matcher.ratio()
                if score >= _LEAST:
                    scored.append((-score, known.price_id))
        return ", ".join(price_id for _, price_id in sorted(scored)[:_NEAREST]) or None
