"""Each cause of a variance, injected with a known size: attributed to the last digit, and nothing to another cause."""

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest

from tests.unit.marts.billing import CAUSES, MONTH, Found, Marts

D = Decimal
TINY = D("0.000000000000000007")


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marts]:
    with closing(Marts(tmp_path_factory.mktemp("marts"))) as marts:
        yield marts


def split(row: dict[str, Any]) -> dict[str, Decimal]:
    """What the variance comes from, without what is zero."""
    return {name: row[name] for name in (*CAUSES, "unexplained") if row[name]}


def verdict(found: Found) -> str:
    return str(found.account()["verdict"])


def on(day: int, cost: str, **more: Any) -> dict[str, Any]:
    date = f"2026-10-{day:02d}"
    return {"usage_date": date, "utc_date": date, "effective_cost": cost, **more}


def reported(day: int, amount: str, **more: Any) -> dict[str, Any]:
    return {"utc_date": f"2026-10-{day:02d}", "amount": amount, **more}


def test_what_is_equal_has_no_variance(marts: Marts) -> None:
    found = marts(usage=[on(5, str(10 + TINY))], report=[reported(5, str(10 + TINY))])
    assert (verdict(found), split(found.account()), found.account()["variance"]) == ("agrees", {}, 0)
    assert found.account()["bill"] == "report"


def test_unpriced_usage_is_what_was_billed_where_nothing_has_a_price(marts: Marts) -> None:
    unknown = {"model": "new", "raw_model": "new", "events": 3, "unpriced_events": 3}
    bill = [reported(5, "10"), reported(5, str(D("7.25") + TINY), line_item="new, output")]
    found = marts(usage=[on(5, "10"), on(5, "0", **unknown)], report=bill)
    assert split(found.account()) == split(found.model("new")) == {"unpriced": D("7.25") + TINY}
    assert verdict(found) == "explained"
    # Where part of it has a price, nobody can tell which part of the bill is for the rest.
    part = marts(usage=[on(5, "10"), on(5, "1", **{**unknown, "unpriced_events": 1})], report=bill)
    assert split(part.account()) == {"unexplained": D("6.25") + TINY}


def test_a_day_that_was_billed_and_has_no_usage_is_missing(marts: Marts) -> None:
    found = marts(usage=[on(5, "10")], report=[reported(5, "10"), reported(6, "3.33"), reported(7, "4.44")])
    assert split(found.account()) == {"missing_days": D("7.77")}
    assert found.account()["missing_dates"] == "2026-10-06;2026-10-07"
    assert verdict(found) == "explained"


def test_a_day_with_usage_of_another_model_only_is_not_missing(marts: Marts) -> None:
    found = marts(
        usage=[on(5, "10"), on(6, "2", model="gpt-5", raw_model="gpt-5")],
        report=[reported(5, "10"), reported(6, "3.33"), reported(6, "2", line_item="gpt-5, input")],
    )
    assert split(found.account()) == {"unexplained": D("3.33")}


def test_an_invoice_of_days_without_any_usage_is_missing_and_one_with_some_is_not(marts: Marts) -> None:
    early = {"first_day": MONTH, "last_day": "2026-10-10", "amount": "3.5"}
    late = {"first_day": "2026-10-11", "amount": "10", "model": "gpt-4o"}
    found = marts(usage=[on(15, "10")], invoices=[{**early, "model": "gpt-5"}, late])
    assert split(found.account()) == {"missing_days": D("3.5")}
    found = marts(usage=[on(15, "10"), on(2, "0.1")], invoices=[{**early, "model": "gpt-5"}, late])
    assert "missing_days" not in split(found.account())


def test_days_that_the_bill_is_not_of_are_days_not_billed(marts: Marts) -> None:
    found = marts(usage=[on(5, "10"), on(30, "1.5"), on(31, "2.25")], report=[reported(5, "10")])
    assert split(found.account()) == {"days_not_billed": D("-3.75")}
    assert found.account()["dates_not_billed"] == "2026-10-30;2026-10-31"
    half = marts(usage=[on(5, "10"), on(30, "1.5")], invoices=[{"last_day": "2026-10-15", "amount": "10"}])
    assert split(half.account()) == {"days_not_billed": D("-1.5")}


@pytest.mark.parametrize("off", ["0.004999999999999999", "-0.005", "0.005"])
def test_half_a_cent_a_line_is_rounding(marts: Marts, off: str) -> None:
    found = marts(usage=[on(5, str(D(10) - D(off)))], invoices=[{"amount": "10.00"}])
    assert split(found.account()) == {"rounding": D(off)}
    assert verdict(found) == "agrees"


def test_a_hair_more_than_half_a_cent_is_not_and_two_lines_may_have_twice_as_much(marts: Marts) -> None:
    off = D("0.005000000000000001")
    one = marts(usage=[on(5, str(10 - off))], invoices=[{"amount": "10.00"}])
    assert split(one.account()) == {"unexplained": off}
    two = marts(usage=[on(5, str(10 - off))], invoices=[{"amount": "4.00"}, {"amount": "6.00"}])
    assert split(two.account()) == {"rounding": off}


