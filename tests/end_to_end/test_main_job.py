"""The main job on a home: what it does once, what it does again, what it refuses, and two at the same time."""

import json
import re
import resource
import socket
import sys
from collections.abc import Callable

import pytest

from orchestration import alerts
from orchestration.demo import DemoSummary
from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.landing import receipts, redeliveries
from orchestration.marts.manifest import read_manifest
from tests.support.homes import (
    UNTIL,
    Finished,
    command,
    json_lines,
    main_job,
    read_table,
    tree,
    write_json_lines,
    write_table,
)
from tests.support.published import LATER, again, change_budget, gateway_file, messages, use_of

HEAVY = ("duckdb", "dagster", "dbt", "weasyprint", "apprise", "genai_prices", "pandas", "altair")


def test_the_first_run_counts_exactly_what_the_example_company_wrote(
    first_run: tuple[Home, DemoSummary, Finished],
) -> None:
    home, written, done = first_run
    manifest = read_manifest(home)
    assert manifest is not None
    assert manifest.conservation == {
        "delivered": written.delivered,
        "counted": written.events,
        "duplicates": written.duplicates,
        "quarantined": written.quarantined,
        "not_usage": written.not_usage,
        "superseded": 0,
        "cost_reports": 0,
        "control": 0,
        "not_due": 0,
        "refused": 0,
    }
    assert sum(month.requests for month in manifest.months.values()) == written.events
    for name, tally in written.by_source.items():
        files = [file for receipt in receipts(home) if receipt.source == name for file in receipt.files]
        resent = [each for each in redeliveries(home) if each.source == name]
        assert len(files) + len(resent) == tally.files
        assert sum(file.delivered for file in files) + sum(each.delivered for each in resent) == tally.delivered
        assert sum(file.landed for file in files) == tally.events + tally.repeats
        assert sum(each.delivered for each in resent) == tally.redelivered
        assert sum(file.quarantined for file in files) == tally.quarantined
        assert sum(file.not_usage for file in files) == tally.not_usage
    for number in (written.delivered, written.events, written.duplicates, written.quarantined, written.not_usage):
        assert f"{number:,}" in done.out
    assert "organisation.pdf" in done.out and f"{len(messages(home))} sent" in done.out


def test_the_first_run_finds_what_was_planted(first_run: tuple[Home, DemoSummary, Finished]) -> None:
    import duckdb

    home, written, _ = first_run
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select sum(failed_requests), sum(requests) filter (where department = ''), "
            f"sum(requests) filter (where not is_priced), "
            f"count(distinct department) filter (where department <> '') "
            f"from '{home.current_marts}/daily_usage/*.parquet'"
        ).fetchone()
    assert found == (
        written.failed_events,
        written.untagged_events,
        written.unknown_model_events,
        written.departments,
    )
    subjects = [item.subject for item in alerts.list_deliveries(home)]
    assert len(subjects) == len(written.crossing_this_month) == len(messages(home))
    assert all(any(name in subject for subject in subjects) for name in written.crossing_this_month)
    assert sum(1 for path in home.quarantine.rglob("*.jsonl") for _ in path.open()) == written.quarantined


def test_a_second_run_does_nothing_says_so_and_imports_nothing_heavy(ran: Home) -> None:
    before, used = tree(ran.root), processor_seconds()
    done = command(ran, "run", python=("-X", "importtime"))
    assert (done.code, done.out.startswith("Nothing to do")) == (0, True)
    imported = {line.rsplit("|", 1)[1].strip() for line in done.err.splitlines() if line.startswith("import time:")}
    assert len(imported) > 50
    assert [name for name in HEAVY if name in imported] == []
    assert processor_seconds() - used < 3
    assert tree(ran.root) == before


