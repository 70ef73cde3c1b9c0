"""Sentences of the page of cost centres."""

from decimal import Decimal

from reports.formats import listed, money, number_word
from reports.narrative.sentence import Sentence


def divided(shared: Decimal, untagged: Decimal, centres: int) -> Sentence:
    """The headline: what is divided, one of the two or both, and among how many."""
    parts = [f"shared costs of {money(shared)}"] if shared else []
    parts += [f"untagged usage of {money(untagged)}"] if untagged else []
    told = listed(parts)
    verb = "is" if len(parts) == 1 and untagged else "are"
    if not centres:
        return Sentence(f"{told[0].upper()}{told[1:]} {verb} charged to nobody")
    among = "one cost centre" if centres == 1 else f"{number_word(centres)} cost centres"
    preposition = "charged to" if centres == 1 else "divided among"
    return Sentence(f"{told[0].upper()}{told[1:]} {verb} {preposition} {among}")


def borne(own: Decimal, shared: Decimal) -> Sentence:
    """How the columns come to the total."""
    if not shared:
        return Sentence(f"The total is the month’s spend of {money(own)}.")
    return Sentence(
        f"The total is {money(own + shared)}: the month’s spend of {money(own)} and shared costs of {money(shared)}."
    )


def left_with_nobody(amount: Decimal) -> Sentence | None:
    """What is in the total and in no cost centre."""
    if amount <= 0:
        return None
    return Sentence(f"{money(amount)} of it is charged to nobody.")
