"""A published snapshot and a landing, as small as they can be."""

from datetime import date

from orchestration.files import write_atomically
from orchestration.home import Home
from orchestration.landing.receipts import DayPart, FileReceipt, Receipt, write_receipt
from orchestration.marts.manifest import Manifest, PublishedDay, PublishedMonth

DAYS = (date(2026, 10, 30), date(2026, 11, 2))


def manifest(**changes: object) -> Manifest:
    """A snapshot with two days of two months, without anything to complain about."""
    days = {day: PublishedDay(f"f-{day}", "book-1", 5, 0, 6, 1, 0, "1.25") for day in DAYS}
    months = {day.replace(day=1): PublishedMonth(f"f-{day:%Y-%m}", 5, "1.25") for day in DAYS}
    fates = {"delivered": 14, "counted": 10, "duplicates": 2, "quarantined": 1, "not_usage": 1, "not_due": 0}
    given: dict[str, object] = {"days": days, "months": months, "conservation": fates, **changes}
    return Manifest("snap", "", "Europe/London", "USD", "2026-10-30", "2026-11-02", price_books={}, **given)  # type: ignore[arg-type]


def publish(home: Home, published: Manifest) -> None:
    """Put a manifest where readers look for the published one."""
    write_atomically(home.current_marts / "manifest.json", published.to_json())


def land(home: Home, *days: date) -> None:
    """A receipt for one row on each day."""
    parts = {day.isoformat(): DayPart(1, day.isoformat()) for day in days}
    file = FileReceipt("inbox/chat/a.jsonl", "0", 1, len(days), len(days), 0, 0, parts)
    write_receipt(home, Receipt("0", "chat", "events", "UTC", "", (file,), (), (), {}, None, None))
