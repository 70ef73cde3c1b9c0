"""An error that nobody foresaw: one sentence, the trace in a file, the traceback only when asked for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration import alerts
from orchestration.crash import foreseen
from orchestration.home import Home

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object) -> None:
        try:
            raise ZeroDivisionError("mailtos://me:hush@host divided\nby nothing")
        except ZeroDivisionError as error:
            raise RuntimeError("wrapped by a framework") from error

    monkeypatch.setattr(alerts, "list_alerts", break_down)


@pytest.mark.usefixtures("broken")
def test_an_unforeseen_error_is_one_sentence_and_a_file(call: Callable[..., Any], home: Home) -> None:
    said = call("alerts", "list", "--home", home.root)
    assert said.code == 1
    assert "Traceback" not in said.err
    assert "ZeroDivisionError: mailtos://****@host divided by nothing." in said.err
    (trace,) = home.logs.iterdir()
    assert str(trace) in said.err.replace("\n", "")
    written = trace.read_text()
    assert "wrapped by a framework" in written and "hush" not in written + said.err


@pytest.mark.usefixtures("broken")
def test_debug_shows_the_trace_of_an_unforeseen_error(call: Callable[..., Any], home: Home) -> None:
    said = call("alerts", "list", "--debug", "--home", home.root)
    assert said.code == 1 and "wrapped by a framework" in said.err


def test_without_a_home_or_a_place_to_write_the_sentence_still_comes(tmp_path: Path) -> None:
    assert "Add --debug" in foreseen(ValueError("x"), logs=None, now=NOW).next_step
    (tmp_path / "data").write_text("a file where the folder should be")
    assert "could not be written" in foreseen(ValueError("x"), logs=tmp_path / "data" / "logs", now=NOW).next_step


def test_only_the_newest_hundred_traces_are_kept(tmp_path: Path) -> None:
    for number in range(103):
        foreseen(ValueError(str(number)), logs=tmp_path, now=NOW + timedelta(seconds=number))
    kept = sorted(tmp_path.iterdir())
    assert len(kept) == 100 and "ValueError: 3\n" in kept[0].read_text()


def test_a_full_disk_is_told_as_that(tmp_path: Path) -> None:
    full = OSError(28, "No space left on device", "part.parquet")
    told = foreseen(full, logs=tmp_path, now=datetime(2026, 11, 21, tzinfo=UTC))
    assert told.message == "A disk is full: nothing more could be written."
    assert list(tmp_path.iterdir()) == []
