"""Which crossings were seen, and what was decided about each: recorded once, never changed."""

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Alert:
    """One decision. `period` is the first day of the month, `threshold` whole percents, money as reported.

    outcome: `queued` (it has a message), `superseded` (a higher threshold's message speaks for it),
    `historic` (found when its month was closed to alerts: recorded, never sent).
    """

    budget_id: str
    budget_version: str
    period: date
    kind: str
    threshold: int
    scope_type: str
    scope: str
    amount: Decimal
    actual: Decimal
    outcome: str
    message_id: str | None

    @property
    def armed(self) -> tuple[str, str, date]:
        """What a threshold is armed for: a version of a budget, in one month."""
        return (self.budget_id, self.budget_version, self.period)


def recorded(connection: sqlite3.Connection) -> list[tuple[Alert, datetime]]:
    """Every decision ever made with its time, the oldest first."""
    return [
        (
            Alert(
                budget_id=row["budget_id"],
                budget_version=row["budget_version"],
                period=date.fromisoformat(row["period"]),
                kind=row["kind"],
                threshold=row["threshold"],
                scope_type=row["scope_type"],
                scope=row["scope"],
                amount=Decimal(row["amount"]),
                actual=Decimal(row["actual"]),
                outcome=row["outcome"],
                message_id=row["message_id"],
            ),
            datetime.fromisoformat(row["recorded_at"]),
        )
        for row in connection.execute("select * from alert order by alert_id")
    ]


def record(connection: sqlite3.Connection, alert: Alert, now: datetime) -> None:
    """Write one decision; a second one about the same crossing is refused by the table."""
    connection.execute(
        "insert into alert (budget_id, budget_version, period, kind, threshold, scope_type, scope, amount, "
        "actual, outcome, message_id, recorded_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            alert.budget_id,
            alert.budget_version,
            alert.period.isoformat(),
            alert.kind,
            alert.threshold,
            alert.scope_type,
            alert.scope,
            str(alert.amount),
            str(alert.actual),
            alert.outcome,
            alert.message_id,
            now.isoformat(timespec="seconds"),
        ),
    )


def evaluated_snapshot(connection: sqlite3.Connection) -> str | None:
    """The published snapshot that alerts were last decided from."""
    row = connection.execute("select snapshot from evaluation").fetchone()
    return None if row is None else str(row["snapshot"])


def evaluated_days(connection: sqlite3.Connection) -> list[date]:
    """Every day (of the organisation) on which alerts were decided, ascending."""
    return [date.fromisoformat(row["day"]) for row in connection.execute("select day from evaluated order by day")]


def record_evaluation(connection: sqlite3.Connection, snapshot: str, today: date) -> None:
    """Remember the snapshot and the day, in the transaction that recorded its alerts."""
    connection.execute("insert or replace into evaluation values (1, ?)", (snapshot,))
    connection.execute("insert or ignore into evaluated values (?)", (today.isoformat(),))
