"""The ledger's file and its schema.

SQLite with a rollback journal, not WAL: at rest everything is in one file that can be copied as it is. With
`synchronous=EXTRA` (FULL, and the folder is synced when a commit removes the journal) a commit that
returned survives kill -9 and loss of power; a transaction cut short is rolled back by the next reader.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from orchestration.errors import TallyhouseError
from orchestration.home import Home

VERSION = 3
_BUSY_SECONDS = 30.0

_FIRST = (
    # The text of a message is settled when it is queued: a re-send repeats it to the letter.
    """
    create table message (
        message_id text primary key,
        kind       text not null check (kind in ('crossed', 'withdrawn', 'failure')),
        audience   text not null check (audience = 'operators' or audience like 'department:_%'),
        subject    text not null,
        body_text  text not null,
        body_html  text not null,
        queued_at  text not null
    ) strict, without rowid
    """,
    # What was decided about a crossing. Amounts are decimal text.
    """
    create table alert (
        alert_id       integer primary key,
        budget_id      text not null,
        budget_version text not null,
        period         text not null,
        kind           text not null check (kind in ('crossed', 'withdrawn')),
        threshold      integer not null,
        scope_type     text not null,
        scope          text not null,
        amount         text not null,
        actual         text not null,
        outcome        text not null check (outcome in ('queued', 'superseded', 'historic')),
        message_id     text references message (message_id),
        recorded_at    text not null,
        unique (budget_id, budget_version, period, kind, threshold),
        check ((outcome = 'historic') = (message_id is null))
    ) strict
    """,
    # One message to one recipient; recipient is null while nobody is known to take it.
    """
    create table delivery (
        number          integer primary key,
        delivery_id     text not null unique,
        message_id      text not null references message (message_id),
        recipient       text,
        state           text not null default 'waiting' check (state in ('waiting', 'sent', 'dropped')),
        attempts        integer not null default 0,
        next_attempt_at text not null,
        hold_reason     text,
        last_error      text,
        leased_by       text,
        leased_until    text,
        sent_at         text,
        unique (message_id, recipient),
        check ((state = 'sent') = (sent_at is not null))
    ) strict
    """,
    "create index delivery_waiting on delivery (state) where state = 'waiting'",
    # Which published snapshot the alerts were last decided from.
    "create table evaluation (only_row integer primary key check (only_row = 1), snapshot text not null) strict",
)

_SECOND = (
    # The days (of the organisation) on which alerts were decided: they say until when a month that is over sends.
    "create table evaluated (day text primary key) strict, without rowid",
    "insert into evaluated select distinct substr(recorded_at, 1, 10) from alert",
)

_THIRD = (
    # Messages of one more kind, and files that go with a message: frozen ones, so that a re-send repeats them.
    """
    create table message_2 (
        message_id text primary key,
        kind       text not null check (kind in ('crossed', 'withdrawn', 'failure', 'statement')),
        audience   text not null check (audience = 'operators' or audience like 'department:_%'),
        subject    text not null,
        body_text  text not null,
        body_html  text not null,
        queued_at  text not null
    ) strict, without rowid
    """,
    "insert into message_2 select * from message",
    "drop table message",
    "alter table message_2 rename to message",
    """
    create table attachment (
        message_id text not null references message (message_id),
        place      integer not null,
        name       text not null,
        path       text not null,
        sha256     text not null,
        primary key (message_id, place)
    ) strict, without rowid
    """,
    # The chain of closings: body is the record as canonical JSON, hash is of it and so of the one before.
    """
    create table close_record (
        number     integer primary key,
        kind       text not null check (kind in ('close', 'restatement', 'reopen')),
        scope_kind text not null check (scope_kind in ('organisation', 'department')),
        month      text not null,
        revision   integer not null check (revision > 0),
        body       text not null,
        hash       text not null unique
    ) strict
    """,
    # One issue of a month and kind of scope; it can be reopened once.
    """
    create unique index close_record_issue on close_record (month, scope_kind, revision, kind = 'reopen')
    """,
    """
    create trigger close_record_stays before update on close_record
    begin select raise(abort, 'close records are never changed'); end
    """,
    """
    create trigger close_record_is_kept before delete on close_record
    begin select raise(abort, 'close records are never removed'); end
    """,
)

# What leads from each version to the next.
_STEPS = (_FIRST, _SECOND, _THIRD)


@contextmanager
def ledger(home: Home) -> Iterator[sqlite3.Connection]:
    """The ledger, made on first use; raises TallyhouseError when a newer Tallyhouse wrote it."""
    home.data.mkdir(parents=True, exist_ok=True)
    with closing(_open(home.ledger, "rwc")) as connection:
        connection.execute("pragma synchronous = extra")
        _bring_up(connection, home.ledger)
        connection.execute("pragma foreign_keys = on")
        yield connection


@contextmanager
def existing_ledger(home: Home) -> Iterator[sqlite3.Connection | None]:
    """The ledger for reading only, or None where nothing was ever recorded; makes no file.

    Opened read-write all the same, since only so can SQLite roll back what a killed process left half done; one of an
    older Tallyhouse is brought up to date.
    """
    if not home.ledger.is_file():
        yield None
        return
    with closing(_open(home.ledger, "rw")) as connection:
        if _version(connection, home.ledger) == 0:
            yield None
            return
        _bring_up(connection, home.ledger)
        connection.execute("pragma query_only = on")
        yield connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, with the write lock taken first so that what is read inside stays true."""
    connection.execute("begin immediate")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _bring_up(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables that are missing, in one transaction."""
    if _version(connection, path) == VERSION:
        return
    with transaction(connection):
        # Asked again inside: another process may have made the tables meanwhile.
        for step in _STEPS[_version(connection, path) :]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"pragma user_version = {VERSION}")


def _open(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=_BUSY_SECONDS, isolation_level=None
    )
    connection.row_factory = sqlite3.Row
    return connection


def _version(connection: sqlite3.Connection, path: Path) -> int:
    try:
        version = int(connection.execute("pragma user_version").fetchone()[0])
    except sqlite3.DatabaseError as error:
        raise TallyhouseError(
            f"The ledger {path} cannot be read: {error}.",
            "If it is damaged, copy the newest file of ledger-backups beside it over it, and run again.",
        ) from error
    if version > VERSION:
        raise TallyhouseError(
            f"The ledger {path} has schema {version}, and this Tallyhouse knows {VERSION}.",
            "Use the newer Tallyhouse that wrote it.",
        )
    return version
