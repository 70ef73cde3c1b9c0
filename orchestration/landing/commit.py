"""From a loaded batch to facts: everything durable first, the receipt last. The receipt is the commit."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from orchestration.errors import ConservationError
from orchestration.files import make_durable, write_atomically
from orchestration.home import Home
from orchestration.landing.batches import Batch
from orchestration.landing.load import Loaded
from orchestration.landing.parts import Part
from orchestration.landing.receipts import FileReceipt, Receipt, write_receipt


def commit(home: Home, batch: Batch, loaded: Loaded, *, shown: dict[int, str], zone: str, now: datetime) -> Receipt:
    """Check that no row was lost, move the parts into place, then write the receipt.

    Raises ConservationError, with nothing changed, when a file's rows do not add up.
    """
    files = tuple(_file(batch, loaded, number, shown[number]) for number in range(len(batch.files)))
    for file in files:
        _check(file)
    parts = [_place(home, batch, part, name) for part, name in _named(batch.landing, loaded.parts)]
    # One flush for all of them: they do not count before the receipt, and the next run sweeps them up without it.
    make_durable(parts)
    if loaded.quarantine is not None:
        write_atomically(home.quarantine / batch.source.name / f"{batch.landing}.jsonl", loaded.quarantine.read_bytes())
    receipt = Receipt(
        landing=batch.landing,
        source=batch.source.name,
        kind=batch.source.kind,
        timezone=zone,
        landed_at=now.isoformat(timespec="seconds"),
        files=files,
        parts=tuple(sorted(path.relative_to(home.root).as_posix() for path in parts)),
        models=loaded.landed.models,
        linked_days=loaded.landed.linked_days,
        first_event_at=loaded.landed.first_event_at,
        last_event_at=loaded.landed.last_event_at,
        accounts=loaded.landed.accounts,
    )
    write_receipt(home, receipt)
    return receipt


def _file(batch: Batch, loaded: Loaded, number: int, shown: str) -> FileReceipt:
    examined = batch.files[number]
    tally = loaded.tallies[number]
    days = loaded.landed.days.get(number, {})
    return FileReceipt(
        path=shown,
        sha256=examined.sha256,
        bytes=examined.file.size,
        delivered=tally.delivered,
        landed=sum(part.rows for part in days.values()),
        quarantined=tally.quarantined,
        not_usage=tally.not_usage,
        days=days,
    )


def _check(file: FileReceipt) -> None:
    accounted = file.landed + file.quarantined + file.not_usage
    if file.delivered != accounted:
        raise ConservationError(
            f"{file.path} delivers {file.delivered} rows, but {file.landed} were landed, {file.quarantined} "
            f"quarantined and {file.not_usage} bear no usage: {accounted} in all.",
            "Nothing of it was kept; report this with the file, and move it out of the inbox to go on.",
        )


def _named(landing: str, parts: tuple[Part, ...]) -> Iterator[tuple[Part, str]]:
    """A name for each part: the landing's, numbered from the second of a day on."""
    taken: dict[str, int] = {}
    for part in parts:
        count = taken.get(part.utc_date, 0)
        taken[part.utc_date] = count + 1
        yield part, f"{landing}.parquet" if count == 0 else f"{landing}-{count}.parquet"


def _place(home: Home, batch: Batch, part: Part, name: str) -> Path:
    target = home.raw / batch.source.name / f"utc_date={part.utc_date}" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    part.path.rename(target)
    return target
