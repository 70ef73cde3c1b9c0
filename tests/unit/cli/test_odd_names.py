"""Names of files come from anybody: none of them may stop a command, or tell a terminal what to do."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.home import Home
from tests.support.permissions import permissions_hold

NAMES = (b"\xff\xfe.jsonl", b"\x1b[31mred\x1b]0;title\x07.jsonl", b"new\nline.jsonl", b"[bold]x.jsonl")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.settings_file.write_text("organisation: {name: Halden}\nsources: {app: {kind: events}}\n")
    made.reference.mkdir()
    (made.inbox / "app").mkdir(parents=True)
    for name in NAMES:
        (made.inbox / "app" / os.fsdecode(name)).write_text("\n")
    return made


def test_names_of_files_are_shown_as_text(call: Callable[..., Any], home: Home) -> None:
    planned = call("run", "--plan", "--home", home.root)
    shown = [line.rpartition("/app/")[2] for line in planned.out.splitlines() if "/app/" in line]
    assert shown == [
        r"\x1b[31mred\x1b]0;title\x07.jsonl", "[bold]x.jsonl", r"new\nline.jsonl", r"\xff\xfe.jsonl",
    ]  # fmt: skip
    files = json.loads(call("run", "--plan", "--json", "--home", home.root).out)["work"]["files"]
    assert [file.rpartition("/")[2] for file in files][-1] == r"\xff\xfe.jsonl"


def test_a_file_that_may_not_be_read_is_told(call: Callable[..., Any], home: Home) -> None:
    from orchestration.landing import land
    from orchestration.settings import load_settings

    for path in (home.inbox / "app").iterdir():
        path.unlink()
    (home.inbox / "app" / "\x1b[31m.jsonl").touch(mode=0)
    with permissions_hold():
        land(home, load_settings(home))
        for words in (("status",), ("run", "--plan"), ("doctor",)):
            assert "inbox/app/\\x1b[31m.jsonl cannot be read: Permission denied." in call(
                *words, "--home", home.root
            ).out.replace("\n", " ")
        assert "nobody knows how many rows are not in the figures" in call("status", "--home", home.root).out
