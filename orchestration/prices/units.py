"""Which price key pays for which of our token classes.

Chains run from the class's own key to its ancestors, nearest first: a part without a price of its own is part
of its parent and is charged there, which is what genai-prices does when it splits usage into leaves.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from orchestration.prices.bands import Rates, unit_rate

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
}
WEB_SEARCH_KEY = "web_searches_kcount"
REQUEST_KEY = "requests_kcount"
KNOWN_KEYS = frozenset(key for chain in TOKEN_CHAINS.values() for key in chain) | {
    WEB_SEARCH_KEY,
    REQUEST_KEY,
}

NO_RATES: Rates = (None,) * (len(TOKEN_CHAINS) + 2)


def resolve_rates(quote: Callable[[str], Decimal | None], *, half: bool, request_fee: Decimal | None = None) -> Rates:
    """Rates from quoted prices: USD per million tokens, per thousand searches and per thousand requests.

    `half` halves tokens only: tools and request fees stand outside tokens. `request_fee` (USD for one
    request) replaces the quoted fee; a price with neither has no fee, which is a rate of 0.
    """
    rates: list[Decimal | None] = []
    for chain in TOKEN_CHAINS.values():
        price = next((found for key in chain if (found := quote(key)) is not None), None)
        rates.append(None if price is None else unit_rate(price, _PER_MILLION, half=half))
    searches = quote(WEB_SEARCH_KEY)
    rates.append(None if searches is None else unit_rate(searches, _PER_THOUSAND))
    fee = quote(REQUEST_KEY)
    if request_fee is not None:
        rates.append(unit_rate(request_fee, _PER_ONE))
    else:
        rates.append(Decimal(0) if fee is None else unit_rate(fee, _PER_THOUSAND))
    return tuple(rates)
