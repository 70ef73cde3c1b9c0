"""From a provider's API to a verdict: its cost report, its usage report as control, and the logs of a gateway."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.home import Home
from orchestration.marts.manifest import read_manifest
from orchestration.pipeline import build_marts, fetch_reports, land_files
from orchestration.reconciling.month import read_month
from orchestration.reconciling.verdicts import bills_check
from tests.end_to_end.test_fetched_sources import COST, NOW, home_with, row
from tests.support.homes import command, settings_of
from tests.support.provider import KEY, Provider, serving

D = Decimal
LOGGED = {
    "provider": "openai", "model": "house-model", "provider_account": "org-1", "uncached_input_tokens": 3000,
    "cache_read_tokens": 1800, "cache_write_5m_tokens": 200, "output_tokens": 900, "reasoning_tokens": 100,
}  # fmt: skip


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving(Provider()) as provider:
        yield provider


@pytest.fixture
def home(tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    home = home_with(tmp_path / "home", provider, timezone="UTC")
    text = home.settings_file.read_text(encoding="utf-8").replace("account: org-1", "account: org-1, role: control")
    home.settings_file.write_text(text + "  gateway: {kind: events}\nreconcile: {tolerance_amount: 0.001}\n")
    return home


def log(home: Home, *days: int) -> None:
    path = home.inbox / "gateway" / f"{days[0]}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    events = [{**LOGGED, "event_id": f"e{day}", "event_at": f"2026-11-{day}T10:00:00Z"} for day in days]
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")


def put(provider: Provider, day: int, *amounts: Decimal, output: int = 1000) -> None:
    provider.put("usage", f"2026-11-{day}T10:00:00+00:00", row(output_tokens=output))
    items = [{"amount": {"value": float(value), "currency": "usd"}, "line_item": "house-model, x"} for value in amounts]
    provider.put("costs", f"2026-11-{day}T00:00:00+00:00", *items)


def test_a_variance_is_split_by_what_the_providers_reports_show(home: Home, provider: Provider) -> None:
    put(provider, 17, COST)
    put(provider, 18, COST + D("0.0125"))  # the same quantities at another price
    put(provider, 19, D("0.25"))  # nothing of it in the logs
    put(provider, 20, COST + D("0.0625"), D("-0.0075"), output=1001)  # other quantities, and a correction
    log(home, 17, 18, 20)
    settings = settings_of(home, NOW)
    assert not fetch_reports(home, settings).failed
    land_files(home, settings)
    build_marts(home, settings)
    found = read_month(home, settings, month := settings.today.replace(day=1))
    (account,) = found.accounts
    assert (account.name, account.bill, account.missing) == ("openai (org-1)", "report", ("2026-11-19",))
    assert account.figures.computed == 3 * COST
    assert account.figures.causes == {"price": D("0.0125"), "missing_days": D("0.25"), "credits": D("-0.0075")}
    assert account.figures.unexplained == D("0.0625")
    assert account.figures.variance == sum(account.figures.causes.values()) + D("0.0625")
    manifest = read_manifest(home)
    assert manifest is not None
    assert bills_check(manifest, month).detail == "openai (org-1): $0.06 unexplained"

    done = command(home, "reconcile", "--month", "2026-11", now=NOW)
    assert done.code == 7, done.err
    for words in ("still running", "other prices +$0.01", "2026-11-19 (UTC)", "tallyhouse reprice --from 2026-11-01"):
        assert words in done.out

    log(home, 19)
    land_files(home, settings)
    build_marts(home, settings)
    (account,) = read_month(home, settings, month).accounts
    assert (account.missing, account.figures.causes["price"]) == ((), D("0.0125") + D("0.25") - COST)
