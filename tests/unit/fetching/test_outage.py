"""A source that cannot be read is told to the operators once for each outage, whatever is tried in between."""

from datetime import datetime, timedelta

import pytest

from orchestration.alerts import pending
from orchestration.fetching import read_state
from orchestration.fetching.report import SourceFetch
from orchestration.fetching.state import Failure
from orchestration.pipeline import fetch_reports
from orchestration.settings import Notifications, Settings
from tests.support.provider import KEY
from tests.unit.fetching import tables
from tests.unit.fetching.fetched_home import NOW, VARIABLE, Fetching
from tests.unit.fetching.tables import Reading

DAY = timedelta(days=1)


def told(settings: Settings) -> Settings:
    return settings.model_copy(update={"notifications": Notifications(operators=("ops@example.com",))})


def subjects(fetching: Fetching | Reading) -> list[str]:
    return [item.message.subject for item in pending(fetching.home)]


def test_each_outage_is_told_once_and_a_success_arms_the_next(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    def night(number: int) -> SourceFetch:
        (done,) = fetch_reports(fetching.home, told(fetching.settings(NOW + number * DAY))).sources
        return done

    monkeypatch.delenv(VARIABLE)
    first = night(0)
    monkeypatch.setenv(VARIABLE, "two words")
    second = night(1)
    assert first.failure is not None and second.failure is not None
    assert first.failure.message != second.failure.message
    assert (first.failure.since, second.failure.since) == (NOW, NOW)
    assert subjects(fetching) == ["Not fetched: vendor: the environment variable TEST_ADMIN_KEY is not set."]
    (message,) = [item.message for item in pending(fetching.home)]
    assert "cannot be read since 21 November 2026 at 03:00 (UTC)" in " ".join(message.text.split())
    assert "Put an admin key of the provider into it" in " ".join(message.text.split())
    assert all(len(line) <= 78 for line in message.text.splitlines())

    monkeypatch.setenv(VARIABLE, KEY)
    assert night(2).failure is None
    assert len(subjects(fetching)) == 1

    monkeypatch.delenv(VARIABLE)
    again = night(3)
    assert again.failure is not None and again.failure.since == NOW + 3 * DAY
    night(4)
    assert len(subjects(fetching)) == 2


def test_a_database_that_is_down_is_told_without_its_connection_string(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(tables.VARIABLE, "postgresql://reader:hush-hush@127.0.0.1:1/none")
    for hours in (0, 24):
        settings = told(reading.settings(NOW + timedelta(hours=hours)))
        (failed,) = fetch_reports(reading.home, settings).failed
        assert failed.failure is not None and failed.failure.since == NOW
    (message,) = [item.message for item in pending(reading.home)]
    assert message.subject == "Not fetched: gateway: the database cannot be reached."
    assert "hush" not in message.text + message.html


def test_what_is_told_holds_no_markup_of_the_provider(fetching: Fetching) -> None:
    from orchestration.alerts import queue_unread

    failure = Failure(NOW, "vendor says <b>no</b> at https://me:hush@host", "Wait.", NOW)
    assert queue_unread(fetching.home, told(fetching.settings()), SourceFetch("vendor", failure=failure)) == 1
    (message,) = [item.message for item in pending(fetching.home)]
    assert "<b>" not in message.html and "hush" not in message.text + message.html


def test_an_outage_noted_before_outages_were_told_began_when_it_was_noted(fetching: Fetching) -> None:
    path = fetching.home.fetching / "vendor" / "state.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"fetched": {}, "failure": {"at": "2026-11-19T03:00:00+00:00", "message": "m", "next_step": "n"}}')
    failure = read_state(fetching.home, "vendor").failure
    assert failure is not None and failure.since == datetime.fromisoformat("2026-11-19T03:00:00+00:00")
