"""`alerts preview`: what would go; and once everything was sent, what went and when."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration import alerts
from orchestration.home import Home
from tests.unit.alerts.company import Company, over_budget, settings

SUBJECT = "Data & Analytics has used 112% of its November budget"


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("TALLYHOUSE_NOW", "2026-11-21T03:00:00+00:00")
    made = over_budget(tmp_path)
    made.home.settings_file.write_text(
        "organisation: {name: Halden}\ntimezone: Europe/London\n"
        "notifications: {email_url: 'folder://messages', operators: [ops@halden.example]}\n"
    )
    return made


def test_what_was_sent_is_told_with_its_time(call: Callable[..., Any], company: Company) -> None:
    before = call("alerts", "preview", "--home", company.root)
    assert SUBJECT in before.out and "would be sent, to dana@halden.example" in before.out
    alerts.evaluate(company.home, settings())
    assert alerts.deliver(company.home, settings()).sent == 1
    after = call("alerts", "preview", "--home", company.root)
    assert after.out.splitlines() == [
        "Nothing new to send. What was sent, the newest first:",
        f"  2026-11-21 03:00  {SUBJECT}  to dana@halden.example",
    ]
    told = json.loads(call("alerts", "preview", "--json", "--home", company.root).out)
    assert told["would_go"] == [] and told["sent"][0]["subject"] == SUBJECT


def test_where_nothing_was_ever_sent_nothing_has_crossed(call: Callable[..., Any], home: Home) -> None:
    said = call("alerts", "preview", "--home", home.root)
    assert said.out.strip() == "Nothing to send: no budget has crossed a threshold in the open period."
