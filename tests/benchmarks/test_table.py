"""A million rows of LiteLLM's table, with metadata as the proxy writes it: seconds, and the memory they are read in."""

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import measure
from tests.support.postgres import serving

pytestmark = pytest.mark.bench

MOST_MEGABYTES = 200
ROWS = """
    insert into "LiteLLM_SpendLogs" (request_id, call_type, api_key, spend, total_tokens, prompt_tokens,
        completion_tokens, "startTime", "endTime", model, custom_llm_provider, metadata, request_tags)
    select md5(i::text), 'acompletion', md5((i % 50)::text), i * 0.00001, 1200, 1000, 200,
        '2026-11-01'::timestamp + i * interval '1.7 s', '2026-11-01'::timestamp + i * interval '1.7 s',
        'gpt-5', 'openai', jsonb_build_object('usage_object', jsonb_build_object('prompt_tokens', 1000,
        'completion_tokens', 200, 'prompt_tokens_details', jsonb_build_object('cached_tokens', i % 900)),
        'user_api_key_alias', 'team-' || i % 40, 'padding', repeat(md5(i::text), 20)), '["feature:search"]'
    from generate_series(1, {}) i
"""


def read(root: Path, dsn: str) -> dict[str, Any]:
    """In a process of its own: one fetch from the beginning to the end."""
    from orchestration.fetching.table import fetch_table
    from orchestration.home import Home
    from orchestration.settings import Organisation, Settings, Source

    os.environ["BENCH_DSN"] = dsn
    home = Home(root)
    source = Source(
        name="gateway", kind="litellm_db", path=home.fetched / "gateway", dsn_env="BENCH_DSN", since=date(2026, 11, 1)
    )
    now = datetime(2026, 12, 31, tzinfo=UTC)
    settings = Settings(organisation=Organisation(name="Bench"), sources={"gateway": source}, now=now)
    done = fetch_table(home, settings, source)
    assert done.failure is None, done.failure
    return {"rows": done.rows, "pages": done.requests}


def test_a_million_rows_in_bounded_memory(tmp_path: Path) -> None:
    with serving() as server:
        server.fresh()
        server.sql(ROWS.format(measure.EVENTS))
        seconds, peak, result = measure.alone(read, tmp_path / "home", server.dsn)
        again, again_peak, known = measure.alone(read, tmp_path / "home", server.dsn)
    assert result["rows"] == measure.EVENTS and known["rows"] == 0
    measure.show("LiteLLM's table, imports included", [
        (f"{measure.EVENTS:,} rows", f"{seconds:.1f} s in {result['pages']} pages, peak {peak:.0f} MB"),
        ("nothing new", f"{again:.1f} s in {known['pages']} page, peak {again_peak:.0f} MB"),
    ])  # fmt: skip
    assert max(peak, again_peak) < MOST_MEGABYTES
