"""SQL reads the reference tables as the row by row reader does: same columns, types, rows and values."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.home import Home
from orchestration.marts.dbt_build import PROJECT
from orchestration.reference import DEPARTMENTS, PAYMENTS, PRICE_OVERRIDES, TABLES, Table

# Prices reach SQL through the price book.
READ_BY_SQL = [table for table in TABLES if table is not PRICE_OVERRIDES]
AWKWARD = (
    "\ufeffdepartment,owner,cost_centre,valid_to,owner_email,valid_from\r\n"
    "\r\n"
    '"Research, ""new""", Zoë O\'Neill ,CC-1,,zoe@example.org,2026-01-01\r\n'
    ",,,,,\r\n"
    "   \r\n"
    "  Sales ,,  ,2027-01-01,,\r\n"
    '"NULL","","","","",""'
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("home"))
    home.reference.mkdir()
    for table in TABLES:
        (home.reference / table.file).write_text("\n".join([table.header, *table.examples]), encoding="utf-8")
    (home.reference / DEPARTMENTS.file).write_text(AWKWARD, encoding="utf-8", newline="")
    short = "amount,payment_id,paid_on,currency,reference,scope,scope_type\n77.5,P-1,2026-11-14,EUR,,Sales,department\n"
    (home.reference / PAYMENTS.file).write_text(short, encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def warehouse(home: Home) -> Path:
    """The views that a build makes of the home's tables."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    path = home.root / "warehouse.duckdb"
    output = {"type": "duckdb", "path": str(path), "threads": 1}
    (home.root / "profiles.yml").write_text(json.dumps({"tallyhouse": {"target": "t", "outputs": {"t": output}}}))
    files = {}
    for table in TABLES:
        csv = home.reference / table.file
        files[table.name] = {"path": str(csv), "columns": table.columns_of(csv)}
    folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(home.root)]
    folders += ["--target-path", str(home.root / "target"), "--log-path", str(home.root / "logs")]
    try:
        given = json.dumps({"reference": files})
        result = dbtRunner().invoke(["run-operation", "attach_inputs", "--vars", given, *folders])
    finally:
        if DuckDBConnectionManager._ENV is not None:
            DuckDBConnectionManager._ENV.close()
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    assert result.success, result.exception
    return path


@pytest.mark.parametrize("table", READ_BY_SQL, ids=lambda table: table.name)
def test_the_view_has_the_columns_and_types_of_the_definition(warehouse: Path, table: Table[Any]) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        described = connection.execute(f"describe reference.{table.name}").fetchall()
    found = {row[0]: re.sub(r",(?=\d)", ", ", row[1].lower()) for row in described}
    assert found == {column.name: column.kind.sql_type for column in table.columns}


@pytest.mark.parametrize("table", READ_BY_SQL, ids=lambda table: table.name)
def test_both_read_the_same_rows(home: Home, warehouse: Path, table: Table[Any]) -> None:
    rows = [tuple(_as_in_sql(value) for value in vars(row).values()) for row in table.read(home)]
    assert rows
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute(f"select * from reference.{table.name}").fetchall() == rows


def test_awkward_cells_are_read_as_meant(home: Home) -> None:
    read = {row.department: row for row in DEPARTMENTS.read(home)}
    assert list(read) == ['Research, "new"', "Sales", "NULL"]
    assert read['Research, "new"'].owner == "Zoë O'Neill"
    assert (read["Sales"].valid_from, read["Sales"].valid_to) == (date.min, date(2027, 1, 1))


def _as_in_sql(value: object) -> object:
    """Lists stay text in SQL."""
    if isinstance(value, tuple):
        return ";".join(str(part) for part in value)
    return value
