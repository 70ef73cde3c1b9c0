"""A table of a PostgreSQL server, read in pages in the order of a time and a key, without burdening the server.

Each page is a read-only transaction of its own with a limit on its time, found through an index. All values come as
text, cast by the server, so that none passes through a type that is not theirs. The connection string is shown nowhere:
libpq repeats pieces of it in its errors, so its words are told from, never passed on.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestration.errors import FetchError
from orchestration.sources.shape import identifier, quoted

if TYPE_CHECKING:
    from adbc_driver_manager import AdbcConnection

# Where the connection string does not say it: a server that is gone is noticed within half a minute.
_PATIENCE = {
    "application_name": "tallyhouse", "connect_timeout": "10", "keepalives_idle": "10", "keepalives_interval": "5",
    "keepalives_count": "3", "tcp_user_timeout": "30000",
}  # fmt: skip
# For one transaction only, so that nothing stays behind where a pooler shares the connection.
_EACH_PAGE = (
    "BEGIN TRANSACTION READ ONLY",
    "SET LOCAL statement_timeout = '60s'",
    "SET LOCAL lock_timeout = '5s'",
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL datestyle = 'ISO'",
    "SET LOCAL client_encoding = 'UTF8'",
    "SET LOCAL standard_conforming_strings = on",
    "SET LOCAL extra_float_digits = 1",
)
_BATCH_BYTES = "4194304"
_REFUSED = ("password", "authentication", "role", "pg_hba", "no encryption")
_ON_THE_WAY = ("server at", "host name")
_NOT_READABLE = ("connection info string", "invalid", "missing", "unrecognized", "unexpected")
_STATES = {
    "42501": ("does not let its user read {table}", "Grant it: GRANT SELECT ON {table} TO that user."),
    "57014": ("took longer than 60 s for a page of {table}", "Look whether it is overloaded, then run again."),
    "55P03": ("has {table} locked", "Run again once whatever locks it is done."),
}


@dataclass(frozen=True)
class Shape:
    """A table that grows: `time` and `key` order its rows, `columns` are read as far as it has them.

    `needed`: columns without which it is another table.
    """

    table: str
    time: str
    key: str
    columns: tuple[str, ...]
    needed: tuple[str, ...]

    @property
    def quoted_table(self) -> str:
        return ".".join(identifier(part) for part in self.table.split("."))


@dataclass(frozen=True)
class Place:
    """A row's place in the order: its time as the server writes it, and its key."""

    at: str
    key: str