def test_a_line_with_more_digits_can_hide_less(marts: Marts) -> None:
    found = marts(usage=[on(5, "0.06120")], report=[reported(5, "0.06123")])
    assert split(found.account()) == {"unexplained": D("0.00003")}
    found = marts(usage=[on(5, "0.061226")], report=[reported(5, "0.06123")])
    assert split(found.account()) == {"rounding": D("0.000004")}


def test_credits_adjustments_fees_and_amounts_below_zero(marts: Marts) -> None:
    bill = [{"amount": "10"}, {"amount": "-2.5", "kind": "credit"}, {"amount": "0.75", "kind": "adjustment"},
            {"amount": "-0.01"}, {"amount": "20", "kind": "fee"}]  # fmt: skip
    found = marts(usage=[on(5, "10")], invoices=bill)
    assert split(found.account()) == {"credits": D("-1.76"), "fees": D(20)}
    assert (verdict(found), found.account()["billed"]) == ("agrees", D("28.24"))
    correction = reported(5, "-0.00001", line_item="correction")
    found = marts(usage=[on(5, "10")], report=[reported(5, "10"), correction])
    assert split(found.account()) == {"credits": D("-0.00001")}


def test_the_providers_month_of_utc_days_is_not_the_organisations(marts: Marts) -> None:
    edges = [
        {"usage_date": "2026-09-30", "utc_date": "2026-10-01", "effective_cost": "3"},
        {"usage_date": "2026-10-31", "utc_date": "2026-11-01", "effective_cost": str(D("1.5") - TINY)},
    ]
    found = marts(usage=[*edges, on(5, "10")], report=[reported(1, "3"), reported(5, "10")])
    account = found.account()
    assert (account["computed"], account["computed_utc"]) == (D("11.5") - TINY, D(13))
    assert split(account) == {"time_zone": D("1.5") + TINY}
    assert verdict(found) == "agrees"


@pytest.fixture(scope="module")
def euros(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marts]:
    with closing(Marts(tmp_path_factory.mktemp("euros"), currency="EUR")) as marts:
        yield marts


RATES = {"2026-09-30": "0.9", "2026-10-05": "0.85", "2026-10-06": "0.75", "2026-10-31": "0.8"}


def test_in_euros_a_report_in_dollars_has_every_cause_at_its_own_days_rate(euros: Marts) -> None:
    """Costs are euros: $10 on the 5th are 8.5, on the 6th 7.5. In dollars: 2.5 more, 3 on a day without usage, and 2
    on one without a bill."""
    usage = [on(5, "8.5"), on(6, "7.5"), on(31, "1.6")]
    bill = [reported(5, "12.5"), reported(6, "10.00"), reported(7, "3")]
    found = euros(usage=usage, report=bill, rates={**RATES, "2026-10-07": "0.7"})
    assert split(found.account()) == {
        "unexplained": D("2.5") * D("0.85"), "missing_days": 3 * D("0.7"), "days_not_billed": D("-1.6"),
    }  # fmt: skip
    assert found.account()["fx_rates"] == "2026-10-05 0.85;2026-10-06 0.75;2026-10-07 0.7"
    assert found.account()["bill_amount"] == D("25.5")
    unknown = {"model": "new", "raw_model": "new", "events": 3, "unpriced_events": 3}
    found = euros(
        usage=[on(5, "8.5"), on(5, "0", **unknown)],
        report=[reported(5, "10"), reported(5, "7.25", line_item="new, output"), reported(5, "-1", line_item="x")],
        rates=RATES,
    )
    assert split(found.account()) == {"unpriced": D("6.1625"), "credits": D("-0.85")}
    more = euros(usage=[on(5, "8.5", output_tokens=7)], control=[on(5, "0", output_tokens=7)],
                 report=[reported(5, "12.5")], rates=RATES)  # fmt: skip
    assert split(more.account()) == {"price": D("2.125")}


def test_usage_of_another_local_day_is_at_that_days_rate_and_the_exchange_tells_the_difference(euros: Marts) -> None:
    """$3 of 30 September in the evening, at 0.9, are on the bill of 1 October, at 0.85."""
    edge = {"usage_date": "2026-09-30", "utc_date": "2026-10-05", "effective_cost": "2.7"}
    found = euros(usage=[edge, on(5, "8.5")], report=[reported(5, "13")], rates=RATES)
    assert split(found.account()) == {"exchange": D("-0.15"), "time_zone": D("2.7")}
    assert found.account()["verdict"] == "agrees"


def test_an_invoice_in_dollars_is_at_the_rate_of_its_last_day(euros: Marts) -> None:
    """$10 on the 5th and $10 on the 6th cost 16 euros, and as much at 0.8 of the last day."""
    found = euros(usage=[on(5, "8.5"), on(6, "7.5")], invoices=[{"amount": "22.50"}], rates=RATES)
    assert split(found.account()) == {"unexplained": D("2.0")}
    found = euros(usage=[on(5, "8.5")], invoices=[{"amount": "10.00"}], rates=RATES)
    assert split(found.account()) == {"exchange": D("-0.5")}
    found = euros(usage=[on(5, str(D("0.85") * (10 - D("0.004"))))], invoices=[{"amount": "10.00"}], rates=RATES)
    assert split(found.account()) == {"exchange": D("-0.4998"), "rounding": D("0.0032")}
    usage = on(5, "9.775", markup_cost="3.4", discount_cost="-2.125")
    found = euros(usage=[usage], invoices=[{"amount": "10.00"}], rates=RATES)
    assert split(found.account()) == {"exchange": D("-0.575"), "adjustments": D("-1.2")}


