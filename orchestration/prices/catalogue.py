"""genai-prices' bundled data, expanded into tariffs. Imports the price package: import this only to flatten."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise

from genai_prices.data import providers as _bundled
from genai_prices.types import (
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from orchestration.prices.bands import (
    CONTEXT_END,
    DAY_SECONDS,
    FIRST_DAY,
    LAST_DAY,
    SERVICE_TIERS,
    Cell,
    Priced,
    RegionalPremium,
    Sheet,
    Span,
    Step,
    Tariff,
    merge_steps,
)
from orchestration.prices.regions import premium_of
from orchestration.prices.units import KNOWN_KEYS, NO_RATES, resolve_rates

ORIGIN = "genai-prices"

PRICE_CONTEXTS: Mapping[str, dict[str, str]] = {
    "standard": {},
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "fast": {"service_tier": "fast", "speed": "fast"},
}
"""How each service tier is asked for in the package's own words. Prices that hang on other words (a route, a kind
of search) are not a service tier and are left out."""

LEAST_AUDIO_SECONDS: Mapping[tuple[str, str], int] = {
    ("groq", "whisper-large-v3"): 10,
    ("groq", "whisper-large-v3-turbo"): 10,
}
"""What one request is billed for at least, by provider and model. The package has this in ModelInfo.calc_price, not in
its data; a test compares every model that is priced by time."""


def providers() -> list[Provider]:
    """The bundled providers, in the package's order, which decides between overlapping patterns."""
    return _bundled


@cache
def tariffs() -> tuple[Tariff, ...]:
    """Every model with a price, and every model that a provider resells at its maker's price.

    A reseller's copy has its own price id (azure/openai/gpt-4o), so that an override of the maker's price
    does not leak into the reseller's. It has the maker's standard prices, and the rules for other service tiers.
    """
    by_id = {provider.id: provider for provider in _bundled}
    found: list[Tariff] = []
    for provider in _bundled:
        found.extend(_tariffs_of(provider, provider.id, provider.models))
        for maker in provider.fallback_model_providers or ():
            # A price of its own for batch, flex or priority is the maker's alone: the package says so of no reseller.
            resold = [replace(model, price_variants=None) for model in by_id[maker].models]
            found.extend(_tariffs_of(provider, f"{provider.id}/{maker}", resold))
    return tuple(found)


def price_id(provider: Provider, owner: Provider, model: ModelInfo) -> str:
    """The price id of `model`, owned by `owner`, when bought from `provider`."""
    if provider is owner:
        return f"{provider.id}/{model.id}"
    return f"{provider.id}/{owner.id}/{model.id}"


def _tariffs_of(provider: Provider, prefix: str, models: Iterable[ModelInfo]) -> Iterable[Tariff]:
    for model in models:
        if any(_has_price(price) for price in _all_prices(model)):
            least = LEAST_AUDIO_SECONDS.get((provider.id, model.id))
            premium = premium_of(provider.id, model.id)
            spans = {
                tier: tuple(Priced(_with(span, least, premium), ORIGIN, None) for span in _spans(model, tier))
                for tier in SERVICE_TIERS
            }
            yield Tariff(f"{prefix}/{model.id}", provider.id, model.id, spans)


def _with(span: Span, least_audio_seconds: int | None, premium: RegionalPremium | None) -> Span:
    cell = replace(span.cell, least_audio_seconds=least_audio_seconds, premium=premium)
    return replace(span, cell=cell)


def _all_prices(model: ModelInfo) -> list[ModelPrice]:
    if isinstance(model.prices, ModelPrice):
        return [model.prices]
    return [conditional.prices for conditional in model.prices]


def _has_price(price: ModelPrice) -> bool:
    return any(value is not None for value in price.__dict__.values())


