"""Whether a month agrees with what its providers billed: one sentence under Provenance."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from reports.formats import CENT, change, listed, money, provider, rounded
from reports.narrative.sentence import Sentence
from reports.values import ZERO, Bill


def providers_bills(bills: Sequence[Bill]) -> Sentence:
    """What the marts' verdicts come to. Only figures that they hold; nothing is said to agree that was not compared."""
    wrong = [bill for bill in bills if not bill.is_met]
    agreeing = [bill for bill in bills if bill.verdict == "agrees"]
    if wrong:
        return Sentence(f"Not reconciled: {'; '.join(_wrong(bill) for bill in wrong)}.")
    if not agreeing:
        return Sentence(f"Not reconciled: there is no bill to compare with.{_not_compared(bills)}")
    billed, variance, credits, unexplained = (
        sum((getattr(bill, name) for bill in agreeing), ZERO)
        for name in ("billed", "variance", "credits", "unexplained")
    )
    # What remains of the printed figures, so that they add up.
    known = rounded(variance, CENT) - rounded(credits, CENT) - rounded(unexplained, CENT)
    parts = [f"{_change(credits)} credits"] if rounded(credits, CENT) else []
    parts += [f"{_change(known)} other known causes"] if known else []
    return Sentence(
        f"Agrees with the {'bills' if len(agreeing) > 1 else 'bill'} of {_names(agreeing)}: {_money(billed)} billed, "
        f"{_change(variance)} against computed cost: {', '.join([*parts, f'{_change(unexplained)} unexplained'])}."
        f"{_left_out(bills)}"
    )


def _wrong(bill: Bill) -> str:
    name = provider(bill.provider)
    if bill.verdict == "no bill":
        return f"the bill of {name} is missing"
    if bill.verdict == "not compared":
        return f"the bill of {name} is not compared"
    return (
        f"{name} billed {_money(bill.billed)}, {_change(bill.variance)} against computed cost, "
        f"{_money(bill.unexplained)} unexplained"
    )


def _left_out(bills: Sequence[Bill]) -> str:
    none = [bill for bill in bills if bill.verdict == "no bill"]
    return (f" No bill of {_names(none)} is on record." if none else "") + _not_compared(bills)


def _not_compared(bills: Sequence[Bill]) -> str:
    others = [bill for bill in bills if bill.verdict == "not compared"]
    return f" The bill of {_names(others)} is not compared." if others else ""


def _names(bills: Iterable[Bill]) -> str:
    return listed(sorted({provider(bill.provider) for bill in bills}))


def _money(value: Decimal | None) -> str:
    return money(rounded(value or ZERO, CENT))


def _change(value: Decimal | None) -> str:
    return change(rounded(value or ZERO, CENT), currency=True)
