"""Which rules speak where: facts and figures in, the words of one statement out."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from reports import formats
from reports.allocation import Allocation
from reports.charges import Charges
from reports.figures import Figures, Row
from reports.narrative import allocation as cost_centres
from reports.narrative import attention, charges, course, cover, departments
from reports.narrative.sentence import Sentence, joined
from reports.values import ZERO, Facts, Period

_OVER_LISTED = 2
_UNUSED_LISTED = 2
_ATTENTION = 6


@dataclass(frozen=True)
class Words:
    """Every sentence of a statement; an empty string where no rule held."""

    headline: str
    standfirst: str
    attention: tuple[Sentence, ...]
    course: str
    course_lede: str
    contributions: str
    items: str
    items_lede: str
    items_note: str
    detail_cut: str
    charge: str
    charge_lede: str
    unpriced: tuple[Sentence, ...]
    allocation: str = ""
    allocation_lede: str = ""


def before_label(period: Period) -> str:
    """The heading of the column of the month before: its name, or the days of it that are compared."""
    end = period.before_through or period.first - timedelta(days=1)
    start = period.record_from or period.before_first
    if start > end:
        return formats.month(period.before_first)
    whole = start == period.before_first and end == period.first - timedelta(days=1)
    return formats.month(end) if whole else formats.span(start, end)


def versus(period: Period) -> str:
    """What the month is compared with, in a sentence."""
    name = formats.month(period.before_first)
    return name if period.complete else f"the same days of {name}"


@dataclass(frozen=True)
class Claim:
    """What the sum of the charges page is: of whom, under which number, due when; None where nobody says so."""

    seller: str = ""
    number: str | None = None
    due_on: date | None = None


def compose(
    facts: Facts,
    figures: Figures,
    charged: Charges,
    claim: Claim,
    *,
    lines: int,
    printed: int,
    attachment: str,
    allocation: Allocation | None = None,
) -> Words:
    """All sentences of the statement of `facts`; `lines` of the detail exist and `printed` are printed."""
    period = facts.period
    days = _days(facts)
    items = "departments" if facts.scope.kind == "organisation" else "projects"
    return Words(
        headline=_headline(facts, figures),
        standfirst=_standfirst(facts, figures),
        attention=_attention(facts, figures, days),
        course=_course(facts, figures, days),
        course_lede=joined(
            attention_as_text(attention.spike(days, figures.quantum)) or course.dearest_day(days, figures.quantum),
            course.weekends(days, figures.quantum),
        ),
        contributions=joined(course.whole_change(_change(figures), period.before_first)) if period.complete else "",
        items=_items(facts, figures, items),
        items_lede=joined(
            departments.leading([r.name for r in figures.rows], [r.spend for r in figures.rows], figures.spend),
            attention_as_text(_unused(facts, figures)[0]) if _unused(facts, figures) else None,
        ),
        items_note=joined(
            departments.budgets_add_up([r.plan for r in figures.rows if r.plan is not None], figures.plan)
            if facts.scope.kind == "organisation"
            else None,
            departments.untagged_note(
                figures.untagged.now if figures.untagged else None,
                divided=allocation is not None and allocation.gives_untagged,
            )
            if facts.scope.kind == "organisation"
            else None,
        ),
        detail_cut=joined(charges.cut(lines, printed, attachment)),
        charge=(
            charges.charge(charged.charged, period.first, period.complete)
            if charged.due is None
            else charges.balance_due(charged.due, claim.due_on)
        ).text,
        charge_lede=joined(
            charges.nature(
                seller=claim.seller,
                department=facts.scope.kind == "department",
                number=claim.number,
                kinds=charged.kinds,
            ),
            _dearest_provider(facts, figures),
        ),
        unpriced=tuple(
            sentence
            for row in figures.unpriced
            if (sentence := charges.unpriced_footnote(row.model, row.provider, row.requests, row.tokens, row.hint))
        ),
        allocation=_divided(allocation).text if allocation else "",
        allocation_lede=joined(
            cost_centres.borne(allocation.own, allocation.shared),
            cost_centres.left_with_nobody(allocation.nobody),
        )
        if allocation
        else "",
    )


def _divided(allocation: Allocation) -> Sentence:
    return cost_centres.divided(allocation.headlined, allocation.untagged_given, allocation.centres)


def attention_as_text(sentence: Sentence | None) -> Sentence | None:
    """A sentence with its lead, as running text."""
    return None if sentence is None else Sentence(f"{sentence.lead} {sentence.text}".strip())


def _change(figures: Figures) -> Decimal | None:
    return None if figures.before is None else figures.now - figures.before


def _days(facts: Facts) -> list[tuple[date, Decimal]]:
    """Spend of every complete day, also of those without usage."""
    sums: dict[date, Decimal] = {facts.period.first + timedelta(days=n): ZERO for n in range(facts.period.elapsed)}
    for when, _, spend in facts.daily:
        sums[when] = sums.get(when, ZERO) + spend
    return sorted(sums.items())


def _headline(facts: Facts, figures: Figures) -> str:
    period = facts.period
    empty = cover.no_usage(figures.has_usage, period.first, period.through)
    if empty is not None or period.through is None:
        return empty.text if empty else ""
    before = figures.before if period.comparable else None
    if period.complete:
        moved = cover.movement(figures.now, before, versus(period))
    else:
        moved = cover.movement_so_far(figures.now, before, period.through)
    spent = moved or cover.spending(figures.now, period.first, period.through, period.complete)
    outcome = cover.budget_outcome(figures.spend, figures.budget, figures.now, figures.plan)
    if outcome is None:
        return spent.text
    if not period.complete:
        return f"{spent.text}; the month’s budget is {formats.money(figures.plan or ZERO)}"
    return f"{spent.text} {outcome.text}"


def _standfirst(facts: Facts, figures: Figures) -> str:
    period = facts.period
    comparable = period.comparable
    changes = [(row.name, row.change) for row in figures.rows if row.change is not None]
    over = [row.name for row in figures.rows if row.over]
    with_budget = sum(1 for row in figures.rows if row.budget is not None)
    return joined(
        cover.days_complete(period.elapsed, period.days),
        cover.biggest_changes(changes) if comparable else None,
        None
        if comparable
        else cover.largest_share([row.name for row in figures.rows], [row.spend for row in figures.rows]),
        cover.over_budget(over, with_budget, complete=period.complete) if figures.has_usage else None,
        cover.plain_pace(figures.spend, period.elapsed, period.days, figures.quantum),
        cover.record_begins(period.record_from),
        cover.first_month(period.history, figures.has_usage),
        cover.without_price(sum(row.requests for row in figures.unpriced), sum(row.tokens for row in figures.unpriced)),
    )


def _crossed_on(facts: Facts, scope_type: str, scope: str) -> date | None:
    return next(
        (c.crossed_on for c in facts.crossings if (c.scope_type, c.scope, c.threshold) == (scope_type, scope, 100)),
        None,
    )


def _over(facts: Facts, figures: Figures) -> list[Sentence]:
    whole_name = facts.scope.name or "The organisation"
    whole = attention.over_budget(
        name=whole_name,
        spend=figures.spend,
        budget=figures.budget,
        now=figures.now,
        plan=figures.plan,
        crossed_on=_crossed_on(facts, facts.scope.kind, facts.scope.name),
    )
    over = sorted((row for row in figures.rows if row.over), key=lambda row: (-(row.variance or ZERO), row.name))
    found = [
        attention.over_budget(
            name=row.name,
            spend=row.spend,
            budget=row.budget,
            now=row.now,
            plan=row.plan,
            crossed_on=_crossed_on(facts, "department", row.name),
        )
        for row in over[:_OVER_LISTED]
    ]
    more = attention.more_over_budget([row.name for row in over], min(len(over), _OVER_LISTED))
    return [sentence for sentence in (whole, *found, more) if sentence is not None]


def _ahead(facts: Facts, figures: Figures) -> list[Sentence]:
    period = facts.period
    whole = Row(
        facts.scope.name or "The organisation", "", figures.spend, figures.now, None, figures.budget, figures.plan
    )
    found = (
        attention.ahead_of_budget(
            name=row.name, spend=row.spend, budget=row.budget, elapsed=period.elapsed, days=period.days
        )
        for row in (whole, *figures.rows)
    )
    return [sentence for sentence in found if sentence is not None]


def _unused(facts: Facts, figures: Figures) -> list[Sentence]:
    """Unused budgets, the largest amounts first."""
    if facts.scope.kind == "department":
        rows = [Row(facts.scope.name, "", figures.spend, figures.now, None, figures.budget, figures.plan)]
    else:
        rows = [row for row in figures.rows if row.budget is not None]
    rows.sort(key=lambda row: (row.variance or ZERO, row.name))
    found = (
        attention.unused_budget(
            name=row.name,
            spend=row.spend,
            budget=row.budget,
            left=-(row.variance or ZERO),
            earlier=_earlier_shares(facts, row.name),
            complete=facts.period.complete,
        )
        for row in rows
    )
    return [sentence for sentence in found if sentence is not None]


def _earlier_shares(facts: Facts, department: str) -> list[Decimal]:
    """Shares of the department's budgets used in earlier months, newest first, as far as budget and usage go."""
    spends: dict[date, Decimal] = {}
    for month, item, spend in facts.months:
        if facts.scope.kind == "department" or item == department:
            spends[month] = spends.get(month, ZERO) + spend
    budgets = {b.month: b.amount for b in facts.budgets if b.scope_type == "department" and b.scope == department}
    shares: list[Decimal] = []
    month = facts.period.before_first
    while month in budgets and month in spends and budgets[month] > 0:
        shares.append(spends[month] / budgets[month])
        month = (month - timedelta(days=1)).replace(day=1)
    return shares


