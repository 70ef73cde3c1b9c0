"""`tallyhouse report --month` of an old month writes that month, and makes no other one due."""

from datetime import date
from pathlib import Path

from orchestration.home import Home
from orchestration.marts.manifest import read_manifest
from orchestration.statements import due_months, report
from tests.support.homes import copy_home, pretending, settings_of


def test_a_report_of_an_old_month_writes_just_that_month(ran: Home, tmp_path: Path) -> None:
    home = copy_home(ran, tmp_path / "home")
    settings, manifest = settings_of(home), read_manifest(home)
    assert manifest is not None and len(manifest.months) > 10
    assert due_months(home, settings, manifest) == []
    with pretending("2026-11-21T09:00:00+00:00"):
        written = report(home, settings, month="2026-03", scope=None, say=lambda _: None)
    assert written.months == (date(2026, 3, 1),)
    assert {path.parent.name for path in written.files} == {"2026-03"}
    assert due_months(home, settings, manifest) == []
    # What was asked for is kept up to date all the same, and again alone.
    (home.statements / "2026-03" / "organisation.csv").unlink()
    assert due_months(home, settings, manifest) == [date(2026, 3, 1)]
    # No month is skipped from the first due one on: a month later November is due, and no month before it.
    december = settings_of(home, "2026-12-05T09:00:00+00:00")
    assert due_months(home, december, manifest) == [date(2026, 3, 1), date(2026, 11, 1)]
