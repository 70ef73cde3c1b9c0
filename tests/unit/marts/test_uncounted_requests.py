"""A report that counts tokens and no requests: what has no price is told in tokens, and its days are not empty."""

from collections.abc import Callable
from datetime import date
from typing import Any

from orchestration.closing.checks import month_checks
from orchestration.landing import receipts
from orchestration.status import read_status
from orchestration.status_told import print_status
from tests.unit.marts.conftest import Small

DAY = date(2026, 11, 2)


def row(name: str, model: str, **more: Any) -> dict[str, Any]:
    return {"event_id": name, "event_at": f"{DAY}T10:00:00Z", "provider": "anthropic", "model": model,
            "aggregate_context": "unknown", "requests": 0, "output_tokens": 1_234_567, **more}  # fmt: skip


def test_unpriced_usage_without_requests_is_told_in_tokens(small: Callable[..., Small], capsys: Any) -> None:
    home = small()
    home.drop(row("a", "nobody-knows"), row("b", "claude-sonnet-4-5"))
    home.land()
    manifest = home.build().manifest
    day = manifest.days[DAY]
    assert (day.requests, day.unpriced_requests, day.unpriced_tokens, day.has_unpriced) == (0, 0, 1_234_567, True)
    checks = {check.name: check for check in month_checks(manifest, receipts(home.home), DAY.replace(day=1))}
    assert (checks["all usage is priced"].met, checks["all usage is priced"].detail) == (
        False, "1,234,567 tokens without a price",
    )  # fmt: skip
    assert checks["every day has usage"].detail.startswith("29 days without any")
    print_status(read_status(home.home, home.settings))
    assert "1,234,567 tokens" in capsys.readouterr().out


def test_usage_with_neither_requests_nor_tokens_is_not_taken_for_priced(small: Callable[..., Small]) -> None:
    home = small()
    home.drop(row("a", "nobody-knows", output_tokens=0, web_search_calls=3))
    home.land()
    day = home.build().manifest.days[DAY]
    assert (day.unpriced_requests, day.unpriced_tokens, day.has_unpriced) == (1, 0, True)
