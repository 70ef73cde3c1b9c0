"""What the documents tell a reader to type exists: make targets, commands of tallyhouse, linked files."""

import re
import subprocess
from pathlib import Path

import pytest
import typer

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "orchestration").rglob("*.md")), ROOT / ".ci" / "run"]


def code_of(text: str) -> str:
    """Only what is meant to be typed: code spans and blocks of Markdown, every line of a script."""
    if text.startswith("#!"):
        return re.sub(r"^\s*#.*", "", text, flags=re.MULTILINE)
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", text)])


def faults(text: str, folder: Path, targets: set[str], commands: set[str]) -> list[str]:
    code = code_of(text)
    # Assignments may stand before and after: HOME_DIR=x make run, make HOME_DIR=x run.
    named = re.findall(r"(?:^|[\s;&|=])make\s+(?:[A-Z_]+=\S+\s+)*([a-z][\w-]*)", code, re.MULTILINE)
    typed = re.findall(r"(?:^|/|\s)tallyhouse\s+(?:--\w+\s+\S+\s+)*([a-z][\w-]*)", code, re.MULTILINE)
    links = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", text)
    return (
        [f"make {name}" for name in named if name not in targets]
        + [f"tallyhouse {name}" for name in typed if name not in commands]
        + [link for link in links if not (folder / link).exists()]
    )


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def tallyhouse_commands() -> set[str]:
    from orchestration.cli import app

    return set(getattr(typer.main.get_command(app), "commands", {}))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_only_what_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert faults(text, document.parent, make_targets(), tallyhouse_commands()) == []


def test_a_wrong_target_command_or_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("x", encoding="utf-8")
    text = (
        "Run `make run`, `HOME_DIR=x make gone`, not make believe. [a](there.md) [b](lost.md) [c](https://x.example/y)\n"
        "```sh\n.venv/bin/tallyhouse run --plan\ntallyhouse --home demo-home vanish\n```\n"
    )
    assert faults(text, tmp_path, {"run"}, {"run"}) == ["make gone", "tallyhouse vanish", "lost.md"]


def test_make_help_lists_every_target() -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[0] for line in listed.splitlines()} == make_targets()
