"""What a month's reconciliation came to, from the published manifest alone: for the close, its checks and Dagster's."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from orchestration.closing.records import Check, Record
from orchestration.marts.manifest import Manifest, PublishedBill
from reports.currency import cents
from reports.formats import listed

CHECK = "agrees with the providers' bills"
_SHOWN = 3
State = Literal["draft", "reconciled", "closed"]


def bills_of(manifest: Manifest, month: date) -> tuple[PublishedBill, ...]:
    """Every bill of the month, and every required provider without one."""
    published = manifest.months.get(month)
    return published.bills if published else ()


def bills_check(manifest: Manifest, month: date) -> Check:
    """Met when every bill agrees. That nothing was billed is said, and met unless the settings want a bill."""
    bills = bills_of(manifest, month)
    wrong = [bill for bill in bills if not bill.is_met]
    agreeing = [bill for bill in bills if bill.verdict == "agrees"]
    others = [bill for bill in bills if bill.is_met and bill.verdict != "agrees"]
    if wrong:
        return Check(CHECK, False, _listed([in_words(bill) for bill in wrong]))
    names = sorted({bill.provider for bill in agreeing})
    told = [f"{listed(names)} agree{'s' * (len(names) == 1)}"]
    if not agreeing:
        told = ["there is no bill to compare with"]
    return Check(CHECK, True, "; ".join([*told, *(in_words(bill) for bill in others[:_SHOWN])]))


def state_of(manifest: Manifest, month: date, closed: Record | None) -> State:
    """Where the month stands: a draft is reconciled when a bill was compared and none differs."""
    if closed is not None:
        return "closed"
    compared = any(bill.is_compared for bill in bills_of(manifest, month))
    return "reconciled" if compared and bills_check(manifest, month).met else "draft"


def in_words(bill: PublishedBill) -> str:
    """One account's verdict as part of a sentence."""
    name = f"{bill.provider} ({bill.account})" if bill.account else bill.provider
    if bill.verdict == "no bill":
        return f"no bill of {name}"
    if bill.verdict == "not compared":
        why = {
            "currency": f"it is in {bill.currency}",
            "period": "a line's period began in an earlier month",
        }[bill.why_not]
        return f"the bill of {name} is not compared: {why}"
    if bill.verdict == "explained":
        return f"{name}: {_money(bill.to_mend, bill)} to be mended"
    if bill.verdict == "differs" and Decimal(bill.unexplained_open or 0) <= Decimal(bill.tolerance or 0):
        return f"{name}: invoice and cost report differ by {_money(bill.invoice_variance, bill)}"
    if bill.verdict == "differs":
        return f"{name}: {_money(bill.unexplained_open, bill)} unexplained"
    return f"{name} agrees"


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(words[:_SHOWN])
    return shown if len(words) <= _SHOWN else f"{shown} and {len(words) - _SHOWN} more"


def _money(text: str | None, bill: PublishedBill) -> str:
    return cents(Decimal(text or 0), bill.currency)
