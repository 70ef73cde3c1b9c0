"""Costs that several share, and untagged usage: by which rule they are divided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from orchestration.errors import SettingsError
from orchestration.reference.cells import (
    FIRST_DAY,
    LAST_DAY,
    Kind,
    amount,
    currency,
    first_of_month,
    name,
    names,
    one_of,
    weights,
)
from orchestration.reference.commitments import Commitment
from orchestration.reference.fx import FxRate
from orchestration.reference.table import Column, Disagreements, Table


@dataclass(frozen=True)
class SharedCost:
    """An amount for each month, or the month's untagged usage, divided among `targets`.

    `amount` and `currency` are None and '' for untagged usage. No targets: everybody of `target_type` with usage.
    """

    shared_id: str
    name: str
    kind: str
    amount: Decimal | None
    currency: str
    rule: str
    target_type: str
    targets: tuple[str, ...]
    weights: tuple[Decimal, ...]
    valid_from: date
    valid_to: date


def _complete(row: SharedCost) -> Disagreements:
    if (row.kind == "cost") != (row.amount is not None):
        yield "amount", "an amount for each month where kind is cost, nothing where it is untagged"
    if (row.kind == "cost") != (row.currency != ""):
        yield "currency", "a currency where kind is cost, nothing where it is untagged"
    if row.rule == "weight" and not row.targets:
        yield "targets", "who shares it, where the rule is weight"
    if len(row.weights) != (len(row.targets) if row.rule == "weight" else 0):
        yield "weights", "one weight for each target where the rule is weight, nothing otherwise"


# What is divided in a month beside its usage.
Divided = SharedCost | Commitment


def shared_in(month: date, rows: Iterable[Divided]) -> list[Divided]:
    """The rows in force in a month, without their dates: what else they say is what its figures are made of."""
    return [
        replace(row, valid_from=FIRST_DAY, valid_to=LAST_DAY) for row in rows if row.valid_from <= month < row.valid_to
    ]


def refuse_unconverted(
    rows: Iterable[Divided], rates: Iterable[FxRate], months: Mapping[date, date], currency: str
) -> None:
    """Raise SettingsError for a shared cost or a commitment in another currency that has no rate by then.

    `months`: the day of whose rates each month takes its own, by the month's first day.
    """
    first: dict[str, date] = {}
    for rate in rates:
        first[rate.currency] = min(rate.rate_date, first.get(rate.currency, rate.rate_date))
    known = list(rows)
    for month, day in sorted(months.items()):
        for row in shared_in(month, known):
            if row.currency not in ("", currency) and first.get(row.currency, LAST_DAY) > day:
                if isinstance(row, SharedCost):
                    named = f"shared_costs.csv: {row.shared_id}"
                else:
                    named = f"commitments.csv: {row.commitment_id}"
                raise SettingsError(
                    f"{named} is in {row.currency}, and fx_rates.csv has no rate of it "
                    f"on or before {day}, so its share of {month:%B %Y} cannot be told.",
                    f"Add a rate of {row.currency} with a date up to {day}.",
                )


def _optional_currency() -> Kind:
    code = currency()
    return Kind(lambda value: code.read(value) if value else "", f"{code.allowed}, or nothing")


SHARED_COSTS = Table(
    name="shared_costs",
    title="costs that several share",
    about=(
        "`rule` says how: even (the same for each), weight (by `weights`) or use (by the month's effective cost). "
        "`kind` cost divides `amount` anew each month; untagged divides the month's usage that belongs to nobody. "
        "The shares add up to the whole to the last digit; what nobody can be given, because nobody has usage to go "
        "by, stays with nobody and is shown. One rule for untagged usage holds in a month. Another currency is "
        "converted at its rate in force on the month's last day. The shares are in the mart monthly_allocation, and "
        "once the month is over in what statements charge: a shared cost once in the organisation's, and its parts in "
        "those of departments. A cost centre's share is of the department that it belongs to, if it is one. Budgets "
        "leave shares out."
    ),
    columns=(
        Column("shared_id", name(), "your name for it; a changed rule is a further row of the same id"),
        Column("name", name(), "as printed"),
        Column("kind", one_of("cost", "untagged"), "an amount, or untagged usage", default="cost"),
        Column("amount", amount(required=False), "money for each month; empty for untagged usage"),
        Column("currency", _optional_currency(), "of `amount`; empty for untagged usage"),
        Column("rule", one_of("even", "weight", "use"), "how it is divided"),
        Column("target_type", one_of("cost_centre", "department"), "what `targets` are"),
        Column("targets", names(), "who shares it; empty: everybody with usage in the month"),
        Column("weights", weights(), "one for each target, in their order, where the rule is weight"),
        Column("valid_from", first_of_month(empty=FIRST_DAY), "first month; empty: always did"),
        Column("valid_to", first_of_month(empty=LAST_DAY), "first month that is no longer shared; empty: for good"),
    ),
    record=SharedCost,
    key=("shared_id",),
    examples=(
        "gateway,Gateway hosting,cost,1200.00,USD,weight,cost_centre,CC-2100;CC-3100;CC-4100,2;1;1,2026-01-01,",
        "untagged,Untagged usage,untagged,,,use,department,,,2026-01-01,",
    ),
    agree=_complete,
    alone=lambda row: "untagged usage" if row.kind == "untagged" else None,
)
