"""What doctor says of closed months: the chain and every frozen file, and each way in which one can be another."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration.closing import freeze
from orchestration.closing.book import append
from orchestration.closing.records import Kind, Record
from orchestration.closing.verify import verify_closed
from orchestration.home import Home

MONTH = date(2026, 10, 1)
NOW = datetime(2026, 11, 3, tzinfo=UTC)


def issue(home: Home, kind: Kind, revision: int) -> Path:
    folder = freeze.folder_of(home, MONTH, revision)
    if kind != "reopen":
        (folder / "marts").mkdir(parents=True)
        (folder / "marts" / "usage.parquet").write_bytes(b"figures")
        (folder / "inputs.json").write_bytes(b"{}")
    frozen = {} if kind == "reopen" else freeze.hashes(folder)
    record = Record(
        0, kind, "organisation", MONTH, revision, "Ada Osei", "", NOW.isoformat(), (), frozen, "1.00", ""
    )  # fmt: skip
    append(home, [record], now=NOW)
    return folder


def tamper_with_the_chain(home: Home, folder: Path) -> None:
    with sqlite3.connect(home.ledger) as connection:
        connection.execute("drop trigger close_record_stays")
        connection.execute("update close_record set body = replace(body, 'Ada Osei', 'Eve') where number = 1")


def test_what_is_as_it_was_issued_is_said_to_be(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert verify_closed(home) == (True, "no month was closed yet")
    issue(home, "close", 1)
    issue(home, "reopen", 1)
    issue(home, "close", 2)
    assert verify_closed(home) == (True, "3 chained records and 4 frozen files are as they were issued")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda home, folder: (folder / "marts" / "usage.parquet").write_bytes(b"figurez"),
            "usage.parquet was changed",
        ),
        (lambda home, folder: (folder / "inputs.json").unlink(), "data/closed/2026-10/1/inputs.json is gone"),
        (lambda home, folder: (folder / "more.csv").write_bytes(b""), "data/closed/2026-10/1/more.csv was added"),
        (lambda home, folder: folder.with_name("2").mkdir(), "data/closed/2026-10/2 has no record"),
        (tamper_with_the_chain, "The close record 1 (2026-10, organisation) was changed"),
    ],
    ids=["changed", "removed", "added", "no record", "chain"],
)
def test_what_was_tampered_with_is_named(tmp_path: Path, change: Callable[[Home, Path], object], said: str) -> None:
    home = Home(tmp_path)
    folder = issue(home, "close", 1)
    issue(home, "restatement", 3)
    change(home, folder)
    ok, told = verify_closed(home)
    assert not ok and said in told