def _spans(model: ModelInfo, tier: str) -> list[Span]:
    """Ask the package for the price at one moment of each cell of days and windows, then join equal cells."""
    dates, seconds = _edges(model)
    joined: list[Span] = []
    open_above: list[Span] = []
    for start, end in pairwise(dates):
        row: list[Span] = []
        for day_from, day_to in pairwise(seconds):
            cell = _cell(model, tier, _moment(start, end, day_from))
            if row and row[-1].cell == cell:
                day_from = row.pop().day_from
            row.append(Span(start, end, day_from, day_to, cell))
        above = {(span.day_from, span.day_to, span.cell): span for span in open_above}
        open_above = []
        for span in row:
            upper = above.pop((span.day_from, span.day_to, span.cell), None)
            open_above.append(
                span if upper is None else Span(upper.valid_from, end, span.day_from, span.day_to, span.cell)
            )
        joined.extend(above.values())
    return joined + open_above


def _edges(model: ModelInfo) -> tuple[list[date], list[int]]:
    dates, seconds = {FIRST_DAY, LAST_DAY}, {0, DAY_SECONDS}
    conditional = [] if isinstance(model.prices, ModelPrice) else model.prices
    for constraint in [
        *(price.constraint for price in conditional),
        *(variant.constraint for variant in model.price_variants or ()),
    ]:
        if isinstance(constraint, StartDateConstraint):
            dates.add(constraint.start_date)
        elif isinstance(constraint, TimeOfDateConstraint):
            seconds.update((_utc_second(constraint.start_time), _utc_second(constraint.end_time)))
        elif constraint is not None:
            raise TypeError(f"{model.id}: a price condition of an unknown kind, {type(constraint).__name__}")
    return sorted(dates), sorted(seconds)


def _utc_second(value: time) -> int:
    aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    moment = datetime.combine(date(2000, 1, 2), aware).astimezone(UTC)
    if moment.microsecond:
        raise ValueError(f"A price window begins or ends within a second: {value}")
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _moment(start: date, end: date, second: int) -> datetime:
    # date.min has no neighbours to convert to, so an open start is asked on the last day before its end.
    day = start if start > FIRST_DAY else min(end, date(2000, 1, 2)) - timedelta(days=1)
    return datetime.combine(day, time(), tzinfo=UTC) + timedelta(seconds=second)


def _cell(model: ModelInfo, tier: str, moment: datetime) -> Cell:
    context = PRICE_CONTEXTS[tier]
    own = any(
        (variant.constraint is None or variant.constraint.active(moment))
        and all(context.get(key) == value for key, value in variant.when.items())
        for variant in model.price_variants or ()
    )
    rule = "own" if own or tier == "standard" else "half" if tier == "batch" else "standard"
    price = model.get_prices(moment, context if own else None)
    left_out = sorted(key for key, value in price.__dict__.items() if value is not None and key not in KNOWN_KEYS)
    note = f"not priced here: {', '.join(left_out)}" if left_out else ""
    return Cell(rule, note, sheet(price, half=rule == "half"))


def sheet(price: ModelPrice, *, half: bool = False) -> Sheet:
    """The steps of a price: cut at every tier edge of any of its rates, equal neighbours joined.

    A tier applies when the whole input is *more than* its start, so its step begins one token later.
    """
    quoted = {key: value for key, value in price.__dict__.items() if value is not None and key in KNOWN_KEYS}
    if not quoted:
        return (Step(0, CONTEXT_END, NO_RATES),)
    edges = {0, CONTEXT_END}
    for value in quoted.values():
        if isinstance(value, TieredPrices):
            edges.update(tier.start + 1 for tier in value.tiers)
    ordered = sorted(edges)
    steps: list[Step] = []
    for lower, upper in pairwise(ordered):
        at_edge = {key: _at(value, lower) for key, value in quoted.items()}
        steps.append(Step(lower, upper, resolve_rates(at_edge.get, half=half)))
    return merge_steps(steps)


def _at(value: Decimal | TieredPrices, context: int) -> Decimal:
    if not isinstance(value, TieredPrices):
        return value
    return next((tier.price for tier in reversed(value.tiers) if context > tier.start), value.base)
