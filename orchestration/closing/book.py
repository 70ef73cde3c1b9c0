"""The chain of close records in the ledger."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from orchestration.closing.records import GENESIS, Record, check_chain, from_body
from orchestration.home import Home
from orchestration.ledger import outbox
from orchestration.ledger.outbox import Addressed, Message
from orchestration.ledger.store import existing_ledger, ledger, transaction


def read_records(home: Home) -> list[Record]:
    """Every record in order, the chain checked. Raises TallyhouseError when it is broken."""
    with existing_ledger(home) as connection:
        return _read(connection) if connection else []


def append(
    home: Home, records: Sequence[Record], messages: Sequence[tuple[Message, Addressed]] = (), *, now: datetime
) -> list[Record]:
    """Chain the records to the last one and write them with their messages, all or none: the commit of a close.

    Their `number` and `previous_hash` are settled here.
    """
    with ledger(home) as connection, transaction(connection):
        known = _read(connection)
        previous = known[-1].hash if known else GENESIS
        written = []
        for number, record in enumerate(records, start=len(known) + 1):
            chained = replace(record, number=number, previous_hash=previous)
            previous = chained.hash
            connection.execute(
                "insert into close_record (number, kind, scope_kind, month, revision, body, hash) "
                "values (?, ?, ?, ?, ?, ?, ?)",
                (
                    chained.number,
                    chained.kind,
                    chained.scope_kind,
                    chained.month.isoformat(),
                    chained.revision,
                    chained.body,
                    chained.hash,
                ),
            )
            written.append(chained)
        for message, addressed in messages:
            outbox.queue(connection, message, addressed, now)
        return written


def _read(connection: sqlite3.Connection) -> list[Record]:
    rows = connection.execute("select body, hash from close_record order by number").fetchall()
    records = [from_body(row["body"]) for row in rows]
    check_chain(records, [row["hash"] for row in rows])
    return records
