"""Where an event's rows were delivered: its landed facts, and the lines of the files that they came from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestration.errors import SettingsError
from orchestration.home import Home
from orchestration.landing.receipts import FileReceipt, Receipt
from orchestration.mirrors import mirror_chain
from orchestration.settings import Settings

_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}


@dataclass(frozen=True)
class DeliveredRow:
    """One landed row of the event; `lines` are those of the file that name its id, none where that cannot be told."""

    source: str
    at: datetime
    path: str
    lines: tuple[int, ...]
    landed_at: str


def find_rows(
    home: Home, settings: Settings, receipts: Sequence[Receipt], event_id: str, *, source: str | None
) -> list[DeliveredRow]:
    """Every landed row of one event, the earliest first; of a mirrored event those of all its sources.

    Raises SettingsError when no landed row has this id, or when sources that have nothing to do with each other do.
    """
    rows = _landed(home, receipts, event_id)
    roots = {name: mirror_chain(settings.sources, name)[-1] for name in {row.source for row in rows}}
    if source is not None:
        rows = [row for row in rows if roots[row.source] == roots.get(source)]
    if not rows:
        where = f"the source {source}" if source else "any source"
        raise SettingsError(
            f"No landed row of {where} has the id {event_id!r}.",
            "Look at how the log writes it; a row that could not be read is in data/quarantine with its line.",
        )
    found = sorted({roots[row.source] for row in rows})
    if len(found) > 1:
        raise SettingsError(
            f"The sources {', '.join(found)} each have an event {event_id!r}.",
            f"Say which one is meant, such as --source {found[0]}.",
        )
    return rows


def _landed(home: Home, receipts: Sequence[Receipt], event_id: str) -> list[DeliveredRow]:
    import duckdb

    by_part = {str(home.root / part): receipt for receipt in receipts for part in receipt.parts}
    globs = sorted({str(home.raw / receipt.source / "*" / "*.parquet") for receipt in receipts if receipt.parts})
    met = []
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        for pattern in globs:
            met += connection.execute(
                "select filename, source, event_at, file from read_parquet(?, hive_partitioning = false, "
                "filename = true) where event_id = ?",
                [pattern, event_id],
            ).fetchall()
    # Parquet of a landing that was killed has no receipt: it does not count.
    counted = [(by_part[name], source, at, number) for name, source, at, number in met if name in by_part]
    rows = [
        DeliveredRow(
            source=source,
            at=at,
            path=receipt.files[number].path,
            lines=_lines(home, receipt.files[number], event_id),
            landed_at=receipt.landed_at,
        )
        for receipt, source, at, number in counted
    ]
    return sorted(rows, key=lambda row: (row.at, row.source, row.path, row.lines))


def _lines(home: Home, file: FileReceipt, event_id: str) -> tuple[int, ...]:
    """Lines that name the id. A file that is gone, has changed or is no text is not searched."""
    from orchestration.landing.records import lines

    path = home.root / file.path
    if path.suffix == ".parquet" or not path.is_file() or path.stat().st_size != file.bytes:
        return ()
    # Claude Code's id is put together from two; a JSON string may escape what is not ASCII, which is not looked for.
    parts = [
        re.compile(rb"(?<![\w.-])" + re.escape(part.encode()) + rb"(?![\w.-])") for part in event_id.split(":") if part
    ]
    compression = _COMPRESSIONS.get(Path(file.path).suffix, "none")
    return tuple(line.number for line in lines(path, compression) if all(part.search(line.data) for part in parts))
