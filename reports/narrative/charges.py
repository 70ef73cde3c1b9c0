"""Sentences of the detail and charges pages."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from reports.formats import count, full_day, full_month, listed, money, rounded, share, short
from reports.narrative.sentence import Sentence

_CLEARLY = Decimal(5)


def charge(total: Decimal, first: date, complete: bool) -> Sentence:
    """The headline of the charges page, in cents."""
    if complete:
        return Sentence(f"Charge for {full_month(first)}: {money(total)}")
    return Sentence(f"Charge for {full_month(first)} to date: {money(total)}")


def balance_due(due: Decimal, due_on: date | None) -> Sentence:
    """The headline where payments are kept: what is owed after them, and until when if a seller says so."""
    if due > 0:
        return Sentence(f"Balance due{f' {full_day(due_on)}' if due_on else ''}: {money(due)}")
    if due < 0:
        return Sentence(f"Nothing is due: {money(-due)} in credit")
    return Sentence("Nothing is due")


_STEPS = (
    ("markup", "markups"),
    ("discount", "discounts"),
    ("promotional_credit", "promotional credits"),
    ("commitment", "commitments"),
    ("untagged_share", "a share of untagged usage"),
    ("shared", "shared costs"),
    ("tax_added", "tax"),
    ("correction", "corrections to closed months"),
    ("prepaid_credit", "prepaid credits"),
)


def nature(*, seller: str, department: bool, number: str | None, kinds: Collection[str]) -> Sentence:
    """What the page is, and what its sum is made of. `number` is that of a closed statement, `kinds` are its lines'."""
    what = "Internal chargeback"
    if seller and department:
        what = f"This department’s share of the invoice of {seller}, for information"
    elif seller:
        what = f"Invoice {number} of {seller}" if number else f"Draft of an invoice of {seller}, without a number"
    # A least spend that was not reached has no used part here: its usage is priced.
    known = {*kinds, "commitment"} if "commitment_unused" in kinds else kinds
    steps = [words for kind, words in _STEPS if kind in known]
    taxed = "tax_added" in kinds or "tax_contained" in kinds
    made_of = f"at list price, then {listed(steps)}" if steps else "at list price"
    if not taxed:
        made_of += ", without tax" if not steps else "; without tax"
    elif "tax_added" not in kinds:
        made_of += ", tax contained" if not steps else "; tax contained"
    return Sentence(f"{what}: model usage {made_of}.")


def dearest_provider(name: str | None, spend: Decimal, total: Decimal, tokens: int, all_tokens: int) -> Sentence | None:
    """Cost share beside token share of the dearest provider, when the two shares differ by five points or more."""
    if name is None or total <= 0 or spend <= 0 or spend >= total or all_tokens <= 0:
        return None
    cost_share, token_share = spend * 100 / total, Decimal(tokens) * 100 / all_tokens
    if abs(rounded(cost_share, Decimal(1)) - rounded(token_share, Decimal(1))) < _CLEARLY:
        return None
    of_tokens = share(Decimal(tokens), Decimal(all_tokens))
    return Sentence(f"{name} accounts for {share(spend, total)} of cost on {of_tokens} of priced tokens.")


def cut(lines: int, printed: int, attachment: str) -> Sentence | None:
    """Where the lines are that the table does not print."""
    if printed >= lines:
        return None
    return Sentence(
        f"The {count(printed)} dearest of {count(lines)} lines are printed and the rest is summed up by department; "
        f"all lines are in the attached {attachment}."
    )


def unpriced_footnote(model: str, provider: str, requests: int, tokens: int, hint: str = "") -> Sentence | None:
    """One line for each model without a price, with the known names that are near to its own."""
    if requests <= 0 and tokens <= 0:
        return None
    noun = "request" if requests == 1 else "requests"
    counted = f"{count(requests)} {noun}, " if requests > 0 else ""
    near = f"; known names near it: {hint}" if hint else ""
    return Sentence(lead=model, text=f"{provider}, {counted}{short(tokens)} tokens{near}")
