"""The tables that the customer keeps as dated CSV, read row by row and checked row by row.

A wrong row is an error that names file, line, column and what is allowed; nothing is published from it.
Every dated row is in force over `[valid_from, valid_to)`; an empty date is open.
"""

import csv
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

from orchestration.errors import SettingsError
from orchestration.home import Home

MEMBER_TYPES = ("user", "api_key", "project", "team")
BUDGET_SCOPES = ("organisation", "department")
FIRST_DAY, LAST_DAY = date.min, date.max
_ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+|[^@\s,;<>\"]+@localhost")
_LARGEST_AMOUNT = Decimal(10) ** 15


@dataclass(frozen=True)
class Member:
    """Where a user, key, project or team belongs, from `valid_from` until before `valid_to`."""

    member_type: str
    member: str
    name: str
    team: str
    department: str
    cost_centre: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True)
class Department:
    """A department's cost centre and who answers for it."""

    department: str
    cost_centre: str
    owner: str
    owner_email: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True)
class Budget:
    """An amount of money for a scope and a month, and the shares of it (percent) that send a message."""

    budget_id: str
    scope_type: str
    scope: str
    measure: str
    amount: Decimal
    currency: str
    period: str
    thresholds: tuple[int, ...]
    valid_from: date
    valid_to: date


_Dated = TypeVar("_Dated", Member, Department, Budget)


class _Row:
    """One CSV row that can say precisely what is wrong with it."""

    def __init__(self, path: Path, line: int, cells: dict[str, str]) -> None:
        self.path, self.line, self.cells = path, line, cells

    def wrong(self, column: str, allowed: str) -> SettingsError:
        return SettingsError(
            f"{self.path}, line {self.line}, column {column}: {self.cells.get(column, '')!r} is not allowed.",
            f"Write {allowed}.",
        )

    def text(self, column: str, *, required: bool = False) -> str:
        value = self.cells[column].strip()
        if required and not value:
            raise self.wrong(column, "a value; it cannot be empty")
        if any(ord(character) < 32 for character in value):
            raise self.wrong(column, "text without control characters")
        return value

    def one_of(self, column: str, allowed: Iterable[str]) -> str:
        value = self.text(column)
        choices = tuple(allowed)
        if value not in choices:
            raise self.wrong(column, f"one of: {', '.join(choices)}")
        return value

    def day(self, column: str, empty: date) -> date:
        value = self.text(column)
        if not value:
            return empty
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.wrong(column, "a date such as 2026-10-01, or nothing") from None

    def span(self) -> tuple[date, date]:
        start, end = self.day("valid_from", FIRST_DAY), self.day("valid_to", LAST_DAY)
        if end <= start:
            raise self.wrong("valid_to", "a date after valid_from, or nothing")
        return start, end

    def amount(self, column: str) -> Decimal:
        try:
            value = Decimal(self.text(column))
        except InvalidOperation:
            raise self.wrong(column, "an amount such as 15500.00") from None
        if not value.is_finite() or value <= 0 or value >= _LARGEST_AMOUNT or value != round(value, 2):
            raise self.wrong(column, "a positive amount with at most two decimals, below 10^15")
        return value

    def address(self, column: str) -> str:
        value = self.text(column)
        if value and not _ADDRESS.fullmatch(value):
            raise self.wrong(column, "one e-mail address, or nothing")
        return value

    def percents(self, column: str, default: tuple[int, ...]) -> tuple[int, ...]:
        value = self.text(column)
        if not value:
            return default
        parts = [part.strip() for part in value.split(";")]
        if not all(part.isdecimal() and 0 < int(part) <= 1000 for part in parts):
            raise self.wrong(column, "whole percents between 1 and 1000, such as 75;90;95;100")
        return tuple(sorted({int(part) for part in parts}))


def read_organisation(home: Home) -> list[Member]:
    """Every membership; two rows in force for one member on one day are refused."""
    path = home.reference / "organisation.csv"
    rows = _rows(path, tuple(Member.__dataclass_fields__))

    def member(row: _Row) -> Member:
        start, end = row.span()
        return Member(
            member_type=row.one_of("member_type", MEMBER_TYPES),
            member=row.text("member", required=True),
            name=row.text("name"),
            team=row.text("team"),
            department=row.text("department", required=True),
            cost_centre=row.text("cost_centre"),
            valid_from=start,
            valid_to=end,
        )

    return _without_overlap(rows, member, lambda item: (item.member_type, item.member))


