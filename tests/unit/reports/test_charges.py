"""From lines of charges to what is due: every row of the page adds up, and nothing is said that is not so."""

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.reference import FIRST_DAY, LAST_DAY, CreditGrant, Tax
from reports.charges import Charges, carried, settle
from reports.corrections import corrected
from reports.narrative.charges import balance_due, nature
from reports.statement import build, html
from reports.twin import twin
from reports.values import Balance, ChargeLine, Correction, Issuer, Payment, Scope, Seller, Standing, TaxRate
from tests.unit.reports.marts_fixture import DEPARTMENTS, build_marts

D = Decimal
OCTOBER = date(2026, 10, 1)
ORGANISATION = Scope("organisation")
VAT = TaxRate("GB", "VAT", D(20), D(100), contained=False)
LINE = ChargeLine(1, "usage", True, "openai", "m", "chat", "", None, None, 3, 900, None, D(0), D("0.00"))


def line(kind: str, cents: str, **more: object) -> ChargeLine:
    return replace(LINE, kind=kind, cents=D(cents), amount=D(cents), **more)  # type: ignore[arg-type]


LINES = (
    line("usage", "90.00"),
    line("usage", "30.00", provider="anthropic", feature=""),
    line("discount", "-20.00"),
    line("promotional_credit", "-10.00", grant_id="welcome", left_after=D(0)),
    line("tax_contained", "1.00", is_charged=False, tax=TaxRate("IE", "VAT", D(23), D(123), True), base=D("5.35")),
    line("tax_added", "18.00", tax=VAT, base=D("90.00")),
    line("prepaid_credit", "-8.00", grant_id="topup", left_after=D("1.5")),
)
SEPTEMBER = date(2026, 9, 1)


def part(kind: str, issued: str, known: str, name: str = "", *, scope: str = "") -> Correction:
    """Of September's statement of the organisation, or of a department."""
    kind_of = "department" if scope else "organisation"
    return Correction(SEPTEMBER, scope, "", "", "", D(issued), D(known), kind=kind, scope_type=kind_of, name=name)


CARRIED = (
    Correction(SEPTEMBER, "Law", "", "openai", "m", D("1.00"), D("3.005")),
    part("spend", "1.00", "3.01"),
    part("tax_added", "0.20", "0.60", "GB VAT 20%"),
    part("tax_contained", "0.00", "0.10", "IE VAT 23%"),
    part("spend", "1.00", "3.01", scope="Law"),
)
BALANCE = Balance(D("50.00"), (Payment("P", date(2026, 10, 14), D("40.00"), "SEPA 1"),), closed_until=date(2026, 9, 1))


def told(charges: Charges) -> list[tuple[str, str]]:
    return [(row.name, str(row.amount)) for row in charges.rows]


def test_a_feature_of_many_lines_is_less_than_a_cent_from_its_exact_sum() -> None:
    """Ten models have 0.994 each for chat and 0.006 for search: 0.99 and 0.01 in cents add up to 9.90 and 0.10."""
    lines = [
        replace(line("usage", cents, model=f"m{n}", feature=feature), amount=D(exact))
        for n in range(10)
        for feature, exact, cents in (("chat", "0.994", "0.99"), ("search", "0.006", "0.01"))
    ]
    found = settle(lines, currency="USD")
    assert [(row.name, str(row.amount)) for row in found.features] == [("chat", "9.94"), ("search", "0.06")]
    assert found.usage == found.charged == D("10.00")


