"""What landing writes is what dbt reads: a column that only one of them knows would be NULL without a word."""

import json
from datetime import date
from pathlib import Path
from typing import get_args

import duckdb
import pytest

from orchestration.marts.dbt_build import PROJECT
from orchestration.marts.inputs import RELATION_OF_KIND
from orchestration.settings import DATABASE_KINDS, FETCHED_KINDS, FOLDER_COLUMNS, Source, SourceKind
from orchestration.sources import reader_for

TYPES = {"text": "VARCHAR", "json": "VARCHAR", "count": "BIGINT", "money": "DECIMAL(38,18)", "stamp": "TIMESTAMP"}
KINDS = get_args(SourceKind)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dbt's views over no files at all: names and types only."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    folder = tmp_path_factory.mktemp("dbt")
    output = {"type": "duckdb", "path": str(folder / "warehouse.duckdb"), "threads": 2}
    (folder / "profiles.yml").write_text(json.dumps({"tallyhouse": {"target": "t", "outputs": {"t": output}}}))
    folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(folder), "--target-path", str(folder / "target")]
    try:
        result = dbtRunner().invoke(["run", "--quiet", "--select", "stg_events", "--log-path", str(folder), *folders])
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    assert result.success
    return folder / "warehouse.duckdb"


@pytest.mark.parametrize("kind", KINDS)
def test_the_columns_that_are_landed_are_those_that_are_read(warehouse: Path, kind: SourceKind) -> None:
    needed: dict[str, object] = {"mapping": {"event_at": "at"}} if kind == "mapped" else {}
    if kind in FETCHED_KINDS:
        needed = {"api_key_env": "A_KEY", "since": date(2026, 1, 1)}
    if kind in DATABASE_KINDS:
        needed = {"dsn_env": "A_DSN", "since": date(2026, 1, 1)}
    reader = reader_for(Source.model_validate({"name": "x", "kind": kind, "path": Path("x"), **needed}))
    landed = {"source": "VARCHAR"} | {column.name: TYPES[column.kind] for column in reader.columns}
    if kind not in FETCHED_KINDS:  # what is fetched lies in folders of our own, which mean nothing
        landed |= {f"folder_{name}": "VARCHAR" for name in FOLDER_COLUMNS}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(f"DESCRIBE raw.{RELATION_OF_KIND[kind]}").fetchall()
    assert {name: type_ for name, type_, *_ in rows} == landed