def read_departments(home: Home) -> list[Department]:
    """Departments with their owners; a changed address changes no figure."""
    path = home.reference / "departments.csv"
    rows = _rows(path, tuple(Department.__dataclass_fields__))

    def department(row: _Row) -> Department:
        start, end = row.span()
        return Department(
            department=row.text("department", required=True),
            cost_centre=row.text("cost_centre"),
            owner=row.text("owner"),
            owner_email=row.address("owner_email"),
            valid_from=start,
            valid_to=end,
        )

    return _without_overlap(rows, department, lambda item: (item.department,))


def read_budgets(home: Home) -> list[Budget]:
    """Budgets; the same budget_id may have several rows as long as their dates do not overlap."""
    path = home.reference / "budgets.csv"
    rows = _rows(path, tuple(Budget.__dataclass_fields__))

    def budget(row: _Row) -> Budget:
        start, end = row.span()
        scope_type = row.one_of("scope_type", BUDGET_SCOPES)
        scope = row.text("scope")
        if (scope_type == "organisation") != (scope == ""):
            raise row.wrong("scope", "the department's name, or nothing where scope_type is organisation")
        return Budget(
            budget_id=row.text("budget_id", required=True),
            scope_type=scope_type,
            scope=scope,
            measure=row.one_of("measure", ("effective_cost",)),
            amount=row.amount("amount"),
            currency=row.one_of("currency", ("USD",)),
            period=row.one_of("period", ("month",)),
            thresholds=row.percents("thresholds", (75, 90, 95, 100)),
            valid_from=start,
            valid_to=end,
        )

    return _without_overlap(rows, budget, lambda item: (item.budget_id,))


def members_hash(members: Iterable[Member], day: date) -> str:
    """What the organisation was on one day; only rows in force count, so a new user rebuilds no old day."""
    digest = hashlib.sha256()
    for member in sorted(
        (item for item in members if item.valid_from <= day < item.valid_to),
        key=lambda item: (item.member_type, item.member),
    ):
        digest.update(
            "\x1f".join(
                (member.member_type, member.member, member.team, member.department, member.cost_centre)
            ).encode()
            + b"\x1e"
        )
    return digest.hexdigest()[:16]


def budgets_hash(budgets: Iterable[Budget]) -> str:
    """What the budgets say; owners and addresses are not part of it."""
    lines = sorted(repr(budget) for budget in budgets)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _rows(path: Path, columns: tuple[str, ...]) -> list[_Row]:
    """The rows of one file; a missing file means there is nothing to say, an unreadable one is an error."""
    if not path.exists():
        return []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise SettingsError(f"{path}, line {line} is not UTF-8.", "Save the file as UTF-8 CSV.") from error
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = next(reader, None)
        if header is None or tuple(header) != columns:
            raise SettingsError(
                f"{path}, line 1: the columns are {', '.join(header or ()) or 'missing'}.",
                f"They must be: {','.join(columns)}",
            )
        rows = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(columns):
                raise SettingsError(
                    f"{path}, line {reader.line_num} has {len(cells)} cells.",
                    f"Write {len(columns)}: {','.join(columns)}",
                )
            rows.append(_Row(path, reader.line_num, dict(zip(columns, cells, strict=True))))
    except csv.Error as error:
        raise SettingsError(f"{path}, line {reader.line_num}: {error}.", "Mend the quotes on that line.") from error
    return rows


def _without_overlap(
    rows: list[_Row], build: Callable[[_Row], _Dated], key: Callable[[_Dated], tuple[str, ...]]
) -> list[_Dated]:
    seen: dict[tuple[str, ...], list[tuple[_Dated, int]]] = {}
    items: list[_Dated] = []
    for row in rows:
        item = build(row)
        for other, line in seen.get(key(item), []):
            if item.valid_from < other.valid_to and other.valid_from < item.valid_to:
                raise SettingsError(
                    f"{row.path}, line {row.line}: {' '.join(key(item))} overlaps line {line}.",
                    "End one before the other begins: valid_to is the first day that no longer counts.",
                )
        seen.setdefault(key(item), []).append((item, row.line))
        items.append(item)
    return items
