"""What is known of closed months otherwise than it was issued, and what of it was carried into a later month."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from orchestration.closing.account import carried_charge
from orchestration.closing.compared import KEYS, USAGE, ZERO, Difference, compare, part
from orchestration.closing.freeze import MARTS, folder_of
from orchestration.closing.issued import closed_months
from orchestration.closing.records import Record
from orchestration.home import Home
from orchestration.settings import Settings
from reports.values import CHARGED, SHARES

if TYPE_CHECKING:
    from pathlib import Path

    from reports.statement import Correction

CARRIED = "carried.json"
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Restated:
    """A closed month whose figures are known otherwise today, and its lines that differ."""

    record: Record
    lines: tuple[Difference, ...]

    @property
    def cost(self) -> Decimal:
        """What usage costs more, exact."""
        return sum((line.cost for line in self.lines if line.kind == USAGE), ZERO)

    @property
    def charged(self) -> Decimal:
        """What the organisation's statement would charge more, in cents: with credits and tax."""
        return charged_of(self.lines, "organisation", "")

    @property
    def shares(self) -> int:
        """Lines of who bears shared costs or untagged usage."""
        return sum(line.kind in SHARES for line in self.lines)


def charged_of(lines: Sequence[Difference], scope_type: str, department: str) -> Decimal:
    """By how much these lines change what one statement charges, in cents."""
    mine = (line for line in lines if line.kind in CHARGED and line.scope_type == scope_type)
    return sum((line.cost for line in mine if line.department == department), ZERO)


def find_differences(home: Home) -> list[Restated]:
    """Every closed month that differs today from what was issued of it, oldest first.

    What was carried into a later closed month counts as issued. Opens DuckDB only where something differs.
    """
    found = []
    closed = closed_months(home)
    carried = [line for record in closed.values() for line in carried_into(home, record)]
    for month, record in closed.items():
        frozen = folder_of(home, month, record.revision) / MARTS
        lines = _less_carried(compare(frozen, home.current_marts, month), [c for c in carried if c.month == month])
        if lines:
            found.append(Restated(record, lines))
    return found


def carried_forward(home: Home, settings: Settings, month: date) -> tuple[Difference, ...]:
    """What the statement of `month` carries from earlier closed months; nothing where the policy is to restate."""
    if settings.close.late_usage != "carry_forward":
        return ()
    return tuple(
        line for restated in find_differences(home) if restated.record.month < month for line in restated.lines
    )


def as_corrections(lines: Sequence[Difference]) -> "tuple[Correction, ...]":
    """The lines as statements show them, and charge those that they carry."""
    from reports.statement import Correction

    return tuple(
        Correction(
            month=line.month,
            department=line.department,
            project=line.project,
            provider=line.provider,
            model=line.model,
            before=line.cost_issued,
            after=line.cost_known,
            kind=line.kind,
            scope_type=line.scope_type,
            cost_centre=line.cost_centre,
            name=line.name,
        )
        for line in lines
    )


def carried_into(home: Home, record: Record) -> tuple[Difference, ...]:
    """The lines of earlier months that were carried into this closed month."""
    path = folder_of(home, record.month, record.revision) / CARRIED
    if not path.exists():
        return ()
    plain = json.loads(path.read_text(encoding="utf-8"))
    lines = tuple(
        Difference(
            **{
                **line,
                "month": date.fromisoformat(line["month"]),
                "cost_issued": Decimal(line["cost_issued"]),
                "cost_known": Decimal(line["cost_known"]),
            }
        )
        for line in plain
    )
    if all("kind" in line for line in plain):
        return lines
    return *lines, *_charged_with(path.parent, record.month, lines)


def _charged_with(folder: "Path", month: date, lines: Sequence[Difference]) -> Iterator[Difference]:
    """What a month's statements charged with the lines they carried, where an earlier version did not write that down.

    It was their cost in cents and tax on it. The tax has no name here, so it is told once more when the next
    correction is carried, as one tax less and another more.
    """
    from reports.statement import Scope

    scopes = [("organisation", ""), *(("department", name) for name in sorted({line.department for line in lines}))]
    for scope_type, name in scopes:
        mine = [line for line in lines if scope_type == "organisation" or line.department == name]
        costs = {
            carried: sum((line.cost for line in mine if line.month == carried), ZERO).quantize(CENT, ROUND_HALF_UP)
            for carried in sorted({line.month for line in mine})
        }
        yield from (part(carried, "spend", scope_type, name, "", "", ZERO, cost) for carried, cost in costs.items())
        # No statement is of untagged usage.
        if scope_type == "organisation" or name:
            whose = Scope("department", name) if name else Scope("organisation")
            tax = carried_charge(folder, month, whose) - sum(costs.values(), ZERO)
            yield part(max(costs), "tax_added", scope_type, name, "", "", ZERO, tax)


def carried_on(home: Home, month: date) -> date | None:
    """The last closed month that corrections to this month were carried into; None where there is none."""
    closed = closed_months(home)
    return max(
        (into for into, record in closed.items() if any(line.month == month for line in carried_into(home, record))),
        default=None,
    )


def write_carried(folder: "Path", lines: Sequence[Difference]) -> None:
    """Keep the lines that are carried into the month frozen in `folder`."""
    plain = [
        {**asdict(line), "month": line.month.isoformat(), "cost_issued": f"{line.cost_issued:f}",
         "cost_known": f"{line.cost_known:f}"}
        for line in lines
    ]  # fmt: skip
    (folder / CARRIED).write_text(json.dumps(plain, indent=1, ensure_ascii=False), encoding="utf-8")


def _less_carried(lines: Sequence[Difference], carried: Sequence[Difference]) -> tuple[Difference, ...]:
    """The lines with what was carried already counted as issued; a line that is settled is left out."""
    by_key = {_key(line): line for line in lines}
    for line in carried:
        before = by_key.get(_key(line))
        # A carried line that no longer differs from the frozen one was taken back: it differs by its negative.
        base = before or replace(line, requests_known=line.requests_issued, cost_known=line.cost_issued)
        by_key[_key(line)] = replace(
            base,
            requests_issued=base.requests_issued + line.requests_known - line.requests_issued,
            cost_issued=base.cost_issued + line.cost,
        )
    return tuple(line for _, line in sorted(by_key.items()) if line.cost or line.requests_issued != line.requests_known)


def _key(line: Difference) -> tuple[str, ...]:
    return tuple(str(getattr(line, name)) for name in ("kind", "scope_type", *KEYS, "name"))
