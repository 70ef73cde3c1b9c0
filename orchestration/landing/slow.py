"""The slow way: every record of a file on its own, the bad ones into quarantine, the good ones landed.

Python only numbers the records and sees to bytes that are no text; whether a record is good is decided by
the same SQL as on the fast way, so that a row's fate does not depend on its neighbours.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import duckdb

from orchestration.landing.discovery import FoundFile
from orchestration.landing.examine import NEVER
from orchestration.landing.nested import documents, inner_records, parsed, picked_records
from orchestration.landing.parts import Stage, stage_on_disk, write_by_day
from orchestration.landing.places import with_places
from orchestration.landing.queries import (
    LINE,
    SHOWN,
    landed_columns,
    read_numbered_cells,
    read_numbered_lines,
    read_parquet,
)
from orchestration.landing.records import Half, Line, Picked, csv_records, lines, picked_lines
from orchestration.landing.session import may_be_bad_rows
from orchestration.landing.work import Tally, Work
from orchestration.sources.nesting import Inner, Nesting, repeated
from orchestration.sources.shape import Reader, Structure, identifier

SHOWN_CHARACTERS = 10_000
# Of longer lines only the declared part is handed on: DuckDB's JSON functions keep a copy of every line of
# a vector for each use, and take no object above 16 MB.
_LONG = 1000
_TOO_LONG = 1 << 20
_FETCH = 10_000
_BLANKS = " \t\r\v\f"  # what DuckDB's reader passes over around a row

_Wanted = Picked | frozenset[int] | None
"""Of a file some records, all records of the lines at these places, or everything."""


def load_dirty(work: Work, dirty: set[int]) -> None:
    """Land the good rows of these files and put the others into the quarantine."""
    for numbers, given in _relations(work, dict.fromkeys(sorted(dirty))):
        if given is None:  # how many rows it holds nobody can say: the file counts as one
            _set_aside_whole(work, numbers[0], "is no readable Parquet file")
            continue
        try:
            stage = _stage(work, numbers, given)
        except duckdb.Error as error:
            parquet = work.batch.files[numbers[0]].file.format == "parquet"
            if not parquet or not may_be_bad_rows(error):
                raise
            # Its footer can be read and its rows cannot: none of them can be shown.
            rows = work.delivered(numbers[0], NEVER)
            _set_aside_whole(work, numbers[0], f"is a damaged Parquet file: none of its {rows} rows can be trusted")
            continue
        for number, (refused, not_usage) in _counted(work, stage, numbers).items():
            work.tallies[number] = Tally(work.delivered(number, NEVER), refused, not_usage)
        _put_down(work, stage)


def load_apart(work: Work, halves: Mapping[int, Half]) -> None:
    """Land the good records of the lines that are apart and put the others into the quarantine."""
    for numbers, given in _relations(work, {number: half.apart for number, half in sorted(halves.items())}):
        assert given is not None
        stage = _stage(work, numbers, given)
        for number, (refused, not_usage) in _counted(work, stage, numbers).items():
            good = work.tallies[number]
            work.tallies[number] = Tally(
                good.delivered + halves[number].records_apart, good.quarantined + refused, good.not_usage + not_usage
            )
        _put_down(work, stage)


def set_aside_picked(work: Work, picked: Mapping[int, Picked]) -> set[int]:
    """Put into the quarantine the records that the fast way found bad, by file number.

    Files of which one is good here are returned, with nothing of theirs done.
    """
    disagreeing: set[int] = set()
    for numbers, given in _relations(work, picked):
        assert given is not None
        stage = _stage(work, numbers, given)
        counted = _counted(work, stage, numbers)
        disagreeing |= {number for number in numbers if counted[number][0] != len(picked[number].places)}
        _put_down(work, stage, but=disagreeing)
    return disagreeing


def _relations(work: Work, dirty: Mapping[int, _Wanted]) -> Iterator[tuple[list[int], str | None]]:
    """What to read for which files: all of a text format together, Parquet one by one (None: unreadable)."""
    by_format: dict[str, list[int]] = {}
    for number in dirty:
        by_format.setdefault(work.batch.files[number].file.format or "", []).append(number)
    for number in by_format.pop("parquet", []):
        types = work.parquet_types(number)
        yield [number], None if types is None else read_parquet([work.members[number]], work.reader, types)
    for form, numbers in sorted(by_format.items()):
        numbered = work.new_path("numbered.jsonl")
        with numbered.open("w", encoding="utf-8") as stream:
            for number in numbers:
                opened = work.members[number].opened.as_posix()
                number_records = _number_cells if form == "csv" else _number_lines
                for record in number_records(work.batch.files[number].file, work.reader, dirty[number]):
                    stream.write(json.dumps({"opened": opened, **record}, ensure_ascii=False) + "\n")
        yield numbers, (read_numbered_cells if form == "csv" else read_numbered_lines)(numbered, work.reader)
        numbered.unlink()


def _set_aside_whole(work: Work, number: int, reason: str) -> None:
    work.tallies[number] = Tally(delivered=1, quarantined=1, not_usage=0)
    work.set_aside([{"file": work.shown[number], "line": 0, "reason": reason, "text": ""}])


def _stage(work: Work, numbers: list[int], given: str) -> Stage:
    line, text = identifier(LINE), identifier(SHOWN)
    rows = (
        f"SELECT {landed_columns(work.reader)}, not_usage, reason, {line}, "
        f"CASE WHEN reason IS NOT NULL THEN left({text}, {SHOWN_CHARACTERS}) END AS shown "
        f"FROM ({work.rows(given, [work.members[number] for number in numbers])})"
    )
    return stage_on_disk(work.connection, rows, work.new_path("slow.parquet"))


def _counted(work: Work, stage: Stage, numbers: list[int]) -> dict[int, tuple[int, int]]:
    """Refused rows, and good ones that bear no usage, by file."""
    counted = work.connection.execute(
        f"SELECT file, count(reason), count(*) FILTER (WHERE not_usage AND reason IS NULL) FROM {stage.rows} "
        "GROUP BY file"
    ).fetchall()
    return {**dict.fromkeys(numbers, (0, 0)), **{number: (refused, other) for number, refused, other in counted}}


def _put_down(work: Work, stage: Stage, but: Collection[int] = ()) -> None:
    """Write the good rows as parts and the bad ones to the quarantine, by file and line."""
    which = f"file NOT IN ({', '.join(map(str, sorted(but)))})" if but else "true"
    good = f"reason IS NULL AND NOT not_usage AND {which}"
    columns = landed_columns(work.reader)
    placed = with_places(work, stage)
    work.parts.extend(write_by_day(work.connection, placed, columns, where=good, folder=work.new_path("days")))
    bad = work.connection.execute(
        f"SELECT file, {identifier(LINE)}, reason, shown FROM {stage.rows} WHERE reason IS NOT NULL AND {which} "
        "ORDER BY 1, 2"
    )
    while found := bad.fetchmany(_FETCH):
        work.set_aside(
            {"file": work.shown[number], "line": at, "reason": reason, "text": text}
            for number, at, reason, text in found
        )


def _number_lines(file: FoundFile, reader: Reader, wanted: _Wanted) -> Iterator[dict[str, Any]]:
    for line, inner in _lines_with_records(file, reader.nesting, wanted):
        if inner is not None:
            yield from (_inner_row(line.number, line.data, record, reader) for record in inner)
        else:
            yield _line_row(line, reader)


def _lines_with_records(
    file: FoundFile, nesting: Nesting | None, wanted: _Wanted
) -> Iterator[tuple[Line, list[Inner] | None]]:
    """The wanted lines, each with its records where it holds some, of these the wanted ones."""
    if nesting is None:
        found = lines(file.path, file.compression)
        if isinstance(wanted, Picked):
            found = picked_lines(file.path, file.compression, wanted.places)
        yield from ((line, None) for line in found)
    elif isinstance(wanted, Picked):
        yield from picked_records(file.path, file.compression, nesting, wanted)
    else:
        for place, line in enumerate(documents(file.path, file.compression)):
            if wanted is None or place in wanted:
                yield line, None if line.broken is not None else inner_records(line.data, nesting)


def _line_row(line: Line, reader: Reader) -> dict[str, Any]:
    """A line that is one record: its text, its declared part where it is long, or why it cannot be read."""
    broken = line.broken
    try:
        text = line.data.decode("utf-8").strip(_BLANKS)
    except UnicodeDecodeError:
        text = line.data.decode("utf-8", "backslashreplace")
        broken = broken or "is not UTF-8"
    if broken is None and "\0" in text:
        broken = "holds a NUL byte"
    record: dict[str, Any] = {"line": line.number, "text": text}
    if broken is None and len(text) > _LONG:
        pruned = _pruned_line(text, reader.structure)
        if pruned is not None:
            record["pruned"], record["text"] = pruned, text[:SHOWN_CHARACTERS]
        elif len(text) > _TOO_LONG:
            broken = f"is not valid JSON, or longer than {_TOO_LONG} characters"
    if broken is not None:
        record["text"] = _shown(text)
        record["broken"] = broken
    return record


def _number_cells(file: FoundFile, reader: Reader, wanted: _Wanted) -> Iterator[dict[str, Any]]:
    places = set(wanted.places) if isinstance(wanted, Picked) else wanted
    for place, row in enumerate(csv_records(file.path, file.compression)):
        if places is not None and place not in places:
            continue
        record: dict[str, Any] = {"line": row.number, "text": _shown(row.text)}
        if row.broken is None:
            record["cells"] = {name: row.cells.get(name) for name in reader.structure}
        else:
            record["broken"] = row.broken
        yield record


def _shown(text: str) -> str:
    return text[:SHOWN_CHARACTERS].replace("\0", "\\x00")


def _inner_row(line: int, data: bytes, record: Inner, reader: Reader) -> dict[str, Any]:
    """A record inside a document: its declared part for the reader, its own text for the quarantine."""
    broken, row = record.broken, record.row
    if broken is None and row is None:
        try:
            row = _pruned(record.value, reader.structure)
        except TypeError as error:
            broken = str(error)
    original = data if record.value is None else _as_text(record.value).encode("utf-8", "backslashreplace")
    numbered: dict[str, Any] = {"line": line, "text": _shown(original.decode("utf-8", "backslashreplace"))}
    return {**numbered, "pruned": json.dumps(row)} if broken is None else {**numbered, "broken": broken}


def _as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _pruned_line(text: str, structure: Structure) -> str | None:
    """The declared part of a long line as JSON; None where only DuckDB can say what it is."""
    try:
        value = parsed(text)
        return json.dumps(_pruned(value, structure))  # half a surrogate pair can be written as an escape only
    except (ValueError, TypeError, RecursionError):
        return None


def _pruned(value: Any, structure: Structure) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("is no JSON object")
    if repeated(value) & structure.keys():
        raise TypeError("names a key twice")
    return {
        name: value[name] if isinstance(leaf, str) or not isinstance(value[name], dict) else _pruned(value[name], leaf)
        for name, leaf in structure.items()
        if name in value
    }
