"""The sentences of the messages. Each is true for every figure it can meet, or is not written."""

import math
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from reports.currency import currency, sign
from reports.messages.facts import BudgetFacts, Causes, Withdrawal

_CENT = Decimal("0.01")
_TENTH = Decimal("0.1")
_MEASURES = {"effective_cost": "effective cost before tax"}
_SHORT_HISTORY_DAYS = 7


def line(value: str, limit: int = 90) -> str:
    """Text from outside, fit for one line: no line breaks, control or direction characters; cut at `limit`."""
    cleaned = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return cleaned if len(cleaned) <= limit else f"{cleaned[: limit - 1].rstrip()}…"


def money(amount: Decimal, rounding: str = ROUND_HALF_UP) -> str:
    """$1,234.56; what is more than nothing is never written as $0.00."""
    if 0 < abs(amount) < _CENT:
        return f"less than {sign()}0.01"
    return f"{'-' if amount < 0 else ''}{sign()}{abs(amount).quantize(_CENT, rounding):,}"


def signed(amount: Decimal) -> str:
    """A change: +$12.00."""
    return money(amount) if amount < 0 else f"+{money(amount)}"


def percent(part: Decimal, whole: Decimal) -> str:
    """Percents with one decimal, as the statement's tile has them: 103.6%, 75%. `whole` must not be zero.

    Rounded half up, but never up to a whole percent: 99.96% does not read as all of it, nor 89.96% as 90.
    """
    exact = part / whole * 100
    shown = exact.quantize(_TENTH, ROUND_HALF_UP)
    if shown > exact and shown == shown.to_integral():
        shown = exact.quantize(_TENTH, ROUND_DOWN)
    return "less than 1%" if shown < 1 and part > 0 else f"{f'{shown:,f}'.removesuffix('.0')}%"


def day(value: date) -> str:
    return f"{value.day} {value:%B}"


def month(facts: BudgetFacts) -> str:
    return f"{facts.month:%B}"


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def who(facts: BudgetFacts) -> str:
    if facts.scope_type == "organisation":
        return line(facts.organisation)
    return line(facts.scope)


def measure(facts: BudgetFacts) -> str:
    """What is counted, in words; a measure without words is a mistake of the programmer, so it raises."""
    return _MEASURES[facts.measure]


def headline(facts: BudgetFacts) -> str:
    """The finding; also the subject."""
    if facts.amount <= 0:
        return f"{who(facts)} has spent {money(facts.actual)} against a {month(facts)} budget of zero"
    return f"{who(facts)} has used {percent(facts.actual, facts.amount)} of its {month(facts)} budget"


def eyebrow(facts: BudgetFacts) -> str:
    """What kind of message, for which month, and how far its data goes."""
    return f"Budget {facts.month:%B %Y}, data to {day(facts.data_until)}"


def bar_labels(facts: BudgetFacts) -> tuple[str, str]:
    """What the two ends of the bar mean."""
    if facts.remaining < 0:
        return f"Budget {money(facts.amount)}", f"{money(-facts.remaining)} over"
    return f"{money(facts.actual)} spent", f"{_left(facts)} left"


def position(facts: BudgetFacts) -> str:
    """Where it stands: what is left, or by how much and since when it is exceeded."""
    if facts.remaining > 0:
        left = f"{_left(facts)} is left"
        days = f" for the {count(facts.days_left, 'day')} after {day(facts.data_until)}"
        return f"{money(facts.actual)} of {money(facts.amount)} is spent; {left}{days if facts.days_left else ''}."
    reached = next((c.crossed_on for c in facts.crossings if c.threshold == 100), None)
    since = f" The whole budget was reached on {day(reached)}." if reached and facts.amount > 0 else ""
    if facts.remaining == 0:
        return f"All of the {money(facts.amount)} is spent.{since}"
    over = f"{money(-facts.remaining)} more than the {money(facts.amount)} budgeted"
    return f"{money(facts.actual)} is spent, {over}.{since}"


def _left(facts: BudgetFacts) -> str:
    """What is left, so that it and what is spent come to the budget as they are printed."""
    printed = facts.amount.quantize(_CENT, ROUND_HALF_UP) - facts.actual.quantize(_CENT, ROUND_HALF_UP)
    return money(printed or facts.remaining)


def pace(facts: BudgetFacts) -> str | None:
    """Where the average so far leads; None while there is none, or when the month is over."""
    average = facts.a_day
    if average is None or facts.days_left == 0:
        return None
    so_far = f"{money(average)} a day over {count(facts.days_elapsed, 'complete day')}"
    short = " That is a short time to judge by." if facts.days_elapsed < _SHORT_HISTORY_DAYS else ""
    end = facts.actual + average * facts.days_left
    if facts.remaining <= 0:
        at_end = f"would end at {money(end)}"
        share = f", {percent(end, facts.amount)} of the budget" if facts.amount > 0 else ""
        return f"At the average so far ({so_far}) {month(facts)} {at_end}{share}.{short}"
    out = facts.data_until + timedelta(days=math.ceil(facts.remaining / average))
    if (out.year, out.month) != (facts.month.year, facts.month.month):
        return f"At the average so far ({so_far}) the budget lasts the month, which would end at {money(end)}.{short}"
    if out < facts.today:
        when = f"was used up on about {day(out)}, which these figures do not cover yet"
    else:
        when = f"runs out {'today, ' if out == facts.today else 'on about '}{day(out)}"
    return f"At the average so far ({so_far}) the budget {when}.{short}"


