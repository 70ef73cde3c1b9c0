"""Which price a provider's name and a model's name mean, by the price package's own patterns.

Imports the price package: import this only to flatten, or for names that were not resolved before.
"""

from dataclasses import dataclass
from functools import cache

from genai_prices.data_snapshot import DataSnapshot, find_provider_by_id
from genai_prices.types import Provider

from orchestration.prices import catalogue
from orchestration.prices.providers import UNKNOWN_SELLERS, UNTOLD, maker_of, spelled


@dataclass(frozen=True)
class Match:
    """A model of the package: `exact` when its own provider lists it under this very name."""

    price_id: str
    exact: bool


@cache
def _snapshot() -> DataSnapshot:
    # Built here rather than taken from the package, where any import could have swapped in newer prices.
    return DataSnapshot(providers=catalogue.providers(), from_auto_update=False)


@cache
def _owners() -> dict[int, Provider]:
    return {id(model): provider for provider in catalogue.providers() for model in provider.models}


@cache
def provider_named(name: str) -> Provider | None:
    """The package's provider behind `name`: its id, else our table of spellings, else the package's patterns."""
    lowered = spelled(name)
    if lowered in UNTOLD or lowered in UNKNOWN_SELLERS:
        return None
    return find_provider_by_id(catalogue.providers(), lowered)


def provider_id(name: str) -> str:
    """The provider part of a price id: the package's id when it knows the provider, else `name` in lower case."""
    provider = provider_named(name)
    return spelled(name) if provider is None else provider.id


def match_with_provider(name: str, model: str) -> Match | None:
    """What `model` means at the provider called `name`; a reseller may fall back on the maker's price."""
    provider = provider_named(name)
    if provider is None:
        return None
    found = provider.find_model(model, all_providers=catalogue.providers())
    if found is None:
        return None
    owner = _owners()[id(found)]
    exact = owner is provider and found.id.lower() == model.lower()
    return Match(catalogue.price_id(provider, owner, found), exact)


def match_by_model(model: str) -> Match | None:
    """What `model` means when nobody says who sold it: the maker whose pattern of names it fits."""
    try:
        provider, found = _snapshot().find_provider_model(model, None, None, None)
    except LookupError:
        maker = maker_of(model)
        return None if maker is None else match_with_provider(maker, model)
    return Match(catalogue.price_id(provider, _owners()[id(found)], found), False)
