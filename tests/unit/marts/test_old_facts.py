"""Facts are never rewritten: what was landed before an event had today's columns still counts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

_COLUMNS_THEN = (
    "source, event_id, event_at, provider, model, service_tier, provider_account, user_id, team, department, "
    "cost_centre, project, feature, channel, api_key, country, conversation_id, status, error_code, operation, "
    "latency_ms, labels, uncached_input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, "
    "output_tokens, reasoning_tokens, input_audio_tokens, output_audio_tokens, input_image_tokens, "
    "output_image_tokens, web_search_calls, reported_cost, reported_cost_basis, folder_user_id, folder_project, "
    "folder_team, folder_department, folder_feature, folder_api_key, file, row_hash"
)
_OLD = {"event_id": "old", "event_at": "2026-11-02T10:00:00Z", "provider": "openai", "model": "gpt-4o",
        "uncached_input_tokens": 1000}  # fmt: skip
_NEW = {**_OLD, "event_id": "new", "event_at": "2026-11-02T11:00:00Z"}


def test_old_files_are_read_alone_and_beside_new_ones(small: Callable[..., Any]) -> None:
    home = small()
    home.drop(_OLD)
    home.land()
    (old,) = home.facts()
    _as_it_was_written(old)
    home.build()
    assert home.mart("daily_usage", "usage_date::varchar, requests, total_tokens") == [("2026-11-02", 1, 1000)]
    home.drop(_NEW, name="later.jsonl")
    home.land()
    home.build()
    assert home.mart("daily_usage", "usage_date::varchar, requests, total_tokens") == [("2026-11-02", 2, 2000)]


def _as_it_was_written(path: Path) -> None:
    import duckdb

    before = path.with_suffix(".before")
    path.rename(before)
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT {_COLUMNS_THEN} FROM read_parquet('{before}', hive_partitioning=false)) "
            f"TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
        )
    before.unlink()
