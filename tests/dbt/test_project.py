"""The whole dbt project on nothing: every model builds with its contract, every unit test holds."""

import json
from pathlib import Path

from orchestration.marts.dbt_build import PROJECT

FEWEST_UNIT_TESTS = 12


def test_every_model_builds_and_every_unit_test_holds(tmp_path: Path) -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    attach = [{"path": ":memory:", "alias": "scratch"}]
    output = {"type": "duckdb", "path": str(tmp_path / "warehouse.duckdb"), "attach": attach, "threads": 2}
    profile = {"tallyhouse": {"target": "test", "outputs": {"test": output}}}
    (tmp_path / "profiles.yml").write_text(json.dumps(profile))
    folders = [
        *("--project-dir", str(PROJECT)),
        *("--profiles-dir", str(tmp_path)),
        *("--target-path", str(tmp_path / "target")),
        *("--log-path", str(tmp_path / "logs")),
    ]
    try:
        result = dbtRunner().invoke(["build", "--quiet", *folders])
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    assert result.exception is None
    outcomes = {item.node.name: (item.node.resource_type.value, str(item.status)) for item in result.result}
    assert [name for name, (_, status) in outcomes.items() if status not in ("success", "pass")] == []
    assert sum(kind == "unit_test" for kind, _ in outcomes.values()) >= FEWEST_UNIT_TESTS
