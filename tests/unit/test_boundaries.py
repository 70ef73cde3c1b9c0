"""The layout's laws, read from the code: who may import what, who reads the environment, which way SQL refers."""

import ast
import fnmatch
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("orchestration", "reports")
TOP_LEVEL = {"orchestration", "dbt_project", "reports", "templates", "tests"}
DAGSTER_SIDE = {"definitions", "assets", "partitions", "schedules", "sensors", "checks", "dbt"}
ONLY_IMPORTER = {"apprise": "orchestration/delivery/apprise_sender.py", "weasyprint": "reports/pdf.py"}
ENVIRONMENT_READER = "orchestration/settings.py"
ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
HEAVY = {"altair", "apprise", "dagster", "dbt", "duckdb", "genai_prices", "pandas", "pyarrow", "requests", "weasyprint"}
# Facts flow one way: a model may refer to its own layer and to those before it.
LAYERS = {"staging": 0, "intermediate": 1, "marts/daily": 2, "marts/monthly": 3}
MARTS = {"marts/daily", "marts/monthly"}

Rule = Callable[[Path], list[str]]


def modules(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            yield path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    """First names of everything imported anywhere in a module, also inside functions and by importlib."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in {"import_module", "__import__"}:
                names.add(str(node.args[0].value))
    return {name.split(".")[0] for name in names}


def reports_stand_alone(root: Path) -> list[str]:
    forbidden = {"dagster", "apprise", "orchestration"}
    return [
        f"{path} imports {name}; reports reads published marts and knows nothing of who calls it"
        for path, tree in modules(root)
        if path.startswith("reports/")
        for name in sorted(imported(tree) & forbidden)
    ]


def dagster_stays_on_its_side(root: Path) -> list[str]:
    return [
        f"{path} imports {name}; put a plain function here and call it from {', '.join(sorted(DAGSTER_SIDE))}"
        for path, tree in modules(root)
        if Path(path).parts[1].removesuffix(".py") not in DAGSTER_SIDE
        for name in sorted(imported(tree))
        if name.startswith("dagster")
    ]


def one_importer_each(root: Path) -> list[str]:
    return [
        f"{path} imports {name}; only {ONLY_IMPORTER[name]} may"
        for path, tree in modules(root)
        for name in sorted(imported(tree) & ONLY_IMPORTER.keys())
        if path != ONLY_IMPORTER[name]
    ]


def one_reader_of_the_environment(root: Path) -> list[str]:
    def reads(node: ast.AST) -> bool:
        if isinstance(node, ast.ImportFrom):
            return node.module == "os" and any(alias.name in ENVIRONMENT for alias in node.names)
        return (
            isinstance(node, ast.Attribute)
            and node.attr in ENVIRONMENT
            and isinstance(node.value, ast.Name)
            and node.value.id == "os"
        )

    return [
        f"{path}:{getattr(node, 'lineno', 0)} reads the environment; only {ENVIRONMENT_READER} may"
        for path, tree in modules(root)
        if path != ENVIRONMENT_READER
        for node in ast.walk(tree)
        if reads(node)
    ]


def top_level_folders_are_the_agreed_ones(root: Path) -> list[str]:
    lines = (root / ".gitignore").read_text(encoding="utf-8").splitlines()
    ignored = [line.strip().strip("/") for line in lines if line.strip()]
    folders = {
        path.name
        for path in root.iterdir()
        if path.is_dir()
        and not path.name.startswith(".")
        and not any(fnmatch.fnmatch(path.name, pattern) for pattern in ignored)
    }
    return [f"{name}/ is a new top-level folder" for name in sorted(folders - TOP_LEVEL)] + [
        f"{name}/ is missing" for name in sorted(TOP_LEVEL - folders)
    ]


def layer_of(path: Path) -> str | None:
    return next((layer for layer in LAYERS if f"/models/{layer}/" in path.as_posix()), None)


def sql_reads_with_the_arrow(root: Path) -> list[str]:
    models = {path.stem: path for path in (root / "dbt_project/models").rglob("*.sql")}
    faults = []
    for path in sorted(models.values()):
        layer = layer_of(path)
        if layer is None:
            faults.append(f"{path.relative_to(root)} lies in no known layer: {', '.join(LAYERS)}")
            continue
        # The last text inside ref(…) names the model; one before it would name a package.
        for name in re.findall(r"\bref\(\s*(?:['\"]\w+['\"]\s*,\s*)?['\"](\w+)['\"]", path.read_text(encoding="utf-8")):
            other = layer_of(models[name]) if name in models else None
            if other is None:
                faults.append(f"{path.relative_to(root)} refers to {name}, which is no model")
            elif LAYERS[other] > LAYERS[layer]:
                faults.append(f"{path.relative_to(root)} refers to {name} of the later layer {other}")
            elif layer in MARTS and other == "staging":
                faults.append(f"{path.relative_to(root)} refers to {name}; marts never read staging")
    return faults


RULES: list[Rule] = [
    reports_stand_alone,
    dagster_stays_on_its_side,
    one_importer_each,
    one_reader_of_the_environment,
    top_level_folders_are_the_agreed_ones,
    sql_reads_with_the_arrow,
]


def loaded_by(module: str, root: Path) -> set[str]:
    """First names of all modules that are loaded once `module` is imported in a fresh interpreter."""
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True, timeout=60
    )
    return {name.split(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_checkout_keeps_the_rule(rule: Rule) -> None:
    assert rule(ROOT) == []


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    assert loaded_by("orchestration.cli", ROOT) & HEAVY == set()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A made-up checkout that keeps every rule."""
    files = {
        ".gitignore": "/demo-home/\n*.egg-info/\n",
        "demo-home/x": "",
        "templates/page.html": "",
        "tests/test_x.py": "import dagster, apprise, os; os.environ",
        "reports/pdf.py": "def render():\n    import weasyprint",
        "orchestration/__init__.py": "",
        "orchestration/settings.py": "import os\nHOME = os.environ.get('HOME')",
        "orchestration/assets/daily.py": "from dagster import asset",
        "orchestration/delivery/apprise_sender.py": "from apprise import Apprise",
        "dbt_project/models/staging/own/stg_own.sql": "select 1",
        "dbt_project/models/intermediate/int_all.sql": "select * from {{ ref('stg_own') }}",
        "dbt_project/models/marts/daily/daily_usage.sql": "select * from {{ ref('int_all') }}",
        "dbt_project/models/marts/monthly/monthly_usage.sql": "select * from {{ ref('daily_usage') }}",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def test_a_lawful_tree_has_no_faults(tree: Path) -> None:
    assert [fault for rule in RULES for fault in rule(tree)] == []


@pytest.mark.parametrize(
    ("rule", "file", "content"),
    [
        (reports_stand_alone, "reports/a.py", "from orchestration.home import Home"),
        (reports_stand_alone, "reports/deep/a.py", "def f():\n    import dagster"),
        (dagster_stays_on_its_side, "orchestration/run.py", "def f():\n    from dagster import materialize"),
        (dagster_stays_on_its_side, "orchestration/marts/dbt.py", "import dagster_dbt"),
        (one_importer_each, "orchestration/delivery/other.py", "import apprise.plugins"),
        (one_importer_each, "orchestration/alerts.py", "import importlib\nimportlib.import_module('apprise')"),
        (one_importer_each, "reports/page.py", "from weasyprint import HTML"),
        (one_reader_of_the_environment, "orchestration/run.py", "import os\nprint(os.getenv('HOME'))"),
        (one_reader_of_the_environment, "reports/pdf.py", "from os import environ"),
        (one_reader_of_the_environment, "orchestration/cli.py", "import os\nenv = {**os.environ}"),
        (top_level_folders_are_the_agreed_ones, "scripts/a.py", ""),
        (sql_reads_with_the_arrow, "dbt_project/models/marts/daily/a.sql", "from {{ ref('stg_own') }}"),
        (sql_reads_with_the_arrow, "dbt_project/models/marts/daily/a.sql", "from {{ ref('monthly_usage') }}"),
        (sql_reads_with_the_arrow, "dbt_project/models/staging/own/a.sql", '{{ ref("tallyhouse", "int_all") }}'),
        (sql_reads_with_the_arrow, "dbt_project/models/intermediate/a.sql", "from {{ ref('daily_usage') }}"),
        (sql_reads_with_the_arrow, "dbt_project/models/marts/monthly/a.sql", "from {{ref( 'nothing' )}}"),
        (sql_reads_with_the_arrow, "dbt_project/models/other/a.sql", "select 1"),
    ],
)
def test_a_broken_rule_is_found(tree: Path, rule: Rule, file: str, content: str) -> None:
    (tree / file).parent.mkdir(parents=True, exist_ok=True)
    (tree / file).write_text(content, encoding="utf-8")
    assert len(rule(tree)) == 1
    assert Path(file).parts[0] in rule(tree)[0]


def test_a_missing_top_level_folder_is_found(tree: Path) -> None:
    (tree / "templates/page.html").unlink()
    (tree / "templates").rmdir()
    assert top_level_folders_are_the_agreed_ones(tree) == ["templates/ is missing"]


def test_a_heavy_import_reached_through_another_module_is_found(tree: Path) -> None:
    (tree / "orchestration/cli.py").write_text("import orchestration.other", encoding="utf-8")
    (tree / "orchestration/other.py").write_text("import sqlite3", encoding="utf-8")
    assert "sqlite3" in loaded_by("orchestration.cli", tree)
    (tree / "orchestration/other.py").write_text("def f():\n    import sqlite3", encoding="utf-8")
    assert "sqlite3" not in loaded_by("orchestration.cli", tree)
