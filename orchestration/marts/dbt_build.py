"""dbt inside this process: one parse, one build, the warehouse let go of afterwards."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.machine import memory_limit

_MOST_MEMORY = 2048  # megabytes
PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
_OUTPUT: Mapping[str, object] = {
    "type": "duckdb",
    # For what only this build reads: it is neither compressed nor written to disk, and gone with the build.
    "attach": [{"path": ":memory:", "alias": "scratch"}],
    "threads": 2,
}
# Of each connection of a build. Joins are written with the smaller side to the right. DuckDB takes files whose schema
# it is given for empty ones, and kept all events in memory to look up their day.
SETTINGS: Mapping[str, object] = {
    "enable_progress_bar": False,
    "disabled_optimizers": "join_order,build_side_probe_side",
}
# dbt keeps process-global state: two builds in one process would mix.
_ONE_AT_A_TIME = threading.Lock()
# What dbt made of our project in this process. Nothing of a home is in it.
_PARSED: list[Any] = []


@dataclass(frozen=True)
class NodeResult:
    """What became of one dbt node: a model or a data test. `sql`: the file with the query as it was sent."""

    name: str
    kind: str
    status: str
    seconds: float
    failures: int
    message: str
    model: str | None
    description: str = ""
    sql: str = ""

    @property
    def passed(self) -> bool:
        return self.status in ("success", "pass")


class BuildError(TallyhouseError):
    """A model or a data test failed, and nothing was published; `nodes` is what dbt found until then, in its order."""

    def __init__(self, message: str, next_step: str, nodes: tuple[NodeResult, ...]) -> None:
        super().__init__(message, next_step)
        self.nodes = nodes


def dbt_build(home: Home, variables: Mapping[str, object]) -> list[NodeResult]:
    """Build every model and run every data test into a fresh warehouse; the last results in dbt's order.

    Raises BuildError naming the first failed node; nothing is published then.
    """
    with _ONE_AT_A_TIME:
        _fresh_warehouse(home)
        _write_profile(home.dbt_target, _profile_of(home))
        runner_arguments = [*_common(home, home.dbt_target), "--vars", json.dumps(variables)]
        result = _invoke(["build", "--exclude-resource-type", "unit_test", *runner_arguments], _parsed(home))
    if result.exception is not None:
        raise TallyhouseError(
            f"dbt stopped: {result.exception}", f"See {home.dbt_target}/logs, then run again."
        ) from result.exception
    nodes = [_node(item) for item in result.result.results]
    failed = [node for node in nodes if not node.passed and node.status != "skipped"]
    if failed:
        first = failed[0]
        raise BuildError(
            f"dbt: {first.kind} {first.name} failed ({first.message.strip()}); nothing was published.",
            "The published figures are unchanged. Mend the cause and run again.",
            tuple(nodes),
        )
    return nodes


def dbt_views(home: Home, variables: Mapping[str, object], *, select: str, warehouse: Path) -> None:
    """Make the selected models, all of them views, in a warehouse of one's own; the home's is not touched."""
    with _ONE_AT_A_TIME:
        profiles = warehouse.parent
        _write_profile(profiles, {**_profile_of(home), "path": str(warehouse)})
        target = ["--vars", json.dumps(variables), "--select", select]
        result = _invoke(["run", *_common(home, profiles, target=profiles / "target"), *target], _parsed(home))
    if not result.success:
        raise TallyhouseError(
            f"dbt cannot make {select}: {result.exception or 'a model failed'}.",
            f"See {home.dbt_target}/logs; tallyhouse doctor looks at what a run depends on.",
        )


def parse(home: Home) -> Any:
    """dbt's manifest of our project, parsed once for each process; `home` keeps dbt's own cache of it."""
    with _ONE_AT_A_TIME:
        return _parsed(home)


def _parsed(home: Home) -> Any:
    # Without --vars, and with a profile that names no home: where either has changed, dbt parses everything anew.
    if not _PARSED:
        profiles = home.dbt_target / "parse"
        _write_profile(profiles, {**_OUTPUT, "path": home.warehouse.name})
        result = _invoke(["parse", *_common(home, profiles)], None)
        if not result.success:
            raise TallyhouseError(
                f"dbt cannot read the project: {result.exception}", "Install Tallyhouse again from its lock."
            )
        _PARSED.append(result.result)
    return _PARSED[0]


def _invoke(arguments: list[str], manifest: Any) -> Any:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    try:
        return dbtRunner(manifest=manifest).invoke(arguments)
    finally:
        # dbt-duckdb keeps the file open between invocations; readers and the next build need its lock.
        if DuckDBConnectionManager._ENV is not None:
            DuckDBConnectionManager._ENV.close()
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def _common(home: Home, profiles: Path, *, target: Path | None = None) -> list[str]:
    return [
        *("--project-dir", str(PROJECT)),
        *("--profiles-dir", str(profiles)),
        *("--target-path", str(target or home.dbt_target)),
        *("--log-path", str(home.dbt_target / "logs")),
        # The terminal is the caller's: what failed is raised, and all else is in the log file.
        *("--log-level", "none"),
        *("--log-level-file", "debug"),
        "--no-use-colors",
        "--no-write-json",
    ]


def _profile_of(home: Home) -> dict[str, object]:
    """The build's connection: this home's warehouse."""
    return {
        **_OUTPUT,
        "path": str(home.warehouse),
        # The whole database's, given when it is opened: dbt repeats `settings` for every connection, and the temporary
        # folder cannot be set again once something has been spilled into it.
        "config_options": {
            "memory_limit": memory_limit(most=_MOST_MEMORY),
            "temp_directory": str(home.data / "tmp"),
            "preserve_insertion_order": False,
        },
        "settings": dict(SETTINGS),
    }


def _write_profile(folder: Path, output: Mapping[str, object]) -> None:
    """JSON is YAML."""
    folder.mkdir(parents=True, exist_ok=True)
    profile = {"tallyhouse": {"target": "home", "outputs": {"home": output}}}
    (folder / "profiles.yml").write_text(json.dumps(profile), encoding="utf-8")


def _fresh_warehouse(home: Home) -> None:
    """The warehouse holds one build and nothing else, so a killed one can leave nothing behind that counts."""
    for path in (home.warehouse, home.warehouse.with_suffix(".duckdb.wal")):
        path.unlink(missing_ok=True)


def _node(result: Any) -> NodeResult:
    node = result.node
    attached = getattr(node, "attached_node", None)
    depends = [item.split(".")[-1] for item in node.depends_on.nodes if item.startswith("model.")]
    return NodeResult(
        name=node.name,
        kind=node.resource_type.value,
        status=str(result.status.value if hasattr(result.status, "value") else result.status),
        seconds=result.execution_time,
        failures=result.failures or 0,
        message=result.message or "",
        model=attached.split(".")[-1] if attached else (depends[0] if depends else None),
        description=node.description or "",
        sql=getattr(node, "compiled_path", None) or "",
    )
