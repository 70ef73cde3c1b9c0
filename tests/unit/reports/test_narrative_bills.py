"""The sentence on providers' bills: borne out, just not borne out, nothing to compare with."""

from decimal import Decimal
from typing import Any

from reports.narrative.bills import providers_bills
from reports.values import Bill

D = Decimal
MINUS = "\N{MINUS SIGN}"


def bill(provider: str = "openai", verdict: str = "agrees", **more: Any) -> Bill:
    given = {"is_met": verdict == "agrees", "billed": D("46046.118"), "variance": D("-500.03"),
             "unexplained": D("0.004"), "credits": D("-500.00"), **more}  # fmt: skip
    return Bill(provider=provider, verdict=verdict, **given)


def nothing(provider: str, verdict: str = "no bill", *, is_met: bool = True) -> Bill:
    return bill(provider, verdict, is_met=is_met, billed=None, variance=None, credits=None, unexplained=None)


def text(*bills: Bill) -> str:
    return providers_bills(bills).text


def test_bills_that_agree_are_named_with_their_sums() -> None:
    assert text(bill()) == (
        f"Agrees with the bill of OpenAI: $46,046.12 billed, {MINUS}$500.03 against computed cost: "
        f"{MINUS}$500.00 credits, {MINUS}$0.03 other known causes, $0.00 unexplained."
    )
    both = bill("anthropic", billed=D(100), variance=D("500.05"), credits=D(500), unexplained=D("-0.25"))
    assert text(both, bill()) == (
        "Agrees with the bills of Anthropic and OpenAI: $46,146.12 billed, +$0.02 against computed cost: "
        f"+$0.27 other known causes, {MINUS}$0.25 unexplained."
    )
    exact = bill(variance=D("-0.25"), credits=D(0), unexplained=D("-0.25"))
    assert text(exact) == (
        f"Agrees with the bill of OpenAI: $46,046.12 billed, {MINUS}$0.25 against computed cost: "
        f"{MINUS}$0.25 unexplained."
    )


def test_one_that_does_not_agree_takes_it_from_all() -> None:
    assert text(bill("anthropic"), bill(verdict="differs", unexplained=D("-7.5"))) == (
        f"Not reconciled: OpenAI billed $46,046.12, {MINUS}$500.03 against computed cost, {MINUS}$7.50 unexplained."
    )
    assert text(bill(verdict="explained")).startswith("Not reconciled: OpenAI billed")
    assert text(bill(), nothing("google", is_met=False)) == "Not reconciled: the bill of Google is missing."
    euros = nothing("mistral", "not compared", is_met=False)
    assert text(bill(), euros) == "Not reconciled: the bill of Mistral is not compared."


def test_without_a_bill_nothing_is_said_to_agree() -> None:
    assert text() == text(nothing("google")) == "Not reconciled: there is no bill to compare with."
    assert text(nothing("mistral", "not compared")) == (
        "Not reconciled: there is no bill to compare with. The bill of Mistral is not compared."
    )
    assert text(bill(), nothing("google"), nothing("mistral", "not compared")).endswith(
        "unexplained. No bill of Google is on record. The bill of Mistral is not compared."
    )