def test_the_rows_lead_from_usage_to_what_is_due() -> None:
    found = settle(LINES, currency="USD", carried=carried(CARRIED, ORGANISATION, OCTOBER), balance=BALANCE)
    assert told(found) == [
        ("OpenAI usage at list price", "90.00"),
        ("Anthropic usage at list price", "30.00"),
        ("Discounts on OpenAI", "-20.00"),
        ("Spend", "100.00"),
        ("Promotional credit welcome", "-10.00"),
        ("Net amount", "90.00"),
        ("VAT 23% contained", "1.00"),
        ("VAT 20%", "18.00"),
        ("Amount with tax", "108.00"),
        ("Corrections to closed months", "2.01"),
        ("GB VAT 20% on corrections", "0.40"),
        ("IE VAT 23% contained on corrections", "0.10"),
        ("Prepaid credit topup", "-8.00"),
        ("Amount charged, USD", "102.41"),
        ("Opening balance", "50.00"),
        ("Payment 14 October 2026", "-40.00"),
        ("Balance due, USD", "112.41"),
    ]
    assert (found.spend, found.charged, found.due) == (D("100.00"), D("102.41"), D("112.41"))
    added = sum(row.amount for row in found.rows if row.kind == "line")
    assert added == found.due == sum(row.amount for row in found.bridge[:-1])
    assert [row.name for row in found.bridge] == [
        "Spend", "Promotional credits", "Tax", "Corrections", "Prepaid credits", "Opening balance", "Payments",
        "Balance due",
    ]  # fmt: skip
    notes = {row.name: row.note for row in found.rows}
    assert notes["Promotional credit welcome"] == "used up"
    assert notes["Prepaid credit topup"] == "1.50 left"
    assert notes["VAT 20%"] == "GB, on 90.00"
    assert notes["Opening balance"] == "as issued until September 2026"


def test_commitments_shares_and_shared_costs_stand_below_spend() -> None:
    divided = (
        line("commitment", "7.00", shared_id="fee", shared_name="Reserved capacity"),
        line("commitment_unused", "3.00", shared_id="fee", shared_name="Reserved capacity"),
        line("commitment_unused", "5.00", shared_id="frame", shared_name="Frame contract"),
        line("untagged_share", "1.00", shared_id="rest", shared_name="Usage of nobody"),
        line("shared", "4.00", shared_id="gate", shared_name="Gateway"),
    )
    found = settle((LINES[0], *divided), currency="USD")
    assert [(row.name, row.note, str(row.amount)) for row in found.rows] == [
        ("OpenAI usage at list price", "", "90.00"),
        ("Spend", "", "90.00"),
        ("Reserved capacity", "3.00 of it unused", "10.00"),
        ("Frame contract", "unused", "5.00"),
        ("Usage of nobody", "", "1.00"),
        ("Gateway", "", "4.00"),
        ("Total, USD", "", "110.00"),
    ]
    assert [(row.name, str(row.amount)) for row in found.bridge] == [
        ("Spend", "90.00"), ("Commitments", "15.00"), ("Shares of untagged usage", "1.00"), ("Shared costs", "4.00"),
        ("Amount charged", "110.00"),
    ]  # fmt: skip
    assert (found.spend, found.charged) == (D("90.00"), D("110.00"))
    mine = settle((LINES[0], divided[0]), currency="USD", rules={"fee": "by use"})
    assert (mine.rows[2].name, mine.rows[2].note) == ("Reserved capacity", "share by use")
    told = nature(seller="", department=True, number=None, kinds={"usage", "commitment_unused"}).text
    assert told == "Internal chargeback: model usage at list price, then commitments; without tax."


def test_without_anything_but_usage_there_is_a_sum_and_no_bridge() -> None:
    found = settle(LINES[:2], currency="USD")
    assert [row.name for row in found.rows][-1] == "Total, USD"
    assert (found.charged, found.due, found.bridge) == (D("120.00"), None, ())
    assert [row.name for row in found.features] == ["chat", "No feature named"]
    nobody = settle((), currency="USD")
    assert told(nobody) == [("Total, USD", "0.00")]


def test_many_payments_are_summed_up_and_an_open_month_is_named() -> None:
    paid = tuple(Payment(f"P{n}", date(2026, 10, n + 1), D("1.00")) for n in range(9))
    balance = Balance(D("9.00"), paid, restated=D("2.00"), open_months=(date(2026, 8, 1), date(2026, 9, 1)))
    rows = settle(LINES[:1], currency="USD", balance=balance).rows
    assert [row.name for row in rows[2:5]] == [
        "Opening balance", "Restated since the statement before", "Payment 1 October 2026",
    ]  # fmt: skip
    assert (rows[2].amount, rows[2].note) == (D("7.00"), "August 2026 to September 2026 not closed: as known today")
    assert (rows[-2].name, rows[-2].amount) == ("4 more payments", D("-4.00"))
    assert rows[-1].amount == D("90.00")


