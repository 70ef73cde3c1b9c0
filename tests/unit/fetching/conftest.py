"""A home with one source that is fetched, and a provider on this machine to fetch it from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.home import Home
from tests.support.provider import KEY, Provider, serving
from tests.unit.fetching.fetched_home import VARIABLE, Fetching


@pytest.fixture
def fetching(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fetching]:
    monkeypatch.setenv(VARIABLE, KEY)
    (tmp_path / "home").mkdir()
    with serving(Provider()) as provider:
        yield Fetching(Home(tmp_path / "home"), provider)
