"""Facts → the figures that are printed, rounded once and here, so that tables, tiles and sentences agree.

Whole amounts from 1,000 on, hundredths below. Columns add up: rows are rounded by largest remainder to their total.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from reports import formats
from reports.formats import CENT, WHOLE, apportion, rounded
from reports.values import ZERO, Facts, Usage

WHOLE_FROM = Decimal(1000)
CONTRIBUTIONS = 8
MOVERS = 7


@dataclass(frozen=True)
class Row:
    """A department, project or model. `spend` and `budget` are exact; `now`, `before` and `plan` as printed."""

    name: str
    note: str
    spend: Decimal
    now: Decimal
    before: Decimal | None
    budget: Decimal | None = None
    plan: Decimal | None = None
    trend: tuple[Decimal, ...] = ()
    tagged: bool = True

    @property
    def change(self) -> Decimal | None:
        return None if self.before is None else self.now - self.before

    @property
    def variance(self) -> Decimal | None:
        return None if self.plan is None else self.now - self.plan

    @property
    def over(self) -> bool:
        """Decided on the exact amounts, not on the printed ones."""
        return self.budget is not None and self.spend > self.budget

    @property
    def share_used(self) -> Decimal | None:
        return None if not self.budget else self.spend / self.budget


@dataclass(frozen=True)
class Step:
    """One bar of the contributions: `start` is what the bars above it add up to."""

    name: str
    value: Decimal
    start: Decimal


@dataclass(frozen=True)
class Unpriced:
    """Usage of one model that has no price, so that no amount holds it. `hint`: known names that are near, or ''."""

    provider: str
    model: str
    requests: int
    tokens: int
    hint: str = ""


@dataclass(frozen=True)
class Figures:
    """Everything a statement prints but its daily course and its detail lines."""

    quantum: Decimal
    spend: Decimal
    now: Decimal
    before: Decimal | None
    budget: Decimal | None
    plan: Decimal | None
    requests: int
    tokens: int
    tokens_before: int | None
    unit: Decimal | None
    unit_before: Decimal | None
    rows: tuple[Row, ...]
    steps: tuple[Step, ...]
    movers: tuple[Row, ...]
    models: tuple[Row, ...]
    providers: tuple[Row, ...]
    unpriced: tuple[Unpriced, ...]
    total: Decimal
    """The month's spend in cents, as it is charged."""

    @property
    def has_usage(self) -> bool:
        """Whether there was any; a provider's report may not say how many requests there were."""
        return bool(self.requests or self.tokens or self.spend)

    @property
    def variance(self) -> Decimal | None:
        return None if self.plan is None else self.now - self.plan

    @property
    def untagged(self) -> Row | None:
        return next((row for row in self.rows if not row.tagged), None)


def figures(facts: Facts) -> Figures:
    """Round the facts of one statement."""
    spend = total(facts.usage)
    budget = _budget(facts)
    before = total(facts.before) if _has_before(facts) else None
    quantum = WHOLE if max(abs(spend), abs(before or ZERO), budget or ZERO) >= WHOLE_FROM else CENT
    rows = _item_rows(facts, quantum)
    organisation = facts.scope.kind == "organisation"
    return Figures(
        quantum=quantum,
        spend=spend,
        now=_now(facts, quantum),
        before=None if before is None else rounded(before, quantum),
        budget=budget,
        plan=None if budget is None else rounded(budget, quantum),
        requests=sum(row.requests for row in facts.usage),
        tokens=sum(row.total_tokens for row in facts.usage),
        tokens_before=sum(row.total_tokens for row in facts.before) if before is not None else None,
        unit=_unit(facts.usage),
        unit_before=_unit(facts.before) if before is not None else None,
        rows=rows,
        steps=contributions(rows),
        movers=_movers(facts, quantum, _project if organisation else _model),
        models=_rows(facts, CENT, _model),
        providers=_rows(facts, CENT, lambda row: (formats.provider(row.provider), "")),
        unpriced=_unpriced(facts.usage, facts.price_hints),
        total=facts.spend_cents,
    )


def total(usage: Iterable[Usage]) -> Decimal:
    """Exact spend of priced usage."""
    return sum((row.spend for row in usage if row.priced), ZERO)


def _now(facts: Facts, quantum: Decimal) -> Decimal:
    """The month's spend as printed."""
    return facts.spend_cents if quantum == CENT else rounded(total(facts.usage), quantum)


def _has_before(facts: Facts) -> bool:
    period = facts.period
    if not period.history or period.before_through is None:
        return False
    return period.record_from is None or period.record_from <= period.before_through


def _budget(facts: Facts) -> Decimal | None:
    for budget in facts.budgets:
        if budget.month == facts.period.first and budget.scope_type == facts.scope.kind:
            return budget.amount
    return None


def _unit(usage: Iterable[Usage]) -> Decimal | None:
    priced = [row for row in usage if row.priced]
    return formats.unit_price(total(priced), sum(row.total_tokens for row in priced))


def _project(row: Usage) -> tuple[str, str]:
    return row.project or "No project", row.department or "Untagged"


def _model(row: Usage) -> tuple[str, str]:
    return row.model or "Unknown model", formats.provider(row.provider)


