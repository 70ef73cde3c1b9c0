"""price_overrides.csv: the customer's own prices, under the names that prices are found by."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from orchestration.reference.price_overrides import PRICE_OVERRIDES, PriceOverride
from orchestration.reference.table import Fault, FaultsError

COLUMNS = tuple(column.name for column in PRICE_OVERRIDES.columns)


@dataclass(frozen=True)
class Override(PriceOverride):
    """One row with its line; provider and model in small letters, the provider as price ids name it."""

    line: int


def read_overrides(path: Path, provider_id: Callable[[str], str]) -> list[Override]:
    """Every row of the file; a missing file or a bare header gives none.

    `provider_id` turns a provider's name into the one used for price ids, so that two spellings of one provider
    cannot both price a model. Raises FaultsError for wrong cells, or for two rows of one model and service tier that
    hold on the same day.
    """
    found = [
        Override(**vars(row) | {"provider": provider_id(row.provider.lower()), "model": row.model.lower()}, line=line)
        for line, row in PRICE_OVERRIDES.rows(path)
    ]
    if faults := list(_overlaps(found)):
        raise FaultsError(path, faults)
    return found


def _overlaps(found: list[Override]) -> Iterator[Fault]:
    ordered = sorted(found, key=lambda row: (*_priced(row), row.valid_from, row.line))
    for earlier, later in pairwise(ordered):
        if _priced(earlier) == _priced(later) and later.valid_from < earlier.valid_to:
            first, second = sorted((earlier.line, later.line))
            yield Fault(
                second,
                f"lines {first} and {second}: two prices of {earlier.provider}/{earlier.model}"
                f"{f' in {later.service_tier}' if later.service_tier else ''} hold on {later.valid_from}",
                "Let the earlier one's valid_to be the later one's valid_from",
            )


def _priced(row: Override) -> tuple[str, str, str]:
    return row.provider, row.model, row.service_tier
