"""price_overrides.csv: the customer's own prices. Every cell is checked; the first wrong one is named."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from orchestration.errors import SettingsError
from orchestration.prices.bands import FIRST_DAY, LAST_DAY

COLUMNS = (
    "provider",
    "model",
    "valid_from",
    "valid_to",
    "input_mtok",
    "output_mtok",
    "cache_read_mtok",
    "cache_write_5m_mtok",
    "cache_write_1h_mtok",
    "request_fee",
    "web_search_kcount",
    "source",
    "checked_on",
    "note",
)
_PRICE = re.compile(r"(\d+)(?:\.(\d+))?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOST_DECIMALS = 12
_MOST_DIGITS = {"input_mtok": 10, "web_search_kcount": 7, "request_fee": 4}
"""Digits before the point that still fit DECIMAL(22,18) for one unit, by the kind of price."""


@dataclass(frozen=True)
class Override:
    """One row. Prices are USD per million tokens, per request and per thousand searches; None: blank."""

    line: int
    provider: str
    model: str
    valid_from: date
    valid_to: date
    input_mtok: Decimal
    output_mtok: Decimal
    cache_read_mtok: Decimal | None
    cache_write_5m_mtok: Decimal | None
    cache_write_1h_mtok: Decimal | None
    request_fee: Decimal | None
    web_search_kcount: Decimal | None
    source: str
    checked_on: date | None
    note: str


class Row:
    """The cells of one row, each read by what it may hold; says file, line and column when it does not."""

    def __init__(self, path: Path, line: int, cells: dict[str, str]) -> None:
        self.path, self.line, self.cells = path, line, cells

    def wrong(self, column: str, allowed: str) -> SettingsError:
        return SettingsError(
            f"{self.path}, line {self.line}, column {column}: {self.cells[column]!r} is not allowed.",
            f"Write {allowed}.",
        )

    def text(self, column: str) -> str:
        value = self.cells[column].strip()
        if any(ord(character) < 32 or ord(character) == 127 for character in value):
            raise self.wrong(column, "text on one line, without control characters")
        return value

    def name(self, column: str) -> str:
        value = self.text(column)
        if not value:
            raise self.wrong(column, "a value; it cannot be empty")
        return value.lower()

    def day(self, column: str) -> date | None:
        value = self.text(column)
        if not value:
            return None
        try:
            if _DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise self.wrong(column, "a date such as 2026-10-01, or nothing")

    def price(self, column: str) -> Decimal | None:
        value = self.text(column)
        if not value:
            return None
        match = _PRICE.fullmatch(value)
        digits = _MOST_DIGITS.get(column, _MOST_DIGITS["input_mtok"])
        if match is None or len(match[1].lstrip("0")) > digits or len(match[2] or "") > _MOST_DECIMALS:
            raise self.wrong(
                column,
                f"a price in USD such as 2.50: 0 or more, at most {_MOST_DECIMALS} decimals and {digits} digits "
                "before the point, without sign, exponent or separators",
            )
        return Decimal(value)

    def required_price(self, column: str) -> Decimal:
        price = self.price(column)
        if price is None:
            raise self.wrong(column, "a price in USD per million tokens; 0 when it is free")
        return price


def read_overrides(path: Path, provider_id: Callable[[str], str]) -> list[Override]:
    """Every row of the file; a missing file or a bare header gives none.

    `provider_id` turns a provider's name into the one used for price ids, so that two spellings of one provider
    cannot both price a model. Raises SettingsError for the first wrong cell, or for two rows of one model that
    hold on the same day.
    """
    if not path.exists():
        return []
    found = [_override(row, provider_id) for row in _rows(path)]
    _refuse_overlaps(path, found)
    return found


def _override(row: Row, provider_id: Callable[[str], str]) -> Override:
    provider, model = provider_id(row.name("provider")), row.name("model")
    if "/" in provider:
        raise row.wrong("provider", "a provider's name without a slash")
    start, end = row.day("valid_from") or FIRST_DAY, row.day("valid_to") or LAST_DAY
    if end <= start:
        raise row.wrong("valid_to", "a date after valid_from (the first day on which it no longer holds), or nothing")
    return Override(
        line=row.line,
        provider=provider,
        model=model,
        valid_from=start,
        valid_to=end,
        input_mtok=row.required_price("input_mtok"),
        output_mtok=row.required_price("output_mtok"),
        cache_read_mtok=row.price("cache_read_mtok"),
        cache_write_5m_mtok=row.price("cache_write_5m_mtok"),
        cache_write_1h_mtok=row.price("cache_write_1h_mtok"),
        request_fee=row.price("request_fee"),
        web_search_kcount=row.price("web_search_kcount"),
        source=row.text("source"),
        checked_on=row.day("checked_on"),
        note=row.text("note"),
    )


def _rows(path: Path) -> list[Row]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SettingsError(f"{path}, line {line}: not UTF-8 text.", "Save the file as UTF-8.") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    header: list[str] = []
    start = 1
    try:
        for values in reader:
            line, start = start, reader.line_num + 1
            if not any(value.strip() for value in values):
                continue
            if not header:
                header = [value.strip() for value in values]
                _check_header(path, line, header)
                continue
            if len(values) != len(header):
                raise SettingsError(
                    f"{path}, line {line}: {len(values)} cells where the header has {len(header)}.",
                    "Give every row as many cells as the header; quote a cell that holds a comma.",
                )
            rows.append(Row(path, line, dict(zip(header, values, strict=True))))
    except csv.Error as error:
        raise SettingsError(f"{path}, line {start}: not readable as CSV ({error}).", "Mend that line.") from error
    return rows


def _check_header(path: Path, line: int, header: list[str]) -> None:
    if sorted(header) != sorted(COLUMNS):
        missing = [column for column in COLUMNS if column not in header]
        extra = [column for column in header if column not in COLUMNS]
        what = "; ".join(
            part
            for part in (
                f"missing: {', '.join(missing)}" if missing else "",
                f"not known: {', '.join(extra)}" if extra else "",
                "a column is named twice" if not missing and not extra else "",
            )
            if part
        )
        raise SettingsError(
            f"{path}, line {line}: the header is not right ({what}).", f"Write it as: {','.join(COLUMNS)}"
        )


def _refuse_overlaps(path: Path, found: list[Override]) -> None:
    ordered = sorted(found, key=lambda row: (row.provider, row.model, row.valid_from, row.line))
    for earlier, later in pairwise(ordered):
        same = (earlier.provider, earlier.model) == (later.provider, later.model)
        if same and later.valid_from < earlier.valid_to:
            first, second = sorted((earlier.line, later.line))
            raise SettingsError(
                f"{path}, lines {first} and {second}: two prices of {earlier.provider}/{earlier.model} hold on "
                f"{later.valid_from}.",
                "Let the earlier one's valid_to be the later one's valid_from.",
            )
