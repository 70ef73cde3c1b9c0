"""JSON documents that hold several records: a page of an API, an array, an OTLP request with its spans."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


class RepeatedKeys(dict[str, Any]):
    """A JSON object of which some keys came more than once: `twice`."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.twice = frozenset(name for name in names if names.count(name) > 1)


def json_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The hook for json.loads: a plain dict (ten times quicker than one of our own), or RepeatedKeys."""
    found = dict(pairs)
    return found if len(found) == len(pairs) else RepeatedKeys(pairs)


def repeated(value: dict[str, Any]) -> frozenset[str]:
    """The keys that came more than once in an object read with `json_object`."""
    return value.twice if isinstance(value, RepeatedKeys) else frozenset()


@dataclass(frozen=True)
class Inner:
    """A record inside a document.

    `value`: as it was parsed. `row`: what the reader's structure declares of it, where that is not the value's own
    fields. `broken`: why it is no record.
    """

    value: Any
    row: dict[str, Any] | None = None
    broken: str | None = None


@dataclass(frozen=True)
class Nesting:
    """How the records of a line, or of a whole file, are told apart.

    `records`: plain Python over a document parsed with `json_object`; None when it is one record itself.
    `always`: no line is a record by itself. Where the fast reader can take lines apart too: `line_columns` (DuckDB's
    `columns`), `rows` (from a relation of such lines to one of records in the reader's structure; both have the given
    column beside) and `mark`, bytes that stand once in each record, by which records are counted apart from it.
    """

    records: Callable[[Any], list[Inner] | None]
    always: bool = False
    line_columns: str = ""
    rows: Callable[[str, str], str] | None = None
    mark: bytes | None = None


def enveloped(*keys: str) -> Nesting:
    """Records as lines, in an array, or in an array under one of `keys` (the page of an API)."""

    def records(document: Any) -> list[Inner] | None:
        listed = document
        if isinstance(document, dict):
            listed = next((document[key] for key in keys if isinstance(document.get(key), list)), None)
        return list(_as_records(listed)) if isinstance(listed, list) else None

    return Nesting(records)


def _as_records(values: list[Any]) -> Iterator[Inner]:
    for value in values:
        yield Inner(value, broken=None if isinstance(value, dict) else "is no JSON object")
