"""A month from draft to closed, then a late file, a restatement or a carried correction; what was issued stays."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.closing.book import read_records
from orchestration.closing.close import close_month, plan_close, reopen_month, restate_month
from orchestration.closing.differences import find_differences
from orchestration.closing.issued import closed_months, issued_marts
from orchestration.closing.policy import months_to_close
from orchestration.delivery.deliver import deliver
from orchestration.errors import SettingsError, TallyhouseError
from orchestration.home import Home
from orchestration.marts.manifest import read_manifest
from orchestration.statements import due_months, write_statements
from reports.statement import Scope, file_name
from tests.support.homes import (
    NOW,
    contents,
    copy_home,
    json_lines,
    main_job,
    read_table,
    settings_of,
    write_json_lines,
)

OCTOBER = date(2026, 10, 1)
NOVEMBER = date(2026, 11, 1)
DECEMBER = "2026-12-03T04:00:00+00:00"


@pytest.fixture(scope="module")
def closed(published: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The short home with October closed. Not to be changed."""
    home = copy_home(published, tmp_path_factory.mktemp("closed") / "home")
    close_month(home, settings_of(home), OCTOBER, approved_by="Ada Osei", reason="the unknown model is being priced")
    return home


@pytest.fixture
def home(closed: Home, tmp_path: Path) -> Iterator[Home]:
    yield copy_home(closed, tmp_path / "home")


def late_file(home: Home, day: date = date(2026, 10, 14)) -> int:
    """A gateway file that arrives after the close: a day's requests once more under new ids; how many they are."""
    month = home.inbox / "gateway" / "2026" / "spend-logs-2026-10.jsonl.gz"
    of_day = [row for row in json_lines(month) if str(row.get("startTime", "")).startswith(f"{day}T1")]
    rows = [{**row, "request_id": f"late-{row['request_id']}"} for row in of_day]
    write_json_lines(home.inbox / "gateway" / f"late-{day}.jsonl", rows)
    requests = len({row["request_id"] for row in rows})
    assert requests > 0
    return requests


def policy(home: Home, text: str) -> None:
    path = home.settings_file
    path.write_text(path.read_text(encoding="utf-8") + f"\nclose: {text}\n", encoding="utf-8")


def difference(home: Home) -> Decimal:
    return sum((restated.cost for restated in find_differences(home)), Decimal(0))


def test_closing_numbers_the_statements_and_freezes_lines_and_inputs(closed: Home) -> None:
    records = read_records(closed)
    assert [(record.kind, record.scope_kind, record.month, record.revision) for record in records] == [
        ("close", "organisation", OCTOBER, 1),
        ("close", "department", OCTOBER, 1),
    ]
    manifest = read_manifest(closed)
    assert manifest is not None
    assert Decimal(records[0].spend) == manifest.spend(OCTOBER)
    frozen = closed.closed / "2026-10" / "1"
    assert (frozen / "inputs" / "reference" / "organisation.csv").read_bytes() == (
        closed.reference / "organisation.csv"
    ).read_bytes()
    assert {path.suffix for path in (frozen / "statements").iterdir()} == {".pdf", ".csv"}
    assert contents(frozen / "statements") == contents(closed.statements / "2026-10")
    assert "folder://" not in (frozen / "inputs" / "settings.json").read_text(encoding="utf-8")


def test_a_closed_statement_says_so_and_is_no_draft(closed: Home) -> None:
    from pypdf import PdfReader

    text = "\n".join(
        page.extract_text() for page in PdfReader(closed.statements / "2026-10" / "organisation.pdf").pages
    )
    assert "2026-10/organisation/1" in text
    assert "approved by Ada Osei" in text.replace("\n", " ")
    assert "Draft" not in text


def test_an_unmet_check_needs_a_reason_and_nothing_is_changed_without_one(published: Home, tmp_path: Path) -> None:
    home = copy_home(published, tmp_path / "home")
    settings = settings_of(home)
    unmet = {check.name for check in plan_close(home, settings, OCTOBER).checks if not check.met}
    assert unmet == {"nothing is quarantined"}
    with pytest.raises(SettingsError, match="nothing is quarantined"):
        close_month(home, settings, OCTOBER, approved_by="Ada Osei")
    assert read_records(home) == []
    assert not home.closed.exists()


def test_months_close_in_order_and_only_when_they_are_over(home: Home) -> None:
    settings = settings_of(home)
    with pytest.raises(SettingsError, match="closed already"):
        close_month(home, settings, OCTOBER, approved_by="Ada Osei", reason="again")
    with pytest.raises(SettingsError, match="not over"):
        close_month(home, settings, NOVEMBER, approved_by="Ada Osei", reason="early")


