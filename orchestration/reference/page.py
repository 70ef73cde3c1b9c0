"""The page of all reference tables: columns, meanings and examples, from the definitions that read them."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from orchestration.reference.table import Column, Table

_INTRODUCTION = """\
# Reference tables

UTF-8, comma separated, one header line; the columns may stand in any order. Dates are YYYY-MM-DD. A row holds from
`valid_from` up to, but not including, `valid_to`. Amounts are plain decimals with a point. No table has to have rows:
without them usage is counted and priced, and shown as untagged. A wrong row is an error that names its file, line and
column, and nothing is published from it: `tallyhouse doctor` lists them all."""


def page(tables: Sequence[Table[Any]], *, not_used_yet: Sequence[Table[Any]] = ()) -> str:
    """Markdown; the rows of each table's indented block are a valid file as they stand."""
    return (
        "\n".join([_INTRODUCTION, *_waiting(not_used_yet), *(line for each in tables for line in _chapter(each))])
        + "\n"
    )


def _waiting(tables: Sequence[Table[Any]]) -> list[str]:
    if not tables:
        return []
    named = ", ".join(table.file for table in tables)
    return ["", *textwrap.wrap(f"Read and checked, but no figure is made from them yet: {named}.", 120)]


def _chapter(table: Table[Any]) -> Iterator[str]:
    yield ""
    yield f"## {table.file}: {table.title}"
    yield from textwrap.wrap(table.about, 120)
    yield ""
    yield from (f"    {line}" for line in (table.header, *table.examples))
    yield ""
    yield "| column | meaning | write |"
    yield "|---|---|---|"
    yield from (f"| `{column.name}` | {column.meaning} | {_allowed(column)} |" for column in table.columns)


def _allowed(column: Column) -> str:
    more = [f"empty: {column.default}"] if column.default else []
    more += ["the column may be left out"] if column.may_be_left_out else []
    return "; ".join([column.kind.allowed, *more])
