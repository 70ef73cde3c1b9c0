"""Files that were refused as a whole: what is wrong with each, until it is mended. Light to import."""

import errno
import json
import os
import stat
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from orchestration.files import write_atomically
from orchestration.home import Home
from orchestration.settings import Settings
from orchestration.sources import reader_for


@dataclass(frozen=True)
class Refusal:
    """One file of which no row was landed. `path` is relative to the home where the file lies inside it.

    `delivered`: its rows; `wanted`: the columns that were asked of it; `reason` and `next_step` are sentences.
    `unread`: a file or folder that may not be read, so that nobody can say what it delivers.
    """

    source: str
    path: str
    size: int
    mtime_ns: int
    delivered: int
    wanted: tuple[str, ...]
    reason: str
    next_step: str
    unread: bool = False


def refusals(home: Home, settings: Settings) -> list[Refusal]:
    """The refusals that still stand, by path.

    One falls when its file is gone or changed or can be read again, or when the source asks for other columns than it
    did: the next landing then looks at the file again.
    """
    return [refusal for refusal in recorded_refusals(home) if _stands(home, settings, refusal)]


def recorded_refusals(home: Home) -> list[Refusal]:
    """What the last landing wrote down, by path."""
    try:
        raw = json.loads(_path(home).read_text(encoding="utf-8"))
        return [Refusal(**{**entry, "wanted": tuple(entry["wanted"])}) for entry in raw]
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        # A missing or torn list costs a second look at the files, and nothing else.
        return []


def write_refusals(home: Home, standing: Iterable[Refusal]) -> None:
    """Replace the list."""
    ordered = sorted(standing, key=lambda refusal: refusal.path)
    write_atomically(_path(home), json.dumps([asdict(item) for item in ordered], indent=1, ensure_ascii=False) + "\n")


def _stands(home: Home, settings: Settings, refusal: Refusal) -> bool:
    source = settings.sources.get(refusal.source)
    path = home.root / refusal.path
    if source is None or not path.is_relative_to(source.path) or reader_for(source).must_have != refusal.wanted:
        return False
    if refusal.unread:
        return why_unread(path) is not None
    try:
        found = path.stat()
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) == (refusal.size, refusal.mtime_ns)


def why_unread(path: Path) -> str | None:
    """The system's reason why a file or folder cannot be read; None where it can, or where nothing is there."""
    try:
        if stat.S_ISDIR(path.stat().st_mode):
            os.scandir(path).close()
        elif not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
            return os.strerror(errno.EACCES)
    except FileNotFoundError:
        return None
    except OSError as error:
        return error.strerror
    return None


def _path(home: Home) -> Path:
    return home.landings / "refused.json"
