"""What Dagster shows of the dbt project: models, what they read, and data tests. Kept on disk until a file changes.

Parsing takes seconds, and every process of the user interface needs the result: server, daemon, each run.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestration.files import write_atomically
from orchestration.home import Home
from orchestration.marts.dbt_build import PROJECT, parse

# Raised when the classes below change.
_FORM = 2
_IN_WORDS = {"not_null": "is never empty", "unique": "is unique"}
_PARTS = ("models", "macros", "tests")


@dataclass(frozen=True)
class Column:
    """A column that a contract promises."""

    name: str
    data_type: str
    description: str


@dataclass(frozen=True)
class Model:
    """A dbt model. `layer` is its folder; `models` and `sources` (as schema.table) are what it reads."""

    name: str
    layer: str
    description: str
    models: tuple[str, ...]
    sources: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class DataTest:
    """A data test and the models it reads, the tested one first."""

    name: str
    description: str
    models: tuple[str, ...]


@dataclass(frozen=True)
class Lineage:
    """The whole project, in dbt's order."""

    models: tuple[Model, ...]
    tests: tuple[DataTest, ...]


def read_lineage(home: Home, project: Path = PROJECT) -> Lineage:
    """The project as it was last parsed, or parsed now when a file of it has changed since."""
    path, key = home.dbt_target / "lineage.json", _key(project)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        kept = {}
    if kept.get("key") != key:
        kept = {"key": key, **asdict(from_manifest(parse(home)))}
        write_atomically(path, json.dumps(kept))
    return Lineage(
        models=tuple(
            Model(
                **{
                    **item,
                    "models": tuple(item["models"]),
                    "sources": tuple(item["sources"]),
                    "columns": tuple(Column(**column) for column in item["columns"]),
                }
            )
            for item in kept["models"]
        ),
        tests=tuple(DataTest(**{**item, "models": tuple(item["models"])}) for item in kept["tests"]),
    )


def from_manifest(manifest: Any) -> Lineage:
    """The part of dbt's manifest that is shown."""
    nodes = list(manifest.nodes.values())
    return Lineage(
        models=tuple(_model(node) for node in nodes if node.resource_type.value == "model"),
        tests=tuple(
            DataTest(name=node.name, description=_described(node), models=_named(node, "model"))
            for node in nodes
            if node.resource_type.value == "test"
        ),
    )


def _model(node: Any) -> Model:
    return Model(
        name=node.name,
        layer=node.fqn[1],
        description=_described(node),
        models=_named(node, "model"),
        sources=_named(node, "source"),
        columns=tuple(
            Column(column.name, str(column.data_type or ""), column.description) for column in node.columns.values()
        ),
    )


def _named(node: Any, kind: str) -> tuple[str, ...]:
    """Names of what a node reads: `model.project.name` → name, `source.project.schema.table` → schema.table."""
    tested = getattr(node, "attached_node", None)
    read: Sequence[str] = ([tested] if tested else []) + [item for item in node.depends_on.nodes if item != tested]
    return tuple(item.split(".", 2)[2] for item in read if item.startswith(f"{kind}."))


def _described(node: Any) -> str:
    """The yml description, else what one of dbt's own tests says in words, else the comment that opens the SQL."""
    if node.description:
        return str(node.description)
    generic = getattr(node, "test_metadata", None)
    if generic is not None:
        column = ".".join(part for part in (*_named(node, "model")[:1], node.column_name) if part)
        return f"{column} {_IN_WORDS.get(generic.name, f'passes the test {generic.name}')}."
    opening = []
    for line in node.raw_code.splitlines():
        if line.startswith("--"):
            opening.append(line.removeprefix("--").strip())
        elif opening or not line.startswith("{{"):
            break
    return "\n".join(opening)


def _key(project: Path) -> str:
    digest = hashlib.sha256(str(_FORM).encode())
    files = [path for part in _PARTS for path in (project / part).rglob("*") if path.suffix in (".sql", ".yml")]
    for path in sorted([project / "dbt_project.yml", *files]):
        digest.update(path.relative_to(project).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
