"""The records of a text file as a person would number them: lines of JSONL, records of CSV.

The delivered count and the quarantine both stand on this module, DuckDB's readers on neither.
"""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.landing.decompress import UnfinishedError, chunks

_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # a spreadsheet's "Unicode text"
_LARGEST_CELL = 64 << 20
LARGEST_LINE = 256 << 20
"""Bytes; of a longer line nothing but its beginning is kept, so that one line cannot fill the memory."""
_BEGINNING = 1 << 16
_Taken = tuple[int, bytes, str | None]
"""A line's number, bytes and trouble."""


@dataclass(frozen=True)
class Line:
    """A non-blank line without its line end. `broken`: why it cannot be read, if that is known already."""

    number: int
    data: bytes
    broken: str | None = None


@dataclass(frozen=True)
class CsvRecord:
    """A CSV record and the number of its first line; `cells` by column name, None where empty."""

    number: int
    text: str
    cells: dict[str, str | None]
    broken: str | None = None


@dataclass(frozen=True)
class Picked:
    """Some records of a file: by their places from 0, ascending, where the lines at the places `apart` do not count."""

    places: list[int]
    apart: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Half:
    """The good lines of a file: how many `records` they hold; the places of its other lines, and the records of those.

    All three are found without DuckDB.
    """

    records: int
    apart: frozenset[int]
    records_apart: int


def lines(path: Path, compression: str) -> Iterator[Line]:
    """Non-blank lines, a torn last one included; a broken stream ends in one line that says so."""
    for number, given, broken in _all_lines(path, compression):
        data = given.removesuffix(b"\r")
        if broken is not None or (data and not data.isspace()):
            yield Line(number, data, broken)


def picked_lines(path: Path, compression: str, ordinals: Sequence[int]) -> Iterator[Line]:
    """Some of what `lines` gives of a sound file, by place from 0, ascending; the others cost next to nothing."""
    wanted = iter(ordinals)
    place = next(wanted, None)
    passed = 0  # non-blank lines of the pieces before
    for number, pieces, trouble in _split(path, compression):
        if place is None:
            return
        full = [at for at, piece in enumerate(pieces) if piece.strip()]
        while place is not None and place - passed < len(full):
            at = full[place - passed]
            yield Line(number + at, pieces[at].removesuffix(b"\r"), None if at else trouble)
            place = next(wanted, None)
        passed += len(full)


def _all_lines(path: Path, compression: str) -> Iterator[_Taken]:
    """Every line, blank ones too."""
    for first, pieces, trouble in _split(path, compression):
        for number, piece in enumerate(pieces, start=first):
            yield number, piece, trouble if number == first else None


def _split(path: Path, compression: str) -> Iterator[tuple[int, list[bytes], str | None]]:
    """All lines, many at a time: the first one's number, their bytes, and why the first is no row, if that is known."""
    number, begun, size = 1, list[bytes](), 0
    damage: str | None = None
    try:
        for chunk in chunks(path, compression):
            pieces = chunk.split(b"\n")
            size += len(pieces[0])
            if size <= LARGEST_LINE:
                begun.append(pieces[0])
            if len(pieces) == 1:
                continue
            pieces[0], trouble = _whole_line(number, begun, size)
            begun = [pieces.pop()]
            size = len(begun[0])
            yield number, pieces, trouble
            number += len(pieces)
    except UnfinishedError as error:
        damage = str(error)
    if size or damage is not None:
        line, trouble = _whole_line(number, begun, size)
        yield number, [line], damage or trouble


def _whole_line(number: int, begun: list[bytes], size: int) -> tuple[bytes, str | None]:
    """A line from its pieces, and why it is no row; of one that is too long its beginning."""
    if size > LARGEST_LINE:
        return b"".join(begun[:1])[:_BEGINNING], f"is a line of more than {LARGEST_LINE} bytes"
    data = b"".join(begun)
    if number > 1:
        return data, None
    return data.removeprefix(_BOM), "begins a file in UTF-16: write it as UTF-8" if data[:2] in _UTF_16 else None


def delimiter_of(header: str) -> str:
    """The separator of a CSV whose first line is `header`: comma, semicolon or tab."""
    return max(",;\t", key=header.count)


