"""Writing a new home."""

import os
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from orchestration.errors import SettingsError
from orchestration.home import SETTINGS_FILE, Home


@dataclass(frozen=True)
class Written:
    """A home that was written: `folder` as the user named it; `events` of the example company, else None."""

    folder: Path
    events: int | None

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    def in_words(self) -> str:
        """What was written, and what to do next."""
        if self.events is not None:
            return (
                f"Wrote an example company to {self.folder}: {self.events:,} events. "
                f"Next: tallyhouse --home {self.folder} run"
            )
        return (
            f"Wrote a home to {self.folder}. Name your sources in {self.folder / SETTINGS_FILE}, or put events into "
            f"{self.folder / 'inbox' / 'events'}; then: tallyhouse --home {self.folder} run"
        )


def initialise(folder: Path, *, demo: bool, until: date | None) -> Written:
    """Write a blank home, or the example company up to `until` (default: yesterday).

    Raises SettingsError when the folder holds a home already, or cannot be one: nothing in it is touched then.
    """
    from orchestration.demo import write_blank, write_demo
    from orchestration.settings import current_time

    home = Home(folder.expanduser().resolve())
    if home.settings_file.exists():
        raise SettingsError(
            f"{folder} is a home already: it has a {SETTINGS_FILE}.", "Name another folder, or run on this one."
        )
    if home.root.exists() and not home.root.is_dir():
        raise SettingsError(f"{folder} is a file.", "Name a folder that is new, or empty.")
    above = next(path for path in (home.root, *home.root.parents) if path.exists())
    if not os.access(above, os.W_OK | os.X_OK):
        raise SettingsError(f"{above} cannot be written to.", "Name a folder elsewhere, or correct its owner.")
    if demo:
        return Written(folder, write_demo(home, until=until or current_time().date() - timedelta(days=1)).events)
    if until is not None:
        raise SettingsError("--until is only for the example company.", "Add --demo, or leave --until out.")
    write_blank(home)
    return Written(folder, None)
