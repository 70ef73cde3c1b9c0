"""A home whose marts are published from a few lines of spend, as the pipeline would publish them."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.home import Home
from orchestration.settings import Notifications, Organisation, Settings, Source

DAILY = (
    "usage_date DATE, department VARCHAR, project VARCHAR, model VARCHAR, is_priced BOOLEAN, requests BIGINT, "
    "effective_cost DECIMAL(38,18), source VARCHAR, total_tokens DECIMAL(38,0)"
)
SOURCES = "usage_date DATE, source VARCHAR, events BIGINT"
STATUS = (
    "month DATE, budget_id VARCHAR, budget_version VARCHAR, scope_type VARCHAR, scope VARCHAR, measure VARCHAR, "
    "amount DECIMAL(18,2), currency VARCHAR, actual DECIMAL(38,18), remaining DECIMAL(38,18), "
    "share_used DECIMAL(18,6), data_until DATE, days_in_month INTEGER, days_elapsed INTEGER, "
    "highest_threshold INTEGER, unpriced_requests BIGINT"
)
CROSSINGS = (
    "month DATE, budget_id VARCHAR, budget_version VARCHAR, scope_type VARCHAR, scope VARCHAR, threshold INTEGER, "
    "crossed_on DATE, amount DECIMAL(18,2), actual DECIMAL(38,18)"
)


def write_parquet(path: Path, columns: str, rows: list[tuple[Any, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"create table t ({columns})")
        if rows:
            connection.executemany(f"insert into t values ({', '.join('?' * len(rows[0]))})", rows)
        connection.execute(f"copy t to '{path}' (format parquet)")


@dataclass
class Budget:
    budget_id: str
    department: str
    amount: Decimal
    thresholds: tuple[int, ...] = (75, 90, 95, 100)
    version: str = "v1"


@dataclass
class Company:
    """Add spend and budgets, then publish; publishing again makes the next snapshot."""

    root: Path
    spend: list[tuple[Any, ...]] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    snapshots: int = 0

    @property
    def home(self) -> Home:
        return Home(self.root)

    def spent(
        self,
        day: date,
        amount: str | None,
        *,
        department: str = "Data & Analytics",
        project: str = "atlas",
        model: str = "claude-sonnet-4-5",
        requests: int = 10,
        source: str = "gateway",
        tokens: int = 100,
    ) -> None:
        """One row of daily usage; amount None is unpriced."""
        cost = None if amount is None else Decimal(amount)
        self.spend.append((day, department, project, model, amount is not None, requests, cost, source, tokens))

    def owners(self, **addresses: str) -> None:
        """reference/departments.csv; names may be given with _ for the space and `and` for &."""
        lines = ["department,cost_centre,owner,owner_email,valid_from,valid_to"]
        lines += [f"{name.replace('_and_', ' & ')},CC1,Owner,{address},," for name, address in addresses.items()]
        self.home.reference.mkdir(parents=True, exist_ok=True)
        (self.home.reference / "departments.csv").write_text("\n".join(lines) + "\n")

    def publish(self, data_until: date) -> None:
        self.snapshots += 1
        folder = self.home.marts / "snapshots" / f"s{self.snapshots:03}"
        for day in sorted({row[0] for row in self.spend}):
            rows = [row for row in self.spend if row[0] == day]
            write_parquet(folder / "daily_usage" / f"{day}.parquet", DAILY, rows)
            delivered = [(day, source, 1) for source in sorted({row[7] for row in rows})]
            write_parquet(folder / "daily_sources" / f"{day}.parquet", SOURCES, delivered)
        months = sorted({row[0].replace(day=1) for row in self.spend} | {data_until.replace(day=1)})
        for month in months:
            statuses, crossings = self._months_budgets(month, data_until)
            write_parquet(folder / "monthly_budget_status" / f"{month:%Y-%m}.parquet", STATUS, statuses)
            write_parquet(folder / "monthly_budget_crossings" / f"{month:%Y-%m}.parquet", CROSSINGS, crossings)
        (folder / "manifest.json").write_text(json.dumps({"schema": 1, "snapshot": folder.name}))
        current = self.home.current_marts
        fresh = current.with_name("current.new")
        fresh.symlink_to(folder.relative_to(self.home.marts))
        fresh.replace(current)

    def _months_budgets(self, month: date, data_until: date) -> tuple[list[Any], list[Any]]:
        end = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        until = min(end, data_until)
        statuses, crossings = [], []
        for budget in self.budgets:
            kind = "department" if budget.department else "organisation"
            rows = [
                row
                for row in self.spend
                if month <= row[0] <= end and (not budget.department or row[1] == budget.department)
            ]
            actual = sum((row[6] for row in rows if row[6] is not None), Decimal(0))
            head = (month, budget.budget_id, budget.version, kind, budget.department)
            reached = []
            running = Decimal(0)
            for row in sorted(rows, key=lambda row: row[0]):
                running += row[6] or 0
                for threshold in budget.thresholds:
                    if threshold not in reached and running * 100 >= budget.amount * threshold and running > 0:
                        reached.append(threshold)
                        crossings.append((*head, threshold, row[0], budget.amount, running))
            share = (actual / budget.amount).quantize(Decimal("0.000001"), ROUND_HALF_UP) if budget.amount else None
            unpriced = sum(row[5] for row in rows if not row[4])
            statuses.append(
                (
                    *head, "effective_cost", budget.amount, "USD", actual, budget.amount - actual, share,
                    until, end.day, until.day, max(reached, default=None), unpriced,
                )
            )  # fmt: skip
        return statuses, crossings


def settings(
    now: str = "2026-11-21T03:00:00+00:00",
    email_url: str | None = "folder://messages",
    operators: tuple[str, ...] = ("ops@halden.example",),
) -> Settings:
    return Settings(
        organisation=Organisation(name="Halden Group plc"),
        timezone="Europe/London",
        sources={
            name: Source(name=name, kind="litellm", path=Path("/nowhere") / name) for name in ("gateway", "laptops")
        },
        notifications=Notifications(
            email_url=email_url, sender="Tallyhouse <tallyhouse@halden.example>", operators=operators
        ),
        now=datetime.fromisoformat(now).astimezone(UTC),
    )


def over_budget(root: Path) -> Company:
    """Data & Analytics at 112 % of its November budget on 20 November; October was over budget as well."""
    company = Company(root)
    company.owners(Data_and_Analytics="dana@halden.example", Engineering="eng@halden.example")
    company.budgets = [
        Budget("data-analytics", "Data & Analytics", Decimal("10000.00")),
        Budget("engineering", "Engineering", Decimal("20000.00")),
        Budget("everything", "", Decimal("31000.00")),
    ]
    projects = (("document-archive", "300"), ("forecasting", "120"), ("churn-model", "80"), ("notebooks", "40"))
    for number in range(20):
        day = date(2026, 11, 1 + number)
        for project, amount in (*projects, ("", "20")):
            model = "claude-sonnet-4-5" if project == "document-archive" else "gpt-5-mini"
            company.spent(day, amount, project=project, model=model, requests=400)
        company.spent(day, "500", department="Engineering", project="code-review", model="claude-opus-4-1")
    company.spent(date(2026, 11, 9), None, project="forecasting", model="house-llm-7b", requests=1204)
    company.spent(date(2026, 10, 9), "11000", project="forecasting")
    company.publish(date(2026, 11, 20))
    return company
