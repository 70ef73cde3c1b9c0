"""Callers' places joined to the rows of one landing, and their addresses stored as the settings say."""

import json
from collections.abc import Iterator
from dataclasses import asdict

import duckdb

from orchestration.geography import Locator
from orchestration.landing.parts import Stage
from orchestration.landing.work import Work
from orchestration.sources.canonical import PLACE
from orchestration.sources.shape import TEXT, identifier, quoted

_COLUMNS = ("address", "stored", *PLACE)
_FETCH = 10_000


def with_places(work: Work, stage: Stage) -> Stage:
    """The stage with each address looked up once; the stage itself where no row has an address.

    A row that names its own country keeps what it says. The place is no part of row_hash, so that a newer database
    makes no day look changed; what is stored of the address is.
    """
    column = work.reader.address
    if column is None:
        return stage
    address = f"staged.{identifier(column)}"
    found = work.connection.execute(
        f"SELECT DISTINCT {address} FROM {stage.rows} AS staged WHERE {address} IS NOT NULL"
    )
    first = found.fetchmany(_FETCH)
    if not first:
        return stage
    path = work.new_path("places.jsonl")
    with Locator(work.geography) as locator, path.open("w", encoding="utf-8") as stream:
        for place in locator.places(_texts(first, found)):
            stream.write(json.dumps(asdict(place)) + "\n")
    types = ", ".join(f"{quoted(name)}: {quoted(TEXT)}" for name in _COLUMNS)
    places = f"read_json({quoted(path.as_posix())}, format='newline_delimited', records='true', columns={{{types}}})"
    own = "nullif(staged.country, '')"
    replaced = [f"coalesce({own}, places.country) AS country"]
    for name in ("continent", "region", "city"):
        given = f"nullif(staged.{name}, '')"
        replaced.append(f"CASE WHEN {own} IS NULL THEN coalesce({given}, places.{name}) ELSE {given} END AS {name}")
    replaced.append(f"places.stored AS {identifier(column)}")
    replaced.append(
        "CASE WHEN places.stored IS NULL THEN staged.row_hash "
        "ELSE CAST(hash(staged.row_hash, places.stored) >> 1 AS BIGINT) END AS row_hash"
    )
    return Stage(
        f"(SELECT staged.* REPLACE ({', '.join(replaced)}), staged.{stage.place} AS place_read "
        f"FROM {stage.rows} AS staged LEFT JOIN {places} AS places ON {address} = places.address)",
        "place_read",
    )


def _texts(rows: list[tuple[str]], found: duckdb.DuckDBPyConnection) -> Iterator[str]:
    while rows:
        yield from (row[0] for row in rows)
        rows = found.fetchmany(_FETCH)
