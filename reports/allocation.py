"""Whom a month is charged to, in cents that add up along rows and columns: what each cost centre bears."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from reports.formats import CENT, apportion, count, full_day, rounded
from reports.values import ZERO, Allocated, Facts

MOST_CENTRES = 60
# What stands in the column of shared costs: a flat fee is one of those who used what it covers.
SHARED = ("shared", "commitment", "commitment_unused")
RULES = {"even": "evenly", "weight": "by weight", "use": "by use"}


@dataclass(frozen=True)
class CentreRow:
    """What one cost centre bears, in cents: own usage, shares of shared costs and of untagged usage."""

    name: str
    note: str
    direct: Decimal
    shared: Decimal
    untagged: Decimal
    is_nobody: bool = False

    @property
    def total(self) -> Decimal:
        return self.direct + self.shared + self.untagged


@dataclass(frozen=True)
class SharedLine:
    """One thing that is divided. `how` says by which rule and among how many."""

    kind: str
    name: str
    how: str
    amount: Decimal


@dataclass(frozen=True)
class Allocation:
    """`rows` are the organisation's cost centres; `own`: the usage that shares are added to."""

    rows: tuple[CentreRow, ...]
    lines: tuple[SharedLine, ...]
    own: Decimal
    centres: int
    left_out: int

    @property
    def shared(self) -> Decimal:
        """Shared costs in all."""
        return sum((row.shared for row in self.rows), ZERO)

    @property
    def headlined(self) -> Decimal:
        """Of the shared costs what cost centres bear; where that is nothing, what nobody could be given."""
        return sum((row.shared for row in self.rows if not row.is_nobody), ZERO) or self.shared

    @property
    def total(self) -> Decimal:
        return self.own + self.shared

    @property
    def untagged_given(self) -> Decimal:
        """Untagged usage that others bear."""
        return -sum((row.untagged for row in self.rows if row.is_nobody), ZERO)

    @property
    def nobody(self) -> Decimal:
        """What is charged to nobody."""
        return sum((row.total for row in self.rows if row.is_nobody), ZERO)

    @property
    def gives_untagged(self) -> bool:
        """Whether a rule divides untagged usage, so that its column is needed."""
        return any(row.untagged for row in self.rows)


def allocation(facts: Facts) -> Allocation | None:
    """What the organisation divides in a complete month; None where that is nothing.

    A month that is not over would show the shared costs of a whole month beside the usage of a part of it. Usage and
    shared costs come to the cents that are charged, so that two pages never tell two sums.
    """
    ruled = [row for row in facts.allocation if row.shared_id and row.whole]
    if not ruled or not facts.period.complete or facts.scope.kind == "department":
        return None
    lines = _wholes(ruled, {(line.kind, line.shared_id): line.cents for line in facts.charges if line.shared_id})
    shared = sum((line.amount for line in lines if line.kind in SHARED), ZERO)
    rows = _centres(facts.allocation, facts.spend_cents, shared)
    # What is given is printed as it is taken from nobody: one page tells one amount.
    taken = sum((row.untagged for row in rows if row.is_nobody), ZERO)
    lines = tuple(replace(line, amount=-taken) if line.kind == "untagged_share" and taken else line for line in lines)
    shown, left_out = _at_most(rows)
    takers = {row.cost_centre or row.department for row in ruled if row.amount > 0 and not _is_nobodys(row)}
    return Allocation(shown, lines, facts.spend_cents, centres=len(takers), left_out=left_out)


def _at_most(rows: tuple[CentreRow, ...]) -> tuple[tuple[CentreRow, ...], int]:
    """The dearest cost centres, the others as one row, and nobody apart from them; how many the others are."""
    named, nobody = ([row for row in rows if row.is_nobody is who] for who in (False, True))
    room = MOST_CENTRES - len(nobody)
    if len(named) <= room:
        return rows, 0
    rest = named[room - 1 :]
    return (*named[: room - 1], _together(rest), *nobody), len(rest)


def _is_nobodys(row: Allocated) -> bool:
    return not row.cost_centre and not row.department


