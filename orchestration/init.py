"""Writing a new home."""

from datetime import date, timedelta
from pathlib import Path

from orchestration.errors import SettingsError
from orchestration.home import SETTINGS_FILE, Home


def initialise(folder: Path, *, demo: bool, until: date | None) -> str:
    """Write a blank home, or the example company up to `until` (default: yesterday); what to do next, in words.

    Raises SettingsError when the folder holds a home already: nothing in it is touched then.
    """
    from orchestration.demo import write_blank, write_demo
    from orchestration.settings import current_time

    home = Home(folder.expanduser().resolve())
    if home.settings_file.exists():
        raise SettingsError(
            f"{folder} is a home already: it has a {SETTINGS_FILE}.", "Name another folder, or run on this one."
        )
    if demo:
        summary = write_demo(home, until=until or current_time().date() - timedelta(days=1))
        return f"Wrote an example company to {folder}: {summary.events:,} events. Next: tallyhouse --home {folder} run"
    if until is not None:
        raise SettingsError("--until is only for the example company.", "Add --demo, or leave --until out.")
    write_blank(home)
    return f"Wrote a home to {folder}. Put logs into {folder}/inbox/events, then: tallyhouse --home {folder} run"
