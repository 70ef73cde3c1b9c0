"""The price book in use: found again in milliseconds, flattened anew only when it could have changed."""

import hashlib
import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path

from orchestration.files import write_atomically
from orchestration.home import Home
from orchestration.prices.discounts import discounts_path, discounts_text, hashed_text, write_discounts
from orchestration.prices.known import keep_known
from orchestration.reference.charges import DISCOUNTS, Discount
from orchestration.reference.commitments import COMMITMENTS, covered
from orchestration.reference.table import FaultsError

_PACKAGE = "genai-prices"
_FORM = 4
"""Raise it when the same package and overrides flatten to other bands than before."""


@dataclass(frozen=True)
class PriceBook:
    """One immutable set of prices. `version` names its content, `label` says in words where that is from."""

    version: str
    label: str
    path: Path

    @property
    def discounts_path(self) -> Path:
        """Its discounts and markups; not there where it has none."""
        return discounts_path(self.path.parent, self.version)

    @property
    def models_path(self) -> Path:
        """The names of models resolved against this book so far."""
        return models_path(self.path.parent, self.version)


def models_path(folder: Path, version: str) -> Path:
    """Where the names resolved against a version are kept, in the folder of its book."""
    return folder / f"{version}.models.parquet"


def book_stamp(home: Home, overrides_csv: Path | None = None) -> str:
    """What the book is made from: the package's version and the customer's own tables. Opens no package.

    While it stays the same, so does the book; a changed stamp may still give the same book.
    """
    tables = {
        "overrides": overrides_csv or home.reference / "price_overrides.csv",
        "discounts": home.reference / DISCOUNTS.file,
        "commitments": home.reference / COMMITMENTS.file,
    }
    read = {name: path.read_bytes() if path.exists() else b"" for name, path in tables.items()}
    told = ", ".join(f"{name} {hashlib.sha256(content).hexdigest()}" for name, content in read.items())
    return f"{_PACKAGE} {importlib.metadata.version(_PACKAGE)}, {told}, form {_FORM}"


def _steps(home: Home) -> list[Discount]:
    """What changes a price after the list; a flat fee leaves nothing of it."""
    return [*DISCOUNTS.read(home), *covered(COMMITMENTS.read(home))]


def current_book(home: Home, overrides_csv: Path | None = None) -> PriceBook:
    """The newest book, flattened into `data/prices/<version>.parquet` unless it is there already.

    A version's file is written once and never again. Raises SettingsError for a wrong row of the overrides
    (default: reference/price_overrides.csv), of discounts.csv or of commitments.csv.
    """
    path = overrides_csv or home.reference / "price_overrides.csv"
    stamp = book_stamp(home, path)
    current = home.prices / "current.json"
    known = _read_current(current)
    if known.get("stamp") == stamp:
        book = PriceBook(known["version"], known["label"], home.prices / f"{known['version']}.parquet")
        if book.path.is_file() and (book.discounts_path.is_file() or not _steps(home)):
            return book
    book = _flatten(home, path)
    write_atomically(
        current, json.dumps({"stamp": stamp, "version": book.version, "label": book.label}, indent=1) + "\n"
    )
    return book


def newest_version(home: Home) -> str | None:
    """The version of the newest book if it is flattened already, else None. Writes nothing."""
    known = _read_current(home.prices / "current.json")
    return known.get("version") if known.get("stamp") == book_stamp(home) else None


def _read_current(path: Path) -> dict[str, str]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    # Only a note of what can be flattened again: anything unreadable in it counts as not written.
    if isinstance(known, dict) and all(isinstance(known.get(key), str) for key in ("stamp", "version", "label")):
        return known
    return {}


def _flatten(home: Home, overrides_csv: Path) -> PriceBook:
    from orchestration.prices import catalogue, matching, store
    from orchestration.prices.apply import apply_overrides, gaps
    from orchestration.prices.overrides import read_overrides
    from orchestration.prices.tiling import check_tiling

    overrides = read_overrides(overrides_csv, matching.provider_id)

    def find(provider: str, model: str) -> str | None:
        found = matching.match_with_provider(provider, model)
        return found.price_id if found else None

    if faults := list(gaps(catalogue.tariffs(), overrides, find)):
        raise FaultsError(overrides_csv, faults)
    tariffs = apply_overrides(catalogue.tariffs(), overrides, find)
    check_tiling(tariffs)
    discounts = _steps(home)
    text = store.flat_text(tariffs)
    content = text + hashed_text(discounts)
    package = importlib.metadata.version(_PACKAGE)
    version = f"genai-{package}-{hashlib.sha256(content.encode('utf-8')).hexdigest()[:8]}"
    path = home.prices / f"{version}.parquet"
    counted = ((len(overrides), "override"), (len(discounts), "discount or markup"))
    parts = [f"{count} {_plural(noun, count)}" for count, noun in counted if count]
    label = f"{_PACKAGE} {package}{' with ' if parts else ''}{' and '.join(parts)}"
    write_discounts(discounts_path(home.prices, version), discounts_text(discounts))
    if not path.exists():
        keep_known(home.prices, version, label)
        store.write_bands(path, text)
    return PriceBook(version, label, path)


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else " or ".join(f"{word}s" for word in noun.split(" or "))
