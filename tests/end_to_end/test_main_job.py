"""The main job on a home: what it does once, what it does again, and what a change makes it do."""

import json
import re
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration import alerts
from orchestration.demo import DemoSummary
from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.landing import receipts, redeliveries
from orchestration.marts.manifest import Manifest, read_manifest
from tests.support.homes import (
    UNTIL,
    Finished,
    backfill_job,
    command,
    contents,
    json_lines,
    main_job,
    read_table,
    tree,
    write_json_lines,
    write_table,
)

HEAVY = ("duckdb", "dagster", "dbt", "weasyprint", "apprise", "genai_prices", "pandas", "altair")
LATER = "2026-11-21T09:00:00+00:00"
NEXT_DAY = "2026-11-22T04:00:00+00:00"
DAILY = ("daily_usage", "hourly_usage", "daily_sources")


@dataclass(frozen=True)
class Published:
    """What was published at one moment: the manifest, and every file of the snapshot by inode and content."""

    manifest: Manifest
    files: dict[str, tuple[int, bytes]]

    def requests(self, day: date) -> int:
        return self.manifest.days[day].requests if day in self.manifest.days else 0

    @property
    def total(self) -> int:
        return sum(day.requests for day in self.manifest.days.values())


def published_now(home: Home) -> Published:
    root = home.current_marts.resolve()
    manifest = read_manifest(home)
    assert manifest is not None
    paths = sorted(path for path in root.rglob("*.parquet"))
    files = {p.relative_to(root).as_posix(): (p.stat().st_ino, p.read_bytes()) for p in paths}
    return Published(manifest, files)


def only_these_changed(before: Published, after: Published, days: set[date], months: set[date]) -> None:
    """Every other day and month is the very same file; those named were written anew and have new fingerprints."""
    names = {f"{mart}/{day}.parquet" for mart in DAILY for day in days}
    for name, file in before.files.items():
        monthly = name.startswith("monthly")
        if name not in names and not (monthly and date.fromisoformat(f"{Path(name).stem}-01") in months):
            assert after.files[name] == file, name
    fresh = {
        name for name in after.files if not name.startswith("monthly") and after.files[name] != before.files.get(name)
    }
    assert fresh == names
    for day in before.manifest.days.keys() | after.manifest.days.keys():
        same = before.manifest.days.get(day) == after.manifest.days.get(day)
        assert same == (day not in days), day


def gateway_file(home: Home, day: date, suffix: str = "") -> Path:
    return home.inbox / "gateway" / f"{day:%Y/%m}" / f"spend-logs-{day}{suffix}.jsonl"


def again(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**row, **changes}


def messages(home: Home) -> dict[str, bytes]:
    folder = home.root / "messages"
    return contents(folder) if folder.exists() else {}


# The whole example company -------------------------------------------------------------------------------------------


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
    before = tree(ran.root)
    done = command(ran, "run", python=("-X", "importtime"))
    assert (done.code, done.out.startswith("Nothing to do")) == (0, True)
    imported = {line.rsplit("|", 1)[1].strip() for line in done.err.splitlines() if line.startswith("import time:")}
    assert len(imported) > 50
    assert [name for name in HEAVY if name in imported] == []
    assert done.seconds < 3
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


# What a change makes it do -------------------------------------------------------------------------------------------


def test_a_late_file_rebuilds_exactly_the_days_it_touches(home: Home) -> None:
    before, mailed = published_now(home), messages(home)
    day, other = date(2026, 11, 5), date(2026, 11, 12)
    rows = [json_lines(gateway_file(home, each))[0] for each in (day, other)]
    late = [again(row, request_id=f"late-{number}") for number, row in enumerate(rows)]
    write_json_lines(gateway_file(home, UNTIL, "-late"), late)
    summary = main_job(home).done
    after = published_now(home)
    assert set(summary.days_built) == {day, other} and set(summary.months_built) == {date(2026, 11, 1)}
    only_these_changed(before, after, {day, other}, {date(2026, 11, 1)})
    assert [after.requests(each) - before.requests(each) for each in (day, other)] == [1, 1]
    assert after.total == before.total + 2
    assert summary.files == () and mailed.items() <= messages(home).items()


