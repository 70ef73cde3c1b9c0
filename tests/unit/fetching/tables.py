"""A home with one source that is read from LiteLLM's table, and the server that has it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.fetching import due, fetch
from orchestration.fetching.report import SourceFetch
from orchestration.fetching.table import fetch_table
from orchestration.home import Home
from orchestration.landing import LandingReport, land
from orchestration.settings import Organisation, Settings, Source
from tests.support.postgres import Server

VARIABLE = "TEST_DSN"
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


@dataclass
class Reading:
    """A home and the server that it reads from."""

    home: Home
    server: Server

    def settings(self, now: datetime = NOW, **given: Any) -> Settings:
        base = {"name": "gateway", "kind": "litellm_db", "path": self.home.fetched / "gateway", "dsn_env": VARIABLE}
        source = Source(**{**base, "since": date(2026, 11, 1), **given})
        return Settings(organisation=Organisation(name="Test"), sources={"gateway": source}, now=now)

    def read(self, now: datetime = NOW, *, page_rows: int = 50_000, **given: Any) -> SourceFetch:
        settings = self.settings(now, **given)
        return fetch_table(self.home, settings, settings.sources["gateway"], page_rows=page_rows)

    def one(self, now: datetime = NOW, *, page_rows: int = 50_000, **given: Any) -> SourceFetch:
        """A fetch that must not fail."""
        done = self.read(now, page_rows=page_rows, **given)
        assert done.failure is None, done.failure
        return done

    def refused(self, now: datetime = NOW, **given: Any) -> tuple[str, str]:
        """The sentences of a fetch that must fail, which is as for any other source."""
        (done,) = fetch(self.home, self.settings(now, **given)).failed
        assert done.failure is not None
        return done.failure.message, done.failure.next_step

    def due(self, now: datetime = NOW) -> list[str]:
        return [f"{span.report} of {span.span}" for span in due(self.home, self.settings(now))]

    def land(self, now: datetime = NOW) -> LandingReport:
        return land(self.home, self.settings(now))

    def insert(self, *rows: str, columns: str = 'request_id, "startTime", prompt_tokens') -> None:
        """Rows as SQL values; what is not given is as the proxy leaves it."""
        ours = f'insert into "LiteLLM_SpendLogs" (call_type, "endTime", model, {columns}) values '
        self.server.sql(ours + ", ".join(f"('acompletion', '2026-11-20 12:00:01', 'gpt-5', {row})" for row in rows))

    def files(self) -> list[str]:
        return sorted(path.name for path in (self.home.fetched / "gateway").glob("*"))

    def rows(self, select: str = "*") -> list[tuple[Any, ...]]:
        """What was fetched, from the files."""
        return self._query(select, self.home.fetched / "gateway" / "*.parquet")

    def landed(self, select: str = "*") -> list[tuple[Any, ...]]:
        return self._query(select, self.home.raw / "gateway" / "*" / "*.parquet")

    def _query(self, select: str, files: Path) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            return connection.execute(f"SELECT {select} FROM read_parquet('{files}') ORDER BY ALL").fetchall()

    def everything_written(self) -> str:
        return "".join(
            path.read_bytes().decode("utf-8", "replace") for path in self.home.root.rglob("*") if path.is_file()
        )
