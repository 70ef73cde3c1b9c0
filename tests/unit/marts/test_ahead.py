"""Records of one event of which some are stamped ahead of the clock: each row has one fate, today and tomorrow."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.marts.manifest import read_manifest
from orchestration.pipeline import build_marts, land_files, plan_build
from orchestration.run import account
from orchestration.settings import Settings, load_settings
from tests.unit.marts.conftest import NOW, Small

TODAY, TOMORROW = date(2026, 11, 21), date(2026, 11, 22)


def event(name: str, at: str, tokens: int = 7) -> dict[str, Any]:
    return {"event_id": name, "event_at": at, "provider": "openai", "model": "gpt-4o", "output_tokens": tokens}


NOW_ROW, AHEAD_ROW = event("a", "2026-11-21T02:00:00Z"), event("a", "2026-11-22T01:00:00Z", 9)


class Nights(Small):
    """A home of which the date can be set."""

    now = NOW

    @property
    def settings(self) -> Settings:
        return load_settings(self.home).model_copy(update={"now": self.now})

    def night(self) -> dict[str, int]:
        """Land and build; what became of every row, without the fates that none has."""
        land_files(self.home, self.settings)
        build_marts(self.home, self.settings)
        manifest = read_manifest(self.home)
        assert manifest is not None
        told = account(self.home, self.settings, manifest)
        assert dict(manifest.conservation) == told
        return {fate: rows for fate, rows in told.items() if rows}


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path / "home", "sources:\n  app: {kind: events}\n  copy: {kind: events, mirrors: app}\n")


@pytest.mark.parametrize("way", ["together", "ahead first", "ahead later", "of a mirror"])
def test_a_record_ahead_of_the_clock_is_one_duplicate_and_not_a_row_that_waits(nights: Nights, way: str) -> None:
    other = event("b", "2026-11-22T02:00:00Z")  # which has no record yet that is due
    if way == "together":
        nights.drop(NOW_ROW, AHEAD_ROW, other)
    else:
        first, second = ([AHEAD_ROW, other], [NOW_ROW]) if way == "ahead first" else ([NOW_ROW], [AHEAD_ROW, other])
        nights.drop(*first, name="1.jsonl")
        land_files(nights.home, nights.settings)
        if way != "ahead first":
            assert nights.night() == {"delivered": 1, "counted": 1}
        nights.drop(*second, name="2.jsonl", source="copy" if way == "of a mirror" else "app")
    expected = {"delivered": 3, "counted": 1, "duplicates": 1, "not_due": 1}
    assert nights.night() == expected
    assert plan_build(nights.home, nights.settings).is_empty
    nights.now = NOW + timedelta(days=1)
    assert nights.night() == {"delivered": 3, "counted": 2, "duplicates": 1}
    assert plan_build(nights.home, nights.settings).is_empty
    nights.now = NOW + timedelta(days=2)
    assert nights.night() == {"delivered": 3, "counted": 2, "duplicates": 1}


def test_a_record_ahead_that_is_sent_again_waits_and_is_then_one_more_duplicate(nights: Nights) -> None:
    nights.drop(NOW_ROW, AHEAD_ROW, name="1.jsonl")
    assert nights.night() == {"delivered": 2, "counted": 1, "duplicates": 1}
    nights.drop(AHEAD_ROW, event("c", "2026-11-21T02:30:00Z"), name="2.jsonl")
    assert nights.night() == {"delivered": 4, "counted": 2, "duplicates": 2}
    nights.drop(AHEAD_ROW, event("d", "2026-11-20T02:30:00Z"), name="3.jsonl")
    assert nights.night() == {"delivered": 6, "counted": 3, "duplicates": 2, "not_due": 1}
    nights.now = NOW + timedelta(days=1)
    assert nights.night() == {"delivered": 6, "counted": 3, "duplicates": 3}


def test_a_day_without_such_records_is_not_built_again(nights: Nights) -> None:
    nights.drop(NOW_ROW, event("b", "2026-11-22T02:00:00Z"))
    nights.night()
    nights.now = datetime(2026, 11, 22, 3, tzinfo=UTC)
    assert [item.day for item in plan_build(nights.home, nights.settings).days] == [TOMORROW]
