"""What the tables said on one day, as a hash: only rows in force count, so today's row rebuilds no old day."""

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from orchestration.reference.organisation import Department, Member

_MODULUS = 1 << 256
# What a row says, and from when until before when.
Dated = tuple[date, date, str]


class InForce:
    """The hash of all rows in force on a day; a day costs one bisection, however many rows there are."""

    def __init__(self, rows: Iterable[Dated]) -> None:
        changes: dict[date, int] = defaultdict(int)
        for start, end, text in rows:
            value = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
            changes[start] += value
            changes[end] -= value
        self._edges = sorted(changes)
        self._sums: list[int] = []
        total = 0
        for edge in self._edges:
            total = (total + changes[edge]) % _MODULUS
            self._sums.append(total)

    def on(self, day: date) -> str:
        """The same for two days on which the same rows are in force, whatever the rows' order."""
        place = bisect_right(self._edges, day)
        return f"{self._sums[place - 1] if place else 0:064x}"


def day_rows(
    *,
    members: Sequence[Member] = (),
    departments: Sequence[Department] = (),
) -> list[Dated]:
    """The rows that a day's figures are made of, without what changes none of them (names, owners, sources).

    Budgets, credits, taxes, invoices, payments and shared costs are of months: they make no day stale. Prices and
    discounts are in the price book that a day is pinned to, and exchange rates are kept by day beside it.
    """
    return [
        *(
            _dated(row.valid_from, row.valid_to, row.member_type, row.member, row.team, row.department, row.cost_centre)
            for row in members
        ),
        # Members without a cost centre take their department's.
        *(_dated(row.valid_from, row.valid_to, "department", row.department, row.cost_centre) for row in departments),
    ]


def _dated(start: date, end: date, *said: object) -> Dated:
    return start, end, "\x1f".join(str(part) for part in said)
