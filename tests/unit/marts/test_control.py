"""Control sources, all the way to the marts: priced and published apart, part of no other figure, lost nowhere."""

import itertools
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from orchestration.errors import SettingsError
from orchestration.marts.manifest import read_manifest
from orchestration.pipeline import plan_build
from orchestration.roles import role_of
from orchestration.status import read_status

BOTH = "sources: {app: {kind: events}, report: {kind: events, role: control, account: org-1}}\n"
PLAIN = BOTH.replace(", role: control", "")
USED = {"provider": "openai", "model": "gpt-4o", "uncached_input_tokens": 1_000_000, "provider_account": "org-1"}


def event(name: str, at: str, **more: object) -> dict[str, Any]:
    return {**USED, "event_id": name, "event_at": at, **more}


def rewrite(home: Any, settings: str) -> None:
    home.home.settings_file.write_text(f"organisation: {{name: Test}}\n{settings}", encoding="utf-8")


def stale(home: Any) -> list[str]:
    return [item.day.isoformat() for item in plan_build(home.home, home.settings).days]


def test_a_report_beside_its_usage_is_priced_and_published_apart(small: Callable[..., Any]) -> None:
    home = small(BOTH)
    home.drop(event("a", "2026-11-02T10:00:00Z"), event("b", "2026-11-02T11:00:00Z"))
    home.drop(
        event("h10", "2026-11-02T10:00:00Z", requests=1, provider_account=None, uncached_input_tokens=900_000),
        event("h23", "2026-11-02T23:00:00Z", requests=7),
        event("h23", "2026-11-02T23:00:00Z", requests=7),
        event("x", "2026-11-03T00:00:00Z", model="nobody-knows"),
        source="report",
    )
    home.land()
    home.build()
    assert home.mart("daily_usage", "source, requests, effective_cost") == [("app", 2, Decimal(5))]
    assert home.mart("monthly_usage", "requests, effective_cost") == [(2, Decimal(5))]
    assert {row[0] for row in home.mart("hourly_usage", "local_hour")} == {10, 11}
    assert home.mart(
        "daily_control_usage",
        "usage_date::varchar, utc_date::varchar, source, provider_account, model, events, requests, effective_cost",
    ) == [
        ("2026-11-02", "2026-11-02", "report", "org-1", "gpt-4o", 2, 8, Decimal("4.75")),
        ("2026-11-03", "2026-11-03", "report", "org-1", "nobody-knows", 1, 1, None),
    ]
    assert home.mart("daily_sources", "usage_date::varchar, source, delivered_rows, events, control, duplicates") == [
        ("2026-11-02", "app", 2, 2, 0, 0),
        ("2026-11-02", "report", 3, 0, 2, 1),
        ("2026-11-03", "report", 1, 0, 1, 0),
    ]
    manifest = read_manifest(home.home)
    assert manifest is not None
    assert {name: count for name, count in manifest.conservation.items() if count} == {
        "delivered": 6, "counted": 2, "control": 3, "duplicates": 1,
    }  # fmt: skip
    assert manifest.days[date(2026, 11, 2)].spend == "5.000000000000000000"
    assert manifest.days[date(2026, 11, 3)].unpriced_requests == 0
    assert {source.name: source.role for source in read_status(home.home, home.settings).sources} == {
        "app": "usage", "report": "control",
    }  # fmt: skip


def test_the_days_of_a_report_are_utc_and_the_organisations(small: Callable[..., Any]) -> None:
    home = small("timezone: Asia/Tokyo\n" + BOTH)
    home.drop(event("late", "2026-11-02T20:00:00Z"), source="report")
    home.land()
    home.build()
    assert home.mart("daily_control_usage", "usage_date::varchar, utc_date::varchar") == [("2026-11-03", "2026-11-02")]


