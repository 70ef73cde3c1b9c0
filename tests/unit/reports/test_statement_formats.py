"""Rounding and printing of numbers."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import formats
from reports.formats import CENT, apportion, rounded
from reports.messages import words

D = Decimal

AMOUNTS = st.lists(st.decimals(-10_000_000, 10_000_000, places=9), min_size=1, max_size=60)


@given(AMOUNTS)
def test_apportioned_lines_sum_exactly_and_move_by_less_than_a_cent(values: list[D]) -> None:
    total = rounded(sum(values, D(0)), CENT)
    lines = apportion(values, total, CENT)
    assert sum(lines, D(0)) == total
    assert all(abs(line - value) < CENT for line, value in zip(lines, values, strict=True))


def test_the_largest_remainder_gets_the_missing_cent() -> None:
    assert apportion([D("0.333"), D("0.333"), D("0.334")], D("1.00"), CENT) == [D("0.33"), D("0.33"), D("0.34")]
    assert apportion([D("0.005"), D("0.005")], D("0.01"), CENT) == [D("0.01"), D("0.00")]
    assert apportion([D("-0.333"), D("-0.667")], D("-1.00"), CENT) == [D("-0.33"), D("-0.67")]


@pytest.mark.parametrize(
    ("exact", "cents"),
    [("0.005", "0.01"), ("0.015", "0.02"), ("0.025", "0.03"), ("1.005", "1.01"), ("2.675", "2.68"), ("-0.005", "-0.01"),
     ("-0.025", "-0.03"), ("0.004999999999999999", "0.00"), ("0.005000000000000001", "0.01"), ("999.995", "1000.00"),
     ("9999999999.995", "10000000000.00")],
)  # fmt: skip
def test_half_a_cent_goes_away_from_zero_in_print_in_messages_and_in_the_charges_sql(exact: str, cents: str) -> None:
    import duckdb

    value, wanted = D(exact), D(cents)
    assert rounded(value, CENT) == wanted
    assert duckdb.execute("select round(cast(? as decimal(38, 18)), 2)", [value]).fetchone() == (wanted,)
    if abs(value) >= CENT:
        assert words.money(value).replace(",", "").replace("$", "") == cents


def test_a_total_out_of_reach_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be rounded"):
        apportion([D("1.00")], D("3.00"), CENT)


@pytest.mark.parametrize(
    ("value", "printed"),
    [(0, "0"), (999, "999"), (1000, "1.0k"), (999_949, "999.9k"), (999_950, "1.0M"), (33_700_000_000, "33.7B"),
     (1_234_000_000_000_000, "1,234.0T"), (-1500, "\N{MINUS SIGN}1.5k")],
)  # fmt: skip
def test_short_counts_keep_one_decimal_and_change_unit_before_four_figures(value: int, printed: str) -> None:
    assert formats.short(value) == printed


def test_money_prints_the_precision_it_carries() -> None:
    assert formats.money(D("12345678")) == "$12,345,678"
    assert formats.money(D("-0.50")) == "\N{MINUS SIGN}$0.50"
    assert formats.change(D("0")) == "0"
    assert formats.change(D("1043")) == "+1,043"


def test_half_a_cent_rounds_away_from_zero() -> None:
    assert rounded(D("0.005"), CENT) == D("0.01")
    assert rounded(D("-0.005"), CENT) == D("-0.01")


def test_share_without_a_whole_is_a_dash() -> None:
    assert formats.share(D(1), D(0)) == formats.NONE
    assert formats.share(D("0.9296"), D(1), 1) == "93.0%"


@pytest.mark.parametrize(
    ("part", "printed"),
    [("0", "0%"), ("0.001", "<1%"), ("99.4", "99%"), ("99.6", ">99%"), ("100", "100%"), ("100.2", ">100%"),
     ("100.5", "101%"), ("250000", ">999%"), ("-3", "\N{MINUS SIGN}3%")],
)  # fmt: skip
def test_a_share_is_not_rounded_over_the_edge(part: str, printed: str) -> None:
    assert formats.share(D(part), D(100)) == printed


def test_unit_price_keeps_cheap_tokens_visible() -> None:
    assert formats.unit_price(D("1.37"), 1_000_000) == D("1.37")
    assert formats.unit_price(D("0.0123"), 1_000_000) == D("0.0123")
    assert formats.unit_price(D(1), 0) is None


def test_dates_are_english_in_any_locale() -> None:
    assert formats.full_day(date(2026, 9, 1)) == "1 September 2026"
    assert formats.span(date(2026, 9, 1), date(2026, 9, 14)) == "1\N{EN DASH}14 September"
