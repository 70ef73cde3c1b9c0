"""What is published: the snapshot's manifest, which says of every day and month what it was built from."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from orchestration.errors import TallyhouseError
from orchestration.home import Home

# Raised when the columns of a mart change: every published day is then built again, at its pinned prices.
LAYOUT = 9
MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True)
class PublishedDay:
    """One day as it was published. `control` are rows of control sources.

    `spend`: in the manifest's currency as an exact decimal string.
    `landed_rows`: rows of usage that were landed for the day when it was built. `ahead`: of its duplicates those of
    days that had not begun then, by that day.
    `fx_rate`: what one US dollar was worth, with the rate's date and who published it; '' where dollars are reported.
    """

    fingerprint: str
    price_version: str
    requests: int
    unpriced_requests: int
    delivered_rows: int
    duplicates: int
    conflicts: int
    spend: str
    control: int = 0
    landed_rows: int = 0
    fx_rate: str = ""
    fx_date: str = ""
    fx_source: str = ""
    ahead: Mapping[str, int] = field(default_factory=dict)
    unpriced_tokens: int = 0

    @property
    def has_unpriced(self) -> bool:
        """Whether any usage has no price; where a source counts no requests, tokens tell it."""
        return self.unpriced_requests > 0 or self.unpriced_tokens > 0

    @property
    def events(self) -> int:
        """Rows that are counted; unlike requests, of which an aggregated row may sum several."""
        return self.delivered_rows - self.duplicates - self.control


@dataclass(frozen=True)
class PublishedBill:
    """What reconciling a provider's account came to (monthly_reconciliation). Amounts are exact decimal strings."""

    provider: str
    account: str
    bill: str
    currency: str
    verdict: str
    why_not: str
    is_required: bool
    is_met: bool
    billed: str | None = None
    variance: str | None = None
    unexplained: str | None = None
    unexplained_open: str | None = None
    to_mend: str | None = None
    tolerance: str | None = None
    invoice_variance: str | None = None

    @property
    def is_compared(self) -> bool:
        return self.variance is not None


@dataclass(frozen=True)
class PublishedMonth:
    """One month as it was published. `cost_rows`: rows of providers' cost reports for its UTC dates.

    `spend` and `shared_costs` (with commitments) are exact decimal strings in the manifest's currency, and add up to
    monthly_allocation.
    `bills`: what reconciling came to, one for each account, without those that nobody billed and nobody requires.
    """

    fingerprint: str
    requests: int
    spend: str
    cost_rows: int = 0
    shared_costs: str = "0"
    bills: tuple[PublishedBill, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """Everything a later run needs to know about the snapshot without opening its Parquet files.

    `price_hints`: for models without a price, provider → model → the nearest known price ids.
    """

    snapshot: str
    published_at: str
    timezone: str
    currency: str
    first_day: str
    data_until: str
    days: Mapping[date, PublishedDay]
    months: Mapping[date, PublishedMonth]
    conservation: Mapping[str, int]
    price_books: Mapping[str, str]
    layout: int = LAYOUT
    schema: int = field(default=1)
    price_hints: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def spend(self, month: date) -> Decimal:
        """Effective cost of one month, exact; zero where nothing was used."""
        published = self.months.get(month)
        return Decimal(published.spend) if published else Decimal(0)

    def to_json(self) -> str:
        plain = asdict(self)
        plain["days"] = {day.isoformat(): asdict(value) for day, value in sorted(self.days.items())}
        plain["months"] = {month.isoformat(): asdict(value) for month, value in sorted(self.months.items())}
        return json.dumps(plain, indent=1, sort_keys=True)


def read_manifest(home: Home) -> Manifest | None:
    """The manifest of the current snapshot, or None before the first publish; a damaged one raises."""
    try:
        return read_snapshot_manifest(home.current_marts)
    except (ValueError, TypeError, KeyError) as error:
        raise TallyhouseError(
            f"{home.current_marts / MANIFEST_FILE} is damaged, so nobody can tell what is published: {error}.",
            f"Remove {home.current_marts.parent} and run: tallyhouse run. It builds every day again from what is "
            "landed, at the prices the days are pinned to.",
        ) from error


def read_snapshot_manifest(snapshot: Path) -> Manifest | None:
    path = snapshot / MANIFEST_FILE
    if not path.exists():
        return None
    plain = json.loads(path.read_text(encoding="utf-8"))
    plain["days"] = {date.fromisoformat(day): PublishedDay(**value) for day, value in plain["days"].items()}
    plain["months"] = {
        date.fromisoformat(month): PublishedMonth(
            **{**value, "bills": tuple(PublishedBill(**bill) for bill in value.get("bills", ()))}
        )
        for month, value in plain["months"].items()
    }
    return Manifest(**plain)
