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
from orchestration.sources.shape import Reader, Structure, identifier

SHOWN_CHARACTERS = 10_000
# DuckDB reads JSON objects up to 16 MB; of longer lines only what is declared is handed on.
_LONG = 1 << 20
_FETCH = 10_000
_BLANKS = " \t\r\v\f"  # what DuckDB's reader passes over around a row


def load_dirty(work: Work, dirty: set[int]) -> Path | None:
    """Land the good rows of these files and write the others to a quarantine file; None if there are none."""
    quarantine = work.new_path("quarantine.jsonl")
    with quarantine.open("w", encoding="utf-8") as stream:
        for number in sorted(dirty):
            for record in _load_file(work, number):
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
    return quarantine if quarantine.stat().st_size else None


def _load_file(work: Work, number: int) -> Iterator[dict[str, Any]]:
    """Lands one file's good rows; yields its bad ones in order."""
    shown = work.shown[number]
    given = _given(work, number)
    if given is None:  # how many rows it holds nobody can say: the file counts as one
        work.tallies[number] = Tally(delivered=1, quarantined=1, not_usage=0)
        yield {"file": shown, "line": 0, "reason": "is no readable Parquet file", "text": ""}
        return
    columns = landed_columns(work.reader)
    line, text = identifier(LINE), identifier(SHOWN)
    rows = (
        f"SELECT {columns}, not_usage, reason, {line}, "
        f"CASE WHEN reason IS NOT NULL THEN left({text}, {SHOWN_CHARACTERS}) END AS shown "
        f"FROM ({work.rows(given, [work.members[number]])})"
    )
    stage = stage_on_disk(work.connection, rows, work.new_path("slow.parquet"))
    good = "reason IS NULL AND NOT not_usage"
    work.parts.extend(write_by_day(work.connection, stage, columns, where=good, folder=work.new_path("days")))
    counted = work.connection.execute(
        f"SELECT count(reason), count(*) FILTER (WHERE not_usage AND reason IS NULL) FROM {stage}"
    ).fetchone()
    assert counted is not None
    work.tallies[number] = Tally(work.delivered(number, NEVER), counted[0], counted[1])
    bad = work.connection.execute(f"SELECT {line}, reason, shown FROM {stage} WHERE reason IS NOT NULL ORDER BY 1")
    while found := bad.fetchmany(_FETCH):
        for at, reason, original in found:
            yield {"file": shown, "line": at, "reason": reason, "text": original}


def _given(work: Work, number: int) -> str | None:
    """The relation over one file's numbered records; None for Parquet that cannot be opened."""
    member, file = work.members[number], work.batch.files[number].file
    if file.format == "parquet":
        types = work.parquet_types(number)
        return None if types is None else read_parquet([member], work.reader, types)
    numbered = work.new_path("numbered.jsonl")
    with numbered.open("w", encoding="utf-8") as stream:
        number_all = _number_cells if file.format == "csv" else _number_lines
        for record in number_all(file, work.reader):
            line = {"opened": member.opened.as_posix(), **record}
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
    return (read_numbered_cells if file.format == "csv" else read_numbered_lines)(numbered, work.reader)


def _number_lines(file: FoundFile, reader: Reader) -> Iterator[dict[str, Any]]:
    for line in lines(file.path, file.compression):
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
            record["pruned"], broken = _pruned_line(text, reader.structure)
            record["text"] = text[:SHOWN_CHARACTERS]
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


def _pruned_line(text: str, structure: Structure) -> tuple[str | None, str | None]:
    """The declared part of a long line as JSON, or why there is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None, "is not valid JSON"
    if not isinstance(value, dict):
        return None, "is no JSON object"
    return json.dumps(_pruned(value, structure), ensure_ascii=False), None


def _pruned(value: dict[str, Any], structure: Structure) -> dict[str, Any]:
    return {
        name: _pruned(value[name], leaf) if isinstance(value[name], dict) and not isinstance(leaf, str) else value[name]
        for name, leaf in structure.items()
        if name in value
    }
