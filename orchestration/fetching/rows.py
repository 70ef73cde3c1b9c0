"""Pages of a table as Parquet files under data/fetched/<source>, which are never changed. All columns are texts.

A file is named after its first and last time and a number: so is found which files may hold a row that is read again.
Rows that lie there as they are now are left out of a page; what is new or changed becomes a file, or there is none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from orchestration.fetching.postgres import Place, Shape
from orchestration.files import fsync_file, fsync_folder
from orchestration.home import Home
from orchestration.sources.shape import identifier, quoted

# Small enough for rows with long metadata; large enough to be read back quickly.
_ROW_GROUP = 10_000
_MEMORY = "96MB"


@dataclass(frozen=True)
class Kept:
    """What became of a page: rows read, rows written, and the place of its last one (None: no rows)."""

    read: int
    written: int
    last: Place | None


class RowFiles:
    """The files of one source's table; used in a `with` block."""

    def __init__(self, home: Home, source: str, shape: Shape) -> None:
        import duckdb

        self._folder, self._work = home.fetched / source, home.fetching / source
        self._shape = shape
        self._folder.mkdir(parents=True, exist_ok=True)
        self._work.mkdir(parents=True, exist_ok=True)
        # (first, last) as in the name, path
        self._known = [(*_span(path), path) for path in sorted(self._folder.glob("*.parquet"))]
        self._connection = duckdb.connect(config={"threads": 1, "memory_limit": _MEMORY})
        self._connection.execute("SET enable_progress_bar = false; SET preserve_insertion_order = false")
        self._connection.execute(f"SET temp_directory = {quoted((self._work / 'spill').as_posix())}")

    def __enter__(self) -> "RowFiles":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._connection.close()

    def take(self, stream: Any) -> None:
        """Write the page's rows to a file that nobody reads yet; memory holds a few thousand of them at a time."""
        self._write("SELECT * FROM stream", "page.parquet", stream)

    def keep(self) -> Kept:
        """Give the page that was taken its name, without the rows that are known; durable when this returns."""
        page = self._work / "page.parquet"
        read, last = self._measure(page)
        if last is None:
            return Kept(0, 0, None)
        first_at, last_at = self._times(page)
        known = [path for first, end, path in self._known if first <= last_at and first_at <= end]
        written = read
        if known:
            page, written = self._without_known(page, known, read)
        if not written:
            return Kept(read, 0, last)
        first_at, last_at = self._times(page)
        target = self._folder / f"{first_at}_{last_at}_{len(self._known) + 1:06}.parquet"
        fsync_file(page)
        page.replace(target)
        fsync_folder(self._folder)
        self._known.append((first_at, last_at, target))
        return Kept(read, written, last)

    def _without_known(self, page: Path, known: Iterable[Path], read: int) -> tuple[Path, int]:
        """The page without the rows that lie in these files already, each column of them the same."""
        key, columns = identifier(self._shape.key), ", ".join(map(identifier, self._shape.columns))
        paths = ", ".join(quoted(path.as_posix()) for path in known)
        mine = f"SELECT *, hash({columns}) AS whole FROM read_parquet({quoted(page.as_posix())})"
        theirs = f"SELECT {key}, hash({columns}) AS whole FROM read_parquet([{paths}])"
        self._write(
            f"SELECT {columns} FROM ({mine}) AS mine ANTI JOIN ({theirs}) AS theirs USING ({key}, whole)",
            "new.parquet",
        )
        new = self._work / "new.parquet"
        return new, self._measure(new)[0]

    def _write(self, query: str, name: str, stream: Any = None) -> None:
        path = self._work / name
        how = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP}"
        self._connection.execute(f"COPY ({query}) TO {quoted(path.as_posix())} ({how})")

    def _measure(self, page: Path) -> tuple[int, Place | None]:
        """How many rows, and the last one's place; UTF-8 texts compare here as under the server's collation C."""
        time, key = identifier(self._shape.time), identifier(self._shape.key)
        found = self._connection.execute(
            f"SELECT count(*), max(struct_pack(a := {time}, b := {key})) FROM read_parquet({quoted(page.as_posix())})"
        ).fetchone()
        assert found is not None
        count, last = found
        return count, Place(last["a"], last["b"]) if count else None

    def _times(self, page: Path) -> tuple[str, str]:
        time = identifier(self._shape.time)
        found = self._connection.execute(
            f"SELECT min({time}), max({time}) FROM read_parquet({quoted(page.as_posix())})"
        ).fetchone()
        assert found is not None
        return _for_a_name(found[0]), _for_a_name(found[1])


def _for_a_name(at: str) -> str:
    """2026-11-20 03:15:00.123+00 as 2026-11-20T031500.123000: in a name as in time, what is later sorts later."""
    whole, _, fraction = at.partition("+")[0].partition(".")
    return f"{whole.replace(' ', 'T').replace(':', '')}.{fraction:0<6}"


def _span(path: Path) -> tuple[str, str]:
    first, last, _ = path.stem.split("_")
    return first, last
