"""The same cents as genai-prices, event by event, over all its models; what differs has a reason with a name."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from genai_prices.types import ModelPrice, TieredPrices

from tests.support.package_usage import package_usage
from tests.support.pricing import priced_events
from tests.unit.marts.conftest import Small
from tests.unit.pricing.sample import Drawn, draw, sold, tokens_of, untiered

EVENTS, SEED = 10_000, 20_261_121
# After the last price that the package announces.
NOW = datetime(2031, 1, 1, tzinfo=UTC)
COLUMNS = "price_id, tier_rule, unpriced_reason, list_cost, effective_cost"

SAME = "the same to the last digit"
ROUNDED = "a price with float noise, or one for an hour that 3600 does not divide"
HALF = "batch without a price of its own is half of the tokens; the package takes standard"
FAILED = "a failed row of a batch costs nothing"
CHARGED = "the provider's own charge is the cost"
BASE = "a row that sums requests has the base tier, or seconds as heard; the package takes it for one request"
NOTHING = "the package has no price at all and says 0; here it is unpriced"
PART = "the package charges nothing for a part that has no price; here the event is unpriced"
PREFIX = "a prefix that repeats the provider is taken off (perplexity/sonar)"


def explained(drawn: Drawn, ours: Mapping[str, Any]) -> str | None:
    """Why the cost is what it is beside the package's; None: nobody knows."""
    cost: Decimal | None = ours["effective_cost"]
    if drawn.failed and drawn.tier == "batch":
        return FAILED if cost == 0 else None
    if drawn.charge is not None:
        return CHARGED if cost == drawn.charge else None
    reason = SAME
    theirs = drawn.priced_by_the_package()
    if ours["price_id"] == "perplexity/sonar" and drawn.model.id == "perplexity/sonar":
        theirs, reason = drawn.priced_by_the_package(model="sonar"), PREFIX
    price = theirs.model_price
    if cost is None:
        return _unpriced(drawn, price, ours["unpriced_reason"])
    total = theirs.total_price
    if ours["tier_rule"] == "aggregate":
        alone = untiered(price).calc_price(package_usage(drawn.counts))["total_price"]
        reason, total = (reason if alone == total else BASE), alone
    if ours["tier_rule"] == "half" or (ours["tier_rule"] == "aggregate" and _is_halved(drawn, ours)):
        reason, total = HALF, _halved(drawn, untiered(price) if ours["tier_rule"] == "aggregate" else price, total)
    if cost == total:
        return reason
    return ROUNDED if abs(cost - total) <= _rounding(drawn.counts, price) else None


def _unpriced(drawn: Drawn, price: ModelPrice, said: str) -> str | None:
    if all(value is None for value in vars(price).values()):
        return NOTHING if said.startswith("no price for service tier") else None
    part = said.removeprefix("no price for ").replace(" ", "_")
    # Tiers aside, one more of it changes nothing.
    more = {**drawn.counts, part: drawn.counts[part] + 1}
    now, then = (untiered(price).calc_price(package_usage(counts)) for counts in (drawn.counts, more))
    return PART if drawn.counts[part] > 0 and now == then else None


def _is_halved(drawn: Drawn, ours: Mapping[str, Any]) -> bool:
    return drawn.tier == "batch" and ours["band_tier_rule"] == "half"


def _halved(drawn: Drawn, price: ModelPrice, total: Decimal) -> Decimal:
    tokens = price.calc_price(package_usage(tokens_of(drawn.counts)))["total_price"]
    fee = vars(price).get("requests_kcount")
    tokens -= (fee.base if isinstance(fee, TieredPrices) else fee or Decimal(0)) / 1000
    return total - tokens / 2


def _rounding(counts: Mapping[str, int], price: ModelPrice) -> Decimal:
    """The two roundings of a price (orchestration/prices/README.md), times what was counted; 0 where there is none."""
    values = [value for value in vars(price).values() if value is not None]
    quoted = [
        part for v in values for part in ([v.base, *(t.price for t in v.tiers)] if isinstance(v, TieredPrices) else [v])
    ]
    most = Decimal(0)
    if any(part / 2 != round(part / 2, 12) for part in quoted):
        most += Decimal("0.5e-12") / 1_000_000 * sum(counts.values())
    if {"audio_hours", "input_audio_hours"} & vars(price).keys():
        # Groq's least of 10 seconds is billed too; the package's own division has 28 digits.
        most += Decimal("0.5e-18") * max(counts.get("audio_seconds", 0), 10) + Decimal("1e-24")
    return most


def compare(root: Path, events: int) -> tuple[Counter[str], list[Any]]:
    """How many events have which reason, and those that have none."""
    drawn = draw(events, SEED)
    home = Small(root / "home", "sources: {app: {kind: events}}\n")
    home.drop(*(item.line() for item in drawn))
    settings = home.settings.model_copy(update={"now": NOW})
    from orchestration.pipeline import land_files

    landed = land_files(home.home, settings)
    assert (landed.landed, landed.quarantined) == (events, 0)
    ours = priced_events(home.home, settings).rows(f"{COLUMNS}, band_tier_rule")
    assert len(ours) == events
    reasons: Counter[str] = Counter()
    unexplained = []
    for item in drawn:
        reason = explained(item, ours[item.event_id])
        if reason is None:
            unexplained.append((item.line(), ours[item.event_id], item.priced_by_the_package().total_price))
        else:
            reasons[reason] += 1
    return reasons, unexplained


def test_ten_thousand_events_over_all_models_cost_what_the_package_says_or_differ_for_a_known_reason(
    tmp_path: Path,
) -> None:
    assert len(sold()) > 2_000
    reasons, unexplained = compare(tmp_path, EVENTS)
    for reason, count in reasons.most_common():
        print(f"{count:6,}  {reason}")
    assert unexplained == []
    assert reasons[SAME] > EVENTS * 0.7
    assert reasons.keys() == {SAME, ROUNDED, HALF, FAILED, CHARGED, BASE, NOTHING, PART, PREFIX}


def test_a_cost_that_is_off_by_the_last_digit_has_no_reason() -> None:
    event = replace(
        next(item for item in draw(len(sold()), SEED) if item.model.id == "gpt-4o" and item.provider.id == "openai"),
        counts={"uncached_input_tokens": 1000}, failed=False, aggregate=False, charge=None, tier="standard",
    )  # fmt: skip
    ours = {"price_id": "openai/gpt-4o", "tier_rule": "own", "effective_cost": Decimal("0.0025")}
    assert explained(event, ours) == SAME
    assert explained(event, ours | {"effective_cost": Decimal("0.002500000000000001")}) is None
