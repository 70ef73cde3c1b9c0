"""The DuckDB connection of a landing. Imported only when there is something to land."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.machine import memory_limit
from orchestration.sources.shape import quoted

_MOST_MEMORY = 2048  # megabytes
REJECTED = "landing rejects "
# What is no fault of a file's rows: reading it again line by line would only hide it.
_NOT_THE_ROWS = (duckdb.OutOfMemoryException, duckdb.InterruptException, duckdb.FatalException)


@contextmanager
def session(spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private in-memory database, UTC throughout, that spills into the landing's own folder."""
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = {quoted(memory_limit(most=_MOST_MEMORY))}")
        connection.execute(f"SET temp_directory = {quoted(spill.as_posix())}")
        connection.execute("SET TimeZone = 'UTC'")
        # To keep the order of hundreds of files costs a third of reading them; `ordered` does where it is needed.
        connection.execute("SET preserve_insertion_order = false")
        # Joins are written with the smaller side to the right; guesses at a log's size kept whole logs in memory.
        # A long IN list would become a join, and what comes out of a join has no order.
        connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side,in_clause'")
        connection.execute("SET enable_progress_bar = false")
        yield connection


@contextmanager
def ordered(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Tables made meanwhile keep the order in which rows are read."""
    connection.execute("SET preserve_insertion_order = true")
    try:
        yield
    finally:
        connection.execute("SET preserve_insertion_order = false")


def may_be_bad_rows(error: duckdb.Error) -> bool:
    """Whether the error may come from what a file holds; the slow way then finds the rows."""
    return not isinstance(error, _NOT_THE_ROWS) and "No space left" not in str(error)
