"""What providers invoiced, and what was paid."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.reference.cells import amount, currency, day, name, one_of, text
from orchestration.reference.scopes import organisation_or
from orchestration.reference.table import Column, Disagreements, Table


@dataclass(frozen=True)
class InvoiceLine:
    """One line of a provider's invoice, for usage on the provider's own (UTC) days, both ends included."""

    provider: str
    account: str
    invoice_number: str
    line: str
    kind: str
    model: str
    first_day: date
    last_day: date
    currency: str
    amount: Decimal
    tax: Decimal
    issued_on: date


@dataclass(frozen=True)
class Payment:
    """Money that was received for a scope's statements; negative: money that went back."""

    payment_id: str
    paid_on: date
    amount: Decimal
    currency: str
    scope_type: str
    scope: str
    statement: str
    reference: str


def _in_order(row: InvoiceLine) -> Disagreements:
    if row.last_day < row.first_day:
        yield "last_day", "a date that is not before first_day: the period's last day, as the invoice prints it"


INVOICES = Table(
    name="invoices",
    title="what providers invoiced",
    about=(
        "For `tallyhouse reconcile`. One row for each line, or one for the whole invoice. The period is written as "
        "invoices print it: both days belong to it, and are the provider's, which are UTC. A line is of the month of "
        "its last day. One that begins in an earlier month is not compared. One in US dollars is converted at the "
        "rate of the last day that the account's invoices are of; one that is neither in dollars nor in your "
        "currency is not compared."
    ),
    columns=(
        Column("provider", name(), "as in the usage marts, such as anthropic"),
        Column("account", text(), "the account with the provider; empty where there is one"),
        Column("invoice_number", name(), "as printed"),
        Column("line", text(), "the line's number or text, each once in an invoice; empty for the whole"),
        Column("kind", one_of("usage", "fee", "credit", "adjustment"), "what the line charges", default="usage"),
        Column("model", text(), "where the line is for one model", may_be_left_out=True),
        Column("first_day", day(required=True), "first day of the period"),
        Column("last_day", day(required=True), "last day of the period, which still belongs to it"),
        Column("currency", currency(), "of `amount` and `tax`"),
        Column("amount", amount(negative=True, zero=True), "without tax; negative where it is given back"),
        Column("tax", amount(negative=True, zero=True), "on this line", default="0"),
        Column("issued_on", day(required=True), "the invoice's date"),
    ),
    record=InvoiceLine,
    key=("provider", "account", "invoice_number", "line"),
    examples=(
        "openai,org-halden,INV-2026-1017,1,usage,gpt-5,2026-10-01,2026-10-31,USD,18204.17,0,2026-11-01",
        "openai,org-halden,INV-2026-1017,2,credit,,2026-10-01,2026-10-31,USD,-500.00,0,2026-11-01",
    ),
    agree=_in_order,
)

PAYMENTS = Table(
    name="payments",
    title="what was paid on statements",
    about=(
        "Opening balance, plus what is charged, minus payments, is what is due. A payment counts in the month of its "
        "day, or in the first one after it that is open. The organisation's statement counts those of departments "
        "too, since its charges hold theirs; a department's has a balance where departments pay for themselves."
    ),
    columns=(
        Column("payment_id", name(), "your name for the payment, each once"),
        Column("paid_on", day(required=True), "the day of the payment"),
        Column("amount", amount(negative=True), "what was paid; negative where money went back"),
        Column("currency", currency(), "of `amount`"),
        Column("scope_type", one_of("organisation", "department"), "whose statements it pays"),
        Column("scope", text(), "the department's name; empty for the organisation"),
        Column(
            "statement", text(), "the statement's number, as told; a balance is over all of them", may_be_left_out=True
        ),
        Column("reference", text(), "the bank's or the ledger's reference"),
    ),
    record=Payment,
    key=("payment_id",),
    examples=(
        "P-2026-0312,2026-11-14,48108.92,USD,organisation,,,SEPA 2026111400912",
        "P-2026-0313,2026-11-16,-120.00,USD,department,Marketing,,Refund of a double payment",
    ),
    agree=organisation_or,
)
