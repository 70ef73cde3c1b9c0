"""The one shape that every source kind has: what to read, how to type it, when to refuse it.

Everything is read as text first. DuckDB's typed readers repair silently (1.5 becomes 2, true becomes 1,
0.00858 passes through a DOUBLE, an offset on a TIMESTAMP is dropped), so the casts are written out here,
each with the check that nothing was changed by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Union

from orchestration.sources.nesting import Nesting

Structure = Mapping[str, Union[str, "Structure"]]
"""Names to read from a row; a nested mapping is a nested JSON object. Leaves are always "VARCHAR"."""

Format = Literal["json", "csv", "parquet"]
NaiveStamps = Literal["refused", "utc", "zone"]

TEXT = "VARCHAR"
MAX_COUNT = 10**15
EARLIEST = "TIMESTAMP '2015-01-01'"
# 1e3 reaches us as 1000.0: a whole number all the same.
_WHOLE = r"'[0-9]{1,16}\.0+'"
_DECIMAL = r"'-?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?'"
_OFFSET = r"'[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?$'"
# DuckDB takes +25:00 for an offset and moves the day; offsets end at 14 hours.
_NO_OFFSET = r"'[+-](1[5-9]|[2-9][0-9])(:?[0-5][0-9])?$'"
_SHOWN = 60


def quoted(text: str) -> str:
    """An SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """An SQL identifier, always quoted."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Check:
    """Rows for which `bad` (SQL) is true are quarantined with `reason` (an SQL text expression)."""

    bad: str
    reason: str


@dataclass(frozen=True)
class Column:
    """One raw column: its name, the SQL text it is read from, what it is, and its name at the source.

    `signed`: an amount that may be below zero (a correction in a cost report).
    """

    name: str
    given: str
    kind: Literal["text", "count", "money", "stamp", "json"] = "text"
    called: str = ""
    required: bool = False
    naive: NaiveStamps = "utc"
    zone: str = "UTC"
    signed: bool = False

    @property
    def label(self) -> str:
        return self.called or self.name

    @property
    def text(self) -> str:
        """The untyped value, as the checks see it."""
        return identifier(f"given {self.name}")

    @property
    def has_checks(self) -> bool:
        return self.kind != "text" or self.required

    def typed(self) -> str:
        """The value as it is stored; NULL where the checks will refuse it."""
        match self.kind:
            case "count":
                return f"TRY_CAST({self.given} AS BIGINT)"
            case "money":
                # Rounds half up at the 18th decimal: the stated scale of all money.
                return f"TRY_CAST({self.given} AS DECIMAL(38,18))"
            case "stamp":
                return self._stamp()
            case _:
                return self.given

    def _stamp(self) -> str:
        # CAST(text AS TIMESTAMP) drops an offset without a word; it is right, and quicker, for Z alone.
        aware = (
            f"CASE WHEN {self.given}[-1] = 'Z' THEN TRY_CAST({self.given} AS TIMESTAMP) "
            f"ELSE CAST(TRY_CAST({self.given} AS TIMESTAMPTZ) AS TIMESTAMP) END"
        )
        if self.naive != "zone" or self.zone == "UTC":
            return aware
        local = f"TRY_CAST({self.given} AS TIMESTAMP)"
        return (
            f"CASE WHEN {_has_offset(self.given)} THEN {aware} "
            f"ELSE CAST(timezone({quoted(self.zone)}, {local}) AS TIMESTAMP) END"
        )

    def checks(self) -> list[Check]:
        """What must hold for this column, the first failing one naming the reason."""
        value, text, label = identifier(self.name), self.text, self.label
        found: list[Check] = []
        if self.required:
            found.append(Check(f"{text} IS NULL OR {text} = ''", quoted(f"{label} is missing")))
        match self.kind:
            case "count":
                # CASE, because AND and OR evaluate all their sides: the pattern is for the odd row only.
                bad = (
                    f"CASE WHEN {text} IS NULL THEN false "
                    f"WHEN CAST({value} AS VARCHAR) = {text} THEN {value} NOT BETWEEN 0 AND {MAX_COUNT} "
                    f"WHEN regexp_full_match({text}, {_WHOLE}) THEN coalesce({value} > {MAX_COUNT}, true) "
                    "ELSE true END"
                )
                found.append(Check(bad, self._shown(", which is no whole number from 0 to 10^15")))
            case "money":
                sign = "IS NOT NULL" if self.signed else ">= 0"
                bad = (
                    f"CASE WHEN {text} IS NULL THEN false "
                    f"ELSE NOT coalesce({value} {sign} AND regexp_full_match({text}, {_DECIMAL}), false) END"
                )
                found.append(Check(bad, self._shown(", which is no amount" + ("" if self.signed else " of 0 or more"))))
            case "json":
                bad = (
                    f"CASE WHEN {text} IS NULL THEN false "
                    f"ELSE NOT (starts_with({text}, '{{') AND json_valid({text})) END"
                )
                found.append(Check(bad, quoted(f"{label} is no JSON object")))
            case "stamp":
                found.extend(self._stamp_checks(value, text))
            case _:
                pass
        return found

    def _stamp_checks(self, value: str, text: str) -> list[Check]:
        found = [
            Check(
                f"{text} IS NOT NULL AND ({value} IS NULL OR {_has_impossible_offset(text)})",
                self._shown(", which is no readable time"),
            )
        ]
        if self.naive == "refused":
            found.append(Check(f"NOT {_has_offset(text)}", self._shown(", which has no offset from UTC")))
        if self.required:
            found.append(Check(f"{value} < {EARLIEST}", self._shown(", which lies before 2015")))
            found.append(Check(f"{value} > $latest", self._shown(", which lies in the future")))
        return found

    def _shown(self, trouble: str) -> str:
        """SQL for: name is VALUE, which is …"""
        return f"concat({quoted(f'{self.label} is ')}, left({self.text}, {_SHOWN}), {quoted(trouble)})"


@dataclass(frozen=True)
class Reader:
    """How one source is read.

    `structure`: what is read as text. `columns`: event_id, event_at, then the raw columns in their fixed
    order. `checks`: beyond those of the columns, over typed columns and `given …` texts. `not_usage`: SQL
    true for rows that bear no usage. `provider`, `model`, `account`: SQL over landed columns, as staging sees them.
    `prelude`: (name, SQL) computed from the texts before the columns (ids made from a row's content).
    `other_shapes`: nested objects that may be something else in rows that bear no usage.
    `must_have`: columns without which a file cannot be meant for this source.
    `nesting`: how a JSON document that holds several records is taken apart; None: a line is a record.
    `address`: the column with the caller's address, looked up and then stored as the settings say; such a reader
    also lands continent, country, region and city.
    """

    structure: Structure
    columns: tuple[Column, ...]
    provider: str
    model: str
    checks: tuple[Check, ...] = ()
    not_usage: str | None = None
    prelude: tuple[tuple[str, str], ...] = ()
    numbered_by: str | None = None
    other_shapes: tuple[str, ...] = ()
    formats: tuple[Format, ...] = ("json", "csv", "parquet")
    must_have: tuple[str, ...] = ()
    nesting: Nesting | None = None
    address: str | None = None
    naive_parquet: Literal["utc", "zone"] = "utc"
    account: str = "CAST(NULL AS VARCHAR)"
    all_checks: tuple[Check, ...] = field(init=False)

    def __post_init__(self) -> None:
        every = [check for column in self.columns for check in column.checks()]
        object.__setattr__(self, "all_checks", (*every, *self.checks))


def _has_offset(text: str) -> str:
    return (
        f"CASE WHEN length({text}) < 17 THEN false WHEN {text}[-1] = 'Z' THEN true "
        f"ELSE regexp_matches({text}, {_OFFSET}) END"
    )


def _has_impossible_offset(text: str) -> str:
    return f"CASE WHEN length({text}) < 17 OR {text}[-1] = 'Z' THEN false ELSE regexp_matches({text}, {_NO_OFFSET}) END"
