"""Credits from a delivered line to the published marts, and a level that is corrected away."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any


def _stated(event_id: str, at: str, kind: str, quantity: str, **more: Any) -> dict[str, Any]:
    return {"event_id": event_id, "event_at": at, "credit_type": kind, "credit_quantity": quantity,
            "department": "Sales", "workspace": "emea", **more}  # fmt: skip


def test_flows_add_up_levels_peak_and_neither_is_unpriced(small: Callable[..., Any]) -> None:
    home = small()
    home.drop(
        _stated("a", "2026-11-02T10:00:00Z", "voice_minutes", "2.25", channel="phone"),
        _stated("b", "2026-11-02T11:00:00Z", "voice_minutes", "0.75", channel="phone"),
        _stated("c", "2026-11-03T11:00:00Z", "voice_minutes", "10", channel="phone"),
        _stated("d", "2026-11-02T10:00:00Z", "concurrent_calls", "4", credit_measure="level"),
        _stated("e", "2026-11-02T10:30:00Z", "concurrent_calls", "9", credit_measure="level"),
        _stated("f", "2026-11-03T10:30:00Z", "concurrent_calls", "6", credit_measure="level"),
    )
    home.land()
    report = home.build()
    columns = "workspace, department, channel, credit_type, credit_measure, quantity"
    assert home.mart("daily_credits", f"usage_date::varchar, {columns}") == [
        ("2026-11-02", "emea", "Sales", "", "concurrent_calls", "level", Decimal(9)),
        ("2026-11-02", "emea", "Sales", "phone", "voice_minutes", "flow", Decimal(3)),
        ("2026-11-03", "emea", "Sales", "", "concurrent_calls", "level", Decimal(6)),
        ("2026-11-03", "emea", "Sales", "phone", "voice_minutes", "flow", Decimal(10)),
    ]
    assert home.mart("monthly_credits", "credit_type, quantity, events") == [
        ("concurrent_calls", Decimal(9), 3),
        ("voice_minutes", Decimal(13), 3),
    ]
    assert home.mart("daily_usage", "DISTINCT is_priced, requests, effective_cost") == [(True, 0, Decimal(0))]
    assert report.manifest.conservation["counted"] == 6
    assert {day.unpriced_requests for day in report.manifest.days.values()} == {0}


def test_a_day_built_later_enters_the_month_beside_the_published_days(small: Callable[..., Any]) -> None:
    home = small()
    home.drop(_stated("a", "2026-11-02T10:00:00Z", "text_queries", "5"))
    home.land()
    home.build()
    home.drop(_stated("b", "2026-11-04T10:00:00Z", "text_queries", "7"), name="later.jsonl")
    home.land()
    report = home.build()
    assert [day.isoformat() for day in report.days] == ["2026-11-04"]
    assert home.mart("monthly_credits", "credit_type, quantity") == [("text_queries", Decimal(12))]


def test_without_credits_there_is_no_file(small: Callable[..., Any]) -> None:
    home = small()
    home.drop({"event_id": "a", "event_at": "2026-11-02T10:00:00Z", "model": "gpt-4o", "requests": 3})
    home.land()
    report = home.build()
    assert list((home.home.current_marts.resolve() / "daily_credits").iterdir()) == []
    assert home.mart("daily_usage", "requests") == [(3,)]
    assert home.mart("daily_sources", "events, delivered_rows") == [(1, 1)]
    assert report.manifest.conservation["counted"] == 1
