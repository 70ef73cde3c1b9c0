"""A home with one source that is fetched, and on this machine what it is fetched from: a provider, a database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.home import Home
from tests.support import postgres
from tests.support.provider import KEY, Provider, serving
from tests.unit.fetching import tables
from tests.unit.fetching.fetched_home import VARIABLE, Fetching
from tests.unit.fetching.tables import Reading


@pytest.fixture
def fetching(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fetching]:
    monkeypatch.setenv(VARIABLE, KEY)
    (tmp_path / "home").mkdir()
    with serving(Provider()) as provider:
        yield Fetching(Home(tmp_path / "home"), provider)


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.serving() as started:
        yield started


@pytest.fixture
def reading(server: postgres.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reading:
    server.fresh()
    monkeypatch.setenv(tables.VARIABLE, server.dsn)
    (tmp_path / "home").mkdir()
    return Reading(Home(tmp_path / "home"), server)
