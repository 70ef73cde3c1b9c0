"""One published snapshot of thirteen months for all tests of the statement."""

from pathlib import Path

import pytest

from reports.statement import Issuer
from tests.unit.reports.marts_fixture import build_marts


@pytest.fixture(scope="session")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_marts(tmp_path_factory.mktemp("published") / "marts")


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    return Issuer(
        name="Halden Group plc",
        address=("Group Finance, attn. Chief Financial Officer", "14 Exchange Square, London EC2A 2BR"),
        timezone="Europe/London",
    )