def _centres(rows: Iterable[Allocated], spend: Decimal, shared: Decimal) -> tuple[CentreRow, ...]:
    """The dearest first, nobody last. Each column adds up to its own sum in cents: spend, shared costs, and nothing."""
    groups: dict[tuple[str, str], list[Allocated]] = {}
    for row in rows:
        # Without a cost centre each department stands for itself.
        groups.setdefault((row.cost_centre, "" if row.cost_centre else row.department), []).append(row)
    keys = sorted(groups)

    def exact(*kinds: str) -> list[Decimal]:
        return [sum((row.amount for row in groups[key] if row.kind in kinds), ZERO) for key in keys]

    own = apportion(exact("direct", "untagged"), spend, CENT)
    given = exact("untagged_share")
    if keys[0] == ("", "") and given[0]:
        # What is taken from nobody is all that stands there, so it is printed as the same amount.
        given = [-own[0], *apportion(given[1:], own[0], CENT)]
    amounts = zip(own, apportion(exact(*SHARED), shared, CENT), given, strict=True)
    found = [_row(key, groups[key], *cells) for key, cells in zip(keys, amounts, strict=True)]
    return tuple(sorted(found, key=lambda row: (row.is_nobody, -row.total, row.name, row.note)))


def _row(key: tuple[str, str], rows: list[Allocated], direct: Decimal, shared: Decimal, untagged: Decimal) -> CentreRow:
    centre, department = key
    names = sorted({row.department for row in rows if row.department})
    if not centre and not department:
        name, note = "Nobody", "untagged usage" if any(row.kind == "untagged" for row in rows) else ""
    else:
        name, note = centre or "No cost centre", ", ".join(names) if len(names) <= 2 else f"{len(names)} departments"
    return CentreRow(name, note, direct, shared, untagged, is_nobody=not centre and not department)


def _together(rows: Iterable[CentreRow]) -> CentreRow:
    rest = list(rows)

    def added(part: Callable[[CentreRow], Decimal]) -> Decimal:
        return sum(map(part, rest), ZERO)

    return CentreRow(
        f"{count(len(rest))} others",
        "in the attached CSV",
        added(lambda row: row.direct),
        added(lambda row: row.shared),
        added(lambda row: row.untagged),
    )


def _wholes(rows: Iterable[Allocated], charged: Mapping[tuple[str, str], Decimal]) -> tuple[SharedLine, ...]:
    """What is divided, the dearest first; what the organisation is `charged`, by kind and id, in the same cents.

    A month that was closed before shared costs were charged has no such lines: there they add up to their rounded sum.
    """
    pots: dict[tuple[str, str], list[Allocated]] = {}
    for row in rows:
        pots.setdefault((row.kind, row.shared_id), []).append(row)
    wholes = {pot: found[0].whole or ZERO for pot, found in pots.items()}
    order = sorted(pots, key=lambda pot: (pot[0], -wholes[pot], pot[1]))
    shared = [pot for pot in order if pot[0] in SHARED]
    exact = [wholes[pot] for pot in shared]
    amounts = charged or dict(zip(shared, apportion(exact, rounded(sum(exact, ZERO), CENT), CENT), strict=True))
    return tuple(
        SharedLine(
            pot[0],
            pots[pot][0].name,
            _divided(pots[pot]),
            amounts[pot] if pot in amounts else rounded(wholes[pot], CENT),
        )
        for pot in order
    )


def _divided(rows: list[Allocated]) -> str:
    first = rows[0]
    takers = sum(1 for row in rows if not _is_nobodys(row) and row.amount > 0)
    if first.kind == "commitment_unused":
        how = "unused: to nobody"
    elif not takers and first.whole:
        how = "to nobody: nobody who shares it has usage"
    else:
        how = f"{RULES[first.rule]} among {count(takers)}" if takers else RULES[first.rule]
    if first.fx_rate is not None and first.fx_date is not None:
        rate = f"{first.fx_rate:f}".rstrip("0").rstrip(".")
        how += f"; {first.currency} at {rate} of {full_day(first.fx_date)}"
    return how
