"""An explanation in words that a controller understands, line by line."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.table import Table

from orchestration.closing.overview import ClosedMonth
from orchestration.console import escaped, out
from orchestration.explaining.explain import Explanation
from orchestration.explaining.lines import Line, percent, premium_share
from orchestration.reference.currencies import PRICE_CURRENCY
from reports.currency import exact

Entry = tuple[str, str]

_MATCHED = {
    "override": "the name stands in price_overrides.csv",
    "provider+model": "the provider's own list has this very name",
    "alias": "found as another name of it: a dated id, a region, or the maker's price for a reseller",
    "model": "no provider was given; the model's name tells it",
    "unknown": "nothing known is called so",
}
_TIER_RULES = {
    "own": "a price of its own",
    "half": "no price of its own: tokens at half of standard",
    "standard": "no price of its own: as standard",
}
_OPEN = 9_223_372_036_854_775_807
_DAY = 86_400


def print_explanation(found: Explanation) -> None:
    """Which event, how it was read and priced, and its amounts line by line."""
    console = out()
    console.print(f"Event {found.event['event_id']} of {found.event['source']}", markup=False)
    for entries in (reading(found), amounts(found)):
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for name, text in entries:
            table.add_row(escaped(name), escaped(text))
        console.print()
        console.print(table)


def reading(found: Explanation) -> Iterator[Entry]:
    """Where the event comes from, whose it is, and which price holds for it."""
    event = found.event
    for row in found.rows:
        lines = f", line {', '.join(map(str, row.lines))}" if row.lines else ""
        yield ("Delivered", f"{row.path}{lines}: {_moment(row.at)}, landed {row.landed_at[:19]}")
    if event["records"] > 1:
        yield ("Counted", f"once, of {event['records']} rows: {_which_row(found)}")
    if event["role"] == "control":
        yield ("Counted", "not at all: the source only controls what another one counts")
    yield ("Day", f"{event['usage_date']} in {found.timezone}; {found.day_state}")
    if found.closed is not None:
        yield ("Month", _closed(found.closed))
    yield ("Department", (event["department"] or "untagged") + _more(event["cost_centre"], " ({})"))
    yield from _model(found)
    known = _more((found.book_known_at or "")[:16].replace("T", " "), ", known here since {} UTC")
    yield ("Price book", found.book + known)
    yield from _price(found)


def _which_row(found: Explanation) -> str:
    """Of several rows of one source they are put together; one that another source mirrors wins whole."""
    source = found.event["source"]
    own = sum(row.source == source for row in found.rows)
    if own == len(found.rows):
        return "time of the earliest, figures of the largest"
    return f"what {source} says" + (", time of the earliest, figures of the largest" if own > 1 else "")


def _closed(month: ClosedMonth) -> str:
    """That what was issued stands, whatever is explained here."""
    known = "; the month is known as it was issued"
    if month.lines:
        known = (
            f"; the month is known otherwise since, by {_signed(month.known_since)}: "
            f"tallyhouse restate {month.month:%Y-%m} --plan"
        )
    return f"{month.month:%B %Y} is closed: what was issued as {month.statement} stands{known}"


def _model(found: Explanation) -> Iterator[Entry]:
    event = found.event
    named = (event["raw_model"] or "no model") + _more(event["raw_provider"], " at {}")
    if event["has_no_price"]:
        return
    yield ("Model", f"{named} → {event['price_id'] or 'no price'}: {_MATCHED[event['resolution'] or 'unknown']}")
    if event["unpriced_reason"] and found.hint:
        yield ("Nearest", found.hint)


def _price(found: Explanation) -> Iterator[Entry]:
    event = found.event
    if event["is_charged"] or event["band_valid_from"] is None:
        return
    rule = "" if event["service_tier"] == "standard" else f": {_TIER_RULES[event['band_tier_rule']]}"
    yield ("Service tier", event["service_tier"] + rule)
    since, until = event["band_valid_from"], event["band_valid_to"]
    start = "from the beginning" if since.year == 1 else f"from {since:%Y-%m-%d}"
    end = "until further notice" if until.year == 9999 else f"until before {until:%Y-%m-%d}"
    window = ""
    if (event["band_day_from"], event["band_day_to"]) != (0, _DAY):
        window = f", {_clock(event['band_day_from'])} to {_clock(event['band_day_to'])}"
    yield ("Price holds", f"{start} {end}{window} (UTC); {_origin(found)}")
    upper = event["band_context_to"]
    if upper != _OPEN:
        span = f"of {event['band_context_from']:,} to {upper - 1:,} tokens"
    else:
        span = f"of {event['band_context_from']:,} tokens and more" if event["band_context_from"] else "of any size"
    if event["tier_rule"] == "aggregate":
        said = "unknown, since the row sums several requests: the base price"
    elif event["aggregate_context"] is not None:
        said = f"{event['aggregate_context']} tokens and more, by the report's own bucket: the price for input {span}"
    else:
        said = f"{event['context_tokens']:,} tokens of input, cache included: the price for input {span}"
    yield ("Context", said)
    yield from _region(event)


def _region(event: Mapping[str, Any]) -> Iterator[Entry]:
    """Where the model ran, and what its price says of that."""
    if not event["inference_region"]:
        return
    share = premium_share(event)
    if share is None:
        said = "no premium in the price"
    else:
        said = f"{percent(share)} on tokens" + _more(event["band_premium_note"], " ({})")
    yield ("Region of inference", f"{event['inference_region']}: {said}")


def _origin(found: Explanation) -> str:
    event = found.event
    if event["band_origin"] != "override":
        # The book's label has the package's version too.
        named = re.search(rf"{re.escape(event['band_origin'])} [\w.]+", found.book)
        where = named.group() if named else str(event["band_origin"])
    elif found.override_line:
        where = f"price_overrides.csv, line {found.override_line}"
    else:
        where = "price_overrides.csv, as it was then"
    return where + _more(event["band_note"], ": {}") + _more(event["band_known_on"], ", checked on {}")


def amounts(found: Explanation) -> Iterator[Entry]:
    """Each class with its rate, then list cost, discounts and result; amounts are exact, prices in the price book's
    currency."""
    event = found.event
    for line in found.lines:
        yield _line(line)
    if event["unpriced_reason"]:
        yield ("Not priced", f"{event['unpriced_reason']}; it is in no amount")
        yield from _estimate(event)
        return
    if event["has_no_price"]:
        yield ("Nothing to price", "it names no model and no tokens")
    elif not event["is_billable"]:
        yield ("Not billed", "answered from the gateway's own cache, or failed in a batch")
    elif event["is_charged"]:
        yield ("Basis", "the provider's own charge, so no price is looked up and no discount taken")
    yield from _conversion(found)
    yield ("List cost", _money(event["list_cost"]))
    for step in found.steps:
        yield (step.kind.capitalize(), f"{step.discount_id}: {step.how} = {_money(step.amount)}, leaves "
                     f"{_money(step.left)}" + _more(step.source, " ({})"))  # fmt: skip
    yield ("Effective cost", _money(event["effective_cost"]))
    yield from _estimate(event)


def _conversion(found: Explanation) -> Iterator[Entry]:
    """Prices in one currency, figures in another: the day's rate, and each part at it."""
    event, rate = found.event, found.rate
    if rate is None:
        return
    one = f"1 {event['price_currency']} = {rate.rate} {event['currency']}"
    yield ("Exchange rate", f"{one}, of {rate.rate_date}" + _more(rate.source, ": {}"))
    for item in found.converted:
        name = item.part.replace("_", " ").capitalize()
        price = exact(item.amount, event["price_currency"])
        yield (f"{name} converted", f"{price} × {rate.rate} = {_money(item.converted)}")


