"""One new day on top of thirteen months: the steps alone, and a whole undisturbed run."""

import shutil
from pathlib import Path

import pytest

from tests.benchmarks import measure, work
from tests.benchmarks.generate import write_home

pytestmark = pytest.mark.bench


def test_a_new_day(tmp_path: Path) -> None:
    inbox, aside = tmp_path / "inbox", tmp_path / "aside"
    work.make_inbox(inbox, measure.EVENTS)
    aside.mkdir()
    names = sorted(path.name for path in inbox.iterdir())
    days = sorted({name[:10] for name in names})[-2:]
    for name in names:
        if name[:10] in days:
            (inbox / name).rename(aside / name)
    home = write_home(tmp_path / "home", inbox)
    first, _, first_parts = measure.alone(work.run, home.root)
    _deliver(aside, inbox, days[0])
    seconds, peak, parts = measure.alone(work.steps, home.root)
    assert parts["days"] == 1
    _deliver(aside, inbox, days[1])
    whole, run_peak, run_parts = measure.alone(work.run, home.root)
    measure.show(
        f"A new day on {measure.EVENTS:,} events of 13 months",
        [
            ("a new home's first run", f"{first:.1f} s ({_said(first_parts)})"),
            ("the steps, new process", f"{seconds:.2f} s, peak {peak:.0f} MB"),
            ("  imports, dbt's parse", f"{parts['import and parse']:.2f} s"),
            ("  landing", f"{parts['land']:.2f} s"),
            ("  pipeline.build_marts", f"{parts['build']:.2f} s: models {parts['models']:.2f} s, "
                                       f"data tests {parts['data tests']:.2f} s"),
            ("a whole run, new process", f"{whole:.2f} s, peak {run_peak:.0f} MB"),
            ("  by its progress", _said(run_parts)),
        ],
    )  # fmt: skip
    shutil.rmtree(tmp_path)


def _deliver(aside: Path, inbox: Path, day: str) -> None:
    for path in aside.glob(f"{day}-*"):
        path.rename(inbox / path.name)


def _said(parts: dict[str, float]) -> str:
    return "; ".join(f"{name} {seconds:.2f}" for name, seconds in parts.items() if seconds >= 0.05)
