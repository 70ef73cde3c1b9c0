"""The ledger's file: its schema, its backups, and what a kill in the middle leaves."""

import signal
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from orchestration import alerts
from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.ledger import backup
from orchestration.ledger.alerts import evaluated_days
from orchestration.ledger.store import ledger, transaction
from tests.unit.alerts.company import over_budget, settings


def test_looking_makes_no_file(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert (alerts.pending(home), alerts.list_alerts(home), alerts.backup_ledger(home)) == ((), [], None)
    assert list(tmp_path.iterdir()) == []


def test_looking_imports_nothing_heavy() -> None:
    code = "import sys, orchestration.alerts; print([m for m in ('duckdb', 'jinja2', 'apprise') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_commit_is_synced_and_one_file_holds_everything(tmp_path: Path) -> None:
    with ledger(Home(tmp_path)) as connection:
        assert connection.execute("pragma synchronous").fetchone()[0] >= 2  # FULL, or more
        assert connection.execute("pragma journal_mode").fetchone()[0] == "delete"
        assert connection.execute("pragma foreign_keys").fetchone()[0] == 1
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["ledger.sqlite"]


def test_a_ledger_of_a_newer_tallyhouse_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with ledger(home) as connection:
        connection.execute("pragma user_version = 99")
    with pytest.raises(TallyhouseError, match="schema 99"):
        alerts.pending(home)


def test_a_ledger_of_an_older_tallyhouse_is_brought_up_to_date_by_looking(tmp_path: Path) -> None:
    company = over_budget(tmp_path)
    alerts.evaluate(company.home, settings())
    recorded, waiting = alerts.list_alerts(company.home), alerts.pending(company.home)
    with ledger(company.home) as connection:
        for table in ("evaluated", "close_record", "attachment"):
            connection.execute(f"drop table {table}")
        connection.execute("pragma user_version = 1")
    assert alerts.list_alerts(company.home) == recorded
    assert alerts.pending(company.home) == waiting
    with ledger(company.home) as connection:
        assert evaluated_days(connection) == [date(2026, 11, 21)]


def test_a_damaged_ledger_is_named_with_the_way_back(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.data.mkdir()
    home.ledger.write_bytes(b"this is no database, only some bytes that are long enough" * 20)
    with pytest.raises(TallyhouseError, match="ledger-backups"):
        alerts.pending(home)


def test_the_same_crossing_cannot_be_recorded_twice(tmp_path: Path) -> None:
    company = over_budget(tmp_path)
    alerts.evaluate(company.home, settings())
    with ledger(company.home) as connection, pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        connection.execute(
            "insert into alert select 999, budget_id, budget_version, period, kind, threshold, scope_type, scope, "
            "amount, actual, outcome, message_id, recorded_at from alert limit 1"
        )


def test_a_transaction_cut_short_by_a_kill_is_rolled_back_by_the_next_look(tmp_path: Path) -> None:
    company = over_budget(tmp_path)
    alerts.evaluate(company.home, settings())
    before = alerts.list_alerts(company.home)
    # A tiny cache makes SQLite write pages into the file before the commit: a hot journal stays behind.
    code = (
        "import os, signal, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('pragma cache_size = 1'); c.execute('begin immediate')\n"
        "c.execute('update alert set scope = hex(zeroblob(9000))')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(company.home.ledger)])
    assert killed.returncode == -signal.SIGKILL
    assert company.home.ledger.with_name("ledger.sqlite-journal").exists()
    assert alerts.list_alerts(company.home) == before


def test_backups_are_whole_one_a_day_and_seven_are_kept(tmp_path: Path) -> None:
    company = over_budget(tmp_path)
    alerts.evaluate(company.home, settings())
    folder = company.home.data / "ledger-backups"
    folder.mkdir()
    for day in range(1, 10):
        (folder / f"ledger-2020-01-{day:02}.sqlite").write_bytes(b"old")
    first = alerts.backup_ledger(company.home)
    assert alerts.backup_ledger(company.home) == first and first is not None
    assert len(list(folder.iterdir())) == backup.KEPT == 7
    assert min(path.name for path in folder.iterdir()) == "ledger-2020-01-04.sqlite"
    restored = Home(tmp_path / "restored")
    restored.data.mkdir(parents=True)
    restored.ledger.write_bytes(first.read_bytes())
    assert alerts.list_alerts(restored) == alerts.list_alerts(company.home)


def test_a_failed_statement_takes_the_whole_transaction_back(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with ledger(home) as connection:
        with pytest.raises(sqlite3.IntegrityError), transaction(connection):
            connection.execute("insert into evaluation values (1, 's1')")
            connection.execute("insert into evaluation values (2, 's2')")
        assert connection.execute("select count(*) from evaluation").fetchone()[0] == 0
    assert [path.name for path in home.data.iterdir()] == ["ledger.sqlite"]
