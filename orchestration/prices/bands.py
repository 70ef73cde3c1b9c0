"""A band: one price over a span of days, a window of the day and a span of context, for one service tier."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

FIRST_DAY, LAST_DAY = date.min, date.max
"""Open ends: LAST_DAY is exclusive and stands for "until further notice"."""
DAY_SECONDS = 86_400
CONTEXT_END = 2**63 - 1

RATE_COLUMNS = (
    "uncached_input_rate",
    "cache_read_rate",
    "cache_write_5m_rate",
    "cache_write_1h_rate",
    "output_rate",
    "reasoning_rate",
    "input_audio_rate",
    "output_audio_rate",
    "input_image_rate",
    "output_image_rate",
    "cache_read_audio_rate",
    "cache_read_image_rate",
    "input_video_rate",
    "output_video_rate",
    "citation_rate",
    "web_search_rate",
    "storage_search_rate",
    "audio_second_rate",
    "input_character_rate",
    "document_page_rate",
    "annotated_document_page_rate",
    "text_message_rate",
    "image_rate",
    "request_rate",
)
SERVICE_TIERS = ("standard", "batch", "flex", "priority", "fast")

SECONDS_OF_AN_HOUR = 3600

_FINEST = Decimal("1e-12")
_RATE = Decimal("1e-18")

Rates = tuple[Decimal | None, ...]
"""USD for one unit, in the order of RATE_COLUMNS; None: no price, and no parent that has one."""


@dataclass(frozen=True, slots=True)
class Step:
    """Rates of requests whose whole input, cache included, is in `[context_from, context_to)` tokens."""

    context_from: int
    context_to: int
    rates: Rates


Sheet = tuple[Step, ...]
"""A complete price at one moment: steps that cover every context from 0 on."""


@dataclass(frozen=True, slots=True)
class RegionalPremium:
    """A share of what tokens cost, added for inference in `region`; 'any' is any region but the global one.

    `note`: who says so, and when somebody looked.
    """

    share: Decimal
    region: str
    note: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A sheet, and how its service tier came by it (own, half, standard).

    `least_audio_seconds`: how many seconds of audio one request is billed for at least, if it has any.
    `premium`: what tokens cost more where the event names a region of inference.
    """

    tier_rule: str
    note: str
    sheet: Sheet
    least_audio_seconds: int | None = None
    premium: RegionalPremium | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A cell and the rectangle it holds on: UTC days `[valid_from, valid_to)` and seconds of each of those days."""

    valid_from: date
    valid_to: date
    day_from: int
    day_to: int
    cell: Cell


@dataclass(frozen=True, slots=True)
class Tariff:
    """Everything that one price id costs: spans by service tier."""

    price_id: str
    provider: str
    model: str
    spans: Mapping[str, tuple["Priced", ...]]


@dataclass(frozen=True, slots=True)
class Priced:
    """A span with where its figures are from."""

    span: Span
    origin: str
    known_on: date | None


def unit_rate(price: Decimal, per_power: int, *, half: bool = False) -> Decimal:
    """USD for one unit from USD for 10^per_power units; halved first for the batch rule.

    The one place where float noise of the source (0.041666666666666664) goes: the price, as quoted, is
    rounded half-even to 12 decimals; the division by a power of ten is exact.
    """
    quoted = price / 2 if half else price
    return quoted.quantize(_FINEST, rounding=ROUND_HALF_EVEN).scaleb(-per_power)


def second_rate(per_hour: Decimal) -> Decimal:
    """USD for one second from USD for an hour, which 3600 does not always divide: half-even at the 18th decimal.

    So a second is wrong by at most half of 10^-18 USD, and an hour by at most 1.8 * 10^-15 USD.
    """
    quoted = per_hour.quantize(_FINEST, rounding=ROUND_HALF_EVEN)
    with localcontext(prec=60):
        return (quoted / SECONDS_OF_AN_HOUR).quantize(_RATE, rounding=ROUND_HALF_EVEN)


def merge_steps(steps: list[Step]) -> Sheet:
    """Join neighbouring steps with the same rates."""
    merged: list[Step] = []
    for step in steps:
        if merged and merged[-1].rates == step.rates:
            merged[-1] = Step(merged[-1].context_from, step.context_to, step.rates)
        else:
            merged.append(step)
    return tuple(merged)
