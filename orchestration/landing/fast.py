"""The fast way: many files in one query; good rows are landed from it, and only the bad ones are looked at again.

The places of bad rows in their files are found by a second query, which reads only the files that hold some, and each
is judged once more on the slow way, which must agree. A file that the query cannot read, or whose rows do not come to
what was delivered, goes the slow way as a whole.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from orchestration.landing.batches import MAX_BYTES
from orchestration.landing.parts import Stage, stage_in_memory, stage_on_disk, write_by_day
from orchestration.landing.places import with_places
from orchestration.landing.queries import (
    Member,
    files_with_keys_twice,
    landed_columns,
    read_csv,
    read_json,
    read_parquet,
)
from orchestration.landing.records import Half, Picked, csv_header
from orchestration.landing.session import may_be_bad_rows, ordered
from orchestration.landing.slow import set_aside_picked
from orchestration.landing.work import Tally, Work

# To open a file of JSON costs the fast reader milliseconds, some for each column, which is more than the slow way takes
# for all rows of a small one.
_SMALL_BYTES = 16 << 10
_FEW_FILES = 20
# Each unreadable file costs one more reading of its batch; after that the slow way for all is cheaper.
_ATTEMPTS = 2

_Kind = tuple[str, ...]
"""What files read by one query have in common: format, compression, header or schema."""


@dataclass(frozen=True)
class Reading:
    """Files and the relation over some of them; `placed`: their rows come in the order of their lines or records."""

    members: Sequence[Member]
    given: Callable[[Sequence[Member]], str]
    placed: bool

    def of(self, numbers: Collection[int]) -> "Reading":
        """The same for these files alone."""
        return replace(self, members=[member for member in self.members if member.number in numbers])


def load_clean(work: Work) -> set[int]:
    """Land what the fast way can; returns the numbers of the files left for the slow way."""
    dirty = {number for number, file in enumerate(work.batch.files) if file.damaged} | _small(work)
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


def _small(work: Work) -> set[int]:
    """Small files of JSON, where they are many: together they go the slow way."""
    files = enumerate(work.batch.files)
    found = {number for number, file in files if file.file.format == "json" and file.unpacked <= _SMALL_BYTES}
    return found if len(found) > _FEW_FILES else set()


def _load_kind(work: Work, kind: _Kind, numbers: list[int]) -> set[int]:
    """Land what can be read of these files; returns those that cannot."""
    unreadable: set[int] = set()
    for _ in range(_ATTEMPTS):
        remaining = [number for number in numbers if number not in unreadable]
        if not remaining:
            break
        try:
            reading = _reading(work, kind, remaining)
            stage = stage_rows(work, reading)
        except duckdb.Error as error:
            if not may_be_bad_rows(error):
                raise
            unreadable |= _named_in(work, remaining, str(error)) or set(remaining)
            continue
        # In this order: the next stage takes the place of this one.
        return land_stage(work, stage, reading) | _land_tolerantly(work, kind, sorted(unreadable))
    return _land_tolerantly(work, kind, numbers)


def _land_tolerantly(work: Work, kind: _Kind, numbers: list[int]) -> set[int]:
    """Land JSONL that the reader refuses: its broken lines become rows to refuse, as long as none can be overlooked."""
    reader = work.reader
    flat = all(isinstance(leaf, str) for leaf in reader.structure.values())
    if not numbers or kind[0] != "json" or not flat or reader.nesting or reader.not_usage or reader.numbered_by:
        return set(numbers)
    members = [work.members[number] for number in numbers]
    try:
        # The tolerant reader takes the first of two equal keys without a word.
        doubtful = {row[0] for row in work.connection.execute(files_with_keys_twice(members, kind[1])).fetchall()}
        sure = [number for number in numbers if number not in doubtful]
        if not sure:
            return doubtful
        reading = Reading(
            [work.members[number] for number in sure],
            lambda members: read_json(members, reader, kind[1], tolerant=True),
            placed=True,
        )
        stage = stage_rows(work, reading)
    except duckdb.Error as error:
        if not may_be_bad_rows(error):
            raise
        return set(numbers)
    return doubtful | land_stage(work, stage, reading)


def stage_rows(work: Work, reading: Reading) -> Stage:
    """Read and judge the rows of these files."""
    columns = f"SELECT {landed_columns(work.reader)}, not_usage, reason FROM ({_rows(work, reading)})"
    if sum(work.batch.files[member.number].unpacked for member in reading.members) <= MAX_BYTES:
        return stage_in_memory(work.connection, columns, "staged")
    return stage_on_disk(work.connection, columns, work.new_path("stage.parquet"))


def land_stage(work: Work, stage: Stage, reading: Reading, *, halves: Mapping[int, Half] | None = None) -> set[int]:
    """Land the good rows of these files and set aside the bad ones; returns the files left untouched.

    `halves`: which lines were read, where these are not all.
    """
    counted = {
        number: counts
        for number, *counts in work.connection.execute(
            f"SELECT file, count(*), count(reason), count(*) FILTER (WHERE not_usage) FROM {stage.rows} GROUP BY file"
        ).fetchall()
    }
    halves = halves or {}
    untouched: set[int] = set()
    bad: dict[int, int] = {}
    for number in [member.number for member in reading.members]:
        read, refused, not_usage = counted.get(number, (0, 0, 0))
        half = halves.get(number)
        delivered = half.records if half else work.delivered(number, read)
        if delivered != read or (refused and not reading.placed):
            untouched.add(number)
        elif refused:
            bad[number] = refused
        work.tallies[number] = Tally(read, refused, not_usage)
    if bad:
        places = _bad_places(work, reading.of(bad))
        apart = {number: half.apart for number, half in halves.items()}
        agreed = [number for number in bad if len(places[number]) == bad[number]]
        untouched |= bad.keys() - agreed
        untouched |= set_aside_picked(
            work, {number: Picked(places[number], apart.get(number, frozenset())) for number in agreed}
        )
    where = "reason IS NULL AND NOT not_usage"
    if untouched:
        where += f" AND file NOT IN ({', '.join(map(str, sorted(untouched)))})"
    columns = landed_columns(work.reader)
    placed = with_places(work, stage)
    work.parts.extend(write_by_day(work.connection, placed, columns, where=where, folder=work.new_path("days")))
    return untouched


def _bad_places(work: Work, reading: Reading) -> dict[int, list[int]]:
    """The places of bad rows, from 0, by file: where they stand among the rows of their file, read in order.

    DuckDB does not promise that place (the last line without a line end comes first). But where as many lines are bad
    as the fast way found, all of them at the places it said, no other line can be: see `set_aside_picked`.
    """
    places: dict[int, list[int]] = {member.number: [] for member in reading.members}
    with ordered(work.connection):
        work.connection.execute(
            f"CREATE OR REPLACE TABLE judged AS SELECT file, reason IS NOT NULL AS bad FROM ({_rows(work, reading)})"
        )
    for number, place in work.connection.execute(
        "SELECT file, rowid - start FROM judged JOIN (SELECT file, min(rowid) AS start FROM judged GROUP BY file) "
        "USING (file) WHERE bad ORDER BY ALL"
    ).fetchall():
        places[number].append(place)
    return places


def _rows(work: Work, reading: Reading) -> str:
    return work.rows(reading.given(reading.members), reading.members)


def _has_places(work: Work, kind: _Kind) -> bool:
    """Whether rows come in the order of their lines or records, and which these are can be told in the file."""
    nesting = work.reader.nesting
    return kind[0] != "parquet" and (nesting is None or nesting.mark is not None) and not work.reader.numbered_by


def _named_in(work: Work, numbers: list[int], message: str) -> set[int]:
    """The files that the error names; several where paths begin alike, which costs only time."""
    return {number for number in numbers if work.members[number].opened.as_posix() in message}


def _kind(work: Work, number: int) -> _Kind | None:
    """The file's kind; None when it cannot be read as a whole."""
    file = work.batch.files[number].file
    match file.format:
        case "csv":
            names, delimiter = csv_header(file.path, file.compression)
            named = [name.lower() for name in names if name]
            if not named or len(set(named)) < len(named):
                return None
            return ("csv", file.compression, delimiter, *names)
        case "parquet":
            types = work.parquet_types(number)
            return None if types is None else ("parquet", *(part for pair in types.items() for part in pair))
        case _:
            return ("json", file.compression)


def _reading(work: Work, kind: _Kind, numbers: list[int]) -> Reading:
    def given(members: Sequence[Member]) -> str:
        match kind:
            case ("csv", compression, delimiter, *names):
                return read_csv(members, work.reader, compression, names=names, delimiter=delimiter)
            case ("parquet", *pairs):
                types = dict(zip(pairs[::2], pairs[1::2], strict=True))
                return read_parquet(members, work.reader, types)
            case (_, compression):
                return read_json(members, work.reader, compression)
        raise AssertionError(kind)

    return Reading([work.members[number] for number in numbers], given, _has_places(work, kind))
