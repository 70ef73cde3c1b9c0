"""The SQL of landing: how files become typed, judged raw rows. Text only; nothing is run here."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration.settings import FOLDER_COLUMNS
from orchestration.sources.shape import TEXT, Reader, Structure, identifier, quoted

FOLDERS = tuple(f"folder_{name}" for name in FOLDER_COLUMNS)
# Names with a space, so that no column of anybody's file is called the same.
OPENED, LINE, SHOWN, BROKEN = "landing path", "landing line", "landing text", "landing broken"
_NUMBERED = f"opened AS {identifier(OPENED)}, line AS {identifier(LINE)}, text AS {identifier(SHOWN)}"
_LINE_JSON = "coalesce(pruned, text)"
_JSON_IN_PARQUET = ("STRUCT", "MAP", "[]")


@dataclass(frozen=True)
class Member:
    """A file as the queries know it: the path DuckDB opens, its place in the receipt, its folders' meaning."""

    opened: Path
    number: int
    folders: Mapping[str, str]


def _with_members(given: str, members: Sequence[Member], folders: Sequence[str] = FOLDERS) -> str:
    """The relation with the number and the folders of the file that each row comes from.

    No join: DuckDB gives no order to what comes out of one, and a row's place is its place in the file (see fast.py).
    An ENUM, since it is looked up by hash: a position in a list would be sought along hundreds of files for each row.
    """
    opened = ", ".join(quoted(member.opened.as_posix()) for member in members)
    found = {'"landing number"': [str(member.number) for member in members]}
    found |= {name: [_text_or_null(member.folders.get(name)) for member in members] for name in folders}
    looked_up = ", ".join(
        f"{values[0]} AS {name}" if len(set(values)) == 1 else f'[{", ".join(values)}]["landing member"] AS {name}'
        for name, values in found.items()
    )
    return (
        f'SELECT * EXCLUDE ("landing member"), {looked_up} '
        f'FROM (SELECT *, enum_code(CAST({identifier(OPENED)} AS ENUM({opened}))) + 1 AS "landing member" '
        f"FROM ({given}))"
    )


def read_json(members: Sequence[Member], reader: Reader, compression: str, *, tolerant: bool = False) -> str:
    """Rows of JSONL, all texts, with the path they came from.

    `tolerant`: a line that is no JSON object is a row of NULLs instead of an error, and a key given twice passes.
    """
    nesting = reader.nesting
    within = nesting.rows if nesting else None
    columns = nesting.line_columns if nesting and within else _columns(reader.structure)
    given = (
        f"SELECT * FROM read_json({_paths(members)}, format='newline_delimited', records='true', "
        f"columns={columns}, compression={quoted(compression)}, "
        f"filename={quoted(OPENED)}, hive_partitioning=false{', ignore_errors=true' if tolerant else ''})"
    )
    return within(given, identifier(OPENED)) if within else given


def files_with_keys_twice(members: Sequence[Member], compression: str) -> str:
    """Numbers of the JSONL files in which a line names any key twice."""
    given = (
        f"SELECT {identifier(OPENED)}, json_keys(line) AS keys "
        f"FROM read_json({_paths(members)}, format='newline_delimited', records='false', columns={{'line': 'JSON'}}, "
        f"compression={quoted(compression)}, filename={quoted(OPENED)}, hive_partitioning=false, ignore_errors=true)"
    )
    return (
        f'SELECT DISTINCT "landing number" FROM ({_with_members(given, members, folders=())}) '
        "WHERE len(keys) <> len(list_distinct(keys))"
    )


def read_csv(
    members: Sequence[Member], reader: Reader, compression: str, *, names: Sequence[str], delimiter: str
) -> str:
    """Rows of clean CSV files with one and the same header."""
    unique = [name or f"column {place}" for place, name in enumerate(names)]
    return (
        f"SELECT {_picked(reader, names)}, {identifier(OPENED)} FROM read_csv({_paths(members)}, header=true, "
        f"auto_detect=false, delim={quoted(delimiter)}, quote='\"', escape='\"', nullstr='', "
        f"columns={_columns(dict.fromkeys(unique, TEXT))}, compression={quoted(compression)}, "
        f"filename={quoted(OPENED)}, strict_mode=true, hive_partitioning=false)"
    )


