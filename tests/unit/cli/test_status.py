"""`status`: hints at old data, days at other price books, the live account of rows, messages that did not go."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestration import alerts
from orchestration.home import Home
from orchestration.landing.receipts import Redelivery, receipts, write_receipt, write_redeliveries
from orchestration.ledger import outbox
from orchestration.ledger.store import ledger
from tests.unit.alerts.company import settings
from tests.unit.dagster.published import DAYS, land, manifest, publish


@pytest.fixture
def home(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TALLYHOUSE_NOW", "2026-11-06T03:00:00+00:00")
    land(home, *DAYS)
    days = {
        day: replace(item, requests=1, delivered_rows=1, duplicates=0, landed_rows=1)
        for day, item in manifest().days.items()
    }
    days[DAYS[1]] = replace(days[DAYS[1]], price_version="book-2")
    fates = {
        "delivered": 2,
        "counted": 2,
        "duplicates": 0,
        "quarantined": 0,
        "not_usage": 0,
        "not_due": 0,
        "refused": 0,
    }
    books = {"book-1": "prices of spring", "book-2": "prices of autumn"}
    publish(home, replace(manifest(days=days, conservation=fates), price_books=books))
    return home


def test_old_data_is_told_by_source(call: Callable[..., Any], home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Old data: chat is 3 days behind" in call("status", "--home", home.root).out
    monkeypatch.setenv("TALLYHOUSE_NOW", "2026-11-03T03:00:00+00:00")
    assert "Old data" not in call("status", "--home", home.root).out


def test_which_days_use_which_price_book(call: Callable[..., Any], home: Home) -> None:
    out = call("status", "--home", home.root).out
    assert "1 day from 2026-10-30 to 2026-10-30 at prices of spring" in out
    assert "1 day from 2026-11-02 to 2026-11-02 at prices of autumn" in out
    assert "built days keep theirs" in out


def test_the_account_of_rows_is_that_of_the_receipts(call: Callable[..., Any], home: Home) -> None:
    write_redeliveries(home, "chat", [Redelivery("chat", "inbox/chat/b.jsonl", "0", 1, 1, 2, "")])
    told = json.loads(call("status", "--json", "--home", home.root).out)
    assert told["conservation"]["delivered"] == 4 and told["conservation"]["duplicates"] == 2
    (source,) = told["sources"]
    assert (source["delivered"], source["landed"], source["again"]) == (4, 2, 2)
    assert "4: 2 counted, 2 duplicates" in call("status", "--home", home.root).out


@pytest.mark.parametrize("columns", [80, 120])
def test_every_source_is_told_whole_in_a_narrow_terminal(
    call: Callable[..., Any], home: Home, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setattr("orchestration.console._PIPE_WIDTH", columns)
    (receipt,) = receipts(home)
    file = replace(receipt.files[0], delivered=12_345_678, landed=12_345_666, quarantined=12)
    write_receipt(home, replace(receipt, landing="1", source="workstations", kind="claude_code", files=(file,)))
    home.settings_file.write_text(
        "organisation: {name: Halden}\ntimezone: UTC\nsources:\n  chat: {kind: events, role: control}\n"
        "  quiet: {kind: otlp}\n  workstations: {kind: claude_code}\n"
    )
    lines = [line.split() for line in call("status", "--home", home.root).out.splitlines()]
    assert ["chat", "events", "control", "2", "0", "2026-11-02", "3", "days"] in lines
    assert ["quiet", "otlp", "usage", "0", "0", "–", "–"] in lines
    assert ["workstations", "claude_code", "usage", "12,345,678", "12", "2026-11-02", "3", "days"] in lines
    assert "No data: quiet has delivered no usage yet." in call("status", "--home", home.root).out


def test_a_source_that_left_the_settings_is_told(call: Callable[..., Any], home: Home) -> None:
    home.settings_file.write_text(home.settings_file.read_text().replace("chat:", "talk:"))
    out = call("status", "--home", home.root).out
    assert "Not in tallyhouse.yaml: chat. What it delivered counts as before." in out
    assert "Old data: chat" not in out


def test_a_cost_report_is_no_usage(call: Callable[..., Any], home: Home) -> None:
    """A provider's costs go on where its usage has ended: that is the last data."""
    (receipt,) = receipts(home)
    file, folder = receipt.files[0], "data/fetched/chat"
    usage = replace(file, path=f"{folder}/usage/2026-11-02/000001.jsonl.gz")
    late = {"2026-11-05": file.days["2026-11-02"]}
    costs = replace(file, path=f"{folder}/costs/2026-11-05/000001.jsonl.gz", days=late, sha256="1")
    write_receipt(home, replace(receipt, kind="openai", files=(usage, costs)))
    home.settings_file.write_text(
        "organisation: {name: Halden}\ntimezone: UTC\n"
        "sources: {chat: {kind: openai, api_key_env: KEY, since: 2026-11-01}}\n"
    )
    assert "Old data: chat is 3 days behind; is it still used?" in call("status", "--home", home.root).out


def test_messages_that_wait_and_that_were_given_up_are_told(call: Callable[..., Any], home: Home) -> None:
    assert alerts.queue_failure(home, settings(), "run-1", "disk full") == 1
    assert "Message waiting: A Tallyhouse run failed: disk full" in call("status", "--home", home.root).out
    with ledger(home) as connection:
        outbox.drop(connection, outbox.waiting(connection)[0].number, "given up after 30 days: refused")
    out = call("status", "--home", home.root).out
    assert "Message waiting" not in out
    assert "Not sent: A Tallyhouse run failed: disk full to ops@halden.example: given up after 30 days" in out


def test_a_home_without_any_run_has_a_status(call: Callable[..., Any], tmp_path: Path) -> None:
    assert call("init", tmp_path / "new").code == 0
    said = call("status", "--home", tmp_path / "new")
    assert said.code == 0 and "nothing is published yet" in said.out
