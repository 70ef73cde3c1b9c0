"""The customer's prices: where they win, where the package's go on, and what is refused."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.errors import SettingsError
from orchestration.home import Home
from orchestration.prices import PriceBook, current_book
from orchestration.prices.apply import COLUMN_KEYS
from orchestration.prices.overrides import COLUMNS, read_overrides
from orchestration.reference import PRICE_OVERRIDES
from tests.unit.prices.book_reader import Reader, read, write_overrides

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "prices"
# The columns that every file has; those after them may be left out.
HEADER = ",".join(COLUMNS[:14])
GPT = {"provider": "openai", "model": "gpt-4.1", "input_mtok": "1.8", "output_mtok": "7.2"}


def reader(home: Home, *rows: Mapping[str, str]) -> Reader:
    return read(current_book(home, write_overrides(home, *rows)))


def refused(home: Home, *rows: Mapping[str, str]) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        current_book(home, write_overrides(home, *rows))
    assert not list(home.prices.glob("*.parquet"))
    return caught.value


def test_an_override_holds_from_its_first_midnight_until_before_its_last(home: Home) -> None:
    bands = reader(home, GPT | {"valid_from": "2026-02-01", "valid_to": "2026-03-01", "checked_on": "2026-01-30"})
    prices = [
        bands.mtok("openai/gpt-4.1", at)["uncached_input"]
        for at in ("2026-01-31T23:59:59.999999", "2026-02-01", "2026-02-28T23:59:59.999999", "2026-03-01")
    ]
    assert prices == [Decimal(2), Decimal("1.8"), Decimal("1.8"), Decimal(2)]
    band = bands.band("openai/gpt-4.1", "2026-02-15")
    assert (band["origin"], band["known_on"]) == ("override", date(2026, 1, 30))
    assert bands.band("openai/gpt-4.1", "2026-03-01")["origin"] == "genai-prices"


def test_an_override_replaces_own_tiers_windows_and_contexts_too(home: Home) -> None:
    rows = (
        GPT | {"model": "GPT-4.1", "provider": "OpenAI"},
        {"provider": "deepseek", "model": "deepseek-v4-flash", "input_mtok": "1", "output_mtok": "2"},
        {"provider": "anthropic", "model": "claude-sonnet-4-5", "input_mtok": "1", "output_mtok": "2"},
    )
    bands = reader(home, *rows)
    batch = bands.band("openai/gpt-4.1", "2026-11-01", tier="batch")
    assert (batch["tier_rule"], batch["uncached_input_rate"]) == ("half", Decimal("0.0000009"))
    priority = bands.band("openai/gpt-4.1", "2026-11-01", tier="priority")
    assert (priority["tier_rule"], priority["uncached_input_rate"]) == ("standard", Decimal("0.0000018"))
    assert len(bands.bands["deepseek/deepseek-v4-flash", "standard"]) == 1
    assert bands.mtok("anthropic/claude-sonnet-4-5", "2026-11-01", context=10**6)["output"] == Decimal(2)


def test_an_override_of_one_tier_is_written_as_it_is_and_wins_over_that_of_all(home: Home) -> None:
    """All tiers cost 1.8 and batch half of it; from February batch costs 0.5 and priority 3; flex is the row's own."""
    batch = GPT | {"valid_from": "2026-02-01", "service_tier": "batch", "input_mtok": "0.5"}
    flex = GPT | {"model": "o3", "service_tier": "flex", "input_mtok": "0.7", "valid_to": "2026-03-01"}
    bands = reader(home, batch, batch | {"service_tier": "priority", "input_mtok": "3"}, GPT, flex)

    def told(tier: str, day: str, model: str = "gpt-4.1") -> tuple[str, Decimal]:
        band = bands.band(f"openai/{model}", day, tier=tier)
        return band["tier_rule"], band["uncached_input_rate"] * 10**6

    assert [told(tier, "2026-01-31") for tier in ("standard", "batch", "priority")] == [
        ("own", Decimal("1.8")), ("half", Decimal("0.9")), ("standard", Decimal("1.8")),
    ]  # fmt: skip
    assert [told(tier, "2026-02-01") for tier in ("standard", "batch", "priority", "flex")] == [
        ("own", Decimal("1.8")), ("own", Decimal("0.5")), ("own", Decimal(3)), ("standard", Decimal("1.8")),
    ]  # fmt: skip
    # Without a row for all of them the package's prices of the other tiers go on, and its own after the row's days.
    assert told("flex", "2026-02-28", "o3") == ("own", Decimal("0.7"))
    assert told("flex", "2026-03-01", "o3") == ("standard", Decimal(2))
    assert told("standard", "2026-02-28", "o3") == ("own", Decimal(2))
    error = refused(Home(home.root / "other"), batch, batch | {"valid_from": "2026-05-01"})
    assert "lines 2 and 3: two prices of openai/gpt-4.1 in batch hold on 2026-05-01" in error.message


