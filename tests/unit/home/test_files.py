"""What is committed is on the disk first: one flush for many files, one each for a few."""

import ctypes
import os
from pathlib import Path
from typing import Any

import pytest

from orchestration import files


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was flushed, as the kernel was asked to; the flushing itself is left to it."""
    seen: list[str] = []
    library, fsync = ctypes.CDLL(None, use_errno=True), os.fsync

    class Library:
        def __init__(self, *_: Any, **__: Any) -> None: ...

        def syncfs(self, descriptor: int) -> int:
            seen.append("file system")
            return library.syncfs(descriptor)  # type: ignore[no-any-return]

    def one(descriptor: int) -> None:
        seen.append(Path(f"/proc/self/fd/{descriptor}").resolve().name)
        fsync(descriptor)

    monkeypatch.setattr(files.ctypes, "CDLL", Library)
    monkeypatch.setattr(os, "fsync", one)
    return seen


def test_a_few_files_are_flushed_with_the_folders_that_name_them(tmp_path: Path, flushed: list[str]) -> None:
    path = tmp_path / "new" / "a"
    path.parent.mkdir()
    path.write_text("x")
    files.make_durable([path])
    assert flushed[0] == "a"
    assert {"new", tmp_path.name} <= set(flushed)


def test_many_files_are_flushed_at_once(tmp_path: Path, flushed: list[str]) -> None:
    paths = [tmp_path / str(number) for number in range(40)]
    for path in paths:
        path.write_text("x")
    files.make_durable(paths)
    assert flushed == ["file system"]


def test_a_flush_that_fails_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        def __init__(self, *_: Any, **__: Any) -> None: ...

        def syncfs(self, descriptor: int) -> int:
            ctypes.set_errno(5)
            return -1

    paths = [tmp_path / str(number) for number in range(40)]
    for path in paths:
        path.write_text("x")
    monkeypatch.setattr(files.ctypes, "CDLL", Library)
    with pytest.raises(OSError, match="Input/output error"):
        files.make_durable(paths)
