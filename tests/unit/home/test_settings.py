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
        ("organisation: {name: A}\ncurrency: EUR\n", "currency"),
        ("organisation: {name: A}\nsources: {chat: {kind: telepathy}}\n", "sources.chat.kind"),
        ("organisation: {name: A}\nsources: {'../up': {kind: events}}\n", "source name"),
        ("organisation: {name: A}\nschedules: {nightly: '25:00'}\n", "schedules.nightly"),
        ("organisation: {name: A}\ncolour: blue\n", "colour"),
        ("organisation: [\n", "not valid YAML"),
        ("", "no settings"),
        ("timezone: UTC\n", "organisation"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(tmp_path, text)


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
