"""The marts as they were issued: closed months as they were frozen, open months as they are known now.

Statements are drawn from these, so that a comparison with a closed month shows what was signed.
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from orchestration.closing.book import read_records
from orchestration.closing.freeze import MARTS, STATEMENTS, folder_of, is_put_back, put_back
from orchestration.closing.records import Record, issued
from orchestration.closing.widen import marts_of, tidy
from orchestration.home import Home
from orchestration.marts.calendar import month_of
from orchestration.marts.manifest import MANIFEST_FILE, Manifest, read_snapshot_manifest
from orchestration.marts.publish import DAILY, MONTHLY

CLOSED_MONTHS = "closed_months.json"


def closed_months(home: Home) -> dict[date, Record]:
    """The record in force of every closed month."""
    return issued(read_records(home))


def issued_charges(home: Home) -> dict[date, Path]:
    """The charges of each closed month as they were issued; a month that was closed before there were any has none."""
    files = {month: _charges_of(home, month, record.revision) for month, record in closed_months(home).items()}
    return {month: path for month, path in files.items() if path.exists()}


def moved_credits(home: Home) -> tuple[tuple[date, int], ...]:
    """Months whose revision used less of a grant than the one before, and closed ones that are open again.

    Each with its last revision: other months then find more of the grant than they did. That a month is closed, or was
    issued with more, moves nothing: it was known with that already.
    """
    records = read_records(home)
    standing = issued(records)
    last = {record.month: record.revision for record in records}
    reopened = [(month, revision) for month, revision in last.items() if month not in standing]
    anew = [(month, record) for month, record in standing.items() if record.revision > 1]
    restated = [(month, record.revision) for month, record in anew if _gave_back(home, record)]
    return tuple(sorted([*reopened, *restated]))


def _gave_back(home: Home, record: Record) -> bool:
    before = _credits_used(_charges_of(home, record.month, record.revision - 1))
    now = _credits_used(_charges_of(home, record.month, record.revision))
    return any(now.get(grant, Decimal(0)) < used for grant, used in before.items())


def _charges_of(home: Home, month: date, revision: int) -> Path:
    return folder_of(home, month, revision) / MARTS / "monthly_charges" / f"{month:%Y-%m}.parquet"


def _credits_used(charges: Path) -> dict[str, Decimal]:
    if not charges.exists():
        return {}
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        rows = connection.execute(
            "select grant_id, -sum(amount) from read_parquet(?) "
            "where grant_id <> '' and scope_type = 'organisation' group by grant_id",
            [charges.as_posix()],
        ).fetchall()
    return dict(rows)


def issued_marts(home: Home) -> Path:
    """A folder like a published snapshot, in which closed months are as they were closed (`as_closed`).

    Without closed months it is the current snapshot itself. `data/marts/as_closed` points at it, and its
    closed_months.json names the revision and hash of each month that is frozen. The caller holds the writer lock.
    """
    closed = closed_months(home)
    root = marts_with(home, closed)
    _point(home.marts / "as_closed", root)
    for other in (home.marts / "issued").glob("*"):
        if other != root:
            shutil.rmtree(other)
    tidy(home, closed.values())
    return root


def marts_with(home: Home, closed: Mapping[date, Record]) -> Path:
    """The current snapshot with these months as they were frozen; made once for each combination."""
    snapshot = home.current_marts.resolve()
    if not closed:
        return snapshot
    told = {f"{month:%Y-%m}": {"revision": record.revision, "hash": record.hash} for month, record in closed.items()}
    text = json.dumps(told, indent=1)
    root = home.marts / "issued" / f"{snapshot.name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    if not (root / MANIFEST_FILE).exists():
        _compose(home, snapshot, closed, root, text)
    return root


def issued_are_missing(home: Home, month: date) -> bool:
    """Whether a closed month's issued files are not all where they belong: gone, or still those before them. Light.

    A close that was killed right after its record leaves the draft, or the revision before, under the same names.
    """
    return not all(
        is_put_back(folder_of(home, month, record.revision), name, home.statements / f"{month:%Y-%m}")
        for record in _records_of(home, month)
        for name in record.frozen
        if name.startswith(f"{STATEMENTS}/")
    )


def issued_files(home: Home, month: date) -> list[Path]:
    """A closed month's issued files, put back from what was frozen where one is missing or is not the one issued.

    Raises TallyhouseError when a frozen file is not what its record says.
    """
    for record in _records_of(home, month):
        put_back(folder_of(home, month, record.revision), record.frozen, home.statements / f"{month:%Y-%m}")
    return _issued_paths(home, month)


def _issued_paths(home: Home, month: date) -> list[Path]:
    names = {name for record in _records_of(home, month) for name in record.frozen if name.startswith(f"{STATEMENTS}/")}
    return [home.statements / f"{month:%Y-%m}" / Path(name).name for name in sorted(names)]


def _records_of(home: Home, month: date) -> list[Record]:
    """The records of the month's revision in force: one for each kind of scope."""
    records = read_records(home)
    standing = issued(records).get(month)
    return [
        record
        for record in records
        if standing and (record.month, record.revision) == (month, standing.revision) and record.kind != "reopen"
    ]


def _compose(home: Home, snapshot: Path, closed: Mapping[date, Record], root: Path, told: str) -> None:
    shutil.rmtree(root, ignore_errors=True)
    known = read_snapshot_manifest(snapshot)
    assert known is not None
    for mart in (*DAILY, *MONTHLY):
        (root / mart).mkdir(parents=True)
        for path in sorted((snapshot / mart).glob("*.parquet")):
            if date.fromisoformat(f"{path.stem}-01"[:10]).replace(day=1) not in closed:
                os.link(path, root / mart / path.name)
    manifest = replace(
        known,
        snapshot=root.name,
        days={day: value for day, value in known.days.items() if month_of(day) not in closed},
        months={month: value for month, value in known.months.items() if month not in closed},
    )
    for month, record in closed.items():
        frozen = read_snapshot_manifest(folder_of(home, month, record.revision) / MARTS)
        assert frozen is not None
        marts = marts_of(home, record, frozen, snapshot, known)
        for mart in (*DAILY, *MONTHLY):
            for path in sorted((marts / mart).glob("*.parquet")):
                os.link(path, root / mart / path.name)
        manifest = _with(manifest, frozen)
    (root / CLOSED_MONTHS).write_text(told, encoding="utf-8")
    (root / MANIFEST_FILE).write_text(manifest.to_json(), encoding="utf-8")


def _with(manifest: Manifest, frozen: Manifest) -> Manifest:
    return replace(
        manifest,
        days={**manifest.days, **frozen.days},
        months={**manifest.months, **frozen.months},
        price_books={**frozen.price_books, **manifest.price_books},
        price_hints={**frozen.price_hints, **manifest.price_hints},
    )


def _point(link: Path, root: Path) -> None:
    if link.is_symlink() and link.resolve() == root.resolve():
        return
    fresh = link.with_name(f".{link.name}.{uuid.uuid4().hex}")
    fresh.symlink_to(root.relative_to(link.parent))
    fresh.replace(link)
