"""Which files are landed together: deterministic, so that an interrupted run makes the same landings again."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.files import as_text
from orchestration.landing.examine import Examined
from orchestration.settings import Source

# Unpacked. A batch is kept in memory as a table, which takes about twice that.
MAX_BYTES = 512 << 20
MAX_FILES = 500


@dataclass(frozen=True)
class Batch:
    """Files of one source that become one landing; `files` in the order of their receipt."""

    source: Source
    files: tuple[Examined, ...]

    @property
    def landing(self) -> str:
        """The landing's id: what was landed, whatever the files are called and whenever that was."""
        members = "".join(sorted(file.sha256 for file in self.files))
        return hashlib.sha256(members.encode("ascii")).hexdigest()[:16]

    @property
    def bytes(self) -> int:
        return sum(file.file.size for file in self.files)


def batches(source: Source, files: list[Examined]) -> Iterator[Batch]:
    """The files in order, cut where the next one would make a batch too large."""
    taken: list[Examined] = []
    size = 0
    for file in files:
        if taken and (size + file.unpacked > MAX_BYTES or len(taken) == MAX_FILES):
            yield Batch(source, tuple(taken))
            taken, size = [], 0
        taken.append(file)
        size += file.unpacked
    if taken:
        yield Batch(source, tuple(taken))


def folder_values(source: Source, examined: Examined) -> dict[str, str]:
    """What the folders above the file mean: the source's `folders`, from the outermost inwards."""
    levels = map(as_text, examined.file.path.relative_to(source.path).parts[:-1])
    return {f"folder_{name}": level for name, level in zip(source.folders, levels, strict=False)}