def test_a_plan_writes_nothing(fresh: Callable[[str], Home], home: Home) -> None:
    for each, words, said in ((fresh("new"), ("--json",), ""), (home, (), "Nothing was written.")):
        late = gateway_file(each, UNTIL, "-late")
        write_json_lines(late, [again(json_lines(gateway_file(each, UNTIL))[0], request_id="late-1")])
        before = tree(each.root)
        done = command(each, "run", "--plan", *words)
        assert done.code == 0, done.err
        assert late.name in done.out and said in done.out
        assert tree(each.root) == before
    done = command(home, "backfill", "--from", "2026-11-02", "--to", "2026-11-04", "--plan", "--json")
    assert [day for day, _ in json.loads(done.out)["work"]["days"]] == ["2026-11-02", "2026-11-03", "2026-11-04"]
    assert tree(home.root) == before


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("organisation.csv", "valid_from", "1st of May"),
        ("departments.csv", "owner_email", "nobody"),
        ("budgets.csv", "amount", "-5"),
        ("price_overrides.csv", "input_mtok", "cheap"),
    ],
)
def test_a_wrong_reference_row_is_named_and_publishes_nothing(home: Home, table: str, column: str, value: str) -> None:
    before, mailed = tree(home.marts), messages(home)
    write_json_lines(
        gateway_file(home, UNTIL, "-late"), [again(json_lines(gateway_file(home, UNTIL))[0], request_id="late-1")]
    )
    rows = read_table(home, table)
    rows[1][column] = value
    write_table(home, table, rows)
    with pytest.raises(TallyhouseError) as told:
        main_job(home)
    assert f"{table}, line 3, column {column}: {value!r}" in told.value.message
    assert told.value.next_step.startswith("Write ")
    assert (tree(home.marts), messages(home)) == (before, mailed)


def test_a_wrong_reference_row_ends_the_command_in_two_sentences_and_mended_it_goes_on(home: Home) -> None:
    write_json_lines(gateway_file(home, UNTIL, "-late"), [use_of(home, "", UNTIL)])
    right = (home.reference / "price_overrides.csv").read_bytes()
    rows = read_table(home, "price_overrides.csv")
    write_table(home, "price_overrides.csv", [{**rows[0], "valid_to": "soon"}, *rows[1:]])
    done = command(home, "run")
    assert done.code == 2 and done.out == ""
    first, second = (line for line in done.err.splitlines() if not line.endswith("…"))
    assert re.fullmatch(r"Error: \S+price_overrides\.csv, line 2, column valid_to: 'soon' is not allowed\.", first)
    assert second.startswith("Write a date such as 2026-10-01")
    (home.reference / "price_overrides.csv").write_bytes(right)
    assert main_job(home).done.days_built == (UNTIL,)


def test_with_a_dead_mail_server_the_alert_is_kept_and_goes_out_once_later(home: Home) -> None:
    mailed = messages(home)
    settings = home.settings_file.read_text(encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home.settings_file.write_text(settings.replace("folder://messages", f"mailto://127.0.0.1:{port}?cto=2"))
    change_budget(home)
    done = command(home, "run")
    assert done.code == 4, done.err
    assert "0 sent" in done.out and "1 failed and kept" in done.out
    (waiting,) = json.loads(command(home, "status", "--json").out)["waiting_messages"]
    assert "liam.okafor@halden.example" in waiting and "refused" in waiting
    assert messages(home) == mailed
    home.settings_file.write_text(settings)
    for _ in range(3):
        main_job(home, LATER)
    (name,) = messages(home).keys() - mailed.keys()
    assert b"To: liam.okafor@halden.example" in messages(home)[name]
    assert main_job(home, LATER).summary is None and alerts.pending(home) == []


def test_without_pango_one_sentence_says_what_is_done_and_what_to_install(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hidden:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'")

    statement = home.statements / "2026-10" / "organisation.pdf"
    before = statement.read_bytes()
    statement.unlink()
    with monkeypatch.context() as hiding:
        for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
            hiding.delitem(sys.modules, name)
        hiding.setattr(sys, "meta_path", [Hidden(), *sys.meta_path])
        with pytest.raises(TallyhouseError) as told:
            main_job(home)
    assert told.value.message.endswith("the system lacks Pango or HarfBuzz-Subset.")
    assert "apt-get install --no-install-recommends libpangoft2-1.0-0" in told.value.next_step
    assert not statement.exists()
    main_job(home)
    assert statement.read_bytes() == before


def test_a_second_run_at_the_same_time_waits_says_for_whom_and_finds_nothing_left(
    two_at_once: tuple[Home, Finished, Finished],
) -> None:
    home, first, second = two_at_once
    assert (first.code, second.code) == (0, 0)
    waited = re.match(r"Waiting for `tallyhouse run` \(process (\d+) on \S+, since \S+\) to finish", second.err)
    assert waited is not None and int(waited[1]) == first.pid
    assert second.out.startswith("Nothing to do") and "Waiting" not in first.err
    assert "organisation.pdf" in first.out and len(messages(home)) == 3
    assert len(list((home.marts / "snapshots").iterdir())) == 1


def processor_seconds() -> float:
    """What ended child processes have used; other than the clock's seconds it says nothing of who else is working."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
