"""The tax on what a statement carries from closed months: its own rates, by department."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestration.home import Home
from orchestration.marts.calendar import month_end
from orchestration.reference import TAXES, Tax

if TYPE_CHECKING:
    from reports.statement import TaxRate


def rates_of(home: Home, month: date) -> "Callable[[str], tuple[TaxRate, ...]]":
    """The rates on a department's usage on the last day of a month, by the department's name.

    The same rule as in the mart monthly_charges, which knows nothing of what is carried.
    """
    last = month_end(month)
    in_force = [tax for tax in TAXES.read(home) if tax.valid_from <= last < tax.valid_to]
    usage = [tax for tax in in_force if tax.applies_to in ("all", "usage")]
    return lambda department: _rates(usage, department)


def _rates(taxes: Sequence[Tax], department: str) -> "tuple[TaxRate, ...]":
    from reports.statement import TaxRate

    own = [tax for tax in taxes if tax.scope_type == "department" and tax.scope == department]
    mine = own or [tax for tax in taxes if tax.scope_type == "organisation"]
    whole = Decimal(100) + sum((tax.percent for tax in mine if tax.mode == "inclusive"), Decimal(0))
    return tuple(
        TaxRate(tax.jurisdiction, tax.name, tax.percent, whole, contained=tax.mode == "inclusive") for tax in mine
    )
