"""Whether a file has the columns that a mapping names; asked before it is landed."""

import json
from itertools import islice
from pathlib import Path

from orchestration.home import Home
from orchestration.landing.discovery import FoundFile, local_path, shown_path
from orchestration.landing.records import csv_header, csv_records, lines
from orchestration.landing.refused import Refusal
from orchestration.settings import Source
from orchestration.sources.shape import Reader

# A key may be left out of some JSON rows, but hardly of the first thousand.
_ROWS_LOOKED_AT = 1000


def refusal_of(home: Home, source: Source, reader: Reader, file: FoundFile) -> Refusal | None:
    """Why the file cannot be meant for this source, or None: it lacks a column that the reader must have.

    An empty or unreadable file is not refused: its rows, if any, are quarantined one by one.
    """
    if not reader.must_have:
        return None
    present = _columns(file)
    missing = [repr(name) for name in dict.fromkeys(reader.must_have) if name not in present]
    if not present or not missing:
        return None
    columns = f"column {missing[0]}" if len(missing) == 1 else f"columns {', '.join(missing)}"
    return Refusal(
        source=source.name,
        path=local_path(home, file.path),
        size=file.size,
        mtime_ns=file.mtime_ns,
        delivered=_rows(file),
        wanted=reader.must_have,
        reason=f"{shown_path(home, file.path)} has no {columns}, which the mapping of the source {source.name} names; "
        f"it has: {', '.join(present)}.",
        next_step=f"Correct sources.{source.name}.mapping in {home.settings_file.name} or the file, or move the file "
        "out of the source's folder; then run again.",
    )


def _rows(file: FoundFile) -> int:
    """Rows the file delivers: records, for Parquet what its footer says."""
    if file.format == "parquet":
        import duckdb

        with duckdb.connect() as connection:
            return int(connection.read_parquet(file.path.as_posix()).count("*").fetchall()[0][0])
    walk = csv_records if file.format == "csv" else lines
    return sum(1 for _ in walk(file.path, file.compression))


def _columns(file: FoundFile) -> list[str]:
    """Column names of the file; none when it is empty or unreadable (its rows are then quarantined)."""
    match file.format:
        case "csv":
            return csv_header(file.path, file.compression)[0]
        case "parquet":
            return _parquet_columns(file.path)
        case _:
            return _json_keys(file)


def _json_keys(file: FoundFile) -> list[str]:
    keys: dict[str, None] = {}
    for line in islice(lines(file.path, file.compression), _ROWS_LOOKED_AT):
        try:
            row = json.loads(line.data)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            keys |= dict.fromkeys(row)
    return list(keys)


def _parquet_columns(path: Path) -> list[str]:
    import duckdb

    with duckdb.connect() as connection:
        try:
            return connection.read_parquet(path.as_posix()).columns
        except duckdb.Error:
            return []
