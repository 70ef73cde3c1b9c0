"""Every reference table: its rows are read, every wrong cell is named, and nothing of a wrong file is used."""

from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.doctor import examine
from orchestration.errors import SettingsError
from orchestration.home import Home
from orchestration.reference import (
    ALLOTMENTS,
    CREDIT_GRANTS,
    DISCOUNTS,
    FX_RATES,
    INVOICES,
    PAYMENTS,
    SHARED_COSTS,
    TABLES,
    TAXES,
    FaultsError,
    Table,
    read_all,
)
from orchestration.settings import load_settings


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "reference").mkdir()
    return Home(tmp_path)


def write(home: Home, table: Table[Any], *rows: str, header: str | None = None) -> None:
    lines = [table.header if header is None else header, *rows]
    (home.reference / table.file).write_text("\n".join(lines) + "\n", encoding="utf-8")


def changed(table: Table[Any], **cells: str) -> str:
    """The table's first example with other cells."""
    given = dict(zip(table.header.split(","), table.examples[0].split(","), strict=True))
    assert cells.keys() <= given.keys()
    return ",".join({**given, **cells}.values())


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_row_has_a_field_for_each_column_and_examples_are_read(home: Home, table: Table[Any]) -> None:
    write(home, table, *table.examples)
    rows = table.read(home)
    assert len(rows) == len(table.examples) >= 1
    assert is_dataclass(rows[0])
    assert [field.name for field in fields(rows[0])] == [column.name for column in table.columns]
    with pytest.raises(AttributeError):
        setattr(rows[0], table.columns[0].name, "")


def test_what_the_examples_say(home: Home) -> None:
    for table in TABLES:
        write(home, table, *table.examples)
    tables = read_all(home)
    assert tables.fx_rates[1].rate == Decimal("0.006412345678")
    assert (tables.discounts[0].percent, tables.discounts[0].per_unit) == (Decimal("12.5"), None)
    assert tables.credit_grants[1].valid_to == date.max
    assert tables.shared_costs[0].weights == (Decimal(2), Decimal(1), Decimal(1))
    assert (tables.shared_costs[1].amount, tables.shared_costs[1].targets) == (None, ())
    assert tables.invoices[1].amount == Decimal(-500)
    assert tables.payments[1].amount == Decimal(-120)
    assert tables.taxes[0].percent == Decimal(20)
    assert tables.allotments[0].quantity == Decimal(6000)


WRONG = [
    (CREDIT_GRANTS, "scope_type", "team"),
    (CREDIT_GRANTS, "scope", "Sales"),
    (CREDIT_GRANTS, "kind", "gift"),
    (CREDIT_GRANTS, "amount", "0"),
    (CREDIT_GRANTS, "amount", "-1"),
    (CREDIT_GRANTS, "amount", "1_000"),
    (CREDIT_GRANTS, "amount", "0.0000001"),
    (CREDIT_GRANTS, "unit", "usd"),
    (CREDIT_GRANTS, "unit", "UDS"),
    (CREDIT_GRANTS, "use_order", "first"),
    (CREDIT_GRANTS, "use_order", "0"),
    (CREDIT_GRANTS, "valid_to", "2026-01-01"),
    (ALLOTMENTS, "credit_type", "Voice minutes"),
    (ALLOTMENTS, "quantity", "-1"),
    (ALLOTMENTS, "period", "week"),
    (DISCOUNTS, "kind", "rebate"),
    (DISCOUNTS, "percent", "101"),
    (DISCOUNTS, "percent", ""),
    (DISCOUNTS, "unit", "token"),
    (DISCOUNTS, "unit", "mtok"),
    (DISCOUNTS, "apply_order", "1.5"),
    (TAXES, "percent", "100.1"),
    (TAXES, "percent", "20 %"),
    (TAXES, "mode", "included"),
    (TAXES, "applies_to", "tokens"),
    (TAXES, "scope", "Sales"),
    (INVOICES, "currency", "EURO"),
    (INVOICES, "amount", ""),
    (INVOICES, "amount", "1e3"),
    (INVOICES, "first_day", ""),
    (INVOICES, "first_day", "20261001"),
    (INVOICES, "last_day", "2026-09-30"),
    (INVOICES, "issued_on", "2026-W44-7"),
    (INVOICES, "kind", "tax"),
    (PAYMENTS, "amount", "0"),
    (PAYMENTS, "amount", "1234567890123456"),
    (PAYMENTS, "paid_on", "yesterday"),
    (PAYMENTS, "scope", "Sales"),
    (SHARED_COSTS, "amount", ""),
    (SHARED_COSTS, "currency", ""),
    (SHARED_COSTS, "rule", "fair"),
    (SHARED_COSTS, "targets", "CC-1;;CC-2"),
    (SHARED_COSTS, "targets", "CC-1;CC-2;CC-1"),
    (SHARED_COSTS, "weights", "2;1"),
    (SHARED_COSTS, "weights", "2;0;1"),
    (SHARED_COSTS, "weights", ""),
    (SHARED_COSTS, "valid_from", "2026-01-15"),
    (FX_RATES, "currency", "eur"),
    (FX_RATES, "rate", "0"),
    (FX_RATES, "rate", "1.0842000000001"),
    (FX_RATES, "rate", "NaN"),
    (FX_RATES, "rate_date", ""),
    (FX_RATES, "source", "ECB\x07"),
    (FX_RATES, "source", "ECB\u00a0"),
]


