"""The customer's own prices, as they are written; orchestration/prices makes bands of them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.reference.cells import Kind, day, name, number, one_of, text
from orchestration.reference.table import Column, Table, validity


@dataclass(frozen=True)
class PriceOverride:
    """One row. Prices are USD for what its column's text in PRICE_OVERRIDES says; None: blank."""

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
    cache_read_audio_mtok: Decimal | None
    cache_read_image_mtok: Decimal | None
    reasoning_mtok: Decimal | None
    input_audio_mtok: Decimal | None
    output_audio_mtok: Decimal | None
    input_image_mtok: Decimal | None
    output_image_mtok: Decimal | None
    input_video_mtok: Decimal | None
    output_video_mtok: Decimal | None
    citation_mtok: Decimal | None
    storage_search_kcount: Decimal | None
    audio_hour: Decimal | None
    input_mchars: Decimal | None
    document_kpages: Decimal | None
    annotated_document_kpages: Decimal | None
    text_message_kcount: Decimal | None
    image_fee: Decimal | None
    service_tier: str
    region_premium: Decimal | None


def _price(digits: int = 10, *, required: bool = False) -> Kind:
    """As many digits as still fit DECIMAL(22,18) for one unit."""
    return number(decimals=12, digits=digits, required=required)


def _more(name: str, about: str, digits: int = 10) -> Column:
    """A price that older files have no column for."""
    return Column(name, _price(digits), about, may_be_left_out=True, seldom=True)


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
        "US dollars, whatever is reported. For a negotiated price, and for models of your own. Dates are days in UTC. "
        "An empty price takes that of its parent in the row (a cache price the input price); where there is no parent, "
        "as for searches, audio by the hour or images, what it counts has no price then; an explicit 0 is free. A row "
        "for one service tier wins over a row for all of them. Prices of days that are built already do not move."
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
        _more("cache_read_audio_mtok", "a million tokens of audio read from the cache"),
        _more("cache_read_image_mtok", "a million tokens of images read from the cache"),
        _more("reasoning_mtok", "a million tokens of reasoning"),
        _more("input_audio_mtok", "a million tokens of audio input"),
        _more("output_audio_mtok", "a million tokens of audio output"),
        _more("input_image_mtok", "a million tokens of image input"),
        _more("output_image_mtok", "a million tokens of image output"),
        _more("input_video_mtok", "a million tokens of video input"),
        _more("output_video_mtok", "a million tokens of video output"),
        _more("citation_mtok", "a million tokens of citations"),
        _more("storage_search_kcount", "a thousand searches of stored files", 7),
        _more("audio_hour", "an hour of audio, charged by the second", 7),
        _more("input_mchars", "a million characters of input"),
        _more("document_kpages", "a thousand pages of documents", 7),
        _more("annotated_document_kpages", "a thousand pages with annotations", 7),
        _more("text_message_kcount", "a thousand text messages", 7),
        _more("image_fee", "one image", 4),
        Column(
            "service_tier",
            one_of("", "standard", "batch", "flex", "priority", "fast"),
            "only for this tier, as it is written here; empty: for all, batch at half",
            may_be_left_out=True,
            seldom=True,
        ),
        Column(
            "region_premium",
            number(decimals=6, digits=2, required=False),
            "percent more on tokens where the event names a region of inference other than global; empty: none",
            may_be_left_out=True,
            seldom=True,
        ),
    ),
    record=PriceOverride,
    key=(),
    examples=("internal,our-model-13b,2026-01-01,,0.60,1.80,,,,,,Internal price list,2026-01-01,Own machines",),
)
