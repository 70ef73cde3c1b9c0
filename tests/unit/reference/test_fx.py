"""Rates by date, and an amount turned into the reporting currency."""

from datetime import date
from decimal import Decimal

import pytest

from orchestration.reference import Converted, FxRate, NoRateError, Rates
from orchestration.reference.fx import at_rate

RATES = Rates(
    [
        FxRate("USD", date(2026, 11, 20), Decimal("0.91"), "ECB"),
        FxRate("GBP", date(2026, 11, 5), Decimal("1.15"), "Bank"),
        FxRate("USD", date(2026, 11, 2), Decimal("0.9"), "ECB"),
    ],
    "EUR",
)


@pytest.mark.parametrize(("day", "rate"), [(2, "0.9"), (19, "0.9"), (20, "0.91"), (30, "0.91")])
def test_a_rate_holds_from_its_date_until_the_next_of_its_currency(day: int, rate: str) -> None:
    assert RATES.on("USD", date(2026, 11, day)).rate == Decimal(rate)


def test_an_amount_carries_its_rate_and_the_rates_date() -> None:
    when = date(2026, 11, 19)
    assert RATES.convert(Decimal("-120.00"), "GBP", when) == Converted(
        Decimal("-138.00"), Decimal("1.15"), date(2026, 11, 5)
    )
    assert RATES.convert(Decimal("7.5"), "EUR", when) == Converted(Decimal("7.5"), Decimal(1), None)


@pytest.mark.parametrize(("code", "day"), [("USD", 1), ("GBP", 4), ("CHF", 20)])
def test_a_day_before_the_first_rate_has_none(code: str, day: int) -> None:
    with pytest.raises(NoRateError, match=f"no rate of {code} on 2026-11-0?{day}, and figures are in EUR"):
        RATES.convert(Decimal(1), code, date(2026, 11, day))


def test_half_of_the_last_digit_is_rounded_away_from_zero() -> None:
    smallest = Decimal("0.000000000000000001")
    assert at_rate(smallest, Decimal("0.5")) == smallest
    assert at_rate(-smallest, Decimal("0.5")) == -smallest
    assert at_rate(3 * smallest, Decimal("0.5")) == 2 * smallest
    assert at_rate(smallest, Decimal("0.499999999999")) == 0