def test_corrections_add_up_to_what_is_charged_otherwise_and_a_cent_of_rounding_is_told() -> None:
    """Usage of 2.005 is 2.01 by itself, and the statement went from 1.00 to 3.00; shares of shared costs are beside."""
    lines = (
        CARRIED[0],
        part("spend", "1.00", "3.00"),
        part("promotional_credit", "-0.50", "-1.25", "welcome"),
        part("tax_added", "0.10", "0.35", "GB VAT 20%"),
        part("tax_contained", "0.00", "0.10", "IE VAT 23%"),
        Correction(
            SEPTEMBER, "Law", "", "", "", D("10"), D("7.5"), kind="shared", scope_type="department", name="rent"
        ),
    )
    found = corrected(lines, ORGANISATION, SEPTEMBER)
    assert found is not None and not found.carried
    assert [(row.name, str(row.change)) for row in found.rows] == [
        ("Law", "2.01"), ("Rounding to cents", "-0.01"), ("Promotional credit welcome", "-0.75"),
        ("GB VAT 20%", "0.25"), ("IE VAT 23% contained", "0.10"),
    ]  # fmt: skip
    assert found.total == D("1.50")
    assert [(row.name, row.note, str(row.change)) for row in found.shares] == [("Law", "rent", "-2.50")]
    law = corrected(lines, Scope("department", "Law"), SEPTEMBER)
    assert law is not None and [row.name for row in law.shares] == ["Law"]
    assert corrected(lines, Scope("department", "Ops"), SEPTEMBER) is None


