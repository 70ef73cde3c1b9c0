"""What the reader should look at: the list on the cover. The order of the rules is the order of the list."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from reports.formats import count, day, listed, money, number_word, rounded, share, short
from reports.narrative.sentence import Sentence
from reports.values import ZERO

SPIKE_TIMES = Decimal(2)
_SPIKE_OF_TOTAL = Decimal("0.02")
_SPIKE_OTHERS = 5
_UNUSED_BELOW = Decimal("0.8")
_WARN_FROM = Decimal("0.75")


def over_budget(
    *, name: str, spend: Decimal, budget: Decimal | None, now: Decimal, plan: Decimal | None, crossed_on: date | None
) -> Sentence | None:
    """An item that spent more than its budget, by how much and since when (if the day is known)."""
    if budget is None or plan is None or spend <= budget:
        return None
    distance = now - plan
    by = money(distance) if distance > 0 else "slightly"
    since = f" It passed the budget on {day(crossed_on)}." if crossed_on is not None else ""
    return Sentence(
        lead=f"{name} is {by} over budget.",
        text=f"It has spent {money(now)} of {money(plan)}, {share(spend, budget)}.{since}",
    )


def more_over_budget(names: Sequence[str], listed_already: int) -> Sentence | None:
    """The departments over budget that the list has no room for."""
    rest = len(names) - listed_already
    if rest <= 0:
        return None
    noun = "department is" if rest == 1 else "departments are"
    return Sentence(
        lead=f"{number_word(rest).capitalize()} more {noun} over budget.",
        text="The departments table lists all of them.",
    )


def ahead_of_budget(*, name: str, spend: Decimal, budget: Decimal | None, elapsed: int, days: int) -> Sentence | None:
    """In an unfinished month: at least 75% of a budget used, and a larger share of it than of the days."""
    if not budget or elapsed <= 0 or elapsed >= days or spend > budget:
        return None
    if spend / budget < _WARN_FROM or spend * days <= budget * elapsed:
        return None
    left = days - elapsed
    return Sentence(
        lead=f"{name} has used {share(spend, budget)} of its budget.",
        text=f"{number_word(left).capitalize()} {'day is' if left == 1 else 'days are'} left in the month.",
    )


def unusual_day(daily: Sequence[tuple[date, Decimal]], quantum: Decimal) -> tuple[date, Decimal, Decimal] | None:
    """The day whose cost most exceeds the average of the other days of its kind (weekday or weekend), and that average.

    Only if it cost at least twice that average, at least five other days of its kind are known, and the excess is at
    least 2% of the whole. Amounts are rounded to `quantum`.
    """
    whole = sum((spend for _, spend in daily), ZERO)
    found: tuple[Decimal, date, Decimal, Decimal] | None = None
    for when, spend in daily:
        others = [s for d, s in daily if d != when and (d.isoweekday() > 5) == (when.isoweekday() > 5)]
        if len(others) < _SPIKE_OTHERS:
            continue
        average = sum(others, ZERO) / len(others)
        excess = spend - average
        borne_out = average > 0 and spend >= SPIKE_TIMES * average and excess >= _SPIKE_OF_TOTAL * whole
        if borne_out and (found is None or excess > found[0]):
            found = (excess, when, rounded(spend, quantum), rounded(average, quantum))
    return None if found is None else found[1:]


def spike(daily: Sequence[tuple[date, Decimal]], quantum: Decimal) -> Sentence | None:
    """One day that stands out, measured against the other days of its kind."""
    found = unusual_day(daily, quantum)
    if found is None or found[2] == 0:
        return None
    when, spend, average = found
    times = rounded(spend / average, Decimal("0.1"))
    kind = "weekend days" if when.isoweekday() > 5 else "weekdays"
    return Sentence(
        lead=f"{day(when)} cost {times:,f} times a usual day.",
        text=f"It cost {money(spend)}; the other {kind} of the month averaged {money(average)}.",
    )


def unused_budget(
    *, name: str, spend: Decimal, budget: Decimal | None, left: Decimal, earlier: Sequence[Decimal], complete: bool
) -> Sentence | None:
    """A finished month that used less than 80% of a budget. `earlier`: shares used in months before, newest first."""
    if not complete or not budget or spend < 0 or spend / budget >= _UNUSED_BELOW or left <= 0:
        return None
    months = 1
    for used in earlier:
        if used >= _UNUSED_BELOW:
            break
        months += 1
    lasting = f" It has stayed below 80% for {number_word(months)} months." if months > 1 else ""
    return Sentence(
        lead=f"{name} left {money(left)} unused.", text=f"It used {share(spend, budget)} of its budget.{lasting}"
    )


def unpriced(models: Sequence[str], requests: int, tokens: int) -> Sentence | None:
    """Usage that no amount holds, because its model has no price."""
    if requests <= 0 and tokens <= 0:
        return None
    named = listed(models) if len(models) <= 2 else f"{number_word(len(models))} models"
    noun, verb = ("request", "is") if requests == 1 else ("requests", "are")
    # A provider's report may count tokens and no requests.
    usage = f"{count(requests)} {noun} of {named} ({short(tokens)} tokens) {verb}"
    if requests <= 0:
        usage = f"{short(tokens)} tokens of {named} are"
    return Sentence(lead="Some usage has no price.", text=f"{usage} not in any amount; see Charges.")


def untagged(spend: Decimal, total: Decimal, now: Decimal) -> Sentence | None:
    """Spend that could not be given to any department: its amount as printed (`now`) and its exact share."""
    if now <= 0 or total <= 0:
        return None
    part = share(spend, total, 1) if spend * 2000 >= total else "Less than 0.1%"
    return Sentence(lead=f"{money(now)} is untagged.", text=f"{part} of spend names no department.")


def nothing(found: Sequence[Sentence], *, budgets: bool, departments: bool, has_usage: bool) -> Sentence | None:
    """Said only when no other rule held, and only about what was looked at: `departments` of the whole organisation."""
    if found or not has_usage:
        return None
    looked_at = ["budgets"] if budgets else []
    looked_at += ["single days", f"usage without a price{' or a department' if departments else ''}"]
    return Sentence(lead="Nothing stands out.", text=f"Checked: {listed(looked_at)}.")
