"""Facts, figures and words → the value that the templates print: labels, tiles, charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from reports import charts, formats
from reports.allocation import Allocation
from reports.charges import Charges
from reports.corrections import Corrections
from reports.detail import Detail
from reports.figures import Figures
from reports.narrative.bills import providers_bills
from reports.narrative.compose import Claim, Words, before_label, versus
from reports.rates import rate_rows
from reports.values import ZERO, Facts, Issuer, Standing
from reports.view import Statement, Tile

DAILY_PROVIDERS = 5


@dataclass(frozen=True)
class Framing:
    """What a statement is apart from its figures: who issues it, and whether it is closed or a draft."""

    issuer: Issuer
    attachment: str
    charges: Charges
    claim: Claim
    standing: Standing | None = None
    corrections: Corrections | None = None
    allocation: Allocation | None = None


def view(facts: Facts, figures: Figures, words: Words, detail: Detail, framing: Framing) -> Statement:
    """Everything of one statement."""
    period = facts.period
    known = period.data_until if period.closed else period.through
    until = formats.full_day(known) if known else "no day of the month yet"
    end = (period.through or period.first) + timedelta(days=1)
    stacks, legend = _stacks(facts)
    now_label = (
        formats.month(period.first)
        if period.complete or not period.through
        else formats.span(period.first, period.through)
    )
    return Statement(
        issuer=framing.issuer,
        department=facts.scope.name,
        number=framing.claim.number,
        # The first moment at which these figures could be known; never the clock's time, so that bytes repeat.
        dated=f"{end.isoformat()}T00:00:00Z",
        attachment=framing.attachment,
        figures=figures,
        words=words,
        detail=detail,
        period_name=formats.full_month(period.first),
        period_days=f"1 \N{EN DASH} {formats.full_day(period.last)}",
        complete_until=until,
        now_label=now_label,
        before_label=before_label(period),
        versus=versus(period),
        no_change=_no_change(facts, figures),
        price_books=", ".join(facts.price_books) or "none: no usage has a price",
        source_rows=_source_rows(facts, figures),
        bills=providers_bills(facts.bills).text if facts.scope.kind == "organisation" else "",
        status=_status(framing.standing),
        corrections=framing.corrections,
        allocation=framing.allocation,
        tiles=_tiles(facts, figures),
        charges=framing.charges,
        issued=formats.full_day(framing.standing.closed_on) if framing.standing else "",
        due_on=formats.full_day(framing.claim.due_on) if framing.claim.due_on else "",
        legend=legend,
        cumulative=_cumulative(facts, figures),
        daily=charts.daily(
            stacks,
            first=period.first,
            days=period.days,
            alt_text=f"Bars of daily spend by provider, {formats.full_month(period.first)}; "
            f"the month comes to {formats.money(figures.now)}.",
        ),
        week=_week(facts),
        rates=rate_rows(facts.rates, facts.daily),
    )


def _status(standing: Standing | None) -> str:
    if standing is None:
        return "Draft: not closed. Late usage, a new price or a correction may still change the figures."
    what = "Closed" if standing.revision == 1 else f"Revision {standing.revision}, issued"
    day = formats.full_day(standing.closed_on)
    return f"{what} on {day}, approved by {standing.approved_by}. Later corrections are issued as numbered revisions."


def _tiles(facts: Facts, figures: Figures) -> tuple[Tile, ...]:
    label = before_label(facts.period)
    nothing = "nothing to compare yet" if facts.period.history else "no earlier month to compare"
    spend_versus = tokens_versus = unit_versus = nothing
    if figures.before is not None:
        spend_versus = f"{formats.change(figures.now - figures.before, currency=True)} on {label}"
    if figures.tokens_before is not None:
        tokens_versus = f"{formats.short(figures.tokens_before)} in {label}"
    if figures.unit is not None and figures.unit_before is not None:
        unit_versus = f"{formats.change(figures.unit - figures.unit_before, currency=True)} on {label}"
    elif figures.before is not None:
        before = figures.unit_before
        unit_versus = f"none in {label}" if before is None else f"{formats.money(before)} in {label}"
    if figures.budget is None or figures.plan is None:
        share, share_versus = formats.NONE, "no budget for this month"
    else:
        share = formats.share(figures.spend, figures.budget, 1)
        share_versus = f"of {formats.money(figures.plan)} for the month"
    return (
        Tile("Total spend", formats.money(figures.now), spend_versus),
        Tile("Share of budget used", share, share_versus),
        Tile("Tokens processed", formats.short(figures.tokens), tokens_versus),
        Tile(
            "Cost per million tokens",
            formats.NONE if figures.unit is None else formats.money(figures.unit),
            unit_versus,
        ),
    )


def _no_change(facts: Facts, figures: Figures) -> str:
    if not facts.period.history:
        return "There is no earlier month on record to compare with."
    if figures.before is None:
        return "There are no earlier days on record to compare with."
    return "No line differs from the month before."


def _source_rows(facts: Facts, figures: Figures) -> str:
    if facts.sources is None:
        return f"{formats.count(figures.requests)} requests counted for this department"
    counted, duplicates = formats.count(facts.sources.counted), formats.count(facts.sources.duplicates)
    return f"{counted} counted, {duplicates} duplicates left out"


def _stacks(facts: Facts) -> tuple[list[list[Decimal]], tuple[tuple[str, str], ...]]:
    """Daily spend of the dearest providers and of the others together, and the legend in the same order."""
    by_provider: dict[str, dict[date, Decimal]] = {}
    for when, name, spend in facts.daily:
        days = by_provider.setdefault(formats.provider(name), {})
        days[when] = days.get(when, ZERO) + spend
    names = sorted(by_provider, key=lambda name: (-sum(by_provider[name].values(), ZERO), name))
    kept = names if len(names) <= DAILY_PROVIDERS else names[: DAILY_PROVIDERS - 1]
    groups: list[tuple[str, Sequence[str], str]] = [
        (name, [name], charts.SERIES[index]) for index, name in enumerate(kept)
    ]
    if len(kept) < len(names):
        groups.append((f"{len(names) - len(kept)} others", names[len(kept) :], charts.OTHER))
    dates = [facts.period.first + timedelta(days=number) for number in range(facts.period.elapsed)]
    stacks = [[sum((by_provider[n].get(d, ZERO) for n in members), ZERO) for d in dates] for _, members, _ in groups]
    return stacks, tuple((name, colour) for name, _, colour in groups)


def _cumulative(facts: Facts, figures: Figures) -> charts.Chart:
    period = facts.period
    days: dict[date, Decimal] = {period.first + timedelta(days=n): ZERO for n in range(period.elapsed)}
    for when, _, spend in facts.daily:
        days[when] += spend
    before: dict[date, Decimal] = {}
    if period.history and period.elapsed:
        start = period.record_from or period.before_first
        before = {start + timedelta(days=n): ZERO for n in range((period.first - start).days)}
        for when, spend in facts.before_daily:
            before[when] += spend
    now_line, before_line = _running(days, figures.quantum), _running(before, figures.quantum)
    words = [f"Lines of cumulative spend: {formats.money(now_line[-1]) if now_line else 'nothing'} this month"]
    if figures.plan is not None:
        words.append(f"budget {formats.money(figures.plan)}")
    if before_line:
        words.append(f"{formats.money(before_line[-1])} in the month before")
    return charts.cumulative(
        now_line,
        before_line if period.record_from is None else [],
        figures.plan,
        first=period.first,
        days=period.days,
        alt_text=", ".join(words) + ".",
    )


def _running(days: dict[date, Decimal], quantum: Decimal) -> list[Decimal]:
    total, line = ZERO, []
    for _, spend in sorted(days.items()):
        total += spend
        line.append(formats.rounded(total, quantum))
    return line


def _week(facts: Facts) -> charts.Chart:
    dates = [facts.period.first + timedelta(days=number) for number in range(facts.period.elapsed)]
    average: dict[tuple[int, int], Decimal] = {}
    for (weekday, hour), tokens in facts.hours.items():
        number = sum(1 for when in dates if when.isoweekday() == weekday)
        if number:
            average[weekday, hour] = Decimal(tokens) / number
    busiest = max(average.items(), key=lambda item: (item[1], -item[0][0], -item[0][1]), default=None)
    text = "Heat map of average tokens by weekday and local hour"
    if busiest is not None:
        (weekday, hour), highest = busiest
        name = charts.WEEKDAYS[weekday - 1]
        text += f"; the busiest is {name} {hour:02d}:00 with {formats.short(int(highest))} tokens"
    return charts.week(average, alt_text=text + ".")