def _attention(facts: Facts, figures: Figures, days: list[tuple[date, Decimal]]) -> tuple[Sentence, ...]:
    organisation = facts.scope.kind == "organisation"
    untagged = figures.untagged if organisation else None
    rules = [
        *_over(facts, figures),
        *_ahead(facts, figures),
        attention.unpriced(
            [row.model for row in figures.unpriced],
            sum(row.requests for row in figures.unpriced),
            sum(row.tokens for row in figures.unpriced),
        ),
        attention.spike(days, figures.quantum),
        attention.untagged(untagged.spend, figures.spend, untagged.now) if untagged else None,
        *_unused(facts, figures)[:_UNUSED_LISTED],
    ]
    found = [sentence for sentence in rules if sentence is not None]
    budgets = figures.budget is not None or any(row.budget is not None for row in figures.rows)
    calm = attention.nothing(found, budgets=budgets, departments=organisation, has_usage=figures.has_usage)
    return tuple(found[:_ATTENTION]) if calm is None else (calm,)


def _course(facts: Facts, figures: Figures, days: list[tuple[date, Decimal]]) -> str:
    period = facts.period
    cumulative: list[Decimal] = []
    for _, spend in days:
        cumulative.append((cumulative[-1] if cumulative else ZERO) + spend)
    found = (
        (course.against_pace(cumulative, figures.budget, period.days) if figures.has_usage else None)
        or course.against_before(figures.now, figures.before if period.comparable else None, versus(period))
        or course.average_day(figures.spend, period.elapsed, figures.quantum)
    )
    return found.text if found else "No day of the month is complete yet"


