"""What statements charge, once more in plain Python: Decimals, loops and no SQL, to hold the marts against."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from orchestration.reference import CreditGrant, Tax

ZERO, CENT = Decimal(0), Decimal("0.01")
_TINY = Decimal("1e-18")
# The kinds of lines before tax in their order, with what each is summed with.
PARTS = {
    "usage": "cost",
    "markup": "cost",
    "discount": "cost",
    "promotional_credit": "credit",
    "commitment": "share",
    "commitment_unused": "share",
    "untagged_share": "share",
    "shared": "shared",
}
_KINDS = [*PARTS, "prepaid_credit"]


def _order(kind: str) -> int:
    """What is used and unused of a commitment is printed as one."""
    return _KINDS.index(kind.removesuffix("_unused"))


@dataclass(frozen=True)
class Used:
    """Priced usage of one day; the markup is 0 or more, the discount 0 or less."""

    day: date
    department: str
    provider: str
    model: str
    feature: str
    listed: Decimal
    markup: Decimal
    discount: Decimal

    @property
    def cost(self) -> Decimal:
        return self.listed + self.markup + self.discount


@dataclass(frozen=True)
class Share:
    """What a department bears of something that is divided in a month that is over; below 0 where it is taken away."""

    month: date
    department: str
    kind: str
    shared_id: str
    amount: Decimal


@dataclass
class Statement:
    """The lines of one scope: (kind, what it is of) → exact amount, and the same in cents; of a tax also its base."""

    exact: dict[tuple[str, ...], Decimal] = field(default_factory=dict)
    cents: dict[tuple[str, ...], Decimal] = field(default_factory=dict)
    bases: dict[tuple[str, ...], Decimal] = field(default_factory=dict)

    def add(self, line: tuple[str, ...], amount: Decimal) -> None:
        self.exact[line] = self.exact.get(line, ZERO) + amount

    def lines(self, *, prepaid: bool) -> list[tuple[str, ...]]:
        """Those before tax, in their order."""
        kinds = ["prepaid_credit"] if prepaid else list(PARTS)
        mine = [line for line in self.exact if line[0] in kinds]
        return sorted(mine, key=lambda line: (_order(line[0]), line[4], -abs(self.exact[line]), line[1:4], line[0]))


def credits_used(
    usage: Iterable[Used],
    grants: Iterable[CreditGrant],
    closed: Mapping[date, Mapping[str, Decimal]],
) -> dict[tuple[date, str, str], Decimal]:
    """Amounts by month, department and grant. `closed`: what closed months were issued with, by grant."""
    costs: dict[tuple[date, str, str, str], Decimal] = {}
    for row in usage:
        key = (row.day, row.department, row.provider, row.model)
        costs[key] = costs.get(key, ZERO) + row.cost
    used: dict[tuple[date, str, str], Decimal] = {}
    ordered = sorted(grants, key=lambda grant: (grant.use_order, grant.valid_to, grant.grant_id))
    for claim in ("issued", "rest"):
        for grant in ordered:
            left = _left(grant, closed)
            for day, department, provider, model in sorted(costs):
                fits = (
                    grant.valid_from <= day < grant.valid_to
                    and grant.scope in ("", department)
                    and grant.provider in ("", provider)
                    and grant.model in ("", model)
                )
                month = day.replace(day=1)
                whose = month if claim == "issued" else None
                taken = min(costs[day, department, provider, model], left.get(whose, ZERO)) if fits else ZERO
                if taken:
                    left[whose] -= taken
                    costs[day, department, provider, model] -= taken
                    key = (month, department, grant.grant_id)
                    used[key] = used.get(key, ZERO) + taken
    return used


def _left(grant: CreditGrant, closed: Mapping[date, Mapping[str, Decimal]]) -> dict[date | None, Decimal]:
    """What each closed month may take again of what it was issued with, and (None) what is left for all usage."""
    left: dict[date | None, Decimal] = {}
    rest = grant.amount
    for month, issued in sorted(closed.items()):
        left[month] = max(min(issued.get(grant.grant_id, ZERO), rest), ZERO)
        rest -= left[month]
    return left | {None: rest}


def statements(
    usage: Sequence[Used],
    grants: Sequence[CreditGrant],
    taxes: Sequence[Tax],
    closed: Mapping[date, Mapping[str, Decimal]],
    month: date,
    shares: Sequence[Share] = (),
) -> dict[tuple[str, str], Statement]:
    """Every statement of a month by (scope_type, scope)."""
    with localcontext() as context:
        context.prec = 80
        found = _before_tax(usage, grants, closed, month, shares)
        for prepaid in (False, True):
            _round(found, prepaid=prepaid)
        _tax(found, taxes, (month + timedelta(days=31)).replace(day=1) - timedelta(days=1))
        return found


def _before_tax(
    usage: Sequence[Used],
    grants: Sequence[CreditGrant],
    closed: Mapping[date, Mapping[str, Decimal]],
    month: date,
    shares: Sequence[Share],
) -> dict[tuple[str, str], Statement]:
    found: dict[tuple[str, str], Statement] = {}

    def add(department: str, line: tuple[str, ...], amount: Decimal) -> None:
        for scope in (("organisation", ""), ("department", department)):
            found.setdefault(scope, Statement()).add(line, amount)

    for row in usage:
        if row.day.replace(day=1) == month:
            add(row.department, ("usage", row.provider, row.model, row.feature, ""), row.listed)
            add(row.department, ("markup", row.provider, "", "", ""), row.markup)
            add(row.department, ("discount", row.provider, "", "", ""), row.discount)
    order = sorted(grants, key=lambda grant: (grant.use_order, grant.valid_to, grant.grant_id))
    place = {grant.grant_id: (f"{number:03d} {grant.grant_id}", grant.kind) for number, grant in enumerate(order)}
    for (when, department, grant_id), amount in credits_used(usage, grants, closed).items():
        named, kind = place[grant_id]
        if when == month:
            line = "promotional_credit" if kind == "promotional" else "prepaid_credit"
            add(department, (line, "", "", "", named), -amount)
    for share in shares:
        if share.month == month and share.amount:
            add(share.department, (share.kind, "", "", "", share.shared_id), share.amount)
    for statement in found.values():
        for line in [line for line, amount in statement.exact.items() if line[0] != "usage" and not amount]:
            del statement.exact[line]
    return found


def _round(found: Mapping[tuple[str, str], Statement], *, prepaid: bool) -> None:
    """Each statement's sum half up, and its lines to that."""

    def total(statement: Statement) -> Decimal:
        return sum((statement.exact[line] for line in statement.lines(prepaid=prepaid)), ZERO)

    for statement in found.values():
        lines = statement.lines(prepaid=prepaid)
        if not lines:
            continue
        target = total(statement).quantize(CENT, ROUND_HALF_UP)
        # The parts, then kinds, then what is printed as one row (a provider, a grant, a shared cost), then models.
        _divide(
            statement,
            lines,
            target,
            (
                lambda line: (PARTS.get(line[0]),),
                lambda line: (_order(line[0]),),
                lambda line: (line[1], line[4]),
                lambda line: (line[2],),
                lambda line: (line[3], line[0]),
            ),
        )


