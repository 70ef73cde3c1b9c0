"""The same event in two sources, one of which mirrors the other: counted once, on the right day, and accounted for."""

from collections.abc import Callable
from typing import Any

from orchestration.marts.manifest import read_manifest
from orchestration.pipeline import plan_build

MIRROR = "sources: {app: {kind: events}, copy: {kind: events, mirrors: app}, other: {kind: events}}\n"
APART = MIRROR.replace(", mirrors: app", "")


def event(name: str, at: str, **more: object) -> dict[str, Any]:
    given = {"provider": "openai", "model": "gpt-4o", "uncached_input_tokens": 10}
    return {**given, "event_id": name, "event_at": at, **more}


def stale(home: Any) -> list[str]:
    return [item.day.isoformat() for item in plan_build(home.home, home.settings).days]


def usage(home: Any) -> list[tuple[str, str, int, int]]:
    found: list[tuple[str, str, int, int]] = home.mart(
        "daily_usage", "usage_date::varchar, source, requests::int, total_tokens::int"
    )
    return found


def fates(home: Any) -> dict[str, int]:
    manifest = read_manifest(home.home)
    assert manifest is not None
    return {name: count for name, count in manifest.conservation.items() if count}


def build(home: Any) -> None:
    home.land()
    home.build()


def test_the_original_wins_and_the_rest_of_the_mirror_counts(small: Callable[..., Any]) -> None:
    home = small(MIRROR)
    home.drop(event("a", "2026-11-02T10:00:00Z"), event("b", "2026-11-02T11:00:00Z"))
    home.drop(
        event("a", "2026-11-02T09:59:59Z", uncached_input_tokens=999, output_tokens=999),
        event("c", "2026-11-02T12:00:00Z"),
        source="copy",
    )
    home.drop(event("a", "2026-11-02T10:00:00Z"), source="other")
    build(home)
    assert usage(home) == [
        ("2026-11-02", "app", 2, 20), ("2026-11-02", "copy", 1, 10), ("2026-11-02", "other", 1, 10),
    ]  # fmt: skip
    assert {row[0] for row in home.mart("hourly_usage", "local_hour")} == {10, 11, 12}
    assert fates(home) == {"delivered": 5, "counted": 4, "duplicates": 1}


def test_a_late_mirror_makes_stale_its_own_days_and_those_of_its_events(small: Callable[..., Any]) -> None:
    home = small(MIRROR)
    home.drop(*(event(f"d{day}", f"2026-11-0{day}T23:59:59Z") for day in (1, 2, 3, 4, 5)))
    build(home)
    before = usage(home)
    home.drop(event("d2", "2026-11-03T00:00:01Z"), source="copy", name="late.jsonl")
    home.land()
    assert stale(home) == ["2026-11-02", "2026-11-03"]
    home.build()
    assert usage(home) == before
    assert fates(home) == {"delivered": 6, "counted": 5, "duplicates": 1}
    assert stale(home) == []


def test_a_late_original_takes_its_event_to_its_own_day(small: Callable[..., Any]) -> None:
    home = small(MIRROR)
    home.drop(event("a", "2026-11-03T00:00:01Z", output_tokens=5), event("x", "2026-11-05T10:00:00Z"), source="copy")
    build(home)
    assert usage(home) == [("2026-11-03", "copy", 1, 15), ("2026-11-05", "copy", 1, 10)]
    home.drop(event("a", "2026-11-02T23:59:59Z"))
    home.land()
    assert stale(home) == ["2026-11-02", "2026-11-03"]
    home.build()
    assert usage(home) == [("2026-11-02", "app", 1, 10), ("2026-11-05", "copy", 1, 10)]
    assert fates(home) == {"delivered": 3, "counted": 2, "duplicates": 1}


def test_a_mirror_of_a_mirror_is_one_event_too(small: Callable[..., Any]) -> None:
    home = small("sources: {c: {kind: events, mirrors: b}, b: {kind: events, mirrors: a}, a: {kind: events}}\n")
    home.drop(event("e", "2026-11-02T10:00:03Z", output_tokens=3), source="c")
    home.drop(event("e", "2026-11-02T10:00:02Z", output_tokens=2), source="b")
    build(home)
    assert usage(home) == [("2026-11-02", "b", 1, 12)]
    home.drop(event("e", "2026-11-02T10:00:01Z"), source="a")
    build(home)
    assert usage(home) == [("2026-11-02", "a", 1, 10)]
    assert fates(home) == {"delivered": 3, "counted": 1, "duplicates": 2}


def test_one_id_days_apart_in_mirror_and_original_is_a_conflict_counted_once(small: Callable[..., Any]) -> None:
    home = small(MIRROR)
    home.drop(event("a", "2026-11-02T10:00:00Z"), source="copy")
    home.drop(event("a", "2026-11-09T10:00:00Z", output_tokens=7))
    build(home)
    assert usage(home) == [("2026-11-09", "app", 1, 17)]
    assert home.mart("daily_sources", "usage_date::varchar, source, conflicts::int") == [("2026-11-09", "app", 1)]


def test_saying_later_that_a_source_is_a_mirror_puts_right_what_was_counted_twice(small: Callable[..., Any]) -> None:
    home = small(APART)
    home.drop(event("a", "2026-11-02T23:59:59Z"), event("b", "2026-11-08T10:00:00Z"))
    home.drop(event("a", "2026-11-03T00:00:01Z"), source="copy")
    home.drop(event("o", "2026-11-06T10:00:00Z"), source="other")
    build(home)
    assert len(usage(home)) == 4
    home.home.settings_file.write_text(f"organisation: {{name: Test}}\n{MIRROR}", encoding="utf-8")
    assert stale(home) == ["2026-11-02", "2026-11-03", "2026-11-08"]
    home.build()
    assert [row[:2] for row in usage(home)] == [("2026-11-02", "app"), ("2026-11-06", "other"), ("2026-11-08", "app")]
    assert fates(home) == {"delivered": 4, "counted": 3, "duplicates": 1}


def test_a_mirror_of_another_kind_shares_its_events(small: Callable[..., Any]) -> None:
    home = small("sources: {app: {kind: events}, gateway: {kind: litellm, mirrors: app}}\n")
    home.drop(event("a", "2026-11-02T23:59:59Z"))
    build(home)
    spent = {"request_id": "a", "startTime": "2026-11-03T00:00:01Z", "endTime": "2026-11-03T00:00:02Z",
             "model": "gpt-4o", "custom_llm_provider": "openai", "prompt_tokens": 10, "completion_tokens": 0,
             "total_tokens": 10, "spend": 0.1, "metadata": {}, "request_tags": []}  # fmt: skip
    home.drop(spent, source="gateway")
    home.land()
    assert stale(home) == ["2026-11-02", "2026-11-03"]
    home.build()
    assert usage(home) == [("2026-11-02", "app", 1, 10)]
    assert fates(home) == {"delivered": 2, "counted": 1, "duplicates": 1}