def test_the_page_says_what_it_is() -> None:
    def said(*kinds: str, seller: str = "", department: bool = False, number: str | None = None) -> str:
        return nature(seller=seller, department=department, number=number, kinds=kinds).text

    assert said("usage") == "Internal chargeback: model usage at list price, without tax."
    assert said("usage", "discount") == "Internal chargeback: model usage at list price, then discounts; without tax."
    assert said("tax_contained") == "Internal chargeback: model usage at list price, tax contained."
    assert (
        said("tax_added", seller="S Ltd", number="n/1") == "Invoice n/1 of S Ltd: model usage at list price, then tax."
    )
    assert said("tax_added", seller="S Ltd").startswith("Draft of an invoice of S Ltd, without a number: ")
    assert said("usage", seller="S", department=True, number="n").startswith("This department’s share of the invoice")
    assert balance_due(D("3.20"), date(2026, 12, 2)).text == "Balance due 2 December 2026: $3.20"
    assert balance_due(D("-3.20"), None).text == "Nothing is due: $3.20 in credit"
    assert balance_due(D("0.00"), None).text == "Nothing is due"


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Discounts, a credit that lasts for less than the month, taxes added and contained."""

    def grant(name: str, kind: str, amount: int, scope: str) -> CreditGrant:
        whose = "department" if scope else "organisation"
        return CreditGrant(name, whose, scope, kind, D(amount), "USD", 1, FIRST_DAY, LAST_DAY, "", "", "")

    def tax(name: str, percent: int, mode: str, scope: str) -> Tax:
        whose = "department" if scope else "organisation"
        return Tax("GB", name, D(percent), mode, whose, scope, "all", FIRST_DAY, LAST_DAY)

    discount = "UPDATE usage SET discount_cost = -(effective_cost * 0.125)::DECIMAL(38,18) WHERE provider = 'openai'"
    settled = "UPDATE usage SET effective_cost = list_cost + markup_cost + discount_cost"
    return build_marts(
        tmp_path_factory.mktemp("rich") / "marts",
        first=date(2026, 9, 1),
        edits=[discount, settled],
        grants=[grant("welcome", "promotional", 50_000, ""), grant("topup", "topup", 900, "Engineering")],
        taxes=[tax("VAT", 20, "exclusive", ""), tax("Contained", 23, "inclusive", "Finance")],
    )


def test_departments_statements_add_up_to_the_organisations_and_the_csv_holds_every_line(
    rich: Path, issuer: Issuer
) -> None:
    scopes = [ORGANISATION, *(Scope("department", name) for name, *_ in DEPARTMENTS)]
    drawn = {scope: build(rich, OCTOBER, scope, issuer, attachment="a.csv") for scope in scopes}
    charged = [drawn[scope].charges.charged for scope in scopes]
    assert charged[0] == sum(charged[1:]) > 0
    for scope in scopes:
        charges = drawn[scope].charges
        content = twin(rich, OCTOBER, scope, rows=charges.rows).decode()
        rows = list(csv.DictReader(io.StringIO(content, newline="")))
        lines = [row for row in rows if row["kind"] == "charge"]
        cents = sum(D(row["rounded_amount"]) for row in lines if row["line_kind"] != "tax_contained")
        assert cents == charges.charged
        printed = [row["rounded_amount"] for row in rows if row["kind"] == "sum"]
        assert printed == [str(row.amount) for row in charges.rows]
        exact = sum(D(row["exact_amount"]) for row in lines if row["line_kind"] in ("usage", "markup", "discount"))
        assert exact == sum(D(row["effective_cost"]) for row in rows if row["kind"] == "usage")
        assert drawn[scope].figures.total == charges.spend


def test_an_invoice_names_its_seller_number_and_day_and_a_department_has_a_share(rich: Path, issuer: Issuer) -> None:
    seller = Seller("Tallyhouse Ltd", ("4 Ledger Lane",), "GB 318", (("IBAN", "GB00 TEST"),), 30)
    billed = replace(issuer, seller=seller)
    standing = Standing(1, date(2026, 11, 2), "Ada Osei")
    whole = html(build(rich, OCTOBER, ORGANISATION, billed, attachment="a.csv", standing=standing, balance=BALANCE))
    for text in ("Invoice 2026-10/organisation/1 of Tallyhouse Ltd", "Balance due 2 December 2026: $", "GB00 TEST",
                 "From spend to balance due", "30 days net", "Payment due"):  # fmt: skip
        assert text in whole
    scope = Scope("department", "Finance")
    part = html(build(rich, OCTOBER, scope, billed, attachment="a.csv", standing=standing))
    assert "share of the invoice of Tallyhouse Ltd" in part
    assert "Contained 23% contained" in part
    assert not any(text in part for text in ("IBAN", "Payment due", "Balance due", "Opening balance"))


def test_a_statement_never_shows_two_sums_of_one_usage(rich: Path, issuer: Issuer, tmp_path: Path) -> None:
    import shutil

    marts = shutil.copytree(rich, tmp_path / "marts")
    shutil.copyfile(marts / "monthly_charges" / "2026-09.parquet", marts / "monthly_charges" / "2026-10.parquet")
    with pytest.raises(ValueError, match="monthly_charges charges"):
        build(marts, OCTOBER, ORGANISATION, issuer, attachment="a.csv")


def test_a_share_that_moved_by_its_last_digit_alone_is_no_line_of_a_revision() -> None:
    def share(centre: str, before: str, after: str) -> Correction:
        return Correction(
            OCTOBER, "", "", "", "", D(before), D(after), kind="shared", cost_centre=centre, name="gateway"
        )  # fmt: skip

    lines = [
        share("CC-1", "32.61", "42.823091229516753751"), share("CC-2", "14.63", "4.416908770483246248"),
        share("CC-3", "52.760000000000000000", "52.760000000000000001"),
    ]  # fmt: skip
    found = corrected(lines, ORGANISATION, OCTOBER)
    assert found is not None
    assert [(row.name, row.change) for row in found.shares] == [("CC-2", D("-10.21")), ("CC-1", D("10.21"))]
