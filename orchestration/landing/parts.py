"""From rows to Parquet files of one UTC day each, by way of a stage that is read only once."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration.sources.shape import quoted

_OPTIONS = "FORMAT parquet, COMPRESSION zstd"
_DAY = "utc_date"
# Up to here one COPY a day costs half of a partitioned one, which copies every row once more.
_DAYS_ONE_BY_ONE = 100
# Nor does it hold all rows of all days in memory until the end. So many times may the rows be read for it.
_READ_AGAIN = 4
_VECTOR = 2048


@dataclass(frozen=True)
class Part:
    """One Parquet file and the UTC day of all its rows."""

    utc_date: str
    path: Path


@dataclass(frozen=True)
class Stage:
    """Rows of a query that was run once: their relation, and SQL for a row's place in the order they were read."""

    rows: str
    place: str


def stage_in_memory(connection: duckdb.DuckDBPyConnection, rows: str, name: str) -> Stage:
    """Run the query once and keep its rows. The quickest for what fits."""
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS {rows}")
    return Stage(name, "rowid")


def stage_on_disk(connection: duckdb.DuckDBPyConnection, rows: str, path: Path) -> Stage:
    """Run the query once into a Parquet file, however many rows there are."""
    connection.execute(f"COPY ({rows}) TO {quoted(path.as_posix())} ({_OPTIONS})")
    numbered = f"read_parquet({quoted(path.as_posix())}, hive_partitioning=false, file_row_number=true)"
    return Stage(numbered, "file_row_number")


def write_by_day(
    connection: duckdb.DuckDBPyConnection, stage: Stage, columns: str, *, where: str, folder: Path
) -> list[Part]:
    """Write `columns` of the stage's rows that satisfy `where`, split by the UTC day of event_at."""
    folder.mkdir()
    # A day's rows that lie together are found by the stage's statistics; those that lie everywhere are not.
    found = connection.execute(
        f"SELECT day, count(*), sum(rows) FROM (SELECT CAST(event_at AS DATE) AS day, count(*) AS rows "
        f"FROM {stage.rows} WHERE {where} GROUP BY day, {stage.place} // {_VECTOR}) GROUP BY day ORDER BY day"
    ).fetchall()
    days: list[date] = [row[0] for row in found]
    read, rows = sum(row[1] for row in found) * _VECTOR, sum(row[2] for row in found)
    if len(days) > _DAYS_ONE_BY_ONE and read > _READ_AGAIN * rows:
        return _write_partitioned(connection, f"{stage.rows} WHERE {where}", columns, folder)

    def write(day: date) -> Part:
        within = f"event_at >= TIMESTAMP '{day}' AND event_at < TIMESTAMP '{day + timedelta(days=1)}'"
        path = folder / f"{day}.parquet"
        with connection.cursor() as cursor:
            cursor.execute(
                f"COPY (SELECT {columns} FROM {stage.rows} WHERE {where} AND {within}) "
                f"TO {quoted(path.as_posix())} ({_OPTIONS})"
            )
        return Part(str(day), path)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(write, days))


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
