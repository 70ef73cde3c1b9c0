"""A home without logs, and the command line in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.home import Home

SETTINGS = "organisation: {name: Halden}\ntimezone: UTC\nsources: {chat: {kind: events}}\n"


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture
def call() -> Callable[..., Said]:
    def call(*words: object) -> Said:
        done = CliRunner().invoke(app, [str(word) for word in words], prog_name="tallyhouse")
        return Said(done.exit_code, done.stdout, done.stderr)

    return call


@pytest.fixture
def home(tmp_path: Path) -> Home:
    root = tmp_path / "home"
    (root / "inbox" / "chat").mkdir(parents=True)
    (root / "reference").mkdir()
    (root / "tallyhouse.yaml").write_text(SETTINGS)
    return Home(root)
