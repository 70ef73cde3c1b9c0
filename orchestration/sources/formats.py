"""Which files a source reads, told from their names alone. Light to import."""

import os
import re

from orchestration.settings import Source
from orchestration.sources.shape import Format

_FORMATS: dict[str, Format] = {
    ".jsonl": "json", ".ndjson": "json", ".json": "json", ".csv": "csv", ".parquet": "parquet",
}  # fmt: skip
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_IS_A_BODY = re.compile(r"/data/[^/]*_(input|output)\.json(\.gz)?$")
_UNFINISHED = (".tmp", ".part")


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is passed over: it is hidden, or not finished yet."""
    return name.startswith(".") or name.endswith(_UNFINISHED)


def format_of(source: Source, path: str) -> tuple[Format | None, str]:
    """The file's format, None where the source does not read such files, and DuckDB's name for its compression."""
    stem, ending = os.path.splitext(path.lower())  # noqa: PTH122
    compression = _COMPRESSIONS.get(ending, "none")
    if compression != "none":
        ending = os.path.splitext(stem)[1]  # noqa: PTH122
    known = _FORMATS.get(ending)
    if source.kind == "claude_code" and ending != ".jsonl":
        known = None  # session folders hold other things too: tool results, indexes
    if source.kind == "bedrock" and _IS_A_BODY.search(path.lower()):
        known = None  # bodies too large for the log stand beside it as files of their own
    if known == "parquet" and compression != "none":
        known = None
    return known, compression


def is_read(source: Source, key: str) -> bool:
    """Whether the source would read a file that lies at `key` below its folder."""
    return not any(map(is_hidden, key.split("/"))) and format_of(source, f"/{key}")[0] is not None
