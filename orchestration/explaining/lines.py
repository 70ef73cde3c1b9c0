"""What was counted, at which rate, and what it comes to; the lines of a part must add up to the part exactly."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from orchestration.errors import TallyhouseError
from orchestration.prices.discounts import Step
from orchestration.prices.regions import ANY
from orchestration.reference.fx import at_rate
from reports.currency import exact

ZERO = Decimal(0)
_LAST_DECIMAL = Decimal("1e-18")
# Column of the count: what it is called, the part of the cost that it belongs to, and how many a price is quoted for.
COUNTED: Mapping[str, tuple[str, str, int]] = {
    "uncached_input_tokens": ("Input tokens", "input_cost", 10**6),
    "input_audio_tokens": ("Input audio tokens", "input_cost", 10**6),
    "input_image_tokens": ("Input image tokens", "input_cost", 10**6),
    "input_video_tokens": ("Input video tokens", "input_cost", 10**6),
    "audio_seconds": ("Seconds of audio", "input_cost", 1),
    "input_characters": ("Input characters", "input_cost", 10**6),
    "document_pages": ("Document pages", "input_cost", 1000),
    "annotated_document_pages": ("Annotated document pages", "input_cost", 1000),
    "text_messages": ("Text messages", "input_cost", 1000),
    "cache_read_tokens": ("Tokens read from the cache", "cache_read_cost", 10**6),
    "cache_read_audio_tokens": ("Audio tokens read from the cache", "cache_read_cost", 10**6),
    "cache_read_image_tokens": ("Image tokens read from the cache", "cache_read_cost", 10**6),
    "cache_write_5m_tokens": ("Tokens written to the cache, 5 minutes", "cache_write_cost", 10**6),
    "cache_write_1h_tokens": ("Tokens written to the cache, 1 hour", "cache_write_cost", 10**6),
    "output_tokens": ("Output tokens", "output_cost", 10**6),
    "reasoning_tokens": ("Reasoning tokens", "output_cost", 10**6),
    "output_audio_tokens": ("Output audio tokens", "output_cost", 10**6),
    "output_image_tokens": ("Output image tokens", "output_cost", 10**6),
    "output_video_tokens": ("Output video tokens", "output_cost", 10**6),
    "citation_tokens": ("Citation tokens", "output_cost", 10**6),
    "images": ("Images", "output_cost", 1),
    "web_search_calls": ("Web searches", "tool_cost", 1000),
    "storage_search_calls": ("Searches of stored files", "tool_cost", 1000),
    "requests": ("Requests", "tool_cost", 1),
}
TOKEN_PARTS = ("input_cost", "cache_read_cost", "cache_write_cost", "output_cost")
PARTS = (*TOKEN_PARTS, "region_cost", "tool_cost", "charged_cost")


@dataclass(frozen=True)
class Line:
    """`count` × `rate` (for one) = `amount`, in the price book's currency; NULL where nothing is known of the price.

    `quoted_for`: how many a price list quotes a price for. `share_of`: where it is given, `amount` is the share `rate`
    of this amount, rounded half up at the 18th decimal, and nothing was counted.
    """

    what: str
    part: str
    count: int
    rate: Decimal | None
    amount: Decimal | None
    quoted_for: int = 1
    share_of: Decimal | None = None


@dataclass(frozen=True)
class ConvertedPart:
    """One part of the cost in the price book's currency, and in the reporting currency at the day's rate."""

    part: str
    amount: Decimal
    converted: Decimal


@dataclass(frozen=True)
class StepLine:
    """A markup (above 0) or a discount (below 0), and what was left after it."""

    discount_id: str
    kind: str
    how: str
    amount: Decimal
    left: Decimal
    source: str


def rate_column(counted: str) -> str:
    """The price book's rate for a counted column."""
    for ending in ("_tokens", "_calls"):
        if counted.endswith(ending):
            return counted.removesuffix(ending) + "_rate"
    return counted.removesuffix("s") + "_rate"


