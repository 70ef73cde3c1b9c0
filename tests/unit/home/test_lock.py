"""One writer at a time, and a lock that no dead process can keep."""

import multiprocessing
import os
import signal
import time
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.journal import Journal, keeping
from orchestration.lock import current_holder, writer

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
SPAWN = multiprocessing.get_context("spawn")


def hold(root: Path, held: Event) -> None:
    with writer(Home(root), doing="tallyhouse run", now=NOW):
        held.set()
        time.sleep(60)


def test_a_second_writer_waits_and_says_who_holds_the_lock(tmp_path: Path) -> None:
    held = SPAWN.Event()
    first = SPAWN.Process(target=hold, args=(tmp_path, held))
    first.start()
    assert held.wait(30)
    said: list[str] = []
    with (
        pytest.raises(TallyhouseError, match="still held"),
        keeping(Journal(say=said.append)),
        writer(Home(tmp_path), doing="tallyhouse run", now=NOW, timeout=0.3),
    ):
        pytest.fail("two writers at once")
    assert said == [f"Waiting for {current_holder(Home(tmp_path))} to finish"]
    assert f"`tallyhouse run` (process {first.pid} on " in said[0]
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    first.join()
    assert current_holder(Home(tmp_path)) is None
    with writer(Home(tmp_path), doing="tallyhouse run", now=NOW, timeout=0):
        pass


def test_the_steps_of_a_run_do_not_wait_for_their_own_run(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with writer(home, doing="tallyhouse run", now=NOW), writer(home, doing="land", now=NOW, timeout=0):
        pass
    assert current_holder(home) is None
