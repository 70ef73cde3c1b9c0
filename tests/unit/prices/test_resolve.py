"""Names of providers and models as gateways and SDKs write them, and what they are taken for."""

from pathlib import Path

import duckdb
import pytest

from orchestration.home import Home
from orchestration.prices import PriceBook, current_book, resolve_models
from orchestration.prices.providers import ALIASES, UNKNOWN_SELLERS, UNTOLD, is_bedrock_id
from orchestration.prices.store import ResolvedName, read_names
from tests.unit.prices.book_reader import write_overrides

SONNET_ON_AWS = "aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0"


def one(home: Home, book: PriceBook, provider: str | None, model: str | None) -> ResolvedName:
    names = read_names(resolve_models(home, book, {(provider, model)}))
    asked = provider or None, model or None
    (found,) = [name for name in names if (name.raw_provider, name.raw_model) == asked]
    return found


@pytest.mark.parametrize(
    ("provider", "model", "price_id", "resolution"),
    [
        ("openai", "gpt-4.1", "openai/gpt-4.1", "provider+model"),
        ("OpenAI", "GPT-4.1", "openai/gpt-4.1", "provider+model"),
        (" openai ", " gpt-4.1 ", "openai/gpt-4.1", "provider+model"),
        ("openai", "openai/gpt-4.1", "openai/gpt-4.1", "provider+model"),
        ("openai", "gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini", "alias"),
        ("anthropic", "claude-opus-4-20250514", "anthropic/claude-opus-4-0", "alias"),
        (None, "claude-opus-4-20250514", "anthropic/claude-opus-4-0", "model"),
        ("", "claude-opus-4-20250514", "anthropic/claude-opus-4-0", "model"),
        ("litellm", "gpt-4.1", "openai/gpt-4.1", "model"),
        (None, "text-embedding-3-small", "openai/text-embedding-3-small", "model"),
        (None, "openai/gpt-4.1", "openai/gpt-4.1", "provider+model"),
        ("bedrock", "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET_ON_AWS, "alias"),
        (None, "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET_ON_AWS, "alias"),
        ("bedrock_converse", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET_ON_AWS, "alias"),
        ("aws.bedrock", SONNET_ON_AWS.removeprefix("aws/"), SONNET_ON_AWS, "provider+model"),
        ("xai", "xai/grok-4.6", "x-ai/grok-4.6", "provider+model"),
        (None, "xai/grok-4", "x-ai/grok-4-0709", "alias"),
        ("gemini", "gemini/gemini-2.5-pro", "google/gemini-2.5-pro", "provider+model"),
        ("vertex_ai", "claude-sonnet-4-5@20250929", "google/claude-sonnet-4-5", "alias"),
        ("mistralai", "mistral-large-latest", "mistral/mistral-large", "alias"),
        ("azure", "gpt-4o", "azure/openai/gpt-4o", "alias"),
        ("azure", "azure/gpt-4o-2024-08-06", "azure/openai/gpt-4o", "alias"),
        ("azure_openai", "gpt-4o", "azure/openai/gpt-4o", "alias"),
        (
            "openrouter",
            "openrouter/anthropic/claude-sonnet-4.5",
            "openrouter/anthropic/claude-sonnet-4.5",
            "provider+model",
        ),
        (
            "openrouter",
            "anthropic/claude-sonnet-4.5",
            "openrouter/anthropic/claude-sonnet-4.5",
            "provider+model",
        ),
        # Known, but the package has no price for it: resolved, and unpriced for want of a band.
        ("openai", "omni-moderation-latest", "openai/moderation", "alias"),
        ("custom_openai", "gpt-4o", None, "unknown"),
        ("acme", "gpt-4o", None, "unknown"),
        ("anthropic", "gpt-4o", None, "unknown"),
        ("openai", None, None, "unknown"),
        (None, None, None, "unknown"),
        ("", "", None, "unknown"),
        (None, "/", None, "unknown"),
        (None, "wholly-made-up", None, "unknown"),
    ],
)
def test_names(
    plain_home: Home,
    plain_book: PriceBook,
    provider: str | None,
    model: str | None,
    price_id: str | None,
    resolution: str,
) -> None:
    found = one(plain_home, plain_book, provider, model)
    assert (found.price_id, found.resolution) == (price_id, resolution)


SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
ARN = "arn:aws:bedrock:us-east-1"
OWN_PROFILE = f"{ARN}:123456789012:application-inference-profile/xyz"


@pytest.mark.parametrize(
    ("model", "price_id"),
    [
        (SONNET, f"aws/regional.{SONNET}"),
        (f"us.{SONNET}", f"aws/regional.{SONNET}"),
        (f"eu.{SONNET}", f"aws/regional.{SONNET}"),
        (f"jp.{SONNET}", f"aws/regional.{SONNET}"),
        (f"us-gov.{SONNET}", f"aws/regional.{SONNET}"),
        (f"global.{SONNET}", f"aws/global.{SONNET}"),
        (f"{ARN}::foundation-model/{SONNET}", f"aws/regional.{SONNET}"),
        (f"{ARN}:123456789012:inference-profile/us.{SONNET}", f"aws/regional.{SONNET}"),
        (f"{ARN}:123456789012:inference-profile/global.{SONNET}", f"aws/global.{SONNET}"),
        ("claude-sonnet-4-5-20250929", f"aws/regional.{SONNET}"),
        ("us.amazon.nova-pro-v1:0", "aws/amazon.nova-pro-v1:0"),
        ("amazon.titan-embed-text-v2:0", "aws/amazon.titan-embed-text-v2:0"),
        ("us.meta.llama3-3-70b-instruct-v1:0", "aws/meta.llama3-3-70b-instruct-v1:0"),
        (OWN_PROFILE, None),
        (f"{ARN}:123456789012:provisioned-model/abc", None),
    ],
)
def test_ids_of_bedrocks_invocation_logs(
    plain_home: Home, plain_book: PriceBook, model: str, price_id: str | None
) -> None:
    assert one(plain_home, plain_book, "bedrock", model).price_id == price_id


@pytest.mark.parametrize("model", [f"us.{SONNET}", SONNET, f"{ARN}::foundation-model/{SONNET}"])
def test_an_id_of_bedrock_says_by_itself_who_sold_the_tokens(
    plain_home: Home, plain_book: PriceBook, model: str
) -> None:
    assert one(plain_home, plain_book, None, model).price_id == f"aws/regional.{SONNET}"


@pytest.mark.parametrize("model", ["gpt-4.1", "amazon", "meta.", "o1.mini"])
def test_other_names_are_no_ids_of_bedrock(model: str) -> None:
    assert not is_bedrock_id(model)


def test_a_profile_of_the_customers_own_is_priced_by_an_override_of_its_arn(home: Home) -> None:
    write_overrides(home, {"provider": "bedrock", "model": OWN_PROFILE, "input_mtok": "1", "output_mtok": "2"})
    found = one(home, current_book(home), "bedrock", OWN_PROFILE)
    assert (found.price_id, found.resolution) == (f"aws/{OWN_PROFILE}", "override")


def test_an_unknown_model_of_a_known_provider_gets_that_providers_nearest_prices(
    plain_home: Home, plain_book: PriceBook
) -> None:
    hint = one(plain_home, plain_book, "anthropic", "claude-sonet-4-5-typo").hint or ""
    assert len(hint.split(", ")) == 3
    assert hint.split(", ")[0] == "anthropic/claude-sonnet-4-5"
    assert all(price_id.startswith("anthropic/") for price_id in hint.split(", "))


def test_an_unknown_provider_gets_the_same_model_elsewhere_as_a_hint_and_not_as_a_price(
    plain_home: Home, plain_book: PriceBook
) -> None:
    found = one(plain_home, plain_book, "acme", "gpt-4o")
    assert found.price_id is None
    assert "openai/gpt-4o" in (found.hint or "").split(", ")


def test_known_names_carry_no_hint(plain_home: Home, plain_book: PriceBook) -> None:
    assert one(plain_home, plain_book, "openai", "gpt-4.1").hint is None


def test_an_override_wins_for_the_name_it_gives_and_for_its_family_by_price(home: Home) -> None:
    row = {"input_mtok": "1", "output_mtok": "2"}
    write_overrides(
        home,
        row | {"provider": "openai", "model": "gpt-4.1-2025-04-14"},
        row | {"provider": "acme", "model": "In-House-1"},
        row | {"provider": "anthropic", "model": "claude-opus-4-0"},
    )
    book = current_book(home)

    def resolved(provider: str | None, model: str) -> tuple[str | None, str]:
        found = one(home, book, provider, model)
        return found.price_id, found.resolution

    assert resolved("openai", "gpt-4.1-2025-04-14") == ("openai/gpt-4.1-2025-04-14", "override")
    assert resolved("openai", "OPENAI/GPT-4.1-2025-04-14") == ("openai/gpt-4.1-2025-04-14", "override")
    assert resolved(None, "gpt-4.1-2025-04-14") == ("openai/gpt-4.1-2025-04-14", "override")
    assert resolved("openai", "gpt-4.1") == ("openai/gpt-4.1", "provider+model")
    assert resolved("ACME", "in-house-1") == ("acme/in-house-1", "override")
    assert resolved(None, "acme/in-house-1") == ("acme/in-house-1", "override")
    assert resolved("openai", "in-house-1")[0] is None
    assert resolved("anthropic", "claude-opus-4-20250514") == ("anthropic/claude-opus-4-0", "alias")


def test_rows_are_appended_once_and_never_changed(home: Home) -> None:
    book = current_book(home)
    path = resolve_models(home, book, set())
    assert read_names(path) == []
    assert path == book.models_path
    resolve_models(home, book, {("openai", "gpt-4.1"), (None, None), (None, "x")})
    first = read_names(path)
    assert [(name.raw_provider, name.raw_model) for name in first] == [
        (None, None),
        (None, "x"),
        ("openai", "gpt-4.1"),
    ]
    content = path.read_bytes()
    resolve_models(home, book, {("openai", "gpt-4.1")})
    assert path.read_bytes() == content
    resolve_models(home, book, {("openai", "gpt-4.1"), (None, "claude-2")})
    assert read_names(path)[:3] == first
    assert len(read_names(path)) == 4
    assert {item.name for item in home.prices.iterdir()} == {
        "current.json", f"{book.version}.known.json", book.path.name, path.name,
    }  # fmt: skip


def test_an_empty_name_is_no_name_and_has_one_row(home: Home) -> None:
    # The models join on coalesce(provider, ''): two rows here would double every such event.
    book = current_book(home)
    path = resolve_models(home, book, {("", "gpt-4.1"), (None, "gpt-4.1"), (None, ""), ("", None)})
    resolve_models(home, book, {("", "gpt-4.1"), ("", "")})
    assert [(name.raw_provider, name.raw_model) for name in read_names(path)] == [
        (None, None),
        (None, "gpt-4.1"),
    ]


def test_a_name_that_injects_is_only_a_name(home: Home) -> None:
    book = current_book(home)
    wild = "x'); DROP TABLE y; --\n\t\"é🙂," + "z" * 5_000
    assert one(home, book, wild, wild).resolution == "unknown"


def test_the_file_has_text_columns_only(home: Home) -> None:
    path: Path = resolve_models(home, current_book(home), {("openai", "gpt-4.1")})
    with duckdb.connect() as connection:
        found = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    assert [(name, kind) for name, kind, *_ in found] == [
        (name, "VARCHAR") for name in ("raw_provider", "raw_model", "price_id", "resolution", "hint")
    ]


def test_every_spelling_leads_to_a_provider_of_the_package() -> None:
    from orchestration.prices import catalogue

    ids = {provider.id for provider in catalogue.providers()}
    assert set(ALIASES.values()) <= ids
    assert not ids & (ALIASES.keys() | UNTOLD | UNKNOWN_SELLERS)