def test_two_sources_of_usage_are_refused_before_anything_is_built(small: Callable[..., Any]) -> None:
    home = small(PLAIN)
    home.drop(event("a", "2026-11-02T10:00:00Z"))
    home.drop(event("h10", "2026-11-02T10:00:00Z"), source="report")
    home.land()
    with pytest.raises(SettingsError, match=r"app and report both count .* org-1 from 2026-11-02 to 2026-11-02"):
        home.build()
    assert not home.home.current_marts.exists()
    rewrite(home, BOTH)
    home.build()
    assert home.mart("daily_usage", "source, requests") == [("app", 1)]


def test_a_changed_role_rebuilds_the_days_it_holds_on_and_no_others(small: Callable[..., Any]) -> None:
    settings = "sources: {app: {kind: events}, report: {kind: events}}\n"
    home = small(settings)
    home.drop(event("a", "2026-11-02T10:00:00Z", provider_account=None))
    home.drop(
        event("r1", "2026-11-02T10:00:00Z"),
        event("r2", "2026-11-05T10:00:00Z"),
        event("r3", "2026-11-06T10:00:00Z"),
        source="report",
    )
    home.land()
    home.build()
    assert stale(home) == []
    rule = "roles: [{account: org-1, from: 2026-11-02, to: 2026-11-06, role: control}]"
    rewrite(home, settings.replace("report: {kind: events", f"report: {{kind: events, {rule}"))
    assert stale(home) == ["2026-11-02", "2026-11-05"]
    home.build()
    counted = [("2026-11-02", "app"), ("2026-11-06", "report")]
    assert home.mart("daily_usage", "usage_date::varchar, source") == counted
    assert stale(home) == []
    rewrite(home, settings)
    assert stale(home) == ["2026-11-02", "2026-11-05"]


def test_sql_and_python_agree_on_every_rule(small: Callable[..., Any]) -> None:
    home = small(
        """
sources:
  app:
    kind: events
    account: org-o'hara
    roles:
      - {account: org-1, api_keys: [k1, "k'2"], from: 2026-11-02, to: 2026-11-04, role: control}
      - {account: "org-o'hara", from: 2026-11-03, role: control}
      - {api_keys: [k1], to: 2026-11-02, role: control}
      - {account: org-2, role: control}
"""
    )
    days = [f"2026-11-0{number}" for number in (1, 2, 3, 4)]
    cases = list(itertools.product((None, "org-1", "org-2"), (None, "k1", "k'2", "k3"), days))
    home.drop(
        *(
            event(str(number), f"{day}T12:00:00Z", provider_account=account, api_key=key)
            for number, (account, key, day) in enumerate(cases)
        )
    )
    home.land()
    home.build()
    source = home.settings.sources["app"]
    expected = Counter(
        (day, account or source.account)
        for account, key, day in cases
        if role_of(source, account=account or source.account, api_key=key, day=date.fromisoformat(day)) == "control"
    )
    assert 10 < expected.total() < len(cases) - 10
    found = home.mart("daily_control_usage", "usage_date::varchar, provider_account, events")
    assert {(day, account): events for day, account, events in found} == expected
    counted = sum(row[0] for row in home.mart("daily_usage", "requests"))
    assert counted == len(cases) - expected.total()


def test_credits_of_a_control_source_or_a_mirror_are_counted_once(small: Callable[..., Any]) -> None:
    home = small(BOTH.replace("}}\n", "}, copy: {kind: events, mirrors: app}}\n"))
    stated = {"credit_type": "voice_minutes", "model": None, "uncached_input_tokens": 0}
    home.drop(event("a", "2026-11-02T10:00:00Z", **stated, credit_quantity="5"))
    home.drop(event("a", "2026-11-02T10:00:05Z", **stated, credit_quantity="7"), source="copy")
    home.drop(event("r", "2026-11-02T10:00:00Z", **stated, credit_quantity="9"), source="report")
    home.land()
    home.build()
    assert home.mart("daily_credits", "source, quantity") == [("app", Decimal(5))]