def read_parquet(members: Sequence[Member], reader: Reader, types: Mapping[str, str]) -> str:
    """Rows of Parquet files with one and the same schema (`types` by column), as texts and numbered."""
    picked = [
        f"{_parquet_text(name, types[name], reader)} AS {identifier(name)}"
        if name in types
        else f"CAST(NULL AS VARCHAR) AS {identifier(name)}"
        for name in reader.structure
    ]
    whole = ", ".join(identifier(name) for name in types)
    return (
        f"SELECT {', '.join(picked)}, {identifier(OPENED)}, file_row_number + 1 AS {identifier(LINE)}, "
        f"CAST(to_json(struct_pack({whole})) AS VARCHAR) AS {identifier(SHOWN)}, "
        f"CAST(NULL AS VARCHAR) AS {identifier(BROKEN)} "
        f"FROM read_parquet({_paths(members)}, filename={quoted(OPENED)}, file_row_number=true, "
        "hive_partitioning=false)"
    )


def read_numbered_lines(path: Path, reader: Reader) -> str:
    """Rows of JSONL that went the slow way: DuckDB's own JSON functions judge each line, none may raise."""
    fields = ", ".join(f"row.{identifier(name)} AS {identifier(name)}" for name in reader.structure)
    numbered = _numbered(path, {"pruned": TEXT})
    readable = f"CASE WHEN broken IS NULL AND json_valid({_LINE_JSON}) THEN {_LINE_JSON} END"
    transform = f"json_transform(readable, {quoted(json.dumps(reader.structure))})"
    keys = ", ".join(
        f"json_keys(readable, {quoted(_json_path(path))}) AS {identifier(_keys_of(path))}"
        for path, _ in _objects(reader.structure, ())
    )
    return (
        f"SELECT {_NUMBERED}, coalesce(broken, judged) AS {identifier(BROKEN)}, {fields} "
        f"FROM (SELECT *, CASE WHEN judged IS NULL THEN {transform} END AS row "
        f"FROM (SELECT *, {_judgement(reader)} AS judged "
        f"FROM (SELECT *, {keys} FROM (SELECT *, {readable} AS readable FROM {numbered}))))"
    )


def read_numbered_cells(path: Path, reader: Reader) -> str:
    """Rows of CSV files that went the slow way: cells already told apart."""
    fields = ", ".join(f"cells.{identifier(name)} AS {identifier(name)}" for name in reader.structure)
    numbered = _numbered(path, {"cells": _type(reader.structure)})
    return f"SELECT {_NUMBERED}, broken AS {identifier(BROKEN)}, {fields} FROM {numbered}"


def raw_rows(given: str, members: Sequence[Member], reader: Reader, *, source: str, latest: datetime) -> str:
    """Typed rows over the relation `given`, each with `reason` (NULL where good) and `not_usage`.

    Columns: those of `landed_columns`, reason, not_usage, and the numbering where `given` has it.
    Stamps after `latest` (aware) are refused.
    """
    numbered = [identifier(name) for name in (LINE, SHOWN, BROKEN) if f" AS {identifier(name)}" in given]
    rows = _with_members(given, members)
    if reader.prelude:
        made = ", ".join(f"{sql} AS {identifier(name)}" for name, sql in reader.prelude)
        rows = f"SELECT *, {made} FROM ({rows})"
    if reader.numbered_by:
        alike = f'PARTITION BY "landing number", {identifier(reader.numbered_by)}'
        rows = f'SELECT *, row_number() OVER ({alike}) AS "row number" FROM ({rows})'
    names = [identifier(column.name) for column in reader.columns]
    typed = [f"{column.typed()} AS {identifier(column.name)}" for column in reader.columns]
    texts = [f"{column.given} AS {column.text}" for column in reader.columns if column.has_checks]
    not_usage = f"coalesce({reader.not_usage}, false)" if reader.not_usage else "false"
    kept = [*FOLDERS, '"landing number"', *numbered]
    typed_rows = f"SELECT {', '.join([*typed, *texts, *kept])}, {not_usage} AS not_usage FROM ({rows})"
    broken = f"WHEN {identifier(BROKEN)} IS NOT NULL THEN {identifier(BROKEN)} " if numbered else ""
    cases = " ".join(f"WHEN {check.bad} THEN {check.reason}" for check in reader.all_checks)
    # 63 bits, so that any engine can hold it; its sum tells whether a day's rows are the same.
    # Without the caller's address, which could be found by trying all of them: places.py adds what is stored of it.
    hashed = [name for name in names if reader.address is None or name != identifier(reader.address)]
    row_hash = f"CAST(hash({', '.join([*hashed, *FOLDERS])}) >> 1 AS BIGINT)"
    statement = (
        f"SELECT {quoted(source)} AS source, {', '.join([*names, *FOLDERS])}, "
        f'"landing number" AS file, {row_hash} AS row_hash, not_usage, '
        f"CASE {broken}WHEN not_usage THEN NULL {cases} END AS reason"
        f"{''.join(', ' + name for name in numbered)} FROM ({typed_rows})"
    )
    limit = latest.astimezone(UTC).strftime("TIMESTAMP '%Y-%m-%d %H:%M:%S'")
    return statement.replace("$latest", limit)


