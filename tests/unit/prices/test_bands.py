"""Prices worked out by hand from the providers' price lists, at each side of every kind of edge."""

from datetime import datetime
from decimal import Decimal

import pytest
from genai_prices.types import ModelPrice, Tier, TieredPrices

from orchestration.prices import catalogue
from orchestration.prices.bands import CONTEXT_END, RATE_COLUMNS, second_rate, unit_rate
from tests.unit.prices.book_reader import Reader

SONNET = "anthropic/claude-sonnet-4-5"
FLASH = "deepseek/deepseek-v4-flash"


@pytest.mark.parametrize(
    ("context", "cost"),
    [
        # 1,000 output tokens; the rest of the context is uncached input. Up to and with 200,000: 3 and 15 dollars.
        (199_999, "0.614997"),
        (200_000, "0.615000"),
        # One token more reprices the whole request, output too: 6 and 22.5 dollars.
        (200_001, "1.222506"),
    ],
)
def test_one_token_over_the_tier_edge_reprices_the_whole_request(plain: Reader, context: int, cost: str) -> None:
    band = plain.band(SONNET, "2026-03-01", context=context)
    assert band["uncached_input_rate"] * context + band["output_rate"] * 1_000 == Decimal(cost)


def test_tier_edge_is_one_above_the_packages_start_and_the_last_step_is_open(plain: Reader) -> None:
    spans = {(band["context_from"], band["context_to"]) for band in plain.bands[SONNET, "standard"]}
    assert spans == {(0, 200_001), (200_001, CONTEXT_END)}


def test_a_tier_on_one_rate_leaves_the_other_rates_as_they_are() -> None:
    price = ModelPrice(
        input_mtok=TieredPrices(base=Decimal("0.1"), tiers=[Tier(start=272_000, price=Decimal("0.2"))]),
        output_mtok=Decimal("0.4"),
    )
    below, above = catalogue.sheet(price)
    at = dict(zip(RATE_COLUMNS, below.rates, strict=True)), dict(zip(RATE_COLUMNS, above.rates, strict=True))
    assert (below.context_from, below.context_to, above.context_from) == (0, 272_001, 272_001)
    assert [rates["uncached_input_rate"] for rates in at] == [Decimal("0.0000001"), Decimal("0.0000002")]
    assert [rates["output_rate"] for rates in at] == [Decimal("0.0000004")] * 2
    # The cache has no price of its own: it follows its parent over the edge.
    assert [rates["cache_read_rate"] for rates in at] == [Decimal("0.0000001"), Decimal("0.0000002")]


def test_edges_of_different_rates_are_all_cut_and_equal_neighbours_are_joined() -> None:
    price = ModelPrice(
        input_mtok=TieredPrices(
            base=Decimal(1), tiers=[Tier(start=100, price=Decimal(2)), Tier(start=300, price=Decimal(2))]
        ),
        output_mtok=TieredPrices(base=Decimal(5), tiers=[Tier(start=200, price=Decimal(6))]),
    )
    assert [(step.context_from, step.context_to) for step in catalogue.sheet(price)] == [
        (0, 101),
        (101, 201),
        (201, CONTEXT_END),
    ]


def test_edges_one_token_apart_are_kept_apart() -> None:
    # Both exist in the price lists: "from 200,000 tokens" and "more than 200,000 tokens".
    price = ModelPrice(
        input_mtok=TieredPrices(base=Decimal(1), tiers=[Tier(start=199_999, price=Decimal(2))]),
        output_mtok=TieredPrices(base=Decimal(5), tiers=[Tier(start=200_000, price=Decimal(6))]),
    )
    steps = [(step.context_from, step.rates[0], step.rates[4]) for step in catalogue.sheet(price)]
    assert steps == [
        (0, Decimal("0.000001"), Decimal("0.000005")),
        (200_000, Decimal("0.000002"), Decimal("0.000005")),
        (200_001, Decimal("0.000002"), Decimal("0.000006")),
    ]


