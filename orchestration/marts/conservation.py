"""Every delivered row has exactly one fate; the delivered ones were counted apart from the reader. Light to import."""

from collections.abc import Collection, Mapping
from datetime import date

from orchestration.errors import ConservationError
from orchestration.landing.receipts import Counts
from orchestration.marts.ahead import still_ahead
from orchestration.marts.manifest import PublishedDay, PublishedMonth
from orchestration.marts.plan import Plan


def account_for(
    totals: Counts, published: Mapping[date, PublishedDay], months: Collection[PublishedMonth], plan: Plan
) -> dict[str, int]:
    """What became of every row ever delivered: {"delivered": n, and each fate: n}.

    Superseded are rows of a fetched window that was fetched again since; cost reports are kept apart from usage, and
    not due are rows of days that have not begun, but for those of events that are counted on a day before. Raises
    ConservationError when the fates do not add up.
    """
    days = published.values()
    counted = sum(day.events for day in days)
    repeated = sum(day.duplicates for day in days) + _repeated_since(published, plan)
    fates = {
        "counted": counted,
        "control": sum(day.control for day in days),
        "duplicates": repeated + totals.duplicates,
        "quarantined": totals.quarantined,
        "not_usage": totals.not_usage,
        "superseded": plan.superseded_rows,
        "cost_reports": sum(month.cost_rows for month in months),
        "not_due": plan.not_due_rows - still_ahead(published, plan),
        "refused": totals.refused,
    }
    if totals.delivered != sum(fates.values()):
        told = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in fates.items())
        raise ConservationError(
            f"{totals.delivered:,} rows were delivered, but {sum(fates.values()):,} are accounted for ({told}); "
            "nothing was published.",
            "Run `tallyhouse backfill` over all days; if it stays, keep the home and report this.",
        )
    return {"delivered": totals.delivered, **fates}


def _repeated_since(published: Mapping[date, PublishedDay], plan: Plan) -> int:
    """Rows that came after their day was built and did not make it stale: exact repetitions of what it holds."""
    return sum(plan.landed_rows.get(day, 0) - value.landed_rows for day, value in published.items())
