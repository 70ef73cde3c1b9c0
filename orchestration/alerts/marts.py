"""What the published snapshot says about budgets: crossings, and the facts a message is written from."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.alerts.silence import silent_sources
from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.settings import Settings
from reports.messages import BudgetFacts, Cause, Causes, Crossing

if TYPE_CHECKING:
    import duckdb

_SHOWN_CAUSES = 3
_CAUSES = {"department": ("project", "model"), "organisation": ("department", "project", "model")}


@dataclass(frozen=True)
class Status:
    """One budget in one month. `month` is its first day."""

    month: date
    budget_id: str
    budget_version: str
    scope_type: str
    scope: str
    measure: str
    amount: Decimal
    actual: Decimal
    data_until: date
    days_elapsed: int
    unpriced_requests: int

    @property
    def armed(self) -> tuple[str, str, date]:
        """What a threshold is armed for: a version of a budget, in one month."""
        return (self.budget_id, self.budget_version, self.month)


@dataclass(frozen=True)
class Published:
    """Every budget's status and crossings, ascending by threshold, of one snapshot."""

    snapshot: Path
    statuses: dict[tuple[str, str, date], Status]
    crossings: dict[tuple[str, str, date], tuple[Crossing, ...]]


def snapshot_of(home: Home) -> Path | None:
    """The published snapshot's folder, resolved once; None while nothing is published."""
    return home.current_marts.resolve() if home.current_marts.exists() else None


def connect() -> "duckdb.DuckDBPyConnection":
    """A DuckDB connection in memory, to read Parquet with; use it in a `with`."""
    import duckdb  # only when alerts are decided: `status` and `--help` go without

    return duckdb.connect()


def read_published(connection: "duckdb.DuckDBPyConnection", snapshot: Path) -> Published:
    """All months' budget marts of one snapshot."""
    rows = _query(
        connection,
        f"select {', '.join(Status.__dataclass_fields__)} from read_parquet($files)",
        files=_files(snapshot, "monthly_budget_status"),
    )
    statuses = {status.armed: status for status in (Status(*row) for row in rows)}
    crossings: dict[tuple[str, str, date], tuple[Crossing, ...]] = {}
    for *key, threshold, crossed_on in _query(
        connection,
        "select budget_id, budget_version, month, threshold, crossed_on from read_parquet($files) order by threshold",
        files=_files(snapshot, "monthly_budget_crossings"),
    ):
        budget_id, version, month = key
        if (budget_id, version, month) not in statuses:
            raise TallyhouseError(
                f"Budget {budget_id} has a crossing in {month:%Y-%m} but no status in {snapshot.name}.",
                f"Build that month again: tallyhouse backfill --from {month} --to {month}",
            )
        armed = (budget_id, version, month)
        crossings[armed] = (*crossings.get(armed, ()), Crossing(threshold, crossed_on))
    return Published(snapshot, statuses, crossings)


def facts(
    connection: "duckdb.DuckDBPyConnection", published: Published, settings: Settings, status: Status
) -> BudgetFacts:
    """What a message about this budget says; a department's facts come from its own rows alone."""
    usage = _files(published.snapshot, "daily_usage", f"{status.month:%Y-%m}-*")
    within = "true" if status.scope_type == "organisation" else "department = $scope"
    asked: dict[str, Any] = {"files": usage}
    if status.scope_type != "organisation":
        asked["scope"] = status.scope
    requests = _query(
        connection, f"select coalesce(sum(requests), 0) from read_parquet($files) where {within}", **asked
    )
    unpriced = _query(
        connection,
        "select model, coalesce(sum(total_tokens) filter (where requests = 0), 0) from read_parquet($files) "
        f"where {within} and not is_priced group by model order by sum(requests) desc, 2 desc, model",
        **asked,
    )
    return BudgetFacts(
        organisation=settings.organisation.name,
        scope_type=status.scope_type,
        scope=status.scope,
        budget_id=status.budget_id,
        measure=status.measure,
        month=status.month,
        amount=status.amount,
        actual=status.actual,
        data_until=status.data_until,
        days_elapsed=status.days_elapsed,
        requests=int(requests[0][0]) if requests else 0,
        unpriced_requests=status.unpriced_requests,
        unpriced_models=tuple(model for model, _ in unpriced),
        uncounted_unpriced_tokens=int(sum(tokens for _, tokens in unpriced)),
        crossings=published.crossings.get(status.armed, ()),
        causes=tuple(_causes(connection, by, within, asked) for by in _CAUSES[status.scope_type]),
        today=settings.today,
        silent=tuple(
            silence
            for silence in silent_sources(
                connection,
                published.snapshot,
                until=status.data_until,
                department=status.scope if status.scope_type == "department" else None,
            )
            if silence.source in settings.sources
        ),
    )


def _causes(connection: "duckdb.DuckDBPyConnection", by: str, within: str, asked: dict[str, Any]) -> Causes:
    rows = _query(
        connection,
        f"with cost as (select {by} as name, sum(effective_cost) as amount from read_parquet($files) "
        f"where {within} and is_priced group by 1 having sum(effective_cost) > 0), "
        "ranked as (select *, row_number() over (order by amount desc, name) as place from cost) "
        f"select case when place <= {_SHOWN_CAUSES} then name end, sum(amount), count(*) "
        f"from ranked group by least(place, {_SHOWN_CAUSES + 1}), 1 order by min(place)",
        **asked,
    )
    largest = tuple(Cause(name, amount) for name, amount, _ in rows if name is not None)
    rest = [(amount, count) for name, amount, count in rows if name is None]
    others_amount, others = rest[0] if rest else (Decimal(0), 0)
    return Causes(by, largest, int(others), others_amount)


def _files(snapshot: Path, mart: str, stem: str = "*") -> list[str]:
    return sorted(str(path) for path in (snapshot / mart).glob(f"{stem}.parquet"))


def _query(
    connection: "duckdb.DuckDBPyConnection", sql: str, *, files: list[str], **parameters: str
) -> list[tuple[Any, ...]]:
    """Rows of one query over Parquet files; none where there are no files."""
    return connection.execute(sql, {"files": files, **parameters}).fetchall() if files else []
