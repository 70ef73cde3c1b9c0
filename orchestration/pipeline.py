"""The steps of the main job as plain functions, in order: land, build, evaluate, state, deliver.

Each takes the home's writer lock, finds out by itself what is left to do, and can be run again at any time: killed
anywhere, the next run puts right what is missing. Dagster's assets and the command line call these and nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from orchestration.errors import SettingsError
from orchestration.home import Home
from orchestration.journal import record, tell
from orchestration.lock import writer
from orchestration.reference import Rates, check_money, day_rows, read_all, refuse_unconverted
from orchestration.settings import Settings
from orchestration.unfinished import remove_unfinished

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from orchestration.alerts import AlertsReport, DeliveryReport
    from orchestration.fetching import FetchReport
    from orchestration.landing import LandingReport, Progress, Receipt
    from orchestration.marts.build import BuildReport
    from orchestration.marts.charges import Charges
    from orchestration.marts.manifest import Manifest
    from orchestration.marts.plan import Plan
    from orchestration.reference import Reference


# What a plan says of new days before their price book has been flattened.
_NO_BOOK_YET = "the newest price book"


def fetch_reports(home: Home, settings: Settings) -> "FetchReport":
    """Fetch what is due from providers' APIs into files that `land_files` lands.

    A provider that fails stops nothing: its source stands as it was, the report says so, the operators are told once,
    and the next run goes on.
    """
    from orchestration.alerts import queue_unread
    from orchestration.fetching import fetch

    with writer(home, doing="fetch", now=settings.now):
        report = record(fetch(home, settings))
        for source in report.failed:
            queue_unread(home, settings, source)
        return report


def land_files(home: Home, settings: Settings) -> "LandingReport":
    """Land every new file of every source; rows that cannot be read go to quarantine with their reason."""
    from orchestration.landing import land, sweep

    with writer(home, doing="land", now=settings.now):
        tell("Looking for new files")
        remove_unfinished(home)
        sweep(home)
        return record(land(home, settings, progress=_tell_progress))


def build_marts(
    home: Home,
    settings: Settings,
    *,
    rebuild: tuple[date, date] | None = None,
    repin: Mapping[date, str] | None = None,
    review: "Callable[[DuckDBPyConnection], bool] | None" = None,
) -> "BuildReport | None":
    """Build and publish the days and months that are stale, and those asked for; None when there are none.

    `repin` moves days to other price books; `review` sees what was built and says whether it is published.
    """
    with writer(home, doing="build", now=settings.now):
        from orchestration.landing import receipts, redeliveries, refusals, sweep, totals
        from orchestration.marts.manifest import read_manifest
        from orchestration.prices import current_book

        # A landing that was killed may have left Parquet without a receipt: it must not be read.
        sweep(home)
        landed = receipts(home)
        manifest = read_manifest(home)
        current_book(home)
        plan = plan_build(home, settings, rebuild=rebuild, repin=repin)
        if plan.is_empty:
            return None
        from orchestration.marts.books import books_for
        from orchestration.marts.build import build

        tell("Reading prices")
        books, labels = books_for(home, plan, landed, published=dict(manifest.price_books) if manifest else {})
        built = build(
            home=home,
            settings=settings,
            plan=plan,
            manifest=manifest,
            receipts=landed,
            totals=totals(landed, redeliveries(home), refusals(home, settings)),
            books=books,
            book_labels=labels,
            charges=_charges(home, settings, read_all(home)),
            progress=tell,
            review=review,
        )
        return record(built) if built else None


def plan_build(
    home: Home,
    settings: Settings,
    *,
    rebuild: tuple[date, date] | None = None,
    repin: Mapping[date, str] | None = None,
) -> "Plan":
    """Which days and months would be built from what is landed now, and why. Writes nothing."""
    from orchestration.landing import receipts
    from orchestration.marts.bills import Bills
    from orchestration.marts.day_rates import day_rates
    from orchestration.marts.manifest import read_manifest
    from orchestration.marts.pins import read_pins
    from orchestration.marts.plan import make_plan
    from orchestration.prices.book import newest_version
    from orchestration.roles import day_marks, refuse_overlaps

    landed = receipts(home)
    _refuse_another_zone(landed, settings)
    refuse_overlaps(settings, landed)

    manifest = read_manifest(home)
    tables = read_all(home)
    check_money(home, settings.currency)
    _refuse_another_currency(home, settings, manifest)
    plan = make_plan(
        receipts=landed,
        manifest=manifest,
        rows_in_force=day_rows(
            members=tables.organisation,
            departments=tables.departments,
        ),
        budgets=tables.budgets,
        divided=(*tables.shared_costs, *tables.commitments),
        newest_book=newest_version(home) or _NO_BOOK_YET,
        today=settings.today,
        rebuild=rebuild,
        pins=read_pins(home),
        mark=day_marks(settings),
        repin=repin,
        charges=_charges(home, settings, tables),
        bills=Bills(tables.invoices, settings),
        rates=day_rates(
            home, currency=settings.currency, rates=tables.fx_rates, manifest=manifest, today=settings.today
        ),
        exchange=Rates(tables.fx_rates, settings.currency),
    )
    last_days = {item.month: max(item.owed_until, item.month) for item in plan.months}
    refuse_unconverted((*tables.shared_costs, *tables.commitments), tables.fx_rates, last_days, settings.currency)
    return plan


def _charges(home: Home, settings: Settings, tables: "Reference") -> "Charges":
    from orchestration.closing.issued import closed_months, issued_charges, moved_credits
    from orchestration.marts.charges import Charges, in_money

    grants = in_money(tables.credit_grants, settings.currency)
    if not grants:
        return Charges(taxes=tables.taxes)
    return Charges(
        grants=grants,
        taxes=tables.taxes,
        closed=frozenset(closed_months(home)),
        issued=issued_charges(home),
        moved=moved_credits(home),
    )


def _refuse_another_currency(home: Home, settings: Settings, manifest: "Manifest | None") -> None:
    """What was issued in one currency cannot be compared, restated or carried forward in another."""
    if manifest is None or manifest.currency == settings.currency:
        return
    from orchestration.closing.issued import closed_months

    if closed := closed_months(home):
        raise SettingsError(
            f"currency is {settings.currency}, but {max(closed):%B %Y} was closed in {manifest.currency}.",
            f"Write currency: {manifest.currency} again; for another currency make a new home on the same logs.",
        )


def _refuse_another_zone(landed: "Sequence[Receipt]", settings: Settings) -> None:
    """Receipts say for each file which local days it touches: under another zone they would say it wrongly."""
    for receipt in landed:
        if receipt.timezone != settings.timezone:
            raise SettingsError(
                f"timezone is {settings.timezone}, but logs are landed for days of {receipt.timezone}.",
                f"Write timezone: {receipt.timezone} again; for another zone make a new home on the same logs.",
            )


def evaluate_alerts(home: Home, settings: Settings) -> "AlertsReport":
    """Record every budget threshold that the published marts say was crossed, and queue its message, once.

    Where nothing is published yet (no source of a new home could be read) there is nothing to decide.
    """
    from orchestration.alerts import AlertsReport, evaluate
    from orchestration.marts.manifest import read_manifest

    with writer(home, doing="evaluate alerts", now=settings.now):
        published = read_manifest(home) is not None
        return record(evaluate(home, settings) if published else AlertsReport())


def deliver_messages(home: Home, settings: Settings, *, retry_now: bool = False) -> "DeliveryReport":
    """Send what waits in the outbox; what cannot be sent stays there for the next run. Then back the ledger up.

    `retry_now`: also what failed a moment ago and would wait for its next attempt: a person is asking.
    """
    from orchestration.alerts import backup_ledger, deliver

    with writer(home, doing="deliver messages", now=settings.now):
        tell("Sending messages")
        report = deliver(home, settings, retry_now=retry_now)
        backup_ledger(home)
        return record(report)


def _tell_progress(progress: "Progress") -> None:
    share = 100 * progress.done_bytes // max(progress.total_bytes, 1)
    tell(f"{progress.doing[:1].upper()}{progress.doing[1:]}, {share} %")
