"""Published Parquet → facts of one month and scope. Every query names its files by date and its scope in SQL."""

import json
from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.rates import day_rates
from reports.values import (
    COST_KINDS,
    ZERO,
    Allocated,
    Bill,
    Budget,
    ChargeLine,
    Crossing,
    Facts,
    Period,
    Scope,
    SourceRows,
    TaxRate,
    Usage,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HISTORY_MONTHS = 12

# Input is all that was read and not served from a cache; with cached and output it adds up to total_tokens.
_USAGE = """
SELECT department, cost_centre, project, provider, model, is_priced, sum(requests)::BIGINT,
    sum(uncached_input_tokens + cache_write_5m_tokens + cache_write_1h_tokens
        + input_audio_tokens + input_image_tokens + input_video_tokens),
    sum(cache_read_tokens + cache_read_audio_tokens + cache_read_image_tokens),
    sum(output_tokens + reasoning_tokens + output_audio_tokens + output_image_tokens
        + output_video_tokens + citation_tokens),
    sum(total_tokens), coalesce(sum(effective_cost), 0)::DECIMAL(38,18)
FROM read_parquet($files) WHERE $department IS NULL OR department = $department
GROUP BY ALL ORDER BY ALL
"""


def connect() -> "DuckDBPyConnection":
    """A private in-memory connection; statements are drawn by several processes, so each takes one thread."""
    import duckdb

    return duckdb.connect(config={"threads": 1})


def read_manifest(marts: Path) -> dict[str, Any]:
    """The snapshot's manifest.json. Raises FileNotFoundError when `marts` is not a published snapshot."""
    manifest: dict[str, Any] = json.loads((marts / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def month_end(first: date) -> date:
    """The last day of the month that starts on `first`."""
    return first.replace(day=monthrange(first.year, first.month)[1])


def complete_until(manifest: dict[str, Any], first: date) -> date | None:
    """The last complete day of data inside the month that starts on `first`; None when it has none yet."""
    until = min(date.fromisoformat(manifest["data_until"]), month_end(first))
    return until if until >= first else None


def day_files(marts: Path, table: str, first: date, last: date | None) -> list[str]:
    """The published files of the days `first`..`last`, both inclusive; days that were not published have none."""
    days = 0 if last is None else (last - first).days + 1
    paths = (marts / table / f"{first + timedelta(days=day)}.parquet" for day in range(days))
    return [str(path) for path in paths if path.exists()]


def month_files(marts: Path, table: str, months: list[date]) -> list[str]:
    paths = (marts / table / f"{month:%Y-%m}.parquet" for month in months)
    return [str(path) for path in paths if path.exists()]


class _Reader:
    """Runs queries for one scope; no files means no rows."""

    def __init__(self, connection: "DuckDBPyConnection", scope: Scope) -> None:
        self._connection = connection
        self._department = scope.name if scope.kind == "department" else None

    def rows(self, query: str, files: list[str]) -> list[tuple[Any, ...]]:
        if not files:
            return []
        parameters: dict[str, Any] = {"files": files}
        if "$department" in query:
            parameters["department"] = self._department
        return self._connection.execute(query, parameters).fetchall()


def read_facts(marts: Path, month: date, scope: Scope, *, closed: bool = False) -> Facts:
    """Read everything a statement of `scope` for the month of `month` needs from the resolved snapshot `marts`.

    Of a `closed` month every day is complete, also those without data.

    A department's facts come from that department's rows and budgets alone. Raises FileNotFoundError when `marts` is
    not a snapshot, and duckdb errors when a published file does not have the contract's columns.
    """
    manifest = read_manifest(marts)
    first = month.replace(day=1)
    known_until = complete_until(manifest, first)
    through = month_end(first) if closed else known_until
    months = [first]
    for _ in range(HISTORY_MONTHS):
        months.insert(0, month_before(months[0]))
    with connect() as connection:
        reader = _Reader(connection, scope)
        history = _monthly(reader, marts, months[:-1], scope)
        period = _period(reader, marts, first, through, history)
        period = replace(period, closed=closed, data_until=known_until)
        before_files = day_files(marts, "daily_usage", period.before_first, period.before_through)
        files = day_files(marts, "daily_usage", first, through)
        usage = _usage(reader, files)
        current = [(first, row.department if scope.kind == "organisation" else row.project, row.spend) for row in usage]
        versions = reader.rows(
            "SELECT DISTINCT price_version FROM read_parquet($files) WHERE is_priced AND price_version <> '' "
            "AND ($department IS NULL OR department = $department) ORDER BY 1",
            files,
        )
        daily = reader.rows(
            "SELECT usage_date, provider, coalesce(sum(effective_cost), 0)::DECIMAL(38,18) "
            "FROM read_parquet($files) WHERE $department IS NULL OR department = $department "
            "GROUP BY ALL ORDER BY ALL",
            files,
        )
        return Facts(
            scope=scope,
            period=period,
            usage=usage,
            before=_usage(reader, before_files),
            daily=tuple(daily),
            before_daily=tuple(
                reader.rows(
                    "SELECT usage_date, coalesce(sum(effective_cost), 0)::DECIMAL(38,18) FROM read_parquet($files) "
                    "WHERE $department IS NULL OR department = $department GROUP BY ALL ORDER BY ALL",
                    day_files(marts, "daily_usage", period.before_first, first - timedelta(days=1)),
                )
            ),
            months=tuple(row for row in history if row[0] > months[0]) + _summed(current),
            hours=_hours(reader, day_files(marts, "hourly_usage", first, through)),
            budgets=_budgets(reader, marts, months, scope),
            crossings=_crossings(reader, marts, first, scope),
            sources=_sources(reader, marts, first, through) if scope.kind == "organisation" else None,
            price_books=tuple(manifest["price_books"].get(version, version) for (version,) in versions),
            rates=day_rates(manifest, (day for day, _, _ in daily)),
            allocation=_allocation(reader, marts, first),
            bills=_bills(reader, marts, first) if scope.kind == "organisation" else (),
            price_hints=manifest.get("price_hints", {}),
            charges=_charges(reader, marts, first, usage),
        )


def read_charges(marts: Path, month: date, scope: Scope) -> tuple[ChargeLine, ...]:
    """What monthly_charges charges a scope for a month, in the order of its lines; () where it has no usage."""
    with connect() as connection:
        return _charge_lines(_Reader(connection, scope), marts, month.replace(day=1))


def _charges(reader: _Reader, marts: Path, first: date, usage: tuple[Usage, ...]) -> tuple[ChargeLine, ...]:
    """The charges, which must be those of the same usage: a statement never shows two different sums."""
    lines = _charge_lines(reader, marts, first)
    spend = sum((row.spend for row in usage if row.priced), ZERO)
    charged = sum((line.amount for line in lines if line.kind in COST_KINDS), ZERO)
    if spend != charged:
        raise ValueError(f"The usage of {first:%Y-%m} costs {spend}, and monthly_charges charges {charged}.")
    return lines


def _charge_lines(reader: _Reader, marts: Path, first: date) -> tuple[ChargeLine, ...]:
    rows = reader.rows(
        "SELECT line_order, line_kind, is_charged, provider, model, feature, grant_id, jurisdiction, tax_name, "
        "percent, percent_of, base, requests, total_tokens, left_after, amount, rounded_amount, shared_id, shared_name "
        "FROM read_parquet($files) "
        "WHERE scope_type = CASE WHEN $department IS NULL THEN 'organisation' ELSE 'department' END "
        "AND scope = coalesce($department, '') ORDER BY line_order",
        month_files(marts, "monthly_charges", [first]),
    )
    return tuple(_charge_line(*row) for row in rows)


def _charge_line(*row: Any) -> ChargeLine:
    order, kind, is_charged, provider, model, feature, grant_id, levied, name, percent, percent_of = row[:11]
    base, requests, tokens, left_after, amount, cents, shared_id, shared_name = row[11:]
    return ChargeLine(
        order=order,
        kind=kind,
        is_charged=is_charged,
        provider=provider,
        model=model,
        feature=feature,
        grant_id=grant_id,
        tax=None if percent is None else TaxRate(levied, name, percent, percent_of, contained=not is_charged),
        base=base,
        requests=requests,
        tokens=None if tokens is None else int(tokens),
        left_after=left_after,
        amount=amount,
        cents=cents,
        shared_id=shared_id,
        shared_name=shared_name,
    )


def _usage(reader: _Reader, files: list[str]) -> tuple[Usage, ...]:
    found = []
    for department, centre, project, provider, model, priced, requests, *tokens, spend in reader.rows(_USAGE, files):
        into, cached, out, total = map(int, tokens)
        found.append(
            Usage(
                department=department,
                cost_centre=centre,
                project=project,
                provider=provider,
                model=model,
                priced=priced,
                requests=requests,
                input_tokens=into,
                cached_tokens=cached,
                output_tokens=out,
                total_tokens=total,
                spend=spend,
            )
        )
    return tuple(found)


def _summed(rows: list[tuple[date, str, Decimal]]) -> tuple[tuple[date, str, Decimal], ...]:
    sums: dict[tuple[date, str], Decimal] = {}
    for month, item, spend in rows:
        sums[month, item] = sums.get((month, item), ZERO) + spend
    return tuple((month, item, spend) for (month, item), spend in sums.items())


def _monthly(reader: _Reader, marts: Path, months: list[date], scope: Scope) -> list[tuple[date, str, Decimal]]:
    item = "department" if scope.kind == "organisation" else "project"
    query = (
        f"SELECT month, {item}, coalesce(sum(effective_cost), 0)::DECIMAL(38,18) FROM read_parquet($files) "
        "WHERE $department IS NULL OR department = $department GROUP BY ALL ORDER BY ALL"
    )
    return [
        (month, name, spend) for month, name, spend in reader.rows(query, month_files(marts, "monthly_usage", months))
    ]


def _period(
    reader: _Reader, marts: Path, first: date, through: date | None, history: list[tuple[date, str, Decimal]]
) -> Period:
    before_first = month_before(first)
    before_last = first - timedelta(days=1)
    if through is None:
        before_through = None
    elif through.day == monthrange(first.year, first.month)[1]:
        before_through = before_last
    else:
        before_through = min(before_first.replace(day=min(through.day, before_last.day)), before_last)
    record_from = None
    if history and history[0][0] == before_first:
        ((begins,),) = reader.rows(
            "SELECT min(usage_date) FROM read_parquet($files) WHERE $department IS NULL OR department = $department",
            day_files(marts, "daily_usage", before_first, before_last),
        ) or [(None,)]
        record_from = begins if begins is not None and begins > before_first else None
    return Period(first, through, before_first, before_through, history=bool(history), record_from=record_from)


def _hours(reader: _Reader, files: list[str]) -> dict[tuple[int, int], int]:
    rows = reader.rows(
        "SELECT isodow(usage_date)::INTEGER, local_hour, sum(total_tokens) FROM read_parquet($files) "
        "WHERE $department IS NULL OR department = $department GROUP BY ALL ORDER BY ALL",
        files,
    )
    return {(weekday, hour): int(tokens) for weekday, hour, tokens in rows}


def _budgets(reader: _Reader, marts: Path, months: list[date], scope: Scope) -> tuple[Budget, ...]:
    rows = reader.rows(
        "SELECT month, scope_type, scope, min(amount) FROM read_parquet($files) WHERE measure = 'effective_cost' "
        "AND ($department IS NULL OR (scope_type = 'department' AND scope = $department)) GROUP BY ALL ORDER BY ALL",
        month_files(marts, "monthly_budget_status", months),
    )
    return tuple(Budget(*row) for row in rows)


def _crossings(reader: _Reader, marts: Path, first: date, scope: Scope) -> tuple[Crossing, ...]:
    rows = reader.rows(
        "SELECT scope_type, scope, threshold, min(crossed_on) FROM read_parquet($files) "
        "WHERE $department IS NULL OR (scope_type = 'department' AND scope = $department) GROUP BY ALL ORDER BY ALL",
        month_files(marts, "monthly_budget_crossings", [first]),
    )
    return tuple(Crossing(*row) for row in rows)


def _allocation(reader: _Reader, marts: Path, first: date) -> tuple[Allocated, ...]:
    rows = reader.rows(
        "SELECT cost_centre, department, kind, shared_id, name, rule, whole, currency, fx_rate, fx_date, amount "
        "FROM read_parquet($files) WHERE $department IS NULL OR (department = $department AND shared_id <> '') "
        "ORDER BY ALL",
        month_files(marts, "monthly_allocation", [first]),
    )
    return tuple(Allocated(*row) for row in rows)


def _bills(reader: _Reader, marts: Path, first: date) -> tuple[Bill, ...]:
    rows = reader.rows(
        "SELECT provider, verdict, is_met, billed, variance, credits, unexplained FROM read_parquet($files) "
        "WHERE provider <> '' ORDER BY provider, provider_account, currency",
        month_files(marts, "monthly_reconciliation", [first]),
    )
    return tuple(Bill(*row) for row in rows)


def _sources(reader: _Reader, marts: Path, first: date, through: date | None) -> SourceRows:
    rows = reader.rows(
        "SELECT coalesce(sum(events), 0)::BIGINT, coalesce(sum(duplicates), 0)::BIGINT FROM read_parquet($files)",
        day_files(marts, "daily_sources", first, through),
    )
    counted, duplicates = rows[0] if rows else (0, 0)
    return SourceRows(counted, duplicates)
