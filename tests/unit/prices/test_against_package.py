"""Our bands give what genai-prices' own calculation gives, for every model with a price."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain

import pytest
from genai_prices.data_units import unit_data
from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices, Usage
from genai_prices.units import UnitRegistry

from orchestration.prices import catalogue
from orchestration.prices.bands import RATE_COLUMNS, SERVICE_TIERS
from orchestration.prices.units import IMAGE_KEY, KNOWN_KEYS, REQUEST_KEY, TOKEN_CHAINS, UNIT_CHAINS
from orchestration.sources import canonical
from tests.unit.prices.book_reader import Reader

# Counts that share no factor hide no swapped class; the uncached input makes up the whole context.
COUNTS = {
    "cache_read_rate": 1_009,
    "cache_write_5m_rate": 2_003,
    "cache_write_1h_rate": 3_001,
    "output_rate": 4_001,
    "reasoning_rate": 5_003,
    "input_audio_rate": 601,
    "output_audio_rate": 701,
    "input_image_rate": 809,
    "output_image_rate": 907,
    "cache_read_audio_rate": 1_103,
    "cache_read_image_rate": 1_201,
    "input_video_rate": 1_301,
    "output_video_rate": 1_409,
    "citation_rate": 1_511,
    "web_search_rate": 3,
    "storage_search_rate": 5,
    "audio_second_rate": 61,
    "input_character_rate": 733,
    "document_page_rate": 7,
    "annotated_document_page_rate": 11,
    "text_message_rate": 13,
    "image_rate": 17,
    "request_rate": 1,
}
INPUTS = (
    "cache_read_rate",
    "cache_write_5m_rate",
    "cache_write_1h_rate",
    "input_audio_rate",
    "input_image_rate",
    "cache_read_audio_rate",
    "cache_read_image_rate",
    "input_video_rate",
)
OUTPUTS = (
    "output_rate", "reasoning_rate", "output_audio_rate", "output_image_rate", "output_video_rate", "citation_rate",
)  # fmt: skip
NOISE = Decimal("0.5e-12") / 1_000_000
SECOND = Decimal("0.5e-18")  # an hour's price need not be a multiple of 3600
OUTSIDE = (*UNIT_CHAINS, "request_rate")


def counts_for(context: int) -> dict[str, int]:
    return COUNTS | {"uncached_input_rate": context - sum(COUNTS[name] for name in INPUTS)}


def usage_of(counts: dict[str, int]) -> Usage:
    zeros = {key: 0 for key in unit_data if key != "requests"}
    return Usage(
        **zeros
        | {
            "input_tokens": counts["uncached_input_rate"] + sum(counts[name] for name in INPUTS),
            "cache_read_tokens": counts["cache_read_rate"]
            + counts["cache_read_audio_rate"]
            + counts["cache_read_image_rate"],
            "cache_audio_read_tokens": counts["cache_read_audio_rate"],
            "cache_image_read_tokens": counts["cache_read_image_rate"],
            "cache_write_tokens": counts["cache_write_5m_rate"] + counts["cache_write_1h_rate"],
            "cache_write_5m_tokens": counts["cache_write_5m_rate"],
            "cache_write_1h_tokens": counts["cache_write_1h_rate"],
            "input_audio_tokens": counts["input_audio_rate"] + counts["cache_read_audio_rate"],
            "input_image_tokens": counts["input_image_rate"] + counts["cache_read_image_rate"],
            "input_video_tokens": counts["input_video_rate"],
            "output_tokens": sum(counts[name] for name in OUTPUTS),
            "output_reasoning_tokens": counts["reasoning_rate"],
            "output_audio_tokens": counts["output_audio_rate"],
            "output_image_tokens": counts["output_image_rate"],
            "output_video_tokens": counts["output_video_rate"],
            "output_citation_tokens": counts["citation_rate"],
            "web_searches": counts["web_search_rate"],
            "storage_searches": counts["storage_search_rate"],
            "audio_seconds": counts["audio_second_rate"],
            "input_audio_seconds": counts["audio_second_rate"],
            "input_characters": counts["input_character_rate"],
            "input_document_pages": counts["document_page_rate"] + counts["annotated_document_page_rate"],
            "input_annotated_document_pages": counts["annotated_document_page_rate"],
            "input_text_messages": counts["text_message_rate"],
        }
    )


def quoted(price: ModelPrice) -> list[Decimal]:
    values = [value for value in price.__dict__.values() if value is not None]
    return list(
        chain.from_iterable(
            [value.base, *(tier.price for tier in value.tiers)] if isinstance(value, TieredPrices) else [value]
            for value in values
        )
    )


def edges(price: ModelPrice) -> set[int]:
    return {tier.start for value in price.__dict__.values() if isinstance(value, TieredPrices) for tier in value.tiers}


def moments(model: ModelInfo) -> list[datetime]:
    """Both sides of every day and window edge of a model, and a plain day."""
    dates, seconds = catalogue._edges(model)
    days = [datetime(2025, 6, 15, tzinfo=UTC)]
    days += [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in dates[1:-1]]
    starts = [day + timedelta(seconds=second) for day in days for second in seconds[:-1]]
    return [*starts, *(start - timedelta(microseconds=1) for start in starts)]


def priced_models() -> Iterator[tuple[str, Provider, ModelInfo]]:
    by_id = {provider.id: provider for provider in catalogue.providers()}
    for provider in by_id.values():
        for owner in [provider, *(by_id[maker] for maker in provider.fallback_model_providers or ())]:
            for model in owner.models:
                yield catalogue.price_id(provider, owner, model), provider, model


@pytest.mark.parametrize("tier", SERVICE_TIERS)
def test_every_model_at_every_edge_costs_what_the_package_computes(plain: Reader, tier: str) -> None:
    compared = noisy = 0
    for price_id, provider, model in priced_models():
        if not any(catalogue._has_price(price) for price in catalogue._all_prices(model)):
            assert (price_id, tier) not in plain.bands
            continue
        if tier != "standard" and not model.price_variants:
            continue
        for moment in moments(model):
            context = catalogue.PRICE_CONTEXTS[tier]
            price = model.calc_price(
                Usage(input_tokens=0), provider, genai_request_timestamp=moment, price_context=context or None
            ).model_price
            for size in sorted({20_000} | {edge + step for edge in edges(price) for step in (-1, 0, 1)}):
                at = moment.replace(tzinfo=None).isoformat()
                band = plain.band(price_id, at, context=size, tier=tier)
                counts = counts_for(size)
                # The package charges nothing for what it has no price for; here such a rate is NULL.
                ours = sum((band[name] * counts[name] for name in RATE_COLUMNS if band[name] is not None), Decimal(0))
                theirs = price.calc_price(usage_of(counts))["total_price"]
                if band["tier_rule"] == "half":
                    outside = sum((band[name] * counts[name] for name in OUTSIDE if band[name]), Decimal(0))
                    theirs = (theirs - outside) / 2 + outside
                compared += 1
                slack = SECOND * counts["audio_second_rate"] if band["audio_second_rate"] else Decimal(0)
                if not all(value == round(value, 12) for value in quoted(price)):
                    noisy += 1
                    slack += NOISE * sum(counts.values())
                assert abs(ours - theirs) <= slack, (price_id, tier, at, size)
    assert compared > (5_000 if tier == "standard" else 50)
    assert noisy < compared / 20


def test_a_resellers_batch_and_priority_are_not_the_makers(plain: Reader) -> None:
    # From 14 October 2026 Anthropic has a price for batch, from 12 October OpenAI one for priority: 3.50 instead of 2.
    own = plain.band("openai/gpt-4.1", "2026-11-18", tier="priority")
    assert (own["tier_rule"], own["uncached_input_rate"]) == ("own", Decimal("0.0000035"))
    resold = plain.band("azure/openai/gpt-4.1", "2026-11-18", tier="priority")
    assert (resold["tier_rule"], resold["uncached_input_rate"]) == ("standard", Decimal("0.000002"))
    batch = plain.band("azure/anthropic/claude-sonnet-4-5", "2026-11-18", tier="batch")
    assert (batch["tier_rule"], batch["uncached_input_rate"]) == ("half", Decimal("0.0000015"))


def test_short_audio_is_billed_for_as_long_as_the_package_bills_it(plain: Reader) -> None:
    # The least is in the package's code and not in its data, so every model with a price by time is asked.
    least = {}
    for price_id, provider, model in priced_models():
        moment = datetime(2026, 11, 18, tzinfo=UTC)
        if not {"audio_hours", "input_audio_hours"} & vars(model.get_prices(moment)).keys():
            continue
        band = plain.band(price_id, "2026-11-18")
        for seconds in (0, 1, 9, 10, 11, 59, 60, 61):
            usage = Usage(audio_seconds=seconds, input_audio_seconds=seconds)
            theirs = model.calc_price(usage, provider, genai_request_timestamp=moment).total_price
            billed = max(seconds, band["least_audio_seconds"] or 0) if seconds else 0
            assert abs(band["audio_second_rate"] * billed - theirs) <= SECOND * 61, (price_id, seconds)
        least[price_id] = band["least_audio_seconds"]
    assert len(least) > 10
    assert {price_id for price_id, seconds in least.items() if seconds} == {
        "groq/whisper-large-v3", "groq/whisper-large-v3-turbo",
    }  # fmt: skip


def test_chains_are_the_ancestors_of_the_package_nearest_first() -> None:
    registry = UnitRegistry(unit_data)
    chains = [*TOKEN_CHAINS.values(), *(unit.keys for unit in UNIT_CHAINS.values() if unit.keys != (IMAGE_KEY,))]
    for keys in chains:
        own = registry.unit_for_price_key(keys[0])
        ancestors = {registry.units[key].price_key for key in registry.ancestor_usage_keys(own.usage_key)}
        assert set(keys[1:]) == ancestors
        depths = [len(registry.unit_for_price_key(key).dimensions) for key in keys]
        assert depths == sorted(depths, reverse=True)
    assert REQUEST_KEY in {unit.price_key for unit in registry.units.values()}


def test_no_price_of_the_package_is_left_out() -> None:
    # A release with a new unit fails here: it needs a count of its own, or a reason.
    keys = {
        key
        for _, _, model in priced_models()
        for price in [
            *catalogue._all_prices(model),
            *(variant.prices for variant in model.price_variants or ()),
        ]
        for key, value in price.__dict__.items()
        if value is not None
    }
    assert keys <= KNOWN_KEYS
    assert {"audio_hours", "input_mchars", "output_citation_mtok", "storage_searches_kcount"} < keys


def test_every_service_tier_that_has_prices_can_be_delivered() -> None:
    assert canonical.SERVICE_TIERS == SERVICE_TIERS


def test_every_price_variant_is_a_service_tier_or_knowingly_left_out() -> None:
    wanted = {(key, value) for context in catalogue.PRICE_CONTEXTS.values() for key, value in context.items()}
    left_out = {
        pair
        for provider in catalogue.providers()
        for model in provider.models
        for variant in model.price_variants or ()
        for pair in variant.when.items()
        if pair not in wanted and any(value is not None for value in variant.prices.__dict__.values())
    }
    assert left_out == {("route", "mistral/eu"), ("search_type", "fast")}