@pytest.mark.parametrize(
    ("at", "input_mtok", "output_mtok"),
    [
        ("2026-08-16T23:59:59", "0.14", "0.28"),
        ("2026-08-16T23:59:59.999999", "0.14", "0.28"),
        ("2026-08-17T00:00:00", "0.22", "0.66"),
        ("2026-09-09T23:59:59", "0.22", "0.66"),
        ("2026-09-10T00:00:00", "0.15", "0.6"),
    ],
)
def test_a_price_changes_at_the_second_of_utc_midnight(
    plain: Reader, at: str, input_mtok: str, output_mtok: str
) -> None:
    rates = plain.mtok(FLASH, at)
    assert (rates["uncached_input"], rates["output"]) == (Decimal(input_mtok), Decimal(output_mtok))


@pytest.mark.parametrize(
    ("at", "input_mtok"),
    [
        ("2026-10-01T00:59:59", "0.15"),
        ("2026-10-01T01:00:00", "0.3"),
        ("2026-10-01T03:59:59", "0.3"),
        ("2026-10-01T04:00:00", "0.15"),
        ("2026-10-01T06:00:00", "0.3"),
        ("2026-10-01T09:59:59.999999", "0.3"),
        ("2026-10-01T10:00:00", "0.15"),
    ],
)
def test_a_window_of_the_day_begins_and_ends_at_its_second(plain: Reader, at: str, input_mtok: str) -> None:
    assert plain.mtok(FLASH, at)["uncached_input"] == Decimal(input_mtok)


def test_equal_cells_are_joined_and_no_more_bands_are_written_than_there_are_prices(plain: Reader) -> None:
    # Peak windows have one price for all days; around them three prices in time, each in three windows of the day.
    assert len(plain.bands[FLASH, "standard"]) == 2 + 3 * 3
    assert len(plain.bands["openai/gpt-4o", "standard"]) == 1


def test_parts_without_a_price_are_charged_as_their_parent(plain: Reader) -> None:
    flash = plain.mtok(FLASH, "2026-01-01")
    assert flash["cache_write_5m"] == flash["cache_write_1h"] == flash["input_audio"] == Decimal("0.14")
    assert flash["input_image"] == Decimal("0.14")
    assert flash["reasoning"] == flash["output_audio"] == flash["output_image"] == Decimal("0.28")
    haiku = plain.mtok("anthropic/claude-haiku-4-5", "2026-01-01")
    assert (haiku["cache_write_5m"], haiku["cache_write_1h"]) == (Decimal("1.25"), Decimal(2))
    opus = plain.mtok("anthropic/claude-2", "2026-01-01")
    assert opus["cache_write_1h"] == opus["cache_read"] == Decimal(8)


def test_web_searches_have_no_parent_and_requests_without_a_fee_cost_nothing(plain: Reader) -> None:
    flash = plain.band(FLASH, "2026-01-01")
    assert flash["web_search_rate"] is None
    assert flash["request_rate"] == 0
    assert plain.band(SONNET, "2026-01-01")["web_search_rate"] == Decimal("0.01")
    assert plain.band("perplexity/sonar", "2026-01-01")["request_rate"] == Decimal("0.012")


def test_a_model_priced_by_the_hour_has_a_rate_for_seconds_and_none_for_tokens(plain: Reader) -> None:
    band = plain.band("openai/whisper-1", "2026-01-01")
    # 0.36 dollars an hour.
    assert {name: band[name] for name in RATE_COLUMNS if band[name] is not None} == {
        "audio_second_rate": Decimal("0.0001"),
        "request_rate": 0,
    }
    assert band["note"] is None


@pytest.mark.parametrize(
    ("hour", "second"),
    [
        ("0.36", "0.000100000000000000"),
        ("0.04", "0.000011111111111111"),
        ("0.05", "0.000013888888888889"),
        ("0", "0.000000000000000000"),
    ],
)
def test_an_hour_becomes_a_second_with_one_rounding(hour: str, second: str) -> None:
    rate = second_rate(Decimal(hour))
    assert f"{rate:.18f}" == second
    assert abs(rate * 3600 - Decimal(hour)) <= Decimal("1.8e-15")


