"""What was granted or bought before it is used: credits, and what a plan allots each month."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.reference.cells import amount, count, credit_type, name, one_of, text, unit
from orchestration.reference.currencies import CURRENCIES
from orchestration.reference.scopes import organisation_or
from orchestration.reference.table import Column, Disagreements, Table, validity

HOLDERS = ("organisation", "department", "workspace")


@dataclass(frozen=True)
class CreditGrant:
    """An amount in a unit that can be used once over [valid_from, valid_to), in `use_order`."""

    grant_id: str
    scope_type: str
    scope: str
    kind: str
    amount: Decimal
    unit: str
    use_order: int
    valid_from: date
    valid_to: date
    provider: str
    model: str
    note: str


@dataclass(frozen=True)
class Allotment:
    """What a plan includes of one credit type in each calendar month that begins while the row holds."""

    plan: str
    scope_type: str
    scope: str
    credit_type: str
    quantity: Decimal
    period: str
    valid_from: date
    valid_to: date


def _charged_scope(row: CreditGrant) -> Disagreements:
    yield from organisation_or(row)
    if row.unit in CURRENCIES and row.scope_type == "workspace":
        yield "scope_type", "organisation or department where the unit is a currency: nothing is charged to workspaces"


CREDIT_GRANTS = Table(
    name="credit_grants",
    title="credits that are used up, and top-ups",
    about=(
        "Each row is one grant. Its amount can be used once, by usage from `valid_from` until before `valid_to`; "
        "what is left then expires. A promotional grant lowers the cost itself; one that was purchased or topped up "
        "was paid before, so it lowers what is due and not the cost. Grants are used by ascending `use_order`, then "
        "the one that expires first, then by id; on the day on which one runs out, departments take from it in the "
        "order of their names. A grant in money is used by the effective cost of usage, and stands on statements. What "
        "a closed month used stays as it was issued: usage that comes later for it uses no more. No figure is made of "
        "grants in other units yet."
    ),
    columns=(
        Column("grant_id", name(), "your name for the grant, each once"),
        Column("scope_type", one_of(*HOLDERS), "whose usage may use it"),
        Column("scope", text(), "the department's or workspace's name; empty for the organisation"),
        Column("kind", one_of("promotional", "purchased", "topup"), "given, or paid for"),
        Column("amount", amount(), "how much, in `unit`"),
        Column("unit", unit(), "a currency, or the credit type that it counts"),
        Column("use_order", count(), "smaller numbers are used first"),
        *validity(),
        Column("provider", text(), "only for usage of this provider; empty: any"),
        Column("model", text(), "only for usage of this model; empty: any"),
        Column("note", text(), "where it comes from, such as a contract", may_be_left_out=True),
    ),
    record=CreditGrant,
    key=("grant_id",),
    once=True,
    examples=(
        "welcome-2026,organisation,,promotional,5000.00,USD,1,2026-01-01,2027-01-01,openai,,Offer of 12 January 2026",
        "tokens-march,workspace,Support,topup,2000000,tokens,2,2026-03-01,,,,",
    ),
    agree=_charged_scope,
)

ALLOTMENTS = Table(
    name="allotments",
    title="what a plan includes each month",
    about=(
        "The row in force on the first day of a calendar month is that month's allotment; it is not divided for a "
        "part of a month, and what is left of it does not pass on. For a level (concurrent calls, numbers, seats) "
        "the month's peak is held against it, for everything else the sum."
    ),
    columns=(
        Column("plan", text(), "the plan's name, as people know it"),
        Column("scope_type", one_of(*HOLDERS), "whose allotment it is"),
        Column("scope", text(), "the department's or workspace's name; empty for the organisation"),
        Column("credit_type", credit_type(), "as in the events' credit_type, or tokens"),
        Column("quantity", amount(zero=True), "how much the plan includes"),
        Column("period", one_of("month"), "how often it begins anew"),
        *validity(),
    ),
    record=Allotment,
    key=("scope_type", "scope", "credit_type"),
    examples=(
        "Business,organisation,,voice_minutes,6000,month,2026-01-01,",
        "Business,workspace,Support,text_queries,25000,month,2026-01-01,2026-07-01",
    ),
    agree=organisation_or,
)
