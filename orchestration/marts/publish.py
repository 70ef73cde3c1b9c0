"""The one commit point: a complete new snapshot beside the old one, then one symlink swap."""

import os
import shutil
import uuid
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.files import fsync_folder, make_durable, write_atomically
from orchestration.home import Home
from orchestration.marts.manifest import MANIFEST_FILE, Manifest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DAILY = ("daily_usage", "hourly_usage", "daily_sources", "daily_credits", "daily_control_usage", "daily_utc_usage")
MONTHLY = (
    "monthly_usage",
    "monthly_budget_status",
    "monthly_budget_crossings",
    "monthly_credits",
    "monthly_allocation",
    "daily_provider_costs",
    "monthly_charges",
    "monthly_reconciliation",
    "monthly_reconciliation_models",
)
# Most homes have none of these on most days: without rows there is a file only where one must be replaced.
SPARSE = (
    "daily_credits",
    "daily_control_usage",
    "daily_utc_usage",
    "monthly_credits",
    "daily_provider_costs",
    "monthly_reconciliation",
    "monthly_reconciliation_models",
)
_KEPT_SNAPSHOTS = 3


def stage(
    connection: "DuckDBPyConnection",
    home: Home,
    *,
    snapshot: str,
    days: Sequence[date],
    months: Sequence[date],
) -> Path:
    """Write the rebuilt days and months of a new snapshot and link the others from the current one.

    Nothing of it can be seen until `swap`. A rebuilt day without usage is a file without rows. What is returned is
    durable, whether written or linked, so that the swap never names what a loss of power took.
    """
    root = home.marts / "snapshots" / snapshot
    shutil.rmtree(root, ignore_errors=True)
    current = home.current_marts.resolve() if home.current_marts.exists() else None
    written: list[Path] = []
    for marts, column, keys in ((DAILY, "usage_date", days), (MONTHLY, "month", months)):
        for mart in marts:
            folder = root / mart
            folder.mkdir(parents=True)
            before = current / mart if current is not None else None
            written += _write_parts(
                connection, mart, column=column, keys=keys, folder=folder, monthly=marts is MONTHLY, before=before
            )
            if current is not None and (current / mart).is_dir():
                for old in sorted((current / mart).iterdir()):
                    if not (folder / old.name).exists():
                        os.link(old, folder / old.name)
            fsync_folder(folder)  # links need no more than this: their bytes were durable before
    make_durable(written)
    return root


def swap(home: Home, root: Path, manifest: Manifest) -> None:
    """Make the staged snapshot the published one. Before this line nothing happened, after it everything did."""
    write_atomically(root / MANIFEST_FILE, manifest.to_json())
    fsync_folder(root)
    fsync_folder(root.parent)
    link = home.marts / f".current.{uuid.uuid4().hex}"
    link.symlink_to(root.relative_to(home.marts))
    link.replace(home.current_marts)
    fsync_folder(home.marts)


def tidy(home: Home) -> None:
    """Remove snapshots that nobody can need: all but the published one and the few before it, and half-made ones."""
    snapshots = home.marts / "snapshots"
    if not snapshots.exists():
        return
    published = home.current_marts.resolve() if home.current_marts.exists() else None
    complete = sorted(path for path in snapshots.iterdir() if (path / MANIFEST_FILE).exists())
    kept = {published, *complete[-_KEPT_SNAPSHOTS:]}
    for path in snapshots.iterdir():
        if path not in kept:
            shutil.rmtree(path)
    for link in home.marts.glob(".current.*"):
        link.unlink()


def _write_parts(
    connection: "DuckDBPyConnection",
    mart: str,
    *,
    column: str,
    keys: Sequence[date],
    folder: Path,
    monthly: bool,
    before: Path | None,
) -> list[Path]:
    """Write the mart's rebuilt days or months; returns their files, not yet durable."""
    if not keys:
        return []
    scratch = folder / ".parts"
    relation = f"marts.{mart}"
    connection.execute(
        f"copy (select * from {relation} order by all) to '{_quoted(scratch)}' (format parquet, compression zstd, "
        f"partition_by ({column}), write_partition_columns true, overwrite true)"
    )
    written: list[Path] = []
    for key in keys:
        target = folder / (f"{key:%Y-%m}.parquet" if monthly else f"{key}.parquet")
        parts = sorted((scratch / f"{column}={key}").glob("*.parquet"))
        if len(parts) == 1:
            parts[0].rename(target)
        elif not parts and mart in SPARSE and not (before and (before / target.name).exists()):
            continue
        else:
            connection.execute(
                f"copy (select * from {relation} where {column} = date '{key}' order by all) to '{_quoted(target)}' "
                "(format parquet, compression zstd)"
            )
        written.append(target)
    shutil.rmtree(scratch, ignore_errors=True)
    return written


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
