"""What closing leaves behind: one record for each month and kind of scope, each chained to the one before."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal

from orchestration.errors import TallyhouseError

Kind = Literal["close", "restatement", "reopen"]
ScopeKind = Literal["organisation", "department"]
SCOPE_KINDS: tuple[ScopeKind, ...] = ("organisation", "department")
GENESIS = "0" * 64


@dataclass(frozen=True)
class Check:
    """Something that should hold before a month is closed. `detail` says in words what was found."""

    name: str
    met: bool
    detail: str


@dataclass(frozen=True)
class Record:
    """One entry of the chain.

    `revision` counts a month's closings and restatements from 1; a reopening keeps the revision that it opens.
    `frozen`: sha256 by path of every file that was frozen, inputs included; empty for a reopening.
    `spend`: effective cost of the month as an exact decimal string, restated or not, without carried amounts.
    """

    number: int
    kind: Kind
    scope_kind: ScopeKind
    month: date
    revision: int
    approved_by: str
    reason: str
    recorded_at: str
    checks: tuple[Check, ...]
    frozen: Mapping[str, str]
    spend: str
    previous_hash: str

    @property
    def body(self) -> str:
        """The record as canonical JSON: what its hash is of."""
        plain = {**asdict(self), "month": self.month.isoformat(), "frozen": dict(sorted(self.frozen.items()))}
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.body.encode()).hexdigest()


def from_body(body: str) -> Record:
    """The record that `Record.body` wrote."""
    plain = json.loads(body)
    checks = tuple(Check(**check) for check in plain["checks"])
    return Record(**{**plain, "month": date.fromisoformat(plain["month"]), "checks": checks})


def check_chain(records: Sequence[Record], hashes: Sequence[str]) -> None:
    """Raise TallyhouseError at the first record that is not what was written, or does not follow the one before."""
    before = GENESIS
    for place, (record, written) in enumerate(zip(records, hashes, strict=True), start=1):
        if record.number != place or record.previous_hash != before or record.hash != written:
            raise TallyhouseError(
                f"The close record {record.number} ({record.month:%Y-%m}, {record.scope_kind}) was changed after it "
                "was written, or the one before it was.",
                "Restore data/ledger.sqlite from data/ledger-backups; nothing was closed or issued now.",
            )
        before = written


def issued(records: Sequence[Record]) -> dict[date, Record]:
    """The organisation's record in force of every month that is closed now, by month."""
    standing: dict[date, Record] = {}
    for record in records:
        if record.scope_kind != "organisation":
            continue
        if record.kind == "reopen":
            standing.pop(record.month, None)
        else:
            standing[record.month] = record
    return dict(sorted(standing.items()))


def next_revision(records: Sequence[Record], month: date) -> int:
    """1 for a month that was never closed."""
    return 1 + max((record.revision for record in records if record.month == month), default=0)