def test_late_usage_changes_what_is_known_and_nothing_that_was_issued(home: Home) -> None:
    issued = contents(home.statements / "2026-10")
    requests = late_file(home)
    assert main_job(home).done.days_built == (date(2026, 10, 14),)
    assert contents(home.statements / "2026-10") == issued
    (restated,) = find_differences(home)
    assert sum(line.requests_known - line.requests_issued for line in restated.lines) == requests
    known = read_manifest(home)
    assert known is not None
    assert known.spend(OCTOBER) - Decimal(closed_months(home)[OCTOBER].spend) == restated.cost > 0
    as_closed = issued_marts(home)
    assert json.loads((as_closed / "manifest.json").read_text())["months"]["2026-10-01"]["spend"] == str(
        closed_months(home)[OCTOBER].spend
    )
    assert (home.marts / "as_closed").resolve() == as_closed
    assert due_months(home, settings_of(home), known) == []


def test_a_restatement_is_numbered_and_shows_exactly_the_difference(home: Home) -> None:
    late_file(home)
    main_job(home)
    cost = difference(home)
    before = contents(home.closed / "2026-10" / "1" / "statements")
    restate_month(home, settings_of(home), OCTOBER, approved_by="Ada Osei", reason="a gateway file came late")
    assert difference(home) == 0
    standing = closed_months(home)[OCTOBER]
    assert (standing.kind, standing.revision) == ("restatement", 2)
    first = read_records(home)[0]
    assert Decimal(standing.spend) - Decimal(first.spend) == cost
    assert contents(home.closed / "2026-10" / "1" / "statements") == before
    from pypdf import PdfReader

    text = "\n".join(page.extract_text() for page in PdfReader(home.statements / "2026-10" / "organisation.pdf").pages)
    assert "2026-10/organisation/2" in text
    assert "What changed since the statement was issued before" in text
    assert f"+{cost.quantize(Decimal('0.01')):,}" in text
    with pytest.raises(SettingsError, match="Nothing in October 2026 differs"):
        restate_month(home, settings_of(home), OCTOBER, approved_by="Ada Osei")


def test_by_policy_a_correction_is_carried_into_the_next_month_once(home: Home) -> None:
    policy(home, "{late_usage: carry_forward}")
    late_file(home)
    main_job(home, now=DECEMBER)
    cost = difference(home)
    assert cost > 0
    issued = contents(home.statements / "2026-10")
    close_month(home, settings_of(home, DECEMBER), NOVEMBER, approved_by="Ada Osei", reason="demonstration")
    assert difference(home) == 0
    assert contents(home.statements / "2026-10") == issued
    from pypdf import PdfReader

    text = "\n".join(page.extract_text() for page in PdfReader(home.statements / "2026-11" / "organisation.pdf").pages)
    assert "Corrections to closed months" in text
    assert f"+{cost.quantize(Decimal('0.01')):,}" in text
    late_file(home, date(2026, 10, 15))
    main_job(home, now=DECEMBER)
    assert difference(home) > 0  # the next late file counts from what was carried
    with pytest.raises(SettingsError, match="to October 2026 were carried into November 2026: a revision would charge"):
        restate_month(home, settings_of(home, DECEMBER), OCTOBER, approved_by="Ada Osei")
    with pytest.raises(SettingsError, match="holds corrections that were carried into it"):
        restate_month(home, settings_of(home, DECEMBER), NOVEMBER, approved_by="Ada Osei")
    assert closed_months(home)[NOVEMBER].revision == 1


def test_issued_files_that_are_lost_come_back_to_the_byte(home: Home) -> None:
    issued = contents(home.statements / "2026-10")
    (home.statements / "2026-10" / "organisation.pdf").unlink()
    manifest = read_manifest(home)
    assert due_months(home, settings_of(home), manifest) == [OCTOBER]
    write_statements(home, settings_of(home))
    assert contents(home.statements / "2026-10") == issued


def test_only_the_last_closed_month_can_be_reopened_and_that_is_recorded(home: Home) -> None:
    settings = settings_of(home)
    with pytest.raises(SettingsError, match="needs a reason"):
        reopen_month(home, settings, OCTOBER, approved_by="Ada Osei", reason="")
    reopen_month(home, settings, OCTOBER, approved_by="Ada Osei", reason="wrong cost centre")
    assert closed_months(home) == {}
    close_month(home, settings, OCTOBER, approved_by="Ada Osei", reason="corrected")
    assert closed_months(home)[OCTOBER].revision == 2
    assert [record.kind for record in read_records(home)][::2] == ["close", "reopen", "close"]


