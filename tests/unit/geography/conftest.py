"""Small MaxMind databases, and a home that looks callers up in them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from orchestration.home import Home
from orchestration.landing import land
from orchestration.settings import Settings, load_settings

LONDON = {
    "continent": {"code": "EU", "names": {"en": "Europe"}},
    "country": {"iso_code": "GB", "names": {"en": "United Kingdom"}},
    "subdivisions": [{"iso_code": "ENG", "names": {"en": "England"}}, {"names": {"en": "Greater London"}}],
    "city": {"names": {"en": "London", "de": "London"}},
}
JAPAN = {"continent": {"code": "AS"}, "country": {"iso_code": "JP"}, "registered_country": {"iso_code": "US"}}
RECORDS = {
    "81.2.69.0/24": LONDON,
    "2001:218::/32": JAPAN,
    "10.0.0.0/8": LONDON,
    "192.0.32.0/20": {"registered_country": {"iso_code": "US"}, "city": {"names": {"ja": "東京"}}},
}


def write_database(path: Path, records: dict[str, Any] = RECORDS, ip_version: int = 6) -> Path:
    writer = MMDBWriter(ip_version, "Test-City", ipv4_compatible=ip_version == 6)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer.to_db_file(str(path))
    return path


class Callers:
    """A home with an own-format source `app` and a gateway."""

    def __init__(self, root: Path, geography: str) -> None:
        self.home = Home(root)
        self.home.inbox.mkdir(parents=True)
        self.home.settings_file.write_text(
            "organisation: {name: Test}\nsources: {app: {kind: events}, gateway: {kind: litellm}}\n"
            f"geography: {geography}\n",
            encoding="utf-8",
        )

    @property
    def settings(self) -> Settings:
        return load_settings(self.home)

    def land(self, source: str, name: str, text: str) -> Any:
        path = self.home.inbox / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return land(self.home, self.settings)

    def rows(self, source: str, columns: str) -> list[tuple[Any, ...]]:
        import duckdb

        paths = [path.as_posix() for path in (self.home.raw / source).glob("*/*.parquet")]
        with duckdb.connect() as connection:
            return connection.execute(
                f"SELECT {columns} FROM read_parquet({paths}, hive_partitioning=false) ORDER BY event_id"
            ).fetchall()


@pytest.fixture
def callers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callers]:
    monkeypatch.setenv("TALLYHOUSE_NOW", "2026-11-21T03:00:00+00:00")

    def make(geography: str = "{database: places.mmdb}", name: str = "home") -> Callers:
        write_database(tmp_path / name / "places.mmdb")
        return Callers(tmp_path / name, geography)

    return make
