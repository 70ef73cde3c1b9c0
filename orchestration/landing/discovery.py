"""Which files are new or changed: os.scandir and seen.json, nothing heavier. Milliseconds when nothing is new."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePath, PurePosixPath
from urllib.parse import urlsplit

from orchestration.copies import SCHEME, address_of
from orchestration.errors import SettingsError
from orchestration.files import as_text, write_atomically
from orchestration.home import Home
from orchestration.landing.refused import refusals, why_unread
from orchestration.settings import Settings, Source
from orchestration.sources.formats import format_of, is_hidden
from orchestration.sources.shape import Format


@dataclass(frozen=True)
class FoundFile:
    """A file under a source's path, as os.stat saw it. `compression` is DuckDB's name for it.

    `unread`: why it cannot be read, if it cannot; it may then be a folder.
    """

    source: str
    path: Path
    size: int
    mtime_ns: int
    format: Format | None
    compression: str
    unread: str | None = None

    def unchanged(self) -> bool:
        """Whether the file is still as it was found (a log may grow while it is read)."""
        try:
            now = self.path.stat()
        except OSError:
            return False
        return (now.st_size, now.st_mtime_ns) == (self.size, self.mtime_ns)


@dataclass(frozen=True)
class Seen:
    """What is known of a path, so that an unchanged file is not hashed again.

    `landing`: in which its content was landed; empty in what earlier versions wrote down.
    """

    size: int
    mtime_ns: int
    sha256: str
    landing: str = ""


def pending_files(home: Home, settings: Settings) -> list[Path]:
    """Files that are new or changed since the last landing, in landing order. Imports nothing heavy."""
    return [file.path for file in pending(home, settings)]


def pending(home: Home, settings: Settings) -> list[FoundFile]:
    """As `pending_files`, with what was found of each; files of unknown kinds and refused ones are left out.

    What cannot be read is in it until it is refused.
    """
    seen = read_seen(home)
    refused = {refusal.path for refusal in refusals(home, settings)}
    # Without its receipt nothing of a landing counts: its files are landed again.
    landed = {(path.parent.name, path.stem) for path in home.landings.glob("*/*.json")}
    new = (
        file
        for file in found_files(home, settings)
        if (file.format is not None or file.unread is not None)
        and (path := local_path(home, file.path)) not in refused
        and not _is_seen(seen.get(path), file, landed)
    )
    return [file if file.unread else replace(file, unread=why_unread(file.path)) for file in new]


def found_files(home: Home, settings: Settings) -> list[FoundFile]:
    """All files of all sources, by source and path. Raises SettingsError when sources share a folder."""
    check_paths(home, settings)
    return [
        file
        for name in sorted(settings.sources)
        for file in sorted(_walk(settings.sources[name]), key=lambda file: file.path.as_posix())
    ]


def check_paths(home: Home, settings: Settings) -> None:
    """A source reads a folder, and two must not read the same files: each row would count twice."""
    for name, source in settings.sources.items():
        if os.path.isfile(source.path):  # noqa: PTH113 (it says no, and raises nothing, where nobody may look)
            raise SettingsError(
                f"{home.settings_file}: the path of the source {name} ({source.path}) is a file.",
                "Name the folder that it lies in.",
            )
    placed = sorted((_place(source), name) for name, source in settings.sources.items())
    for (upper, first), (lower, second) in ((a, b) for i, a in enumerate(placed) for b in placed[i + 1 :]):
        if lower == upper or upper in lower.parents:
            raise SettingsError(
                f"{home.settings_file}: the sources {first} ({upper}) and {second} ({lower}) share files.",
                "Give each source a folder of its own, neither inside the other.",
            )


def read_seen(home: Home) -> dict[str, Seen]:
    """seen.json; it only saves hashing, so a missing or torn one costs time and nothing else."""
    try:
        raw = json.loads(seen_path(home).read_text(encoding="utf-8"))
        return {path: Seen(**entry) for path, entry in raw.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def write_seen(home: Home, seen: dict[str, Seen]) -> None:
    raw = {
        path: {"size": entry.size, "mtime_ns": entry.mtime_ns, "sha256": entry.sha256, "landing": entry.landing}
        for path, entry in sorted(seen.items())
    }
    write_atomically(seen_path(home), json.dumps(raw, indent=0, ensure_ascii=False) + "\n")


def seen_path(home: Home) -> Path:
    return home.landings / "seen.json"


def shown_path(home: Home, path: Path) -> str:
    """The path as receipts and messages name it: relative to the home where it lies inside, an object's by its key."""
    return address_of(home, path) or local_path(home, path)


def local_path(home: Home, path: Path) -> str:
    """The path relative to the home where it lies inside: two sources never have the same."""
    # As text, since pathlib would take longer for ten thousand files than everything else that is asked of them.
    return as_text(path.as_posix()).removeprefix(f"{as_text(home.root.as_posix())}/")


def _place(source: Source) -> PurePath:
    """What it reads, so that one within another can be told: of objects their store and key, not their copies."""
    if source.objects is None:
        return Path(os.path.normpath(source.path))
    store = urlsplit(source.endpoint_url or "").netloc or "s3"
    return PurePosixPath(f"{store}:", source.objects.removeprefix(SCHEME))


def _is_seen(entry: Seen | None, file: FoundFile, landed: set[tuple[str, str]]) -> bool:
    if entry is None or (entry.size, entry.mtime_ns) != (file.size, file.mtime_ns):
        return False
    return not entry.landing or (file.source, entry.landing) in landed


def _walk(source: Source) -> Iterator[FoundFile]:
    """Every file below the source's path. A link to a folder above itself leads to nothing that is not found anyway."""
    above = frozenset[tuple[int, int]]()
    for parent in source.path.resolve().parents:
        with suppress(OSError):
            above |= {_identity(parent.stat())}
    folders = [(source.path, above)]
    while folders:
        folder, above = folders.pop()
        try:
            here = _identity(folder.stat())
            entries = [] if here in above else list(os.scandir(folder))
        except FileNotFoundError:
            continue
        except OSError as error:
            yield _unread(source, folder, error)
            continue
        for entry in entries:
            if is_hidden(entry.name):
                continue
            try:
                if entry.is_dir():
                    folders.append((Path(entry.path), above | {here}))
                elif entry.is_file():
                    yield _found(source, folder, entry)
            except FileNotFoundError:
                continue
            except OSError as error:
                if error.errno != errno.ELOOP:  # a link to itself is as good as none
                    yield _unread(source, Path(entry.path), error)


def _identity(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_dev, stat.st_ino


def _found(source: Source, folder: Path, entry: "os.DirEntry[str]") -> FoundFile:
    stat = entry.stat()
    known, compression = format_of(source, entry.path)
    return FoundFile(source.name, folder / entry.name, stat.st_size, stat.st_mtime_ns, known, compression)


def _unread(source: Source, path: Path, error: OSError) -> FoundFile:
    return FoundFile(source.name, path, 0, 0, None, "none", unread=error.strerror)
