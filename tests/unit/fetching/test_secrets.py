"""The key is in the request's header and nowhere else."""

import traceback
from pathlib import Path

import pytest

from orchestration.errors import FetchError, SettingsError
from orchestration.fetching.http import Client, Credentials
from orchestration.home import Home
from orchestration.journal import Journal, keeping
from orchestration.settings import load_settings
from tests.support.provider import KEY
from tests.unit.fetching.fetched_home import QUICK, VARIABLE, Fetching, completions

PIECES = (KEY, KEY[:12], KEY[-8:])


@pytest.mark.parametrize(
    "faults",
    [[], [500] * 4, [(429, "900")], ["close"] * 4, ["cut"] * 4, [400], [301], ["html"] * 4],
)
@pytest.mark.parametrize("key", [KEY, "wrong-" + KEY])
def test_no_file_error_or_line_shows_the_key(
    fetching: Fetching,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    faults: list[object],
    key: str,
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setenv(VARIABLE, key)
    fetching.provider.put("usage", "2026-11-20T10:00:00+00:00", completions())
    fetching.provider.faults = list(faults)
    said: list[str] = []
    with keeping(Journal(say=said.append)):
        report = fetching.fetch()
    shown = [caplog.text, *said, repr(report), fetching.everything_written(), repr(fetching.settings())]
    for source in report.failed:
        assert source.failure is not None
        shown.append(str(source.failure))
    assert all(piece not in text for text in shown for piece in PIECES)
    assert bool(report.failed) == (bool(faults) or key != KEY)


@pytest.mark.parametrize("faults", [[500] * 4, ["close"] * 4, ["cut"] * 4, [400], [(429, "900")]])
def test_no_traceback_shows_the_key(fetching: Fetching, faults: list[object]) -> None:
    fetching.provider.faults = list(faults)
    client = Client("vendor", Credentials({"Authorization": f"Bearer {KEY}"}, KEY), patience=QUICK)
    with pytest.raises(FetchError) as raised:
        client.get(fetching.provider.url + "/organization/costs", [("start_time", "1795132800")])
    assert all(piece not in "".join(traceback.format_exception(raised.value)) for piece in PIECES)


def test_a_refused_key_is_said_with_the_name_of_its_variable(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "sk-other")
    (done,) = fetching.fetch().sources
    assert done.failure is not None
    assert done.failure.message == "vendor: the provider answered 401 (Incorrect API key provided: ***)."
    assert "api_key_env" in done.failure.next_step and done.requests == 1


def test_a_netrc_file_does_not_replace_the_key(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password wrong\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert fetching.one().requests == 2


def test_the_key_does_not_follow_a_redirect(fetching: Fetching) -> None:
    fetching.provider.faults = [302]
    (done,) = fetching.fetch().sources
    assert done.failure is not None and "a key is not sent after a redirect" in done.failure.next_step
    assert done.requests == 1


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "ключ", "\x00"])
def test_a_variable_that_holds_no_key_is_not_sent(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    if "\x00" in key:
        key = "nul\x01byte"
    monkeypatch.setenv(VARIABLE, key)
    (done,) = fetching.fetch().sources
    assert done.failure is not None and "characters that no key has" in done.failure.message
    assert key not in str(done.failure) and fetching.provider.seen == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (f"api_key: {KEY}", "a key does not belong into the settings"),
        (f"api_key_env: {KEY}", "never the key itself"),
        ("base_url: http://api.example.com", "must begin with https://"),
        (f"base_url: https://user:{KEY}@api.example.com", "must be an address alone"),
        ("path: inbox/x", "has no path"),
        ("refetch_days: -1", "a number of at least 0"),
        ("since: null", "needs since"),
        ("kind: events", "which is only for anthropic and openai"),
    ],
)
def test_settings_refuse_a_key_and_what_would_give_it_away(tmp_path: Path, source: str, words: str) -> None:
    (name, _, value) = source.partition(": ")
    body = {"kind": "openai", "api_key_env": VARIABLE, "since": "2026-01-01", name: value}
    lines = "".join(f"    {key}: {text}\n" for key, text in body.items())
    home = Home(tmp_path)
    home.settings_file.write_text(f"organisation: {{name: Test}}\nsources:\n  vendor:\n{lines}")
    with pytest.raises(SettingsError) as raised:
        load_settings(home)
    assert words in str(raised.value)
    assert all(piece not in str(raised.value) for piece in PIECES)
