"""Whatever is used and billed: causes and the unexplained are the variance, and rounding keeps its bounds."""

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.marts.billing import CAUSES, Found, Marts

D = Decimal
HALF_A_CENT = D("0.005")


def amounts(least: str, places: int) -> st.SearchStrategy[str]:
    return st.decimals(D(least), D(50), places=places).map(lambda value: f"{value:f}")


money, cents, cost = amounts("-9", 18) | amounts("-9", 2), amounts("-9", 6) | amounts("-9", 2), amounts("0", 18)
day = st.sampled_from(["2026-10-01", "2026-10-05", "2026-10-06", "2026-10-31"])
edge = st.sampled_from([("2026-09-30", "2026-10-01"), ("2026-11-01", "2026-10-31"), ("2026-10-31", "2026-11-01")])
model = st.sampled_from(["gpt-4o", "gpt-5", "new"])
account = st.sampled_from(["org", "org", ""])


@st.composite
def used(draw: st.DrawFn) -> dict[str, Any]:
    local, utc = draw(edge | day.map(lambda same: (same, same)))
    name, events = draw(model), draw(st.integers(1, 3))
    unpriced = draw(st.sampled_from([0, 0, events]))
    markup, discount = draw(st.sampled_from([("0", "0"), ("1.5", "-0.25"), ("0", "-1")]))
    return {
        "usage_date": local, "utc_date": utc, "model": name, "raw_model": name, "provider_account": draw(account),
        "events": events, "unpriced_events": unpriced, "effective_cost": None if unpriced == events else draw(cost),
        "markup_cost": markup, "discount_cost": discount, "output_tokens": draw(st.integers(0, 2)),
    }  # fmt: skip


@st.composite
def in_report(draw: st.DrawFn) -> dict[str, Any]:
    item = draw(st.sampled_from(["gpt-4o, input", "gpt-5, output", "new, input", "tokens"]))
    return {"utc_date": draw(day), "line_item": item, "amount": draw(money), "provider_account": draw(account)}


@st.composite
def in_invoice(draw: st.DrawFn) -> dict[str, Any]:
    first, last = sorted((draw(day), draw(day)))
    return {
        "first_day": first, "last_day": last, "model": draw(model | st.just("")), "amount": draw(cents),
        "kind": draw(st.sampled_from(["usage", "usage", "usage", "fee", "credit", "adjustment"])),
        "account": draw(account),
    }  # fmt: skip


rates = st.decimals(D("0.5"), D(2), places=12).map(lambda value: f"{value:f}")
DAYS = ("2026-09-30", "2026-10-01", "2026-10-05", "2026-10-06", "2026-10-31", "2026-11-01")


@pytest.fixture(scope="module", params=["USD", "EUR"])
def marts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marts]:
    with closing(Marts(tmp_path_factory.mktemp("marts"), currency=request.param)) as marts:
        yield marts


@given(
    usage=st.lists(used(), max_size=6),
    control=st.lists(used(), max_size=2),
    report=st.lists(in_report(), max_size=5),
    invoices=st.lists(in_invoice(), max_size=5),
    rates=st.fixed_dictionaries(dict.fromkeys(DAYS, rates)),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
def test_causes_and_the_unexplained_are_the_variance(
    marts: Marts,
    usage: list[dict[str, Any]],
    control: list[dict[str, Any]],
    report: list[dict[str, Any]],
    invoices: list[dict[str, Any]],
    rates: dict[str, str],
) -> None:
    """In dollars, and in euros with dollar bills: each day has a rate of its own."""
    rates = rates if marts.currency == "EUR" else {}
    most = HALF_A_CENT * max([D(1), *map(D, rates.values())])
    found = marts(usage=usage, control=control, report=report, invoices=invoices, rates=rates)
    computed = sum((D(row["effective_cost"] or 0) for row in usage if "10-" in row["usage_date"]), D(0))
    assert sum((row["computed"] for row in found.accounts), D(0)) == computed
    for row in found.models:
        if row["billed"] is not None:
            assert row["variance"] == row["billed"] - row["computed"]
            assert row["variance"] == sum((row[name] for name in (*CAUSES, "unexplained")), D(0))
            assert abs(row["rounding"]) <= row["billed_lines"] * most
            assert rates or row["exchange"] == 0
    _accounts_are_their_models(found)
    # All bills are of one account. The one of more days with usage is compared, whole.
    for row in (row for row in found.accounts if row["bill"]):
        lines = report if row["bill"] == "report" else invoices
        assert (row["bill_amount"], row["bill_currency"]) == (sum((D(line["amount"]) for line in lines), D(0)), "USD")
        assert rates or row["billed"] == row["bill_amount"]


def _accounts_are_their_models(found: Found) -> None:
    for row in found.accounts:
        models = [item for item in found.models if item["provider_account"] == row["provider_account"]]
        for name in ("billed", "computed", "variance", "unexplained", *CAUSES):
            if row[name] is not None:
                assert row[name] == sum((item[name] for item in models), D(0)), name
        assert (row["variance"] is None) == (row["verdict"] in ("no bill", "not compared"))