def test_an_event_that_a_late_file_dates_earlier_moves_to_that_day_and_counts_once(home: Home) -> None:
    before = published_now(home)
    early, late = date(2026, 11, 6), date(2026, 11, 13)
    row = json_lines(gateway_file(home, late))[0]
    stamp = json_lines(gateway_file(home, early))[0]["startTime"]
    write_json_lines(gateway_file(home, UNTIL, "-late"), [again(row, startTime=stamp)])
    main_job(home)
    after = published_now(home)
    only_these_changed(before, after, {early, late}, {date(2026, 11, 1)})
    assert after.requests(early) == before.requests(early) + 1
    assert after.requests(late) == before.requests(late) - 1
    assert after.manifest.conservation["duplicates"] == before.manifest.conservation["duplicates"] + 1
    # Each of the two days still knows of the other when it is built alone.
    for day in (early, late):
        backfill_job(home, day, day)
        alone = published_now(home)
        assert [alone.requests(each) for each in (early, late)] == [after.requests(each) for each in (early, late)]


def test_a_file_sent_again_and_a_renamed_file_change_nothing_but_the_count_of_duplicates(home: Home) -> None:
    before, mailed = published_now(home), messages(home)
    day = gateway_file(home, date(2026, 11, 12))
    shutil.copyfile(day, day.with_name("copy of it.jsonl"))
    renamed = gateway_file(home, date(2026, 11, 11))
    renamed.rename(renamed.with_name("another name.jsonl"))
    sent = len(json_lines(day)) + len(json_lines(renamed.with_name("another name.jsonl")))
    summary = main_job(home).done
    after = published_now(home)
    assert summary.landing is not None and (summary.landing.landed, summary.landing.duplicates) == (0, sent)
    assert summary.days_built == summary.months_built == () and messages(home) == mailed
    only_these_changed(before, after, set(), set())
    assert main_job(home).summary is None


def test_the_account_of_rows_includes_what_changed_no_day(home: Home) -> None:
    before = published_now(home).manifest.conservation
    day = gateway_file(home, date(2026, 11, 12))
    shutil.copyfile(day, day.with_name("copy of it.jsonl"))
    (day.with_name("torn.jsonl")).write_text('{"request_id": "half a l\n')
    shown = main_job(home).done.conservation
    rows = len(json_lines(day))
    assert shown["delivered"] == before["delivered"] + rows + 1
    assert shown["duplicates"] == before["duplicates"] + rows
    assert shown["quarantined"] == before["quarantined"] + 1
    assert shown["counted"] == before["counted"]


def test_a_grown_file_counts_once(home: Home) -> None:
    before = published_now(home)
    day = date(2026, 11, 12)
    rows = json_lines(gateway_file(home, day))
    write_json_lines(gateway_file(home, day), [*rows, again(rows[0], request_id="new-1")])
    main_job(home)
    after = published_now(home)
    only_these_changed(before, after, {day}, {date(2026, 11, 1)})
    assert after.requests(day) == before.requests(day) + 1
    assert after.manifest.conservation["duplicates"] == before.manifest.conservation["duplicates"] + len(rows)


def test_a_new_user_rebuilds_no_day_before_the_first(home: Home) -> None:
    before, first = published_now(home), date(2026, 11, 21)
    organisation = (home.reference / "organisation.csv").read_bytes()
    join(home, "new.comer", first)
    assert main_job(home).summary is None
    write_json_lines(gateway_file(home, first), [use_of(home, "new.comer")])
    assert main_job(home, NEXT_DAY).done.days_built == (first,)
    only_these_changed(before, published_now(home), {first}, {date(2026, 11, 1)})
    assert column_of(home, "department", first) == {"Sales Operations"}
    # One who came a day earlier makes that day stale, and nothing before it.
    (home.reference / "organisation.csv").write_bytes(organisation)
    join(home, "new.comer", UNTIL)
    assert main_job(home, NEXT_DAY).done.days_built == (UNTIL,)


def test_a_changed_budget_rebuilds_no_day_and_arms_again(home: Home) -> None:
    before, mailed = published_now(home), messages(home)
    change_budget(home)
    summary = main_job(home).done
    after = published_now(home)
    assert summary.days_built == () and summary.months_built == (date(2026, 11, 1),)
    only_these_changed(before, after, set(), {date(2026, 11, 1)})
    assert summary.files == ()
    (new,) = messages(home).keys() - mailed.keys()
    assert new.startswith("sales-operations-has-used-")
    assert {name: messages(home)[name] for name in mailed} == mailed
    assert main_job(home, LATER).summary is None


def test_a_changed_address_arms_nothing(home: Home) -> None:
    before, mailed = tree(home.marts), messages(home)
    rows = read_table(home, "departments.csv")
    write_table(home, "departments.csv", [{**row, "owner_email": "somebody@halden.example"} for row in rows])
    assert main_job(home).summary is None
    assert (tree(home.marts), messages(home)) == (before, mailed)
    # Neither when the snapshot is evaluated again because of something else.
    write_json_lines(
        gateway_file(home, UNTIL, "-late"), [again(json_lines(gateway_file(home, UNTIL))[0], request_id="late-1")]
    )
    main_job(home)
    assert messages(home) == mailed


