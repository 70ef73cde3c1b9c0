"""What is published of a closed month against what was frozen of it, line by line and exact.

Three things can be known otherwise: usage and its cost, what each statement charges (with credits and tax, in the cents
of that statement), and who bears shares of shared costs or of untagged usage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

KEYS = ("department", "cost_centre", "project", "provider", "model", "service_tier")
ZERO = Decimal(0)
USAGE = "usage"
# By how much the base of a tax can be rounded: two parts, each by less than a cent.
_MOST_ROUNDING = "0.02"
_COMPARED = ("monthly_usage", "monthly_charges", "monthly_allocation")


@dataclass(frozen=True)
class Difference:
    """One line of a closed month that is known otherwise today; unpriced usage costs 0.

    `kind` is `usage`, the exact effective cost of these KEYS; or one of PARTS, in the cents of the statement of
    `scope_type` and `department`, `name` being the grant, the tax or what is divided: the sum of those in CHARGED is
    what that statement charges otherwise; or one of SHARES, exact, `name` being what is shared.
    """

    month: date
    department: str
    cost_centre: str
    project: str
    provider: str
    model: str
    service_tier: str
    requests_issued: int
    requests_known: int
    cost_issued: Decimal
    cost_known: Decimal
    kind: str = USAGE
    scope_type: str = ""
    name: str = ""

    @property
    def cost(self) -> Decimal:
        """Known less issued."""
        return self.cost_known - self.cost_issued


def part(
    month: date,
    kind: str,
    scope_type: str,
    department: str,
    cost_centre: str,
    name: str,
    issued: Decimal,
    known: Decimal,
) -> Difference:
    """A line that is no usage."""
    return Difference(
        month, department, cost_centre, "", "", "", "", 0, 0, issued, known, kind=kind, scope_type=scope_type, name=name
    )


def compare(frozen: Path, current: Path, month: date) -> tuple[Difference, ...]:
    """Every line of the month that differs between two folders of marts. Opens DuckDB only where files differ."""
    names = [f"{mart}/{month:%Y-%m}.parquet" for mart in _COMPARED]
    pairs = [(frozen / name, current / name) for name in names]
    if all(_same(issued, known) for issued, known in pairs):
        return ()
    usage, charges, allocation = pairs
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        return (
            *_usage(connection, usage, month),
            # A month that was closed before there were charges was charged its cost.
            *_charged(connection, charges if charges[0].exists() else usage, month),
            *(_shares(connection, allocation, month) if allocation[0].exists() else ()),
        )


def _same(issued: Path, known: Path) -> bool:
    return issued.exists() and known.exists() and issued.read_bytes() == known.read_bytes()


def _rows(
    connection: "DuckDBPyConnection", pair: tuple[Path, Path], query: str
) -> Sequence[tuple[str | Decimal | int | None, ...]]:
    """Rows of a query on `sides`: both files' rows, and which are known now. A file that is not there has none."""
    here = [(path, known) for path, known in zip(pair, (False, True), strict=True) if path.exists()]
    sides = " union all by name ".join(f"select *, {known} as is_known from read_parquet(?)" for _, known in here)
    return connection.execute(f"with sides as ({sides}) {query}", [str(path) for path, _ in here]).fetchall()


def _usage(connection: "DuckDBPyConnection", pair: tuple[Path, Path], month: date) -> Sequence[Difference]:
    found = _rows(
        connection,
        pair,
        f"""
        select {", ".join(KEYS)},
            coalesce(sum(requests) filter (where not is_known), 0)::bigint as requests_issued,
            coalesce(sum(requests) filter (where is_known), 0)::bigint as requests_known,
            coalesce(sum(effective_cost) filter (where not is_known), 0)::decimal(38, 18) as cost_issued,
            coalesce(sum(effective_cost) filter (where is_known), 0)::decimal(38, 18) as cost_known
        from sides
        group by all
        having cost_issued <> cost_known or requests_issued <> requests_known
        order by all
        """,
    )
    return [Difference(month, *row) for row in found]  # type: ignore[arg-type]


def _charged(connection: "DuckDBPyConnection", pair: tuple[Path, Path], month: date) -> Sequence[Difference]:
    """Parts of statements in their cents, of those whose exact amounts, rates of tax or what is taxed are others.

    Cents alone are no difference: an earlier version may have rounded the same amounts otherwise. So a department's tax
    of the same rate is another where its base is more cents off than its two parts, usage and shared costs, can be; and
    then so is the organisation's, which is on the departments' bases.
    """
    lines = """
        select is_known, scope_type, scope, amount, rounded_amount, base,
            case when line_kind in ('usage', 'markup', 'discount') then 'spend'
                when coalesce(shared_id, '') <> '' then 'divided' else line_kind
            end as kind,
            case when coalesce(shared_id, '') <> '' then shared_name when tax_name = '' then grant_id
                else concat_ws(' ', jurisdiction, tax_name, rtrim(rtrim(percent::varchar, '0'), '.') || '%')
            end as name
        -- What was closed before shared costs were charged has no such columns.
        from (from sides union all by name select null::varchar as shared_id, null::varchar as shared_name where false)
    """
    if pair[0].parent.name == "monthly_usage":
        lines = """
            select is_known, if(grouping(department) = 1, 'organisation', 'department') as scope_type,
                coalesce(department, '') as scope, coalesce(sum(effective_cost), 0) as amount,
                round(coalesce(sum(effective_cost), 0), 2) as rounded_amount, null as base, 'spend' as kind, '' as name
            from sides
            group by grouping sets ((is_known), (is_known, department))
        """
    found = _rows(
        connection,
        pair,
        f""",
        lines as ({lines}),
        parts as (
            select kind, scope_type, scope, name,
                coalesce(sum(rounded_amount) filter (where not is_known), 0)::decimal(38, 2) as issued,
                coalesce(sum(rounded_amount) filter (where is_known), 0)::decimal(38, 2) as known,
                if(kind in ('tax_added', 'tax_contained'), count(distinct is_known) = 1 or scope_type = 'department'
                        and abs(sum(if(is_known, base, -base))) > {_MOST_ROUNDING},
                    coalesce(sum(amount) filter (where is_known), 0)
                    <> coalesce(sum(amount) filter (where not is_known), 0)) as is_another
            from lines
            group by kind, scope_type, scope, name
        )
        select kind, scope_type, scope, '' as cost_centre, name, issued, known
        from parts
        where issued <> known and (scope_type, scope) in (
            select (other.scope_type, other.scope) from parts as other where other.is_another
            union all
            select ('organisation', '') from parts as other
            where other.is_another and other.kind in ('tax_added', 'tax_contained')
        )
        order by all
        """,
    )
    return [part(month, *row) for row in found]  # type: ignore[arg-type]


def _shares(connection: "DuckDBPyConnection", pair: tuple[Path, Path], month: date) -> Sequence[Difference]:
    found = _rows(
        connection,
        pair,
        """
        select kind, 'department' as scope_type, department, cost_centre, shared_id,
            coalesce(sum(amount) filter (where not is_known), 0)::decimal(38, 18) as issued,
            coalesce(sum(amount) filter (where is_known), 0)::decimal(38, 18) as known
        from sides
        where shared_id <> ''
        group by all
        having issued <> known
        order by all
        """,
    )
    return [part(month, *row) for row in found]  # type: ignore[arg-type]
