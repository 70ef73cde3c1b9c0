"""Which bill is compared with which usage, how far they may differ, and what is not compared at all."""

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.marts.billing import Marts
from tests.unit.marts.test_reconciliation_causes import on, reported, split, verdict

D = Decimal


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marts]:
    folder = tmp_path_factory.mktemp("marts")
    with closing(Marts(folder, percent="2", amount="0.10", required=["openai"])) as marts:
        yield marts


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marts]:
    with closing(Marts(tmp_path_factory.mktemp("lenient"))) as marts:
        yield marts


@pytest.fixture(scope="module")
def euros(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marts]:
    with closing(Marts(tmp_path_factory.mktemp("euros"), currency="EUR")) as marts:
        yield marts


def by_account(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {f"{row['provider']} {row['provider_account']}".strip(): row["verdict"] for row in rows}


@pytest.mark.parametrize(
    ("billed", "expected"), [("102.040816", "agrees"), ("102.05", "differs"), ("98.1", "agrees"), ("98.03", "differs")]
)
def test_the_tolerance_is_a_share_of_what_was_billed(marts: Marts, billed: str, expected: str) -> None:
    assert verdict(marts(usage=[on(5, "100")], report=[reported(5, billed)])) == expected


@pytest.mark.parametrize(("billed", "expected"), [("1.1001", "differs"), ("1.1", "agrees"), ("0.8999", "differs")])
def test_or_an_amount_where_that_is_more(marts: Marts, billed: str, expected: str) -> None:
    assert verdict(marts(usage=[on(5, "1")], report=[reported(5, billed)])) == expected


def test_models_that_differ_both_ways_do_not_agree(marts: Marts) -> None:
    usage = [on(5, "100"), on(5, "100", model="gpt-5", raw_model="gpt-5")]
    names = [reported(5, "95"), reported(5, "105", line_item="gpt-5, input")]
    found = marts(usage=usage, report=names)
    assert (verdict(found), found.account()["unexplained"]) == ("differs", 0)
    assert [found.model(name)["unexplained"] for name in ("gpt-4o", "gpt-5")] == [D(-5), D(5)]
    # Only where the bill does not tell them apart can one be the other's.
    rest = marts(usage=usage, report=[reported(5, "95"), reported(5, "105", line_item="tokens")])
    assert (verdict(rest), rest.account()["unexplained"]) == ("agrees", 0)
    assert [rest.model(name)["billed"] for name in ("gpt-4o", "")] == [D(95), D(105)]


def test_data_that_is_missing_both_ways_does_not_agree(marts: Marts) -> None:
    found = marts(usage=[on(5, "100"), on(8, "7")], report=[reported(5, "100"), reported(6, "7")])
    assert split(found.account()) == {"missing_days": D(7), "days_not_billed": D(-7)}
    assert (verdict(found), found.account()["to_mend"]) == ("explained", D(14))


def test_the_report_is_compared_and_the_invoice_against_it(marts: Marts) -> None:
    usage, report = [on(5, "100")], [reported(5, "100.004")]
    found = marts(usage=usage, report=report, invoices=[{"amount": "100.00"}, {"amount": "-40", "kind": "credit"}])
    account = found.account()
    assert (verdict(found), account["bill"], account["billed"]) == ("agrees", "report", D("100.004"))
    assert (account["reported"], account["invoiced"], account["invoice_variance"]) == (
        D("100.004"), D(100), D("-0.004"),
    )  # fmt: skip
    more = marts(usage=usage, report=report, invoices=[{"amount": "103"}])
    assert (verdict(more), more.account()["invoice_variance"]) == ("differs", D("2.996"))


def test_an_invoice_that_names_no_model_is_of_all_of_them(marts: Marts) -> None:
    usage = [on(5, "60"), on(6, "40", model="gpt-5", raw_model="gpt-5")]
    found = marts(usage=usage, invoices=[{"amount": "100.00"}])
    assert (verdict(found), [row["model"] for row in found.models]) == ("agrees", [""])
    part = marts(usage=usage, invoices=[{"amount": "60.00", "model": "GPT-4o"}, {"amount": "40.00"}])
    assert (verdict(part), [(row["model"], row["billed"]) for row in part.models]) == (
        "agrees", [("", D(40)), ("gpt-4o", D(60))],
    )  # fmt: skip


def test_a_bill_may_name_a_model_as_the_log_does_or_as_nobody_does(marts: Marts) -> None:
    found = marts(usage=[on(5, "100")], invoices=[{"amount": "100", "model": "gpt-4o-2024-08-06"}])
    assert (verdict(found), [row["model"] for row in found.models]) == ("agrees", ["gpt-4o"])
    other = marts(usage=[on(5, "100")], invoices=[{"amount": "100", "model": "Omni"}])
    assert (verdict(other), [(row["model"], row["unexplained"]) for row in other.models]) == (
        "differs", [("Omni", D(100)), ("gpt-4o", D(-100))],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("used", "invoiced", "expected"),
    [
        (["org"], ["org"], {"openai org": "agrees"}),
        ([""], ["org"], {"openai org": "agrees"}),
        (["a", "b", ""], [""], {"openai": "agrees"}),
        (["org", ""], ["org", ""], {"openai org": "agrees"}),
        (["a", "b"], ["a"], {"openai a": "agrees", "openai b": "no bill"}),
        (["a", "b", ""], ["a", "b"], {"openai a": "agrees", "openai b": "agrees", "openai": "no bill"}),
    ],
)
def test_which_account_a_bill_is_of(
    lenient: Marts, used: list[str], invoiced: list[str], expected: dict[str, str]
) -> None:
    share = D(60) / len(used)
    usage = [on(5, str(share), provider_account=account) for account in used]
    matched = len(used) if expected.keys() in ({"openai org"}, {"openai"}) else 1
    amount = share * matched / (len(invoiced) if len(expected) == 1 else 1)
    found = lenient(usage=usage, invoices=[{"amount": str(amount), "account": account} for account in invoiced])
    assert by_account(found.accounts) == expected


def test_a_bill_in_another_currency_is_not_compared(lenient: Marts) -> None:
    found = lenient(usage=[on(5, "100")], invoices=[{"amount": "90", "currency": "EUR"}])
    account = found.account()
    assert (account["verdict"], account["why_not"], account["currency"], account["billed"], account["computed"]) == (
        "not compared", "currency", "EUR", D(90), D(100),
    )  # fmt: skip
    assert (account["variance"], account["unexplained"], account["is_met"]) == (None, None, True)
    both = lenient(usage=[on(5, "100")], invoices=[{"amount": "90", "currency": "EUR"}, {"amount": "5"}])
    assert [(row["currency"], row["billed"], row["computed"], row["verdict"]) for row in both.accounts] == [
        ("USD", D(5), D(100), "not compared"), ("EUR", D(90), None, "not compared"),
    ]  # fmt: skip
    # A report in dollars is compared all the same; only the invoice against it is not.
    beside = lenient(usage=[on(5, "100")], report=[reported(5, "100")], invoices=[{"amount": "9", "currency": "EUR"}])
    assert [(row["currency"], row["bill"], row["verdict"], row["why_not"]) for row in beside.accounts] == [
        ("USD", "report", "agrees", ""), ("EUR", "invoice", "not compared", "currency"),
    ]  # fmt: skip


def test_what_is_computed_in_euros_is_compared_with_bills_in_euros_and_dollars(euros: Marts) -> None:
    euro = {"amount": "100", "currency": "EUR"}
    found = euros(usage=[on(5, "100")], invoices=[euro]).account()
    assert (found["verdict"], found["billed"], found["bill_currency"], found["fx_rates"]) == ("agrees", 100, "EUR", "")
    rates = {"2026-10-05": "0.85", "2026-10-31": "0.8"}
    # The report goes first; what the invoice in euros differs from it by is a rate that nobody knows.
    account = euros(usage=[on(5, "100")], report=[reported(5, "117")], invoices=[euro], rates=rates).account()
    assert (account["bill"], account["currency"], account["bill_currency"]) == ("report", "EUR", "USD")
    assert (account["bill_amount"], account["billed"], account["fx_rates"]) == (117, D("99.45"), "2026-10-05 0.85")
    assert (account["verdict"], account["unexplained"], account["invoice_variance"]) == ("agrees", D("-0.55"), None)
    # Invoices in both are two parts of what was billed.
    both = euros(usage=[on(5, "100")], invoices=[euro, {"amount": "5"}], rates=rates).account()
    assert (both["billed"], both["bill_amount"], both["bill_currency"]) == (104, 104, "EUR")
    # Pounds, and dollars on a day without a rate, are not compared.
    for bill in ({"amount": "5", "currency": "GBP"}, {"amount": "5", "last_day": "2026-10-30"}):
        none = euros(usage=[on(5, "100")], invoices=[bill], rates=rates).account()
        assert (none["verdict"], none["why_not"], none["billed"]) == ("not compared", "currency", 5)


def test_of_a_report_that_starts_late_the_invoice_is_compared(lenient: Marts) -> None:
    usage = [on(5, "100"), on(20, "40")]
    found = lenient(usage=usage, report=[reported(20, "40")], invoices=[{"amount": "140"}])
    account = found.account()
    assert (account["bill"], account["verdict"], split(account)) == ("invoice", "agrees", {})
    assert (account["reported"], account["invoiced"], account["invoice_variance"]) == (40, 140, None)
    # Where the invoice is of the first half only, the report is of as many days, and is compared.
    half = lenient(usage=usage, report=[reported(20, "40")], invoices=[{"amount": "100", "last_day": "2026-10-15"}])
    assert (half.account()["bill"], split(half.account())) == ("report", {"days_not_billed": D(-100)})


def test_a_line_that_began_in_an_earlier_month_is_not_divided(lenient: Marts) -> None:
    found = lenient(usage=[on(5, "100")], invoices=[{"amount": "100", "first_day": "2026-09-15"}])
    assert (verdict(found), found.account()["why_not"]) == ("not compared", "period")
    # It is of the month of its last day, so October says nothing of one that ends in November.
    later = lenient(usage=[on(5, "100")], invoices=[{"amount": "100", "last_day": "2026-11-14"}])
    assert (verdict(later), later.account()["billed"]) == ("no bill", None)


def test_no_bill_is_met_unless_the_provider_is_required(lenient: Marts, marts: Marts) -> None:
    usage = [on(5, "100"), on(5, "3", provider="google")]
    assert [(row["verdict"], row["is_met"]) for row in lenient(usage=usage).accounts] == [("no bill", True)] * 2
    assert {row["provider"]: row["is_met"] for row in marts(usage=usage).accounts} == {"openai": False, "google": True}
    nothing = marts()
    assert (verdict(nothing), nothing.account()["is_met"], nothing.account()["computed"]) == ("no bill", False, 0)
    assert lenient().accounts == []
    euros = marts(usage=[on(5, "100")], invoices=[{"amount": "90", "currency": "EUR"}])
    assert (verdict(euros), euros.account()["is_met"]) == ("not compared", False)


def test_a_bill_without_any_usage_is_a_missing_month(lenient: Marts) -> None:
    found = lenient(invoices=[{"amount": "100"}])
    assert (verdict(found), split(found.account())) == ("explained", {"missing_days": D(100)})
    assert found.account()["is_met"] is False
