"""What a killed landing left behind: files without a receipt never counted, and go."""

import shutil

from orchestration.home import Home
from orchestration.landing.receipts import receipts

TEMPORARY = ".tmp-"


def sweep(home: Home) -> int:
    """Remove temporary folders, parts and quarantine files that no receipt names; returns how many."""
    removed = 0
    for folder in home.raw.glob(f"{TEMPORARY}*"):
        shutil.rmtree(folder)
        removed += 1
    for left in home.landings.rglob(".*.tmp"):
        left.unlink()
        removed += 1
    known = receipts(home)
    parts = {part for receipt in known for part in receipt.parts}
    landings = {(receipt.source, receipt.landing) for receipt in known}
    for path in home.raw.glob("*/utc_date=*/*.parquet"):
        if path.relative_to(home.root).as_posix() not in parts:
            path.unlink()
            removed += 1
    for path in home.quarantine.glob("*/*"):
        if path.name.startswith(".") or (path.parent.name, path.stem) not in landings:
            path.unlink()
            removed += 1
    return removed
