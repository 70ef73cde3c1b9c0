"""Pins outlive the marts."""

from datetime import date
from pathlib import Path

from orchestration.home import Home
from orchestration.marts.pins import keep_pins, read_pins


def test_pins_are_added_to_and_read_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert read_pins(home) == {}
    keep_pins(home, {date(2026, 10, 3): "book-1"})
    keep_pins(home, {date(2026, 10, 4): "book-2"})
    assert read_pins(home) == {date(2026, 10, 3): "book-1", date(2026, 10, 4): "book-2"}
