"""A home, and what Dagster is given of it."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dagster import DagsterInstance

from orchestration.assets.instance import instance_of
from orchestration.assets.lineage import Lineage, read_lineage
from orchestration.assets.site import Site
from orchestration.home import Home
from orchestration.settings import Settings, load_settings


@pytest.fixture
def home(tmp_path: Path, parsed: Home) -> Home:
    """A home in London with one source and nothing delivered."""
    home = Home(tmp_path / "home")
    home.inbox.mkdir(parents=True)
    home.dbt_target.mkdir(parents=True)
    shutil.copy(parsed.dbt_target / "lineage.json", home.dbt_target)
    home.settings_file.write_text(
        "organisation: {name: Halden}\ntimezone: Europe/London\nsources: {chat: {kind: events}}\n", encoding="utf-8"
    )
    return home


@pytest.fixture
def settings(home: Home) -> Settings:
    return load_settings(home).model_copy(update={"now": datetime(2026, 11, 3, 4, tzinfo=UTC)})


@pytest.fixture
def site(home: Home, settings: Settings) -> Site:
    return Site(home, settings=lambda: settings)


@pytest.fixture
def instance(home: Home) -> Iterator[DagsterInstance]:
    with instance_of(home) as instance:
        yield instance


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home for which our dbt project was parsed; others take the result from it."""
    home = Home(tmp_path_factory.mktemp("parsed"))
    read_lineage(home)
    return home


@pytest.fixture(scope="session")
def lineage(parsed: Home) -> Lineage:
    """Our own dbt project."""
    return read_lineage(parsed)
