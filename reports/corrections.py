"""What a statement says of corrections: the lines that were issued otherwise, in cents that add up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from reports.formats import CENT, apportion, full_month, rounded
from reports.formats import provider as spelled
from reports.values import CHARGED, PARTS, SHARES, ZERO, Correction, Scope

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
    """A restatement (`carried` False: the month's figures hold these changes already), or changes of earlier months.

    `total` is by how much they change what is charged; `shares` say who bears what is divided, which is in it: those
    that change by a cent, since a share may move by its last digit alone.
    """

    carried: bool
    rows: tuple[CorrectionRow, ...]
    total: Decimal
    left_out: int
    shares: tuple[CorrectionRow, ...] = ()


def of_scope(corrections: Sequence[Correction], scope: Scope) -> tuple[Correction, ...]:
    """The corrections that a statement of this scope may show."""

    def is_mine(line: Correction) -> bool:
        if line.kind in PARTS:
            return (line.scope_type, line.department) == (scope.kind, scope.name)
        return scope.kind == "organisation" or line.department == scope.name

    return tuple(filter(is_mine, corrections))


def part_name(line: Correction) -> str:
    """What a line of a statement's own parts is of; spend has no name."""
    words = {"promotional_credit": f"Promotional credit {line.name}", "prepaid_credit": f"Prepaid credit {line.name}"}
    if line.kind == "divided":
        return line.name
    return words.get(line.kind) or f"{line.name or 'Tax'}{' contained' if line.kind == 'tax_contained' else ''}"


def corrected(corrections: Sequence[Correction], scope: Scope, month: date) -> Corrections | None:
    """The largest changes of usage first, the rest as one row, then credits and tax; None where there are none."""
    mine = of_scope(corrections, scope)
    if not mine:
        return None
    carried = any(line.month != month for line in mine)

    def when(line: Correction, name: str) -> str:
        return f"{full_month(line.month)}, {name}" if carried else name

    def whose(line: Correction) -> tuple[str, str]:
        item = line.department if scope.kind == "organisation" else line.project
        name = item or ("Untagged" if scope.kind == "organisation" else "No project")
        return when(line, name), f"{line.model} {spelled(line.provider)}"

    def bearer(line: Correction) -> tuple[str, str]:
        return when(line, line.cost_centre or line.department or "Nobody"), line.name

    shown, left_out = _largest([line for line in mine if line.kind == "usage"], whose)
    whole = rounded(sum((row.change for row in shown), ZERO), CENT)
    rows = _in_cents(shown, whole)
    spend = sum((line.change for line in mine if line.kind == "spend"), ZERO)
    if spend != whole:
        rows.append(CorrectionRow("Rounding to cents", "", ZERO, ZERO, spend - whole))
    for line in mine:
        if line.kind in PARTS and line.kind != "spend":
            note = "in the amounts" if line.kind == "tax_contained" else ""
            rows.append(CorrectionRow(when(line, part_name(line)), note, line.before, line.after, line.change))
    shares, _ = _largest([line for line in mine if line.kind in SHARES], bearer)
    return Corrections(
        carried,
        tuple(rows),
        sum((line.change for line in mine if line.kind in CHARGED), Decimal("0.00")),
        left_out,
        tuple(row for row in _in_cents(shares, rounded(sum((row.change for row in shares), ZERO), CENT)) if row.change),
    )


def _largest(
    lines: Sequence[Correction], key: Callable[[Correction], tuple[str, str]]
) -> tuple[list[CorrectionRow], int]:
    """Exact sums by key, and how many are in the last row together."""
    sums: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    for line in lines:
        before, after = sums.get(key(line), (ZERO, ZERO))
        sums[key(line)] = (before + line.before, after + line.after)
    rows = [CorrectionRow(*names, before, after, after - before) for names, (before, after) in sums.items()]
    ordered = sorted(rows, key=lambda row: (-abs(row.change), row.name, row.note))
    shown, rest = (ordered, []) if len(ordered) <= MOST_ROWS else (ordered[: MOST_ROWS - 1], ordered[MOST_ROWS - 1 :])
    if rest:
        before, after = (sum(amounts, ZERO) for amounts in zip(*((row.before, row.after) for row in rest), strict=True))
        shown = [*shown, CorrectionRow(f"{len(rest)} others", "in the attached CSV", before, after, after - before)]
    return shown, len(rest)


def _in_cents(rows: Sequence[CorrectionRow], whole: Decimal) -> list[CorrectionRow]:
    """Rows in cents whose changes add up to the whole."""
    changes = apportion([row.change for row in rows], whole, CENT)
    return [
        replace(row, before=rounded(row.before, CENT), after=rounded(row.after, CENT), change=change)
        for row, change in zip(rows, changes, strict=True)
    ]