@pytest.mark.parametrize(("table", "column", "value"), WRONG, ids=lambda value: getattr(value, "name", str(value)))
def test_a_wrong_cell_is_named_with_what_is_allowed(home: Home, table: Table[Any], column: str, value: str) -> None:
    write(home, table, changed(table, **{column: value}))
    with pytest.raises(SettingsError) as told:
        table.read(home)
    assert f"{table.file}, line 2, column {column}: {value!r} is not allowed" in told.value.message
    assert told.value.next_step.startswith("Write ")


@pytest.mark.parametrize(
    ("table", "column"),
    [(CREDIT_GRANTS, "grant_id"), (INVOICES, "invoice_number"), (PAYMENTS, "payment_id"), (FX_RATES, "currency")],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_one_thing_cannot_stand_there_twice(home: Home, table: Table[Any], column: str) -> None:
    dates = {"valid_from": "2028-01-01", "valid_to": ""} if table is CREDIT_GRANTS else {}
    write(home, table, table.examples[0], table.examples[1], changed(table, **dates))
    with pytest.raises(SettingsError, match=r"line 4: .* stands in line 2 already"):
        table.read(home)
    assert column in table.key


@pytest.mark.parametrize("table", [DISCOUNTS, ALLOTMENTS, TAXES, SHARED_COSTS], ids=lambda table: table.name)
def test_rows_of_one_thing_may_follow_but_not_overlap(home: Home, table: Table[Any]) -> None:
    early = changed(table, valid_from="2026-01-01", valid_to="2026-07-01")
    write(home, table, early, changed(table, valid_from="2026-07-01", valid_to=""))
    assert len(table.read(home)) == 2
    write(home, table, early, changed(table, valid_from="2026-06-01", valid_to=""))
    with pytest.raises(SettingsError, match=r"line 3: .* overlaps line 2; both hold on 2026-06-01"):
        table.read(home)


def test_all_faults_of_a_file_are_told_at_once_by_line(home: Home) -> None:
    write(home, FX_RATES, "EUR,2026-11-20,1.0,x", "XXX,today,1.0,x", "EUR,2026-11-20,1.1,x", "EUR,2026-11-21")
    with pytest.raises(FaultsError) as told:
        FX_RATES.read(home)
    assert [fault.line for fault in told.value.faults] == [3, 3, 4, 5]
    first, *rest = told.value.message.splitlines()
    assert first.endswith("fx_rates.csv has 4 faults:")
    assert "line 3, column currency: 'XXX' is not allowed. Write a currency of ISO 4217" in rest[0]
    assert "line 4: EUR 2026-11-20 stands in line 2 already" in rest[2]


def test_twenty_faults_are_enough(home: Home) -> None:
    write(home, FX_RATES, *(f"EUR,2026-11-20,{number}x,x" for number in range(30)))
    with pytest.raises(FaultsError) as told:
        FX_RATES.read(home)
    lines = told.value.message.splitlines()
    assert (len(told.value.faults), len(lines)) == (30, 22)
    assert lines[-1].strip() == "… and 10 more."


def test_columns_may_stand_in_any_order_and_some_may_be_left_out(home: Home) -> None:
    write(home, PAYMENTS, "77.50,P-1,2026-11-14,EUR,SEPA 1,Sales,department",
          header="amount,payment_id,paid_on,currency,reference,scope,scope_type")  # fmt: skip
    (payment,) = PAYMENTS.read(home)
    assert (payment.payment_id, payment.amount, payment.scope, payment.statement) == (
        "P-1",
        Decimal("77.5"),
        "Sales",
        "",
    )


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("currency,rate_date,rate", "missing: source"),
        ("currency,rate_date,rate,source,bank", "not known: bank"),
        ("currency,rate_date,rate,source,source", "a column is named twice"),
    ],
)
def test_a_wrong_header_says_what_is_wrong_with_it(home: Home, header: str, said: str) -> None:
    write(home, FX_RATES, header=header)
    with pytest.raises(SettingsError) as told:
        FX_RATES.read(home)
    assert f"line 1: the header is not right ({said})" in told.value.message
    assert told.value.next_step == "Write it as: currency,rate_date,rate,source."


def test_an_empty_file_lacks_its_header(home: Home) -> None:
    (home.reference / FX_RATES.file).write_text("\n")
    with pytest.raises(SettingsError, match="line 1: the header is missing"):
        FX_RATES.read(home)


def test_doctor_looks_at_every_table(home: Home) -> None:
    home.settings_file.write_text("organisation: {name: Example Ltd}\n", "utf-8")
    for table in TABLES:
        write(home, table, *table.examples)
    write(home, TAXES, changed(TAXES, percent="high"))
    told = {finding.topic: finding for finding in examine(home, load_settings(home))}
    assert [name for name in told if name.endswith(".csv") and not told[name].ok] == ["taxes.csv"]
    assert "line 2, column percent" in told["taxes.csv"].detail
    assert told["fx_rates.csv"].detail == "2 rows"
    assert {table.file for table in TABLES} <= told.keys()
