"""One home that uses every kind of source at once: spend counted once, each source shown, late files found."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest

from orchestration.demo import write_blank
from orchestration.home import Home
from orchestration.marts.manifest import Manifest, read_manifest
from orchestration.settings import SourceKind, load_settings
from tests.support import postgres, store
from tests.support.homes import command, main_job, settings_of
from tests.support.provider import KEY, Provider, serving

NOW, SOON, LATER = "2026-11-21T04:00:00+00:00", "2026-11-21T04:30:00+00:00", "2026-11-21T05:30:00+00:00"
DAY = date(2026, 11, 18)
# Each source says 1,000 tokens in and 100 out of a model at $3 and $15 a million: $0.0045.
PRICES = "".join(
    f"{model},,,3,15,0.3,3.75,6,,,contract,2026-11-01,\n"
    for model in (
        "openai,house-model",
        "anthropic,house-claude",
        "bedrock,house-nova",
        "langfuse-has-none,house-traced",
    )
)
COST, CHARGE = Decimal("0.0045"), Decimal("0.0123456789")
SETTINGS = """
organisation: {{name: Test}}
timezone: Europe/London
sources:
  app: {{kind: events, path: 's3://{bucket}/app', endpoint_url: '{store}', key_env: S_KEY, secret_env: S_SECRET}}
  aws: {{kind: bedrock}}
  exports: {{kind: litellm, mirrors: proxy}}
  gateway: {{kind: litellm, account: org-1}}
  observed: {{kind: langfuse}}
  proxy: {{kind: litellm_db, dsn_env: PROXY_DSN, since: 2026-11-01}}
  report: {{kind: openai, api_key_env: VENDOR_KEY, since: 2026-11-17, account: org-1, base_url: '{openai}',
    role: control}}
  router: {{kind: openrouter}}
  table:
    kind: mapped
    timezone: Europe/London
    mapping: {{event_at: when, uncached_input_tokens: usage.in, output_tokens: usage.out}}
    constants: {{provider: openai, model: house-model}}
  traces: {{kind: otlp}}
  usage: {{kind: anthropic, api_key_env: VENDOR_KEY, since: 2026-11-17, account: acme,
    base_url: '{anthropic}'}}
  workstations: {{kind: claude_code, folders: [user_id, project]}}
"""


def litellm(request: str, at: str = "2026-11-18T10:00:00Z") -> dict[str, Any]:
    return {"request_id": request, "startTime": at, "endTime": at, "model": "house-model", "spend": 0.99,
            "custom_llm_provider": "openai", "prompt_tokens": 1000, "completion_tokens": 100}  # fmt: skip


def span() -> dict[str, Any]:
    said = {"gen_ai.operation.name": {"stringValue": "chat"}, "gen_ai.provider.name": {"stringValue": "openai"},
            "gen_ai.request.model": {"stringValue": "house-model"},
            "gen_ai.usage.input_tokens": {"intValue": "1000"},
            "gen_ai.usage.output_tokens": {"intValue": 100}}  # fmt: skip
    attributes = [{"key": name, "value": value} for name, value in said.items()]
    # 18 November 2026, 10:00 UTC.
    one = {"traceId": "t", "spanId": "s", "startTimeUnixNano": "1794996000000000000", "attributes": attributes}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]}


FILES: dict[str, Any] = {
    "aws/a.json": {"schemaType": "ModelInvocationLog", "timestamp": "2026-11-18T10:00:00Z", "requestId": "b",
                   "modelId": "house-nova", "input": {"inputTokenCount": 1000}, "output": {"outputTokenCount": 100}},
    "exports/a.jsonl": litellm("p-1", "2026-11-18T10:00:02Z"),  # the proxy's own row, exported
    "gateway/a.jsonl": litellm("g-1"),
    "observed/a.jsonl": {"id": "o", "type": "GENERATION", "start_time": "2026-11-18T10:00:00Z",
                         "provided_model_name": "openai/house-model", "usage_details": {"input": 1000, "output": 100}},
    "router/a.csv": "generation_id,created_at,cost_total,tokens_prompt,tokens_completion,model_permaslug\n"
                    f"r,2026-11-18 10:00:00,{CHARGE},1000,100,openai/gpt-4o\n",
    "table/a.csv": 'when,usage\n2026-11-18 10:00:00,"{""in"": 1000, ""out"": 100}"\n',
    "traces/a.jsonl": span(),
    "workstations/amara/search/a.jsonl": {
        "timestamp": "2026-11-18T10:00:00Z", "sessionId": "s",
        "message": {"id": "m", "model": "house-claude", "usage": {"input_tokens": 1000, "output_tokens": 100}}},
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home with every kind of source; the servers of those that are fetched run beside it."""
    (tmp_path / "store").mkdir()
    with (
        postgres.serving() as database,
        store.serving(tmp_path / "store") as bucket,
        serving(Provider()) as openai,
        serving(Provider()) as anthropic,
    ):
        database.fresh()
        database.sql(
            'insert into "LiteLLM_SpendLogs" (request_id, call_type, "startTime", "endTime", model, '
            "custom_llm_provider, prompt_tokens, completion_tokens) values ('p-1', 'acompletion', "
            "'2026-11-18 10:00:01', '2026-11-18 10:00:02', 'house-model', 'openai', 1000, 100)"
        )
        bucket.fresh()
        event = {"event_id": "e", "event_at": "2026-11-18T10:00:00Z", "provider": "openai", "model": "house-model"}
        own = json.dumps({**event, "uncached_input_tokens": 1000, "output_tokens": 100})
        bucket.put("app/a.jsonl", f"{own}\n{{torn\n")
        hour, out = "2026-11-18T10:00:00+00:00", {"output_tokens": 100}
        openai.put("usage", hour, {**out, "input_tokens": 1000, "num_model_requests": 1, "model": "house-model"})
        read = {"uncached_input_tokens": 1000, "cache_read_input_tokens": 0}
        anthropic.put("usage", hour, {**out, **read, "model": "house-claude"})
        keys = {"VENDOR_KEY": KEY, "PROXY_DSN": database.dsn, "S_KEY": store.KEY, "S_SECRET": store.SECRET}
        for name, value in keys.items():
            monkeypatch.setenv(name, value)
        home = Home(tmp_path / "home")
        write_blank(home)
        home.settings_file.write_text(
            SETTINGS.format(bucket=bucket.bucket, store=bucket.url, openai=openai.url, anthropic=anthropic.url)
        )
        with (home.reference / "price_overrides.csv").open("a") as stream:
            stream.write(PRICES)
        for name, content in FILES.items():
            drop(home, name, content)
        yield home


