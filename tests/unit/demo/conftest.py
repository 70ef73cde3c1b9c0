"""One small example company for all tests of this folder."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from orchestration.demo import DemoSummary, write_demo
from orchestration.home import Home

UNTIL = date(2026, 11, 20)


class Demo(NamedTuple):
    home: Home
    summary: DemoSummary


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """13 months up to 20 November 2026 with about 8,000 events."""
    home = Home(tmp_path_factory.mktemp("demo"))
    return Demo(home, write_demo(home, until=UNTIL, events=8_000))


@pytest.fixture
def note(demo: Demo) -> Callable[[str], str]:
    """The summary's note that begins with a text."""

    def find(beginning: str) -> str:
        return next(each for each in demo.summary.irregularities if each.startswith(beginning))

    return find


def inbox(demo: Demo, source: str) -> Path:
    return demo.home.inbox / source