def _sums(usage: Iterable[Usage], key: Callable[[Usage], tuple[str, str]]) -> dict[tuple[str, str], Decimal]:
    sums: dict[tuple[str, str], Decimal] = {}
    for row in usage:
        sums[key(row)] = sums.get(key(row), ZERO) + (row.spend if row.priced else ZERO)
    return sums


def _rows(facts: Facts, quantum: Decimal, key: Callable[[Usage], tuple[str, str]]) -> tuple[Row, ...]:
    """Rows by `key` of this month and the one before, dearest first; both columns add up to their totals."""
    now = _sums(facts.usage, key)
    before = _sums(facts.before, key) if _has_before(facts) else {}
    names = sorted(now.keys() | before.keys(), key=lambda name: (-now.get(name, ZERO), -before.get(name, ZERO), name))
    now_shown = apportion([now.get(name, ZERO) for name in names], _now(facts, quantum), quantum)
    before_shown: list[Decimal | None] = [None] * len(names)
    if _has_before(facts):
        before_shown = [*_apportioned([before.get(name, ZERO) for name in names], quantum)]
    return tuple(
        Row(name=name, note=note, spend=now.get((name, note), ZERO), now=shown, before=earlier)
        for (name, note), shown, earlier in zip(names, now_shown, before_shown, strict=True)
    )


def _apportioned(values: list[Decimal], quantum: Decimal) -> list[Decimal]:
    return apportion(values, rounded(sum(values, ZERO), quantum), quantum)


def _item_rows(facts: Facts, quantum: Decimal) -> tuple[Row, ...]:
    """Departments with their budgets, or a department's projects; the untagged rest comes last."""
    organisation = facts.scope.kind == "organisation"
    trends: dict[str, dict[object, Decimal]] = {}
    for month, item, spend in facts.months:
        trends.setdefault(item, {})[month] = spend
    months = sorted({month for month, _, _ in facts.months})
    budgets = {
        budget.scope: budget.amount
        for budget in facts.budgets
        if organisation and budget.scope_type == "department" and budget.month == facts.period.first
    }
    centres: dict[str, set[str]] = {}
    for row in (*facts.usage, *facts.before):
        centres.setdefault(facts.item_of(row), set()).add(row.cost_centre)
    rows = list(_rows(facts, quantum, lambda row: (facts.item_of(row), "")))
    # A budget without any usage is still a budget: its department is listed with nothing spent.
    known = {row.name for row in rows}
    nothing = None if not _has_before(facts) else rounded(ZERO, quantum)
    rows += [
        Row(name=name, note="", spend=ZERO, now=rounded(ZERO, quantum), before=nothing)
        for name in sorted(budgets.keys() - known)
    ]
    finished = [
        Row(
            name=row.name or ("Untagged" if organisation else "No project"),
            note=_centres(centres.get(row.name, set())) if organisation else "",
            spend=row.spend,
            now=row.now,
            before=row.before,
            budget=budgets.get(row.name),
            plan=rounded(budgets[row.name], quantum) if row.name in budgets else None,
            trend=tuple(trends.get(row.name, {}).get(month, ZERO) for month in months),
            tagged=bool(row.name),
        )
        for row in rows
    ]
    return tuple(sorted(finished, key=lambda row: not row.tagged))


def _centres(names: set[str]) -> str:
    given = sorted(name for name in names if name)
    return ", ".join(given) if len(given) <= 2 else f"{len(given)} cost centres"


def contributions(rows: tuple[Row, ...]) -> tuple[Step, ...]:
    """Changes from the month before, largest first, the smallest summed up as one; they add up to the whole change."""
    changes = [(row.name, row.change) for row in rows if row.change]
    ordered = sorted(((name, value or ZERO) for name, value in changes), key=lambda item: (-abs(item[1]), item[0]))
    kept = ordered if len(ordered) <= CONTRIBUTIONS else ordered[: CONTRIBUTIONS - 1]
    rest = ordered[len(kept) :]
    if rest:
        kept = [*kept, (f"{len(rest)} others", sum((value for _, value in rest), ZERO))]
    steps, start = [], ZERO
    for name, value in kept:
        steps.append(Step(name, value, start))
        start += value
    return tuple(steps)


def _movers(facts: Facts, quantum: Decimal, key: Callable[[Usage], tuple[str, str]]) -> tuple[Row, ...]:
    moved = [row for row in _rows(facts, quantum, key) if row.change]
    return tuple(sorted(moved, key=lambda row: (-abs(row.change or ZERO), row.name, row.note))[:MOVERS])


def _unpriced(usage: Iterable[Usage], hints: Mapping[str, Mapping[str, str]]) -> tuple[Unpriced, ...]:
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for row in usage:
        if not row.priced:
            requests, tokens = sums.get((row.provider, row.model), (0, 0))
            sums[row.provider, row.model] = (requests + row.requests, tokens + row.total_tokens)
    found = [
        Unpriced(
            formats.provider(provider),
            model or "Unknown model",
            requests,
            tokens,
            hints.get(provider, {}).get(model, ""),
        )
        for (provider, model), (requests, tokens) in sums.items()
    ]
    return tuple(sorted(found, key=lambda row: (-row.requests, row.provider, row.model)))
