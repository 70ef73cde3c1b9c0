"""Headline and standfirst of the cover."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from reports.formats import (
    change,
    day,
    full_day,
    full_month,
    listed,
    money,
    month,
    number_word,
    rounded,
    share,
    short,
)
from reports.narrative.sentence import Sentence
from reports.values import ZERO

_TENTH = Decimal("0.1")
_TENFOLD = Decimal(900)
_LEADING_SHARE = Decimal("0.5")
_PACE_DAYS = 7


def no_usage(has_usage: bool, first: date, through: date | None) -> Sentence | None:
    """The headline of a month without any usage on record."""
    if has_usage:
        return None
    if through is None:
        return Sentence(f"No day of {full_month(first)} is complete yet")
    return Sentence(f"No usage is on record for {full_month(first)}")


def movement(now: Decimal, before: Decimal | None, versus: str) -> Sentence | None:
    """Spend against the month before. `versus` names the days compared with; None when they are not all on record."""
    if before is None:
        return None
    if now == before:
        return Sentence(f"Spending was {money(now)}, the same as in {versus}")
    if before == 0:
        return Sentence(f"Spending was {money(now)}, after none in {versus}")
    if before < 0 or now < 0:
        return Sentence(f"Spending went from {money(before)} to {money(now)}")
    percent = rounded((now - before) * 100 / before, _TENTH)
    if percent == 0:
        return Sentence(f"Spending held steady at {money(now)}")
    if percent >= _TENFOLD:
        return Sentence(f"Spending rose from {money(before)} to {money(now)}")
    return Sentence(f"Spending {'rose' if percent > 0 else 'fell'} {abs(percent):,f}% to {money(now)}")


def movement_so_far(now: Decimal, before: Decimal | None, through: date) -> Sentence | None:
    """Spend of an unfinished month against the same number of days of the month before."""
    if before is None or before <= 0 or now < 0:
        return None
    percent = rounded((now - before) * 100 / before, _TENTH)
    if percent >= _TENFOLD or percent == 0:
        return None
    direction = "above" if percent > 0 else "below"
    return Sentence(
        f"By {day(through)} spending was {money(now)}, {abs(percent):,f}% {direction} the same days of the month before"
    )


def spending(now: Decimal, first: date, through: date, complete: bool) -> Sentence:
    """Spend alone: always true."""
    if complete:
        return Sentence(f"Spending in {month(first)} was {money(now)}")
    return Sentence(f"Spending was {money(now)} by {day(through)}")


def budget_outcome(spend: Decimal, budget: Decimal | None, now: Decimal, plan: Decimal | None) -> Sentence | None:
    """The second half of the headline: over or under by the exact amounts, the distance by the printed ones."""
    if budget is None or plan is None:
        return None
    distance = abs(plan - now)
    if spend == budget:
        return Sentence("and matched its budget exactly")
    if distance == 0:
        return Sentence(f"and {'ended just over' if spend > budget else 'stayed just under'} budget")
    if spend > budget:
        return Sentence(f"and ended {money(distance)} over budget")
    return Sentence(f"and stayed {money(distance)} under budget")


def biggest_changes(changes: Sequence[tuple[str, Decimal]]) -> Sentence | None:
    """The one or two items that moved most the way the whole moved, when they carry at least half of that movement."""
    total = sum((value for _, value in changes), ZERO)
    same_way = [(name, value) for name, value in changes if value * total > 0]
    if len(changes) < 2 or not same_way:
        return None
    ordered = sorted(same_way, key=lambda item: (-abs(item[1]), item[0]))
    gross = sum((value for _, value in same_way), ZERO)
    for leading in (ordered[:1], ordered[:2]):
        if sum((value for _, value in leading), ZERO) / gross >= _LEADING_SHARE:
            named = listed([f"{name} ({change(value, currency=True)})" for name, value in leading])
            return Sentence(f"{named} {'rose' if total > 0 else 'fell'} most.")
    return None


def over_budget(over: Sequence[str], with_budget: int, *, complete: bool) -> Sentence | None:
    """How many departments are over their budgets; None when no department has one."""
    if with_budget == 0:
        return None
    verb = "finished" if complete else "is already"
    verbs = "finished" if complete else "are already"
    if not over:
        kept = "stayed" if complete else "is so far"
        return Sentence(f"Every department that has a budget {kept} within it.")
    if len(over) == 1:
        return Sentence(f"One department, {over[0]}, {verb} over its budget.")
    if len(over) <= 3:
        return Sentence(
            f"{number_word(len(over)).capitalize()} departments, {listed(over)}, {verbs} over their budgets."
        )
    return Sentence(
        f"{number_word(len(over)).capitalize()} of {with_budget} departments with a budget {verbs} over it."
    )


def largest_share(names: Sequence[str], spends: Sequence[Decimal]) -> Sentence | None:
    """Used where there is nothing to compare with: the item that alone makes up half of the spend or more."""
    total = sum(spends, ZERO)
    if len(names) < 2 or total <= 0 or any(spend < 0 for spend in spends):
        return None
    spend, name = max(zip(spends, names, strict=True))
    if spend / total < _LEADING_SHARE:
        return None
    return Sentence(f"{name} makes up {share(spend, total)} of it.")


def record_begins(record_from: date | None) -> Sentence | None:
    """Why the month before is not compared with: it is not wholly on record."""
    if record_from is None:
        return None
    return Sentence(
        f"Usage is on record from {full_day(record_from)}; {month(record_from)} is not a whole month to compare with."
    )


def first_month(history: bool, has_usage: bool) -> Sentence | None:
    """Why nothing is compared."""
    if history or not has_usage:
        return None
    return Sentence("This is the first month on record, so there is nothing earlier to compare with.")


def days_complete(elapsed: int, days: int) -> Sentence | None:
    """How much of an unfinished month the statement covers."""
    if elapsed >= days or elapsed == 0:
        return None
    return Sentence(f"{elapsed} of {days} days are complete.")


def plain_pace(spend: Decimal, elapsed: int, days: int, quantum: Decimal) -> Sentence | None:
    """Where the month ends if every further day costs what the average day has cost; not before seven days."""
    if elapsed < _PACE_DAYS or elapsed >= days or spend <= 0:
        return None
    end = rounded(spend * days / elapsed, quantum)
    return Sentence(
        f"If the remaining days cost what the days so far have cost on average, the month ends at {money(end)}."
    )


def without_price(requests: int, tokens: int) -> Sentence | None:
    """A caveat to every amount; in tokens where nobody counted the requests."""
    if requests <= 0 and tokens <= 0:
        return None
    if requests <= 0:
        return Sentence(f"{short(tokens)} tokens have no price and are not in these amounts.")
    noun, verb = ("request has", "is") if requests == 1 else ("requests have", "are")
    return Sentence(f"{requests:,d} {noun} no price and {verb} not in these amounts.")
