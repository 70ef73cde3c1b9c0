"""The golden month: a small committed home with a committed price book, and the figures it must give, as text.

python -m tests.end_to_end.golden            what would change: a diff against the committed figures; exit code 1
python -m tests.end_to_end.golden --accept   write the new figures; the commit that does it says why they changed
"""

import csv
import difflib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.home import Home
from orchestration.journal import Journal, keeping
from orchestration.pipeline import build_marts, land_files
from orchestration.prices.store import ResolvedName, write_bands, write_names
from tests.support.homes import pretending, settings_of

GOLDEN = Path(__file__).resolve().parents[1] / "fixtures" / "golden"
EXPECTED = GOLDEN / "expected"
BOOK = "golden-1"
NOW = "2026-11-02T04:00:00+00:00"
_PINNED = [date(2026, 9, 30) + timedelta(days) for days in range(34)]
# What is pinned, and the rows of it: every row, but of the hours only those of the day that has 25.
TABLES = {
    "daily_usage": "true",
    "daily_sources": "true",
    "hourly_usage": "usage_date = date '2026-10-25'",
    "monthly_usage": "true",
    "monthly_budget_status": "true",
    "monthly_budget_crossings": "true",
}


def build(root: Path) -> Home:
    """A copy of the golden home at `root`, landed and built at the golden prices."""
    home = Home(root)
    shutil.copytree(GOLDEN / "home", root)
    home.prices.mkdir(parents=True)
    write_bands(home.prices / f"{BOOK}.parquet", (GOLDEN / "prices" / "bands.csv").read_text(encoding="utf-8"))
    write_names(home.prices / f"{BOOK}.models.parquet", list(_names()))
    # Days keep the book that they are pinned to, so another version of the price package changes nothing here.
    pins = {day.isoformat(): BOOK for day in _PINNED}
    (home.prices / "pins.json").write_text(json.dumps(pins), encoding="utf-8")
    settings = settings_of(home, NOW)
    with pretending(NOW), keeping(Journal()):
        land_files(home, settings)
        assert build_marts(home, settings) is not None
    return home


def figures(home: Home) -> dict[str, str]:
    """What is published, as files by name: exact decimals without trailing zeros, `null` where nothing is known."""
    import duckdb

    found = {}
    with duckdb.connect() as connection:
        for table, where in TABLES.items():
            rows = connection.execute(
                f"select * from read_parquet('{home.current_marts}/{table}/*.parquet') where {where} order by all"
            )
            lines = [",".join(column[0] for column in rows.description)]
            lines += [",".join(map(_text, row)) for row in rows.fetchall()]
            found[f"{table}.csv"] = "\n".join(lines) + "\n"
    manifest = json.loads((home.current_marts / "manifest.json").read_text(encoding="utf-8"))
    found["conservation.json"] = json.dumps(manifest["conservation"], indent=1) + "\n"
    return found


def committed() -> dict[str, str]:
    """The figures as they are committed."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(EXPECTED.iterdir())}


def difference(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    """Lines that tell what changed: columns by name, then rows, in the columns that both have."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, ""), after.get(name, "")
        if old == new:
            continue
        if name.endswith(".csv") and old and new:
            was, now = (text.partition("\n")[0].split(",") for text in (old, new))
            yield from (f"{name}: no longer has the column {column}" for column in was if column not in now)
            yield from (f"{name}: has the new column {column}" for column in now if column not in was)
            both = [column for column in was if column in now]
            old, new = _only(old, both), _only(new, both)
        yield from difflib.unified_diff(old.splitlines(), new.splitlines(), name, name, n=0, lineterm="")


def _only(text: str, columns: list[str]) -> str:
    rows = csv.DictReader(text.splitlines())
    return "\n".join([",".join(columns), *sorted(",".join(row[column] for column in columns) for row in rows)])


def _text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = str(value)
    assert "," not in text and '"' not in text, text
    return text


def _names() -> Iterator[ResolvedName]:
    with (GOLDEN / "prices" / "models.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            yield ResolvedName(
                row["raw_provider"] or None,
                row["raw_model"] or None,
                row["price_id"] or None,
                row["resolution"],
                row["hint"] or None,
            )


def main(words: list[str]) -> int:
    with tempfile.TemporaryDirectory() as scratch:
        found = figures(build(Path(scratch) / "home"))
    told = list(difference(committed() if EXPECTED.is_dir() else {}, found))
    print("\n".join(told) or "The golden month gives the committed figures.")
    if words == ["--accept"]:
        shutil.rmtree(EXPECTED, ignore_errors=True)
        EXPECTED.mkdir()
        for name, text in found.items():
            (EXPECTED / name).write_text(text, encoding="utf-8")
        return 0
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
