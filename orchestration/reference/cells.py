"""What a cell of a reference table may hold: how it is read, what is allowed in words, its type in SQL.

Strict on purpose. SQL reads the same files, and a cell that the two would understand differently (20261001, 1_000,
a no-break space at the end of a name) is refused here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.reference.currencies import CURRENCIES

FIRST_DAY, LAST_DAY = date.min, date.max
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"(-?)(\d+)(?:\.(\d+))?", re.ASCII)
_ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+|[^@\s,;<>\"]+@localhost")
_CREDIT_TYPE = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


@dataclass(frozen=True)
class Kind:
    """`read` turns a trimmed cell into its value, or raises ValueError; `allowed` completes "Write …"."""

    read: Callable[[str], Any]
    allowed: str
    sql_type: str = "varchar"


def cell_text(cell: str) -> str:
    """The cell without spaces around it; ValueError for characters that cannot be seen or that SQL would not trim."""
    value = cell.strip(" ")
    if value != value.strip() or any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise ValueError(cell)
    return value


def text() -> Kind:
    return Kind(str, "text on one line, or nothing")


def name() -> Kind:
    """Text that must be there."""
    return Kind(_filled, "a value on one line; it cannot be empty")


def one_of(*choices: str) -> Kind:
    def read(value: str) -> str:
        if value not in choices:
            raise ValueError(value)
        return value

    listed = ", ".join(choice for choice in choices if choice)
    return Kind(read, f"one of: {listed}" + (", or nothing" if "" in choices else ""))


def day(*, empty: date | None = None, required: bool = False) -> Kind:
    """A date; an empty cell is `empty` unless the date is required."""

    def read(value: str) -> date | None:
        if not value and not required:
            return empty
        if not _DAY.fullmatch(value):
            raise ValueError(value)
        return date.fromisoformat(value)

    return Kind(read, "a date such as 2026-10-01" + ("" if required else ", or nothing"), "date")


def first_of_month(*, empty: date | None = None) -> Kind:
    """A date that begins a month; required where there is no `empty`."""
    plain = day(empty=empty, required=empty is None)

    def read(value: str) -> date:
        found: date = plain.read(value)
        if value and found.day != 1:
            raise ValueError(value)
        return found

    ending = "" if empty is None else ", or nothing"
    return Kind(read, f"the first day of a month, such as 2026-10-01{ending}", "date")


def number(
    *,
    decimals: int,
    digits: int = 15,
    zero: bool = True,
    negative: bool = False,
    most: str = "",
    required: bool = True,
) -> Kind:
    """A plain decimal with its widest form in SQL; an empty cell is None where it is not required."""
    high = Decimal(most) if most else None

    def read(value: str) -> Decimal | None:
        if not value and not required:
            return None
        match = _NUMBER.fullmatch(value)
        if match is None or len(match[2].lstrip("0")) > digits or len(match[3] or "") > decimals:
            raise ValueError(value)
        found = Decimal(value)
        if (found < 0 and not negative) or (found == 0 and not zero) or (high is not None and found > high):
            raise ValueError(value)
        return found

    signs = {
        (True, True): "also below 0",
        (True, False): "also below 0, but not 0",
        (False, True): "0 or more",
        (False, False): "above 0",
    }
    rules = [signs[negative, zero]] + ([f"at most {most}"] if most else [])
    rules += [f"at most {decimals} decimals and {digits} digits before the point", "without separators or exponent"]
    allowed = f"a number such as 2.50: {', '.join(rules)}"
    return Kind(read, allowed + ("" if required else "; or nothing"), f"decimal({digits + decimals}, {decimals})")


def amount(*, negative: bool = False, zero: bool = False, required: bool = True) -> Kind:
    """Money or another quantity at six decimals, above 0 unless told otherwise."""
    return number(decimals=6, negative=negative, zero=zero, required=required)


def count(*, least: int = 1, most: int = 9999) -> Kind:
    def read(value: str) -> int:
        if not (value.isascii() and value.isdecimal()) or not least <= int(value) <= most:
            raise ValueError(value)
        return int(value)

    return Kind(read, f"a whole number from {least} to {most}", "integer")


def currency() -> Kind:
    def read(value: str) -> str:
        if value not in CURRENCIES:
            raise ValueError(value)
        return value

    return Kind(read, "a currency of ISO 4217 in capitals, such as USD or EUR")


def credit_type() -> Kind:
    def read(value: str) -> str:
        if not _CREDIT_TYPE.fullmatch(value) or value.upper() in CURRENCIES:
            raise ValueError(value)
        return value

    return Kind(read, "a credit type in small letters, digits and _, such as tokens or voice_minutes")


def unit() -> Kind:
    """What a balance is counted in: money, or a credit type."""
    credit = credit_type()

    def read(value: str) -> str:
        return value if value in CURRENCIES else str(credit.read(value))

    return Kind(read, "a currency such as USD, or a credit type such as tokens or voice_minutes")


def address() -> Kind:
    def read(value: str) -> str:
        if value and not _ADDRESS.fullmatch(value):
            raise ValueError(value)
        return value

    return Kind(read, "one e-mail address, or nothing")


def percents() -> Kind:
    """Whole percents with semicolons between them, ascending and each once."""

    def read(value: str) -> tuple[int, ...]:
        parts = [part.strip(" ") for part in value.split(";")]
        if not all(part.isascii() and part.isdecimal() and 0 < int(part) <= 1000 for part in parts):
            raise ValueError(value)
        return tuple(sorted({int(part) for part in parts}))

    return Kind(read, "whole percents between 1 and 1000, such as 75;90;95;100")


def names() -> Kind:
    """Names with semicolons between them; an empty cell is none."""

    def read(value: str) -> tuple[str, ...]:
        parts = tuple(part.strip(" ") for part in value.split(";")) if value else ()
        if "" in parts or len(set(parts)) < len(parts):
            raise ValueError(value)
        return parts

    return Kind(read, "names with ; between them, each once, or nothing")


def weights() -> Kind:
    """Positive numbers with semicolons between them; an empty cell is none."""
    each = number(decimals=6, digits=9, zero=False)

    def read(value: str) -> tuple[Decimal, ...]:
        return tuple(each.read(part.strip(" ")) for part in value.split(";")) if value else ()

    return Kind(read, "positive numbers with ; between them, such as 2;1;1, or nothing")


def _filled(value: str) -> str:
    if not value:
        raise ValueError(value)
    return value
