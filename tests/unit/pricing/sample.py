"""Events drawn over every model of the price package, at the edges of its prices, and what the package says of each."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import genai_prices
from genai_prices.types import ModelInfo, ModelPrice, PriceCalculation, Provider, TieredPrices

from orchestration.prices import catalogue
from orchestration.prices.bands import SERVICE_TIERS
from tests.support.package_usage import INPUT, OUTPUT, package_usage

# What the package calls the price of a count of ours; a count is drawn where it has such a price.
_KEYS = {
    "uncached_input_tokens": ("input_mtok",),
    "cache_read_tokens": ("cache_read_mtok",),
    "cache_write_5m_tokens": ("cache_write_mtok",),
    "cache_write_1h_tokens": ("cache_write_1h_mtok", "cache_write_mtok"),
    "output_tokens": ("output_mtok",),
    "reasoning_tokens": ("output_mtok",),
    "input_audio_tokens": ("input_audio_mtok",),
    "output_audio_tokens": ("output_audio_mtok",),
    "input_image_tokens": ("input_image_mtok",),
    "output_image_tokens": ("output_image_mtok",),
    "cache_read_audio_tokens": ("cache_audio_read_mtok",),
    "cache_read_image_tokens": ("cache_image_read_mtok",),
    "input_video_tokens": ("input_video_mtok",),
    "output_video_tokens": ("output_video_mtok",),
    "citation_tokens": ("output_citation_mtok",),
    "web_search_calls": ("web_searches_kcount",),
    "storage_search_calls": ("storage_searches_kcount",),
    "audio_seconds": ("audio_hours", "input_audio_hours"),
    "input_characters": ("input_mchars",),
    "document_pages": ("input_document_kpages",),
    "annotated_document_pages": ("input_annotated_document_kpages",),
    "text_messages": ("input_text_messages_kcount",),
}
_SECONDS = (1, 9, 10, 11, 61, 3600)


@dataclass(frozen=True)
class Drawn:
    """One request, or with `aggregate` the sum of some; `charge` is what its provider says it cost."""

    event_id: str
    provider: Provider
    model: ModelInfo
    at: datetime
    tier: str
    counts: Mapping[str, int]
    failed: bool
    aggregate: bool
    charge: Decimal | None

    def line(self) -> dict[str, Any]:
        """As a line of our own event format."""
        return {
            "event_id": self.event_id, "event_at": self.at.isoformat(), "provider": self.provider.id,
            "model": self.model.id, "service_tier": self.tier, "status": "error" if self.failed else "ok",
            **({"aggregate_context": "unknown"} if self.aggregate else {}),
            **({"reported_cost": str(self.charge), "reported_cost_basis": "charge"} if self.charge is not None else {}),
            **self.counts,
        }  # fmt: skip

    def priced_by_the_package(self, counts: Mapping[str, int] | None = None, model: str = "") -> PriceCalculation:
        """Its own calculation, called as a gateway calls it; where it does not know its own id, on the model itself."""
        usage = package_usage(self.counts if counts is None else counts)
        context = catalogue.PRICE_CONTEXTS[self.tier] or None
        try:
            return genai_prices.calc_price(
                usage, model or self.model.id, provider_id=self.provider.id, genai_request_timestamp=self.at,
                price_context=context,
            )  # fmt: skip
        except LookupError:
            return self.model.calc_price(usage, self.provider, genai_request_timestamp=self.at, price_context=context)


@cache
def sold() -> tuple[tuple[Provider, ModelInfo], ...]:
    """Every model of every provider, resold ones too."""
    by_id = {provider.id: provider for provider in catalogue.providers()}
    return tuple(
        (provider, model)
        for provider in by_id.values()
        for owner in [provider, *(by_id[maker] for maker in provider.fallback_model_providers or ())]
        for model in owner.models
    )


def draw(count: int, seed: int) -> list[Drawn]:
    """Each model in turn, from a random one on, until there are `count`."""
    rnd = random.Random(seed)
    models = list(sold())
    rnd.shuffle(models)
    days = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=rnd.randrange(94_000_000)) for _ in range(40)]
    return [_event(rnd, f"e{number}", *models[number % len(models)], days) for number in range(count)]


def _event(rnd: random.Random, event_id: str, provider: Provider, model: ModelInfo, days: Sequence[datetime]) -> Drawn:
    dates, seconds = catalogue._edges(model)
    starts = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in dates[1:-1]]
    starts.append(datetime(2026, 11, 18, tzinfo=UTC))
    at = rnd.choice(starts) + timedelta(seconds=rnd.choice(seconds[:-1]) + rnd.choice((-1, 0, 1)))
    if rnd.random() < 0.2:
        at = rnd.choice(days)
    tier = rnd.choice(("standard",) * 6 + SERVICE_TIERS)
    price = model.get_prices(at, catalogue.PRICE_CONTEXTS[tier] or None)
    counts = _counts(rnd, price)
    return Drawn(
        event_id=event_id, provider=provider, model=model, at=at, tier=tier, counts=counts,
        failed=rnd.random() < 0.1, aggregate=rnd.random() < 0.05,
        charge=Decimal(rnd.randrange(10**6)).scaleb(-6) if rnd.random() < 0.02 else None,
    )  # fmt: skip


def _counts(rnd: random.Random, price: ModelPrice) -> dict[str, int]:
    quoted = {key: value for key, value in vars(price).items() if value is not None}
    # Now and then something that has no price of its own, or none at all.
    possible = [name for name, keys in _KEYS.items() if quoted.keys() & set(keys) or rnd.random() < 0.01]
    names = rnd.sample(possible, rnd.randint(1, min(len(possible), 6))) if possible else ["uncached_input_tokens"]
    counts = {name: rnd.choice((0, 1, rnd.randrange(1000), rnd.randrange(100_000))) for name in names}
    if "audio_seconds" in counts:
        counts["audio_seconds"] = rnd.choice((*_SECONDS, rnd.randrange(5000)))
    edges = sorted({t.start for value in quoted.values() if isinstance(value, TieredPrices) for t in value.tiers})
    if edges and rnd.random() < 0.7:
        context = rnd.choice(edges) + rnd.choice((-1, 0, 1))
        rest = sum(counts.get(name, 0) for name in INPUT[1:])
        counts["uncached_input_tokens"] = max(context - rest, 0)
    return counts


def untiered(price: ModelPrice) -> ModelPrice:
    """The price of the base tier, for any context."""
    values = {key: value.base if isinstance(value, TieredPrices) else value for key, value in vars(price).items()}
    return ModelPrice(**values)


def tokens_of(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if name in (*INPUT, *OUTPUT)}
