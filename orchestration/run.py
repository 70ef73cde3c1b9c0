"""The main job as a command: what is left to do, doing it in one Dagster run, and what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import SettingsError
from orchestration.home import Home
from orchestration.journal import Journal, keeping
from orchestration.lock import writer
from orchestration.marts.manifest import Manifest, read_manifest
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.alerts import AlertsReport, DeliveryReport
    from orchestration.fetching import DueSpan, FetchReport
    from orchestration.landing import LandingReport, Refusal


@dataclass(frozen=True)
class Work:
    """What a run would do now, found from files alone; nothing heavy is imported to find it."""

    fetches: "tuple[DueSpan, ...]"
    files: tuple[Path, ...]
    days: tuple[tuple[date, str], ...]
    months: tuple[tuple[date, str], ...]
    statements: tuple[date, ...]
    alerts_unread: bool
    deliveries_due: int

    @property
    def is_empty(self) -> bool:
        return not (
            self.fetches
            or self.files
            or self.days
            or self.months
            or self.statements
            or self.alerts_unread
            or self.deliveries_due
        )

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class RunSummary:
    """What one run did. Amounts are exact decimals; `conservation` covers everything ever delivered.

    `refused`: every file that is refused now, also those that an earlier run refused.
    """

    landing: "LandingReport | None"
    days_built: tuple[date, ...] = ()
    months_built: tuple[date, ...] = ()
    last_month: date | None = None
    last_month_spend: Decimal | None = None
    conservation: dict[str, int] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    alerts: "AlertsReport | None" = None
    delivery: "DeliveryReport | None" = None
    refused: "tuple[Refusal, ...]" = ()
    fetch: "FetchReport | None" = None

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def find_work(home: Home, settings: Settings, *, rebuild: tuple[date, date] | None = None) -> Work:
    """Compare files, facts and the published manifest; writes nothing but a new price book's bands."""
    from orchestration.alerts import needs_evaluation, ready
    from orchestration.fetching import due
    from orchestration.landing import pending_files
    from orchestration.pipeline import plan_build
    from orchestration.statements import due_months

    manifest = read_manifest(home)
    plan = plan_build(home, settings, rebuild=rebuild)
    return Work(
        fetches=tuple(due(home, settings)),
        files=tuple(pending_files(home, settings)),
        days=tuple((item.day, item.why) for item in plan.days),
        months=tuple((item.month, item.why) for item in plan.months),
        statements=tuple(due_months(home, settings, manifest)),
        alerts_unread=needs_evaluation(home),
        deliveries_due=ready(home, settings),
    )


def run(home: Home, settings: Settings, *, say: Callable[[str], None]) -> RunSummary | None:
    """Fetch, land, build, evaluate, write statements, deliver: whatever is left to do. None when nothing is.

    Waits for another writer of the same home. Raises TallyhouseError; what was published before stays published.
    """
    if find_work(home, settings).is_empty:
        return None
    with keeping(Journal(say=say)) as journal, writer(home, doing="tallyhouse run", now=settings.now):
        if find_work(home, settings).is_empty:
            return None
        from orchestration.assets.execute import run_nightly

        run_nightly(home, settings)
        return summarise(home, settings, journal)


def check_range(home: Home, settings: Settings, first: date, last: date) -> None:
    """Raise SettingsError when a backfill from `first` to `last` (inclusive) would have no day to build."""
    from orchestration.landing import receipts

    if last < first:
        raise SettingsError(f"--from {first} is after --to {last}.", "Name the earlier day first.")
    landed = {date.fromisoformat(day) for item in receipts(home) for file in item.files for day in file.days}
    due = sorted(day for day in landed if day <= settings.today)
    if not due:
        raise SettingsError("No usage is landed yet.", "Run first: tallyhouse run")
    if not any(first <= day <= last for day in due):
        span = f"{first} to {last}" if first < last else f"{first}"
        raise SettingsError(
            f"No usage is landed for {span}: there is nothing to build again.",
            f"Name days with usage; it is landed from {due[0]} to {due[-1]}.",
        )


def backfill(home: Home, settings: Settings, first: date, last: date, *, say: Callable[[str], None]) -> RunSummary:
    """Build every day with events from `first` to `last` (inclusive) again, at its pinned prices, in one run.

    Raises SettingsError when there is no such day.
    """
    check_range(home, settings, first, last)
    with keeping(Journal(say=say)) as journal, writer(home, doing="tallyhouse backfill", now=settings.now):
        from orchestration.assets.execute import run_backfill

        run_backfill(home, settings, first, last)
        return summarise(home, settings, journal)


def summarise(home: Home, settings: Settings, journal: Journal) -> RunSummary:
    """The run's journal and the published manifest as one summary."""
    from orchestration.alerts import AlertsReport, DeliveryReport
    from orchestration.fetching import FetchReport
    from orchestration.landing import LandingReport, refusals
    from orchestration.marts.build import BuildReport
    from orchestration.statements import StatementsReport, last_full_month

    manifest: Manifest | None = read_manifest(home)
    built = journal.latest(BuildReport)
    statements = journal.latest(StatementsReport)
    month = last_full_month(settings, manifest) if manifest else None
    return RunSummary(
        landing=journal.latest(LandingReport),
        days_built=built.days if built else (),
        months_built=built.months if built else (),
        last_month=month,
        last_month_spend=manifest.spend(month) if manifest and month else None,
        conservation=account(home, settings, manifest) if manifest else {},
        files=statements.files if statements else (),
        alerts=journal.latest(AlertsReport),
        delivery=_delivered([report for report in journal.reports if isinstance(report, DeliveryReport)]),
        refused=tuple(refusals(home, settings)),
        fetch=journal.latest(FetchReport),
    )


def _delivered(reports: "Sequence[DeliveryReport]") -> "DeliveryReport | None":
    """A run delivers after its alerts and again after its statements: all that was sent, and what waits at the end."""
    return replace(reports[-1], sent=sum(report.sent for report in reports)) if reports else None


def account(home: Home, settings: Settings, manifest: Manifest) -> dict[str, int]:
    """The fate of every row delivered until now; what changed no day (a file sent again) is not in the manifest."""
    from orchestration.landing import receipts, redeliveries, refusals, totals
    from orchestration.marts.conservation import account_for
    from orchestration.pipeline import plan_build

    delivered = totals(receipts(home), redeliveries(home), refusals(home, settings))
    return account_for(delivered, manifest.days, manifest.months.values(), plan_build(home, settings))