def csv_header(path: Path, compression: str) -> tuple[list[str], str]:
    """Column names of a CSV, and its delimiter; no names when the file is empty or its header unreadable."""
    for row in _csv_rows(path, compression):
        return [] if row.broken else row.names, row.delimiter
    return [], ","


def csv_records(path: Path, compression: str) -> Iterator[CsvRecord]:
    """Records after the header, each with its cells by name or the reason why it has none."""
    rows = _csv_rows(path, compression)
    header = next(rows, None)
    if header is None:
        return
    names = header.names
    twice = next((name for name in names if name and names.count(name) > 1), None)
    trouble = None if twice is None else f"the header names {twice!r} twice"
    if header.broken is not None:  # counted as a row: nothing below it can be understood
        trouble = f"the header is unreadable: {header.broken}"
        yield CsvRecord(header.number, header.text, {}, trouble)
    for row in rows:
        broken = row.broken or trouble
        if broken is None and len(row.cells) != len(names):
            broken = f"{len(row.cells)} fields where the header has {len(names)}"
        cells = {name: cell or None for name, cell in zip(names, row.cells, strict=False)}
        yield CsvRecord(row.number, row.text, cells, broken)


@dataclass(frozen=True)
class _Row:
    number: int
    text: str
    cells: list[str]
    delimiter: str
    broken: str | None

    @property
    def names(self) -> list[str]:
        return [cell.strip() for cell in self.cells]


class _Feed:
    """Hands lines to csv.reader and remembers which of them made the record.

    `ended`: whether it was asked for a line after the last one.
    """

    def __init__(self, path: Path, compression: str) -> None:
        self._lines = _all_lines(path, compression)
        self._again: deque[_Taken] = deque()
        self._taken: list[_Taken] = []
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines, None)
        if line is None:
            self.ended = True
            raise StopIteration
        self._taken.append(line)
        return line[1].decode("utf-8", "surrogateescape") + "\n"

    @property
    def several(self) -> bool:
        """Whether the record under way has taken more than one line."""
        return len(self._taken) > 1

    def put_back(self, keep: int) -> None:
        """Give out again all lines of the record under way but the first `keep`."""
        self._again.extendleft(reversed(self._taken[keep:]))
        self._taken = self._taken[:keep]
        self.ended = False

    def as_text(self) -> list[str]:
        """The lines of the record under way, as csv.reader had them."""
        return [data.decode("utf-8", "surrogateescape") + "\n" for _, data, _ in self._taken]

    def record(self) -> tuple[int, str, str | None]:
        """First line's number, text and trouble of the record just read."""
        taken, self._taken = self._taken, []
        data = b"\n".join(line for _, line, _ in taken).removesuffix(b"\r")
        broken = next((trouble for _, _, trouble in taken if trouble is not None), None)
        if broken is None and b"\0" in data:
            broken = "holds a NUL byte"
        text = data.decode("utf-8", "backslashreplace")
        if broken is None and not data.isascii() and data != text.encode("utf-8"):
            broken = "is not UTF-8"
        return taken[0][0], text, broken


def _csv_rows(path: Path, compression: str) -> Iterator[_Row]:
    """Every record that is not blank, header included.

    A quote that never closes makes a bad row of its own line alone; the lines below are read as if it were not there.
    """
    csv.field_size_limit(_LARGEST_CELL)
    feed = _Feed(path, compression)
    first = next((text for text in feed if text.strip()), None)
    if first is None:
        return
    feed.put_back(0)
    delimiter = delimiter_of(first)
    reader = csv.reader(feed, delimiter=delimiter)
    while True:
        trouble: str | None = None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells, trouble = [], _in_words(error)
        if feed.several and (trouble or feed.ended or not _is_whole(feed.as_text(), delimiter)):
            feed.put_back(1)
            cells, trouble = [], "opens a quote that does not close"
            reader = csv.reader(feed, delimiter=delimiter)
        number, text, broken = feed.record()
        if broken is None and trouble is None and not text.strip():
            continue
        yield _Row(number, text, cells, delimiter, broken or trouble)


def _is_whole(lines: list[str], delimiter: str) -> bool:
    """Whether nothing stands between a closing quote and the next separator: a quote that is missing shows so."""
    try:
        return len(list(csv.reader(lines, delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False


def _in_words(error: csv.Error) -> str:
    if "new-line character" in str(error):
        return "holds a carriage return that neither ends a line nor stands in quotes"
    return str(error)
