"""A home with sources to drop files into, and what came of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.home import Home
from orchestration.landing import LandingReport, land, receipts, redeliveries, totals
from orchestration.settings import Organisation, Settings, Source

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


@dataclass
class Place:
    """A home under test; `source` settings by name."""

    home: Home
    settings: Settings

    def inbox(self, source: str, name: str, content: bytes | str) -> Path:
        path = self.settings.sources[source].path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def land(self, **options: Any) -> LandingReport:
        report = land(self.home, self.settings, **options)
        counted = totals(receipts(self.home), redeliveries(self.home))
        assert counted.balanced
        return report

    def rows(self, source: str, columns: str = "event_id", order: str = "ALL") -> list[tuple[Any, ...]]:
        import duckdb

        paths = [path.as_posix() for path in (self.home.raw / source).glob("*/*.parquet")]
        if not paths:
            return []
        with duckdb.connect() as connection:
            return connection.execute(
                f"SELECT {columns} FROM read_parquet({paths}, hive_partitioning=false) ORDER BY {order}"
            ).fetchall()

    def quarantined(self, source: str) -> list[dict[str, Any]]:
        return [
            json.loads(line)
            for path in sorted((self.home.quarantine / source).glob("*.jsonl"))
            for line in path.read_text(encoding="utf-8").split("\n")[:-1]
        ]

    def reasons(self, source: str) -> list[tuple[int, str]]:
        return [(row["line"], row["reason"]) for row in self.quarantined(source)]


def new_place(root: Path, timezone: str = "Europe/London", **kinds: Any) -> Place:
    """A home at `root`; `kinds`: by source name its kind, or all of its settings."""
    root.mkdir(parents=True)
    (root / "tallyhouse.yaml").write_text("organisation: {name: Test}\n")
    sources = {
        name: Source(
            **{"name": name, "path": root / "inbox" / name, **({"kind": body} if isinstance(body, str) else body)}
        )
        for name, body in kinds.items()
    }
    settings = Settings(organisation=Organisation(name="Test"), timezone=timezone, sources=sources, now=NOW)
    return Place(Home(root), settings)


@pytest.fixture
def make_place(tmp_path: Path) -> Callable[..., Place]:
    def make(timezone: str = "Europe/London", *, root: Path = tmp_path / "home", **kinds: Any) -> Place:
        return new_place(root, timezone, **kinds)

    return make


@pytest.fixture
def place(make_place: Callable[..., Place]) -> Place:
    return make_place(app="events")


def event(event_id: str = "e1", at: str = "2026-03-01T10:00:00Z", **more: Any) -> dict[str, Any]:
    return {"event_id": event_id, "event_at": at, "model": "gpt-5", "provider": "openai", **more}


def jsonl(*rows: dict[str, Any] | str) -> str:
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
