"""Records stamped ahead of the clock whose event has an earlier one: counted with its day, before their own is due."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from orchestration.marts.calendar import day_start, local_day
from orchestration.marts.manifest import PublishedDay
from orchestration.marts.plan import Plan
from orchestration.mirrors import mirror_roots
from orchestration.settings import Settings
from orchestration.sources.shape import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def rows_ahead(connection: "DuckDBPyConnection", settings: Settings, plan: Plan) -> dict[date, dict[str, int]]:
    """By built day the rows of its events that are of days after today, by that day.

    They are duplicates of an event that is counted, and so must not wait as not due as well.
    """
    if not plan.not_due_rows:
        return {}
    names = {name: root for name, (root, _) in mirror_roots(settings.sources).items()}
    roots = " ".join(f"when {quoted(name)} then {quoted(root)}" for name, root in names.items())

    def root(relation: str) -> str:
        return f"case {relation}.source {roots} else {relation}.source end" if roots else f"{relation}.source"

    found = connection.execute(
        f"""
        select events.usage_date, delivered.event_at, count(*)
        from intermediate.int_usage_delivered as delivered
        inner join intermediate.int_usage_events as events
            on {root("delivered")} = {root("events")} and delivered.event_id = events.event_id
        where delivered.event_at >= $tomorrow
        group by all
        """,
        {"tomorrow": day_start(settings.today + timedelta(days=1), settings.zone)},
    ).fetchall()
    ahead: dict[date, dict[str, int]] = {}
    for day, at, rows in found:
        own = ahead.setdefault(day, {})
        due = local_day(at, settings.zone).isoformat()
        own[due] = own.get(due, 0) + rows
    return ahead


def still_ahead(published: Mapping[date, PublishedDay], plan: Plan) -> int:
    """Rows that published days have counted already and that the plan still counts as not due."""
    return sum(
        rows
        for day in published.values()
        for due, rows in day.ahead.items()
        if date.fromisoformat(due) not in plan.landed_rows
    )
