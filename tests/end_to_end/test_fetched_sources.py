"""The whole way of a fetched source: provider, generations, landing, days, months, the account of every row."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.demo import write_blank
from orchestration.home import Home
from orchestration.landing import receipts
from orchestration.marts.build import BuildReport
from orchestration.marts.manifest import Manifest, read_manifest
from orchestration.pipeline import build_marts, fetch_reports, land_files, plan_build
from orchestration.status import read_status
from tests.support.homes import command, main_job, settings_of
from tests.support.provider import KEY, Provider, serving
from tests.unit.fetching.fetched_home import completions

NOW, LATER = "2026-11-21T04:00:00+00:00", "2026-11-21T09:00:00+00:00"
OVERRIDE = (
    "openai,house-model,,,3,15,0.3,3.75,,,,contract,2026-11-01,\n"
    "anthropic,house-claude,,,3,15,0.3,3.75,6,,10,x,2026-11-01,\n"
)
PLAIN = {"input_audio_tokens": 0, "input_cached_audio_tokens": 0, "output_audio_tokens": 0, "input_image_tokens": 0,
         "input_cached_image_tokens": 0, "output_image_tokens": 0}  # fmt: skip
# 3000 uncached at $3, 1800 cached at $0.30, 200 written at $3.75 and 1000 output tokens at $15 a million.
COST = Decimal("0.009") + Decimal("0.00054") + Decimal("0.00075") + Decimal("0.015")


def row(**more: Any) -> dict[str, Any]:
    return {**completions("house-model"), **PLAIN, **more}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving(Provider()) as provider:
        yield provider


def home_with(root: Path, provider: Provider, *, kind: str = "openai", timezone: str = "Europe/London") -> Home:
    home = Home(root)
    write_blank(home)
    home.settings_file.write_text(
        f"organisation: {{name: Test}}\ntimezone: {timezone}\nsources:\n"
        f"  vendor: {{kind: {kind}, api_key_env: VENDOR_KEY, since: 2026-11-17, account: org-1, "
        f"base_url: '{provider.url}'}}\n"
    )
    with (home.reference / "price_overrides.csv").open("a") as stream:
        stream.write(OVERRIDE)
    return home


@pytest.fixture
def home(tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    return home_with(tmp_path / "home", provider)


def built(home: Home, now: str = NOW) -> list[date]:
    """Fetch, land and build as a run does; the days that were rebuilt."""
    settings = settings_of(home, now)
    assert not fetch_reports(home, settings).failed
    land_files(home, settings)
    report: BuildReport | None = build_marts(home, settings)
    return list(report.days) if report else []


def published(home: Home) -> Manifest:
    manifest = read_manifest(home)
    assert manifest is not None
    return manifest


def query(home: Home, sql: str) -> list[tuple[Any, ...]]:
    import duckdb

    with duckdb.connect() as connection:
        return connection.execute(sql.replace("MARTS", str(home.current_marts.resolve()))).fetchall()


def test_a_provider_as_the_only_source_is_counted_priced_and_reconcilable(home: Home, provider: Provider) -> None:
    provider.put("usage", "2026-11-18T10:00:00+00:00", row())
    provider.put("costs", "2026-11-18T00:00:00+00:00",
                 {"amount": {"value": 0.02529, "currency": "usd"}, "line_item": "house-model, input"})  # fmt: skip
    summary = main_job(home, NOW).done
    assert summary.fetch is not None and not summary.fetch.failed
    usage = "usage_date, source, model, project, user_id, api_key, requests, effective_cost"
    assert query(home, f"select {usage} from 'MARTS/daily_usage/*.parquet'") == [
        (date(2026, 11, 18), "vendor", "house-model", "proj_abc", "user-abc", "key_abc", 5, COST)
    ]
    costs = "select utc_date, provider_account, line_item, amount from 'MARTS/daily_provider_costs/2026-11.parquet'"
    assert query(home, costs) == [(date(2026, 11, 18), "org-1", "house-model, input", Decimal("0.02529"))]
    assert published(home).spend(date(2026, 11, 1)) == COST
    assert dict(published(home).conservation) == {
        "delivered": 2, "counted": 1, "duplicates": 0, "quarantined": 0, "not_usage": 0, "superseded": 0,
        "cost_reports": 1, "control": 0, "not_due": 0, "refused": 0,
    }  # fmt: skip
    assert main_job(home, NOW).summary is None


def test_a_day_is_rebuilt_when_its_generation_changed_and_no_other_is(home: Home, provider: Provider) -> None:
    for day in (17, 18, 19):
        provider.put("usage", f"2026-11-{day}T10:00:00+00:00", row())
    impossible = [row(model="b", input_cached_tokens=5001), row(model="c", output_tokens=-1),
                  row(model="d", num_model_requests=None)]  # fmt: skip
    provider.put("usage", "2026-11-20T10:00:00+00:00", *impossible)
    euro = {"amount": {"value": 1, "currency": "eur"}, "line_item": "x"}
    provider.put("costs", "2026-11-18T00:00:00+00:00", euro)
    assert built(home) == [date(2026, 11, day) for day in (17, 18, 19)]
    hours = ["2026-11-21T06:00:00+00:00", "2026-11-21T08:00:00+00:00"]
    for now, output in zip(hours, (2000, 1000), strict=True):  # content that returns is counted again
        provider.put("usage", "2026-11-19T10:00:00+00:00", row(output_tokens=output))
        assert built(home, now) == [date(2026, 11, 19)]
        assert published(home).spend(date(2026, 11, 1)) == 3 * COST + Decimal(output - 1000) * Decimal("0.000015")
    assert built(home, hours[-1]) == []
    account = dict(published(home).conservation)
    assert (account["superseded"], account["quarantined"], account["counted"]) == (2, 4, 3)
    reasons = "".join(path.read_text() for path in home.quarantine.rglob("*.jsonl"))
    for words in ("more than the input_tokens", "output_tokens is -1", "num_model_requests is missing",
                  "the currency is eur, and only USD is known"):  # fmt: skip
        assert words in reasons


def test_a_window_that_became_empty_empties_its_day(home: Home, provider: Provider) -> None:
    costs = "2026-11-19T00:00:00+00:00"
    provider.put("usage", "2026-11-18T10:00:00+00:00", row())
    provider.put("usage", "2026-11-19T10:00:00+00:00", row())
    provider.put("costs", costs, {"amount": {"value": 1, "currency": "usd"}, "line_item": "x"})
    assert len(built(home)) == 2
    provider.put("usage", "2026-11-19T10:00:00+00:00")
    amount = {"amount": {"value": -0.5, "currency": "usd"}, "line_item": "correction"}
    provider.put("costs", costs)
    provider.put("costs", "2026-11-18T00:00:00+00:00", amount)
    assert built(home, LATER) == [date(2026, 11, 19)]
    assert query(home, "select usage_date from 'MARTS/daily_usage/*.parquet'") == [(date(2026, 11, 18),)]
    assert query(home, "select amount from 'MARTS/daily_provider_costs/*.parquet'") == [(Decimal("-0.5"),)]
    assert published(home).spend(date(2026, 11, 1)) == COST
    assert built(home, LATER) == []


@pytest.mark.parametrize(
    ("timezone", "hours"),
    [("America/New_York", ("04:00", "05:00")), ("Asia/Kolkata", ("18:29", "18:30")), ("UTC", ("00:00", "23:00"))],
)
def test_a_utc_window_is_cut_at_local_midnight(
    tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch, timezone: str, hours: tuple[str, str]
) -> None:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    home = home_with(tmp_path / "home", provider, timezone=timezone)
    for hour in hours:
        provider.put("usage", f"2026-11-19T{hour}:00+00:00", row())
    settings = settings_of(home, NOW)
    fetch_reports(home, settings)
    land_files(home, settings)
    local = {datetime.fromisoformat(f"2026-11-19T{hour}:00+00:00").astimezone(settings.zone).date() for hour in hours}
    assert {item.day for item in plan_build(home, settings).days} == local
    assert len(local) == (1 if timezone == "UTC" else 2)


def test_a_failing_provider_stops_no_other_source_and_is_told(home: Home, provider: Provider) -> None:
    with home.settings_file.open("a") as stream:
        stream.write("  app: {kind: events}\n")
    (home.inbox / "app").mkdir(parents=True)
    event = {"event_id": "1", "event_at": "2026-11-18T09:30:00Z", "provider": "openai", "model": "house-model"}
    (home.inbox / "app" / "a.jsonl").write_text(json.dumps({**event, "output_tokens": 1}) + "\n")
    provider.key = "sk-admin-another-one-0123456789"
    done = command(home, "run", now=NOW)
    assert done.code == 6
    assert "Not fetched" in done.out and "answered 401" in done.out
    assert published(home).days[date(2026, 11, 18)].requests == 1
    status = command(home, "status", now=NOW)
    assert "answered 401" in status.out and "api_key_env" in status.out and status.code == 0
    assert KEY not in done.out + done.err + status.out + status.err
    provider.key = KEY
    assert command(home, "run", now=NOW).code == 0
    # The message of the outage still waits for somebody to send it to.
    assert "\nNot fetched" not in command(home, "status", now=NOW).out


def test_anthropic_end_to_end(tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    home = home_with(tmp_path / "home", provider, kind="anthropic")
    provider.put(
        "usage",
        "2026-11-18T10:00:00+00:00",
        {
            "account_id": "user_1", "api_key_id": "apikey_1", "workspace_id": "wrkspc_1", "model": "house-claude",
            "cache_creation": {"ephemeral_1h_input_tokens": 1000, "ephemeral_5m_input_tokens": 500},
            "cache_read_input_tokens": 200, "context_window": "0-200k", "inference_geo": "global",
            "output_tokens": 500, "server_tool_use": {"web_search_requests": 10}, "service_account_id": None,
            "service_tier": "standard", "uncached_input_tokens": 1500,
        },
    )  # fmt: skip
    provider.put("costs", "2026-11-18T00:00:00+00:00", {
        "currency": "USD", "amount": "123.78912", "workspace_id": "wrkspc_1", "cost_type": "tokens",
        "description": "House Claude Usage - Input Tokens", "context_window": "0-200k", "inference_geo": "global",
        "model": "house-claude", "service_tier": "standard", "token_type": "uncached_input_tokens",
    })  # fmt: skip
    assert built(home) == [date(2026, 11, 18)]
    # 1500 × $3 + 200 × $0.30 + 500 × $3.75 + 1000 × $6 + 500 × $15 a million, and ten searches at $10 a thousand.
    expected = Decimal("0.0045") + Decimal("0.00006") + Decimal("0.001875") + Decimal("0.006") + Decimal("0.0075")
    assert query(home, "select model, user_id, effective_cost from 'MARTS/daily_usage/*.parquet'") == [
        ("house-claude", "user_1", expected + Decimal("0.1"))
    ]
    assert query(home, "select amount, token_type, workspace from 'MARTS/daily_provider_costs/*.parquet'") == [
        (Decimal("1.2378912"), "uncached_input_tokens", "wrkspc_1")
    ]
    asked = provider.asked("usage")
    assert {request["headers"]["anthropic-version"] for request in asked} == {"2023-06-01"}


def test_a_year_of_windows_lands_in_few_landings(home: Home, provider: Provider) -> None:
    text = home.settings_file.read_text().replace("since: 2026-11-17", "since: 2025-11-21")
    home.settings_file.write_text(text)
    for step in range(366):
        provider.put("usage", f"{date(2025, 11, 21) + timedelta(days=step)}T10:00:00+00:00", row())
    settings = settings_of(home, NOW)
    assert fetch_reports(home, settings).sources[0].windows == 732
    assert land_files(home, settings).landed == 366
    assert len(plan_build(home, settings).days) == 366
    assert len(receipts(home)) <= 4
    assert len(provider.seen) <= 60
    assert read_status(home, settings_of(home, NOW)).sources[0].fetched_until == "2026-11-21 04:00+00:00"
