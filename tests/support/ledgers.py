"""Homes for finance: usage whose cost is what a test says, in months of its choice, at one dollar a million tokens."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from orchestration.demo import write_blank
from orchestration.home import Home
from orchestration.marts.calendar import month_end

PROVIDER, MODEL = "halden", "m"
_PRICE = f"{PROVIDER},{MODEL},,,1,0"


def priced_home(root: Path, *, settings: str = "") -> Home:
    """An empty home in which a million input tokens of MODEL cost a dollar."""
    home = Home(root)
    write_blank(home, name="Lab Ltd")
    home.settings_file.write_text(home.settings_file.read_text(encoding="utf-8") + settings, encoding="utf-8")
    rows(home, "price_overrides.csv", _PRICE)
    return home


def rows(home: Home, name: str, *lines: str) -> None:
    """Write a reference table; cells that a line does not have are empty."""
    path = home.reference / name
    header = path.read_text(encoding="utf-8").splitlines()[0]
    width = header.count(",")
    filled = [line + "," * (width - line.count(",")) for line in lines]
    path.write_text("\n".join([header, *filled, ""]), encoding="utf-8")


def spend(home: Home, file: str, spent: Iterable[tuple[date, str, str]]) -> None:
    """Deliver a file of usage: day, department ('' is untagged) and dollars, each one request at noon."""
    events = [
        {
            "event_id": f"{file}-{number}",
            "event_at": f"{day}T12:00:00Z",
            "provider": PROVIDER,
            "model": MODEL,
            "uncached_input_tokens": int(Decimal(dollars) * 10**6),
            **({"department": department} if department else {}),
        }
        for number, (day, department, dollars) in enumerate(spent)
    ]
    path = home.inbox / "events" / f"{file}.jsonl"
    path.write_text("".join(f"{json.dumps(event)}\n" for event in events), encoding="utf-8")


def each_day(month: date, per_day: Mapping[str, str], *, until: date | None = None) -> list[tuple[date, str, str]]:
    """The same spend by department on each day of a month."""
    last = until or month_end(month)
    days = [month + timedelta(days=number) for number in range((last - month).days + 1)]
    return [(day, department, dollars) for day in days for department, dollars in per_day.items()]
