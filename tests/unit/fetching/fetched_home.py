"""A home with one source that is fetched, a provider to fetch from, and the files that came of it."""

import gzip
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from orchestration.fetching import FetchReport, due, fetch
from orchestration.fetching.http import Patience
from orchestration.fetching.report import SourceFetch
from orchestration.home import Home
from orchestration.settings import Organisation, Settings, Source
from tests.support.provider import Provider

VARIABLE = "TEST_ADMIN_KEY"
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
QUICK = Patience(connect=2, read=2, response=4, total=3, attempts=4, first_delay=0.01, longest_delay=0.02)


@dataclass
class Fetching:
    """A home and the provider it fetches from."""

    home: Home
    provider: Provider

    def settings(self, now: datetime = NOW, *, timezone: str = "UTC", **source: Any) -> Settings:
        given = {
            "name": "vendor",
            "kind": "openai",
            "path": self.home.fetched / "vendor",
            "api_key_env": VARIABLE,
            "base_url": self.provider.url,
            "since": date(2026, 11, 19),
            **source,
        }
        sources = {"vendor": Source(**given)}
        return Settings(organisation=Organisation(name="Test"), timezone=timezone, sources=sources, now=now)

    def fetch(self, now: datetime = NOW, *, patience: Patience = QUICK, **source: Any) -> FetchReport:
        return fetch(self.home, self.settings(now, **source), patience=patience)

    def one(self, now: datetime = NOW, **source: Any) -> SourceFetch:
        """A fetch of the one source; it must not fail."""
        (done,) = self.fetch(now, **source).sources
        assert done.failure is None, done.failure
        return done

    def due(self, now: datetime = NOW, **source: Any) -> list[str]:
        return [f"{span.report} {span.span}" for span in due(self.home, self.settings(now, **source))]

    def files(self) -> list[str]:
        return sorted(path.relative_to(self.home.fetched).as_posix() for path in self.home.fetched.rglob("*.gz"))

    def rows(self, path: str) -> list[dict[str, Any]]:
        text = gzip.decompress((self.home.fetched / path).read_bytes()).decode()
        return [json.loads(line) for line in text.splitlines()]

    def everything_written(self) -> str:
        files = [path for path in self.home.root.rglob("*") if path.is_file()]
        return "".join(_opened(path).decode("utf-8", "replace") for path in files)


def _opened(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def completions(model: str = "gpt-5", **more: Any) -> dict[str, Any]:
    """One result of OpenAI's usage, as its documentation shows it."""
    return {
        "object": "organization.usage.completions.result", "input_tokens": 5000, "input_cached_tokens": 1800,
        "input_cache_write_tokens": 200, "input_uncached_tokens": 3000, "output_tokens": 1000,
        "input_audio_tokens": 300, "input_cached_audio_tokens": 100, "output_audio_tokens": 100,
        "input_image_tokens": 200, "input_cached_image_tokens": 200, "output_image_tokens": 100,
        "num_model_requests": 5, "project_id": "proj_abc", "user_id": "user-abc", "api_key_id": "key_abc",
        "model": model, "batch": False, "service_tier": "default", **more,
    }  # fmt: skip