def cost_lines(event: Mapping[str, Any]) -> list[Line]:
    """A line for everything that was counted, or for the provider's own charge. `event`: a row of int_usage_priced."""
    if event["is_charged"] and event["is_billable"]:
        amount = event["reported_cost"]
        return [Line("Charged by the provider itself", "charged_cost", event["requests"], None, amount)]
    lines = []
    for name, (what, part, quoted_for) in COUNTED.items():
        count, rate = int(event[name]), event[rate_column(name)]
        if count == 0 or (name == "requests" and not rate):
            continue
        if name == "audio_seconds" and event["billed_audio_seconds"] > count:
            what, count = f"{what} billed ({count:,} heard)", int(event["billed_audio_seconds"])
        known = event["unpriced_reason"] is None and event["is_billable"] and rate is not None
        lines.append(Line(what, part, count, rate, _times(count, rate) if known else None, quoted_for))
    return [*lines, *_premium(event, lines)]


def premium_share(event: Mapping[str, Any]) -> Decimal | None:
    """What the price adds to tokens where this event ran; None where it names no premium for that."""
    region, held = event["inference_region"], event["band_premium_region"]
    return event["band_region_premium"] if region and held in (ANY, region) else None


def _premium(event: Mapping[str, Any], lines: Sequence[Line]) -> Iterator[Line]:
    share = premium_share(event)
    if share is None or event["unpriced_reason"] is not None or not event["is_billable"]:
        return
    tokens = _sum([line.amount or ZERO for line in lines if line.part in TOKEN_PARTS])
    with localcontext(prec=60):
        amount = (tokens * share).quantize(_LAST_DECIMAL, rounding=ROUND_HALF_UP)
    what = f"Premium for inference in {event['inference_region']}"
    yield Line(what, "region_cost", 0, share, amount, share_of=tokens)


def converted_parts(event: Mapping[str, Any], lines: Sequence[Line]) -> list[ConvertedPart]:
    """What each part that costs something is in the reporting currency; none where prices are in it already."""
    if event["currency"] == event["price_currency"] or event["unpriced_reason"] is not None:
        return []
    sums = {part: _sum([line.amount or ZERO for line in lines if line.part == part]) for part in PARTS}
    return [ConvertedPart(part, amount, at_rate(amount, event["fx_rate"])) for part, amount in sums.items() if amount]


def step_lines(event: Mapping[str, Any], steps: Sequence[Step]) -> list[StepLine]:
    """The markups and discounts that were taken, in their order."""
    left = event["list_cost"]
    lines = []
    for number, step in enumerate(steps, start=1):
        amount = event[f"step_{number}"]
        if event["unpriced_reason"] is not None or amount == 0:
            continue
        before, left = left, left + amount
        if step.factor is not None:
            how = f"{percent(Decimal(step.factor))} of {exact(before)}"
        elif step.unit == "mtok":
            how = f"{exact(Decimal(step.rate or 0) * 10**6)} for a million tokens"
        else:
            how = f"{exact(Decimal(step.rate or 0))} for each request"
        lines.append(StepLine(step.discount_id, step.kind, how, amount, left, step.source))
    return lines


def check(event: Mapping[str, Any], lines: Sequence[Line], steps: Sequence[StepLine]) -> None:
    """Raise unless lines add up to the parts, those to the list cost, and it with the steps to the effective cost."""
    sums: dict[str, Decimal | None]
    if event["unpriced_reason"] is not None:
        sums = {name: None for name in (*PARTS, "list_cost", "markup_cost", "discount_cost", "effective_cost")}
    else:
        parts = {part: _sum([line.amount or ZERO for line in lines if line.part == part]) for part in PARTS}
        if event["currency"] != event["price_currency"]:
            parts = {part: at_rate(amount, event["fx_rate"]) for part, amount in parts.items()}
        sums = {**parts, "list_cost": _sum(list(parts.values()))}
        sums["markup_cost"] = _sum([step.amount for step in steps if step.kind == "markup"])
        sums["discount_cost"] = _sum([step.amount for step in steps if step.kind == "discount"])
        sums["effective_cost"] = _sum([*parts.values(), *(step.amount for step in steps)])
    for name, value in sums.items():
        if event[name] != value:
            raise TallyhouseError(
                f"The lines of {event['event_id']} come to {value} for {name}, and the marts say {event[name]}.",
                "This is a fault of Tallyhouse: please report it with the output of --json.",
            )


def _times(count: int, rate: Decimal) -> Decimal:
    with localcontext(prec=60):
        return count * rate


def _sum(amounts: Sequence[Decimal]) -> Decimal:
    with localcontext(prec=60):
        return sum(amounts, ZERO)


def percent(share: Decimal) -> str:
    """A share as people read it: 0.125 is 12.5 %."""
    text = f"{share * 100:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + " %"