def test_days_between_two_rows_of_a_model_without_another_price_are_refused(home: Home) -> None:
    own = {"provider": "house", "model": "painter", "input_mtok": "1", "output_mtok": "2"}
    early, late = own | {"valid_to": "2026-02-01"}, own | {"valid_from": "2026-03-01"}
    error = refused(home, GPT, late, early)
    assert error.message.endswith(
        "price_overrides.csv, lines 3 and 4: no price of house/painter holds from 2026-02-01 until before 2026-03-01."
    )
    assert "write a row between them" in error.next_step
    between = own | {"valid_from": "2026-02-01", "valid_to": "2026-03-01", "service_tier": "batch"}
    assert "lines 2 and 3" in refused(home, early, late, between).message
    # With a row between; of one tier where another row is for all; and where the price package goes on.
    reader(home, early, late, between | {"service_tier": ""})
    reader(home, own, early | {"service_tier": "batch"}, late | {"service_tier": "batch"})
    reader(home, GPT | {"valid_to": "2026-02-01"}, GPT | {"valid_from": "2026-03-01"})


def test_a_blank_rate_falls_back_within_the_row(home: Home) -> None:
    bands = reader(
        home,
        GPT | {"valid_to": "2026-01-01"},
        GPT | {"valid_from": "2026-01-01", "valid_to": "2026-02-01", "cache_write_5m_mtok": "3"},
        GPT
        | {
            "valid_from": "2026-02-01",
            "cache_read_mtok": "0",
            "cache_write_1h_mtok": "4",
            "request_fee": "0.002",
            "web_search_kcount": "9",
        },
    )
    blank = bands.mtok("openai/gpt-4.1", "2025-06-01")
    assert blank["cache_read"] == blank["cache_write_5m"] == blank["cache_write_1h"] == Decimal("1.8")
    assert (blank["reasoning"], blank["web_search"], blank["request"]) == (Decimal("7.2"), None, Decimal(0))
    written = bands.mtok("openai/gpt-4.1", "2026-01-15")
    assert (written["cache_write_5m"], written["cache_write_1h"]) == (Decimal(3), Decimal(3))
    full = bands.band("openai/gpt-4.1", "2026-02-15")
    assert (full["cache_read_rate"], full["cache_write_1h_rate"]) == (0, Decimal("0.000004"))
    assert full["cache_write_5m_rate"] == Decimal("0.0000018")
    assert (full["request_rate"], full["web_search_rate"]) == (Decimal("0.002"), Decimal("0.009"))