def test_every_unit_is_quoted_for_its_own_quantity() -> None:
    price = ModelPrice(
        input_mtok=Decimal(2), output_mtok=Decimal(8), cache_read_mtok=Decimal("0.5"), input_audio_mtok=Decimal(32),
        cache_audio_read_mtok=Decimal("0.4"), output_citation_mtok=Decimal(3), storage_searches_kcount=Decimal("2.5"),
        audio_hours=Decimal("0.36"), input_mchars=Decimal(15), input_document_kpages=Decimal(1),
        input_text_messages_kcount=Decimal("0.1"),
    )  # fmt: skip
    (step,) = catalogue.sheet(price)
    rates = dict(zip(RATE_COLUMNS, step.rates, strict=True))
    assert {name: rates[name] for name in RATE_COLUMNS[10:]} == {
        "cache_read_audio_rate": Decimal("0.0000004"),
        "cache_read_image_rate": Decimal("0.0000005"),
        "input_video_rate": Decimal("0.000002"),
        "output_video_rate": Decimal("0.000008"),
        "citation_rate": Decimal("0.000003"),
        "web_search_rate": None,
        "storage_search_rate": Decimal("0.0025"),
        "audio_second_rate": Decimal("0.0001"),
        "input_character_rate": Decimal("0.000015"),
        "document_page_rate": Decimal("0.001"),
        "annotated_document_page_rate": Decimal("0.001"),
        "text_message_rate": Decimal("0.0001"),
        "image_rate": None,
        "request_rate": 0,
    }


def test_a_model_without_any_price_has_no_band(plain: Reader) -> None:
    assert ("openai/moderation", "standard") not in plain.bands


def test_an_embedding_has_no_price_for_output(plain: Reader) -> None:
    band = plain.band("openai/text-embedding-3-small", "2026-01-01")
    assert band["uncached_input_rate"] == Decimal("0.00000002")
    assert band["output_rate"] is band["reasoning_rate"] is None


def test_batch_is_half_of_standard_until_it_has_a_price_of_its_own(plain: Reader) -> None:
    before = plain.band(SONNET, "2026-10-13T23:59:59", tier="batch")
    after = plain.band(SONNET, "2026-10-14", tier="batch")
    assert (before["tier_rule"], after["tier_rule"]) == ("half", "own")
    assert before["uncached_input_rate"] == after["uncached_input_rate"] == Decimal("0.0000015")
    # Tools stand outside tokens.
    assert before["web_search_rate"] == after["web_search_rate"] == Decimal("0.01")
    assert plain.band("perplexity/sonar", "2026-01-01", tier="batch")["request_rate"] == Decimal("0.012")


def test_priority_is_standard_and_flagged_until_it_has_a_price_of_its_own(plain: Reader) -> None:
    before = plain.band("openai/gpt-4.1", "2026-10-11", tier="priority")
    after = plain.band("openai/gpt-4.1", "2026-10-12", tier="priority")
    assert (before["tier_rule"], before["uncached_input_rate"]) == ("standard", Decimal("0.000002"))
    assert (after["tier_rule"], after["uncached_input_rate"]) == ("own", Decimal("0.0000035"))
    assert plain.band("openai/gpt-4.1", "2026-10-12")["tier_rule"] == "own"


@pytest.mark.parametrize(
    ("quoted", "rate"),
    [
        ("0.041666666666666664", "0.000000041666666667"),
        ("0.0833333333333333", "0.000000083333333333"),
        ("1.0399999999999998", "0.00000104"),
        ("0.0000000000005", "0"),
        ("0.0000000000015", "0.000000000000000002"),
        ("2.50", "0.0000025"),
    ],
)
def test_float_noise_is_rounded_half_even_to_twelve_decimals_of_the_quoted_price(quoted: str, rate: str) -> None:
    assert unit_rate(Decimal(quoted), 6) == Decimal(rate)


def test_half_is_taken_before_rounding() -> None:
    assert unit_rate(Decimal("0.000000000003"), 6, half=True) == Decimal("0.000000000000000002")


def test_open_ends_are_the_first_and_the_last_day(plain: Reader) -> None:
    (band,) = plain.bands["openai/gpt-4o", "standard"]
    assert (band["valid_from"], band["valid_to"]) == (datetime(1, 1, 1), datetime(9999, 12, 31))
    assert (band["day_from"], band["day_to"], band["context_from"]) == (0, 86_400, 0)
