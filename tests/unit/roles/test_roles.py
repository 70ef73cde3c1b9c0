"""Which source counts an account's usage: rules in order, and no two of them at once."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.errors import SettingsError
from orchestration.home import Home
from orchestration.landing.receipts import DayPart, FileReceipt, Receipt
from orchestration.mirrors import mirror_chain, mirror_group, mirror_roots
from orchestration.roles import day_marks, in_words, overlaps, refuse_overlaps, role_of
from orchestration.settings import Settings, load_settings

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
ORG = {"account": "org-1"}


@pytest.fixture
def settled(tmp_path: Path) -> Any:
    def settle(**sources: dict[str, Any]) -> Settings:
        body = {name: {"kind": "events", **source} for name, source in sources.items()}
        home = Home(tmp_path)
        text = yaml.safe_dump({"organisation": {"name": "Example"}, "sources": body})
        home.settings_file.write_text(text, encoding="utf-8")
        return load_settings(home)

    return settle


def receipt(source: str, *accounts: tuple[str | None, str | None, str, str]) -> Receipt:
    return Receipt(source, source, "events", "UTC", "", (), (), (), {}, None, None, accounts)


def used(source: str, first: str = "2026-10-05", last: str = "2026-10-20", *, account: str | None = "org-1") -> Receipt:
    return receipt(source, ("openai", account, first, last))


def test_the_first_rule_that_fits_decides_else_the_sources_role(settled: Any) -> None:
    rules = [
        {"account": "org-1", "api_keys": ["k1", "k2"], "from": OCTOBER, "to": NOVEMBER, "role": "control"},
        {"account": "org-1", "role": "usage"},
        {"role": "control"},
    ]
    source = settled(app={"role": "usage", "roles": rules}).sources["app"]

    def role(account: str | None, key: str | None, day: date) -> str:
        return role_of(source, account=account, api_key=key, day=day)

    assert role("org-1", "k2", OCTOBER) == "control"
    assert role("org-1", "k2", date(2026, 10, 31)) == "control"
    assert role("org-1", "k2", NOVEMBER) == role("org-1", "k2", date(2026, 9, 30)) == "usage"
    assert role("org-1", "k3", OCTOBER) == role("org-1", None, OCTOBER) == "usage"
    assert role("org-2", "k1", OCTOBER) == role(None, "k1", OCTOBER) == "control"
    assert in_words(source) == "usage and control"
    assert in_words(settled(app={"role": "control"}).sources["app"]) == "control"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"role": "audit"}, "sources.app.role"),
        ({"roles": [{"account": "org-1"}]}, "sources.app.roles.0.role"),
        ({"roles": [{"role": "control", "from": NOVEMBER, "to": NOVEMBER}]}, "to must be a day after from"),
        ({"roles": [{"role": "control", "key": "k"}]}, "sources.app.roles.0.key"),
        ({"mirrors": "nobody"}, "sources.app.mirrors names nobody, which is no source"),
        ({"mirrors": "app"}, "sources.app.mirrors leads back to app"),
    ],
)
def test_settings_that_cannot_be_meant_are_named(settled: Any, source: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        settled(app=source)


def test_mirrors_lead_to_one_original(settled: Any) -> None:
    sources = settled(a={}, b={"mirrors": "a"}, c={"mirrors": "b"}, d={}).sources
    assert mirror_chain(sources, "c") == ("c", "b", "a")
    assert mirror_group(sources, "b") == ("a", "b", "c")
    assert mirror_group(sources, "d") == ("d",)
    assert mirror_roots(sources) == {"b": ("a", 1), "c": ("a", 2)}
    with pytest.raises(SettingsError, match="leads back to a"):
        settled(a={"mirrors": "b"}, b={"mirrors": "a"})


def test_two_sources_that_count_one_account_on_the_same_days_are_refused_with_what_to_write(settled: Any) -> None:
    settings = settled(gateway={}, report={})
    landed = [used("gateway", "2026-10-05", "2026-10-20"), used("report", "2026-10-18", "2026-11-02")]
    with pytest.raises(SettingsError) as told:
        refuse_overlaps(settings, landed)
    assert told.value.message == (
        "The sources gateway and report both count the usage of openai account org-1 from 2026-10-18 to 2026-10-20: "
        "it would be counted twice, so nothing was built."
    )
    assert "under sources.report, write `role: control`" in told.value.next_step
    written = told.value.next_step.split("`roles: ")[1].split("`")[0]
    mended = settled(gateway={}, report={"roles": yaml.safe_load(written)})
    refuse_overlaps(mended, landed)
    assert [found.days for found in overlaps(settled(gateway={}, report={}), landed)] == [
        (date(2026, 10, 18), date(2026, 10, 20))
    ]


@pytest.mark.parametrize(
    "report",
    [
        {"role": "control"},
        {"roles": [{"account": "org-1", "role": "control"}]},
        {"roles": [{"from": OCTOBER, "to": NOVEMBER, "role": "control"}]},
        {"mirrors": "gateway"},
    ],
)
def test_what_is_no_overlap_in_role(settled: Any, report: dict[str, Any]) -> None:
    refuse_overlaps(settled(gateway={}, report=report), [used("gateway"), used("report")])


@pytest.mark.parametrize(
    "other",
    [
        used("report", "2026-10-21", "2026-10-30"),
        used("report", account="org-2"),
        used("report", account=None),
        receipt("report", ("anthropic", "org-1", "2026-10-05", "2026-10-20")),
    ],
)
def test_what_is_no_overlap_in_fact(settled: Any, other: Receipt) -> None:
    refuse_overlaps(settled(gateway={}, report={}), [used("gateway"), other])


def test_a_source_without_account_never_conflicts_and_one_with_it_in_the_settings_does(settled: Any) -> None:
    landed = [used("gateway", account=None), used("report")]
    refuse_overlaps(settled(gateway={}, report={}), landed)
    with pytest.raises(SettingsError, match="account org-1"):
        refuse_overlaps(settled(gateway=ORG, report={}), landed)
    before_accounts = Receipt(
        *("gateway", "gateway", "events", "UTC", ""),
        (FileReceipt("f", "0", 1, 1, 1, 0, 0, {"2026-10-07": DayPart(1, "x")}),),
        *((), (), {}, None, None),
    )
    with pytest.raises(SettingsError, match="from 2026-10-07 to 2026-10-07"):
        refuse_overlaps(settled(gateway=ORG, report={}), [before_accounts, used("report")])


def test_keys_that_are_split_between_two_sources_are_no_overlap(settled: Any) -> None:
    landed = [used("gateway"), used("direct")]
    keys = [{"account": "org-1", "api_keys": ["k1"], "role": "usage"}]
    others = [{"account": "org-1", "api_keys": ["k1"], "role": "control"}]
    refuse_overlaps(settled(gateway={"role": "control", "roles": keys}, direct={"roles": others}), landed)
    with pytest.raises(SettingsError, match="with the key k1 from 2026-10-05") as told:
        refuse_overlaps(settled(gateway={"role": "control", "roles": keys}, direct={}), landed)
    assert 'api_keys: ["k1"]' in told.value.next_step


def test_a_day_is_marked_only_where_the_settings_make_something_of_its_source(settled: Any) -> None:
    rule = {"account": "org-1", "from": OCTOBER, "to": NOVEMBER, "role": "control"}
    mark = day_marks(settled(app={}, report={"roles": [rule]}, a={}, b={"mirrors": "a"}))
    assert mark("app", OCTOBER) == mark("gone", OCTOBER) == ""
    assert mark("report", OCTOBER) != mark("report", NOVEMBER) == ""
    assert mark("a", OCTOBER) == mark("b", OCTOBER) != ""
    assert day_marks(settled(app={"role": "control"}))("app", OCTOBER) != ""
