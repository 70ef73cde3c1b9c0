"""A new home whose only source cannot be fetched: its own message, exit code 6, and one message to the operators."""

from pathlib import Path

import pytest

from orchestration.demo import write_blank
from orchestration.home import Home
from tests.support.homes import NOW, command

SETTINGS = """
organisation: {name: Test}
sources:
  vendor: {kind: openai, api_key_env: VENDOR_KEY, since: 2026-11-17, base_url: 'http://127.0.0.1:9/v1'}
notifications: {email_url: 'folder://messages', operators: [ops@example.com]}
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    write_blank(home)
    home.settings_file.write_text(SETTINGS)
    return home


def test_it_ends_with_the_fetchs_own_message(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VENDOR_KEY", raising=False)
    for _ in range(2):
        done = command(home, "run", now=NOW)
        assert done.code == 6, done.err
        assert "vendor: the environment variable VENDOR_KEY is not set." in done.out
        assert "Nothing is published" not in done.out + done.err
    (message,) = (home.root / "messages").glob("*.eml")
    assert "VENDOR_KEY" in message.read_text(encoding="utf-8")


def test_a_home_of_which_nothing_can_be_read_says_so(home: Home) -> None:
    home.settings_file.write_text("organisation: {name: Test}\nsources: {app: {kind: events}}\n")
    (home.inbox / "app").mkdir(parents=True)
    (home.inbox / "app" / "a.jsonl").write_text("{torn\n")
    done = command(home, "run", now=NOW)
    assert done.code == 1
    assert "nothing was delivered that could be read as usage" in " ".join(done.err.split())
    assert "data/quarantine" in done.err
