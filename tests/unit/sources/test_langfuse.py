"""Langfuse's observations: only generations and embeddings count, with kinds of usage of many names."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

FIXTURE = (Path(__file__).parents[2] / "fixtures" / "landing" / "langfuse.jsonl").read_text(encoding="utf-8")
OBSERVATIONS = [json.loads(line) for line in FIXTURE.splitlines()]
CLASSES = (
    "uncached_input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens, "
    "reasoning_tokens, web_search_calls"
)
LANDED = [
    ("o-1", 500, 400, None, None, 70, 30, None),
    ("o-2", 3, 7, 100, 37, 13, None, 2),
    ("o-5", 64, None, None, None, 0, None, None),
    ("o-6", 0, None, None, None, 0, None, None),
    ("o-8", 15, None, None, None, 3, None, None),
]


@pytest.fixture
def place(make_place: Callable[..., Any]) -> Any:
    return make_place(lf="langfuse")


def _as_csv() -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(OBSERVATIONS[0]))
    writer.writeheader()
    for row in OBSERVATIONS:
        writer.writerow({key: json.dumps(cell) if isinstance(cell, dict | list) else cell for key, cell in row.items()})
    return text.getvalue()


def _camel(name: str) -> str:
    if name in ("provided_model_name", "total_cost"):
        return {"provided_model_name": "model", "total_cost": "calculatedTotalCost"}[name]
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def _page() -> str:
    return json.dumps(
        {"data": [{_camel(name): cell for name, cell in row.items()} for row in OBSERVATIONS], "meta": {}}
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("observations_v2/x.jsonl", FIXTURE),
        ("x.jsonl.gz", gzip.compress(FIXTURE.encode())),
        ("x.csv", _as_csv()),
        ("x.json", json.dumps(OBSERVATIONS)),
        ("x.json", json.dumps(OBSERVATIONS, indent=2)),
        ("page.json", _page()),
    ],
)
def test_every_form_lands_the_same_generations(place: Any, name: str, content: Any) -> None:
    place.inbox("lf", name, content)
    report = place.land()
    assert place.rows("lf", f"event_id, {CLASSES}") == LANDED
    assert (report.delivered, report.not_usage, report.quarantined) == (8, 3, 0)


def test_parquet_holds_usage_as_a_map(place: Any, tmp_path: Path) -> None:
    import duckdb

    (tmp_path / "x.jsonl").write_text(FIXTURE)
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT id, type, level, provided_model_name, CAST(start_time AS TIMESTAMP) AS start_time, "
            f"CAST(usage_details AS MAP(VARCHAR, UBIGINT)) AS usage_details FROM read_json('{tmp_path}/x.jsonl', "
            "columns={id: 'VARCHAR', type: 'VARCHAR', level: 'VARCHAR', provided_model_name: 'VARCHAR', "
            f"start_time: 'VARCHAR', usage_details: 'JSON'}})) TO '{tmp_path}/x.parquet'"
        )
    place.inbox("lf", "x.parquet", (tmp_path / "x.parquet").read_bytes())
    place.land()
    assert place.rows("lf", f"event_id, {CLASSES}") == LANDED


def test_costs_are_langfuses_own_and_zero_without_details_is_none(place: Any) -> None:
    place.inbox("lf", "x.jsonl", FIXTURE)
    place.land()
    assert place.rows("lf", "event_id, total_cost") == [
        ("o-1", Decimal("0.0123")), ("o-2", Decimal("0.3")), ("o-5", None), ("o-6", None), ("o-8", Decimal("0")),
    ]  # fmt: skip


def test_who_when_and_what_it_was_for(place: Any) -> None:
    place.inbox("lf", "x.jsonl", FIXTURE)
    place.land()
    columns = "event_at, end_at, model, user_id, session_id, trace_name, project_id, environment, tags"
    assert place.rows("lf", columns, "event_id")[0] == (
        datetime(2026, 3, 1, 10, 0, 1, 250000), datetime(2026, 3, 1, 10, 0, 1, 750000), "gpt-4o-2024-08-06", "ann",
        "s-1", "support", "p-1", "production", '["project:atlas","feature:chat"]',
    )  # fmt: skip


def _observation(**more: Any) -> dict[str, Any]:
    return {**OBSERVATIONS[0], "id": "odd", **more}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"usage": {"input": 5, "output": 2, "unit": "TOKENS"}}, (5, 2)),
        ({"usage": None, "promptTokens": 7, "completionTokens": 3}, (7, 3)),
        ({"usage": {}, "prompt_tokens": 7}, (7, 0)),
        ({"usage_details": {"input_tokens": 4, "output_tokens": 1, "cache_creation_input_tokens": 9}}, (4, 1)),
        ({"usage_details": {"input": 4, "input/~odd": 2, "output": None}}, (6, 0)),
    ],
)
def test_older_fields_and_other_names(place: Any, given: dict[str, Any], expected: tuple[int, int]) -> None:
    place.inbox("lf", "x.jsonl", json.dumps(_observation(**({"usage_details": {}} | given))))
    assert (place.land().landed, place.rows("lf", "uncached_input_tokens, output_tokens")) == (1, [expected])


@pytest.mark.parametrize(
    ("details", "five", "hour"),
    [
        ({"input_cache_creation": 9}, 9, None),
        ({"input_cache_creation": 9, "input_cache_creation_1h": 4}, 5, 4),
        ({"cache_creation_input_tokens": 9, "input_cache_creation_5m": 5, "input_cache_creation_1h": 4}, 5, 4),
    ],
)
def test_cache_writes_by_their_time_to_live(place: Any, details: dict[str, int], five: int, hour: int | None) -> None:
    place.inbox("lf", "x.jsonl", json.dumps(_observation(usage_details=details)))
    place.land()
    assert place.rows("lf", "cache_write_5m_tokens, cache_write_1h_tokens") == [(five, hour)]


WHOLE = "usage_details holds what is no whole number from 0 to 10^15: "


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"id": ""}, "id is missing"),
        ({"start_time": None}, "start_time is missing"),
        ({"start_time": "2100-01-01 00:00:00"}, "start_time is 2100-01-01 00:00:00, which lies in the future"),
        (
            {"usage_details": {"input": -1}},
            "uncached_input_tokens in usage_details is -1, which is no whole number from 0 to 10^15",
        ),
        ({"usage_details": {"input": 1.5}}, WHOLE + '{"input":1.5}'),
        ({"usage_details": {"other": "many"}}, WHOLE + '{"other":"many"}'),
        ({"usage_details": {"input": {"text": 1}}}, WHOLE + '{"input":{"text":1}}'),
        ({"usage_details": [1]}, "usage_details is no JSON object"),
        (
            {"usage_details": {"total": 9}},
            'usage_details count 9 in total, but only 0 as input or output: {"total":9}',
        ),
        (
            {"usage_details": {"input": 5, "thinking": 4, "total": 9}},
            'usage_details count 9 in total, but only 5 as input or output: {"input":5,"thinking":4,"total":9}',
        ),
        ({"usage_details": {}, "usage": {"input": 5, "unit": "CHARACTERS"}}, "is counted in CHARACTERS, not in tokens"),
        ({"cost_details": {"total": -1}}, "total_cost is -1, which is no amount of 0 or more"),
    ],
)
def test_an_observation_that_cannot_be_trusted_is_set_aside(place: Any, given: dict[str, Any], reason: str) -> None:
    place.inbox("lf", "x.jsonl", FIXTURE + json.dumps(_observation(**given)))
    report = place.land()
    assert place.reasons("lf") == [(9, reason)]
    assert (report.delivered, report.landed) == (9, len(LANDED))


def test_a_page_is_taken_apart_and_its_bad_item_set_aside_alone(place: Any) -> None:
    place.inbox("lf", "page.json", json.dumps({"data": [*OBSERVATIONS, None, _observation(id=None)]}, indent=1))
    report = place.land()
    assert [reason for _, reason in place.reasons("lf")] == ["is no JSON object", "id is missing"]
    assert (report.delivered, report.landed, report.not_usage) == (10, len(LANDED), 3)
