"""OpenAI's and Anthropic's documented pages, from the answer to raw facts: what is kept, what is refused."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.fetching.api import read_page
from orchestration.fetching.generations import keep, rows_of
from orchestration.sources import api_for

PAGES = Path(__file__).parents[2] / "fixtures" / "fetching"
DAY = date(2026, 11, 19)
AT = datetime(2026, 11, 19, 10)


@pytest.fixture
def landed(make_place: Callable[..., Any], tmp_path: Path) -> Callable[[str], Any]:
    """Lands the documented pages of one provider as a fetch would have written them."""

    def land(kind: str) -> Any:
        path = tmp_path / "home" / "data" / "fetched" / "vendor"
        place = make_place(
            vendor={"kind": kind, "api_key_env": "KEY", "since": DAY, "account": "it's us", "path": path}
        )
        source = place.settings.sources["vendor"]
        for report in api_for(source, place.settings).reports:
            body = (PAGES / f"{kind}_{report.name}.json").read_bytes()
            page = read_page("vendor", api_for(source, place.settings), report, body)
            assert page.cursor is None
            keep(place.home, "vendor", report.name, DAY, rows_of(report.name, report.dimensions, page.buckets))
        place.report = place.land()
        return place

    return land


def test_openais_usage_is_landed_and_the_impossible_set_aside(landed: Callable[[str], Any]) -> None:
    place = landed("openai")
    columns = "event_at, bucket_end, provider_account, model, project_id, batch, input_tokens, input_uncached_tokens, "
    usage = place.rows("vendor", columns + "num_model_requests, report", "model")[:2]
    assert usage == [
        (AT, datetime(2026, 11, 19, 11), "it's us", "gpt-4o", None, "true", 1000, None, 5, "usage"),
        (AT, datetime(2026, 11, 19, 11), "it's us", "gpt-4o-mini-2024-07-18", "proj_search", "false", 5000, 3000, 5,
         "usage"),
    ]  # fmt: skip
    assert [reason for _, reason in place.reasons("vendor")] == [
        "cached, cache write, audio and image tokens are 1001, more than the input_tokens they are part of, 1000"
    ]
    assert (place.report.delivered, place.report.landed, place.report.quarantined) == (5, 4, 1)


def test_openais_costs_keep_every_digit_and_corrections(landed: Callable[[str], Any]) -> None:
    rows = landed("openai").rows("vendor", "line_item, amount, quantity, quantity_unit, report", "amount")[:2]
    assert rows == [
        ("correction", Decimal("-0.000010000000000000"), None, None, "costs"),
        ("gpt-4o-mini-2024-07-18, input", Decimal("0.060000000000000012"), Decimal(10000), "tokens", "costs"),
    ]


def test_anthropics_usage_is_landed_and_what_says_no_tokens_set_aside(landed: Callable[[str], Any]) -> None:
    place = landed("anthropic")
    columns = (
        "account_id, service_account_id, workspace_id, uncached_input_tokens, cache_read_input_tokens, "
        "ephemeral_5m_input_tokens, ephemeral_1h_input_tokens, output_tokens, web_search_requests, context_window"
    )
    assert place.rows("vendor", columns, "uncached_input_tokens")[:2] == [
        ("user_amara", None, "wrkspc_search", 1500, 200, 500, 1000, 500, 10, "0-200k"),
        (None, "svac_nightly", None, 250000, 0, None, None, 7, None, "200k-1M"),
    ]
    assert {reason for _, reason in place.reasons("vendor")} == {
        "uncached_input_tokens is missing",
        "the currency is eur, and only USD is known",
        "amount is n/a, which is no amount",
    }
    assert (place.report.delivered, place.report.landed, place.report.quarantined) == (7, 4, 3)


def test_anthropics_costs_stay_cents_in_the_raw_facts(landed: Callable[[str], Any]) -> None:
    amounts = landed("anthropic").rows("vendor", "amount_cents, description", "amount_cents DESC")[:2]
    assert (Decimal("123.789120000000000000"), "Claude Sonnet 4 Usage - Input Tokens") in amounts


@pytest.mark.parametrize(("kind", "pair"), [("openai", ("openai", "gpt-4o")),
                                            ("anthropic", ("anthropic", "claude-sonnet-4-20250514"))])  # fmt: skip
def test_models_are_those_of_usage_and_not_of_costs(
    landed: Callable[[str], Any], kind: str, pair: tuple[str, str]
) -> None:
    from orchestration.landing import receipts

    models = {found for receipt in receipts(landed(kind).home) for found in receipt.models}
    assert pair in models
    assert {provider for provider, _ in models} <= {kind, None}


def test_a_second_generation_of_the_same_rows_is_landed_and_no_duplicate(landed: Callable[[str], Any]) -> None:
    place = landed("openai")
    path = place.home.fetched / "vendor" / "usage" / f"{DAY}"
    rows = [{"report": "usage", "id": "a", "bucket_start": "2026-11-19T10:00:00Z"}]
    keep(place.home, "vendor", "usage", DAY, rows)
    first = {name: name.read_bytes() for name in path.iterdir()}
    keep(place.home, "vendor", "usage", DAY, [])
    assert place.land().files_landed == 2
    assert place.land().files_landed == 0
    assert {name: name.read_bytes() for name in first} == first
