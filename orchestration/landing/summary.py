"""What a landing put down, read back from its Parquet: counts, day hashes, models, days it links to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, zip_longest
from pathlib import Path

import duckdb

from orchestration.landing.parts import Part, read_parts
from orchestration.landing.receipts import DayPart
from orchestration.sources.shape import Reader, quoted


@dataclass(frozen=True)
class Landed:
    """Landed rows by file number and day (the organisation's), and what else the receipt says of them."""

    days: dict[int, dict[str, DayPart]]
    models: tuple[tuple[str | None, str | None], ...]
    linked_days: dict[str, str]
    first_event_at: str | None
    last_event_at: str | None
    accounts: tuple[tuple[str | None, str | None, str, str], ...] = ()


def earlier_rows(folders: Sequence[Path]) -> list[Path]:
    """Parts that were landed before in these sources' folders."""
    return sorted(path for folder in folders for path in folder.glob("utc_date=*/*.parquet"))


def summarise(
    connection: duckdb.DuckDBPyConnection,
    parts: list[Part],
    reader: Reader,
    *,
    zone: str,
    earlier: list[Path],
) -> Landed:
    """Read the new parts back; `zone` is the organisation's, `earlier` the parts that were landed before, of the source
    and of those that it shares events with.
    """
    if not parts:
        return Landed({}, (), {}, None, None)
    rows = read_parts([part.path for part in parts])
    # Every zone's offset since 2015 is a multiple of 15 minutes: one conversion for each of those is enough.
    quarters = (
        "SELECT file, time_bucket(INTERVAL 15 MINUTE, event_at) AS event_at, count(*) AS rows, "
        f"sum(row_hash) AS hash FROM {rows} GROUP BY 1, 2"
    )
    day = f"CAST(timezone({quoted(zone)}, timezone('UTC', event_at)) AS DATE)"
    days: dict[int, dict[str, DayPart]] = {}
    for file, on, count, total in connection.execute(
        f"SELECT file, CAST({day} AS VARCHAR), CAST(sum(rows) AS BIGINT), sum(hash) FROM ({quarters}) "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall():
        days.setdefault(file, {})[on] = DayPart(count, f"{total:x}")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE named AS SELECT DISTINCT nullif({reader.provider}, '') AS provider, "
        f"nullif({reader.model}, '') AS model, nullif({reader.account}, '') AS account, "
        f"time_bucket(INTERVAL 15 MINUTE, event_at) AS event_at FROM {rows}"
    )
    models = connection.execute("SELECT DISTINCT provider, model FROM named ORDER BY ALL").fetchall()
    accounts = connection.execute(f"SELECT DISTINCT provider, account, {day} FROM named ORDER BY ALL").fetchall()
    ends = connection.execute(f"SELECT min(event_at), max(event_at) FROM {rows}").fetchone()
    assert ends is not None
    return Landed(
        days=days,
        models=tuple((provider, model) for provider, model in models),
        linked_days=_linked_days(connection, rows, day, earlier),
        first_event_at=f"{ends[0].isoformat()}Z",
        last_event_at=f"{ends[1].isoformat()}Z",
        accounts=tuple(_runs(accounts)),
    )


def _runs(found: list[tuple[str | None, str | None, date]]) -> Iterator[tuple[str | None, str | None, str, str]]:
    """Days that follow each other as one run, by provider and account."""
    for (provider, account), group in groupby(found, key=lambda row: row[:2]):
        days = [row[2] for row in group]
        starts = [day for before, day in zip([None, *days], days, strict=False) if before != day - timedelta(days=1)]
        for start, following in zip_longest(starts, starts[1:]):
            last = max(day for day in days if following is None or day < following)
            yield provider, account, start.isoformat(), last.isoformat()


def _linked_days(connection: duckdb.DuckDBPyConnection, rows: str, day: str, earlier: list[Path]) -> dict[str, str]:
    """Days of earlier rows of an event that now has a row on another day too: its day may have moved."""
    if not earlier:
        return {}
    found = connection.execute(
        f"SELECT CAST(old.day AS VARCHAR), sum(new.row_hash) "
        f"FROM (SELECT DISTINCT event_id, {day} AS day FROM {_ids_of(earlier)} "
        f"WHERE event_id IN (SELECT event_id FROM {rows})) AS old "
        f"JOIN (SELECT event_id, {day} AS day, row_hash FROM {rows}) AS new "
        "ON new.event_id = old.event_id AND new.day <> old.day GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return {on: f"{total:x}" for on, total in found}


def _ids_of(paths: list[Path]) -> str:
    """Identity alone, so that files of any kind and age can be read together."""
    columns = ", ".join(
        f"{quoted(name)}: {{name: {quoted(name)}, type: {quoted(kind)}, default_value: NULL}}"
        for name, kind in (("event_id", "VARCHAR"), ("event_at", "TIMESTAMP"))
    )
    listed = ", ".join(quoted(path.as_posix()) for path in paths)
    return f"read_parquet([{listed}], schema=MAP {{{columns}}}, hive_partitioning=false)"
