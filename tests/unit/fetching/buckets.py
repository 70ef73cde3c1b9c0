"""A home with one source whose files lie in a bucket, and the store that has it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from orchestration.copies import copy_of
from orchestration.fetching import due, fetch
from orchestration.fetching.report import SourceFetch
from orchestration.home import Home
from orchestration.landing import LandingReport, land, pending_files, receipts
from orchestration.settings import Organisation, Settings, Source
from tests.support.store import Store

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


def event(event_id: str, **more: Any) -> str:
    row = {"event_id": event_id, "event_at": "2026-11-20T10:00:00Z", "model": "gpt-5", "provider": "openai", **more}
    return json.dumps(row) + "\n"


@dataclass
class Bucketed:
    """A home and the store that it copies from."""

    home: Home
    store: Store

    @property
    def address(self) -> str:
        return f"s3://{self.store.bucket}/app"

    def source(self, name: str = "app", *, objects: str = "", **given: Any) -> Source:
        objects = objects or self.address
        base = {"kind": "events", "endpoint_url": self.store.url, "path": copy_of(self.home, name, objects)}
        return Source(**{**base, "name": name, "objects": objects, **given})

    def settings(self, now: datetime = NOW, **given: Any) -> Settings:
        return Settings(organisation=Organisation(name="Test"), sources={"app": self.source(**given)}, now=now)

    def read(self, now: datetime = NOW, **given: Any) -> SourceFetch:
        (done,) = fetch(self.home, self.settings(now, **given)).sources
        return done

    def one(self, now: datetime = NOW, **given: Any) -> SourceFetch:
        """A fetch that must not fail."""
        done = self.read(now, **given)
        assert done.failure is None, done.failure
        return done

    def refused(self, now: datetime = NOW, **given: Any) -> tuple[str, str]:
        """The sentences of a fetch that must fail."""
        failure = self.read(now, **given).failure
        assert failure is not None
        return failure.message, failure.next_step

    def due(self, now: datetime = NOW) -> list[str]:
        return [f"{span.report} of {span.span}" for span in due(self.home, self.settings(now))]

    def land(self, now: datetime = NOW, **given: Any) -> LandingReport:
        report = land(self.home, self.settings(now, **given))
        assert pending_files(self.home, self.settings(now, **given)) == []
        return report

    def paths(self) -> list[str]:
        """What receipts call the landed files."""
        return sorted(file.path for receipt in receipts(self.home) for file in receipt.files)

    def landed(self, select: str) -> list[tuple[Any, ...]]:
        files = self.home.raw / "app" / "*" / "*.parquet"
        with duckdb.connect() as connection:
            return connection.execute(f"SELECT {select} FROM read_parquet('{files}') ORDER BY ALL").fetchall()

    def copies(self) -> list[str]:
        folder = self.home.fetched / "app" / "objects"
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

    def everything_written(self) -> str:
        files = [path for path in self.home.root.rglob("*") if path.is_file()]
        return "".join(path.read_bytes().decode("utf-8", "replace") for path in files)
