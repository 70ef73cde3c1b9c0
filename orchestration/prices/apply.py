"""The customer's prices laid over the package's."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from orchestration.prices.bands import (
    CONTEXT_END,
    DAY_SECONDS,
    SERVICE_TIERS,
    Cell,
    Priced,
    RegionalPremium,
    Span,
    Step,
    Tariff,
)
from orchestration.prices.overrides import Override
from orchestration.prices.regions import ANY
from orchestration.prices.units import IMAGE_KEY, WEB_SEARCH_KEY, resolve_rates
from orchestration.reference.table import Fault

ORIGIN = "override"
COLUMN_KEYS = {
    "cache_read_audio_mtok": "cache_audio_read_mtok",
    "cache_read_image_mtok": "cache_image_read_mtok",
    "reasoning_mtok": "output_reasoning_mtok",
    "input_audio_mtok": "input_audio_mtok",
    "output_audio_mtok": "output_audio_mtok",
    "input_image_mtok": "input_image_mtok",
    "output_image_mtok": "output_image_mtok",
    "input_video_mtok": "input_video_mtok",
    "output_video_mtok": "output_video_mtok",
    "citation_mtok": "output_citation_mtok",
    "storage_search_kcount": "storage_searches_kcount",
    "audio_hour": "audio_hours",
    "input_mchars": "input_mchars",
    "document_kpages": "input_document_kpages",
    "annotated_document_kpages": "input_annotated_document_kpages",
    "text_message_kcount": "input_text_messages_kcount",
}
"""Further columns of price_overrides.csv and the price package's own key for the same thing."""


def apply_overrides(
    tariffs: Iterable[Tariff], overrides: Iterable[Override], find: Callable[[str, str], str | None]
) -> list[Tariff]:
    """Every tariff, with each override in place of what it covers.

    An override is for the price whose provider and model it names. A name that is no price id of its own but that
    `find` resolves (a dated id, an alias) becomes one: from then on it is priced apart from its family, and outside
    the override's days it costs what the family costs. A name nobody knows costs nothing known outside those days.
    An override for one service tier is laid over those for all of them.
    """
    by_id = {tariff.price_id: tariff for tariff in tariffs}
    named = _names(by_id.values())
    for override in sorted(overrides, key=lambda override: override.service_tier != ""):
        key = (override.provider, override.model)
        if key not in named:
            family = by_id.get(find(*key) or "")
            price_id = f"{override.provider}/{override.model}"
            spans = family.spans if family is not None else {tier: () for tier in SERVICE_TIERS}
            by_id[price_id] = Tariff(price_id, override.provider, override.model, spans)
            named[key] = [price_id]
        for price_id in named[key]:
            by_id[price_id] = _overridden(by_id[price_id], override)
    return list(by_id.values())


def _names(tariffs: Iterable[Tariff]) -> dict[tuple[str, str], list[str]]:
    named: dict[tuple[str, str], list[str]] = {}
    for tariff in tariffs:
        named.setdefault((tariff.provider, tariff.model.lower()), []).append(tariff.price_id)
        in_full = (tariff.provider, tariff.price_id.removeprefix(f"{tariff.provider}/").lower())
        if in_full[1] != tariff.model.lower():
            named.setdefault(in_full, []).append(tariff.price_id)
    return named


def gaps(
    tariffs: Iterable[Tariff], overrides: Iterable[Override], find: Callable[[str, str], str | None]
) -> Iterator[Fault]:
    """Days between the rows of a model that has no other price: its usage of these days would have none.

    Before the first and after the last row the model is not offered yet or no longer. A model of the price package
    costs there what the package says, and a tier that has rows of its own what the rows for all tiers say.
    """
    named = _names(tariffs)
    own: dict[tuple[str, str], dict[str, list[Override]]] = {}
    for override in overrides:
        key = (override.provider, override.model)
        if key not in named and find(*key) is None:
            own.setdefault(key, {}).setdefault(override.service_tier, []).append(override)
    for (provider, model), by_tier in own.items():
        for rows in [by_tier[""]] if "" in by_tier else by_tier.values():
            for earlier, later in pairwise(sorted(rows, key=lambda row: row.valid_from)):
                if earlier.valid_to < later.valid_from:
                    first, second = sorted((earlier.line, later.line))
                    yield Fault(
                        second,
                        f"lines {first} and {second}: no price of {provider}/{model} holds from {earlier.valid_to} "
                        f"until before {later.valid_from}",
                        "Let the earlier one's valid_to be the later one's valid_from, or write a row between them",
                    )


def _overridden(tariff: Tariff, override: Override) -> Tariff:
    spans = dict(tariff.spans)
    for tier in [override.service_tier] if override.service_tier else SERVICE_TIERS:
        kept = [
            piece for priced in tariff.spans[tier] for piece in _outside(priced, override.valid_from, override.valid_to)
        ]
        span = Span(override.valid_from, override.valid_to, 0, DAY_SECONDS, _cell(override, tier))
        spans[tier] = (*kept, Priced(span, ORIGIN, override.checked_on))
    return replace(tariff, spans=spans)


def _outside(priced: Priced, start: date, end: date) -> list[Priced]:
    span = priced.span
    if span.valid_to <= start or span.valid_from >= end:
        return [priced]
    pieces = []
    if span.valid_from < start:
        pieces.append(replace(priced, span=replace(span, valid_to=start)))
    if span.valid_to > end:
        pieces.append(replace(priced, span=replace(span, valid_from=end)))
    return pieces


def _cell(override: Override, tier: str) -> Cell:
    rule = "own" if override.service_tier else {"standard": "own", "batch": "half"}.get(tier, "standard")
    quoted: dict[str, Decimal | None] = {
        "input_mtok": override.input_mtok,
        "output_mtok": override.output_mtok,
        "cache_read_mtok": override.cache_read_mtok,
        # The row's own chain is 1 h → 5 m → input, so its 5 m price stands for any cache write.
        "cache_write_mtok": override.cache_write_5m_mtok,
        "cache_write_1h_mtok": override.cache_write_1h_mtok,
        WEB_SEARCH_KEY: override.web_search_kcount,
        IMAGE_KEY: override.image_fee,
        **{key: getattr(override, column) for column, key in COLUMN_KEYS.items()},
    }
    rates = resolve_rates(quoted.get, half=rule == "half", request_fee=override.request_fee)
    note = "; ".join(text for text in (override.source, override.note) if text)
    return Cell(rule, note, (Step(0, CONTEXT_END, rates),), premium=_premium(override))


def _premium(override: Override) -> RegionalPremium | None:
    if not override.region_premium:
        return None
    return RegionalPremium(override.region_premium / 100, ANY, override.source)
