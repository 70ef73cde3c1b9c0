"""Credits, tax and payments from the tables to closed and open statements: one sum in the mart, the CSV and the PDF."""

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

from pypdf import PdfReader

from orchestration.closing.close import close_month
from orchestration.home import Home
from orchestration.statements import write_statements
from reports.charges import settle
from reports.queries import read_charges
from reports.statement import Scope
from tests.end_to_end.test_closing import late_file, policy
from tests.support.homes import KEPT_DEPARTMENTS, copy_home, main_job, settings_of

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
LATER = "2026-12-03T04:00:00+00:00"
BILLING = """
billing:
  seller: Tallyhouse Ltd
  address: ["4 Ledger Lane"]
  bank: {IBAN: GB00 TEST 0000 0000}
"""


def write(home: Home, name: str, *rows: str) -> None:
    path = home.reference / name
    header = path.read_text(encoding="utf-8").splitlines()[0]
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")


def text_of(path: Path) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def sums(path: Path) -> dict[str, Decimal]:
    """The rows of the sum on the charges page, from the CSV."""
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["name"]: Decimal(row["rounded_amount"]) for row in csv.DictReader(stream) if row["kind"] == "sum"}


def charged(home: Home, month: date, scope: Scope) -> Decimal:
    return settle(read_charges(home.current_marts.resolve(), month, scope), currency="USD").charged


def test_credits_tax_and_payments_from_a_closed_month_into_the_next(published: Home, tmp_path: Path) -> None:
    home = copy_home(published, tmp_path / "home")
    policy(home, "{late_usage: carry_forward}")
    home.settings_file.write_text(home.settings_file.read_text(encoding="utf-8") + BILLING, encoding="utf-8")
    write(home, "credit_grants.csv", "welcome,organisation,,promotional,0.50,USD,1,2026-10-01,,,,")
    write(home, "taxes.csv", "GB,VAT,20,exclusive,organisation,,all,,")
    write(home, "payments.csv", "P-1,2026-10-20,1.25,USD,organisation,,,SEPA 1")
    assert main_job(home).summary is not None
    scopes = [Scope("organisation"), *(Scope("department", name) for name in KEPT_DEPARTMENTS)]
    of_october = {scope: charged(home, OCTOBER, scope) for scope in scopes}
    close_month(home, settings_of(home), OCTOBER, approved_by="Ada Osei", reason="the test")
    issued = sums(home.statements / "2026-10" / "organisation.csv")
    total = of_october[Scope("organisation")]
    assert issued["Promotional credit welcome"] == Decimal("-0.50")
    assert issued["VAT 20%"] == (issued["Net amount"] * Decimal("0.2")).quantize(Decimal("0.01"))
    assert issued["Amount charged, USD" if "Amount charged, USD" in issued else "Total, USD"] == total
    assert issued["Balance due, USD"] == total - Decimal("1.25")
    text = text_of(home.statements / "2026-10" / "organisation.pdf")
    assert "Invoice 2026-10/organisation/1 of Tallyhouse Ltd" in text
    assert f"Balance due 21 December 2026: ${total - Decimal('1.25'):,}" in text
    assert "Opening balance" not in text_of(home.statements / "2026-10" / "department-engineering.pdf")
    account = json.loads((home.closed / "2026-10" / "1" / "account.json").read_text(encoding="utf-8"))
    assert {key: Decimal(value["charged"]) for key, value in account.items()} == {
        "organisation": total, **{f"department:{scope.name}": of_october[scope] for scope in scopes[1:]}
    }  # fmt: skip
    late_file(home)
    main_job(home)
    write(
        home,
        "payments.csv",
        "P-1,2026-10-20,1.25,USD,organisation,,,SEPA 1",
        "P-2,2026-10-31,2.00,USD,organisation,,,late",
    )
    write_statements(home, settings_of(home, LATER), months=[NOVEMBER], scope="organisation")
    draft = sums(home.statements / "2026-11" / "organisation.csv")
    corrected = draft["Corrections to closed months"]
    taxed = draft["GB VAT 20% on corrections"]
    assert corrected > 0 and corrected + taxed == charged(home, OCTOBER, Scope("organisation")) - total
    assert draft["Amount charged, USD"] == charged(home, NOVEMBER, Scope("organisation")) + corrected + taxed
    assert draft["Opening balance"] == issued["Balance due, USD"]
    assert draft["Payment 31 October 2026"] == Decimal("-2.00")
    assert draft["Balance due, USD"] == draft["Amount charged, USD"] + draft["Opening balance"] - Decimal("2.00")
    assert "as issued until October 2026" in text_of(home.statements / "2026-11" / "organisation.pdf")
