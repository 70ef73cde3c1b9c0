"""Ten times the data, and ten times that: time and peak memory, each size in a process of its own."""

import shutil
from pathlib import Path

import pytest

from tests.benchmarks import measure, work

pytestmark = pytest.mark.bench


def test_ten_times_the_data(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    rows: list[tuple[str, str]] = []
    # The first process of a machine reads the packages from disk; no size should pay for that.
    work.make_inbox(inbox, 1000)
    measure.alone(work.land_and_build, tmp_path / "home", inbox)
    before: dict[str, float] = {}
    for events in (measure.EVENTS * 3 // 100, measure.EVENTS * 3 // 10, measure.EVENTS * 3):
        work.make_inbox(inbox, events)
        landing, land_peak, landed = measure.alone(work.land, tmp_path / "home", inbox)
        building, build_peak, built = measure.alone(work.build, tmp_path / "home")
        assert landed["landed"] == events
        assert built["rows"] <= events
        times = f" ({landing / before['land']:.1f} and {building / before['build']:.1f} times)" if before else ""
        rows.append((
            f"{events:,} events",
            f"land {landing:.1f} s, build {building:.1f} s{times}; peak {land_peak:.0f} and {build_peak:.0f} MB",
        ))  # fmt: skip
        before = {"land": landing, "build": building}
    measure.show("Ten times the data, imports included", rows)
    shutil.rmtree(tmp_path)
