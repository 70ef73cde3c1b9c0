"""Money in the reference tables is in the reporting currency, where nothing converts it."""

from orchestration.home import Home
from orchestration.reference.billing import PAYMENTS
from orchestration.reference.budgets import BUDGETS
from orchestration.reference.credits import CREDIT_GRANTS
from orchestration.reference.currencies import CURRENCIES
from orchestration.reference.fx import FX_RATES
from orchestration.reference.table import Fault, FaultsError


def check_money(home: Home, reporting: str) -> None:
    """Raise FaultsError for a budget, grant or payment in another currency than figures are in.

    Or for a rate of that currency, which is always worth 1 in itself.
    """
    written = f"Write the amount in {reporting}, which tallyhouse.yaml reports in: it is not converted here"
    known = f"Leave it out: {reporting} is what tallyhouse.yaml reports in"
    for table, column, remedy in (
        (BUDGETS, "currency", written),
        (CREDIT_GRANTS, "unit", written),
        (PAYMENTS, "currency", written),
        (FX_RATES, "currency", known),
    ):
        path = home.reference / table.file
        faults = [
            Fault(line, f"line {line}, column {column}: {code!r} is not allowed", remedy)
            for line, row in table.rows(path)
            # A grant may be counted in credits, which are no money.
            if (code := getattr(row, column)) in CURRENCIES and (code == reporting) is (table is FX_RATES)
        ]
        if faults:
            raise FaultsError(path, faults)
