"""Whether everything that was issued is still what it was: the chain of records, and each frozen file."""

import hashlib
from pathlib import Path

from orchestration.closing.book import read_records
from orchestration.closing.freeze import folder_of
from orchestration.closing.records import Record
from orchestration.errors import TallyhouseError
from orchestration.home import Home

_NAMED = 3


def verify_closed(home: Home) -> tuple[bool, str]:
    """Whether all holds, in words: the records' chain, every frozen file, and that no folder lacks its record."""
    try:
        records = read_records(home)
    except TallyhouseError as error:
        return False, str(error)
    frozen: dict[Path, dict[str, str]] = {}
    for record in records:
        if record.kind != "reopen":
            frozen.setdefault(folder_of(home, record.month, record.revision), {}).update(record.frozen)
    wrong = [found for folder, expected in frozen.items() for found in _changed(home, folder, expected)]
    if wrong:
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        return False, f"{', '.join(wrong[:_NAMED])}{more}: restore data/closed from a backup"
    left = [_named(home, folder) for folder in sorted(home.closed.glob("[0-9]*/*")) if folder not in frozen]
    if left:
        return False, (
            f"{', '.join(left)} has no record. A close that was ended midway leaves that, and closing the month "
            "replaces it; if the month was closed, restore data/ledger.sqlite from data/ledger-backups"
        )
    return True, _told(records, sum(map(len, frozen.values())))


def _changed(home: Home, folder: Path, expected: dict[str, str]) -> list[str]:
    there = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    found = []
    for name in sorted({*expected, *there}):
        if name not in there:
            found.append(f"{_named(home, folder / name)} is gone")
        elif name not in expected:
            found.append(f"{_named(home, folder / name)} was added")
        elif hashlib.sha256(there[name].read_bytes()).hexdigest() != expected[name]:
            found.append(f"{_named(home, folder / name)} was changed")
    return found


def _named(home: Home, path: Path) -> str:
    return path.relative_to(home.root).as_posix()


def _told(records: list[Record], files: int) -> str:
    if not records:
        return "no month was closed yet"
    return f"{len(records)} chained records and {files:,} frozen files are as they were issued"
