"""Which price book each day was first built with; kept beside the books, since marts can be thrown away."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from orchestration.files import write_atomically
from orchestration.home import Home


def read_pins(home: Home) -> dict[date, str]:
    """Price version by day, for every day that was ever built."""
    try:
        known = json.loads(_path(home).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {date.fromisoformat(day): version for day, version in known.items()}


def keep_pins(home: Home, pins: Mapping[date, str]) -> None:
    """Add days to those that are pinned. Called before a publish: killed in between, the pins are what it would say."""
    before = read_pins(home)
    together = {**before, **pins}
    if together != before:
        text = json.dumps({day.isoformat(): together[day] for day in sorted(together)}, indent=1)
        write_atomically(_path(home), text + "\n")


def _path(home: Home) -> Path:
    return home.prices / "pins.json"
