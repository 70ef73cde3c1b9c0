"""Where months stand: what was issued of the closed ones, by how much it is known otherwise, and which come next."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.closing.checks import month_checks
from orchestration.closing.compared import ZERO
from orchestration.closing.differences import find_differences
from orchestration.closing.issued import closed_months
from orchestration.closing.records import Record
from orchestration.home import Home
from orchestration.landing import receipts
from orchestration.marts.calendar import next_month
from orchestration.marts.manifest import Manifest
from orchestration.reconciling.verdicts import State, state_of
from orchestration.settings import Settings


@dataclass(frozen=True)
class ClosedMonth:
    """A closed month as it stands. `spend` is what was issued, exact; `recorded_at` is UTC.

    `statement`: the number of the organisation's statement. `known_since`: what is known today less what was issued or
    carried into a later month, None where the month is not published now; `charged_since` the same of what the
    organisation's statement charges, with credits and tax; `lines` is how many lines differ, `shares` of them by who
    bears shared costs.
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
    charged_since: Decimal | None
    lines: int
    shares: int


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
                known_since=(item.cost if item else ZERO) if month in published else None,
                charged_since=(item.charged if item else ZERO) if month in published else None,
                lines=len(item.lines) if item else 0,
                shares=item.shares if item else 0,
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class OpenMonth:
    """A month that is over and not closed: a draft, or reconciled with what was billed; `unmet`: what closing wants."""

    month: date
    state: State
    unmet: tuple[str, ...]


def open_overview(home: Home, settings: Settings, manifest: Manifest | None) -> tuple[OpenMonth, ...]:
    """The months that could be closed next, in order: after the last closed one, else the last full one. Light."""
    if manifest is None:
        return ()
    over = [month for month in sorted(manifest.months) if next_month(month) <= settings.today]
    closed = closed_months(home)
    waiting = [month for month in over if month > max(closed)] if closed else over[-1:]
    landed = receipts(home)
    return tuple(
        OpenMonth(
            month,
            state_of(manifest, month, None),
            tuple(f"{check.name}: {check.detail}" for check in month_checks(manifest, landed, month) if not check.met),
        )
        for month in waiting
    )


def statement_number(record: Record) -> str:
    """The number that is printed on the organisation's statement; a statement's own module gives it to others."""
    from reports.statement import Scope, Standing, number

    standing = Standing(record.revision, date.fromisoformat(record.recorded_at[:10]), record.approved_by)
    return number(record.month, Scope("organisation"), standing)
