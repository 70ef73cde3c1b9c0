"""Copies of the ledger, one a day, the last seven kept."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from orchestration.errors import TallyhouseError
from orchestration.files import fsync_file, fsync_folder
from orchestration.home import Home
from orchestration.ledger.store import existing_ledger

KEPT = 7


def backup_ledger(home: Home) -> Path | None:
    """Copy the ledger to data/ledger-backups/ledger-YYYY-MM-DD.sqlite (UTC day); None where there is none.

    A second backup of a day replaces the first. The copy is checked before it counts and before an older
    one is removed; a damaged ledger raises TallyhouseError and leaves every backup as it is.
    """
    folder = home.data / "ledger-backups"
    with existing_ledger(home) as source:
        if source is None:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"ledger-{datetime.now(UTC):%Y-%m-%d}.sqlite"
        partial = folder / f".{target.name}.{os.getpid()}.tmp"
        partial.unlink(missing_ok=True)
        with closing(sqlite3.connect(partial)) as copy:
            source.backup(copy)
            verdict = str(copy.execute("pragma integrity_check").fetchone()[0])
    if verdict != "ok":
        partial.unlink()
        raise TallyhouseError(
            f"The ledger {home.ledger} is damaged: {verdict}.",
            f"Stop Tallyhouse and copy the newest file of {folder} over it.",
        )
    fsync_file(partial)
    partial.replace(target)
    for old in sorted(folder.glob("ledger-*.sqlite"))[:-KEPT]:
        old.unlink()
    fsync_folder(folder)
    return target
