"""What changes a price after the list: negotiated discounts and markups, and tax."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.reference.cells import count, name, number, one_of, text
from orchestration.reference.scopes import organisation_or
from orchestration.reference.table import Column, Table, validity


@dataclass(frozen=True)
class Discount:
    """A step on the list price of matching usage: a percentage, or money for each unit."""

    discount_id: str
    kind: str
    provider: str
    provider_account: str
    model: str
    department: str
    percent: Decimal | None
    per_unit: Decimal | None
    unit: str
    apply_order: int
    valid_from: date
    valid_to: date
    source: str
    inference_region: str = ""


@dataclass(frozen=True)
class Tax:
    """A rate of tax on a scope's charges; inclusive: contained in the amounts, exclusive: added to them."""

    jurisdiction: str
    name: str
    percent: Decimal
    mode: str
    scope_type: str
    scope: str
    applies_to: str
    valid_from: date
    valid_to: date


def _percent_or_unit(row: Discount) -> Iterator[tuple[str, str]]:
    if (row.percent is None) == (row.per_unit is None):
        yield "percent", "either percent or per_unit, not both and not neither"
    if (row.per_unit is None) != (row.unit == ""):
        yield "unit", "mtok or request with a per_unit, nothing with a percent"
    if row.kind == "discount" and row.percent is not None and row.percent > 100:
        yield "percent", "at most 100 for a discount"
    if row.inference_region.lower() == "global":
        yield "inference_region", "a region such as us, or nothing for any: global is none"


DISCOUNTS = Table(
    name="discounts",
    title="negotiated discounts and markups",
    about=(
        "A row applies to usage that agrees with all of provider, provider_account, model, department and "
        "inference_region; an empty one agrees with every value. Rows are taken by ascending `apply_order`, then by "
        "id, each on what the one before left, and never below 0. Each is a step and a line of its own; a percentage "
        "is rounded at the 18th decimal. A cost that the provider itself charged is not discounted. A changed row "
        "holds for days that are built from then on, and for others when they are repriced."
    ),
    columns=(
        Column("discount_id", name(), "your name for it; a changed rate is a further row of the same id"),
        Column("kind", one_of("discount", "markup"), "taken off, or added"),
        Column("provider", text(), "as in the usage marts, such as openai; empty: any"),
        Column("provider_account", text(), "the account with the provider; empty: any"),
        Column("model", text(), "as in the usage marts; empty: any"),
        Column("department", text(), "empty: any"),
        Column("percent", number(decimals=6, digits=4, zero=False, required=False), "of what the step before left"),
        Column(
            "per_unit",
            number(decimals=12, digits=10, zero=False, required=False),
            "money for each unit, in the reporting currency; instead of a percent",
        ),
        Column("unit", one_of("", "mtok", "request"), "mtok (a million tokens of any class) or request"),
        Column("apply_order", count(), "smaller numbers first"),
        *validity(),
        Column("source", text(), "the contract or letter that says so"),
        Column(
            "inference_region",
            text(),
            "where the model ran, as in the logs, such as us; capitals make no difference; empty: anywhere",
            may_be_left_out=True,
            seldom=True,
        ),
    ),
    record=Discount,
    key=("discount_id",),
    examples=(
        "openai-frame,discount,openai,,,,12.5,,,1,2026-01-01,2027-01-01,Frame contract 2026-017",
        "platform-fee,markup,,,,Marketing,,0.05,mtok,2,2026-01-01,,Internal price list",
    ),
    agree=_percent_or_unit,
)

TAXES = Table(
    name="taxes",
    title="tax by jurisdiction and date",
    about=(
        "The rate in force on the last day of a statement's period is used. A department that has rows of its own has "
        "only these; all others have the organisation's. Usage and shared costs are looked at apart: `applies_to` says "
        "which of them a row is on. Several rows of one scope are all taken on the same amount: the charges in cents "
        "after promotional credits, without what inclusive rows contain. Each is rounded half up to the cent. Prepaid "
        "credits lower no tax."
    ),
    columns=(
        Column("jurisdiction", name(), "who levies it, such as GB or US-NY"),
        Column("name", name(), "as printed, such as VAT"),
        Column("percent", number(decimals=6, digits=3, most="100"), "the rate; 0 is a rate"),
        Column("mode", one_of("inclusive", "exclusive"), "contained in the charges, or added to them"),
        Column("scope_type", one_of("organisation", "department"), "whose charges"),
        Column("scope", text(), "the department's name; empty for the organisation"),
        Column("applies_to", one_of("all", "usage", "shared_costs"), "which charges; all: both"),
        *validity(),
    ),
    record=Tax,
    key=("jurisdiction", "name", "scope_type", "scope", "applies_to"),
    examples=(
        "GB,VAT,20,exclusive,organisation,,all,2011-01-04,",
        "IE,VAT,23,exclusive,department,Sales Operations,all,2021-03-01,",
    ),
    agree=organisation_or,
)
