"""Discounts and markups as a price book keeps them: part of its version, so a changed contract moves no built day."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from orchestration.files import write_atomically
from orchestration.reference.charges import Discount

_PER_MILLION = Decimal("1e-6")
_PER_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Step:
    """One row of discounts.csv and the price books that have it.

    Amounts are plain decimal texts: `factor` of what the step before left, or `rate` in the reporting
    currency for one token or request.
    """

    versions: tuple[str, ...]
    discount_id: str
    kind: str
    provider: str
    provider_account: str
    model: str
    department: str
    factor: str | None
    rate: str | None
    unit: str
    apply_order: int
    valid_from: date
    valid_to: date
    source: str
    inference_region: str = ""

    @property
    def order(self) -> tuple[int, str, date, str]:
        """Steps are taken by ascending apply_order, then by id; a flat fee has one for each of its models."""
        return self.apply_order, self.discount_id, self.valid_from, self.model

    def variables(self) -> dict[str, object]:
        """The step as dbt is told it."""
        return {
            **vars(self),
            "versions": list(self.versions),
            "valid_from": self.valid_from.isoformat(),
            "valid_to": self.valid_to.isoformat(),
        }


def discounts_text(rows: Iterable[Discount]) -> str:
    """The rows in one fixed order, as JSON; '' without any."""
    steps = sorted((_step(row) for row in rows), key=lambda step: step.order)
    return json.dumps([step.variables() for step in steps], indent=1, ensure_ascii=False) + "\n" if steps else ""


def hashed_text(rows: Iterable[Discount]) -> str:
    """What a version is the hash of: all but where a row is filed, which changes no figure."""
    return discounts_text(replace(row, source="") for row in rows)


def discounts_path(folder: Path, version: str) -> Path:
    """Where the discounts of a version are kept, beside its book; a book without any has no such file."""
    return folder / f"{version}.discounts.json"


def write_discounts(path: Path, text: str) -> None:
    """Keep the text of `discounts_text`, whole or not at all; a version's file is written once."""
    if text and not path.exists():
        write_atomically(path, text)


def steps_of(paths: Mapping[str, Path], days: Sequence[date]) -> list[Step]:
    """Every step of these versions' books that holds on one of the days, once, in the order in which they are taken.

    `paths`: each version's file; one that does not exist says that the book has no discounts.
    """
    found: dict[Step, list[str]] = {}
    for version, path in sorted(paths.items()):
        for step in _read(path):
            if any(step.valid_from <= day < step.valid_to for day in days):
                found.setdefault(step, []).append(version)
    merged = (replace(step, versions=tuple(versions)) for step, versions in found.items())
    return sorted(merged, key=lambda step: (*step.order, step.versions))


def _read(path: Path) -> list[Step]:
    if not path.exists():
        return []
    return [
        Step(
            **{
                **row,
                "versions": (),
                "valid_from": date.fromisoformat(row["valid_from"]),
                "valid_to": date.fromisoformat(row["valid_to"]),
            }
        )
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]


def _step(row: Discount) -> Step:
    per = _PER_MILLION if row.unit == "mtok" else Decimal(1)
    return Step(
        versions=(),
        discount_id=row.discount_id,
        kind=row.kind,
        provider=row.provider,
        provider_account=row.provider_account,
        model=row.model,
        department=row.department,
        factor=_plain(row.percent * _PER_CENT) if row.percent is not None else None,
        rate=_plain(row.per_unit * per) if row.per_unit is not None else None,
        unit=row.unit,
        apply_order=row.apply_order,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        source=row.source,
        inference_region=row.inference_region.lower(),
    )


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
