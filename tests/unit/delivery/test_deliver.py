"""The outbox: what is sent, held, tried again later, re-addressed, and given up."""

import multiprocessing
import os
import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from orchestration import alerts
from orchestration.delivery.apprise_sender import wrong_route
from orchestration.home import Home
from orchestration.ledger import outbox
from orchestration.ledger.outbox import Addressed, Message
from orchestration.ledger.store import ledger, transaction
from orchestration.settings import Settings
from tests.unit.alerts.company import Company, over_budget, settings

NOWHERE = "mailto://127.0.0.1:1?cto=2"


def later(base: Settings, **delta: float) -> Settings:
    return base.model_copy(update={"now": base.now + timedelta(**delta)})


def mails(home: Home) -> list[Path]:
    return sorted((home.root / "messages").glob("*"))


def test_a_message_is_written_once_and_never_again(tmp_path: Path) -> None:
    company = over_budget(tmp_path)
    alerts.evaluate(company.home, settings())
    assert alerts.deliver(company.home, settings()).sent == 1
    written = [(path, path.stat().st_mtime_ns) for path in mails(company.home)]
    assert len(written) == 1
    for _ in range(3):
        alerts.evaluate(company.home, settings())
        assert alerts.deliver(company.home, settings(), retry_now=True) == alerts.DeliveryReport()
    assert [(path, path.stat().st_mtime_ns) for path in mails(company.home)] == written
    received = message_from_bytes(written[0][0].read_bytes(), policy=default)
    assert received["To"] == "dana@halden.example"
    assert alerts.pending(company.home) == []


def test_without_a_route_it_is_held_and_says_what_to_set(tmp_path: Path) -> None:
    company = over_budget(tmp_path)
    alerts.evaluate(company.home, settings())
    report = alerts.deliver(company.home, settings(email_url=None))
    assert (report.sent, report.held) == (0, 1)
    (item,) = alerts.pending(company.home)
    assert item.reason == "no e-mail route is configured: set notifications.email_url"
    assert item.attempts == 0
    assert alerts.deliver(company.home, settings()).sent == 1


def test_without_an_owner_it_is_held_until_there_is_one(tmp_path: Path) -> None:
    company = over_budget(tmp_path)
    company.owners(Engineering="eng@halden.example")
    alerts.evaluate(company.home, settings())
    assert alerts.deliver(company.home, settings()).held == 1
    (item,) = alerts.pending(company.home)
    assert item.recipient is None
    assert "'Data & Analytics' an owner_email in reference/departments.csv" in item.reason
    company.owners(Data_and_Analytics="dana@halden.example")
    assert alerts.deliver(company.home, settings()).sent == 1
    assert [item.recipient for item in alerts.list_deliveries(company.home)] == ["dana@halden.example"]


def test_without_operators_a_failure_is_held_and_goes_to_all_once_they_are_set(tmp_path: Path) -> None:
    home = Company(tmp_path).home
    alerts.queue_failure(home, settings(operators=()), "run-1", "broke")
    assert "set notifications.operators" in alerts.pending(home)[0].reason
    two = settings(operators=("a@halden.example", "b@halden.example"))
    assert alerts.deliver(home, two).sent == 2
    # A third operator, named later, is not told about the past.
    three = settings(operators=("a@halden.example", "b@halden.example", "c@halden.example"))
    assert alerts.deliver(home, three) == alerts.DeliveryReport()


def test_a_corrected_address_gets_what_the_wrong_one_could_not(tmp_path: Path) -> None:
    company = over_budget(tmp_path)
    company.owners(Data_and_Analytics="typo@halden.example")
    alerts.evaluate(company.home, settings())
    assert alerts.deliver(company.home, settings(email_url=NOWHERE)).failed == 1
    company.owners(Data_and_Analytics="dana@halden.example")
    assert alerts.deliver(company.home, settings()).sent == 1
    states = {item.recipient: item.state for item in alerts.list_deliveries(company.home)}
    assert states == {"typo@halden.example": "dropped", "dana@halden.example": "sent"}
    # And back again: who has it gets no second one, and the sent one stays the only one.
    company.owners(Data_and_Analytics="typo@halden.example")
    assert alerts.deliver(company.home, settings()) == alerts.DeliveryReport()


def test_a_recipient_that_is_a_list_is_held_not_sent(tmp_path: Path) -> None:
    home = Company(tmp_path).home
    odd = settings(operators=("a@halden.example, b@halden.example", "c@halden.example\nBcc: d@halden.example"))
    alerts.queue_failure(home, odd, "run-1", "broke")
    report = alerts.deliver(home, odd)
    assert (report.sent, report.held) == (0, 2)
    assert "is not one plain e-mail address" in alerts.pending(home)[0].reason


def test_a_dead_server_keeps_the_message_with_the_error_and_tries_ever_more_rarely(tmp_path: Path) -> None:
    company = over_budget(tmp_path)
    dead = settings(email_url=NOWHERE)
    alerts.evaluate(company.home, dead)
    waits = []
    for _ in range(7):
        assert alerts.deliver(company.home, dead).failed == 1
        (item,) = alerts.pending(company.home)
        assert "127.0.0.1:1" in item.reason and "refused" in item.reason
        waits.append((item.next_attempt_at - dead.now) / timedelta(minutes=1))
        if waits[-1]:
            early = alerts.deliver(company.home, later(dead, minutes=waits[-1], seconds=-1))
            assert (early.failed, early.waiting) == (0, 1)
        dead = later(dead, minutes=waits[-1])
    assert waits == [0, 5, 15, 60, 180, 360, 360]
    assert alerts.deliver(company.home, settings()).waiting == 1
    assert alerts.deliver(company.home, settings(), retry_now=True).sent == 1
    assert len(mails(company.home)) == 1


