"""Between the fast and the slow way: of files whose lines hold records, the good lines go the fast way by themselves.

One torn line would make all spans of a day go the slow way. Plain Python tells which lines can be taken apart; what is
in them the fast reader must then read without a fault and count to the same number, or the file goes the slow way.
"""

from dataclasses import replace

import duckdb

from orchestration.landing.fast import Reading, land_stage, stage_rows
from orchestration.landing.nested import split_lines
from orchestration.landing.parts import Stage
from orchestration.landing.queries import read_json
from orchestration.landing.session import may_be_bad_rows
from orchestration.landing.slow import load_apart
from orchestration.landing.work import Work

# Of smaller files, which may be many, the slow way takes all at once.
_LEAST_BYTES = 1 << 20


def load_split(work: Work, dirty: set[int]) -> set[int]:
    """Land what can be landed so; returns the files that are left for the slow way."""
    nesting = work.reader.nesting
    if nesting is None or nesting.mark is None:
        return dirty
    return {number for number in sorted(dirty) if not _landed(work, number)}


def _landed(work: Work, number: int) -> bool:
    nesting, examined = work.reader.nesting, work.batch.files[number]
    file = examined.file
    if nesting is None or file.format != "json" or examined.unpacked < _LEAST_BYTES:
        return False
    path = work.new_path("good.jsonl")
    with path.open("wb") as good:
        half = split_lines(file.path, file.compression, nesting, good)
    try:
        if half is None:
            return False
        member = replace(work.members[number], opened=path)
        reading = Reading([member], lambda members: read_json(members, work.reader, "none"), placed=True)
        stage = _staged(work, reading)
        if stage is None or land_stage(work, stage, reading, halves={number: half}):
            return False
    finally:
        path.unlink()
    if half.apart:
        load_apart(work, {number: half})
    return True


def _staged(work: Work, reading: Reading) -> Stage | None:
    """The stage of these lines; None when the fast reader cannot take them after all."""
    try:
        return stage_rows(work, reading)
    except duckdb.Error as error:
        if not may_be_bad_rows(error):
            raise
        return None
