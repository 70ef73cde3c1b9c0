"""A manifest that a disk or a person damaged."""

from pathlib import Path

import pytest

from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.marts.manifest import read_manifest


@pytest.mark.parametrize("text", ['{"days": {"2026-10-01"', '{"days": {}, "months": {}}', "[]", "{}"])
def test_a_damaged_manifest_says_what_to_remove(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path)
    assert read_manifest(home) is None
    home.current_marts.mkdir(parents=True)
    (home.current_marts / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(
        TallyhouseError, match=r"manifest\.json is damaged.* Remove .*data/marts and run: tallyhouse run"
    ):
        read_manifest(home)
