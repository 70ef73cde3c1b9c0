"""Whether a file has the columns that a mapping names; asked before anything is landed."""

import json
from itertools import islice
from pathlib import Path

from orchestration.errors import SettingsError
from orchestration.home import Home
from orchestration.landing.discovery import FoundFile, shown_path
from orchestration.landing.records import csv_header, lines
from orchestration.settings import Source
from orchestration.sources.shape import Reader

# A key may be left out of some JSON rows, but hardly of the first thousand.
_ROWS_LOOKED_AT = 1000


def check_columns(home: Home, source: Source, reader: Reader, file: FoundFile) -> None:
    """Raise SettingsError, naming the file, when it has none of a column the reader must have."""
    if not reader.must_have:
        return
    present = _columns(file)
    missing = [name for name in reader.must_have if name not in present]
    if present and missing:
        raise SettingsError(
            f"{shown_path(home, file.path)} has no column {missing[0]!r}, which the mapping of the source "
            f"{source.name} names; it has: {', '.join(present)}.",
            f"Correct sources.{source.name}.mapping in {home.settings_file}, or move the file away.",
        )


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
