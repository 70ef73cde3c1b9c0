"""The slow way: every record of a file on its own, the bad ones into quarantine, the good ones landed.

Python only numbers the records and sees to bytes that are no text; whether a record is good is decided by
the same SQL as on the fast way, so that a row's fate does not depend on its neighbours.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orchestration.landing.discovery import FoundFile
from orchestration.landing.examine import NEVER
from orchestration.landing.nested import documents, inner_records, parsed
from orchestration.landing.parts import stage_on_disk, write_by_day
from orchestration.landing.queries import (
    LINE,
    SHOWN,
    landed_columns,
    read_numbered_cells,
    read_numbered_lines,
    read_parquet,
)
from orchestration.landing.records import csv_records, lines
from orchestration.landing.work import Tally, Work
from orchestration.sources.nesting import Inner, repeated
from orchestration.sources.shape import Reader, Structure, identifier

SHOWN_CHARACTERS = 10_000
# Of longer lines only the declared part is handed on: DuckDB's JSON functions keep a copy of every line of
# a vector for each use, and take no object above 16 MB.
_LONG = 1000
_TOO_LONG = 1 << 20
_FETCH = 10_000
_BLANKS = " \t\r\v\f"  # what DuckDB's reader passes over around a row


def load_dirty(work: Work, dirty: set[int]) -> Path | None:
    """Land the good rows of these files and write the others to a quarantine file; None if there are none."""
    quarantine = work.new_path("quarantine.jsonl")
    with quarantine.open("w", encoding="utf-8") as stream:
        for numbers, given in _relations(work, sorted(dirty)):
            for record in _load(work, numbers, given):
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
    return quarantine if quarantine.stat().st_size else None


def _relations(work: Work, dirty: list[int]) -> Iterator[tuple[list[int], str | None]]:
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
                for record in (_number_cells if form == "csv" else _number_lines)(
                    work.batch.files[number].file, work.reader
                ):
                    stream.write(json.dumps({"opened": opened, **record}, ensure_ascii=False) + "\n")
        yield numbers, (read_numbered_cells if form == "csv" else read_numbered_lines)(numbered, work.reader)
        numbered.unlink()


def _load(work: Work, numbers: list[int], given: str | None) -> Iterator[dict[str, Any]]:
    """Lands the files' good rows; yields their bad ones, by file and line."""
    if given is None:  # how many rows it holds nobody can say: the file counts as one
        work.tallies[numbers[0]] = Tally(delivered=1, quarantined=1, not_usage=0)
        shown = work.shown[numbers[0]]
        yield {"file": shown, "line": 0, "reason": "is no readable Parquet file", "text": ""}
        return
    columns = landed_columns(work.reader)
    line, text = identifier(LINE), identifier(SHOWN)
    rows = (
        f"SELECT {columns}, not_usage, reason, {line}, "
        f"CASE WHEN reason IS NOT NULL THEN left({text}, {SHOWN_CHARACTERS}) END AS shown "
        f"FROM ({work.rows(given, [work.members[number] for number in numbers])})"
    )
    stage = stage_on_disk(work.connection, rows, work.new_path("slow.parquet"))
    good = "reason IS NULL AND NOT not_usage"
    work.parts.extend(write_by_day(work.connection, stage, columns, where=good, folder=work.new_path("days")))
    counted = {
        number: (refused, not_usage)
        for number, refused, not_usage in work.connection.execute(
            "SELECT file, count(reason), count(*) FILTER (WHERE not_usage AND reason IS NULL) "
            f"FROM {stage} GROUP BY file"
        ).fetchall()
    }
    for number in numbers:
        refused, not_usage = counted.get(number, (0, 0))
        work.tallies[number] = Tally(work.delivered(number, NEVER), refused, not_usage)
    bad = work.connection.execute(
        f"SELECT file, {line}, reason, shown FROM {stage} WHERE reason IS NOT NULL ORDER BY 1, 2"
    )
    while found := bad.fetchmany(_FETCH):
        for number, at, reason, original in found:
            yield {"file": work.shown[number], "line": at, "reason": reason, "text": original}


def _number_lines(file: FoundFile, reader: Reader) -> Iterator[dict[str, Any]]:
    nesting = reader.nesting
    for line in (documents if nesting else lines)(file.path, file.compression):
        broken = line.broken
        inner = inner_records(line.data, nesting) if nesting and broken is None else None
        if inner is not None:
            yield from (_inner_row(line.number, line.data, record, reader) for record in inner)
            continue
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
        yield record


def _number_cells(file: FoundFile, reader: Reader) -> Iterator[dict[str, Any]]:
    for row in csv_records(file.path, file.compression):
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
