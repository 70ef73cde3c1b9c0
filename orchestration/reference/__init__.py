"""The tables that the customer keeps as dated CSV, read row by row and checked row by row.

Every dated row is in force over `[valid_from, valid_to)`; an empty date is open. README.md, which `init` writes into a
home, is generated from the definitions here.
"""

from dataclasses import dataclass
from typing import Any

from orchestration.home import Home
from orchestration.reference.billing import INVOICES, PAYMENTS, InvoiceLine, Payment
from orchestration.reference.budgets import BUDGETS, Budget, budgets_hash
from orchestration.reference.cells import FIRST_DAY, LAST_DAY
from orchestration.reference.charges import DISCOUNTS, TAXES, Discount, Tax
from orchestration.reference.commitments import COMMITMENTS, Commitment, covered
from orchestration.reference.credits import ALLOTMENTS, CREDIT_GRANTS, Allotment, CreditGrant
from orchestration.reference.fx import FX_RATES, Converted, FxRate, NoRateError, Rates
from orchestration.reference.in_force import InForce, day_rows
from orchestration.reference.money import check_money
from orchestration.reference.organisation import DEPARTMENTS, ORGANISATION, Department, Member
from orchestration.reference.page import page
from orchestration.reference.price_overrides import PRICE_OVERRIDES, PriceOverride
from orchestration.reference.shared_costs import SHARED_COSTS, Divided, SharedCost, refuse_unconverted, shared_in
from orchestration.reference.table import FaultsError, Table

TABLES: tuple[Table[Any], ...] = (
    ORGANISATION,
    DEPARTMENTS,
    BUDGETS,
    PRICE_OVERRIDES,
    DISCOUNTS,
    COMMITMENTS,
    CREDIT_GRANTS,
    ALLOTMENTS,
    TAXES,
    SHARED_COSTS,
    INVOICES,
    PAYMENTS,
    FX_RATES,
)
# No figure is made from these so far, and their page says so.
NOT_USED_YET: tuple[Table[Any], ...] = (ALLOTMENTS,)


@dataclass(frozen=True)
class Reference:
    """Every row of every table."""

    organisation: tuple[Member, ...]
    departments: tuple[Department, ...]
    budgets: tuple[Budget, ...]
    price_overrides: tuple[PriceOverride, ...]
    discounts: tuple[Discount, ...]
    commitments: tuple[Commitment, ...]
    credit_grants: tuple[CreditGrant, ...]
    allotments: tuple[Allotment, ...]
    taxes: tuple[Tax, ...]
    shared_costs: tuple[SharedCost, ...]
    invoices: tuple[InvoiceLine, ...]
    payments: tuple[Payment, ...]
    fx_rates: tuple[FxRate, ...]


def read_all(home: Home) -> Reference:
    """Every table of the home. Raises FaultsError for the first file that has a wrong row, with all its faults."""
    return Reference(**{table.name: tuple(table.read(home)) for table in TABLES})


def read_organisation(home: Home) -> list[Member]:
    """Every membership; two rows in force for one member on one day are refused."""
    return ORGANISATION.read(home)


def read_departments(home: Home) -> list[Department]:
    """Departments with their owners; a changed address changes no figure."""
    return DEPARTMENTS.read(home)


def read_budgets(home: Home) -> list[Budget]:
    """Budgets; the same budget_id may have several rows as long as their dates do not overlap."""
    return BUDGETS.read(home)


def tables_page() -> str:
    """The page of all tables, as `init` writes it."""
    return page(TABLES, not_used_yet=NOT_USED_YET)


__all__ = [
    "ALLOTMENTS",
    "BUDGETS",
    "COMMITMENTS",
    "CREDIT_GRANTS",
    "DEPARTMENTS",
    "DISCOUNTS",
    "FIRST_DAY",
    "FX_RATES",
    "INVOICES",
    "LAST_DAY",
    "NOT_USED_YET",
    "ORGANISATION",
    "PAYMENTS",
    "PRICE_OVERRIDES",
    "SHARED_COSTS",
    "TABLES",
    "TAXES",
    "Allotment",
    "Budget",
    "Commitment",
    "Converted",
    "CreditGrant",
    "Department",
    "Discount",
    "Divided",
    "FaultsError",
    "FxRate",
    "InForce",
    "InvoiceLine",
    "Member",
    "NoRateError",
    "Payment",
    "PriceOverride",
    "Rates",
    "Reference",
    "SharedCost",
    "Table",
    "Tax",
    "budgets_hash",
    "check_money",
    "covered",
    "day_rows",
    "read_all",
    "read_budgets",
    "read_departments",
    "read_organisation",
    "refuse_unconverted",
    "shared_in",
    "tables_page",
]