class Table:
    """One table of one server, open for reading. Raises FetchError for whatever the server or the way to it is."""

    def __init__(self, name: str, dsn: str, shape: Shape) -> None:
        self._name, self._shape = name, shape
        self._connection = self._connect(dsn)
        self._selected = ""

    def close(self) -> None:
        with suppress(Exception):  # a lost connection is closed all the same
            self._connection.close()

    def check(self) -> None:
        """That the table is there, has the columns, and an index for the order; learns how to select its columns."""
        shape = self._shape
        with self._transaction(), self._result(_columns_of(shape)) as stream:
            found = _rows(stream)
        types = {name: type_ for name, type_, _, _ in found}
        if not types:
            raise self._error(f"has no table {shape.table} in the schemas that its user sees", "Correct table.")
        missing = [name for name in shape.needed if name not in types]
        if missing:
            raise self._error(
                f"has a table {shape.table} without {', '.join(missing)}; its columns are {', '.join(sorted(types))}",
                "Correct table: it must be the one of LiteLLM's spend logs.",
            )
        _, _, is_table, indexed = found[0]
        if is_table == "true" and indexed != "true":
            raise self._error(
                f"has no index on {shape.table} that begins with {shape.time}: each page would read all of it",
                f"Make one: CREATE INDEX CONCURRENTLY ON {shape.quoted_table} ({identifier(shape.time)}).",
            )
        self._selected = ", ".join(_selected(name, types.get(name)) for name in shape.columns)

    @contextmanager
    def page(self, start: datetime, *, after: Place | None, before: datetime, rows: int) -> Iterator[Any]:
        """An Arrow stream of at most `rows` rows in order: from `start`, or after a place, to before `before` (UTC).

        It is to be read inside of the block.
        """
        time, key = identifier(self._shape.time), f'{identifier(self._shape.key)}::text COLLATE "C"'
        # The comparison of the time alone finds the beginning in an index on it; the pair alone need not.
        begin = f"{time} >= {quoted(after.at if after else _stamp(start))}"
        if after is not None:
            begin += f" AND ({time}, {key}) > ({quoted(after.at)}, {quoted(after.key)})"
        query = (
            f"SELECT {self._selected} FROM {self._shape.quoted_table} "
            f"WHERE {begin} AND {time} < {quoted(_stamp(before))} ORDER BY {time}, {key} LIMIT {rows}"
        )
        with self._transaction(), self._result(query) as stream:
            yield stream

    def _connect(self, dsn: str) -> "AdbcConnection":
        try:
            import adbc_driver_manager
            import adbc_driver_postgresql
        except ImportError:
            raise FetchError(
                f"{self._name}: the package adbc-driver-postgresql is not installed.",
                "It comes with the extra postgresql; `make install` installs it.",
            ) from None
        try:
            return adbc_driver_manager.AdbcConnection(adbc_driver_postgresql.connect(_patient(dsn)))
        except adbc_driver_manager.Error as error:
            said = str(error).lower()
        next_step = "Correct the connection string in the variable that dsn_env names."
        if any(word in said for word in _REFUSED):
            raise self._error("refuses the user or the password", next_step)
        if "database" in said and "exist" in said:
            raise self._error("has no such database", next_step)
        on_the_way = any(word in said for word in _ON_THE_WAY)
        if not on_the_way and any(word in said for word in _NOT_READABLE):
            raise FetchError(
                f"{self._name}: the connection string cannot be understood.",
                "Write it as postgresql://user:password@host:5432/database, with %-codes for special characters.",
            )
        raise self._error(
            "cannot be reached", "What was fetched before is kept; the next run goes on from there. If it stays so, "
            "correct host and port in the variable that dsn_env names.",
        )  # fmt: skip

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        import duckdb

        try:
            for statement in _EACH_PAGE:
                self._execute(statement)
            yield
            self._execute("COMMIT")
        except duckdb.Error:
            # The stream is read by DuckDB, which tells of its end in its own words; on a sound server it is our fault.
            self._execute("SELECT 1")
            raise

    @contextmanager
    def _result(self, query: str) -> Iterator[Any]:
        import adbc_driver_manager

        statement = adbc_driver_manager.AdbcStatement(self._connection)
        try:
            statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": _BATCH_BYTES})
            statement.set_sql_query(query)
            try:
                stream, _ = statement.execute_query()
            except adbc_driver_manager.Error as error:
                raise self._trouble(error) from None
            yield stream
        finally:
            with suppress(adbc_driver_manager.Error):
                statement.close()

    def _execute(self, statement: str) -> None:
        import adbc_driver_manager

        made = adbc_driver_manager.AdbcStatement(self._connection)
        try:
            made.set_sql_query(statement)
            made.execute_update()
        except adbc_driver_manager.Error as error:
            raise self._trouble(error) from None
        finally:
            made.close()

    def _trouble(self, error: Exception) -> FetchError:
        state = getattr(error, "sqlstate", None) or ""
        words, next_step = _STATES.get(
            state,
            (f"broke off{f' (SQLSTATE {state})' if state.isalnum() else ''}",
             "What was fetched before is kept; the next run goes on from there."),
        )  # fmt: skip
        table = self._shape.quoted_table
        return self._error(words.format(table=table), next_step.format(table=table))

    def _error(self, trouble: str, next_step: str) -> FetchError:
        return FetchError(f"{self._name}: the database {trouble}.", next_step)


def _selected(name: str, type_: str | None) -> str:
    column = identifier(name)
    if type_ is None:
        return f"NULL::text AS {column}"
    text = f"{column}::text"
    # JSON's null says nothing, as a missing value does.
    return f"nullif({text}, 'null') AS {column}" if type_ in ("json", "jsonb") else f"{text} AS {column}"


def _columns_of(shape: Shape) -> str:
    """Name, type, whether it is a table that could have an index, and whether one without a condition begins right."""
    return (
        "SELECT a.attname::text, t.typname::text, (c.relkind IN ('r', 'p', 'm'))::text, EXISTS (SELECT FROM pg_index i "
        "JOIN pg_attribute first ON first.attrelid = c.oid AND first.attnum = i.indkey[0] "
        "WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL "
        f"AND first.attname = {quoted(shape.time)})::text "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid "
        f"WHERE c.oid = to_regclass({quoted(shape.quoted_table)}) AND a.attnum > 0 AND NOT a.attisdropped"
    )


def _rows(stream: Any) -> list[tuple[Any, ...]]:
    import duckdb

    with duckdb.connect() as connection:
        return connection.execute("SELECT * FROM stream").fetchall()


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def _patient(dsn: str) -> str:
    missing = [f"{name}={value}" for name, value in _PATIENCE.items() if f"{name}=" not in dsn]
    if not dsn.startswith(("postgresql://", "postgres://")):
        return " ".join([*missing, dsn])
    return "&".join([dsn if "?" in dsn.rpartition("@")[2] else f"{dsn}?", *missing]).replace("?&", "?", 1)
