"""Which price each (provider, model) of the events means: once for each distinct pair, kept beside the book."""

from collections.abc import Sequence
from pathlib import Path

from orchestration.home import Home
from orchestration.prices.book import PriceBook, models_path
from orchestration.prices.providers import BEDROCK, UNTOLD, is_bedrock_id
from orchestration.prices.store import KnownModel, ResolvedName, known_models, read_names, write_names

Pair = tuple[str | None, str | None]


def resolve_models(home: Home, book: PriceBook, pairs: set[Pair]) -> Path:
    """Resolve the pairs that this book has not seen and return the file with all of them.

    A row, once written for a version, is never changed. An empty name is the same as none and is kept as NULL, so that
    a join that takes the two for equal finds one row. `resolution` says how sure the answer is: override and
    provider+model name the price exactly; alias found it through a pattern of the price package, another spelling of
    the provider, or the maker's price for a reseller; model had no provider to go by; unknown found nothing, and
    `hint` names the nearest prices.
    """
    path = models_path(home.prices, book.version)
    seen = read_names(path)
    asked = {(provider or None, model or None) for provider, model in pairs}
    fresh = asked - {(name.raw_provider, name.raw_model) for name in seen}
    if fresh or not path.exists():
        resolver = _Resolver(known_models(book.path)) if fresh else None
        ordered = sorted(fresh, key=lambda pair: tuple((part is not None, part or "") for part in pair))
        write_names(path, [*seen, *(resolver.resolve(*pair) for pair in ordered if resolver)])
    return path


class _Resolver:
    def __init__(self, known: Sequence[KnownModel]) -> None:
        from orchestration.prices import matching
        from orchestration.prices.hints import Hints

        self._matching = matching
        self._exact: dict[tuple[str, str], KnownModel] = {}
        for model in known:
            self._exact.setdefault((model.provider, model.model.lower()), model)
        self._ids = {model.price_id for model in self._exact.values()} | {model.price_id for model in known}
        self._providers = {provider for provider, _ in self._exact}
        self._hints = Hints(known)

    def resolve(self, raw_provider: str | None, raw_model: str | None) -> ResolvedName:
        model = (raw_model or "").strip().lower()
        told = (raw_provider or "").strip().lower()
        found: tuple[str, str] | None = None
        provider: str | None = None
        if model:
            if told not in UNTOLD:
                provider = self._matching.provider_id(told)
                found = self._at(told, provider, model)
            else:
                prefix, slash, rest = model.partition("/")
                if slash and rest and self._is_provider(prefix):
                    provider = self._matching.provider_id(prefix)
                    found = self._at(prefix, provider, model)
                elif is_bedrock_id(model):
                    provider = self._matching.provider_id(BEDROCK)
                    found = self._at(BEDROCK, provider, model)
                found = found or self._by_model(model)
        if found is not None:
            return ResolvedName(raw_provider, raw_model, found[0], found[1], None)
        hint = self._hints.nearest(provider if provider in self._providers else None, model) if model else None
        return ResolvedName(raw_provider, raw_model, None, "unknown", hint)

    def _is_provider(self, name: str) -> bool:
        return self._matching.provider_named(name) is not None or name in self._providers

    def _at(self, told: str, provider: str, model: str) -> tuple[str, str] | None:
        """The price at a provider: with the name as given, and without a prefix that repeats the provider."""
        names = [model]
        prefix, slash, rest = model.partition("/")
        if slash and rest and (prefix == told or self._matching.provider_id(prefix) == provider):
            names.insert(0, rest)
        for name in names:
            own = self._exact.get((provider, name))
            if own is not None and own.overridden:
                return own.price_id, "override"
        for name in names:
            match = self._matching.match_with_provider(provider, name)
            if match is not None and (match.price_id in self._ids or (provider, name) not in self._exact):
                return match.price_id, "provider+model" if match.exact else "alias"
        for name in names:
            own = self._exact.get((provider, name))
            if own is not None:
                return own.price_id, "provider+model"
        return None

    def _by_model(self, model: str) -> tuple[str, str] | None:
        match = self._matching.match_by_model(model)
        if match is None:
            return None
        provider = match.price_id.partition("/")[0]
        own = self._exact.get((provider, model))
        if own is not None and own.overridden:
            return own.price_id, "override"
        return match.price_id, "model"