def test_every_further_column_prices_its_own_class(home: Home) -> None:
    further = [column.name for column in PRICE_OVERRIDES.columns if column.may_be_left_out][:-2]
    assert [column.name for column in PRICE_OVERRIDES.columns[-2:]] == ["service_tier", "region_premium"]
    assert sorted(further) == sorted([*COLUMN_KEYS, "image_fee"])
    quoted = {name: str(11 + place) for place, name in enumerate(further)}
    band = reader(home, GPT | quoted).band("openai/gpt-4.1", "2026-02-15")
    rates = {
        "cache_read_audio_mtok": ("cache_read_audio_rate", 10**6),
        "cache_read_image_mtok": ("cache_read_image_rate", 10**6),
        "reasoning_mtok": ("reasoning_rate", 10**6),
        "input_audio_mtok": ("input_audio_rate", 10**6),
        "output_audio_mtok": ("output_audio_rate", 10**6),
        "input_image_mtok": ("input_image_rate", 10**6),
        "output_image_mtok": ("output_image_rate", 10**6),
        "input_video_mtok": ("input_video_rate", 10**6),
        "output_video_mtok": ("output_video_rate", 10**6),
        "citation_mtok": ("citation_rate", 10**6),
        "storage_search_kcount": ("storage_search_rate", 1000),
        "input_mchars": ("input_character_rate", 10**6),
        "document_kpages": ("document_page_rate", 1000),
        "annotated_document_kpages": ("annotated_document_page_rate", 1000),
        "text_message_kcount": ("text_message_rate", 1000),
        "image_fee": ("image_rate", 1),
    }
    assert {name: band[rate] * per for name, (rate, per) in rates.items()} == {
        name: Decimal(quoted[name]) for name in rates
    }
    # 22 dollars an hour.
    assert (quoted["audio_hour"], band["audio_second_rate"]) == ("22", Decimal("0.006111111111111111"))


def test_a_model_nobody_knows_is_priced_on_the_days_of_its_override_only(home: Home) -> None:
    row = {"provider": "Acme", "model": "In-House-1", "input_mtok": "0", "output_mtok": "0.5"}
    bands = reader(home, row | {"valid_from": "2026-01-01", "valid_to": "2026-02-01"})
    assert bands.find("acme/in-house-1", "2025-12-31") == []
    assert bands.band("acme/in-house-1", "2026-01-31")["uncached_input_rate"] == 0
    assert bands.find("acme/in-house-1", "2026-02-01") == []
    assert len(bands.find("acme/in-house-1", "2026-01-15", tier="flex")) == 1


def test_an_override_of_a_dated_id_prices_that_id_apart_and_its_family_as_before(home: Home) -> None:
    bands = reader(home, GPT | {"model": "gpt-4.1-2025-04-14", "valid_from": "2026-02-01"})
    assert bands.mtok("openai/gpt-4.1-2025-04-14", "2026-01-15")["uncached_input"] == Decimal(2)
    assert bands.mtok("openai/gpt-4.1-2025-04-14", "2026-02-15")["uncached_input"] == Decimal("1.8")
    assert bands.mtok("openai/gpt-4.1", "2026-02-15")["uncached_input"] == Decimal(2)


def test_an_override_of_the_makers_price_does_not_reach_its_resellers(home: Home) -> None:
    bands = reader(home, GPT)
    assert bands.mtok("azure/openai/gpt-4.1", "2026-02-15")["uncached_input"] == Decimal(2)


def test_an_override_of_a_resellers_price_does_not_reach_the_maker(home: Home) -> None:
    bands = reader(home, GPT | {"provider": "azure_ai"})
    assert bands.mtok("azure/openai/gpt-4.1", "2026-02-15")["uncached_input"] == Decimal("1.8")
    assert bands.mtok("openai/gpt-4.1", "2026-02-15")["uncached_input"] == Decimal(2)


def test_two_overrides_of_one_day_are_refused_with_both_lines(home: Home) -> None:
    error = refused(
        home,
        GPT | {"valid_from": "2026-01-01", "valid_to": "2026-03-01"},
        GPT | {"model": "gpt-4o"},
        GPT | {"model": "GPT-4.1", "valid_from": "2026-02-28"},
    )
    assert "lines 2 and 4" in error.message
    assert "openai/gpt-4.1" in error.message
    assert "2026-02-28" in error.message


