"""A build that needs more memory than it may have goes on on the disk, whichever connection comes next."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.environments.local import LocalEnvironment

from orchestration.errors import ConservationError
from orchestration.home import Home
from orchestration.marts import dbt_build


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalEnvironment]:
    home = Home(tmp_path)
    (home.data / "tmp").mkdir(parents=True)
    monkeypatch.setattr(dbt_build, "_MOST_MEMORY", 64)
    environment = LocalEnvironment(DuckDBCredentials.from_dict(dbt_build._profile_of(home)))
    yield environment
    environment.close()


def test_a_connection_opened_after_something_was_spilled_works(warehouse: LocalEnvironment) -> None:
    first = warehouse.handle().cursor()
    first.execute("CREATE TEMP TABLE spilled AS SELECT md5(cast(range AS varchar)) AS word FROM range(3_000_000)")
    files = first.execute("SELECT count(*) FROM duckdb_temporary_files()").fetchone()
    assert files[0] > 0
    second = warehouse.handle().cursor()
    assert second.execute("SELECT current_setting('memory_limit')").fetchone() == ("64.0 MiB",)
    assert second.execute("SELECT 1").fetchone() == (1,)


def test_an_error_of_a_worker_process_reaches_the_caller_whole() -> None:
    error = ConservationError("Two rows were lost.", "Report this.")
    handed_over = pickle.loads(pickle.dumps(error))
    assert type(handed_over) is ConservationError
    assert (str(handed_over), handed_over.next_step) == ("Two rows were lost. Report this.", "Report this.")
