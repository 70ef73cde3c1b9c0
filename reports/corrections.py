"""What a statement says of corrections: the lines that were issued otherwise, in cents that add up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reports.formats import CENT, apportion, full_month, rounded
from reports.formats import provider as spelled
from reports.values import ZERO, Correction, Scope

MOST_ROWS = 20


@dataclass(frozen=True)
class CorrectionRow:
    """One printed line; `change` is in cents, and all of them add up to the total."""

    name: str
    note: str
    before: Decimal
    after: Decimal
    change: Decimal


@dataclass(frozen=True)
class Corrections:
    """A restatement (`carried` False: the month's figures hold these changes already), or changes of earlier months."""

    carried: bool
    rows: tuple[CorrectionRow, ...]
    total: Decimal
    left_out: int


def of_scope(corrections: Sequence[Correction], scope: Scope) -> tuple[Correction, ...]:
    """The corrections that a statement of this scope may show."""
    return tuple(line for line in corrections if scope.kind == "organisation" or line.department == scope.name)


def corrected(corrections: Sequence[Correction], scope: Scope, month: date) -> Corrections | None:
    """The largest changes first, the rest as one row; None when there are none in this scope."""
    mine = of_scope(corrections, scope)
    if not mine:
        return None
    carried = any(line.month != month for line in mine)
    sums: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    for line in mine:
        item = line.department if scope.kind == "organisation" else line.project
        name = item or ("Untagged" if scope.kind == "organisation" else "No project")
        if carried:
            name = f"{full_month(line.month)}, {name}"
        key = (name, f"{line.model} {spelled(line.provider)}")
        before, after = sums.get(key, (ZERO, ZERO))
        sums[key] = (before + line.before, after + line.after)
    ordered = sorted(sums.items(), key=lambda pair: (-abs(pair[1][1] - pair[1][0]), pair[0]))
    shown, rest = (ordered, []) if len(ordered) <= MOST_ROWS else (ordered[: MOST_ROWS - 1], ordered[MOST_ROWS - 1 :])
    if rest:
        together = (sum((pair[1][0] for pair in rest), ZERO), sum((pair[1][1] for pair in rest), ZERO))
        shown = [*shown, ((f"{len(rest)} others", ""), together)]
    total = rounded(sum((after - before for _, (before, after) in shown), ZERO), CENT)
    changes = apportion([after - before for _, (before, after) in shown], total, CENT)
    rows = [
        CorrectionRow(name, note, rounded(before, CENT), rounded(after, CENT), change)
        for ((name, note), (before, after)), change in zip(shown, changes, strict=True)
    ]
    return Corrections(carried, tuple(rows), total, len(rest))
