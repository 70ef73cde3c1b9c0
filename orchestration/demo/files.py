"""Writes the files of the inbox and counts their lines by what they are."""

import gzip
import io
from pathlib import Path

from orchestration.demo.summary import SourceTally

_FIELDS = ("files", "delivered", "events", "repeats", "redelivered", "quarantined", "not_usage")


class Inbox:
    """The inbox of one home. Every file says what its lines are; a wrong sum is a fault of the generator."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._counts: dict[str, dict[str, int]] = {}

    def write(
        self, source: str, path: str, lines: list[str], *, header: int = 0, torn: bool = False, **kinds: int
    ) -> None:
        """Write lines to inbox/<source>/<path>, gzipped when the name ends in .gz.

        kinds: how many of the lines are events, repeats, redelivered, quarantined, not_usage.
        torn: the last line has no end, as when a copy was cut off. A surrogate escape in a line
        becomes the single byte it stands for, which is how a wrong encoding gets into a file.
        """
        delivered = len(lines) - header
        if delivered != sum(kinds.values()):
            raise ValueError(f"{source}/{path} has {delivered} lines, but they were counted as {kinds}")
        content = ("\n".join(lines) + ("" if torn else "\n")).encode("utf-8", "surrogateescape")
        packed = _gzipped(content) if path.endswith(".gz") else content
        target = (self._root / source / path).resolve()
        if not target.is_relative_to((self._root / source).resolve()):
            raise ValueError(f"{path} leads out of the inbox of {source}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(packed)
        self._count(source, files=1, delivered=delivered, **kinds)

    def tallies(self) -> dict[str, SourceTally]:
        """The counts of each source so far."""
        return {source: SourceTally(**counts) for source, counts in sorted(self._counts.items())}

    def _count(self, source: str, **kinds: int) -> None:
        counts = self._counts.setdefault(source, dict.fromkeys(_FIELDS, 0))
        for kind, number in kinds.items():
            counts[kind] += number


def _gzipped(content: bytes) -> bytes:
    """The same content is the same bytes: no time and no name in the header.

    gzip.compress would do for one Python version; its header differs between versions.
    """
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=5, mtime=0) as packed:
        packed.write(content)
    return buffer.getvalue()
