"""What one request costs, a second time: from genai_prices' own data and the customer's price_overrides.csv.

Written from the rules in DECISIONS.md and orchestration/prices/README.md, not from the code that flattens a book.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from typing import Any

from genai_prices.data import providers as known_providers
from genai_prices.types import ModelInfo, Provider, TieredPrices

from tests.end_to_end.recompute_reading import Record

PARTS = ("input_cost", "cache_read_cost", "cache_write_cost", "output_cost", "tool_cost", "charged_cost")
CONTEXT = (
    "uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
    "input_audio_tokens", "input_image_tokens",
)  # fmt: skip
# A class is charged at its own price, else at that of what it is a part of.
_PRICE_KEYS = {
    "uncached_input_tokens": ("input_cost", "input_mtok"),
    "input_audio_tokens": ("input_cost", "input_audio_mtok", "input_mtok"),
    "input_image_tokens": ("input_cost", "input_image_mtok", "input_mtok"),
    "cache_read_tokens": ("cache_read_cost", "cache_read_mtok", "input_mtok"),
    "cache_write_5m_tokens": ("cache_write_cost", "cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_1h_tokens": ("cache_write_cost", "cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "output_tokens": ("output_cost", "output_mtok"),
    "reasoning_tokens": ("output_cost", "output_reasoning_mtok", "output_mtok"),
    "output_audio_tokens": ("output_cost", "output_audio_mtok", "output_mtok"),
    "output_image_tokens": ("output_cost", "output_image_mtok", "output_mtok"),
}
_SELLERS = {"bedrock": "aws", "gemini": "google"}


@dataclass(frozen=True)
class Quote:
    """What a model is called, and the parts of one event's cost; None when nobody prices it."""

    provider: str
    model: str
    costs: dict[str, Decimal] | None


class PackagePrices:
    """Quotes from the price package, unless `overrides` (the rows of price_overrides.csv) hold at that moment."""

    def __init__(self, overrides: Sequence[dict[str, str]]) -> None:
        self._overrides = overrides

    def quote(self, record: Record, at: datetime, tier: str) -> Quote:
        """For an event that counts at the moment `at` and was served in `tier`."""
        told = record.said.get("provider", ""), record.said.get("model", "")
        listed = _listed(*told, at, tier, self._overrides)
        return Quote(listed.provider, listed.model, costs(record, tier, lambda: _list_costs(record, listed)))


def costs(record: Record, tier: str, listed: Callable[[], dict[str, Decimal] | None]) -> dict[str, Decimal] | None:
    """The parts of one event's cost: the provider's own charge, else the listed ones.

    A hit of the gateway's cache and a failed row of a batch cost nothing.
    """
    zero = dict.fromkeys(PARTS, Decimal(0))
    if not record.billable or (tier == "batch" and record.failed):
        return zero
    if record.charge is not None:
        return {**zero, "charged_cost": record.charge}
    return listed()


def holds(row: Mapping[str, str], day: date) -> bool:
    """Whether a dated row is in force. Empty dates are open; the last one no longer counts."""
    return (row["valid_from"] or "0001-01-01") <= day.isoformat() < (row["valid_to"] or "9999-12-31")


@dataclass(frozen=True)
class _Listed:
    """What a model is called, and its quoted prices at a moment; None for a model nobody prices."""

    provider: str
    model: str
    prices: dict[str, Decimal | TieredPrices] | None
    halved: bool


def _list_costs(record: Record, listed: _Listed) -> dict[str, Decimal] | None:
    if listed.prices is None:
        return None
    context = sum(record.tokens[name] for name in CONTEXT)
    parts = dict.fromkeys(PARTS, Decimal(0))
    for name, (part, *keys) in _PRICE_KEYS.items():
        if not record.tokens[name]:
            continue
        price = next((listed.prices[key] for key in keys if key in listed.prices), None)
        if price is None:
            return None
        parts[part] += record.tokens[name] * _per_unit(price, context, 6, halved=listed.halved)
    if record.searches:
        if "web_searches_kcount" not in listed.prices:
            return None
        parts["tool_cost"] += record.searches * _per_unit(listed.prices["web_searches_kcount"], context, 3)
    if "requests_kcount" in listed.prices:
        parts["tool_cost"] += _per_unit(listed.prices["requests_kcount"], context, 3)
    return parts


def _per_unit(price: Decimal | TieredPrices, context: int, power: int, *, halved: bool = False) -> Decimal:
    """USD for one unit. A tier holds for the whole request once its input is more than the tier's start."""
    if isinstance(price, TieredPrices):
        reached = [tier.price for tier in sorted(price.tiers, key=lambda tier: tier.start) if context > tier.start]
        price = reached[-1] if reached else price.base
    quoted: Decimal = (price / 2 if halved else price).quantize(Decimal("1e-12"), rounding=ROUND_HALF_EVEN)
    return quoted.scaleb(-power)


def _listed(provider: str, model: str, at: datetime, tier: str, overrides: Sequence[dict[str, str]]) -> _Listed:
    seller = _SELLERS.get(provider, provider)
    name = model.removeprefix(f"{provider}/")
    own = [row for row in overrides if (row["provider"], row["model"].lower()) == (seller, name.lower())]
    row = next((row for row in own if holds(row, at.astimezone(UTC).date())), None)
    if row is not None:
        columns = {
            "input_mtok": "input_mtok", "output_mtok": "output_mtok", "cache_read_mtok": "cache_read_mtok",
            "cache_write_5m_mtok": "cache_write_mtok", "cache_write_1h_mtok": "cache_write_1h_mtok",
            "web_search_kcount": "web_searches_kcount",
        }  # fmt: skip
        prices: dict[str, Any] = {key: Decimal(row[column]) for column, key in columns.items() if row[column]}
        if row["request_fee"]:
            prices["requests_kcount"] = Decimal(row["request_fee"]) * 1000
        return _Listed(seller, name, prices, tier == "batch")
    found = _find(seller, name)
    if found is None:
        return _Listed(seller if own else provider, name if own else model, {} if own else None, False)
    words = {"batch": {"processing": "batch"}}.get(tier, {"service_tier": tier} if tier != "standard" else {})
    apart = any(
        (variant.constraint is None or variant.constraint.active(at)) and variant.when.items() <= words.items()
        for variant in found.price_variants or ()
    )
    quoted = found.get_prices(at, words if apart else None)
    known = {key: value for key, value in quoted.__dict__.items() if value is not None}
    return _Listed(seller, name if own else found.id, known, tier == "batch" and not apart)


@cache
def _find(seller: str, model: str) -> ModelInfo | None:
    named: dict[str, Provider] = {provider.id: provider for provider in known_providers}
    return named[seller].find_model(model, all_providers=known_providers) if seller in named else None
