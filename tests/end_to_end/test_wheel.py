"""The installed wheel, outside the checkout: it carries everything, and works."""

import json
import os
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("orchestration", "reports", "templates", "dbt_project")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked as in site-packages."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_from(site: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line, imported from the unpacked wheel and not from the checkout."""
    code = (
        "import sys, orchestration, orchestration.cli as cli;"
        f"assert orchestration.__file__.startswith({str(site)!r}), orchestration.__file__;"
        "sys.argv[0] = 'tallyhouse'; cli.main()"
    )
    environ = {
        **os.environ,
        "PYTHONPATH": str(site),
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TALLYHOUSE_NOW": "2026-04-02T08:00:00+00:00",
    }
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )


def test_the_wheel_holds_every_file_of_the_application_and_nothing_else(wheel: Path) -> None:
    built = {"__pycache__", "target", "logs"}
    expected = {
        path.relative_to(ROOT).as_posix()
        for folder in SHIPPED
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not built & set(path.relative_to(ROOT).parts)
    }
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == expected
    # Each of these is looked for at run time, and none of them is Python.
    for folder, suffix in (
        ("orchestration/sources/", ".schema.json"),
        ("orchestration/sources/", "README.md"),
        ("dbt_project/models/", ".sql"),
        ("dbt_project/macros/", ".sql"),
        ("dbt_project/models/", ".yml"),
        ("templates/statement/", ".css"),
        ("templates/statement/", ".j2"),
        ("templates/fonts/", ".woff2"),
        ("templates/messages/", ".j2"),
    ):
        assert any(name.startswith(folder) and name.endswith(suffix) for name in held), f"{folder}*{suffix}"


def test_the_wheel_brings_the_command_and_its_dependencies(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        info = {Path(name).name: archive.read(name).decode() for name in archive.namelist() if ".dist-info/" in name}
    assert "tallyhouse = orchestration.cli:main" in info["entry_points.txt"]
    assert "Requires-Dist: duckdb==2.0.0" in info["METADATA"]


def test_a_home_is_made_and_run_outside_the_checkout(site: Path, tmp_path: Path) -> None:
    shipped = sorted(site.rglob("*"))
    made = run_from(site, tmp_path, "init", "home")
    assert made.returncode == 0, made.stdout + made.stderr
    event = (
        '{"event_id": "1", "event_at": "2026-03-10T12:00:00Z", "provider": "openai", "model": "gpt-4o", '
        '"uncached_input_tokens": 1000000}'
    )
    (tmp_path / "home" / "inbox" / "events" / "march.jsonl").write_text(event + "\n", encoding="utf-8")
    ran = run_from(site, tmp_path, "--home", "home", "run")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    manifest = json.loads((tmp_path / "home" / "data" / "marts" / "current" / "manifest.json").read_text("utf-8"))
    assert manifest["conservation"]["counted"] == 1
    assert Decimal(manifest["months"]["2026-03-01"]["spend"]) == Decimal("2.50")
    assert (tmp_path / "home" / "statements" / "2026-03" / "organisation.pdf").read_bytes().startswith(b"%PDF-")
    assert sorted(site.rglob("*")) == shipped, "the installed code is read, never written to"
