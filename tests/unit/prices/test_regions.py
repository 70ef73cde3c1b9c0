"""Which models cost more where they run in a region."""

from decimal import Decimal

import pytest

from orchestration.prices import catalogue
from orchestration.prices.regions import ANY, RULES, premium_of


@pytest.mark.parametrize(
    ("provider", "model", "region"),
    [
        ("anthropic", "claude-opus-4-6", "us"),
        ("anthropic", "claude-sonnet-5", "us"),
        ("anthropic", "claude-haiku-5-5", "us"),
        ("anthropic", "claude-opus-4-5", None),
        ("anthropic", "claude-opus-4-0", None),
        ("anthropic", "claude-3-5-haiku-latest", None),
        ("google", "claude-haiku-4-5", ANY),
        ("google", "claude-4-sonnet", None),
        ("google", "gemini-3.5-flash", None),
        ("openai", "gpt-5.4-mini", ANY),
        ("openai", "gpt-6.1-sol", ANY),
        ("openai", "gpt-5.3-codex", None),
        ("openai", "gpt-4.1", None),
        ("openai", "gpt-5", None),
        ("aws", "regional.anthropic.claude-opus-5", None),
    ],
)
def test_a_rule_holds_for_the_models_it_names(provider: str, model: str, region: str | None) -> None:
    found = premium_of(provider, model)
    assert (found.region if found else None) == region
    assert found is None or (found.share == Decimal("0.1") and "checked on" in found.note)


def test_what_the_package_says_of_vertex_in_words_is_what_the_rule_does() -> None:
    said = {
        model.id
        for provider in catalogue.providers() if provider.id == "google"
        for model in provider.models if "10% premium" in (model.price_comments or "")
    }  # fmt: skip
    assert said and all(premium_of("google", model) for model in said)


def test_every_rule_is_in_the_prices_of_its_models_in_every_tier() -> None:
    for rule in RULES:
        sold = [tariff for tariff in catalogue.tariffs() if tariff.provider == rule.provider]
        named = [tariff for tariff in sold if rule.models.fullmatch(tariff.model)]
        premiums = {priced.span.cell.premium for tariff in named for tier in tariff.spans.values() for priced in tier}
        assert premiums == {rule.premium()}
