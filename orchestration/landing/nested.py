"""Records inside JSON documents, told apart in plain Python: the slow way and the delivered count stand on it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orchestration.landing.decompress import UnfinishedError, chunks
from orchestration.landing.records import Line, lines
from orchestration.sources.nesting import Inner, Nesting, json_object

LARGEST_DOCUMENT = 256 << 20
"""Bytes of a file that is one document: it is read whole. Files of lines have no such limit."""


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