def test_a_record_that_was_tampered_with_stops_every_close(home: Home) -> None:
    with sqlite3.connect(home.ledger) as connection:
        connection.execute("drop trigger close_record_stays")
        connection.execute("update close_record set body = replace(body, 'Ada Osei', 'Eve') where number = 1")
    with pytest.raises(TallyhouseError, match="was changed after it was written"):
        read_records(home)


def test_a_close_killed_before_its_record_never_counted(published: Home, tmp_path: Path) -> None:
    home = copy_home(published, tmp_path / "home")
    (home.closed / "2026-10" / "1" / "statements").mkdir(parents=True)
    (home.closed / "2026-10" / "1" / "statements" / "organisation.pdf").write_bytes(b"half")
    assert closed_months(home) == {}
    close_month(home, settings_of(home, NOW), OCTOBER, approved_by="Ada Osei", reason="the unknown model")
    assert (home.closed / "2026-10" / "1" / "statements" / "organisation.pdf").read_bytes() != b"half"


@pytest.mark.parametrize("revision", [1, 2], ids=["close", "restate"])
def test_a_close_killed_right_after_its_record_is_finished_by_the_next_run(
    published: Home, closed: Home, tmp_path: Path, revision: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copy_home(closed if revision > 1 else published, tmp_path / "home")
    if revision > 1:
        late_file(home)
        main_job(home)

    def killed(home: Home) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr("orchestration.closing.close.issued_marts", killed)
    act = restate_month if revision > 1 else close_month
    with pytest.raises(KeyboardInterrupt):
        act(home, settings_of(home), OCTOBER, approved_by="Ada Osei", reason="the unknown model")
    assert closed_months(home)[OCTOBER].revision == revision
    frozen = contents(home.closed / "2026-10" / str(revision) / "statements")
    assert contents(home.statements / "2026-10") != frozen  # the draft, or the revision before
    assert due_months(home, settings_of(home), read_manifest(home)) == [OCTOBER]
    write_statements(home, settings_of(home))
    assert contents(home.statements / "2026-10") == frozen
    assert due_months(home, settings_of(home), read_manifest(home)) == []


def test_each_owner_gets_the_statement_of_their_own_department_once(closed: Home, tmp_path: Path) -> None:
    import email
    import email.policy

    home = copy_home(closed, tmp_path / "home")
    before = {path.name for path in (home.root / "messages").glob("*.eml")}
    for _ in range(2):
        deliver(home, settings_of(home), retry_now=True)
    sent = {
        message["To"]: message
        for path in (home.root / "messages").glob("*.eml")
        if path.name not in before
        for message in [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)]
    }
    owners = {row["owner_email"]: row["department"] for row in read_table(home, "departments.csv")}
    operators = settings_of(home).notifications.operators
    assert sent.keys() == {*owners, *operators}
    issued = contents(home.statements / "2026-10")
    for recipient, message in sent.items():
        files = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
        scope = Scope("department", owners[recipient]) if recipient in owners else Scope("organisation")
        name = file_name(scope)
        assert files.keys() == {f"2026-10-{name}.pdf", f"2026-10-{name}.csv"}
        assert files[f"2026-10-{name}.pdf"] == issued[f"{name}.pdf"]
        assert str(files[f"2026-10-{name}.csv"]).encode() == issued[f"{name}.csv"]


def test_by_policy_a_month_whose_checks_are_met_closes_itself_on_the_working_day(
    published: Home, tmp_path: Path
) -> None:
    home = copy_home(published, tmp_path / "home")
    policy(home, "{mode: automatic}")
    for path in home.landings.glob("*/*.json"):  # nothing of October was quarantined
        receipt = json.loads(path.read_text(encoding="utf-8"))
        for file in receipt["files"]:
            file["delivered"] -= file["quarantined"]
            file["quarantined"] = 0
        path.write_text(json.dumps(receipt), encoding="utf-8")
    early, due = "2026-11-02T04:00:00+00:00", NOW
    manifest = read_manifest(home)
    assert months_to_close(home, settings_of(home, early), manifest) == []
    assert months_to_close(home, settings_of(home, due), manifest) == [OCTOBER]
    main_job(home, now=due)
    assert closed_months(home)[OCTOBER].approved_by == "the close policy"
    assert main_job(home, now=due).summary is None
