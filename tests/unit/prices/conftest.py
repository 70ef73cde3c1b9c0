"""One flattened book for all tests of prices."""

from pathlib import Path

import pytest

from orchestration.home import Home
from orchestration.prices import PriceBook, current_book
from tests.unit.prices.book_reader import Reader, read


@pytest.fixture(scope="session")
def plain_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="session")
def plain_book(plain_home: Home) -> PriceBook:
    return current_book(plain_home)


@pytest.fixture(scope="session")
def plain(plain_book: PriceBook) -> Reader:
    return read(plain_book)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)
