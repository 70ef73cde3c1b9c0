"""Sentences about the days of the month."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from reports.formats import day, money, month, number_word, rounded
from reports.narrative.sentence import Sentence
from reports.values import ZERO


def against_pace(cumulative: Sequence[Decimal], budget: Decimal | None, days: int) -> Sentence | None:
    """Cumulative spend at the end of each complete day against an even share of the budget."""
    if not budget or not cumulative:
        return None
    above = [spend * days > budget * number for number, spend in enumerate(cumulative, start=1)]
    complete = len(cumulative) == days
    span = "all month" if complete else "so far"
    if not any(above):
        return Sentence(f"Spending stayed within an even pace of the budget {span}")
    if all(above):
        return Sentence(f"Spending was ahead of an even pace of the budget {span}")
    end = ("ended" if complete else "now stands") + (" over the budget" if above[-1] and complete else "")
    if not complete:
        end = f"now stands {'above' if above[-1] else 'below'} it"
    elif not above[-1]:
        end = "ended within the budget"
    days_above = sum(above)
    noun = "day" if days_above == 1 else "days"
    return Sentence(f"Spending was ahead of an even budget pace on {number_word(days_above)} {noun} and {end}")


def against_before(now: Decimal, before: Decimal | None, versus: str) -> Sentence | None:
    """Used without a budget: where the month ended beside the one before."""
    if before is None:
        return None
    if now == before:
        return Sentence(f"The days cost as much as those of {versus}")
    return Sentence(f"The days cost {money(abs(now - before))} {'more' if now > before else 'less'} than {versus}")


def average_day(spend: Decimal, elapsed: int, quantum: Decimal) -> Sentence | None:
    """Always true once a day is complete."""
    if elapsed <= 0:
        return None
    return Sentence(f"An average day cost {money(rounded(spend / elapsed, quantum))}")


def dearest_day(daily: Sequence[tuple[date, Decimal]], quantum: Decimal) -> Sentence | None:
    """The day that cost most, beside the average of all complete days; None when two share the place."""
    if len(daily) < 2:
        return None
    ordered = sorted((rounded(spend, quantum) for _, spend in daily), reverse=True)
    when, spend = max(daily, key=lambda item: item[1])
    if ordered[0] <= 0 or ordered[0] == ordered[1]:
        return None
    average = rounded(sum((amount for _, amount in daily), ZERO) / len(daily), quantum)
    return Sentence(
        f"The dearest day was {day(when)} with {money(rounded(spend, quantum))}; an average day cost {money(average)}."
    )


def weekends(daily: Sequence[tuple[date, Decimal]], quantum: Decimal) -> Sentence | None:
    """Average weekend day beside average weekday, when the one is at most three quarters of the other."""
    inside = [spend for when, spend in daily if when.isoweekday() > 5]
    outside = [spend for when, spend in daily if when.isoweekday() <= 5]
    if len(inside) < 2 or len(outside) < 5:
        return None
    weekend = sum(inside, ZERO) / len(inside)
    weekday = sum(outside, ZERO) / len(outside)
    if weekend < 0 or weekday <= 0 or weekend * 4 > weekday * 3:
        return None
    low, high = money(rounded(weekend, quantum)), money(rounded(weekday, quantum))
    return Sentence(f"A weekend day cost {low} on average, a weekday {high}.")


def whole_change(change: Decimal | None, versus: date) -> Sentence | None:
    """The total under the contributions."""
    if change is None:
        return None
    if change == 0:
        return Sentence(f"In total spend is the same as in {month(versus)}.")
    return Sentence(f"In total {money(abs(change))} {'more' if change > 0 else 'less'} than in {month(versus)}.")
