"""Usage without a price: which models, since when, and what known names are near."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.home import Home
from orchestration.marts.manifest import Manifest
from orchestration.words import told_unpriced

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Hints = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class UnpricedModel:
    """One model's published usage without a price, for one reason. `hint`: the nearest known price ids, if any.

    `requests` is 0 where the source counts none.
    """

    provider: str
    model: str
    reason: str
    requests: int
    tokens: int
    first_day: date
    last_day: date
    hint: str | None

    @property
    def called(self) -> str:
        """The model and who sold it, as the logs have it."""
        return f"{self.model or 'no model'} at {self.provider}" if self.provider else self.model or "no model"


def hints_of(connection: "DuckDBPyConnection", books: Mapping[str, Mapping[str, Path]], kept: Hints) -> Hints:
    """`kept` (provider → model → hint) with what the books say of the models that the build found no price for."""
    from orchestration.prices.store import read_names

    asked: dict[str, set[tuple[str, str]]] = {}
    for version, provider, model in connection.execute(
        "select distinct price_version, provider, model from marts.daily_usage where not is_priced"
    ).fetchall():
        asked.setdefault(version, set()).add((provider, model))
    hints = {provider: dict(models) for provider, models in kept.items()}
    for version, names in sorted(asked.items()):
        for name in read_names(books[version]["models"]):
            found = name.raw_provider or "", name.raw_model or ""
            if name.hint and found in names:
                hints.setdefault(found[0], {})[found[1]] = name.hint
    return hints


def unpriced_models(home: Home, manifest: Manifest) -> tuple[UnpricedModel, ...]:
    """Of all published days, the most requests first. Opens day files only where the manifest counts such usage."""
    days = sorted(day for day, item in manifest.days.items() if item.has_unpriced)
    if not days:
        return ()
    import duckdb

    folder = home.current_marts.resolve() / "daily_usage"
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select provider, model, unpriced_reason, "
            "sum(if(requests = 0 and total_tokens = 0, 1, requests))::bigint as requests, "
            "sum(total_tokens)::bigint as tokens, min(usage_date), max(usage_date) "
            "from read_parquet(?) where not is_priced "
            "group by all order by requests desc, provider, model, unpriced_reason",
            [[str(folder / f"{day}.parquet") for day in days]],
        ).fetchall()
    return tuple(
        UnpricedModel(
            provider=provider,
            model=model,
            reason=reason,
            requests=requests,
            tokens=tokens,
            first_day=first_day,
            last_day=last_day,
            hint=manifest.price_hints.get(provider, {}).get(model),
        )
        for provider, model, reason, requests, tokens, first_day, last_day in rows
    )


def in_words(models: Sequence[UnpricedModel], shown: int) -> list[str]:
    """A line for each of the first `shown`, and how many are not told."""
    lines = []
    for item in models[:shown]:
        near = f"; near it: {item.hint}" if item.hint else ""
        # A provider's report may count tokens and no requests.
        usage = told_unpriced(item.requests, 0 if item.requests else item.tokens)
        span = f"on {item.first_day}" if item.first_day == item.last_day else f"{item.first_day} to {item.last_day}"
        lines.append(f"{item.called}: {usage}, {span}; {item.reason}{near}")
    if len(models) > shown:
        lines.append(f"and {len(models) - shown} more")
    return lines
