"""Rows that are sent again beside new ones: their day is not built again, and they are duplicates all the same."""

from collections.abc import Callable
from datetime import date
from typing import Any

from orchestration.marts.manifest import read_manifest
from orchestration.pipeline import plan_build
from orchestration.run import account
from tests.unit.marts.conftest import Small

SECOND, THIRD = date(2026, 11, 2), date(2026, 11, 3)


def event(name: str, day: date) -> dict[str, Any]:
    return {
        "event_id": name,
        "event_at": f"{day}T10:00:00Z",
        "provider": "openai",
        "model": "gpt-4o",
        "output_tokens": 7,
    }


def test_a_day_repeated_in_a_new_file_is_counted_as_duplicates_and_not_built_again(
    small: Callable[..., Small],
) -> None:
    home = small()
    home.drop(event("a", SECOND), name="monday.jsonl")
    home.land()
    home.build()
    home.drop(event("a", SECOND), event("b", THIRD), name="both.jsonl")
    home.land()
    built = home.build()
    assert built.days == (THIRD,)
    assert built.manifest.conservation["counted"] == 2
    assert built.manifest.conservation["duplicates"] == 1
    assert built.manifest.conservation["delivered"] == 3


def test_a_file_that_only_repeats_is_accounted_for_without_a_build(small: Callable[..., Small]) -> None:
    home = small()
    home.drop(event("a", SECOND), event("b", THIRD), name="both.jsonl")
    home.land()
    home.build()
    home.drop(event("b", THIRD), name="again.jsonl")
    home.land()
    assert plan_build(home.home, home.settings).is_empty
    manifest = read_manifest(home.home)
    assert manifest is not None
    assert account(home.home, home.settings, manifest)["duplicates"] == 1
    home.drop(event("a", SECOND), event("c", SECOND), name="more.jsonl")
    home.land()
    built = home.build()
    assert built.days == (SECOND,)
    assert (built.manifest.conservation["counted"], built.manifest.conservation["duplicates"]) == (3, 2)
