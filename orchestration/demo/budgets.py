"""The example company's budgets, sized by what was spent so that its story holds for any seed and date."""

from collections.abc import Iterator
from datetime import date

from orchestration.demo.company import CROSSING_THIS_MONTH, DEPARTMENTS, QUIET_SHARE
from orchestration.demo.season import months_back
from orchestration.demo.usage import Plan

THRESHOLDS = "75;90;95;100"
_NANO = 10**9


def budget_rows(plan: Plan, spend: dict[tuple[str, date], int]) -> Iterator[tuple[str, ...]]:
    """Rows of budgets.csv for the organisation and every department.

    A first budget holds until half a year ago, a larger one since then; this month's differs from it only
    where the story asks for it: two departments cross thresholds, all others and the whole stay below 75 %.
    spend: nano-dollars by (department, first day of month); the department '' is untagged usage.
    """
    before, now = plan.last_month, plan.current_month
    usual = {unit.name: _rounded(spend.get((unit.name, before), 0) * 100 // unit.used) for unit in DEPARTMENTS}
    current = {}
    for unit in DEPARTMENTS:
        so_far = spend.get((unit.name, now), 0)
        share = CROSSING_THIS_MONTH.get(unit.name)
        if share is not None:
            current[unit.name] = _rounded(so_far * 100 // share)
        else:
            current[unit.name] = max(usual[unit.name], _rounded(so_far * 100 // QUIET_SHARE))
    everything = sum(amount for (_, month), amount in spend.items() if month == now)
    whole = max(sum(usual.values()), _rounded(everything * 100 // QUIET_SHARE))
    yield from _versions(plan, "organisation", "organisation", "", sum(usual.values()), whole)
    for unit in DEPARTMENTS:
        slug = unit.name.lower().replace(" & ", "-").replace(" ", "-")
        yield from _versions(plan, slug, "department", unit.name, usual[unit.name], current[unit.name])


def _versions(
    plan: Plan, name: str, scope_type: str, scope: str, usual: int, current: int
) -> Iterator[tuple[str, ...]]:
    grown, now = months_back(plan.until, 6), plan.current_month
    steps = [(plan.first_day, _rounded(usual * 4 // 5 * _NANO)), (grown, usual)]
    if current != usual:
        steps.append((now, current))
    for position, (since, amount) in enumerate(steps):
        until = steps[position + 1][0].isoformat() if position + 1 < len(steps) else ""
        yield (
            f"{name}-monthly", scope_type, scope, "effective_cost", f"{amount}.00", "USD", "month",
            THRESHOLDS, since.isoformat(), until,
        )  # fmt: skip


def _rounded(nano: int) -> int:
    """Whole dollars, rounded to half of the second leading digit: 5,012 → 5,000, 15,508 → 15,500."""
    dollars = max(1, nano // _NANO)
    step = max(1, int("1".ljust(len(str(dollars)) - 1, "0")) // 2)
    return max(step, (dollars + step // 2) // step * step)
