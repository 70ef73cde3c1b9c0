"""One pass over a file's bytes: its hash and how many rows it delivers, apart from DuckDB's reader."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestration.landing.decompress import UnfinishedError, chunks
from orchestration.landing.discovery import FoundFile
from orchestration.landing.nested import count_records
from orchestration.landing.records import csv_records, lines
from orchestration.sources.nesting import Nesting

_WORKERS = 2
_UNPACKED = 8  # logs shrink about eightfold
NEVER = -1
"""For `delivered`: no reader's count to be borne out, walk through the records."""


@dataclass(frozen=True)
class _Measured:
    sha256: str
    counted: int | None
    damaged: bool


class Examined:
    """A file and what one pass over its bytes says of it; asking waits for that pass to end."""

    def __init__(self, file: FoundFile, measured: "Future[_Measured]") -> None:
        self.file = file
        self._measured = measured

    @property
    def sha256(self) -> str:
        """The identity of the file's content, as it is stored."""
        return self._measured.result().sha256

    @property
    def damaged(self) -> bool:
        """Whether the compressed stream cannot be read to its end; never so where nothing is compressed."""
        return self.file.compression != "none" and self._measured.result().damaged

    @property
    def unpacked(self) -> int:
        """About how many bytes its rows are, told from its size alone."""
        packed = self.file.compression != "none" or self.file.format == "parquet"
        return self.file.size * (_UNPACKED if packed else 1)

    def delivered(self, read: int, nesting: Nesting | None = None) -> int:
        """Rows delivered by a text file, given what the reader says it read.

        Where every line is a row (no blank lines, no line breaks inside quotes) the line count decides, and where
        `nesting` has a mark, the count of that; only where it differs from `read` are the records walked through
        one by one.
        """
        counted = self._measured.result().counted
        if counted is None:
            raise ValueError("a Parquet file's rows are counted in its footer")
        quick = counted - (1 if self.file.format == "csv" and counted else 0)
        if quick == read and not self.damaged:
            return quick
        if nesting is not None and self.file.format == "json":
            return count_records(self.file.path, self.file.compression, nesting)
        walk = csv_records if self.file.format == "csv" else lines
        return sum(1 for _ in walk(self.file.path, self.file.compression))


@contextmanager
def examining(files: list[FoundFile], *, mark: bytes | None = None) -> Iterator[list[Examined]]:
    """Examine files in the background, in order, two at a time: hashing and DuckDB both leave the interpreter.

    `mark`: what to count in JSON files in place of their lines.
    """
    pool = ThreadPoolExecutor(_WORKERS)
    try:
        yield [Examined(file, pool.submit(_measure, file, mark)) for file in files]
    finally:
        pool.shutdown(cancel_futures=True)


def _measure(file: FoundFile, mark: bytes | None) -> _Measured:
    """Hash a file's stored bytes and count the lines (blank ones too) or the marks of its decompressed ones."""
    if file.format == "parquet":
        return _Measured(_sha256(file.path), None, False)
    by_mark = mark is not None and file.format == "json"
    sought = mark if mark is not None and by_mark else b"\n"
    digest, count, last, split = hashlib.sha256(), 0, b"", len(sought) - 1
    try:
        for chunk in chunks(file.path, file.compression, on_raw=digest.update):
            # A mark may lie across two chunks; the end that is kept is too short to hold one.
            text = last + chunk if by_mark else chunk
            count += text.count(sought)
            last = text[-split:] if by_mark else text[-1:]
    except UnfinishedError:
        return _Measured(_sha256(file.path), count, True)
    return _Measured(digest.hexdigest(), count + (not by_mark and last not in (b"", b"\n")), False)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
