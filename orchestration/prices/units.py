"""Which price key pays for which of our token classes and units.

Chains run from the class's own key to its ancestors, nearest first: a part without a price of its own is part
of its parent and is charged there, which is what genai-prices does when it splits usage into leaves. Of two parents
(audio read from a cache is audio and cached) the package prices either both and the part itself, or one of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from orchestration.prices.bands import Rates, second_rate, unit_rate

_PER_MILLION, _PER_THOUSAND, _PER_ONE = 6, 3, 0

TOKEN_CHAINS: Mapping[str, tuple[str, ...]] = {
    "uncached_input_rate": ("input_mtok",),
    "cache_read_rate": ("cache_read_mtok", "input_mtok"),
    "cache_write_5m_rate": ("cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_1h_rate": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "output_rate": ("output_mtok",),
    "reasoning_rate": ("output_reasoning_mtok", "output_mtok"),
    "input_audio_rate": ("input_audio_mtok", "input_mtok"),
    "output_audio_rate": ("output_audio_mtok", "output_mtok"),
    "input_image_rate": ("input_image_mtok", "input_mtok"),
    "output_image_rate": ("output_image_mtok", "output_mtok"),
    "cache_read_audio_rate": ("cache_audio_read_mtok", "cache_read_mtok", "input_audio_mtok", "input_mtok"),
    "cache_read_image_rate": ("cache_image_read_mtok", "cache_read_mtok", "input_image_mtok", "input_mtok"),
    "input_video_rate": ("input_video_mtok", "input_mtok"),
    "output_video_rate": ("output_video_mtok", "output_mtok"),
    "citation_rate": ("output_citation_mtok", "output_mtok"),
}


@dataclass(frozen=True)
class Unit:
    """A unit that stands outside tokens: its chain of keys, and USD for one of it from the price as it is quoted."""

    keys: tuple[str, ...]
    rate: Callable[[Decimal], Decimal]


def _million(price: Decimal) -> Decimal:
    return unit_rate(price, _PER_MILLION)


def _thousand(price: Decimal) -> Decimal:
    return unit_rate(price, _PER_THOUSAND)


def _one(price: Decimal) -> Decimal:
    return unit_rate(price, _PER_ONE)


WEB_SEARCH_KEY = "web_searches_kcount"
REQUEST_KEY = "requests_kcount"
IMAGE_KEY = "image_each"
"""USD for one image. Only price_overrides.csv has it: genai-prices knows images as tokens alone."""

UNIT_CHAINS: Mapping[str, Unit] = {
    "web_search_rate": Unit((WEB_SEARCH_KEY,), _thousand),
    "storage_search_rate": Unit(("storage_searches_kcount",), _thousand),
    "audio_second_rate": Unit(("input_audio_hours", "audio_hours"), second_rate),
    "input_character_rate": Unit(("input_mchars",), _million),
    "document_page_rate": Unit(("input_document_kpages",), _thousand),
    "annotated_document_page_rate": Unit(("input_annotated_document_kpages", "input_document_kpages"), _thousand),
    "text_message_rate": Unit(("input_text_messages_kcount",), _thousand),
    "image_rate": Unit((IMAGE_KEY,), _one),
}
KNOWN_KEYS = (
    frozenset(key for chain in TOKEN_CHAINS.values() for key in chain)
    | frozenset(key for unit in UNIT_CHAINS.values() for key in unit.keys)
    | {REQUEST_KEY}
)

NO_RATES: Rates = (None,) * (len(TOKEN_CHAINS) + len(UNIT_CHAINS) + 1)


def resolve_rates(quote: Callable[[str], Decimal | None], *, half: bool, request_fee: Decimal | None = None) -> Rates:
    """Rates from prices as they are quoted: for a million tokens, a thousand searches, an hour of audio …

    `half` halves tokens only: tools, other units and request fees stand outside tokens. `request_fee` (USD for one
    request) replaces the quoted fee; a price with neither has no fee, which is a rate of 0.
    """
    rates: list[Decimal | None] = []
    for chain in TOKEN_CHAINS.values():
        price = _nearest(quote, chain)
        rates.append(None if price is None else unit_rate(price, _PER_MILLION, half=half))
    for unit in UNIT_CHAINS.values():
        price = _nearest(quote, unit.keys)
        rates.append(None if price is None else unit.rate(price))
    fee = quote(REQUEST_KEY)
    if request_fee is not None:
        rates.append(_one(request_fee))
    else:
        rates.append(Decimal(0) if fee is None else _thousand(fee))
    return tuple(rates)


def _nearest(quote: Callable[[str], Decimal | None], chain: tuple[str, ...]) -> Decimal | None:
    return next((found for key in chain if (found := quote(key)) is not None), None)