def drop(home: Home, name: str, content: Any) -> None:
    path = home.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content) + "\n", encoding="utf-8")


def published(home: Home) -> Manifest:
    manifest = read_manifest(home)
    assert manifest is not None
    return manifest


def query(home: Home, sql: str) -> list[tuple[Any, ...]]:
    import duckdb

    with duckdb.connect() as connection:
        return connection.execute(sql.replace("MARTS", str(home.current_marts.resolve()))).fetchall()


def test_every_source_at_once_counts_each_spend_once(home: Home) -> None:
    settings = settings_of(home, NOW)
    assert {source.kind for source in settings.sources.values()} == set(get_args(SourceKind))
    first = main_job(home, NOW).done
    assert first.fetch is not None and not first.fetch.failed

    # Each source's own usage, once: the export mirrors the proxy's row, the report is compared with the gateway.
    counted = set(settings.sources) - {"exports", "report"}
    by_source = dict(query(home, "select source, sum(effective_cost) from 'MARTS/daily_usage/*.parquet' group by 1"))
    assert by_source == {name: CHARGE if name == "router" else COST for name in counted}
    assert published(home).spend(date(2026, 11, 1)) == CHARGE + COST * (len(counted) - 1)
    control = "select source, sum(effective_cost) from 'MARTS/daily_control_usage/*.parquet' group by 1"
    assert query(home, control) == [("report", COST)]
    account = published(home).conservation
    assert {name: rows for name, rows in account.items() if rows} == {
        "delivered": 13, "counted": 10, "duplicates": 1, "control": 1, "quarantined": 1,
    }  # fmt: skip
    assert main_job(home, SOON).summary is None

    shown = command(home, "status", now=SOON).out
    listed = json.loads(command(home, "--json", "status", now=SOON).out)["sources"]
    told = {source["name"]: source for source in listed}
    assert set(told) == set(settings.sources)
    for name, source in told.items():
        assert name in shown
        assert (source["kind"], source["role"]) == (
            settings.sources[name].kind, "control" if name == "report" else "usage",
        )  # fmt: skip
        assert (source["landed"], source["quarantined"]) == (1, int(name == "app"))
        assert source["last_event"].startswith("2026-11-18T10:00:0") and source["days_behind"] == 2
        assert source["not_fetched"] is None
    assert "Old data: gateway is 2 days behind" in shown

    # Late files of two sources: their own day is built, and the 18th is not.
    drop(home, "gateway/late.jsonl", litellm("g-0", "2026-11-17T10:00:00Z"))
    drop(home, "workstations/amara/atlas/late.jsonl", {
        "timestamp": "2026-11-17T11:00:00Z",
        "message": {"id": "n", "model": "house-claude", "usage": {"input_tokens": 1000, "output_tokens": 100}},
    })  # fmt: skip
    late = main_job(home, LATER).done
    assert late.days_built == (date(2026, 11, 17),)
    assert published(home).spend(date(2026, 11, 1)) == CHARGE + COST * (len(counted) + 1)


def test_the_account_is_counted_twice_without_a_role_and_the_message_says_what_to_write(home: Home) -> None:
    home.settings_file.write_text(home.settings_file.read_text().replace(",\n    role: control", ""))
    refused = command(home, "run", now=NOW)
    assert refused.code == 2
    said = " ".join(refused.err.split())
    assert "gateway and report both count the usage of openai account org-1 from 2026-11-18 to 2026-11-18" in said
    assert "under sources.report, write `role: control`" in said
    assert load_settings(home).sources["report"].role == "usage"
    assert read_manifest(home) is None