def test_a_dead_server_is_asked_once_not_once_for_each_message(tmp_path: Path) -> None:
    home = Company(tmp_path).home
    dead = settings(email_url=NOWHERE, operators=("a@halden.example", "b@halden.example", "c@halden.example"))
    alerts.queue_failure(home, dead, "run-1", "broke")
    report = alerts.deliver(home, dead)
    assert (report.failed, report.waiting, len(report.problems)) == (1, 2, 1)


def test_after_thirty_days_of_failure_it_is_given_up_and_stays_on_record(tmp_path: Path) -> None:
    home = Company(tmp_path).home
    dead = settings(email_url=NOWHERE)
    alerts.queue_failure(home, dead, "run-1", "broke")
    assert alerts.deliver(home, later(dead, days=30)).failed == 1
    assert len(alerts.pending(home)) == 1
    assert alerts.deliver(home, later(dead, days=30, seconds=1)).failed == 1
    assert alerts.pending(home) == []
    (item,) = alerts.list_deliveries(home)
    assert item.state == "dropped" and (item.reason or "").startswith("given up after 30 days")


def test_what_only_waits_for_a_setting_is_never_given_up(tmp_path: Path) -> None:
    home = Company(tmp_path).home
    alerts.queue_failure(home, settings(), "run-1", "broke")
    alerts.deliver(home, later(settings(email_url=None), days=90))
    assert alerts.deliver(home, later(settings(), days=90)).sent == 1


def test_a_folder_that_cannot_be_written_keeps_the_message(tmp_path: Path) -> None:
    home = Company(tmp_path).home
    (tmp_path / "messages").write_text("a file where the folder should be")
    alerts.queue_failure(home, settings(), "run-1", "broke")
    report = alerts.deliver(home, settings())
    assert report.failed == 1 and "cannot be written" in report.problems[0]
    (tmp_path / "messages").unlink()
    assert alerts.deliver(home, settings()).sent == 1


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mailtos://user:hush@mail.example:587", None),
        ("mailto://127.0.0.1:25", None),
        ("folder://messages", None),
        ("folder://", "names no folder"),
        ("mailtos://user:hush@mail.example/someone@halden.example", "names recipients"),
        ("mailtos://user:hush@mail.example?cc=someone@halden.example", "names recipients"),
        ("mailtos://user:hush@mail.example?pgp=encrypt", "leave out pgp"),
        ("json://user:hush@mail.example", "begins with json://"),
        ("no address at all hush", "is no address Apprise understands"),
    ],
)
def test_a_wrong_route_is_explained_without_its_password(url: str, says: str | None) -> None:
    reason = wrong_route(url)
    assert (reason is None) if says is None else (reason is not None and says in reason and "hush" not in reason)


def test_a_wrong_route_holds_the_message(tmp_path: Path) -> None:
    home = Company(tmp_path).home
    odd = settings(email_url="json://user:hush@mail.example")
    alerts.queue_failure(home, odd, "run-1", "broke")
    report = alerts.deliver(home, odd)
    assert (report.held, report.failed) == (1, 0)
    assert "hush" not in alerts.pending(home)[0].reason


def test_an_absolute_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    home = Company(tmp_path / "home").home
    alerts.queue_failure(home, settings(), "run-1", "broke")
    assert alerts.deliver(home, settings(email_url=f"folder://{tmp_path}/Out%20Box")).sent == 1
    assert len(list((tmp_path / "Out Box").glob("a-tallyhouse-run-failed-broke-*.eml"))) == 1


def test_a_message_that_a_killed_run_left_half_written_is_written_once_and_whole(tmp_path: Path) -> None:
    home, folder = Company(tmp_path / "home").home, tmp_path / "sent"
    route = settings(email_url=f"folder://{folder}")
    alerts.queue_failure(home, route, "run-1", "broke")

    def killed() -> None:
        Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment, method-assign]
        alerts.deliver(home, route)

    child = multiprocessing.get_context("fork").Process(target=killed)
    child.start()
    child.join(30)
    assert child.exitcode == -signal.SIGKILL
    (half,) = folder.iterdir()
    assert half.name.startswith(".")
    assert alerts.deliver(home, route).sent == 1
    (whole,) = folder.iterdir()
    assert whole.suffix == ".eml" and not whole.name.startswith(".")


def test_a_lease_of_another_host_is_respected_until_it_ends(tmp_path: Path) -> None:
    home = Company(tmp_path).home
    alerts.queue_failure(home, settings(), "run-1", "broke")
    with ledger(home) as connection:
        until = (settings().now + timedelta(minutes=15)).isoformat(timespec="seconds")
        connection.execute("update delivery set leased_by = 'elsewhere/7', leased_until = ?", (until,))
    assert alerts.deliver(home, settings()).waiting == 1
    assert alerts.deliver(home, later(settings(), minutes=15)).sent == 1


def test_readdressing_revives_what_was_dropped_only_while_the_message_is_unsent(tmp_path: Path) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    message = Message("m1", "failure", "operators", "s", "t", "h")
    with ledger(Home(tmp_path)) as connection, transaction(connection):
        outbox.queue(connection, message, Addressed(("a@x.example",)), now)
        outbox.readdress(connection, "m1", Addressed(("b@x.example",)), now)
        outbox.readdress(connection, "m1", Addressed(("a@x.example",)), now)
        assert [item.recipient for item in outbox.waiting(connection)] == ["a@x.example"]
        outbox.readdress(connection, "m1", Addressed((), "nobody"), now)
        (held,) = outbox.waiting(connection)
        assert (held.recipient, held.reason) == (None, "nobody")
        assert outbox.queue(connection, replace(message, subject="other"), Addressed(("a@x.example",)), now) == 0
