"""tallyhouse.yaml: what is wrong is named by its key, and nothing is guessed."""

from pathlib import Path

import pytest

from orchestration.errors import SettingsError
from orchestration.home import Home, find_home
from orchestration.settings import Settings, load_settings


def load(folder: Path, text: str) -> Settings:
    (folder / "tallyhouse.yaml").write_text(text, encoding="utf-8")
    return load_settings(Home(folder))


def test_sources_lie_in_the_inbox_unless_they_say_where(tmp_path: Path) -> None:
    text = "organisation: {name: A}\nsources: {chat: {kind: events}, logs: {kind: litellm, path: /var/log/litellm}}\n"
    settings = load(tmp_path, text)
    assert settings.sources["chat"].path == tmp_path / "inbox" / "chat"
    assert settings.sources["logs"].path == Path("/var/log/litellm")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("organisation: {name: A}\ntimezone: Mars/Base\n", "timezone"),
        ("organisation: {name: A}\ncurrency: EURO\n", "currency"),
        ("organisation: {name: A}\nsources: {chat: {kind: telepathy}}\n", "sources.chat.kind"),
        ("organisation: {name: A}\nsources: {'../up': {kind: events}}\n", "source name"),
        ("organisation: {name: A}\nschedules: {nightly: '25:00'}\n", "schedules.nightly"),
        ("organisation: {name: A}\ncolour: blue\n", "colour"),
        ("organisation: [\n", "not valid YAML"),
        ("organisation: {name: A}\ncurrency: USD\ncurrency: EUR\n", "line 3: currency is there already"),
        ("organisation:\n  name: A\n  name: B\n", "line 3: organisation.name is there already"),
        ("organisation: {name: A}\nsources: {a: {kind: events, kind: otlp}}\n", "line 2: sources.a.kind is there"),
        ("organisation: {name: A}\nsources: &s {a: *s}\n", "sources.a"),
        ("", "no settings"),
        ("timezone: UTC\n", "organisation"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(tmp_path, text)


NAMED = "organisation: {name: A}\n"


@pytest.mark.parametrize(
    ("text", "said", "allowed"),
    [
        (
            "curency: USD\n",
            "curency: there is no such key. Did you mean currency?",
            "Allowed at the top: organisation, ",
        ),
        (
            "sources: {chat: {kind: events, timezon: UTC}}\n",
            "sources.chat.timezon: there is no such key. Did you mean timezone?",
            "Allowed in sources.chat: kind, path, folders, mapping, constants, timezone",
        ),
        (
            "notifications: {email_url_evn: X}\n",
            "notifications.email_url_evn: there is no such key. Did you mean email_url_env?",
            "Allowed in notifications: email_url,",
        ),
        ("sources: {chat: {kind: event}}\n", "sources.chat.kind: is 'event', which is not allowed", "events"),
        ("sources: {chat: {kind: event}}\n", "sources.chat.kind: is 'event'", "Did you mean events?"),
        ("sources: {chat: {}}\n", "sources.chat.kind: is missing.", "sources: {chat: {kind: events}}"),
        ("schedules: {nightly: '25:00'}\n", "schedules.nightly: is '25:00', which is not allowed", 'such as "02:30"'),
        ("schedules: {nightly: 14:30}\n", "schedules.nightly: is 870", "text; put quotes around it"),
        ("schedules: {statement_working_day: 40}\n", "statement_working_day: is 40", "a number of at most 15"),
        ("schedules: {holidays: [Christmas]}\n", "schedules.holidays.0: is 'Christmas'", "such as 2026-12-25"),
        ("timezone: Mars/Base\n", "timezone: is 'Mars/Base', which is not allowed", "IANA time zone such as"),
        ("notifications: {operators: ops@example.com}\n", "notifications.operators: is 'ops@", "Write a list"),
        ("notifications: loud\n", "notifications: is 'loud', which is not allowed", "Write a table"),
        ("sources: {chat: events}\n", "sources.chat: is 'events', which is not allowed", "Write a table"),
        ("currency: euro\nsources: {chat: {kind: nothing}}\n", "currency: is 'euro'", "1 more to mend after this one."),
        ("currency: JPY\n", "currency: is 'JPY'", "It has no hundredths, in which statements and budgets are"),
    ],
)
def test_what_is_wrong_is_said_in_our_own_words(tmp_path: Path, text: str, said: str, allowed: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(tmp_path, NAMED + text)
    assert raised.value.message.startswith(f"{tmp_path / 'tallyhouse.yaml'}: ")
    assert said in raised.value.message
    assert allowed in raised.value.next_step
    foreign = ("Input should", "Extra inputs", "Field required", "Value error", "valid string")
    assert not any(word in str(raised.value) for word in foreign)


def test_the_organisation_is_asked_for_with_an_example(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        load(tmp_path, "timezone: UTC\n")
    assert raised.value.message.endswith("organisation: is missing.")
    assert raised.value.next_step == "Write it: organisation: {name: Example Ltd}."


def test_the_mail_route_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "organisation: {name: A}\nnotifications: {email_url_env: MAIL_ROUTE}\n"
    assert load(tmp_path, text).notifications.email_url is None
    monkeypatch.setenv("MAIL_ROUTE", "mailto://localhost:25")
    assert load(tmp_path, text).notifications.email_url == "mailto://localhost:25"


def test_today_is_the_organisations_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALLYHOUSE_NOW", "2026-11-21T23:30:00+00:00")
    assert load(tmp_path, "organisation: {name: A}\ntimezone: Asia/Tokyo\n").today.isoformat() == "2026-11-22"
    monkeypatch.setenv("TALLYHOUSE_NOW", "soon")
    with pytest.raises(SettingsError, match="TALLYHOUSE_NOW"):
        load(tmp_path, "organisation: {name: A}\n")


def test_the_nearest_home_above_is_found(tmp_path: Path) -> None:
    (tmp_path / "tallyhouse.yaml").write_text("organisation: {name: A}\n")
    below = tmp_path / "inbox" / "chat"
    below.mkdir(parents=True)
    assert find_home(None, None, below).root == tmp_path
    with pytest.raises(SettingsError, match="tallyhouse init"):
        find_home(below, None, below)


def test_settings_in_another_encoding_are_named(tmp_path: Path) -> None:
    (tmp_path / "tallyhouse.yaml").write_text("organisation: {name: Büro}\n", encoding="utf-16")
    with pytest.raises(SettingsError, match=r"tallyhouse\.yaml is not UTF-8 text\. Save it as UTF-8\."):
        load_settings(Home(tmp_path))
