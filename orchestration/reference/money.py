"""Money in the reference tables is in the reporting currency, where nothing converts it."""

from orchestration.home import Home
from orchestration.reference.billing import PAYMENTS
from orchestration.reference.credits import CREDIT_GRANTS
from orchestration.reference.currencies import CURRENCIES
from orchestration.reference.table import Fault, FaultsError


def check_money(home: Home, reporting: str) -> None:
    """Raise FaultsError for a grant or a payment in another currency than figures are in."""
    grants, payments = (home.reference / table.file for table in (CREDIT_GRANTS, PAYMENTS))
    wrong = [
        (grants, line, "unit", row.unit)
        for line, row in CREDIT_GRANTS.rows(grants)
        if row.unit in CURRENCIES and row.unit != reporting
    ]
    wrong += [
        (payments, line, "currency", row.currency) for line, row in PAYMENTS.rows(payments) if row.currency != reporting
    ]
    remedy = f"Write the amount in {reporting}, which tallyhouse.yaml reports in: it is not converted here"
    for path in (grants, payments):
        faults = [
            Fault(line, f"line {line}, column {column}: {code!r} is not allowed", remedy)
            for file, line, column, code in wrong
            if file == path
        ]
        if faults:
            raise FaultsError(path, faults)
