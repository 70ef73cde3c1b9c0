"""Claude Code sessions: some lines bear usage, some repeat a message while it grows."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

FIXTURE = (Path(__file__).parents[2] / "fixtures" / "landing" / "claude_code.jsonl").read_text(encoding="utf-8")


@pytest.fixture
def place(make_place: Callable[..., Any]) -> Any:
    return make_place(desk={"kind": "claude_code", "folders": ("user_id", "project")})


@pytest.mark.parametrize("torn", ["", '{"type": "assistant", "mess'])
def test_only_lines_with_usage_become_rows(place: Any, torn: str) -> None:
    place.inbox("desk", "ann/atlas/s-1.jsonl", FIXTURE + torn)
    report = place.land()
    columns = (
        "event_id, event_at, input_tokens, output_tokens, cache_creation_input_tokens, ephemeral_5m_input_tokens, "
        "ephemeral_1h_input_tokens, web_search_requests, speed, cost_usd, folder_user_id, folder_project"
    )
    assert place.rows("desk", columns, "event_id, event_at") == [
        ("msg-1:req-1", datetime(2026, 1, 9, 10), 4, 9, 1500, 500, 1000, 2, None, None, "ann", "atlas"),
        ("msg-1:req-1", datetime(2026, 1, 9, 10, 0, 3), 4, 159, 1500, None, None, None, "fast",
         Decimal("0.120000000000000000"), "ann", "atlas"),
        ("msg-2", datetime(2026, 1, 9, 10, 0, 6), 1, 2, None, None, None, None, None, None, "ann", "atlas"),
    ]  # fmt: skip
    assert (report.landed, report.not_usage, report.quarantined) == (3, 4, 1 if torn else 0)
    assert report.delivered == (8 if torn else 7)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"timestamp": "2026-01-09T10:00:00Z", "message": {"usage": {"output_tokens": 1}}}', "message.id is missing"),
        ('{"message": {"id": "m", "usage": {"output_tokens": 1}}}', "timestamp is missing"),
        ('{"message": {"id": "m", "usage": "many"}}', "message.usage is no JSON object"),
        (
            '{"timestamp": "2026-01-09T10:00:00Z", "message": {"id": "m", "usage": {"output_tokens": 1.5}}}',
            "usage.output_tokens is 1.5, which is no whole number from 0 to 10^15",
        ),
        (
            '{"timestamp": "2026-01-09T10:00:00Z", "message": {"id": "m", "usage": {"cache_creation_input_tokens": 5, '
            '"cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 3}}}}',
            "the 5 minute and 1 hour cache writes are 6, more than the cache_creation_input_tokens they are part of, 5",
        ),
        ('{"message": {"id": "m", "id": "n", "usage": {}}}', "names a key twice in message"),
    ],
)
def test_usage_that_cannot_be_trusted_is_set_aside(place: Any, line: str, reason: str) -> None:
    place.inbox("desk", "ann/atlas/s-1.jsonl", FIXTURE + line)
    report = place.land()
    assert place.reasons("desk") == [(8, reason)]
    assert (report.landed, report.not_usage) == (3, 4)


def test_a_message_that_is_no_object_bears_no_usage(place: Any) -> None:
    place.inbox("desk", "s.jsonl", FIXTURE + '{"type": "system", "message": "compacted"}\n{"message": null}\n')
    report = place.land()
    assert (report.landed, report.not_usage, report.quarantined) == (3, 6, 0)


def test_other_files_of_a_session_folder_are_left_alone(place: Any) -> None:
    place.inbox("desk", "ann/atlas/s-1.jsonl", FIXTURE)
    for name in ("tool-results/x.txt", "sessions-index.json", "agent.meta.json"):
        place.inbox("desk", f"ann/atlas/{name}", "{}")
    report = place.land()
    assert (report.landed, len(report.ignored)) == (3, 3)
