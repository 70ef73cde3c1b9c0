"""kill -9 at any moment, then landing again: the same state as if nothing had happened."""

import os
import pickle
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import orchestration
from orchestration.landing import land, receipts, redeliveries, sweep

from .conftest import Place, event, jsonl, new_place

_SCRIPT = Path(__file__).with_name("killed.py")
_SEEDS = range(8)


def _filled(place: Place) -> Place:
    days = [f"2026-03-0{day}T10:00:00Z" for day in range(1, 6)]
    for number in range(5):
        place.inbox("app", f"{number}.jsonl", jsonl(*(event(f"{number}-{day}", day) for day in days)))
    place.inbox(
        "app", "5.jsonl", jsonl(event("0-late", "2026-03-01T10:00:00Z"), event(f"1-{days[2]}", days[0]), "torn {")
    )
    place.inbox("app", "copy.jsonl", jsonl(*(event(f"0-{day}", day) for day in days)))
    place.inbox("two", "x.csv", "event_id,event_at\na,2026-03-01T10:00:00Z\nb\n")
    return place


def _state(place: Place) -> dict[str, Any]:
    data = place.home.data
    return {
        "files": sorted(path.relative_to(data).as_posix() for path in data.rglob("*") if path.is_file()),
        "receipts": receipts(place.home),
        "redeliveries": [replace(again, mtime_ns=0) for again in redeliveries(place.home)],
        "rows": {source: place.rows(source, "*") for source in ("app", "two")},
        "quarantine": {source: place.quarantined(source) for source in ("app", "two")},
    }


def _start(place: Place, at: int) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, _SCRIPT, str(at)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(orchestration.__file__).parents[1])},
    )
    assert process.stdin and process.stdout
    process.stdin.write(pickle.dumps((place.home, place.settings)))
    process.stdin.close()
    assert process.stdout.readline() == b"ready\n"
    return process


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], int, float]:
    """The state after a landing that was left alone, its file system changes, and its seconds."""
    place = _filled(new_place(tmp_path_factory.mktemp("calm") / "home", app="events", two="events"))
    process = _start(place, 0)
    begun = time.monotonic()
    assert process.stdout
    changes = int(process.stdout.read())
    return _state(place), changes, time.monotonic() - begun


@pytest.mark.parametrize("seed", _SEEDS)
def test_a_killed_landing_is_made_good(
    make_place: Callable[..., Place], undisturbed: tuple[dict[str, Any], int, float], seed: int
) -> None:
    expected, changes, seconds = undisturbed
    assert changes > 30
    chance = random.Random(seed)
    place = _filled(make_place(app="events", two="events"))
    # Three kills on one home: two at a change of the file system (a stratum of them for each seed), one at any time.
    for at in (
        chance.randrange(changes * seed // len(_SEEDS), changes * (seed + 1) // len(_SEEDS)) + 1,
        chance.randrange(changes) + 1,
    ):
        process = _start(place, at)
        process.wait()
    process = _start(place, 0)
    time.sleep(chance.uniform(0, seconds))
    process.kill()
    process.wait()
    sweep(place.home)
    assert _start(place, 0).wait() == 0  # with batches of the same size
    assert _state(place) == expected
    assert land(place.home, place.settings).delivered == 0


def test_sweep_takes_away_only_what_no_receipt_names(make_place: Callable[..., Place]) -> None:
    place = _filled(make_place(app="events", two="events"))
    place.land()
    before = _state(place)
    part = next((place.home.raw / "app").glob("*/*.parquet"))
    (part.parent / "0123456789abcdef.parquet").write_bytes(part.read_bytes())
    (place.home.raw / ".tmp-app").mkdir()
    (place.home.raw / ".tmp-app" / "half.parquet").write_bytes(b"PAR1")
    (place.home.quarantine / "app" / "0123456789abcdef.jsonl").write_text("{}\n")
    (place.home.landings / "app" / ".x.json.abc.tmp").write_text("{")
    assert sweep(place.home) == 4
    assert _state(place) == before
    assert sweep(place.home) == 0
