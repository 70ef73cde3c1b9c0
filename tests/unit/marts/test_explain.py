"""`tallyhouse explain`: each way in which a cost can come about, to the last digit, and in words."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import SettingsError, TallyhouseError
from orchestration.explaining import told
from orchestration.explaining.explain import Explanation, explain_event
from orchestration.explaining.lines import COUNTED, check, rate_column
from orchestration.prices.bands import RATE_COLUMNS
from tests.unit.marts.conftest import Small

_AT = "2026-11-02T10:00:00Z"
_SONNET = {"event_at": _AT, "provider": "anthropic", "model": "claude-sonnet-4-5-20250929", "department": "Sales"}
_HOUSE = {"event_at": _AT, "provider": "house", "model": "painter", "department": "Legal"}
_EVENTS = [
    {**_SONNET, "event_id": "edge", "uncached_input_tokens": 200_000, "output_tokens": 1000},
    {**_SONNET, "event_id": "tiered", "uncached_input_tokens": 200_001, "output_tokens": 1000},
    {**_SONNET, "event_id": "cached", "uncached_input_tokens": 100, "cache_read_tokens": 1000,
     "cache_write_5m_tokens": 200, "cache_write_1h_tokens": 300, "web_search_calls": 2},
    {**_SONNET, "event_id": "batched", "event_at": "2026-10-02T10:00:00Z", "service_tier": "batch",
     "uncached_input_tokens": 1_000_000, "aggregate_context": "unknown", "requests": 7},
    {**_HOUSE, "event_id": "own price", "images": 3, "reported_cost": "0.2", "reported_cost_basis": "estimate"},
    {**_HOUSE, "event_id": "charged", "images": 3, "reported_cost": "0.25", "reported_cost_basis": "charge"},
    {**_SONNET, "event_id": "unknown model", "model": "claude-sonet-9", "uncached_input_tokens": 5},
    {**_HOUSE, "event_id": "no rate", "audio_seconds": 30},
    {"event_id": "short", "event_at": _AT, "provider": "groq", "model": "whisper-large-v3", "audio_seconds": 9},
]  # fmt: skip
_OVERRIDES = (
    "provider,model,valid_from,valid_to,input_mtok,output_mtok,cache_read_mtok,cache_write_5m_mtok,"
    "cache_write_1h_mtok,request_fee,web_search_kcount,source,checked_on,note,image_fee\n"
    "house,other,,,1,1,,,,,,,,,\n"
    "house,painter,2026-10-01,2027-01-01,0,0,,,,0.01,,Price list,2026-09-30,,0.04\n"
)
_DISCOUNTS = (
    "discount_id,kind,provider,provider_account,model,department,percent,per_unit,unit,apply_order,valid_from,valid_to,"
    "source\n"
    "frame,discount,house,,,,12.5,,,1,,,Contract 17\n"
    "fee,markup,,,,Legal,,0.001,request,2,,,\n"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    made = Small(tmp_path_factory.mktemp("explain") / "home", "sources: {app: {kind: events}, other: {kind: events}}\n")
    made.home.reference.mkdir()
    (made.home.reference / "price_overrides.csv").write_text(_OVERRIDES, encoding="utf-8")
    (made.home.reference / "discounts.csv").write_text(_DISCOUNTS, encoding="utf-8")
    made.drop(*_EVENTS)
    made.drop({**_SONNET, "event_id": "twice", "output_tokens": 3}, name="one.jsonl")
    made.drop({**_SONNET, "event_id": "edge"}, {**_SONNET, "event_id": "twice", "output_tokens": 9}, source="other")
    made.land()
    made.build()
    yield made


def asked(home: Small, event_id: str, source: str | None = "app") -> Explanation:
    found = explain_event(home.home, home.settings, event_id, source=source)
    json.dumps(found.as_json(), default=str)
    return found


def text_of(found: Explanation) -> str:
    return "\n".join(": ".join(entry) for entry in (*told.reading(found), *told.amounts(found)))


def amounts(found: Explanation) -> dict[str, Decimal | None]:
    return {line.what: line.amount for line in found.lines}


def test_a_context_tier_reprices_the_whole_request(home: Small) -> None:
    edge, above = asked(home, "edge"), asked(home, "tiered")
    assert amounts(edge) == {"Input tokens": Decimal("0.6"), "Output tokens": Decimal("0.015")}
    assert amounts(above) == {"Input tokens": Decimal("1.200006"), "Output tokens": Decimal("0.0225")}
    words = text_of(above)
    assert "Delivered: inbox/app/x.jsonl, line 2: 2026-11-02 10:00:00 UTC" in words
    assert "claude-sonnet-4-5-20250929 at anthropic → anthropic/claude-sonnet-4-5: found as another name of it" in words
    assert "200,001 tokens of input, cache included: the price for input of 200,001 tokens and more" in words
    assert "Input tokens: 200,001 at $6 a million = $1.200006" in words
    assert "Effective cost: $1.222506" in words
    assert "Day: 2026-11-02 in UTC; published" in words
    assert "the price for input of 0 to 200,000 tokens" in text_of(edge)
    assert "from the beginning until further notice (UTC); genai-prices 0.2.3\n" in text_of(edge)


def test_every_cache_class_is_a_line(home: Small) -> None:
    found = asked(home, "cached")
    assert amounts(found) == {
        "Input tokens": Decimal("0.0003"),
        "Tokens read from the cache": Decimal("0.0003"),
        "Tokens written to the cache, 5 minutes": Decimal("0.00075"),
        "Tokens written to the cache, 1 hour": Decimal("0.0018"),
        "Web searches": Decimal("0.02"),
    }
    assert found.event["effective_cost"] == Decimal("0.02315")
    assert "inbox/app/x.jsonl, line 3: 2026-11-02 10:00:00 UTC" in text_of(found)
    assert "Web searches: 2 at $10 a thousand = $0.02" in text_of(found)


def test_a_short_request_says_what_is_billed_and_what_was_heard(home: Small) -> None:
    # 0.111 dollars an hour, 0.000030833333333333 a second, for 10 seconds at least.
    found = asked(home, "short")
    assert amounts(found) == {"Seconds of audio billed (9 heard)": Decimal("0.00030833333333333")}
    assert (found.event["audio_seconds"], found.event["effective_cost"]) == (9, Decimal("0.00030833333333333"))


def test_batch_without_a_price_of_its_own_and_a_sum_of_requests(home: Small) -> None:
    found = asked(home, "batched")
    assert found.event["effective_cost"] == Decimal("1.5")
    words = text_of(found)
    assert "batch: no price of its own: tokens at half of standard" in words
    assert "unknown, since the row sums several requests: the base price" in words


def test_an_override_a_discount_a_markup_and_the_estimate_beside_them(home: Small) -> None:
    found = asked(home, "own price")
    assert amounts(found) == {"Images": Decimal("0.12"), "Requests": Decimal("0.01")}
    assert [(step.discount_id, step.amount, step.left) for step in found.steps] == [
        ("frame", Decimal("-0.01625"), Decimal("0.11375")),
        ("fee", Decimal("0.001"), Decimal("0.11475")),
    ]
    words = text_of(found)
    assert "from 2026-10-01 until before 2027-01-01 (UTC); price_overrides.csv, line 3: Price list" in words
    assert "checked on 2026-09-30" in words
    assert "Discount: frame: 12.5 % of $0.13 = -$0.01625, leaves $0.11375 (Contract 17)" in words
    assert "Markup: fee: $0.001 for each request = $0.001, leaves $0.11475" in words
    assert "Effective cost: $0.11475\nEstimate: $0.2" in words


def test_a_charge_is_the_cost_and_gets_no_discount(home: Small) -> None:
    found = asked(home, "charged")
    assert amounts(found) == {"Charged by the provider itself": Decimal("0.25")}
    assert (found.steps, found.event["effective_cost"]) == ((), Decimal("0.25"))
    assert "the provider's own charge, so no price is looked up and no discount taken" in text_of(found)


def test_what_is_not_priced_says_why_and_what_is_near(home: Small) -> None:
    unknown = text_of(asked(home, "unknown model"))
    assert "claude-sonet-9 at anthropic → no price: nothing known is called so" in unknown
    assert "Nearest: " in unknown and "claude-sonnet" in unknown
    assert "Not priced: the model is not in the price book; it is in no amount" in unknown
    assert "$" not in unknown.partition("Price book")[2]
    seconds = text_of(asked(home, "no rate"))
    assert "Seconds of audio: 30, for which there is no price" in seconds
    assert "Not priced: no price for audio seconds" in seconds


def test_of_a_mirrored_event_it_says_whose_record_counts(home: Small, tmp_path: Path) -> None:
    mirrored = Small(tmp_path / "home", "sources: {app: {kind: events}, copy: {kind: events, mirrors: app}}\n")
    mirrored.drop({**_SONNET, "event_id": "both", "output_tokens": 3})
    mirrored.drop({**_SONNET, "event_id": "both", "output_tokens": 9}, source="copy")
    mirrored.land()
    mirrored.build()
    found = asked(mirrored, "both", "copy")
    assert found.event["output_tokens"] == 3
    assert "Counted: once, of 2 rows: what app says\n" in text_of(found)


def test_a_price_book_says_since_when_it_is_known(home: Small) -> None:
    known = asked(home, "edge").book_known_at
    assert known and f"known here since {known[:10]} {known[11:16]} UTC" in text_of(asked(home, "edge"))


def test_two_sources_with_one_id_are_asked_apart_and_an_unknown_id_is_an_error(home: Small) -> None:
    with pytest.raises(SettingsError, match=r"The sources app, other each have an event 'twice'.* --source app"):
        explain_event(home.home, home.settings, "twice")
    assert asked(home, "twice", "other").event["output_tokens"] == 9
    with pytest.raises(SettingsError, match="No landed row of any source has the id 'nobody'"):
        explain_event(home.home, home.settings, "nobody")
    with pytest.raises(SettingsError, match="No landed row of the source other has the id 'cached'"):
        explain_event(home.home, home.settings, "cached", source="other")


def test_the_marts_and_the_warehouse_are_as_they_were(home: Small) -> None:
    def seen() -> dict[Path, int]:
        files = [path for path in home.home.data.rglob("*") if path.is_file() and "dbt_target" not in path.parts]
        return {path: path.stat().st_mtime_ns for path in files}

    before = seen()
    found = asked(home, "cached")
    assert {path for path in seen() if seen()[path] != before.get(path)} <= {home.home.data / "writer.lock"}
    costs = home.mart("daily_usage", "sum(effective_cost)")
    each = [asked(home, row["event_id"]).event["effective_cost"] for row in _EVENTS]
    other = asked(home, "twice", "app").event["effective_cost"] + asked(home, "twice", "other").event["effective_cost"]
    assert costs == [(sum((cost for cost in each if cost is not None), other),)]
    wrong = dict(found.event) | {"cache_read_cost": found.event["cache_read_cost"] + Decimal("1e-18")}
    with pytest.raises(TallyhouseError, match="for cache_read_cost, and the marts say"):
        check(wrong, found.lines, found.steps)


def test_every_count_has_a_rate_of_the_price_book() -> None:
    assert {rate_column(name) for name in COUNTED} == set(RATE_COLUMNS)


def test_the_command_prints_it(home: Small, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    from typer.testing import CliRunner

    from orchestration.cli import app

    monkeypatch.setenv("TALLYHOUSE_NOW", "2026-11-21T03:00:00+00:00")
    done = CliRunner().invoke(app, ["explain", "charged", "--home", str(home.home.root), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["event"]["effective_cost"] == "0.250000000000000000"
    done = CliRunner().invoke(app, ["explain", "charged", "--home", str(home.home.root)])
    assert "Event charged of app" in done.output
    assert re.search(r"^Effective cost +\$0\.25\s*$", done.output, re.MULTILINE)
