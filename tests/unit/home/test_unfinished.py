"""What a run leaves when it is killed just before a file takes its name goes with the next run, and nothing else."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from orchestration.files import write_atomically
from orchestration.home import Home
from orchestration.ledger.backup import backup_ledger
from orchestration.ledger.store import ledger
from orchestration.prices.store import flat_text, write_bands, write_names
from orchestration.unfinished import remove_unfinished
from reports.statement import _replace


def ledger_copy(home: Home) -> None:
    with ledger(home):
        pass
    backup_ledger(home)


WRITERS: dict[str, Callable[[Home], object]] = {
    "a register": lambda home: write_atomically(home.data / "statements.json", "{}"),
    "a pin": lambda home: write_atomically(home.prices / "pins.json", "{}"),
    "a price book": lambda home: write_bands(home.prices / "book.parquet", flat_text(())),
    "resolved names": lambda home: write_names(home.prices / "book.models.parquet", []),
    "a statement": lambda home: _replace(home.statements / "2026-10" / "organisation.csv", b"month"),
    "a copy of the ledger": ledger_copy,
}


def die(*_: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def write_and_die(home: Home, name: str) -> None:
    Path.replace = die  # type: ignore[method-assign]
    WRITERS[name](home)


@pytest.mark.parametrize("name", WRITERS)
def test_what_a_killed_writer_leaves_is_removed(tmp_path: Path, name: str) -> None:
    home = Home(tmp_path)
    for folder in (home.prices, home.statements / "2026-10"):
        folder.mkdir(parents=True)
        (folder / "kept.csv").write_text("kept")
    child = multiprocessing.get_context("fork").Process(target=write_and_die, args=(home, name))
    child.start()
    child.join(30)
    assert child.exitcode == -signal.SIGKILL
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    left = {path for path in before if path.name.startswith(".")}
    assert left
    assert remove_unfinished(home) == len(left)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == before - left
    assert remove_unfinished(home) == 0
