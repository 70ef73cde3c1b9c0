"""The whole way of LiteLLM's database: pages, landing, days, spend counted once, and a server that is down."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.demo import write_blank
from orchestration.home import Home
from orchestration.marts.manifest import Manifest, read_manifest
from tests.support.homes import NOW, command
from tests.support.postgres import PASSWORD, Server, serving

ROW = """
    insert into "LiteLLM_SpendLogs" (request_id, call_type, "startTime", "endTime", model, custom_llm_provider,
    prompt_tokens, completion_tokens, metadata) values
    ('{}', 'acompletion', '{}', '2026-11-18 12:00:00', 'house-model', 'openai', {}, 0,
    '{{"usage_object": {{"prompt_tokens_details": {{"cached_tokens": 400}}}}}}')
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as started:
        started.fresh()
        yield started


@pytest.fixture
def home(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("GATEWAY_DSN", server.dsn)
    home = Home(tmp_path / "home")
    write_blank(home)
    home.settings_file.write_text(
        "organisation: {name: Test}\nsources:\n  app: {kind: events}\n"
        "  gateway: {kind: litellm_db, dsn_env: GATEWAY_DSN, since: 2026-11-01}\n"
    )
    with (home.reference / "price_overrides.csv").open("a") as stream:
        stream.write("openai,house-model,,,3,15,0.3,3.75,,,,contract,2026-11-01,\n")
    (home.inbox / "app").mkdir(parents=True)
    event = {"event_id": "1", "event_at": "2026-11-18T09:30:00Z", "provider": "openai", "model": "house-model"}
    (home.inbox / "app" / "a.jsonl").write_text(json.dumps({**event, "output_tokens": 1}) + "\n")
    return home


def test_a_database_that_is_down_stops_no_other_source_and_is_caught_up_with(home: Home, server: Server) -> None:
    server.sql(ROW.format("a", "2026-11-18 10:00:00", 1000))
    server.stop()
    down = command(home, "run", now=NOW)
    assert down.code == 6
    assert "gateway: the database cannot be reached." in down.out + down.err
    assert published(home).days[date(2026, 11, 18)].requests == 1
    server.start()
    up = command(home, "run", now=NOW)
    assert up.code == 0, up.err
    # 600 uncached tokens at $3 and 400 cached ones at $0.30 a million, beside the other source's output token at $15.
    spend = Decimal("0.0018") + Decimal("0.00012") + Decimal("0.000015")
    day = published(home).days[date(2026, 11, 18)]
    assert (day.requests, Decimal(day.spend)) == (2, spend)
    # It grows: the row is read again, counts once, and a late one beside it is found.
    server.sql("update \"LiteLLM_SpendLogs\" set completion_tokens = 10 where request_id = 'a'")
    server.sql(ROW.format("late", "2026-11-18 09:30:00", 1000))
    later = command(home, "run", now="2026-11-21T06:00:00+00:00")
    assert later.code == 0, later.err
    grown = spend * 2 - Decimal("0.000015") + 10 * Decimal("0.000015")
    day = published(home).days[date(2026, 11, 18)]
    assert (day.requests, Decimal(day.spend)) == (3, grown)
    account = published(home).conservation
    assert (account["delivered"], account["counted"], account["duplicates"]) == (4, 3, 1)
    assert all(PASSWORD not in text for done in (down, up, later) for text in (done.out, done.err))
    assert "Nothing" in command(home, "run", now="2026-11-21T06:30:00+00:00").out


def published(home: Home) -> Manifest:
    manifest = read_manifest(home)
    assert manifest is not None
    return manifest
