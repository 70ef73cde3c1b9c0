"""Build what a plan says and publish it: inputs, dbt, conservation, snapshot, swap."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.home import Home
from orchestration.landing.receipts import Counts, Receipt
from orchestration.marts import publish
from orchestration.marts.ahead import rows_ahead
from orchestration.marts.charges import Charges
from orchestration.marts.conservation import account_for
from orchestration.marts.day_rates import keep_rates
from orchestration.marts.dbt_build import NodeResult, dbt_build
from orchestration.marts.inputs import build_variables
from orchestration.marts.manifest import Manifest, PublishedBill, PublishedDay, PublishedMonth
from orchestration.marts.pins import keep_pins
from orchestration.marts.plan import Plan
from orchestration.marts.unpriced import hints_of
from orchestration.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class BuildReport:
    """What a build published: the new manifest, the days and months in it that are new, dbt's results."""

    manifest: Manifest
    days: tuple[date, ...]
    months: tuple[date, ...]
    nodes: tuple[NodeResult, ...]


def build(
    *,
    home: Home,
    settings: Settings,
    plan: Plan,
    manifest: Manifest | None,
    receipts: Sequence[Receipt],
    totals: Counts,
    books: dict[str, dict[str, Path]],
    book_labels: dict[str, str],
    charges: Charges | None = None,
    progress: Callable[[str], None] = lambda _: None,
    review: Callable[["DuckDBPyConnection"], bool] | None = None,
) -> BuildReport | None:
    """Rebuild the plan's days and months with dbt and publish them in one swap.

    `books`: version → {"bands": path, "models": path, "discounts": path}. `review` looks at what was built, in the
    schema `marts`, and says whether it is published; None is returned when it is not. Raises ConservationError when a
    delivered row is neither counted nor a duplicate nor quarantined; nothing is published then.
    """
    import duckdb

    days, months = [item.day for item in plan.days], [item.month for item in plan.months]
    progress(f"Building {len(days)} days and {len(months)} months")
    variables = build_variables(
        home=home, settings=settings, plan=plan, manifest=manifest, receipts=receipts, books=books, charges=charges
    )
    nodes = dbt_build(home, variables)
    if review is None:
        progress("Publishing")
    snapshot = f"{settings.now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        connection.execute("set enable_progress_bar = false")
        if review is not None and not review(connection):
            return None
        published_days = {
            **(manifest.days if manifest else {}),
            **_days(connection, plan, rows_ahead(connection, settings, plan)),
        }
        published_months = {
            **(manifest.months if manifest else {}),
            **_months(connection, plan),
        }
        conservation = account_for(totals, published_days, published_months.values(), plan)
        hints = hints_of(connection, books, manifest.price_hints if manifest else {})
        root = publish.stage(connection, home, snapshot=snapshot, days=days, months=months)
    fresh = Manifest(
        snapshot=snapshot,
        published_at=settings.now.isoformat(timespec="seconds"),
        timezone=settings.timezone,
        currency=settings.currency,
        first_day=min(published_days).isoformat() if published_days else "",
        data_until=plan.data_until.isoformat() if plan.data_until else "",
        days=published_days,
        months=published_months,
        conservation=conservation,
        price_books={day.price_version: book_labels[day.price_version] for day in published_days.values()},
        price_hints=hints,
    )
    keep_pins(home, {day: published.price_version for day, published in published_days.items()})
    keep_rates(home, fresh)
    publish.swap(home, root, fresh)
    publish.tidy(home)
    return BuildReport(manifest=fresh, days=tuple(days), months=tuple(months), nodes=tuple(nodes))


def _days(
    connection: "DuckDBPyConnection", plan: Plan, ahead: Mapping[date, Mapping[str, int]]
) -> dict[date, PublishedDay]:
    rows = connection.execute(
        """
        select
            usage_date, sum(requests)::bigint,
            -- A report may count tokens and no requests; usage with neither must not pass for priced.
            sum(case when is_priced then 0 when requests = 0 and total_tokens = 0 then 1 else requests end)::bigint,
            sum(case when is_priced then 0 else total_tokens end)::bigint, coalesce(sum(effective_cost), 0)::varchar
        from marts.daily_usage group by usage_date
        """
    ).fetchall()
    usage = {row[0]: row[1:] for row in rows}
    rows = connection.execute(
        """
        select usage_date, sum(delivered_rows)::bigint, sum(duplicates)::bigint, sum(conflicts)::bigint,
            sum(control)::bigint
        from marts.daily_sources group by usage_date
        """
    ).fetchall()
    sources = {row[0]: row[1:] for row in rows}
    published = {}
    for item in plan.days:
        requests, unpriced, unpriced_tokens, spend = usage.get(item.day, (0, 0, 0, "0"))
        delivered, duplicates, conflicts, control = sources.get(item.day, (0, 0, 0, 0))
        published[item.day] = PublishedDay(
            fingerprint=item.fingerprint,
            price_version=item.price_version,
            requests=requests,
            unpriced_requests=unpriced,
            unpriced_tokens=unpriced_tokens,
            delivered_rows=delivered,
            duplicates=duplicates,
            conflicts=conflicts,
            spend=spend,
            control=control,
            landed_rows=plan.landed_rows.get(item.day, 0),
            fx_rate=item.rate.rate if item.rate else "",
            fx_date=item.rate.rate_date.isoformat() if item.rate else "",
            fx_source=item.rate.source if item.rate else "",
            ahead=ahead.get(item.day, {}),
        )
    return published


def _months(connection: "DuckDBPyConnection", plan: Plan) -> dict[date, PublishedMonth]:
    rows = connection.execute(
        "select month, sum(requests)::bigint, coalesce(sum(effective_cost), 0)::varchar "
        "from marts.monthly_usage group by month"
    ).fetchall()
    sums = {month: (requests, spend) for month, requests, spend in rows}
    reported = dict(
        connection.execute("select month, count(*) from marts.daily_provider_costs group by month").fetchall()
    )
    shared = dict(
        connection.execute(
            "select month, sum(amount)::varchar from marts.monthly_allocation "
            "where kind in ('shared', 'commitment', 'commitment_unused') group by month"
        ).fetchall()
    )
    bills = _bills(connection)
    return {
        item.month: PublishedMonth(
            item.fingerprint,
            *sums.get(item.month, (0, "0")),
            cost_rows=reported.get(item.month, 0),
            shared_costs=shared.get(item.month, "0"),
            bills=tuple(bills.get(item.month, ())),
        )
        for item in plan.months
    }


def _bills(connection: "DuckDBPyConnection") -> dict[date, list[PublishedBill]]:
    rows = connection.execute(
        """
        select
            month, provider, provider_account, bill, currency, verdict, why_not, is_required, is_met,
            billed::varchar, variance::varchar, unexplained::varchar, unexplained_open::varchar, to_mend::varchar,
            tolerance::varchar, invoice_variance::varchar
        from marts.monthly_reconciliation
        where verdict <> 'no bill' or is_required
        order by all
        """
    ).fetchall()
    bills: dict[date, list[PublishedBill]] = {}
    for month, *values in rows:
        bills.setdefault(month, []).append(PublishedBill(*values))
    return bills
