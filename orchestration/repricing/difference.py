"""What a repriced build says against what is published, before anybody else can see it. Exact, in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ZERO = Decimal(0)


@dataclass(frozen=True)
class PriceChange:
    """One department's usage of one model: effective cost as published and as repriced, and what has no price.

    Usage without a price counts 0 in the costs.
    """

    department: str
    provider: str
    model: str
    old: Decimal
    new: Decimal
    unpriced_before: int
    unpriced_after: int
    unpriced_tokens_before: int = 0
    unpriced_tokens_after: int = 0

    @property
    def difference(self) -> Decimal:
        return self.new - self.old


@dataclass(frozen=True)
class AlertChange:
    """A threshold of a month's budget that repricing makes crossed (`crossed`) or not crossed any longer."""

    month: date
    budget_id: str
    threshold: int
    crossed: bool


def price_changes(connection: "DuckDBPyConnection", snapshot: Path, days: Sequence[date]) -> tuple[PriceChange, ...]:
    """Every department and model whose cost or priced share changes, the largest change first."""
    files = [str(path) for day in days if (path := snapshot / "daily_usage" / f"{day}.parquet").exists()]
    rows = connection.execute(
        """
        select
            department, provider, model,
            coalesce(sum(effective_cost) filter (where not is_new), 0)::decimal(38, 18) as old,
            coalesce(sum(effective_cost) filter (where is_new), 0)::decimal(38, 18) as new,
            coalesce(sum(requests) filter (where not is_new and not is_priced), 0)::bigint as unpriced_before,
            coalesce(sum(requests) filter (where is_new and not is_priced), 0)::bigint as unpriced_after,
            coalesce(sum(total_tokens) filter (where not is_new and not is_priced), 0)::bigint as tokens_before,
            coalesce(sum(total_tokens) filter (where is_new and not is_priced), 0)::bigint as tokens_after
        from (
            select department, provider, model, effective_cost, requests, total_tokens, is_priced, true as is_new
            from marts.daily_usage
            where list_contains($days, usage_date)
            union all
            select department, provider, model, effective_cost, requests, total_tokens, is_priced, false
            from read_parquet($files)
        )
        group by department, provider, model
        having old <> new or unpriced_before <> unpriced_after or tokens_before <> tokens_after
        order by abs(new - old) desc, department, provider, model
        """,
        {"files": files, "days": list(days)},
    ).fetchall()
    return tuple(PriceChange(*row) for row in rows)


def alert_changes(connection: "DuckDBPyConnection", snapshot: Path, months: Sequence[date]) -> tuple[AlertChange, ...]:
    """Thresholds whose crossing repricing makes or takes back."""
    paths = (snapshot / "monthly_budget_crossings" / f"{month:%Y-%m}.parquet" for month in months)
    files = [str(path) for path in paths if path.exists()]
    published = set()
    if files:
        published = set(
            connection.execute("select month, budget_id, threshold from read_parquet(?)", [files]).fetchall()
        )
    repriced = set(
        connection.execute("select month, budget_id, threshold from marts.monthly_budget_crossings").fetchall()
    )
    changed = [(*key, True) for key in repriced - published] + [(*key, False) for key in published - repriced]
    return tuple(AlertChange(*row) for row in sorted(changed))
