"""One batch through DuckDB: the fast way for clean files, the slow way for the others, then what was landed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestration.files import as_text
from orchestration.landing import fast, slow, split
from orchestration.landing.batches import Batch, folder_values
from orchestration.landing.parts import Part
from orchestration.landing.queries import Member
from orchestration.landing.session import session
from orchestration.landing.summary import Landed, earlier_rows, summarise
from orchestration.landing.work import Tally, Work
from orchestration.settings import Geography
from orchestration.sources.shape import Reader

_UNSAFE_IN_A_GLOB = frozenset("*?[]{}\\")


@dataclass(frozen=True)
class Loaded:
    """What a batch came to: parts in the temporary folder, tallies by file number, the quarantine's lines."""

    parts: tuple[Part, ...]
    landed: Landed
    tallies: dict[int, Tally]
    quarantine: Path | None


def load(
    batch: Batch,
    reader: Reader,
    *,
    latest: datetime,
    folder: Path,
    earlier: Sequence[Path],
    zone: str,
    shown: dict[int, str],
    geography: Geography,
) -> Loaded:
    """Write the batch's good rows as Parquet under `folder`, its bad ones as a quarantine file.

    `earlier` are the folders of earlier parts to compare with, `zone` is the organisation's, `shown` the files' names
    for the quarantine, `geography` says where callers are looked up and what is kept of their addresses. Raises
    duckdb.Error on trouble that is not the files'.
    """
    with session(folder / "spill") as connection:
        work = Work(connection, batch, reader, latest, folder, _members(batch, folder), shown, geography)
        dirty = split.load_split(work, fast.load_clean(work))
        if dirty:
            slow.load_dirty(work, dirty)
        landed = summarise(connection, work.parts, reader, zone=zone, earlier=earlier_rows(earlier))
        return Loaded(tuple(work.parts), landed, work.tallies, work.quarantine)


def _members(batch: Batch, folder: Path) -> dict[int, Member]:
    return {
        number: Member(_opened(file.file.path, folder, number), number, folder_values(batch.source, file))
        for number, file in enumerate(batch.files)
    }


def _opened(path: Path, folder: Path, number: int) -> Path:
    """DuckDB takes every path for a pattern, in UTF-8; a name with other characters in it is read through a link."""
    name = path.as_posix()
    if not _UNSAFE_IN_A_GLOB.intersection(name) and as_text(name) == name:
        return path
    link = folder / "links" / str(number)
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(path.absolute())
    return link
