"""Figures in another currency than prices: converted once, at a rate that a day keeps until it is repriced."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from orchestration.doctor import examine
from orchestration.errors import SettingsError, TallyhouseError
from orchestration.explaining.explain import explain_event
from orchestration.explaining.told import amounts
from orchestration.marts.manifest import read_manifest
from orchestration.pipeline import build_marts
from orchestration.repricing.reprice import other_rates, reprice
from reports.currency import using

_EURO = "currency: EUR\ntimezone: Europe/Berlin\nsources: {app: {kind: events}}\n"
# 2.50 dollars a million of input, 10 of output.
_EVENT = {"provider": "openai", "model": "gpt-4o", "department": "Sales", "project": "P"}
_COSTS = "usage_date::varchar, input_cost, output_cost, list_cost, effective_cost, currency, price_currency, fx_rate"
_RATES = ("USD,2026-10-01,0.9,ECB", "USD,2026-11-02,0.85,ECB")


def rates(home: Any, *rows: str) -> None:
    home.home.reference.mkdir(exist_ok=True)
    text = "\n".join(["currency,rate_date,rate,source", *rows]) + "\n"
    (home.home.reference / "fx_rates.csv").write_text(text, encoding="utf-8")


def event(name: str, at: str, **more: Any) -> dict[str, Any]:
    return {**_EVENT, "event_id": name, "event_at": at, **more}


def spend(home: Any) -> dict[str, Decimal]:
    rows = home.mart("daily_usage", "usage_date::varchar, sum(effective_cost) over (partition by usage_date)")
    return dict(rows)


@pytest.fixture
def euro(small: Callable[..., Any]) -> Any:
    """A home in Berlin with 1 dollar of usage on 31 October, the minute before 2 November there and that day itself."""
    home = small(_EURO)
    rates(home, *_RATES)
    home.drop(
        event("a", "2026-10-31T10:00:00Z", uncached_input_tokens=400_000),
        event("b", "2026-11-01T22:59:00Z", uncached_input_tokens=400_000),
        event("c", "2026-11-01T23:00:00Z", uncached_input_tokens=400_000),
    )
    home.land()
    home.build()
    return home


def test_a_day_is_converted_at_the_rate_in_force_on_the_local_day_and_says_so(euro: Any) -> None:
    dollars = ("EUR", "USD")
    old = (Decimal("0.9"), Decimal(0), Decimal("0.9"), Decimal("0.9"), *dollars, Decimal("0.9"))
    new = (Decimal("0.85"), Decimal(0), Decimal("0.85"), Decimal("0.85"), *dollars, Decimal("0.85"))
    assert euro.mart("daily_usage", _COSTS) == [
        ("2026-10-31", *old), ("2026-11-01", *old), ("2026-11-02", *new),
    ]  # fmt: skip
    assert euro.mart("daily_usage", "distinct fx_date::varchar") == [("2026-10-01",), ("2026-11-02",)]
    assert euro.mart("monthly_usage", "month::varchar, effective_cost") == [
        ("2026-10-01", Decimal("0.9")),
        ("2026-11-01", Decimal("1.75")),
    ]
    manifest = read_manifest(euro.home)
    assert manifest is not None and manifest.currency == "EUR"
    day = manifest.days[date(2026, 11, 2)]
    assert (day.fx_rate, day.fx_date, day.fx_source, day.spend) == ("0.85", "2026-11-02", "ECB", "0.850000000000000000")


def test_every_part_is_rounded_once_and_the_identities_stay_exact(small: Callable[..., Any]) -> None:
    home = small(_EURO)
    rates(home, "USD,2026-10-01,0.922338129497,ECB")
    (home.home.reference / "discounts.csv").write_text(
        "discount_id,kind,provider,provider_account,model,department,percent,per_unit,unit,apply_order,valid_from,"
        "valid_to,source\nframe,discount,openai,,,,12.5,,,1,,,\nfee,markup,,,,Sales,,0.05,mtok,2,,,\n",
        encoding="utf-8",
    )
    home.drop(
        event("a", "2026-11-02T10:00:00Z", uncached_input_tokens=123_457, cache_read_tokens=333, output_tokens=777),
        event("b", "2026-11-02T11:00:00Z", reported_cost="0.123456789012345678", reported_cost_basis="charge"),
        event("c", "2026-11-02T12:00:00Z", output_tokens=1, reported_cost="0.000000000000000005",
              reported_cost_basis="estimate"),
    )  # fmt: skip
    home.land()
    home.build()

    def at(dollars: str) -> Decimal:
        return (Decimal(dollars) * Decimal("0.922338129497")).quantize(Decimal("1e-18"), ROUND_HALF_UP)

    # 123,457 * 2.50, 333 * 1.25 and 778 * 10 dollars a million; each event's part by itself.
    inputs, cached = at("0.3086425"), at("0.00041625")
    outputs = [at("0.00777"), at("0.00001")]
    charged = at("0.123456789012345678")
    takes = [
        (amount * Decimal("0.125")).quantize(Decimal("1e-18"), ROUND_HALF_UP)
        for amount in (inputs + cached + outputs[0], outputs[1])
    ]
    fee = Decimal("0.05") * (123_457 + 333 + 777 + 1) / 10**6
    listed = inputs + cached + sum(outputs) + charged
    columns = (
        "input_cost, cache_read_cost, output_cost, charged_cost, list_cost, markup_cost, discount_cost, "
        "effective_cost, estimated_cost"
    )
    for mart in ("daily_usage", "hourly_usage", "monthly_usage"):
        found = [sum(column or 0 for column in row) for row in zip(*home.mart(mart, columns), strict=True)]
        assert found == [
            inputs, cached, sum(outputs), charged, listed, fee, -sum(takes), listed + fee - sum(takes),
            Decimal("0.000000000000000005"),
        ]  # fmt: skip


def test_a_new_rate_of_today_rebuilds_no_old_day_and_an_open_day_takes_it(euro: Any) -> None:
    # Now is 04:00 of 21 November in Berlin.
    euro.drop(event("d", "2026-11-20T10:00:00Z", uncached_input_tokens=400_000), name="yesterday.jsonl")
    euro.drop(event("e", "2026-11-21T01:00:00Z", uncached_input_tokens=400_000), name="today.jsonl")
    euro.land()
    euro.build()
    before = spend(euro)
    rates(euro, *_RATES, "USD,2026-11-21,0.8,ECB")
    assert euro.build().days == (date(2026, 11, 21),)
    assert spend(euro) == {**before, "2026-11-21": Decimal("0.8")}
    # Yesterday's rate comes late: yesterday is still open, and today has its own.
    rates(euro, *_RATES, "USD,2026-11-20,0.7,ECB", "USD,2026-11-21,0.8,ECB")
    assert euro.build().days == (date(2026, 11, 20),)
    assert spend(euro) == {**before, "2026-11-20": Decimal("0.7"), "2026-11-21": Decimal("0.8")}
    assert euro.build() is None


def test_a_corrected_rate_of_an_old_day_changes_nothing_until_it_is_repriced(euro: Any) -> None:
    before = spend(euro)
    rates(euro, _RATES[0], "USD,2026-11-02,0.8,ECB")
    assert euro.build() is None
    manifest = read_manifest(euro.home)
    assert manifest is not None
    assert other_rates(euro.home, euro.settings, manifest, manifest.days) == [date(2026, 11, 2)]
    # A late file builds the day again, at the rate that it has.
    euro.drop(event("late", "2026-11-02T10:00:00Z", uncached_input_tokens=400_000), name="late.jsonl")
    euro.land()
    assert euro.build().days == (date(2026, 11, 2),)
    assert spend(euro) == {**before, "2026-11-02": Decimal("1.7")}
    span = date(2026, 10, 1), date(2026, 11, 30)
    shown = reprice(euro.home, euro.settings, *span, publish=False)
    assert (shown.days, shown.old, shown.new) == ((date(2026, 11, 2),), Decimal("1.7"), Decimal("1.6"))
    assert spend(euro)["2026-11-02"] == Decimal("1.7")
    done = reprice(euro.home, euro.settings, *span, publish=True)
    assert (done.days, done.new, done.published) == ((date(2026, 11, 2),), Decimal("1.6"), True)
    assert spend(euro) == {**before, "2026-11-02": Decimal("1.6")}
    assert reprice(euro.home, euro.settings, *span, publish=False).days == ()
    assert euro.build() is None


def test_days_keep_their_rates_when_the_marts_are_thrown_away(euro: Any) -> None:
    before = spend(euro)
    shutil.rmtree(euro.home.marts)
    rates(euro, "USD,2026-10-01,0.5,ECB")
    assert len(euro.build().days) == 3
    assert spend(euro) == before


def test_a_day_without_a_rate_is_an_error_and_nothing_is_published(euro: Any) -> None:
    before = read_manifest(euro.home)
    euro.drop(event("old", "2026-09-30T21:59:59Z", output_tokens=1), name="old.jsonl")
    euro.land()
    with pytest.raises(TallyhouseError) as told_:
        euro.build()
    assert told_.value.exit_code == 2
    assert told_.value.message == "reference/fx_rates.csv has no rate of USD on 2026-09-30, and figures are in EUR."
    assert told_.value.next_step == (
        "Add a row with a rate_date of 2026-09-30 or before, and what one USD was worth in EUR then."
    )
    assert read_manifest(euro.home) == before
    assert (
        "has no rate of USD on 2026-09-30"
        in {item.topic: item for item in examine(euro.home, euro.settings)}["currency"].detail
    )
    rates(euro, "USD,2026-09-30,0.91,ECB", *_RATES)
    assert euro.build().days == (date(2026, 9, 30),)


@pytest.mark.parametrize(
    ("file", "text", "trouble", "remedy"),
    [
        ("budgets.csv", "budget_id,scope_type,scope,measure,amount,currency,period,thresholds,valid_from,valid_to\n"
         "b,organisation,,effective_cost,5,USD,month,,,\n",
         "budgets.csv, line 2, column currency: 'USD' is not allowed.",
         "Write the amount in EUR, which tallyhouse.yaml reports in: it is not converted here."),
        ("fx_rates.csv", "currency,rate_date,rate,source\nUSD,2026-01-01,0.9,\nEUR,2026-01-01,1,\n",
         "fx_rates.csv, line 3, column currency: 'EUR' is not allowed.",
         "Leave it out: EUR is what tallyhouse.yaml reports in."),
    ],
)  # fmt: skip
def test_a_budget_in_another_currency_is_refused(euro: Any, file: str, text: str, trouble: str, remedy: str) -> None:
    (euro.home.reference / file).write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as told_:
        euro.build()
    assert told_.value.message.endswith(trouble)
    assert told_.value.next_step == remedy


def test_explain_shows_prices_in_dollars_the_rate_and_what_each_part_comes_to(euro: Any) -> None:
    euro.drop(
        event("both", "2026-11-03T10:00:00Z", uncached_input_tokens=100_001, output_tokens=3,
              reported_cost="0.2", reported_cost_basis="estimate"),
        event("charged", "2026-11-03T11:00:00Z", reported_cost="0.3", reported_cost_basis="charge"),
        name="more.jsonl",
    )  # fmt: skip
    euro.land()
    euro.build()
    with using("EUR"):
        both, charged = (
            [": ".join(entry) for entry in amounts(explain_event(euro.home, euro.settings, name))]
            for name in ("both", "charged")
        )
    for line in (
        "Input tokens: 100,001 at $2.5 a million = $0.2500025",
        "Output tokens: 3 at $10 a million = $0.00003",
        "Exchange rate: 1 USD = 0.85 EUR, of 2026-11-02: ECB",
        "Input cost converted: $0.2500025 × 0.85 = €0.212502125",
        "Output cost converted: $0.00003 × 0.85 = €0.0000255",
        "List cost: €0.212527625",
        "Effective cost: €0.212527625",
        "Estimate: €0.17, by the gateway or client; for comparison only",
    ):
        assert line in both
    assert "Charged by the provider itself: $0.3" in charged
    assert "Charged cost converted: $0.3 × 0.85 = €0.255" in charged
    assert "Effective cost: €0.255" in charged


def test_another_currency_builds_every_day_again(euro: Any) -> None:
    euro.home.settings_file.write_text(
        euro.home.settings_file.read_text(encoding="utf-8").replace("EUR", "USD"), encoding="utf-8"
    )
    (euro.home.reference / "fx_rates.csv").unlink()
    assert len(euro.build().days) == 3
    assert set(spend(euro).values()) == {Decimal(1)}
    assert euro.mart("daily_usage", "distinct currency, fx_rate, fx_date") == [("USD", Decimal(1), None)]


def test_the_day_after_tomorrow_a_day_keeps_what_it_was_built_with(euro: Any) -> None:
    euro.drop(event("d", "2026-11-20T10:00:00Z", uncached_input_tokens=400_000), name="yesterday.jsonl")
    euro.land()
    euro.build()
    rates(euro, *_RATES, "USD,2026-11-20,0.7,ECB")
    later = euro.settings.model_copy(update={"now": datetime(2026, 11, 21, 23, tzinfo=UTC)})
    assert build_marts(euro.home, later) is None
    assert spend(euro)["2026-11-20"] == Decimal("0.85")