def test_two_spellings_of_a_provider_are_one_provider(home: Home) -> None:
    row = {"model": "amazon.nova-pro", "input_mtok": "1", "output_mtok": "2"}
    assert "lines 2 and 3" in refused(home, row | {"provider": "bedrock"}, row | {"provider": "aws"}).message


def test_overrides_that_only_touch_do_not_overlap(home: Home) -> None:
    bands = reader(home, GPT | {"valid_to": "2026-02-01"}, GPT | {"valid_from": "2026-02-01", "input_mtok": "1.7"})
    assert bands.mtok("openai/gpt-4.1", "2026-01-31T23:59:59")["uncached_input"] == Decimal("1.8")
    assert bands.mtok("openai/gpt-4.1", "2026-02-01")["uncached_input"] == Decimal("1.7")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("input_mtok", "-1"),
        ("input_mtok", "NaN"),
        ("input_mtok", "Infinity"),
        ("input_mtok", "1e3"),
        ("input_mtok", "+1"),
        ("input_mtok", "0.1234567890123"),
        ("input_mtok", "12345678901"),
        ("input_mtok", "\u0662"),
        ("input_mtok", ""),
        ("output_mtok", ""),
        ("output_mtok", "free"),
        ("cache_read_mtok", "-0.1"),
        ("cache_write_1h_mtok", "$3"),
        ("request_fee", "10000"),
        ("web_search_kcount", "12345678"),
        ("provider", ""),
        ("provider", "open/ai"),
        ("model", " "),
        ("model", "gpt\x07"),
        ("valid_from", "2026-02-30"),
        ("valid_from", "01/02/2026"),
        ("valid_from", "20260201"),
        ("checked_on", "yesterday"),
        ("valid_to", "2026-01-01"),
        ("valid_to", "2025-12-31"),
        ("service_tier", "overnight"),
    ],
)
def test_a_wrong_cell_is_refused_with_file_line_and_column(home: Home, column: str, value: str) -> None:
    error = refused(home, GPT | {"model": "gpt-4o"}, GPT | {"valid_from": "2026-01-01"} | {column: value})
    assert f"price_overrides.csv, line 3, column {column}: " in error.message
    assert error.next_step.startswith("Write ")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing_column.csv", "line 1: the header is not right (missing: checked_on; not known: checked)"),
        ("too_many_cells.csv", "line 3: 15 cells where the header has 14"),
        ("open_quote.csv", "line 3: not readable as CSV"),
        ("latin1.csv", "line 2: not UTF-8 text"),
    ],
)
def test_a_file_that_is_not_such_a_table_is_refused(name: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_overrides(FIXTURES / name, str)
    assert f"{name}, {said}" in caught.value.message


def test_lines_are_counted_through_quoted_line_breaks_blank_lines_and_windows_endings(home: Home) -> None:
    path = home.root / "price_overrides.csv"
    row = "openai,gpt-4.1,,,1,2,,,,,,,,"
    two_lines = 'openai,"gpt\r\n4.1",,,1,2,,,,,,,,'
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([HEADER, "", row, two_lines, ""]).encode())
    with pytest.raises(SettingsError, match="line 4, column model"):
        read_overrides(path, str)
    path.write_bytes("\r\n".join([HEADER, "", f'{row}"a\r\nb"', row]).encode())
    with pytest.raises(SettingsError, match="line 3, column note"):
        read_overrides(path, str)
    path.write_bytes("\r\n".join([HEADER, "", row.replace("4.1", "4o"), row, row]).encode())
    with pytest.raises(SettingsError, match="lines 4 and 5"):
        read_overrides(path, str)


def test_a_bare_header_and_no_file_give_the_packages_prices(home: Home, plain_book: PriceBook) -> None:
    assert current_book(home) == current_book(home, write_overrides(home))
    assert current_book(home).version == plain_book.version