def _items(facts: Facts, figures: Figures, noun: str) -> str:
    used = [row for row in figures.rows if row.now or row.spend]
    if facts.scope.kind == "organisation":
        over = [(row.name, row.variance or ZERO) for row in figures.rows if row.over]
        with_budget = sum(1 for row in figures.rows if row.budget is not None)
        found = (
            departments.over_and_within(over, with_budget, complete=facts.period.complete)
            if figures.has_usage
            else None
        )
    else:
        dearest = max(used, key=lambda row: row.spend, default=None)
        name = dearest.name if dearest and dearest.tagged else ""
        found = departments.dearest(name, dearest.spend, figures.spend, dearest.now) if dearest else None
    found = found or departments.how_many(sum(1 for row in used if row.tagged), noun, all_priced=not figures.unpriced)
    untagged = figures.untagged.spend if figures.untagged else ZERO
    return (found or departments.no_item(noun, has_usage=figures.has_usage, untagged=untagged)).text


def _dearest_provider(facts: Facts, figures: Figures) -> Sentence | None:
    if not figures.providers:
        return None
    first = figures.providers[0]
    priced = [row for row in facts.usage if row.priced]
    tokens = sum(row.total_tokens for row in priced if formats.provider(row.provider) == first.name)
    return charges.dearest_provider(
        first.name, first.now, figures.total, tokens, sum(row.total_tokens for row in priced)
    )
