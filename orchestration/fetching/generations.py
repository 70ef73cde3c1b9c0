"""Generations: each answer for a window is a file that is never changed; the newest one counts. Light to import.

data/fetched/<source>/<report>/<window>/<generation>.jsonl.gz, a line for each row. A file is landed once for its
content; the gzip header therefore names source, report, window and generation: an answer that returns to an earlier
content is a new file, and the empty answers of two windows are two files.
"""

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from orchestration.fetching.api import Bucket
from orchestration.files import write_atomically
from orchestration.home import Home

_ENDING = ".jsonl.gz"


@dataclass(frozen=True, order=True)
class Generation:
    """One answer of a source for a window of a report; numbers begin at 1."""

    source: str
    report: str
    window: date
    number: int

    def path(self, home: Home) -> Path:
        return home.fetched / self.source / self.report / f"{self.window}" / f"{self.number:06}{_ENDING}"

    @property
    def of(self) -> tuple[str, str, date]:
        """What it is an answer for: generations of the same supersede each other."""
        return self.source, self.report, self.window


def generation_of(source: str, path: str) -> Generation:
    """The generation that a landed file of this source is, from its path."""
    *_, report, window, name = PurePosixPath(path).parts
    return Generation(source, report, date.fromisoformat(window), int(name.removesuffix(_ENDING)))


def rows_of(report: str, dimensions: Sequence[str], buckets: Iterable[Bucket]) -> list[dict[str, Any]]:
    """A window's rows in a fixed order, each with its bucket and an id made from its bucket and dimensions.

    Should a provider split a bucket by something that it does not name, rows are told apart by their place in that
    order: none of them is lost.
    """
    rows = []
    for bucket in sorted(buckets, key=lambda bucket: bucket.start):
        met: dict[str, int] = {}
        start = _stamp(bucket.start)
        for result in sorted(bucket.results, key=_text):
            named = _text([result.get(name) for name in dimensions])
            met[named] = met.get(named, 0) + 1
            digest = hashlib.sha256(_text([start, named, met[named]]).encode()).hexdigest()[:20]
            rows.append(
                {
                    "report": report,
                    "id": f"{report}:{start}:{digest}",
                    "bucket_start": start,
                    "bucket_end": _stamp(bucket.end),
                    "result": result,
                }
            )
    return rows


def keep(home: Home, source: str, report: str, window: date, rows: Iterable[dict[str, Any]]) -> Generation | None:
    """Write the rows as the window's next generation; None when the newest one says the same.

    No rows are a generation too: they supersede what the window held before. The file is whole or not there after a
    kill; the caller makes it durable.
    """
    content = "".join(_text(row) + "\n" for row in rows).encode()
    known = sorted((home.fetched / source / report / f"{window}").glob(f"*{_ENDING}"))
    number = int(known[-1].name.removesuffix(_ENDING)) if known else 0
    if known and _unpacked(known[-1]) == content:
        return None
    made = Generation(source, report, window, number + 1)
    write_atomically(made.path(home), _packed(made, content), durably=False)
    return made


def _packed(generation: Generation, content: bytes) -> bytes:
    name = f"{generation.source}:{generation.report}:{generation.window}:{generation.number}"
    stream = io.BytesIO()
    with gzip.GzipFile(filename=name, mode="wb", fileobj=stream, mtime=0) as packed:
        packed.write(content)
    return stream.getvalue()


def _unpacked(path: Path) -> bytes | None:
    """A generation's rows; None where the machine crashed before the file reached the disk."""
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data else None
    except (OSError, EOFError, zlib.error):
        return None


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
