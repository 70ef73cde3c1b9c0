"""The customer's own prices, as they are written; orchestration/prices makes bands of them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.reference.cells import Kind, day, name, number, text
from orchestration.reference.table import Column, Table, validity


@dataclass(frozen=True)
class PriceOverride:
    """One row. Prices are USD per million tokens, per request and per thousand searches; None: blank."""

    provider: str
    model: str
    valid_from: date
    valid_to: date
    input_mtok: Decimal
    output_mtok: Decimal
    cache_read_mtok: Decimal | None
    cache_write_5m_mtok: Decimal | None
    cache_write_1h_mtok: Decimal | None
    request_fee: Decimal | None
    web_search_kcount: Decimal | None
    source: str
    checked_on: date | None
    note: str


def _price(digits: int = 10, *, required: bool = False) -> Kind:
    """As many digits as still fit DECIMAL(22,18) for one unit."""
    return number(decimals=12, digits=digits, required=required)


def _provider() -> Kind:
    filled = name()

    def read(value: str) -> str:
        if "/" in value:
            raise ValueError(value)
        return str(filled.read(value))

    return Kind(read, "a provider's name without a slash; it cannot be empty")


PRICE_OVERRIDES = Table(
    name="price_overrides",
    title="prices that win over the built-in list",
    about=(
        "US dollars. For a negotiated price, and for models of your own. Dates are days in UTC. An empty price takes "
        "that of its parent in the row (a cache price the input price); an explicit 0 is free. Prices of days that are "
        "built already do not move."
    ),
    columns=(
        Column("provider", _provider(), "as in the logs, such as openai"),
        Column("model", name(), "as in the logs; capitals make no difference"),
        *validity(),
        Column("input_mtok", _price(required=True), "a million uncached input tokens"),
        Column("output_mtok", _price(required=True), "a million output tokens"),
        Column("cache_read_mtok", _price(), "a million tokens read from the cache"),
        Column("cache_write_5m_mtok", _price(), "a million tokens written to the cache for five minutes"),
        Column("cache_write_1h_mtok", _price(), "a million tokens written to the cache for an hour"),
        Column("request_fee", _price(4), "one request"),
        Column("web_search_kcount", _price(7), "a thousand web searches"),
        Column("source", text(), "the contract or list that says so"),
        Column("checked_on", day(), "the day on which somebody looked"),
        Column("note", text(), "anything else"),
    ),
    record=PriceOverride,
    key=(),
    examples=("internal,our-model-13b,2026-01-01,,0.60,1.80,,,,,,Internal price list,2026-01-01,Own machines",),
)
