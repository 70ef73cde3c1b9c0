"""The landing of a home: find what is new, land it batch by batch, remember what was seen."""

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from orchestration.geography import check
from orchestration.home import Home
from orchestration.landing.batches import Batch, batches
from orchestration.landing.discovery import (
    FoundFile,
    Seen,
    found_files,
    local_path,
    pending,
    read_seen,
    shown_path,
    write_seen,
)
from orchestration.landing.examine import Examined, examining
from orchestration.landing.receipts import (
    Counts,
    Receipt,
    Redelivery,
    receipts,
    redeliveries,
    write_redeliveries,
)
from orchestration.landing.refused import Refusal, recorded_refusals, refusals, write_refusals
from orchestration.landing.report import LandingReport, OnProgress, Progress, SourceCounts, summed
from orchestration.landing.sweep import TEMPORARY, sweep
from orchestration.mirrors import mirror_group
from orchestration.settings import Settings, Source
from orchestration.sources import reader_for
from orchestration.sources.mapped.columns import refusal_of
from orchestration.sources.shape import Reader

_AHEAD = timedelta(hours=24)


def land(home: Home, settings: Settings, *, progress: OnProgress | None = None, plan: bool = False) -> LandingReport:
    """Land every new or changed file of every source; the caller holds the home's writer lock.

    A file that lacks a column its source must have, or that may not be read, is refused as a whole, and the others
    land; one that is gone meanwhile was never delivered. With `plan` nothing is written and the report only lists the
    files. Raises SettingsError before anything is landed when a source cannot be meant, ConservationError when rows of
    a file do not add up (landings before it stay).
    """
    new = pending(home, settings)
    ignored = [file.path for file in found_files(home, settings) if file.format is None and not file.unread]
    readers = {name: reader_for(settings.sources[name]) for name in sorted({file.source for file in new})}
    if plan or not new:
        if not plan:
            _note_refusals(home, settings, [])
        return LandingReport(files=tuple(file.path for file in new), ignored=tuple(ignored), planned=plan)
    if any(reader.address for reader in readers.values()):
        check(settings.geography)
    sweep(home)
    refused: dict[Path, Refusal] = {}
    for file in new:
        refusal = _refusal(home, settings.sources[file.source], readers[file.source], file)
        if refusal is not None:
            refused[file.path] = refusal
    _note_refusals(home, settings, list(refused.values()))
    run = _Run(home, settings, progress or (lambda _: None), sum(file.size for file in new))
    for name in readers:
        own = [file for file in new if file.source == name]
        run.land_source(settings.sources[name], [file for file in own if file.path not in refused])
        run.refuse(name, [refused[file.path] for file in own if file.path in refused])
    return summed(run.by_source, run.days, [file.path for file in new], ignored)


