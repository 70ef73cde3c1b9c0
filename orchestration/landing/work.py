"""What the fast and the slow way share while one batch is loaded."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.landing.batches import Batch
from orchestration.landing.parts import Part
from orchestration.landing.queries import Member, raw_rows
from orchestration.landing.session import may_be_bad_rows
from orchestration.settings import Geography
from orchestration.sources.shape import Reader, quoted


@dataclass(frozen=True)
class Tally:
    """What became of one file's rows; `delivered` is counted apart from the reader."""

    delivered: int
    quarantined: int
    not_usage: int


@dataclass
class Work:
    """A batch under way. `members` and `shown` (names for the quarantine) are by file number."""

    connection: duckdb.DuckDBPyConnection
    batch: Batch
    reader: Reader
    latest: datetime
    folder: Path
    members: dict[int, Member]
    shown: dict[int, str]
    geography: Geography
    parts: list[Part] = field(default_factory=list)
    tallies: dict[int, Tally] = field(default_factory=dict)
    made: int = 0
    quarantine: Path | None = None

    def new_path(self, name: str) -> Path:
        """A fresh path in the landing's temporary folder."""
        self.made += 1
        return self.folder / f"{self.made:04}-{name}"

    def set_aside(self, records: Iterable[dict[str, Any]]) -> None:
        """Add to the quarantine's lines; there is no file as long as there are none."""
        self.quarantine = self.quarantine or self.new_path("quarantine.jsonl")
        with self.quarantine.open("a", encoding="utf-8") as stream:
            stream.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)

    def rows(self, given: str, members: Sequence[Member]) -> str:
        """The judged raw rows over the relation `given`."""
        return raw_rows(given, members, self.reader, source=self.batch.source.name, latest=self.latest)

    def delivered(self, number: int, read: int) -> int:
        """Rows the file delivers: lines or records, for Parquet what its footer says."""
        file = self.batch.files[number]
        if file.file.format != "parquet":
            return file.delivered(read, self.reader.nesting)
        path = quoted(self.members[number].opened.as_posix())
        found = self.connection.execute(f"SELECT sum(num_rows) FROM parquet_file_metadata({path})").fetchone()
        assert found is not None
        return int(found[0])

    def parquet_types(self, number: int) -> dict[str, str] | None:
        """Column types of a Parquet file; None when it cannot be opened."""
        path = quoted(self.members[number].opened.as_posix())
        try:
            described = self.connection.execute(f"DESCRIBE SELECT * FROM read_parquet({path}, hive_partitioning=false)")
            return {row[0]: row[1] for row in described.fetchall()}
        except duckdb.Error as error:
            if not may_be_bad_rows(error):
                raise
            return None
