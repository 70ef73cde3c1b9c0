"""Copying what a month is made of into a folder that nobody writes to again."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from orchestration.errors import TallyhouseError
from orchestration.files import fsync_file, fsync_folder, write_atomically
from orchestration.home import Home
from orchestration.marts.calendar import month_of
from orchestration.marts.manifest import MANIFEST_FILE, Manifest
from orchestration.marts.publish import DAILY, MONTHLY
from orchestration.settings import Settings

MARTS, STATEMENTS, INPUTS = "marts", "statements", "inputs"


def folder_of(home: Home, month: date, revision: int) -> Path:
    """Where a revision of a month lies."""
    return home.closed / f"{month:%Y-%m}" / str(revision)


def freeze_marts(snapshot: Path, manifest: Manifest, month: date, target: Path) -> None:
    """Copy the month's day and month files of a published snapshot, and its part of the manifest, into `target`."""
    days = [day for day in manifest.days if month_of(day) == month]
    for marts, names in ((DAILY, [f"{day}" for day in days]), (MONTHLY, [f"{month:%Y-%m}"])):
        for mart in marts:
            folder = target / MARTS / mart
            folder.mkdir(parents=True)
            for name in names:
                path = snapshot / mart / f"{name}.parquet"
                if path.exists():
                    shutil.copyfile(path, folder / path.name)
    part = replace(
        manifest,
        days={day: manifest.days[day] for day in days},
        months={month: manifest.months[month]},
    )
    (target / MARTS / MANIFEST_FILE).write_text(part.to_json(), encoding="utf-8")


def freeze_inputs(home: Home, settings: Settings, manifest: Manifest, month: date, target: Path) -> None:
    """Copy the reference tables, the price books of the month's days and the settings that figures depend on.

    No secret is among them: routes of notifications are left out.
    """
    folder = target / INPUTS
    (folder / "reference").mkdir(parents=True)
    for path in sorted(home.reference.glob("*.csv")):
        shutil.copyfile(path, folder / "reference" / path.name)
    (folder / "prices").mkdir()
    books = {day.price_version for when, day in manifest.days.items() if month_of(when) == month}
    for version in sorted(books):
        for part in (".parquet", ".models.parquet", ".discounts.json"):
            if (path := home.prices / f"{version}{part}").exists():
                shutil.copyfile(path, folder / "prices" / path.name)
    told = {
        "organisation": settings.organisation.model_dump(mode="json"),
        "timezone": settings.timezone,
        "currency": settings.currency,
        "close": settings.close.model_dump(mode="json"),
        "reconcile": settings.reconcile.model_dump(mode="json"),
        "billing": settings.billing.model_dump(mode="json"),
        "sources": {
            name: source.model_dump(mode="json", include={"kind", "timezone", "mapping", "constants", "folders"})
            for name, source in sorted(settings.sources.items())
        },
    }
    (folder / "settings.json").write_text(json.dumps(told, indent=1, sort_keys=True), encoding="utf-8")


def hashes(target: Path) -> dict[str, str]:
    """sha256 by relative path of every file below `target`, each made durable on the way."""
    found = {}
    for path in sorted(item for item in target.rglob("*") if item.is_file()):
        found[path.relative_to(target).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
        fsync_file(path)
    for folder in sorted((item for item in target.rglob("*") if item.is_dir()), reverse=True):
        fsync_folder(folder)
    return found


def put_back(frozen: Path, expected: Mapping[str, str], target: Path) -> list[Path]:
    """Make `target` hold the issued statements exactly as they were frozen; the files written, none when all is well.

    Each gets the time of the frozen one, by which `is_put_back` knows it without reading it.

    Raises TallyhouseError when a frozen file is not what its record says.
    """
    written = []
    for name, digest in sorted(expected.items()):
        folder, _, file = name.partition("/")
        if folder != STATEMENTS:
            continue
        issued = target / file
        source = frozen / name
        if issued.exists() and hashlib.sha256(issued.read_bytes()).hexdigest() == digest:
            _same_time(issued, source)
            continue
        content = source.read_bytes() if source.exists() else b""
        if hashlib.sha256(content).hexdigest() != digest:
            raise TallyhouseError(
                f"{source} is not the file that was issued: its content differs from the close record.",
                "Restore the folder data/closed from a backup.",
            )
        write_atomically(issued, content)
        _same_time(issued, source)
        written.append(issued)
    return written


def is_put_back(frozen: Path, name: str, target: Path) -> bool:
    """Whether `target` has the issued statement that was frozen as `name`, by size and time. Light."""
    issued, source = target / Path(name).name, frozen / name
    if not issued.exists() or not source.exists():
        return issued.exists()
    here, there = issued.stat(), source.stat()
    return (here.st_size, here.st_mtime_ns) == (there.st_size, there.st_mtime_ns)


def _same_time(issued: Path, source: Path) -> None:
    if source.exists():
        stat = source.stat()
        os.utime(issued, ns=(stat.st_atime_ns, stat.st_mtime_ns))
