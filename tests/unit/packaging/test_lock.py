"""requirements.lock: everything pinned and hashed, for every supported Python, nothing of the machine that wrote it."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[3]
LOCKS = ("requirements.lock", "requirements-uv.lock")


def requirements(name: str) -> list[tuple[Requirement, int]]:
    """Each pinned requirement with the number of its hashes."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [
        (Requirement(entry.split("--hash")[0]), entry.count("--hash=sha256:"))
        for entry in text.replace("\\\n", " ").splitlines()
        if entry.strip()
    ]


@pytest.mark.parametrize("name", LOCKS)
def test_every_entry_is_pinned_and_hashed(name: str) -> None:
    for requirement, hashes in requirements(name):
        assert re.fullmatch(r"==[\w.!+]+", str(requirement.specifier)), requirement
        assert hashes > 0, requirement
        assert requirement.url is None, requirement


@pytest.mark.parametrize("name", LOCKS)
def test_no_address_path_or_index_is_written_down(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r".*(?:://|--index|--extra|--find-links|--trusted|\s/\w).*", text) == []


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_what_pyproject_asks_for_is_in_the_lock_in_a_version_it_allows(python: str) -> None:
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    locked: dict[str, str] = {}
    for requirement, _ in requirements("requirements.lock"):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            name = canonicalize_name(requirement.name)
            assert name not in locked, f"{name} is locked twice for Python {python}"
            locked[name] = str(requirement.specifier).removeprefix("==")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["dev"],
        *project["build-system"]["requires"],
    ]
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), (
            f"run make lock: {requirement}"
        )
