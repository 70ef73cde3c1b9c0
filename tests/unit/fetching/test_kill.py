"""A fetch killed at any change of the file system is finished by the next one, with the same files."""

import pickle
import subprocess
import sys
from datetime import date
from pathlib import Path

from orchestration.home import Home
from orchestration.unfinished import remove_unfinished
from tests.support.homes import CHECKOUT, environment
from tests.unit.fetching.fetched_home import Fetching, completions

TRIED = 14


def fetched(fetching: Fetching, root: Path, at: int) -> "subprocess.CompletedProcess[bytes]":
    settings = fetching.settings(since=date(2026, 11, 20), path=root / "data" / "fetched" / "vendor")
    return subprocess.run(
        [sys.executable, str(Path(__file__).with_name("killed.py")), str(at)],
        input=pickle.dumps((Home(root), settings)),
        capture_output=True,
        cwd=CHECKOUT,
        env=environment(),
        timeout=60,
    )


def files(root: Path) -> dict[str, bytes]:
    folder = root / "data" / "fetched"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_killed_anywhere_the_next_fetch_leaves_what_an_undisturbed_one_leaves(
    fetching: Fetching, tmp_path: Path
) -> None:
    for hour in range(0, 24, 5):
        fetching.provider.put("usage", f"2026-11-20T{hour:02}:00:00+00:00", completions())
    fetching.provider.page_buckets = 20
    whole = tmp_path / "whole"
    undisturbed = fetched(fetching, whole, 0)
    assert undisturbed.returncode == 0, undisturbed.stderr
    requests, changes = len(fetching.provider.seen), int(undisturbed.stdout)
    resumed = 0
    for at in range(2, changes, max(changes // TRIED, 1)):
        root = tmp_path / f"killed-{at}"
        assert fetched(fetching, root, at).returncode == -9
        before = len(fetching.provider.seen)
        again = fetched(fetching, root, 0)
        assert again.returncode == 0, again.stderr
        remove_unfinished(Home(root))
        assert files(root) == files(whole)
        resumed += len(fetching.provider.seen) - before < requests
    assert resumed > TRIED // 2
