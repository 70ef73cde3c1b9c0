"""`scope_type` and `scope`: the same two columns wherever a table says whose something is."""

from collections.abc import Iterator
from typing import Protocol


class Scoped(Protocol):
    """A row that belongs to the whole organisation or to a named part of it."""

    @property
    def scope_type(self) -> str: ...
    @property
    def scope(self) -> str: ...


def organisation_or(row: Scoped) -> Iterator[tuple[str, str]]:
    """The organisation has no name here, every other scope must have one."""
    if (row.scope_type == "organisation") != (row.scope == ""):
        yield "scope", f"the {row.scope_type}'s name, or nothing where scope_type is organisation"
