"""Where everything of one customer lies. Code and data never share a folder."""

from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import SettingsError

SETTINGS_FILE = "tallyhouse.yaml"


@dataclass(frozen=True)
class Home:
    """A customer's home folder; every path of it is named here and nowhere else."""

    root: Path

    @property
    def settings_file(self) -> Path:
        return self.root / SETTINGS_FILE

    @property
    def reference(self) -> Path:
        return self.root / "reference"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def raw(self) -> Path:
        """Facts: immutable Parquet by source and UTC day."""
        return self.data / "raw"

    @property
    def landings(self) -> Path:
        """Receipts: one JSON for each landing; writing it is what makes the landing count."""
        return self.data / "landings"

    @property
    def fetched(self) -> Path:
        """What providers' APIs answered, as files that are landed like any other."""
        return self.data / "fetched"

    @property
    def fetching(self) -> Path:
        """Fetches under way: pages that have come so far, and when each window was last asked for."""
        return self.data / "fetching"

    @property
    def quarantine(self) -> Path:
        return self.data / "quarantine"

    @property
    def logs(self) -> Path:
        """Traces of errors that nobody foresaw."""
        return self.data / "logs"

    @property
    def prices(self) -> Path:
        return self.data / "prices"

    @property
    def warehouse(self) -> Path:
        """Private to one build and disposable."""
        return self.data / "warehouse.duckdb"

    @property
    def marts(self) -> Path:
        return self.data / "marts"

    @property
    def current_marts(self) -> Path:
        """The published snapshot; resolve it once, then read every table from that folder."""
        return self.marts / "current"

    @property
    def closed(self) -> Path:
        """What closing froze: a folder for each month and revision, never changed."""
        return self.data / "closed"

    @property
    def ledger(self) -> Path:
        return self.data / "ledger.sqlite"

    @property
    def dagster(self) -> Path:
        return self.data / "dagster"

    @property
    def dbt_target(self) -> Path:
        return self.data / "dbt_target"

    @property
    def writer_lock(self) -> Path:
        return self.data / "writer.lock"

    @property
    def statements(self) -> Path:
        return self.root / "statements"

    @property
    def page(self) -> Path:
        return self.root / "page"

    @property
    def exports(self) -> Path:
        return self.root / "exports"


def find_home(explicit: Path | None, from_environment: Path | None, start: Path) -> Home:
    """The home to work on: `--home`, else TALLYHOUSE_HOME, else the nearest folder upwards with settings."""
    chosen = explicit or from_environment
    if chosen is not None:
        root = chosen.expanduser().resolve()
        if not (root / SETTINGS_FILE).is_file():
            raise SettingsError(
                f"There is no {SETTINGS_FILE} in {root}.",
                f"Name a folder that has one, or make a home with: tallyhouse init {chosen}",
            )
        return Home(root)
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / SETTINGS_FILE).is_file():
            return Home(folder)
    raise SettingsError(
        f"No {SETTINGS_FILE} was found in {start} or any folder above it.",
        "Name the home with --home DIR or TALLYHOUSE_HOME, or make one with: tallyhouse init DIR",
    )
