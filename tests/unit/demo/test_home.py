"""Same arguments, same bytes; what exists is not overwritten; a blank home works at once."""

import hashlib
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.demo import write_blank, write_demo
from orchestration.demo.season import ZONE, DayClock, bank_holidays, busyness
from orchestration.errors import SettingsError
from orchestration.home import Home
from orchestration.reference import read_budgets, read_departments, read_organisation
from orchestration.settings import load_settings

from .conftest import UNTIL

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import sys
from datetime import date
from pathlib import Path
from orchestration.demo import write_demo
from orchestration.home import Home
write_demo(Home(Path(sys.argv[1])), until=date(2026, 11, 20), seed=int(sys.argv[2]), events=2000)
"""


def tree(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def written(folder: Path, seed: str, **environment: str) -> dict[str, str]:
    folder.mkdir()
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), seed], check=True, cwd=ROOT, env={**os.environ, **environment}
    )
    return tree(folder)


def test_the_same_arguments_give_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    one = written(tmp_path / "one", "42", PYTHONHASHSEED="1", TZ="Asia/Tokyo", LC_ALL="C")
    two = written(tmp_path / "two", "42", PYTHONHASHSEED="2", TZ="America/New_York", LC_ALL="C.UTF-8")
    assert one == two


def test_another_seed_gives_other_logs(tmp_path: Path) -> None:
    one, two = written(tmp_path / "one", "42"), written(tmp_path / "two", "43")
    assert one.keys() != two.keys() or one != two


@pytest.mark.parametrize("until", [date(2026, 3, 1), date(2026, 10, 31), date(2027, 1, 4)])
def test_any_last_day_will_do(tmp_path: Path, until: date) -> None:
    summary = write_demo(Home(tmp_path), until=until, events=2_000)
    assert summary.last_day == until
    assert summary.first_day == date(until.year - 1, until.month, 1)
    assert load_settings(Home(tmp_path)).organisation.name == "Halden Group plc"


def test_an_existing_home_is_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_blank(home, name="Mine")
    before = tree(tmp_path)
    for write in (lambda: write_blank(home), lambda: write_demo(home, until=UNTIL)):
        with pytest.raises(SettingsError, match="is a home already"):
            write()
    assert tree(tmp_path) == before


def test_too_few_events_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="at least 2000"):
        write_demo(Home(tmp_path), until=UNTIL, events=100)


def test_a_blank_home_has_one_source_and_valid_empty_tables(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_blank(home, name='Müller: "Söhne" & Co')
    settings = load_settings(home)
    assert settings.organisation.name == 'Müller: "Söhne" & Co'
    assert {name: source.kind for name, source in settings.sources.items()} == {"events": "events"}
    assert settings.sources["events"].path == home.inbox / "events"
    assert home.inbox.joinpath("events").is_dir()
    assert read_organisation(home) == []
    assert read_departments(home) == []
    assert read_budgets(home) == []


def test_the_commented_examples_are_valid_settings(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_blank(home)
    lines = home.settings_file.read_text().splitlines()
    names = (
        "gateway:",
        "workstations:",
        "my_sessions:",
        "other:",
        "  kind:",
        "  timezone:",
        "  mapping:",
        "  constants:",
    )
    opened = [line.replace("  # ", "  ", 1) if line.startswith(tuple(f"  # {n}" for n in names)) else line
              for line in lines]  # fmt: skip
    home.settings_file.write_text("\n".join(opened))
    kinds = {name: source.kind for name, source in load_settings(home).sources.items()}
    assert set(kinds.values()) == {"events", "litellm", "claude_code", "mapped"}
    assert len(kinds) == 5


def test_bank_holidays_are_those_of_england() -> None:
    assert sorted(bank_holidays(2026)) == [
        date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 4), date(2026, 5, 25),
        date(2026, 8, 31), date(2026, 12, 25), date(2026, 12, 28),
    ]  # fmt: skip
    assert date(2027, 3, 26) in bank_holidays(2027)
    assert {date(2021, 12, 27), date(2021, 12, 28)} <= bank_holidays(2021)


def test_holidays_and_weekends_are_quiet() -> None:
    assert busyness("office", date(2026, 10, 10)) < 0.2 * busyness("office", date(2026, 10, 8))
    assert busyness("office", date(2026, 12, 25)) < 0.2 * busyness("office", date(2026, 12, 17))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-20", 24)])
def test_stamps_of_a_day_lie_within_it_on_clock_change_days_too(day: str, hours: int) -> None:
    clock = DayClock(date.fromisoformat(day))
    assert clock.seconds == hours * 3600
    start = datetime.fromisoformat(day).replace(tzinfo=ZONE)
    for milliseconds in (0, 1, 3_600_000 * 3, clock.seconds * 1000 - 1):
        local, utc = datetime.fromisoformat(clock.local(milliseconds)), datetime.fromisoformat(clock.utc(milliseconds))
        assert local == utc
        assert utc - start.astimezone(UTC) == timedelta(milliseconds=milliseconds)
        assert local.astimezone(ZONE).date() == date.fromisoformat(day)
    assert utc + timedelta(milliseconds=1) == (start + timedelta(days=1)).astimezone(utc.tzinfo)
