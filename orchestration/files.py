"""Writing so that a reader, or a kill, never sees half a file; names as text."""

import ctypes
import os
import uuid
from collections.abc import Collection
from pathlib import Path

# From here on one flush of the file system costs less than one for each file.
_MANY = 16


def as_text(name: str) -> str:
    """A file's name with the bytes that are no UTF-8 written out, so that it can be stored and shown."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def write_atomically(path: Path, content: str | bytes, *, durably: bool = True) -> None:
    """Write to a temporary name beside `path`, fsync, rename, fsync the folder.

    Not `durably`: without fsync, for many files that `make_durable` flushes together afterwards.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    data = content.encode("utf-8") if isinstance(content, str) else content
    with temporary.open("wb") as stream:
        stream.write(data)
        stream.flush()
        if durably:
            os.fsync(stream.fileno())
    temporary.replace(path)
    if durably:
        fsync_folder(path.parent)


def fsync_file(path: Path) -> None:
    """Make the bytes of a file written by somebody else (DuckDB) durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_folder(path: Path) -> None:
    """Make renames inside a folder durable."""
    fsync_file(path)


def make_durable(files: Collection[Path]) -> None:
    """Return once the files' bytes and their names, in folders however new, would survive a loss of power.

    A kill needs none of this: what a dead process wrote is in the kernel's hands. Only a crash of the machine can
    lose it, and then a receipt or a swap that reached the disk before what it names would stand over nothing. So
    this comes after the last write and rename, and before the receipt or the swap.

    Many files are flushed by one syncfs(2) for each file system they lie on. On Linux it returns after all data and
    metadata that were dirty when it was called are on stable storage, those of other programs included, and fails
    when writing them back failed. (sync(2) would flush every disk of the machine and never reports a failure.)
    """
    folders = {folder for path in files for folder in path.parents[:3]}
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None) if len(files) > _MANY else None
    if syncfs is None:
        for path in [*files, *folders]:
            fsync_file(path)
        return
    for folder in {folder.stat().st_dev: folder for folder in folders}.values():
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            if syncfs(descriptor) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), str(folder))
        finally:
            os.close(descriptor)
