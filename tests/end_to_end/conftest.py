"""Homes that several end-to-end tests look at; who changes one takes a copy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.demo import DemoSummary
from orchestration.home import Home
from tests.support.homes import Finished, Started, command, copy_home, full_home, short_home
from tests.support.shared import made_once


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, DemoSummary, Finished]:
    """The example company with about 3,000 events, and what `tallyhouse run` said to it."""

    def make(folder: Path) -> tuple[Home, DemoSummary, Finished]:
        home, summary = full_home(folder / "home", 3_000)
        return home, summary, command(home, "run")

    home, summary, done = made_once(tmp_path_factory, "company", make)
    assert done.code == 0, done.err
    return home, summary, done


@pytest.fixture(scope="session")
def ran(first_run: tuple[Home, DemoSummary, Finished]) -> Home:
    """The example company after its first run. Not to be changed."""
    return first_run[0]


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The short home before any run. Not to be changed."""
    return made_once(tmp_path_factory, "short", lambda folder: short_home(folder / "home"))


@pytest.fixture(scope="session")
def two_at_once(untouched: Home, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Finished, Finished]:
    """The short home's first run, and another that was started while it worked. Not to be changed."""

    def make(folder: Path) -> tuple[Home, Finished, Finished]:
        home = copy_home(untouched, folder / "home")
        first = Started(home, "run")
        assert first.first_words().startswith("Looking for new files")
        second = Started(home, "run")
        return home, first.finish(), second.finish()

    return made_once(tmp_path_factory, "published", make)


@pytest.fixture(scope="session")
def published(two_at_once: tuple[Home, Finished, Finished]) -> Home:
    """The short home after its first run. Not to be changed."""
    home, first, _ = two_at_once
    assert first.code == 0, first.err
    return home


@pytest.fixture
def home(published: Home, tmp_path: Path) -> Home:
    """A copy of the published short home, to change as one likes."""
    return copy_home(published, tmp_path / "home")


@pytest.fixture
def fresh(untouched: Home, tmp_path: Path) -> Callable[[str], Home]:
    """Makes copies of the short home that never ran."""
    return lambda name: copy_home(untouched, tmp_path / name)