def test_a_changed_cost_centre_of_a_department_reaches_the_figures(home: Home) -> None:
    """Members without a cost centre of their own take their department's."""
    before, first = published_now(home), date(2026, 11, 21)
    join(home, "new.comer", first, cost_centre="")
    write_json_lines(gateway_file(home, first), [use_of(home, "new.comer")])
    main_job(home, NEXT_DAY)
    assert column_of(home, "cost_centre", first) == {"CC-3100"}
    rows = read_table(home, "departments.csv")
    (sales,) = (row for row in rows if row["department"] == "Sales Operations")
    rest = [row for row in rows if row is not sales]
    parts = [{**sales, "valid_to": str(first)}, {**sales, "valid_from": str(first), "cost_centre": "CC-0001"}]
    write_table(home, "departments.csv", [*rest, *parts])
    assert main_job(home, NEXT_DAY).done.days_built == (first,)
    assert column_of(home, "cost_centre", first) == {"CC-0001"}
    only_these_changed(before, published_now(home), {first}, {date(2026, 11, 1)})


def test_a_new_price_moves_no_day_that_has_one(home: Home) -> None:
    before, mailed = published_now(home), messages(home)
    old = {day.price_version for day in before.manifest.days.values()}
    first = date(2026, 11, 21)
    rows = [json_lines(gateway_file(home, date(2026, 11, 12)))[0], json_lines(gateway_file(home, UNTIL))[0]]
    model, seller = rows[1]["model"], rows[1]["custom_llm_provider"]
    row = dict.fromkeys(read_table(home, "price_overrides.csv")[0], "")
    row |= {"provider": seller, "model": model, "input_mtok": "1000", "output_mtok": "1000"}
    write_table(home, "price_overrides.csv", [*read_table(home, "price_overrides.csv"), row])
    main_job(home)
    only_these_changed(before, published_now(home), set(), set())
    # A late row of an old day takes that day's old price; a new day takes the new one.
    late = again(rows[1], request_id="late-1")
    write_json_lines(gateway_file(home, UNTIL, "-late"), [late])
    write_json_lines(gateway_file(home, first), [again(late, request_id="late-2", startTime="2026-11-21T10:00:00Z")])
    main_job(home, NEXT_DAY)
    after = published_now(home)
    only_these_changed(before, after, {UNTIL, first}, {date(2026, 11, 1)})
    assert {after.manifest.days[UNTIL].price_version} == old
    assert after.manifest.days[first].price_version not in old
    tokens = late["prompt_tokens"] + late["completion_tokens"]
    assert Decimal(after.manifest.days[first].spend) == Decimal(tokens) / 1000
    grown = Decimal(after.manifest.days[UNTIL].spend) - Decimal(before.manifest.days[UNTIL].spend)
    assert grown == Decimal(str(late["spend"]))
    assert mailed.items() <= messages(home).items()


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


# Two at once ---------------------------------------------------------------------------------------------------------


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


def join(home: Home, user: str, since: date, **more: str) -> None:
    """A new user of Sales Operations."""
    rows = read_table(home, "organisation.csv")
    like = next(row for row in rows if row["member_type"] == "user" and row["department"] == "Sales Operations")
    new = {**like, "member": user, "name": user, "valid_from": str(since), "valid_to": "", **more}
    write_table(home, "organisation.csv", [*rows, new])


def use_of(home: Home, user: str, day: date = date(2026, 11, 21)) -> dict[str, Any]:
    """One request through the gateway on a day."""
    row = json_lines(gateway_file(home, UNTIL))[0]
    return again(row, request_id="late-1", user=user or row["user"], startTime=f"{day}T10:00:00Z")


def change_budget(home: Home) -> None:
    """Sales Operations' budget from November on becomes 24 instead of 25."""
    rows = read_table(home, "budgets.csv")
    (mine,) = (row for row in rows if row["scope"] == "Sales Operations" and row["valid_from"] == "2026-11-01")
    write_table(home, "budgets.csv", [{**row, "amount": "24.00"} if row is mine else row for row in rows])


def column_of(home: Home, column: str, day: date) -> set[str]:
    """What a column of daily_usage holds on a day."""
    import duckdb

    with duckdb.connect() as connection:
        file = f"{home.current_marts}/daily_usage/{day}.parquet"
        return {value for (value,) in connection.execute(f"select distinct {column} from '{file}'").fetchall()}
