"""A home whose events go all the way to the published marts."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.home import Home
from orchestration.pipeline import build_marts, land_files
from orchestration.settings import Settings, load_settings

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


class Small:
    """A home in UTC with the own format's source `app`, and whatever else `settings` says."""

    def __init__(self, root: Path, settings: str) -> None:
        self.home = Home(root)
        self.home.inbox.mkdir(parents=True)
        self.home.settings_file.write_text(f"organisation: {{name: Test}}\n{settings}", encoding="utf-8")

    @property
    def settings(self) -> Settings:
        return load_settings(self.home).model_copy(update={"now": NOW})

    def drop(self, *rows: dict[str, Any], source: str = "app", name: str = "x.jsonl") -> None:
        path = self.home.inbox / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def land(self) -> Any:
        return land_files(self.home, self.settings)

    def build(self) -> Any:
        return build_marts(self.home, self.settings)

    def facts(self, source: str = "app") -> list[Path]:
        return sorted((self.home.raw / source).glob("*/*.parquet"))

    def mart(self, name: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """Rows of a published mart, all its days or months."""
        import duckdb

        paths = sorted(path.as_posix() for path in (self.home.current_marts.resolve() / name).glob("*.parquet"))
        with duckdb.connect() as connection:
            return connection.execute(f"SELECT {columns} FROM read_parquet({paths}) ORDER BY ALL").fetchall()


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Small]:
    def make(settings: str = "sources: {app: {kind: events}}\n") -> Small:
        return Small(tmp_path / "home", settings)

    return make
