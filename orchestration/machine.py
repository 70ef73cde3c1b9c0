"""What the machine has to give. Light to import."""

import os
from pathlib import Path

_MEGABYTE = 1 << 20
# Where a container's share is written down: control groups of version 2, then 1.
_SHARES = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def memory() -> int:
    """Bytes of memory this process may use: the machine's, or its container's where that is less."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    shares = [path.read_text(encoding="ascii").strip() for path in _SHARES if path.exists()]
    return min([pages, *(int(share) for share in shares if share.isdigit())])


def memory_limit(*, most: int) -> str:
    """DuckDB's `memory_limit`: half of the memory, `most` megabytes at the most. Beyond it DuckDB spills to disk.

    A fixed ceiling, so that ten times the data takes ten times the time and not ten times the memory; half, because
    what DuckDB counts is not all that a process holds.
    """
    return f"{min(memory() // 2 // _MEGABYTE, most)}MiB"
