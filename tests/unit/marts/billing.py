"""The reconciliation's own SQL on rows of one's own: usage, cost reports and invoices in, cells and verdicts out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.marts.dbt_build import PROJECT

D = Decimal
MONTH = "2026-10-01"
CAUSES = ("unpriced", "missing_days", "days_not_billed", "price", "rounding", "credits", "fees", "time_zone",
          "adjustments", "exchange")  # fmt: skip
Rows = Sequence[dict[str, Any]]

USED = {
    "usage_date": "2026-10-05", "utc_date": "2026-10-05", "provider": "openai", "provider_account": "org",
    "model": "gpt-4o", "raw_model": "gpt-4o-2024-08-06", "events": 1, "unpriced_events": 0, "effective_cost": "0",
    "markup_cost": "0", "discount_cost": "0",
}  # fmt: skip
REPORTED = {
    "month": MONTH, "utc_date": "2026-10-05", "provider": "openai", "provider_account": "org", "model": "",
    "line_item": "gpt-4o-2024-08-06, input", "currency": "USD", "amount": "0",
}  # fmt: skip
INVOICED = {
    "provider": "openai", "account": "org", "model": "", "kind": "usage", "first_day": MONTH, "last_day": "2026-10-31",
    "currency": "USD", "amount": "0",
}  # fmt: skip


@dataclass
class Found:
    """What the marts say: accounts and models as rows by column name."""

    accounts: list[dict[str, Any]] = field(default_factory=list)
    models: list[dict[str, Any]] = field(default_factory=list)

    def account(self) -> dict[str, Any]:
        (row,) = self.accounts
        return row

    def model(self, name: str) -> dict[str, Any]:
        (row,) = [row for row in self.models if row["model"] == name]
        return row


class Marts:
    """The project built on nothing, once; its inputs are then replaced by rows."""

    def __init__(
        self,
        folder: Path,
        *,
        percent: str = "0.5",
        amount: str = "1",
        required: Sequence[str] = (),
        currency: str = "USD",
    ) -> None:
        self.currency = currency
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "warehouse.duckdb"
        attach = [{"path": ":memory:", "alias": "scratch"}]
        output = {"type": "duckdb", "path": str(path), "attach": attach, "threads": 1}
        (folder / "profiles.yml").write_text(json.dumps({"tallyhouse": {"target": "t", "outputs": {"t": output}}}))
        settings = {"tolerance_percent": percent, "tolerance_amount": amount,
                    "required_rows": [{"provider": name} for name in required]}  # fmt: skip
        variables = {"months": [MONTH], "data_until": "2026-10-31", "reconcile": settings,
                     "currency": currency}  # fmt: skip
        target = ["--project-dir", str(PROJECT), "--profiles-dir", str(folder), "--target-path", str(folder / "target")]
        selected = ["--select", "+monthly_reconciliation", "--vars", json.dumps(variables)]
        try:
            result = dbtRunner().invoke(["run", "--quiet", "--log-path", str(folder / "logs"), *target, *selected])
        finally:
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        assert result.success, result.exception
        self._sql = {item.node.name: item.node.compiled_code for item in result.result}
        self._connection = duckdb.connect(str(path), config={"threads": 1})
        self._connection.execute("create or replace table run.month_rows as select * from run.months")
        # What a build keeps for itself alone is gone with it: here as views, which follow each case's rows.
        self._connection.execute("attach ':memory:' as scratch; create schema scratch.marts")
        for name in ("billed_lines", "billable_usage", "bill_lines", "reconciliation_cells"):
            self._connection.execute(f"create view scratch.marts.{name} as {self._sql[name]}")

    def __call__(
        self,
        *,
        usage: Rows = (),
        control: Rows = (),
        report: Rows = (),
        invoices: Rows = (),
        rates: Mapping[str, str] | None = None,
    ) -> Found:
        """Every row says only what differs from USED, REPORTED or INVOICED. `rates`: of a US dollar, by day."""
        self._connection.execute(
            "create or replace table run.rate_rows (rate_day date, fx_rate decimal(18, 12), fx_date date)"
        )
        for day, rate in (rates or {}).items():
            self._connection.execute("insert into run.rate_rows values (?, ?, ?)", [day, rate, day])
        self._connection.execute("create or replace view run.bill_rates as select * from run.rate_rows")
        self._fill("marts.daily_utc_usage", [{**USED, **row} for row in usage])
        self._fill("marts.daily_control_usage", [{**USED, **row} for row in control])
        self._fill("marts.daily_provider_costs", [{**REPORTED, **row} for row in report])
        self._invoices([{**INVOICED, **row} for row in invoices])
        self._connection.execute(
            "create or replace table marts.monthly_reconciliation_models as "
            + self._sql["monthly_reconciliation_models"]
        )
        return Found(
            self._rows(self._sql["monthly_reconciliation"]),
            self._rows("select * from marts.monthly_reconciliation_models order by all"),
        )

    def close(self) -> None:
        self._connection.close()

    def _fill(self, table: str, rows: Rows) -> None:
        connection = self._connection
        columns = {name: kind for name, kind, *_ in connection.execute(f"describe {table}").fetchall()}
        connection.execute(f"create or replace table {table} as select * from {table} where false")
        for row in rows:
            given = {name: value for name, value in row.items() if name in columns}
            names = ", ".join(given)
            connection.execute(
                f"insert into {table} ({names}) values ({', '.join('?' for _ in given)})", list(given.values())
            )

    def _invoices(self, rows: Rows) -> None:
        types = {"first_day": "date", "last_day": "date", "amount": "decimal(21, 6)"}
        fields = ", ".join(f"cast(? as {types.get(name, 'varchar')}) as {name}" for name in INVOICED)
        empty = " union all ".join([f"select {fields}"] * max(len(rows), 1)) + ("" if rows else " limit 0")
        values = [row[name] for row in rows or [INVOICED] for name in INVOICED]
        self._connection.execute("drop table if exists reference.invoice_rows")
        self._connection.execute(f"create table reference.invoice_rows as {empty}", values)
        self._connection.execute("create or replace view reference.invoices as select * from reference.invoice_rows")

    def _rows(self, query: str) -> list[dict[str, Any]]:
        found = self._connection.execute(query)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