@pytest.mark.parametrize(
    ("cost", "own", "other", "exact"),
    [
        ("1", "3", "1", "0.333333333333333333"), ("2", "3", "1", "0.666666666666666667"),
        ("-2", "3", "1", "-0.666666666666666667"), ("1", "0.000000000003", "1", "333333333333.333333333333333333"),
        ("12345678.901234567890123456", "0.851234567891", "0.849999999999", None), ("0", "2", "1", "0"),
    ],
)  # fmt: skip
def test_an_amount_at_another_rate_is_exact(euros: Marts, cost: str, own: str, other: str, exact: str | None) -> None:
    rates = {"2026-10-05": own, "2026-10-31": other}
    found = euros(usage=[on(5, cost)], invoices=[{"amount": "1"}], rates=rates)
    units = int(abs(Fraction(cost) * Fraction(other) / Fraction(own)) * 10**18 + Fraction(1, 2))
    with localcontext(prec=60):
        moved = D(units).scaleb(-18) * (-1 if cost.startswith("-") else 1)
        assert exact is None or moved == D(exact)
        assert found.account()["exchange"] == moved - D(cost)


@pytest.mark.parametrize(
    ("cost", "billed", "causes"),
    [
        ("11.5", "10.00", {"adjustments": D("-1.5")}),
        ("11.5", "7.50", {"adjustments": D(-4)}),
        ("11.5", "14.00", {"adjustments": D("2.5")}),
        ("11.504", "14.00", {"adjustments": D("2.5"), "rounding": D("-0.004")}),
        ("11.5", "11.00", {"unexplained": D("-0.5")}),
    ],
    ids=["list price", "no markup", "no discount", "no discount, and a rounded line", "neither"],
)
def test_our_own_markups_and_discounts_where_the_bill_is_the_cost_without_them(
    marts: Marts, cost: str, billed: str, causes: dict[str, Decimal]
) -> None:
    """List price 10, our markup 4, our discount 2.5."""
    usage = on(5, cost, markup_cost="4", discount_cost="-2.5")
    assert split(marts(usage=[usage], invoices=[{"amount": billed}]).account()) == causes


COUNTED = {"uncached_input_tokens": 1000, "output_tokens": 70, "reasoning_tokens": 30}
CONTROL = {"uncached_input_tokens": 1000, "output_tokens": 100, "effective_cost": "9"}


def test_another_price_is_shown_by_the_same_quantities(marts: Marts) -> None:
    usage = [on(5, "10", **COUNTED)]
    found = marts(usage=usage, control=[{**on(5, "9"), **CONTROL}], report=[reported(5, str(D("12.5") + TINY))])
    assert split(found.account()) == {"price": D("2.5") + TINY}
    assert verdict(found) == "explained"


@pytest.mark.parametrize(
    "change", [{"output_tokens": 101}, {"cache_read_tokens": 1}, {"utc_date": "2026-10-06", "usage_date": "2026-10-06"}]
)
def test_other_quantities_show_no_price(marts: Marts, change: dict[str, Any]) -> None:
    control = {**on(5, "9"), **CONTROL, **change}
    found = marts(usage=[on(5, "10", **COUNTED)], control=[control], report=[reported(5, "12.5")])
    assert split(found.account()) == {"unexplained": D("2.5")}
    assert verdict(found) == "differs"


def test_all_causes_at_once_keep_apart(marts: Marts) -> None:
    found = marts(
        usage=[
            on(5, "10"),
            on(5, "0", model="new", raw_model="new", unpriced_events=1),
            on(8, "1.25"),
            {"usage_date": "2026-10-31", "utc_date": "2026-11-01", "effective_cost": "0.5"},
            on(9, "3", **COUNTED),
            on(10, "5", markup_cost="1"),
            on(11, "2"),
        ],
        control=[{**on(9, "3"), **CONTROL}],
        report=[
            reported(5, "10.004"),
            reported(5, "7", line_item="new, input"),
            reported(6, "3"),
            reported(5, "-0.4", line_item="credit"),
            reported(9, "3.75"),
            reported(10, "4"),
            reported(11, "4.125"),
        ],
    )
    assert split(found.account()) == {
        "unpriced": D(7), "missing_days": D(3), "days_not_billed": D("-1.25"), "price": D("0.75"),
        "credits": D("-0.4"), "time_zone": D("-0.5"), "adjustments": D(-1), "unexplained": D("2.129"),
    }  # fmt: skip
    account = found.account()
    assert account["variance"] == sum(split(account).values()) == account["billed"] - account["computed"]
    assert account["to_mend"] == D(12)
