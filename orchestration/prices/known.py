"""When a price book became known here, beside the days that its prices are for: kept once for each version."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration.files import write_atomically


@dataclass(frozen=True)
class Known:
    """A version in words, and the moment (UTC) at which it was first made in this home."""

    label: str
    known_at: str


def keep_known(folder: Path, version: str, label: str) -> None:
    """Remember a version that is about to be written. What is remembered stays: the first time counts."""
    path = _path(folder, version)
    if not path.exists():
        known = Known(label, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
        write_atomically(path, json.dumps(asdict(known), indent=1) + "\n")


def read_known(folder: Path, version: str) -> Known | None:
    """What is remembered of a version; None for one that was made before this was kept."""
    path = _path(folder, version)
    return Known(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def _path(folder: Path, version: str) -> Path:
    return folder / f"{version}.known.json"
