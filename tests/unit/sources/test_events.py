"""The own format's schema and its reader agree."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from orchestration import sources
from orchestration.settings import DATABASE_KINDS, FETCHED_KINDS, Source, SourceKind
from orchestration.sources import reader_for
from orchestration.sources.canonical import EVENT_COLUMNS

SCHEMA = json.loads((Path(sources.__file__).parent / "events" / "event.schema.json").read_text(encoding="utf-8"))
FIXTURE = Path(__file__).parents[2] / "fixtures" / "landing" / "events.jsonl"
GOOD = {"event_id": "a", "event_at": "2026-03-01T10:00:00Z"}


def test_the_schema_is_valid_and_names_every_column() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["properties"]) == set(EVENT_COLUMNS)


def test_real_events_satisfy_the_schema_and_are_landed(place: Any) -> None:
    content = FIXTURE.read_text(encoding="utf-8")
    for line in content.splitlines():
        Draft202012Validator(SCHEMA).validate(json.loads(line))
    place.inbox("app", "x.jsonl", content)
    assert place.land().landed == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"event_id": ""}, {"event_id": None}, {"event_at": "2026-03-01T10:00:00"}, {"event_at": "2026-03-01"},
        {"event_at": None}, {"output_tokens": -1}, {"output_tokens": 1.5}, {"output_tokens": True},
        {"output_tokens": 10**15 + 1}, {"output_tokens": "1_0"}, {"service_tier": "gold"}, {"status": "fine"},
        {"labels": "x"}, {"labels": ["x"]}, {"reported_cost": 1},
        {"reported_cost": -1, "reported_cost_basis": "charge"},
        {"reported_cost": "x", "reported_cost_basis": "charge"}, {"reported_cost_basis": "guess"},
    ],
)  # fmt: skip
def test_schema_and_reader_refuse_the_same_rows(place: Any, wrong: dict[str, Any]) -> None:
    assert not Draft202012Validator(SCHEMA).is_valid({**GOOD, **wrong})
    place.inbox("app", "x.jsonl", json.dumps({**GOOD, **wrong}))
    assert place.land().quarantined == 1


@pytest.mark.parametrize(
    "right",
    [
        {"output_tokens": 0}, {"output_tokens": 10**15}, {"output_tokens": "12"}, {"output_tokens": 3.0},
        {"labels": {}}, {"reported_cost": 0, "reported_cost_basis": "charge"}, {"unknown": [1]}, {"status": None},
        {"event_at": "2026-03-01 10:00:00.123456789+05:30"},
    ],
)  # fmt: skip
def test_schema_and_reader_take_the_same_rows(place: Any, right: dict[str, Any]) -> None:
    assert Draft202012Validator(SCHEMA).is_valid({**GOOD, **right})
    place.inbox("app", "x.jsonl", json.dumps({**GOOD, **right}))
    assert place.land().landed == 1


@pytest.mark.parametrize("kind", get_args(SourceKind))
def test_every_kind_has_the_same_shape(kind: Any, tmp_path: Path) -> None:
    folder = Path(sources.__file__).parent / kind
    assert {"__init__.py", "reader.py", "README.md"} <= {path.name for path in folder.iterdir()}
    if kind in FETCHED_KINDS | DATABASE_KINDS:
        assert (folder / "fetch.py").is_file()
    mapping = {"event_at": "at"} if kind == "mapped" else {}
    fetched = {"api_key_env": "KEY", "since": "2026-01-01"} if kind in FETCHED_KINDS else {}
    if kind in DATABASE_KINDS:
        fetched = {"dsn_env": "DSN", "since": "2026-01-01"}
    reader = reader_for(Source(name="x", kind=kind, path=tmp_path, mapping=mapping, **fetched))
    assert [column.name for column in reader.columns[:2]] == ["event_id", "event_at"]
    assert all(column.required for column in reader.columns[:2])


RAW = {
    "litellm": "call_type api_key spend total_tokens prompt_tokens completion_tokens end_at model model_id model_group "
    "custom_llm_provider user team_id organization_id end_user session_id status cache_hit requester_ip_address "
    "metadata request_tags",
    "claude_code": "session_id request_id message_id model input_tokens output_tokens cache_read_input_tokens "
    "cache_creation_input_tokens ephemeral_5m_input_tokens ephemeral_1h_input_tokens web_search_requests service_tier "
    "speed cost_usd version cwd git_branch",
    "events": " ".join(EVENT_COLUMNS[2:]),
    "mapped": " ".join(EVENT_COLUMNS[2:]),
}


@pytest.mark.parametrize("kind", RAW)
def test_the_raw_columns_are_those_that_staging_reads(kind: Any, make_place: Callable[..., Any]) -> None:
    mapping = {"event_at": "event_at"} if kind == "mapped" else {}
    place = make_place(app={"kind": kind, "mapping": mapping})
    row = {**GOOD, "request_id": "r", "startTime": GOOD["event_at"], "timestamp": GOOD["event_at"],
           "message": {"id": "m", "usage": {}}}  # fmt: skip
    place.inbox("app", "x.jsonl", json.dumps(row))
    assert place.land().landed == 1
    import duckdb

    path = next((place.home.raw / "app").glob("*/*.parquet"))
    with duckdb.connect() as connection:
        found = connection.execute(f"DESCRIBE FROM read_parquet('{path}', hive_partitioning=false)").fetchall()
    names = [name for name, *_ in found]
    assert set(names[:3]) == {"source", "event_id", "event_at"}
    assert set(names) >= set(RAW[kind].split()) | {"folder_user_id", "folder_project", "folder_team",
                                                   "folder_department", "folder_feature", "folder_api_key"}  # fmt: skip
    types = {name: kind for name, kind, *_ in found}
    assert types["event_at"] == "TIMESTAMP"
    assert {types[name] for name in names if name.endswith("_tokens")} == {"BIGINT"}
    assert {types[name] for name in names if name in ("spend", "cost_usd", "reported_cost")} == {"DECIMAL(38,18)"}
