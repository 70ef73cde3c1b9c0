"""What a home has published, message for message and file for file, and small changes to make to a home."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.home import Home
from orchestration.marts.manifest import Manifest, read_manifest
from tests.support.homes import UNTIL, contents, json_lines, read_table, write_table

LATER = "2026-11-21T09:00:00+00:00"
NEXT_DAY = "2026-11-22T04:00:00+00:00"
DAILY = ("daily_usage", "hourly_usage", "daily_sources", "daily_utc_usage")


@dataclass(frozen=True)
class Published:
    """What was published at one moment: the manifest, and every file of the snapshot by inode and content."""

    manifest: Manifest
    files: dict[str, tuple[int, bytes]]

    def requests(self, day: date) -> int:
        return self.manifest.days[day].requests if day in self.manifest.days else 0

    @property
    def total(self) -> int:
        return sum(day.requests for day in self.manifest.days.values())


def published_now(home: Home) -> Published:
    root = home.current_marts.resolve()
    manifest = read_manifest(home)
    assert manifest is not None
    paths = sorted(path for path in root.rglob("*.parquet"))
    files = {p.relative_to(root).as_posix(): (p.stat().st_ino, p.read_bytes()) for p in paths}
    return Published(manifest, files)


def only_these_changed(before: Published, after: Published, days: set[date], months: set[date]) -> None:
    """Every other day and month is the very same file; those named were written anew and have new fingerprints."""
    names = {f"{mart}/{day}.parquet" for mart in DAILY for day in days}
    for name, file in before.files.items():
        monthly = name.startswith("monthly")
        if name not in names and not (monthly and date.fromisoformat(f"{Path(name).stem}-01") in months):
            assert after.files[name] == file, name
    fresh = {
        name for name in after.files if not name.startswith("monthly") and after.files[name] != before.files.get(name)
    }
    assert fresh == names
    for day in before.manifest.days.keys() | after.manifest.days.keys():
        same = before.manifest.days.get(day) == after.manifest.days.get(day)
        assert same == (day not in days), day


def gateway_file(home: Home, day: date, suffix: str = "") -> Path:
    return home.inbox / "gateway" / f"{day:%Y/%m}" / f"spend-logs-{day}{suffix}.jsonl"


def again(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**row, **changes}


def messages(home: Home) -> dict[str, bytes]:
    folder = home.root / "messages"
    return contents(folder) if folder.exists() else {}


def join(home: Home, user: str, since: date, **more: str) -> None:
    """A new user of Sales Operations."""
    rows = read_table(home, "organisation.csv")
    like = next(row for row in rows if row["member_type"] == "user" and row["department"] == "Sales Operations")
    new = {**like, "member": user, "name": user, "valid_from": str(since), "valid_to": "", **more}
    write_table(home, "organisation.csv", [*rows, new])


def use_of(home: Home, user: str, day: date = date(2026, 11, 21)) -> dict[str, Any]:
    """One request through the gateway on a day."""
    row = json_lines(gateway_file(home, UNTIL))[0]
    return again(row, request_id="late-1", user=user or row["user"], startTime=f"{day}T10:00:00Z")


def change_budget(home: Home) -> None:
    """Sales Operations' budget from November on becomes 24 instead of 25."""
    rows = read_table(home, "budgets.csv")
    (mine,) = (row for row in rows if row["scope"] == "Sales Operations" and row["valid_from"] == "2026-11-01")
    write_table(home, "budgets.csv", [{**row, "amount": "24.00"} if row is mine else row for row in rows])


def column_of(home: Home, column: str, day: date) -> set[str]:
    """What a column of daily_usage holds on a day."""
    import duckdb

    with duckdb.connect() as connection:
        file = f"{home.current_marts}/daily_usage/{day}.parquet"
        return {value for (value,) in connection.execute(f"select distinct {column} from '{file}'").fetchall()}