def _divide(
    statement: Statement,
    lines: Sequence[tuple[str, ...]],
    target: Decimal,
    levels: Sequence[Callable[[tuple[str, ...]], tuple[object, ...]]],
) -> None:
    """The target over the groups of the first level, and each group's share over those of the next."""
    if not levels:
        (only,) = lines
        statement.cents[only] = target
        return
    groups: dict[tuple[object, ...], list[tuple[str, ...]]] = {}
    for line in lines:
        groups.setdefault(levels[0](line), []).append(line)
    sums = {key: sum((statement.exact[line] for line in mine), ZERO) for key, mine in groups.items()}
    order = sorted(groups, key=lambda key: (_place(groups[key][0], len(levels)), -abs(sums[key]), key))
    for key, share in zip(order, spread([sums[key] for key in order], target), strict=True):
        _divide(statement, groups[key], share, levels[1:])


def _place(line: tuple[str, ...], level: int) -> tuple[object, ...]:
    """Parts, kinds and grants have an order of their own; below them the largest come first."""
    return (PARTS.get(line[0]),) if level == 5 else (_order(line[0]), line[4])


def spread(amounts: Sequence[Decimal], target: Decimal) -> list[Decimal]:
    """Cents that add up to the target: every amount cut, then a cent to those that lost most, the first of equals."""
    cut = [amount.quantize(CENT, "ROUND_DOWN") for amount in amounts]
    missing = int((target - sum(cut, ZERO)) * 100)
    sign = -1 if missing < 0 else 1
    lost = sorted(range(len(amounts)), key=lambda place: (-(amounts[place] - cut[place]) * sign, place))
    for place in lost[: abs(missing)]:
        cut[place] += CENT * sign
    return cut


def _tax(found: dict[tuple[str, str], Statement], taxes: Sequence[Tax], last: date) -> None:
    """Usage with its credits, and shared costs, each at its own rates; a rate that is on both alike is one line."""
    in_force = [tax for tax in taxes if tax.valid_from <= last < tax.valid_to]
    exact: dict[tuple[str, ...], Decimal] = {}
    rates: dict[tuple[str, ...], Fraction] = {}
    for (scope_type, department), statement in found.items():
        for taxed_as in ("usage", "shared_costs") if scope_type == "department" else ():
            lines = [line for line in statement.lines(prepaid=False) if (line[0] == "shared") == (taxed_as != "usage")]
            fitting = [tax for tax in in_force if tax.applies_to in ("all", taxed_as)] if lines else []
            own = [tax for tax in fitting if tax.scope_type == "department" and tax.scope == department]
            mine = own or [tax for tax in fitting if tax.scope_type == "organisation"]
            contained = sum((tax.percent for tax in mine if tax.mode == "inclusive"), ZERO)
            for tax in mine:
                kind = "tax_contained" if tax.mode == "inclusive" else "tax_added"
                line = (kind, tax.jurisdiction, tax.name, f"{tax.percent:.6f}", f"{100 + contained:.6f}")
                rates[line] = Fraction(tax.percent) / Fraction(100 + contained)
                base = sum((statement.cents[at] for at in lines), ZERO)
                statement.bases[line] = statement.bases.get(line, ZERO) + base
                exact[line] = exact.get(line, ZERO) + sum((statement.exact[at] for at in lines), ZERO)
    for line, whole in exact.items():
        found["organisation", ""].bases[line] = whole.quantize(CENT, ROUND_HALF_UP)
    for statement in found.values():
        for line, base in statement.bases.items():
            statement.exact[line] = _half_up(Fraction(base) * rates[line], _TINY)
            statement.cents[line] = _half_up(Fraction(base) * rates[line], CENT)


def _half_up(value: Fraction, step: Decimal) -> Decimal:
    """Half away from zero."""
    units = (abs(value) / Fraction(step) + Fraction(1, 2)).__floor__() * step
    return -units if value < 0 else units
