"""Records inside JSON documents, told apart in plain Python: the slow way and the delivered count stand on it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from orchestration.landing.decompress import UnfinishedError, chunks
from orchestration.landing.records import Half, Line, Picked, lines
from orchestration.sources.nesting import Inner, Nesting, json_object

LARGEST_DOCUMENT = 256 << 20
"""Bytes of a file that is one document: it is read whole. Files of lines have no such limit."""
# What DuckDB's reader takes.
_LARGEST_OBJECT = 16 << 20
# Lines of a file that are remembered by their places.
_MOST_APART = 100_000


def documents(path: Path, compression: str) -> Iterator[Line]:
    """The file's lines; all of it as one where its first line is no JSON value, but the whole file is."""
    first = next(lines(path, compression), None)
    if first is not None and first.broken is None and not _is_json(first.data):
        whole = _whole(path, compression)
        if whole is not None and _is_json(whole):
            yield Line(first.number, whole)
            return
    yield from lines(path, compression)


def inner_records(data: bytes, nesting: Nesting) -> list[Inner] | None:
    """The records inside a document; None when it is one record itself, or no JSON (the reader then says why)."""
    try:
        document = parsed(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return [Inner(None, broken="is not valid JSON")] if nesting.always else None
    return nesting.records(document)


def picked_records(
    path: Path, compression: str, nesting: Nesting, picked: Picked
) -> Iterator[tuple[Line, list[Inner]]]:
    """Lines of JSONL that hold picked records, each with these; records are counted by the mark that each bears.

    A line that holds more or fewer than its marks gives none: the places cannot be trusted then.
    """
    assert nesting.mark is not None
    wanted = iter(picked.places)
    sought = next(wanted, None)
    passed = 0
    for place, line in enumerate(lines(path, compression)):
        if sought is None:
            return
        if place in picked.apart:
            continue
        begun, passed = passed, passed + line.data.count(nesting.mark)
        here: list[int] = []
        while sought is not None and sought < passed:
            here.append(sought - begun)
            sought = next(wanted, None)
        if here:
            inner = inner_records(line.data, nesting) or []
            yield line, [inner[at] for at in here] if len(inner) == passed - begun else []


def split_lines(path: Path, compression: str, nesting: Nesting, good: BinaryIO) -> Half | None:
    """Write the lines that can be taken apart to `good`, one after the other; the others stay apart.

    None where none can be, or where so many cannot that they had better go the slow way together.
    """
    assert nesting.mark is not None
    records = records_apart = 0
    apart: set[int] = set()
    for place, line in enumerate(documents(path, compression)):
        data = line.data
        inner = inner_records(data, nesting) if line.broken is None else None
        whole = inner is not None and len(inner) == data.count(nesting.mark) and not any(item.broken for item in inner)
        # What is one document over many lines is no line, however good.
        if inner is not None and whole and len(data) < _LARGEST_OBJECT and b"\n" not in data:
            good.write(data + b"\n")
            records += len(inner)
        else:
            apart.add(place)
            records_apart += 1 if inner is None else len(inner)
            if len(apart) > _MOST_APART:
                return None
    return Half(records, frozenset(apart), records_apart) if records else None


def count_records(path: Path, compression: str, nesting: Nesting) -> int:
    """Records that the file delivers; what cannot be understood counts as one."""
    delivered = 0
    for document in documents(path, compression):
        found = None if document.broken is not None else inner_records(document.data, nesting)
        delivered += 1 if found is None else len(found)
    return delivered


def parsed(text: str) -> Any:
    """The JSON value, remembering keys that came twice; raises ValueError or RecursionError."""
    return json.loads(text, object_pairs_hook=json_object, parse_constant=_no_number)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _is_json(data: bytes) -> bool:
    try:
        parsed(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return False
    return True


def _whole(path: Path, compression: str) -> bytes | None:
    """The file's bytes; None when it is damaged or too large to be one document."""
    taken: list[bytes] = []
    size = 0
    try:
        for chunk in chunks(path, compression):
            size += len(chunk)
            if size > LARGEST_DOCUMENT:
                return None
            taken.append(chunk)
    except UnfinishedError:
        return None
    return b"".join(taken).removeprefix(b"\xef\xbb\xbf")
