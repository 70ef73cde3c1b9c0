"""A caller's address becomes a place or 'unknown', and is stored only as far as the settings allow."""

import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import SettingsError
from orchestration.geography import Locator
from orchestration.settings import Geography

PLACE = "continent, country, region, city"
UNKNOWN = ("unknown",) * 4
SEEN = ("EU", "GB", "England", "London")
KEY = "a long and random key"
_ADDRESSES = {
    "81.2.69.160": SEEN,
    "81.2.69.161:50123": SEEN,
    "::ffff:81.2.69.162": SEEN,
    "2001:218:7:1::9": ("AS", "JP", "unknown", "unknown"),
    "[2001:218::1]:443": ("AS", "JP", "unknown", "unknown"),
    "192.0.33.8": UNKNOWN,  # neither where a block is registered nor a name in another language is a place
    "8.8.8.8": UNKNOWN,
    "10.1.2.3": UNKNOWN,
    "127.0.0.1": UNKNOWN,
    "fe80::1%eth0": UNKNOWN,
    "81.2.69.160, 10.0.0.1": UNKNOWN,
    "not an address": UNKNOWN,
    "999.2.69.160": UNKNOWN,
}


def _event(event_id: str, **more: Any) -> str:
    return json.dumps({"event_id": event_id, "event_at": "2026-03-01T10:00:00Z", **more}) + "\n"


@pytest.mark.parametrize("bad_line", ["", "{\n"], ids=["fast", "slow"])
def test_each_address_gets_its_place(callers: Callable[..., Any], bad_line: str) -> None:
    home = callers()
    lines = "".join(_event(f"{n:02}", caller_ip=address) for n, address in enumerate(_ADDRESSES))
    report = home.land("app", "x.jsonl", lines + bad_line)
    assert (report.landed, report.quarantined) == (len(_ADDRESSES), len(bad_line) // 2)
    assert home.rows("app", PLACE) == list(_ADDRESSES.values())


def test_rows_without_an_address_have_no_place_and_an_own_country_wins(callers: Callable[..., Any]) -> None:
    home = callers()
    home.land(
        "app", "x.jsonl",
        _event("a") + _event("b", caller_ip="") + _event("c", caller_ip="81.2.69.1", country="FR", city="Lyon")
        + _event("d", caller_ip="81.2.69.1", country="") + _event("e", caller_ip="81.2.69.1", city="Leeds"),
    )  # fmt: skip
    assert home.rows("app", f"caller_ip, {PLACE}") == [
        (None, None, None, None, None),
        (None, None, None, None, None),
        ("81.2.69.0/24", None, "FR", None, "Lyon"),
        ("81.2.69.0/24", *SEEN),
        ("81.2.69.0/24", "EU", "GB", "England", "Leeds"),
    ]


def test_without_a_database_every_place_is_unknown(callers: Callable[..., Any]) -> None:
    home = callers("{}")
    home.land("app", "x.jsonl", _event("a", caller_ip="81.2.69.160"))
    assert home.rows("app", f"caller_ip, {PLACE}") == [("81.2.69.0/24", *UNKNOWN)]


@pytest.mark.parametrize(
    ("caller_ip", "kept"),
    [
        ("drop", (None, None, None)),
        ("truncate", ("81.2.69.0/24", "2001:218:7::/48", None)),
        ("keep", ("81.2.69.160", "2001:218:7:1::9", "no address")),
    ],
)
def test_the_address_is_stored_as_the_settings_say(
    callers: Callable[..., Any], caller_ip: str, kept: tuple[str | None, ...]
) -> None:
    home = callers(f"{{database: places.mmdb, caller_ip: {caller_ip}}}")
    given = ("81.2.69.160", "2001:218:7:1::9", "no address")
    home.land("app", "x.jsonl", "".join(_event(str(n), caller_ip=address) for n, address in enumerate(given)))
    assert home.rows("app", "caller_ip, country") == list(zip(kept, ("GB", "JP", "unknown"), strict=True))
    raw = b"".join(path.read_bytes() for path in home.home.raw.rglob("*.parquet"))
    assert (b"81.2.69.160" in raw) == (caller_ip == "keep")


def test_a_hash_needs_the_key(callers: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    home = callers("{caller_ip: hash, hash_key_env: CALLER_KEY}")
    for key in (None, "short"):
        if key is not None:
            monkeypatch.setenv("CALLER_KEY", key)
        with pytest.raises(SettingsError, match="the environment variable CALLER_KEY holds no key"):
            home.land("app", "x.jsonl", _event("a", caller_ip="81.2.69.160"))
        assert not home.home.data.exists()
    monkeypatch.setenv("CALLER_KEY", KEY)
    assert KEY not in repr(home.settings)
    home.land("app", "x.jsonl", _event("a", caller_ip="::ffff:81.2.69.160") + _event("b", caller_ip="81.2.69.160"))
    expected = hmac.new(KEY.encode(), b"81.2.69.160", hashlib.sha256).hexdigest()
    assert home.rows("app", "caller_ip, country") == [(expected, "unknown")] * 2


def test_nothing_that_is_kept_of_a_row_betrays_a_dropped_address(callers: Callable[..., Any]) -> None:
    hashes = []
    for number, address in enumerate(("81.2.69.160", "81.2.69.161")):
        home = callers("{caller_ip: drop}", f"home-{number}")
        home.land("app", "x.jsonl", _event("a", caller_ip=address))
        hashes.append(home.rows("app", "row_hash"))
    assert hashes[0] == hashes[1]


def test_litellm_callers_are_looked_up_the_same_way(callers: Callable[..., Any]) -> None:
    home = callers()
    row = {"request_id": "r", "startTime": "2026-03-01 10:00:00", "requester_ip_address": "81.2.69.160"}
    home.land("gateway", "x.jsonl", json.dumps(row) + "\n" + json.dumps({**row, "request_id": "s",
              "requester_ip_address": None}))  # fmt: skip
    assert home.rows("gateway", f"requester_ip_address, {PLACE}") == [
        ("81.2.69.0/24", *SEEN),
        (None, None, None, None, None),
    ]


@pytest.mark.parametrize("content", [None, b"no database"])
def test_a_database_that_cannot_be_read_is_named_before_anything_is_landed(
    callers: Callable[..., Any], content: bytes | None
) -> None:
    home = callers("{database: elsewhere.mmdb}")
    if content is not None:
        (home.home.root / "elsewhere.mmdb").write_bytes(content)
    with pytest.raises(SettingsError, match=r"elsewhere\.mmdb cannot be read as a MaxMind database"):
        home.land("app", "x.jsonl", _event("a"))
    assert not home.home.data.exists()


def test_the_key_itself_is_refused_in_the_file(callers: Callable[..., Any]) -> None:
    with pytest.raises(SettingsError, match=r"geography\.hash_key does not belong in a file"):
        _ = callers("{caller_ip: hash, hash_key: secret}").settings


def test_a_database_of_ipv4_alone_leaves_ipv6_unknown(tmp_path: Path) -> None:
    from tests.unit.geography.conftest import LONDON, write_database

    path = write_database(tmp_path / "four.mmdb", {"81.2.69.0/24": LONDON}, ip_version=4)
    with Locator(Geography(database=path)) as locator:
        assert [place.country for place in locator.places(["81.2.69.1", "2001:218::1"])] == ["GB", "unknown"]