class _Run:
    """One run over all sources: what it knows from before and what it has done so far."""

    def __init__(self, home: Home, settings: Settings, progress: OnProgress, total_bytes: int) -> None:
        self.home = home
        self.settings = settings
        self.by_source: dict[str, SourceCounts] = {}
        self.days: set[str] = set()
        self._progress = progress
        self._total, self._done = total_bytes, 0
        self._seen = read_seen(home)
        # (source, content) → rows it delivers, and its landing
        self._landed: dict[tuple[str, str], tuple[int, str]] = {}
        # (source, path, content) that was counted before: the same file, however its times have changed
        self._counted: set[tuple[str, str, str]] = set()
        self._sizes: dict[str, set[int]] = defaultdict(set)
        for receipt in receipts(home):
            self._remember(receipt)
        self._counted |= {(again.source, again.path, again.sha256) for again in redeliveries(home)}

    def land_source(self, source: Source, files: list[FoundFile]) -> None:
        """Land the source's new files, then record those whose content was known already."""
        counts = SourceCounts()
        nesting = reader_for(source).nesting
        with examining(files, mark=nesting.mark if nesting else None) as examined:
            new, known = self._sorted_out(source, examined)
            for batch in batches(source, new):
                receipt = self._land_batch(batch)
                if receipt is not None:
                    counts = _plus(counts, receipt.counts, landed=len(receipt.files), size=_bytes(receipt))
            self.by_source[source.name] = self._redeliver(source, known, counts)

    def refuse(self, name: str, refused: list[Refusal]) -> None:
        """Count the source's files that were refused."""
        rows = sum(refusal.delivered for refusal in refused)
        counts = self.by_source.get(name, SourceCounts())
        self.by_source[name] = replace(
            counts, rows=counts.rows + Counts(delivered=rows, refused=rows), files_refused=len(refused)
        )
        self._tell(f"refused files of {name}" if refused else f"landed {name}", sum(item.size for item in refused))

    def _sorted_out(self, source: Source, files: list[Examined]) -> tuple[list[Examined], list[Examined]]:
        """Files of new content, and the others. A size seen nowhere else need not wait for its hash."""
        sizes = Counter(file.file.size for file in files)
        sizes.update(self._sizes[source.name])
        new: list[Examined] = []
        known: list[Examined] = []
        met: set[str] = set()
        for file in files:
            if sizes[file.file.size] == 1:
                new.append(file)
                continue
            try:
                content = file.sha256
            except FileNotFoundError:  # gone since it was found
                continue
            if (source.name, content) in self._landed or content in met:
                known.append(file)
            else:
                met.add(content)
                new.append(file)
        return new, known

    def _land_batch(self, batch: Batch) -> Receipt | None:
        """One landing; a file that changed or went while it was read waits for the next run."""
        from orchestration.landing.commit import commit
        from orchestration.landing.load import load

        self._tell(f"landing {batch.source.name}", 0)
        shown = {number: shown_path(self.home, file.file.path) for number, file in enumerate(batch.files)}
        with _temporary_folder(self.home, batch.source.name) as folder:
            try:
                loaded = load(
                    batch,
                    reader_for(batch.source),
                    latest=self.settings.now + _AHEAD,
                    folder=folder,
                    earlier=[self.home.raw / name for name in mirror_group(self.settings.sources, batch.source.name)],
                    zone=self.settings.timezone,
                    shown=shown,
                    geography=self.settings.geography,
                )
            except Exception:
                # Whatever a reader makes of a file that changes under it: the others go on without it.
                if all(file.file.unchanged() for file in batch.files):
                    raise
                loaded = None
            still = tuple(file for file in batch.files if file.file.unchanged())
            if loaded is not None and len(still) == len(batch.files):
                receipt = commit(
                    self.home, batch, loaded, shown=shown, zone=self.settings.timezone, now=self.settings.now
                )
                self._remember(receipt)
                self.days |= {day for file in receipt.files for day in file.days} | set(receipt.linked_days)
                self._note_seen(batch.source, batch.files)
                self._tell(f"landed {batch.source.name}", batch.bytes)
                return receipt
        return self._land_batch(Batch(batch.source, still)) if still else None

    def _redeliver(self, source: Source, known: list[Examined], counts: SourceCounts) -> SourceCounts:
        again: list[Redelivery] = []
        noted: list[Examined] = []
        for examined in known:
            landed = self._landed.get((source.name, examined.sha256))
            if landed is None:  # its twin changed while it was read: both wait for the next run
                continue
            rows, _ = landed
            noted.append(examined)
            redelivery = self._as_redelivery(source, examined, rows)
            # The same content at the same path is the same file: touched, copied with its home, synced without times,
            # or left by a kill between receipt and seen.json.
            if (source.name, redelivery.path, redelivery.sha256) in self._counted:
                continue
            again.append(redelivery)
            counts = _plus(counts, Counts(delivered=rows, duplicates=rows), again=1, size=redelivery.bytes)
        if again:
            write_redeliveries(self.home, source.name, again)
        self._note_seen(source, noted)
        self._tell(f"landed {source.name}", sum(file.file.size for file in known))
        return counts

    def _as_redelivery(self, source: Source, examined: Examined, rows: int) -> Redelivery:
        file = examined.file
        return Redelivery(
            source=source.name,
            path=shown_path(self.home, file.path),
            sha256=examined.sha256,
            mtime_ns=file.mtime_ns,
            bytes=file.size,
            delivered=rows,
            landed_at=self.settings.now.isoformat(timespec="seconds"),
        )

    def _remember(self, receipt: Receipt) -> None:
        for file in receipt.files:
            self._landed[(receipt.source, file.sha256)] = file.delivered, receipt.landing
            self._counted.add((receipt.source, file.path, file.sha256))
            self._sizes[receipt.source].add(file.bytes)

    def _note_seen(self, source: Source, files: Iterable[Examined]) -> None:
        for examined in files:
            file = examined.file
            _, landing = self._landed[(source.name, examined.sha256)]
            self._seen[local_path(self.home, file.path)] = Seen(file.size, file.mtime_ns, examined.sha256, landing)
        write_seen(self.home, self._seen)

    def _tell(self, doing: str, more_bytes: int) -> None:
        self._done += more_bytes
        self._progress(Progress(doing, self._done, self._total))


@contextmanager
def _temporary_folder(home: Home, source: str) -> Iterator[Path]:
    """Beside the raw facts, so that moving a part into place is a rename."""
    folder = home.raw / f"{TEMPORARY}{source}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _plus(counts: SourceCounts, rows: Counts, *, landed: int = 0, again: int = 0, size: int = 0) -> SourceCounts:
    return replace(
        counts,
        rows=counts.rows + rows,
        files_landed=counts.files_landed + landed,
        files_redelivered=counts.files_redelivered + again,
        bytes=counts.bytes + size,
    )


def _refusal(home: Home, source: Source, reader: Reader, file: FoundFile) -> Refusal | None:
    """Why no row of the file can be landed, if that is known before it is read."""
    if file.unread is None:
        try:
            return refusal_of(home, source, reader, file)
        except FileNotFoundError:  # gone since it was found: it is passed over where it would be read
            return None
    return Refusal(
        source=source.name,
        path=local_path(home, file.path),
        size=file.size,
        mtime_ns=file.mtime_ns,
        delivered=0,
        wanted=reader.must_have,
        reason=f"{shown_path(home, file.path)} cannot be read: {file.unread}.",
        next_step="Let the user that runs Tallyhouse read it, or move it out of the source's folder; then run again.",
        unread=True,
    )


def _note_refusals(home: Home, settings: Settings, fresh: list[Refusal]) -> None:
    """Write down which refusals stand, where that has changed."""
    paths = {refusal.path for refusal in fresh}
    standing = [*(refusal for refusal in refusals(home, settings) if refusal.path not in paths), *fresh]
    if standing != recorded_refusals(home):
        write_refusals(home, standing)


def _bytes(receipt: Receipt) -> int:
    return sum(file.bytes for file in receipt.files)
