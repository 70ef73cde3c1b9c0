"""A table that the customer keeps as dated CSV: its columns, and reading it row by row.

A wrong row is an error that names file, line, column and what is allowed; nothing is published from it. All faults of
a file are told together.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Generic, TypeVar

from orchestration.errors import SettingsError
from orchestration.home import Home
from orchestration.reference.cells import FIRST_DAY, LAST_DAY, Kind, cell_text, day

Row = TypeVar("Row")
MOST_FAULTS = 20


@dataclass(frozen=True)
class Column:
    """One column. An empty cell stands for `default`; a column that may be left out is then empty in every row.

    `seldom`: few need it, so that new files and examples are without it.
    """

    name: str
    kind: Kind
    meaning: str
    default: str = ""
    may_be_left_out: bool = False
    seldom: bool = False


def validity() -> tuple[Column, Column]:
    """The two columns of a row that is in force over [valid_from, valid_to)."""
    return (
        Column("valid_from", day(empty=FIRST_DAY), "first day on which the row holds; empty: always did"),
        Column("valid_to", day(empty=LAST_DAY), "first day on which it no longer holds; empty: for good"),
    )


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a file, and what to write instead."""

    line: int
    trouble: str
    remedy: str


class FaultsError(SettingsError):
    """What is wrong in one file, the first twenty faults by line."""

    def __init__(self, path: Path, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.line)
        if len(self.faults) == 1:
            (only,) = self.faults
            super().__init__(f"{path}, {only.trouble}.", f"{only.remedy}.")
            return
        told = [f"  {fault.trouble}. {fault.remedy}." for fault in self.faults[:MOST_FAULTS]]
        if len(self.faults) > MOST_FAULTS:
            told.append(f"  … and {len(self.faults) - MOST_FAULTS} more.")
        super().__init__(
            f"{path} has {len(self.faults)} faults:\n" + "\n".join(told),
            "Correct these lines and run again.",
        )


# (column, what is allowed there) for cells that do not go together.
Disagreements = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Table(Generic[Row]):
    """`<name>.csv`. `key`: no two rows that agree in it hold on one day; where `once`, or without dates, not at all.

    `alone`: what only one row may speak of on one day, if it does. `clashes`: rows, with their lines, that cannot stand
    together for any other reason.
    `record`: the frozen dataclass of a row, with a field for each column. `agree`: cells that must fit together.
    `examples`: rows as a user would write them, shown in the page of the tables and read by its test.
    """

    name: str
    title: str
    about: str
    columns: tuple[Column, ...]
    record: Callable[..., Row]
    key: tuple[str, ...]
    examples: tuple[str, ...]
    agree: Callable[[Row], Disagreements] = lambda _: ()
    once: bool = False
    alone: Callable[[Row], str | None] = lambda _: None
    clashes: Callable[[Sequence[tuple[int, Row]]], Iterable[Fault]] = lambda _: ()

    @property
    def file(self) -> str:
        return f"{self.name}.csv"

    @property
    def header(self) -> str:
        """The columns as a new file has them: those that few need are added by who needs them."""
        return ",".join(column.name for column in self.columns if not column.seldom)

    def read(self, home: Home) -> list[Row]:
        """Every row; a missing file says nothing. Raises FaultsError with all that is wrong in it."""
        return [row for _, row in self.rows(home.reference / self.file)]

    def rows(self, path: Path) -> list[tuple[int, Row]]:
        """Every row of one file with its line."""
        if not path.exists():
            return []
        faults: list[Fault] = []
        found: list[tuple[int, Row]] = []
        for line, cells in _lines(path, self, faults):
            values, wrong = self._values(line, cells)
            if wrong:
                faults += wrong
                continue
            row = self.record(**values)
            wrong = [_cell_fault(line, name, cells[name], allowed) for name, allowed in self._disagreements(row)]
            faults += wrong
            if not wrong:
                found.append((line, row))
        faults += [*self._overlaps(found), *self.clashes(found)]
        if faults:
            raise FaultsError(path, faults)
        return found

    def columns_of(self, path: Path) -> list[str]:
        """The columns of a file in its own order, for SQL that reads it; the file has been read before."""
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return [cell.strip(" ") for cell in next(row for row in csv.reader(stream) if any(map(str.strip, row)))]

    def _values(self, line: int, cells: dict[str, str]) -> tuple[dict[str, Any], list[Fault]]:
        values: dict[str, Any] = {}
        wrong = []
        for column in self.columns:
            cell = cells.get(column.name, "")
            try:
                values[column.name] = column.kind.read(cell_text(cell) or column.default)
            except ValueError:
                wrong.append(_cell_fault(line, column.name, cell, column.kind.allowed))
        return values, wrong

    def _disagreements(self, row: Row) -> Disagreements:
        start, end = _span(row)
        if end <= start:
            yield "valid_to", "a date after valid_from (the first day on which it no longer holds), or nothing"
        yield from self.agree(row)

    def _overlaps(self, found: list[tuple[int, Row]]) -> Iterator[Fault]:
        if not self.key:
            return
        dated = not self.once and any(column.name == "valid_from" for column in self.columns)
        alike: dict[tuple[str, ...], list[tuple[date, date, int]]] = defaultdict(list)
        for line, row in found:
            start, end = _span(row) if dated else (FIRST_DAY, LAST_DAY)
            alike[tuple(str(getattr(row, name)) for name in self.key)].append((start, end, line))
            if (said := self.alone(row)) is not None:
                alike["", said].append((start, end, line))
        for key, spans in alike.items():
            until, holder = FIRST_DAY, 0
            for start, end, line in sorted(spans):
                if holder and start < until:
                    first, second = sorted((line, holder))
                    named = " ".join(part for part in key if part)
                    yield _overlap(second, first, named, start if dated else None)
                if end > until:
                    until, holder = end, line