def landed_columns(reader: Reader) -> str:
    """The columns of a raw Parquet file, in order."""
    return ", ".join(["source", *(identifier(column.name) for column in reader.columns), *FOLDERS, "file", "row_hash"])


def _judgement(reader: Reader) -> str:
    """Why a line is no row: as the fast reader refuses it, a key given twice or a value where an object must be."""
    cases = [
        "WHEN broken IS NOT NULL THEN NULL",
        "WHEN readable IS NULL THEN 'is not valid JSON'",
        "WHEN json_type(readable) <> 'OBJECT' THEN 'is no JSON object'",
    ]
    for path, structure in _objects(reader.structure, ()):
        dotted = ".".join(path)
        if path and dotted not in reader.other_shapes:
            kind = f"json_type(readable, {quoted(_json_path(path))})"
            cases.append(
                f"WHEN coalesce({kind} NOT IN ('OBJECT', 'NULL'), false) THEN {quoted(f'{dotted} is no JSON object')}"
            )
        declared = ", ".join(quoted(name) for name in structure)
        keys = f"list_filter({identifier(_keys_of(path))}, lambda key: key IN ({declared}))"
        reason = "names a key twice" + (f" in {dotted}" if path else "")
        cases.append(f"WHEN len({keys}) <> list_unique({keys}) THEN {quoted(reason)}")
    return f"CASE {' '.join(cases)} END"


def _objects(structure: Structure, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Structure]]:
    """Every declared object with its path, from the outermost inwards."""
    yield path, structure
    for name, leaf in structure.items():
        if not isinstance(leaf, str):
            yield from _objects(leaf, (*path, name))


def _json_path(path: tuple[str, ...]) -> str:
    return "$" + "".join(f".{name}" for name in path)


def _keys_of(path: tuple[str, ...]) -> str:
    return "keys of " + _json_path(path)


def _type(leaf: "str | Structure") -> str:
    if isinstance(leaf, str):
        return leaf
    return "STRUCT(" + ", ".join(f"{identifier(name)} {_type(below)}" for name, below in leaf.items()) + ")"


def _columns(structure: Structure) -> str:
    fields = ", ".join(f"{quoted(name)}: {quoted(_type(leaf))}" for name, leaf in structure.items())
    return "{" + fields + "}"


def _numbered(path: Path, more: Mapping[str, str]) -> str:
    columns = {"opened": TEXT, "line": "BIGINT", "text": TEXT, "broken": TEXT, **more}
    listed = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in columns.items())
    return f"read_json({quoted(path.as_posix())}, format='newline_delimited', records='true', columns={{{listed}}})"


def _picked(reader: Reader, names: Sequence[str]) -> str:
    return ", ".join(
        identifier(name) if name in names else f"CAST(NULL AS VARCHAR) AS {identifier(name)}"
        for name in reader.structure
    )


def _parquet_text(name: str, kind: str, reader: Reader) -> str:
    column = identifier(name)
    if kind.startswith("TIMESTAMP") and "TIME ZONE" not in kind and reader.naive_parquet == "utc":
        return f"CAST({column} AS VARCHAR) || '+00'"
    if any(mark in kind for mark in _JSON_IN_PARQUET):
        return f"CAST(to_json({column}) AS VARCHAR)"
    return f"CAST({column} AS VARCHAR)"


def _paths(members: Sequence[Member]) -> str:
    return "[" + ", ".join(quoted(member.opened.as_posix()) for member in members) + "]"


def _text_or_null(value: str | None) -> str:
    return "CAST(NULL AS VARCHAR)" if value is None else quoted(value)
