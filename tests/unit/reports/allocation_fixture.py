"""monthly_allocation beside the other invented marts: own usage as they have it, and shares that are given."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import duckdb

_COLUMNS = (
    "month date, cost_centre varchar, department varchar, kind varchar, shared_id varchar, name varchar, rule varchar, "
    "basis decimal(38, 18), basis_total decimal(38, 18), whole decimal(38, 18), currency varchar, "
    "fx_rate decimal(24, 12), fx_date date, amount decimal(38, 18)"
)
# cost centre, department, kind, shared_id, name, rule, whole, amount
Share = tuple[str, str, str, str, str, str, Decimal, Decimal]


def gateway(parts: Sequence[tuple[str, str, str]], name: str = "Gateway hosting", rule: str = "weight") -> list[Share]:
    """A shared cost and its parts: cost centre, department, amount."""
    whole = sum((Decimal(amount) for *_, amount in parts), Decimal(0))
    return [(centre, who, "shared", "gateway", name, rule, whole, Decimal(amount)) for centre, who, amount in parts]


def untagged(parts: Sequence[tuple[str, str, str]]) -> list[Share]:
    """Untagged usage that a rule gives away, and nobody's row."""
    whole = sum((Decimal(amount) for *_, amount in parts), Decimal(0))
    given = [*parts, ("", "", f"{-whole:f}")]
    return [
        (c, who, "untagged_share", "rest", "Untagged usage", "use", whole, Decimal(amount)) for c, who, amount in given
    ]


def add_allocation(marts: Path, shares: Sequence[Share], month: str = "2026-10", currency: str = "USD") -> Path:
    """Write the mart of one month, and charge it; `currency` other than USD is converted at 1.0842."""
    folder = marts / "monthly_allocation"
    folder.mkdir(exist_ok=True)
    rate = "null, null" if currency == "USD" else "1.0842, date '2026-10-31'"
    with duckdb.connect() as connection:
        connection.execute(f"create table allocation ({_COLUMNS})")
        connection.execute(
            "insert into allocation select month, cost_centre, department, "
            "case when department = '' and cost_centre = '' then 'untagged' else 'direct' end, '', '', '', null, null, "
            f"null, '', null, null, coalesce(sum(effective_cost), 0) from '{marts}/monthly_usage/{month}.parquet' "
            "group by month, cost_centre, department"
        )
        for centre, department, kind, shared_id, name, rule, whole, amount in shares:
            connection.execute(
                f"insert into allocation values (date '{month}-01', ?, ?, ?, ?, ?, ?, 1, 1, ?, ?, {rate}, ?)",
                [centre, department, kind, shared_id, name, rule, whole, currency, amount],
            )
        connection.execute(f"copy (from allocation order by all) to '{folder}/{month}.parquet' (format parquet)")
        if json.loads((marts / "manifest.json").read_text(encoding="utf-8"))["data_until"] >= f"{month}-31":
            _charge(connection, marts / "monthly_charges" / f"{month}.parquet")
    return marts


def _charge(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """The lines of what is divided, which come to whole cents here, below the others of each statement."""
    connection.execute(f"create table charge as from '{path}'")
    connection.execute(
        "insert into charge by name select month, scope_type, scope, "
        "case when kind = 'shared' then 901 else 900 end::integer as line_order, "
        "kind as line_kind, true as is_charged, '' as provider, "
        "'' as model, '' as feature, '' as grant_id, '' as jurisdiction, '' as tax_name, sum(amount) as amount, "
        "round(sum(amount), 2) as rounded_amount, shared_id, name as shared_name "
        "from (select *, 'organisation' as scope_type, '' as scope from allocation where kind = 'shared' "
        "union all select *, 'department', department from allocation) "
        "where shared_id <> '' group by all having sum(amount) <> 0"
    )
    # The folder's files may be links to those of other tests.
    path.unlink()
    connection.execute(f"copy charge to '{path}' (format parquet)")
