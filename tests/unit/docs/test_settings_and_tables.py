"""The settings, tables, event and query of the README are accepted by the code."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import duckdb
import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from orchestration.demo.home_files import HEADERS, write_blank
from orchestration.home import Home
from orchestration.prices import current_book
from orchestration.reference import read_all, read_budgets, tables_page
from orchestration.settings import Settings, Source, load_settings
from tests.unit.docs.pages import README, ROOT, blocks, first_cells, section

# Filled in before the settings are checked, so that they are no field of them.
ONLY_IN_THE_FILE = {"notifications.email_url_env"}
SET_FOR_THE_READER = {"now", "sources.NAME.name", "sources.NAME.objects", "geography.hash_key"}

Column = dict[str, str]


def setting_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from setting_keys(inner, f"{prefix}{name}.")
        elif Source in get_args(inner):
            yield from setting_keys(Source, f"{prefix}{name}.NAME.")
        else:
            yield f"{prefix}{name}"


def test_every_setting_is_described_and_no_other() -> None:
    described = {key for cell in first_cells(section("A home")) for key in re.findall(r"`([^`]+)`", cell)}
    assert described == set(setting_keys(Settings)) - SET_FOR_THE_READER | ONLY_IN_THE_FILE


def test_the_example_settings_are_valid(tmp_path: Path) -> None:
    (example,) = blocks(README, "yaml")
    home = Home(tmp_path)
    home.settings_file.write_text(example, encoding="utf-8")
    settings = load_settings(home)
    assert set(settings.sources) == set(yaml.safe_load(example)["sources"])
    mapped = settings.sources["completions"]
    (rows,) = [block for block in blocks(README, "text") if block.startswith("TIMESTAMP,")]
    assert set(rows.splitlines()[0].split(",")) == set(mapped.mapping.values())


def test_defaults_are_those_of_the_settings(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.settings_file.write_text("organisation: {name: Example Ltd}\nsources: {events: {kind: events}}\n", "utf-8")
    settings = load_settings(home)
    table = section("A home")
    for key, value in {
        "timezone": settings.timezone,
        "currency": settings.currency,
        "sources.NAME.timezone": settings.sources["events"].timezone,
        "notifications.sender": settings.notifications.sender,
        "schedules.nightly": settings.schedules.nightly,
        "schedules.statement_at": settings.schedules.statement_at,
        "schedules.statement_working_day": str(settings.schedules.statement_working_day),
    }.items():
        (row,) = [line for line in table.splitlines() if line.startswith("|") and f"`{key}`" in line.split("|")[1]]
        assert value in row.split("|")[3], key


def test_example_tables_are_accepted(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_blank(home)
    by_header = {header: name for name, header in HEADERS.items()}
    written = set()
    for block in blocks(README, "csv"):
        name = by_header[block.splitlines()[0]]
        (home.reference / name).write_text(block, encoding="utf-8")
        written.add(name)
    assert written == {"budgets.csv", "shared_costs.csv"}
    assert len(read_budgets(home)) == 2


def test_the_tables_of_a_new_home_are_accepted_with_the_rows_of_their_page(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_blank(home)
    page = (home.reference / "README.md").read_text(encoding="utf-8")
    by_header = {header: name for name, header in HEADERS.items()}
    written = set()
    for body in re.findall(r"(?:^    .+\n)+", page, re.MULTILINE):
        rows = re.sub(r"^    ", "", body, flags=re.MULTILINE)
        name = by_header[rows.splitlines()[0]]
        (home.reference / name).write_text(rows, encoding="utf-8")
        written.add(name)
    assert written == set(HEADERS)
    assert all(vars(read_all(home)).values())
    assert "1 override" in current_book(home).label


def test_the_page_of_the_tables_is_made_from_their_definitions() -> None:
    committed = ROOT / "orchestration" / "reference" / "README.md"
    assert committed.read_text(encoding="utf-8") == tables_page(), "write tables_page() into that file"


def test_the_example_event_keeps_the_schema() -> None:
    schema = json.loads((ROOT / "orchestration/sources/events/event.schema.json").read_text(encoding="utf-8"))
    (line,) = blocks(README, "json")
    jsonschema.validate(json.loads(line), schema, format_checker=jsonschema.FormatChecker())


def test_the_example_query_runs_on_the_published_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (query,) = blocks(README, "sql")
    mart = re.search(r"data/marts/current/(\w+)/", query)
    assert mart
    models = [
        model
        for path in (ROOT / "dbt_project/models/marts").rglob("*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        if model["name"] == mart[1]
    ]
    columns: list[Column] = models[0]["columns"]
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data" / "marts" / "current" / mart[1]
    folder.mkdir(parents=True)
    empty = ", ".join(f'cast(null as {column["data_type"]}) as "{column["name"]}"' for column in columns)
    with duckdb.connect() as connection:
        connection.execute(f"copy (select {empty} where false) to '{folder}/2026-10.parquet'")
        assert connection.execute(query).fetchall() == []
