"""What may be spent, and the shares of it that send a message."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.reference.cells import currency, name, number, one_of, percents, text
from orchestration.reference.scopes import organisation_or
from orchestration.reference.table import Column, Table, validity

BUDGET_SCOPES = ("organisation", "department")


@dataclass(frozen=True)
class Budget:
    """An amount of money for a scope and a month, and the shares of it (percent) that send a message."""

    budget_id: str
    scope_type: str
    scope: str
    measure: str
    amount: Decimal
    currency: str
    period: str
    thresholds: tuple[int, ...]
    valid_from: date
    valid_to: date


BUDGETS = Table(
    name="budgets",
    title="what may be spent in a calendar month",
    about=(
        "The row in force on the month's last complete day is the month's budget. A changed amount or threshold arms "
        "it again."
    ),
    columns=(
        Column("budget_id", name(), "your name for it; a changed amount is a further row of the same id"),
        Column("scope_type", one_of(*BUDGET_SCOPES), "whose spend is measured"),
        Column("scope", text(), "the department's name; empty for the organisation"),
        Column("measure", one_of("effective_cost"), "what is measured"),
        Column("amount", number(decimals=2, digits=16, zero=False), "money for the period"),
        Column("currency", currency(), "of `amount`: the one that tallyhouse.yaml reports in"),
        Column("period", one_of("month"), "how long the amount is for"),
        Column("thresholds", percents(), "percents of the amount that send a message", default="75;90;95;100"),
        *validity(),
    ),
    record=Budget,
    key=("budget_id",),
    examples=(
        "organisation-monthly,organisation,,effective_cost,50000.00,USD,month,75;90;95;100,2026-01-01,",
        "engineering-monthly,department,Engineering,effective_cost,13000.00,USD,month,75;90;95;100,2026-01-01,",
    ),
    agree=organisation_or,
)


def budgets_hash(budgets: Iterable[Budget]) -> str:
    """What the budgets say; owners and addresses are not part of it."""
    lines = sorted(repr(budget) for budget in budgets)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
