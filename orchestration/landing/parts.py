"""From rows to Parquet files of one UTC day each, by way of a stage that is read only once."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration.sources.shape import quoted

_OPTIONS = "FORMAT parquet, COMPRESSION zstd"
_DAY = "utc_date"
# Up to here one COPY a day costs half of a partitioned one, which copies every row once more.
_DAYS_ONE_BY_ONE = 100


@dataclass(frozen=True)
class Part:
    """One Parquet file and the UTC day of all its rows."""

    utc_date: str
    path: Path


def stage_in_memory(connection: duckdb.DuckDBPyConnection, rows: str, name: str) -> str:
    """Run the query once and keep its rows; returns the relation. The quickest for what fits."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {rows}")
    return name


def stage_on_disk(connection: duckdb.DuckDBPyConnection, rows: str, path: Path) -> str:
    """Run the query once into a Parquet file, however many rows there are; returns the relation."""
    connection.execute(f"COPY ({rows}) TO {quoted(path.as_posix())} ({_OPTIONS})")
    return read_parts([path])


def write_by_day(
    connection: duckdb.DuckDBPyConnection, stage: str, columns: str, *, where: str, folder: Path
) -> list[Part]:
    """Write `columns` of the stage's rows that satisfy `where`, split by the UTC day of event_at."""
    folder.mkdir()
    found = connection.execute(
        f"SELECT DISTINCT CAST(event_at AS DATE) FROM {stage} WHERE {where} ORDER BY 1"
    ).fetchall()
    days: list[date] = [row[0] for row in found]
    if len(days) > _DAYS_ONE_BY_ONE:
        return _write_partitioned(connection, f"{stage} WHERE {where}", columns, folder)
    for day in days:
        within = f"event_at >= TIMESTAMP '{day}' AND event_at < TIMESTAMP '{day + timedelta(days=1)}'"
        target = quoted((folder / f"{day}.parquet").as_posix())
        connection.execute(f"COPY (SELECT {columns} FROM {stage} WHERE {where} AND {within}) TO {target} ({_OPTIONS})")
    return [Part(str(day), folder / f"{day}.parquet") for day in days]


def read_parts(paths: list[Path]) -> str:
    """The relation over these Parquet files."""
    listed = ", ".join(quoted(path.as_posix()) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning=false)"


def _write_partitioned(connection: duckdb.DuckDBPyConnection, rows: str, columns: str, folder: Path) -> list[Part]:
    connection.execute(
        f"COPY (SELECT {columns}, CAST(event_at AS DATE) AS {_DAY} FROM {rows}) "
        f"TO {quoted((folder / 'days').as_posix())} ({_OPTIONS}, PARTITION_BY ({_DAY}))"
    )
    return [
        Part(path.parent.name.removeprefix(f"{_DAY}="), path)
        for path in sorted(folder.glob(f"days/{_DAY}=*/*.parquet"))
    ]
