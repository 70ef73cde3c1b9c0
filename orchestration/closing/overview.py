"""The closed months at a glance: what was issued of each, and by how much it is known otherwise today."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.closing.differences import ZERO, find_differences
from orchestration.closing.issued import closed_months
from orchestration.closing.records import Record
from orchestration.home import Home
from orchestration.marts.manifest import Manifest


@dataclass(frozen=True)
class ClosedMonth:
    """A closed month as it stands. `spend` is what was issued, exact; `recorded_at` is UTC.

    `statement`: the number of the organisation's statement. `known_since`: what is known today less what was issued or
    carried into a later month, None where the month is not published now; `lines` is how many lines differ.
    """

    month: date
    number: int
    statement: str
    revision: int
    approved_by: str
    recorded_at: str
    reason: str
    spend: Decimal
    known_since: Decimal | None
    lines: int


def closed_overview(home: Home, manifest: Manifest | None) -> tuple[ClosedMonth, ...]:
    """Every closed month, oldest first. Opens DuckDB only where a month's files are not those that were frozen."""
    closed = closed_months(home)
    if not closed:
        return ()
    published = manifest.months if manifest else {}
    differing = {item.record.month: item for item in find_differences(home)} if published else {}
    found = []
    for month, record in closed.items():
        item = differing.get(month)
        known = item.cost if item else ZERO
        found.append(
            ClosedMonth(
                month=month,
                number=record.number,
                statement=statement_number(record),
                revision=record.revision,
                approved_by=record.approved_by,
                recorded_at=record.recorded_at,
                reason=record.reason,
                spend=Decimal(record.spend),
                known_since=known if month in published else None,
                lines=len(item.lines) if item else 0,
            )
        )
    return tuple(found)


def statement_number(record: Record) -> str:
    """The number that is printed on the organisation's statement; a statement's own module gives it to others."""
    from reports.statement import Scope, Standing, number

    standing = Standing(record.revision, date.fromisoformat(record.recorded_at[:10]), record.approved_by)
    return number(record.month, Scope("organisation"), standing)