def _estimate(event: Any) -> Iterator[Entry]:
    if event["estimated_cost"] is not None:
        yield ("Estimate", f"{_money(event['estimated_cost'])}, by the gateway or client; for comparison only")


def _line(line: Line) -> Entry:
    if line.part == "charged_cost":
        return (line.what, _price_money(line.amount))
    if line.rate is not None and line.share_of is not None:
        of = _price_money(line.share_of)
        return (line.what, f"{percent(line.rate)} of {of} for tokens = {_price_money(line.amount)}")
    if line.rate is None:
        return (line.what, f"{line.count:,}, for which there is no price")
    quoted = {1: "each", 1000: "a thousand", 10**6: "a million"}[line.quoted_for]
    rate = f"{line.count:,} at {_price_money(line.rate * line.quoted_for)} {quoted}"
    return (line.what, rate if line.amount is None else f"{rate} = {_price_money(line.amount)}")


def _more(value: object, form: str) -> str:
    return form.format(value) if value else ""


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}"


def _money(value: Decimal | None) -> str:
    return "unknown" if value is None else exact(value)


def _signed(value: Decimal | None) -> str:
    return ("+" if value and value > 0 else "") + _money(value)


def _price_money(value: Decimal | None) -> str:
    return "unknown" if value is None else exact(value, PRICE_CURRENCY)
