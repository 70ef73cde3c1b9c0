"""What is owed to a provider each month whatever is used: flat fees that cover usage, and least spends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations

from orchestration.reference.cells import (
    FIRST_DAY,
    LAST_DAY,
    currency,
    first_of_month,
    name,
    names,
    number,
    one_of,
    text,
)
from orchestration.reference.charges import Discount
from orchestration.reference.table import Column, Fault, Table


@dataclass(frozen=True)
class Commitment:
    """`amount` for each month. flat: usage of the provider's `models` costs nothing more. minimum: it is priced, and
    what is missing to the amount is owed. No models: all of the provider's.
    """

    commitment_id: str
    name: str
    kind: str
    provider: str
    models: tuple[str, ...]
    amount: Decimal
    currency: str
    valid_from: date
    valid_to: date
    source: str


def covered(rows: Sequence[Commitment]) -> list[Discount]:
    """What flat fees do to prices: a first step of the price book that takes all of the list price off."""
    return [
        Discount(
            discount_id=row.commitment_id,
            kind="discount",
            provider=row.provider,
            provider_account="",
            model=model,
            department="",
            percent=Decimal(100),
            per_unit=None,
            unit="",
            apply_order=0,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            source=f"flat fee {row.name}",
        )
        for row in rows
        if row.kind == "flat"
        for model in row.models or ("",)
    ]


def _clashes(found: Sequence[tuple[int, Commitment]]) -> Iterator[Fault]:
    """Usage is covered by one flat fee at most, and counts towards one least spend at most."""
    for (first, one), (second, other) in combinations(found, 2):
        same = (one.kind, one.provider) == (other.kind, other.provider) and one.commitment_id != other.commitment_id
        together = not one.models or not other.models or bool({*one.models} & {*other.models})
        if same and together and max(one.valid_from, other.valid_from) < min(one.valid_to, other.valid_to):
            yield Fault(
                second,
                f"line {second}: {other.commitment_id} is for usage that line {first} is for already",
                "Name different models, or end one before the other begins",
            )


COMMITMENTS = Table(
    name="commitments",
    title="flat fees and least spends",
    about=(
        "`amount` is owed for each month, whatever is used, from the first day of a month on. flat: usage of the "
        "provider's models costs nothing more; its list cost says how the fee is divided, and a month to date has "
        "the fee of its complete days. minimum: usage is priced as always, and what its effective cost lacks of the "
        "amount is owed once the month is over. Departments bear a fee by what they used, at most its list cost; "
        "the rest is unused, and stands under nobody. A cost that the provider itself charged is covered by no fee, "
        "and usage that a flat fee covers counts towards no least spend. As with a discount, a changed flat fee "
        "frees the usage of days that are built from then on, and that of others when they are repriced; the fee "
        "itself is owed at once. Another currency is converted at its rate in force on the month's last day."
    ),
    columns=(
        Column("commitment_id", name(), "your name for it; a changed amount is a further row of the same id"),
        Column("name", name(), "as printed"),
        Column("kind", one_of("flat", "minimum"), "a fee that covers usage, or a least spend"),
        Column("provider", name(), "as in the usage marts, such as openai"),
        Column("models", names(), "as in the usage marts; empty: all of the provider's"),
        Column("amount", number(decimals=2, digits=12, zero=False), "money for each month, without tax"),
        Column("currency", currency(), "of `amount`"),
        Column("valid_from", first_of_month(empty=FIRST_DAY), "first month; empty: always did"),
        Column("valid_to", first_of_month(empty=LAST_DAY), "first month that is no longer owed; empty: for good"),
        Column("source", text(), "the contract that says so"),
    ),
    record=Commitment,
    key=("commitment_id",),
    examples=(
        "capacity,Reserved capacity,flat,azure,gpt-4o;gpt-4o-mini,10000.00,USD,2026-01-01,2027-01-01,Contract 2026-031",
        "frame,Frame contract,minimum,openai,,5000.00,USD,2026-01-01,2027-01-01,Frame contract 2026-017",
    ),
    clashes=_clashes,
)
