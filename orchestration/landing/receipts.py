"""What was landed: one receipt for each landing, and the re-deliveries beside them. Light to import."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestration.errors import TallyhouseError
from orchestration.files import write_atomically
from orchestration.home import Home
from orchestration.landing.refused import Refusal

REDELIVERED = "redelivered.jsonl"


@dataclass(frozen=True)
class Counts:
    """Rows by what became of them; `delivered` is counted apart from the reader."""

    delivered: int = 0
    landed: int = 0
    duplicates: int = 0
    quarantined: int = 0
    not_usage: int = 0
    refused: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.delivered + other.delivered,
            self.landed + other.landed,
            self.duplicates + other.duplicates,
            self.quarantined + other.quarantined,
            self.not_usage + other.not_usage,
            self.refused + other.refused,
        )

    @property
    def balanced(self) -> bool:
        """Whether every delivered row is accounted for exactly once."""
        fates = self.landed + self.duplicates + self.quarantined + self.not_usage + self.refused
        return self.delivered == fates


@dataclass(frozen=True)
class DayPart:
    """The rows of one file on one day (the organisation's); `hash` does not depend on their order."""

    rows: int
    hash: str


@dataclass(frozen=True)
class FileReceipt:
    """One landed file; `path` is relative to the home where the file lies inside it."""

    path: str
    sha256: str
    bytes: int
    delivered: int
    landed: int
    quarantined: int
    not_usage: int
    days: dict[str, DayPart]


@dataclass(frozen=True)
class Receipt:
    """One landing. Its existence on disk is the commit: parts without a receipt do not count.

    `parts` are Parquet paths relative to the home; `models` the distinct (provider, model) as staging sees
    them; `linked_days` the days of earlier rows that share an event id with this landing but lie elsewhere. `accounts`:
    (provider, provider_account, first day, last day) for each run of days with events of that account.
    """

    landing: str
    source: str
    kind: str
    timezone: str
    landed_at: str
    files: tuple[FileReceipt, ...]
    parts: tuple[str, ...]
    models: tuple[tuple[str | None, str | None], ...]
    linked_days: dict[str, str]
    first_event_at: str | None
    last_event_at: str | None
    accounts: tuple[tuple[str | None, str | None, str, str], ...] = ()

    @property
    def counts(self) -> Counts:
        return Counts(
            delivered=sum(file.delivered for file in self.files),
            landed=sum(file.landed for file in self.files),
            quarantined=sum(file.quarantined for file in self.files),
            not_usage=sum(file.not_usage for file in self.files),
        )


@dataclass(frozen=True)
class Redelivery:
    """A file whose content had been landed before; all its rows are duplicates."""

    source: str
    path: str
    sha256: str
    mtime_ns: int
    bytes: int
    delivered: int
    landed_at: str


def receipts(home: Home) -> list[Receipt]:
    """Every receipt of the home, by source and landing id."""
    return [_read(path) for path in sorted(home.landings.glob("*/*.json"))]


def redeliveries(home: Home) -> list[Redelivery]:
    """Every re-delivered file of the home, by source, in the order they came."""
    return [
        Redelivery(**json.loads(line))
        for path in sorted(home.landings.glob(f"*/{REDELIVERED}"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def totals(landed: Iterable[Receipt], again: Iterable[Redelivery] = (), refused: Iterable[Refusal] = ()) -> Counts:
    """All rows ever delivered and what became of them, over all runs; of refused files those that still stand."""
    total = Counts()
    for receipt in landed:
        total += receipt.counts
    for redelivery in again:
        total += Counts(delivered=redelivery.delivered, duplicates=redelivery.delivered)
    for refusal in refused:
        total += Counts(delivered=refusal.delivered, refused=refusal.delivered)
    return total


def write_receipt(home: Home, receipt: Receipt) -> None:
    """Commit a landing."""
    text = json.dumps(asdict(receipt), indent=1, ensure_ascii=False)
    write_atomically(receipt_path(home, receipt.source, receipt.landing), text + "\n")


def receipt_path(home: Home, source: str, landing: str) -> Path:
    return home.landings / source / f"{landing}.json"


def write_redeliveries(home: Home, source: str, again: Iterable[Redelivery]) -> None:
    """Add to the source's list; the whole list is rewritten, so that a kill leaves no torn line."""
    path = home.landings / source / REDELIVERED
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = [json.dumps(asdict(redelivery), ensure_ascii=False) + "\n" for redelivery in again]
    write_atomically(path, before + "".join(lines))


def _read(path: Path) -> Receipt:
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        files = tuple(
            FileReceipt(**{**file, "days": {day: DayPart(**part) for day, part in file["days"].items()}})
            for file in raw["files"]
        )
        models = tuple((provider, model) for provider, model in raw["models"])
        accounts = tuple((provider, account, first, last) for provider, account, first, last in raw.get("accounts", ()))
        return Receipt(**{**raw, "files": files, "parts": tuple(raw["parts"]), "models": models, "accounts": accounts})
    except (ValueError, KeyError, TypeError) as error:
        raise TallyhouseError(
            f"The receipt {path} cannot be read: {error}.",
            "Restore it from a backup, or delete it: its files are then landed again.",
        ) from error
