"""Sentences above the table of departments, or of a department's projects."""

from collections.abc import Sequence
from decimal import Decimal

from reports.formats import listed, money, number_word, share
from reports.narrative.sentence import Sentence
from reports.values import ZERO

_MOST = Decimal("0.5")


def over_and_within(over: Sequence[tuple[str, Decimal]], with_budget: int, *, complete: bool) -> Sentence | None:
    """Departments over budget with their distance, and how many stayed within. `over`: name, printed distance."""
    if with_budget == 0:
        return None
    within = with_budget - len(over)
    if not over:
        kept = "stayed" if complete else "are so far"
        if with_budget == 1:
            return Sentence(f"The one department with a budget {'stayed' if complete else 'is so far'} within it")
        return Sentence(f"All {number_word(with_budget)} departments with a budget {kept} within it")
    if len(over) == 1:
        name, distance = over[0]
        first = (
            f"{name} exceeded its budget by {money(distance)}" if distance > 0 else f"{name} just exceeded its budget"
        )
    elif len(over) <= 3:
        first = f"{listed([name for name, _ in over])} exceeded their budgets"
    else:
        first = f"{number_word(len(over)).capitalize()} departments exceeded their budgets"
    if within == 0:
        return Sentence(first)
    others = "the other one" if within == 1 else f"the other {number_word(within)}"
    kept = ("stayed" if complete else "is so far" if within == 1 else "are so far") + " within "
    return Sentence(f"{first}; {others} {kept}{'its own' if within == 1 else 'theirs'}")


def leading(names: Sequence[str], spends: Sequence[Decimal], total: Decimal) -> Sentence | None:
    """The one or two dearest items, when there are at least two more and they make up half of the spend or more."""
    if len(names) < 4 or total <= 0 or any(spend < 0 for spend in spends):
        return None
    ordered = sorted(zip(spends, names, strict=True), key=lambda item: (-item[0], item[1]))
    for first in (ordered[:1], ordered[:2]):
        part = sum((spend for spend, _ in first), ZERO)
        if part / total >= _MOST:
            verb = "makes up" if len(first) == 1 else "make up"
            return Sentence(f"{listed([name for _, name in first])} {verb} {share(part, total)} of spend.")
    return None


def how_many(items: int, noun: str, *, all_priced: bool = True) -> Sentence | None:
    """The headline without budgets: `Three projects had usage`. Unpriced usage alone makes no item one of these."""
    if items <= 0:
        return None
    counted = noun if items > 1 else noun.removesuffix("s")
    return Sentence(f"{number_word(items).capitalize()} {counted} had {'usage' if all_priced else 'priced usage'}")


def dearest(name: str, spend: Decimal, total: Decimal, now: Decimal) -> Sentence | None:
    """The headline of a department's projects: the dearest one, its amount as printed (`now`) and its exact share.

    An empty name is what names no project.
    """
    if spend <= 0 or total <= 0:
        return None
    if spend == total:
        return Sentence(f"All spend is {name}’s" if name else "All spend names no project")
    if not name:
        return Sentence(f"The largest part names no project: {money(now)}, {share(spend, total)} of spend")
    return Sentence(f"{name} cost most: {money(now)}, {share(spend, total)} of spend")


def no_item(noun: str, *, has_usage: bool, untagged: Decimal) -> Sentence:
    """The headline where no item has spend: `untagged` is the spend that names none."""
    if untagged:
        return Sentence(f"All spend is untagged: it names no {noun.removesuffix('s')}")
    return Sentence("No usage of the month has a price" if has_usage else f"No {noun} had usage")


def budgets_add_up(plans: Sequence[Decimal], plan: Decimal | None) -> Sentence | None:
    """A note when the departments' budgets and the organisation's are different sums."""
    if plan is None or not plans or sum(plans, ZERO) == plan:
        return None
    return Sentence(
        f"The departments’ budgets add up to {money(sum(plans, ZERO))}; the last line is the organisation’s own budget."
    )


def untagged_note(spend: Decimal | None, *, divided: bool = False) -> Sentence | None:
    """Untagged usage is shown; `divided` where a rule allocates it."""
    if not spend:
        return None
    if divided:
        return Sentence(
            "Untagged usage names no department; it is shown in its own line here, and divided among cost centres."
        )
    return Sentence("Untagged usage names no department; it is shown in its own line and not allocated.")