def passed(facts: BudgetFacts) -> str | None:
    """Which thresholds were crossed, and when."""
    if not facts.crossings:
        return None
    steps = ", ".join(f"{c.threshold}% on {day(c.crossed_on)}" for c in facts.crossings)
    return f"Thresholds crossed: {steps}."


def coverage(facts: BudgetFacts) -> str:
    """What is counted and until when; data from which a source is missing is not called complete."""
    reach = "What was delivered is counted" if facts.silent else "Data is complete"
    return (
        f"Measured as {measure(facts)}, in {currency().words}, from {day(facts.month)}. {reach} up to and "
        f"including {day(facts.data_until)} {facts.data_until.year}; later usage is not included."
    )


def silences(facts: BudgetFacts) -> list[str]:
    """Which sources stopped delivering, and when."""
    return [
        f"{line(silence.source)}: no data since {day(silence.last_day)}. Its usage after that day is missing from "
        "these amounts."
        for silence in facts.silent
    ]


def unpriced(facts: BudgetFacts) -> str | None:
    """What is missing from the figures because it has no price."""
    if not facts.has_unpriced:
        return None
    named = _listed(facts.unpriced_models)
    share = f" ({percent(Decimal(facts.unpriced_requests), Decimal(facts.requests))})" if facts.requests > 0 else ""
    requests = f"{facts.unpriced_requests:,} of {count(facts.requests, 'request')}{share}"
    tokens = f"{facts.uncounted_unpriced_tokens:,} tokens of which the requests are not counted"
    told = [requests] * (facts.unpriced_requests > 0) + [tokens] * (facts.uncounted_unpriced_tokens > 0)
    return (
        f"{' and '.join(told)} could not be priced"
        f"{f' ({named})' if named else ''} and are missing from these amounts: the true cost may be higher."
    )


def actions(facts: BudgetFacts) -> list[str]:
    """What to do, in the order in which it helps."""
    steps = []
    projects = next((group for group in facts.causes if group.by == "project"), None)
    if projects and projects.largest and projects.total > 0:
        steps.append(_begin_with(projects))
    average = facts.a_day
    if facts.remaining > 0 and facts.days_left > 0 and average is not None:
        allowed = money(facts.remaining / facts.days_left, ROUND_DOWN)
        days = "the remaining day" if facts.days_left == 1 else f"the remaining {facts.days_left} days"
        steps.append(
            f"To stay within the budget, {days} may cost at most {allowed}"
            f"{' a day on average' if facts.days_left > 1 else ''}; so far a day cost {money(average)}."
        )
    if facts.remaining <= 0:
        steps.append("Decide whether the usage goes on: Tallyhouse reports, it does not stop any request.")
    budget = line(facts.budget_id)
    if facts.scope_type == "organisation":
        steps.append(
            f"If more is needed, change the amount of {budget} in reference/budgets.csv: "
            "its thresholds then count afresh."
        )
    else:
        steps.append(f"If more is needed, ask for a higher amount for {budget}: its thresholds then count afresh.")
    if facts.silent and facts.scope_type == "organisation":
        steps.append(f"Find out why {_listed(tuple(item.source for item in facts.silent))} stopped delivering.")
    if facts.has_unpriced and facts.scope_type == "organisation":
        steps.append("Give the unpriced models a price in reference/price_overrides.csv.")
    elif facts.has_unpriced:
        steps.append("Ask whoever runs Tallyhouse to give the unpriced models a price.")
    return steps


def withdrawn_headline(facts: BudgetFacts, withdrawal: Withdrawal) -> str:
    """The correction; also the subject."""
    return f"Correction: {who(facts)} is below {withdrawal.threshold}% of its {month(facts)} budget"


def withdrawn_position(facts: BudgetFacts, withdrawal: Withdrawal) -> str:
    """What was said, and what is so."""
    share = f", {percent(facts.actual, facts.amount)} of {money(facts.amount)}" if facts.amount > 0 else ""
    return (
        f"On {day(withdrawal.announced_on)} the {withdrawal.threshold}% threshold was found to be crossed, "
        f"at {money(withdrawal.announced_actual)}. The figures have been restated since: "
        f"spend is {money(facts.actual)}{share}."
    )


def withdrawn_note(facts: BudgetFacts, withdrawal: Withdrawal) -> str:
    """What the reader may expect from now on."""
    return (
        f"For this threshold nothing needs to be done. Each one is reported once: if {withdrawal.threshold}% "
        f"is crossed again in {month(facts)}, there will be no further message unless the budget changes."
    )


def share(amount: Decimal, total: Decimal) -> str:
    """A cause's share of its table in whole percents; a part never reads as nothing or as all of it."""
    if total <= 0 or amount < 0:
        return "-"
    whole = int((amount / total * 100).quantize(Decimal(1), ROUND_HALF_UP))
    if 0 < amount < total:
        return "<1%" if whole == 0 else f"{min(whole, 99)}%"
    return f"{whole}%"


def cause_name(name: str, by: str) -> str:
    return line(name, 48) or f"(no {by})"


def _begin_with(projects: Causes) -> str:
    top = projects.largest[0]
    part = share(top.amount, projects.total)
    if not top.name:
        return f"Tag the usage that names no project: it is the largest part, {part} of the spend."
    return f"Begin with {cause_name(top.name, 'project')}: it is the largest project, {part} of the spend."


def _listed(names: tuple[str, ...], shown: int = 3) -> str:
    cleaned = [line(name, 48) for name in names if line(name)]
    more = len(cleaned) - shown
    return ", ".join(cleaned[:shown]) + (f" and {more} more" if more > 0 else "")