def _overlap(line: int, other: int, named: str, on: date | None) -> Fault:
    if on is None:
        return Fault(line, f"line {line}: {named} stands in line {other} already", "Keep one of the two")
    held = "" if on == FIRST_DAY else f"; both hold on {on}"
    return Fault(
        line,
        f"line {line}: {named} overlaps line {other}{held}",
        "End one before the other begins: valid_to is the first day that no longer counts",
    )


def _span(row: object) -> tuple[date, date]:
    return getattr(row, "valid_from", FIRST_DAY), getattr(row, "valid_to", LAST_DAY)


def _cell_fault(line: int, column: str, value: str, allowed: str) -> Fault:
    return Fault(line, f"line {line}, column {column}: {value!r} is not allowed", f"Write {allowed}")


def _lines(path: Path, table: Table[Any], faults: list[Fault]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of one file by column; what cannot be read at all is added to `faults` and ends it."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        faults.append(Fault(line, f"line {line}: not UTF-8 text", "Save the file as UTF-8 CSV"))
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    start = 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [cell.strip(" ") for cell in cells]
                if trouble := _header_trouble(header, table.columns):
                    faults.append(Fault(line, f"line {line}: {trouble}", f"Write it as: {table.header}"))
                    return
            elif len(cells) != len(header):
                faults.append(
                    Fault(
                        line,
                        f"line {line}: {len(cells)} cells where the header has {len(header)}",
                        "Give every row as many cells as the header; quote a cell that holds a comma",
                    )
                )
            else:
                yield line, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        faults.append(Fault(start, f"line {start}: not readable as CSV ({error})", "Mend the quotes on that line"))
        return
    if not header:
        faults.append(Fault(1, "line 1: the header is missing", f"Write it as: {table.header}"))


def _header_trouble(header: list[str], columns: tuple[Column, ...]) -> str:
    known = {column.name for column in columns}
    missing = [column.name for column in columns if column.name not in header and not column.may_be_left_out]
    extra = [name or "a nameless column" for name in header if name not in known]
    parts = [f"{said}: {', '.join(names)}" for said, names in (("missing", missing), ("not known", extra)) if names]
    if not parts and len(set(header)) < len(header):
        parts = ["a column is named twice"]
    return f"the header is not right ({'; '.join(parts)})" if parts else ""
