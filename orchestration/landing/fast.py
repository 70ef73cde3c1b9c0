"""The fast way: many files in one query, kept where every row of a file is good and all of them were read.

A file that the query cannot read, with a row to refuse, or whose rows do not come to what was delivered
goes the slow way.
"""

from collections.abc import Iterable

import duckdb

from orchestration.landing.parts import stage_in_memory, stage_on_disk, write_by_day
from orchestration.landing.queries import Member, landed_columns, read_csv, read_json, read_parquet
from orchestration.landing.records import csv_header
from orchestration.landing.session import may_be_bad_rows
from orchestration.landing.work import Tally, Work

# Each unreadable file costs one more reading of its batch; after that the slow way for all is cheaper.
_ATTEMPTS = 3
_IN_MEMORY = 512 << 20
_UNPACKED = 8  # logs shrink about eightfold

_Kind = tuple[str, ...]
"""What files read by one query have in common: format, compression, header or schema."""


def load_clean(work: Work) -> set[int]:
    """Land every file that is wholly good; returns the numbers of the others."""
    dirty = {number for number, file in enumerate(work.batch.files) if file.damaged}
    kinds: dict[_Kind, list[int]] = {}
    for number in sorted(set(work.members) - dirty):
        kind = _kind(work, number)
        if kind is None:
            dirty.add(number)
        else:
            kinds.setdefault(kind, []).append(number)
    for kind, numbers in sorted(kinds.items()):
        dirty |= _load_kind(work, kind, numbers)
    return dirty


def _load_kind(work: Work, kind: _Kind, numbers: list[int]) -> set[int]:
    """Land the clean ones of these files; returns the others."""
    unreadable: set[int] = set()
    for _ in range(_ATTEMPTS):
        remaining = [number for number in numbers if number not in unreadable]
        if not remaining:
            return unreadable
        try:
            stage = _stage(work, kind, remaining)
        except duckdb.Error as error:
            if not may_be_bad_rows(error):
                raise
            unreadable |= _named_in(work, remaining, str(error)) or set(remaining)
            continue
        return unreadable | _land_clean(work, stage, remaining)
    return set(numbers)


def _stage(work: Work, kind: _Kind, numbers: list[int]) -> str:
    members = [work.members[number] for number in numbers]
    rows = work.rows(_given(work, kind, members), members)
    columns = f"SELECT {landed_columns(work.reader)}, not_usage, reason FROM ({rows})"
    size = sum(work.batch.files[number].file.size for number in numbers)
    if kind[0] == "parquet" or kind[1] != "none":
        size *= _UNPACKED
    if size <= _IN_MEMORY:
        return stage_in_memory(work.connection, columns, "staged")
    return stage_on_disk(work.connection, columns, work.new_path("stage.parquet"))


def _land_clean(work: Work, stage: str, numbers: Iterable[int]) -> set[int]:
    counted = {
        number: (read, refused, not_usage)
        for number, read, refused, not_usage in work.connection.execute(
            f"SELECT file, count(*), count(reason), count(*) FILTER (WHERE not_usage) FROM {stage} GROUP BY file"
        ).fetchall()
    }
    dirty: set[int] = set()
    for number in numbers:
        read, refused, not_usage = counted.get(number, (0, 0, 0))
        if refused or work.delivered(number, read) != read:
            dirty.add(number)
        else:
            work.tallies[number] = Tally(read, 0, not_usage)
    where = "NOT not_usage" if work.reader.not_usage else "true"
    if dirty:
        where += f" AND file NOT IN ({', '.join(map(str, sorted(dirty)))})"
    columns = landed_columns(work.reader)
    work.parts.extend(write_by_day(work.connection, stage, columns, where=where, folder=work.new_path("days")))
    return dirty


def _named_in(work: Work, numbers: list[int], message: str) -> set[int]:
    """The files that the error names; several where paths begin alike, which costs only time."""
    return {number for number in numbers if work.members[number].opened.as_posix() in message}


def _kind(work: Work, number: int) -> _Kind | None:
    """The file's kind; None when it cannot be read as a whole."""
    file = work.batch.files[number].file
    match file.format:
        case "csv":
            names, delimiter = csv_header(file.path, file.compression)
            if not names or len({name.lower() for name in names}) < len(names):
                return None
            return ("csv", file.compression, delimiter, *names)
        case "parquet":
            types = work.parquet_types(number)
            return None if types is None else ("parquet", *(part for pair in types.items() for part in pair))
        case _:
            return ("json", file.compression)


def _given(work: Work, kind: _Kind, members: list[Member]) -> str:
    match kind:
        case ("csv", compression, delimiter, *names):
            return read_csv(members, work.reader, compression, names=names, delimiter=delimiter)
        case ("parquet", *pairs):
            types = dict(zip(pairs[::2], pairs[1::2], strict=True))
            return read_parquet(members, work.reader, types)
        case (_, compression):
            return read_json(members, work.reader, compression)
    raise AssertionError(kind)
