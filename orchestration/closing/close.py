"""Closing, restating and reopening a month.

The order makes it safe to be killed anywhere: everything is frozen and rendered beside the record, the record is
written in one transaction, and only then do the issued files appear. A folder without a record never counted.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from orchestration.closing import freeze
from orchestration.closing.account import accounts, write_accounts
from orchestration.closing.book import append, read_records
from orchestration.closing.checks import month_checks
from orchestration.closing.compared import Difference
from orchestration.closing.differences import (
    as_corrections,
    carried_forward,
    carried_into,
    carried_on,
    find_differences,
    write_carried,
)
from orchestration.closing.issued import closed_months, issued_files, issued_marts, marts_with
from orchestration.closing.notify import statement_messages
from orchestration.closing.records import SCOPE_KINDS, Check, Kind, Record, issued, next_revision
from orchestration.delivery.recipients import address_book
from orchestration.errors import SettingsError, TallyhouseError
from orchestration.files import fsync_folder
from orchestration.home import Home
from orchestration.journal import tell
from orchestration.lock import writer
from orchestration.marts.calendar import next_month
from orchestration.marts.manifest import Manifest, read_manifest
from orchestration.settings import Settings

BY_POLICY = "the close policy"


@dataclass(frozen=True)
class ClosePlan:
    """What closing a month would record. `needs_reason` when a check is unmet."""

    month: date
    revision: int
    checks: tuple[Check, ...]
    spend: Decimal

    @property
    def needs_reason(self) -> bool:
        return not all(check.met for check in self.checks)


@dataclass(frozen=True)
class Closed:
    """A month that was closed, restated or reopened, and the files issued with it."""

    record: Record
    files: tuple[Path, ...]


def plan_close(home: Home, settings: Settings, month: date) -> ClosePlan:
    """What `close_month` would do. Raises when the month cannot be closed now; writes nothing."""
    records = read_records(home)
    manifest = _published(home)
    _check_month(home, settings, manifest, month)
    _check_order(records, month)
    from orchestration.landing import receipts

    return ClosePlan(
        month=month,
        revision=next_revision(records, month),
        checks=month_checks(manifest, receipts(home), month),
        spend=manifest.spend(month),
    )


def close_month(
    home: Home,
    settings: Settings,
    month: date,
    *,
    approved_by: str,
    reason: str = "",
) -> Closed:
    """Close a month: freeze its lines and inputs, issue its statements, chain its record.

    Raises SettingsError when the month is not the next to close, is not over, or has an unmet check and no `reason`;
    TallyhouseError when something waits to be built. Nothing is changed then.
    """
    _name(approved_by)
    with writer(home, doing="close a month", now=settings.now):
        plan = plan_close(home, settings, month)
        if plan.needs_reason and not reason.strip():
            unmet = "; ".join(f"{check.name}: {check.detail}" for check in plan.checks if not check.met)
            raise SettingsError(
                f"{month:%B %Y} has a check that is not met ({unmet}).",
                'Mend it, or close all the same and say why: --reason "…".',
            )
        lines = carried_forward(home, settings, month)
        return _issue(home, settings, "close", plan, approved_by, reason.strip(), lines=lines)


def close_by_policy(home: Home, settings: Settings, month: date) -> Closed:
    """Close a month whose checks are met, after restating earlier ones that differ, where the policy restates."""
    with writer(home, doing="close a month", now=settings.now):
        if settings.close.late_usage == "restate":
            for item in find_differences(home):
                if carried_into(home, item.record) or carried_on(home, item.record.month):
                    continue
                why = f"known when {month:%B %Y} was closed"
                restate_month(home, settings, item.record.month, approved_by=BY_POLICY, reason=why)
        return close_month(home, settings, month, approved_by=BY_POLICY)


def restate_month(
    home: Home,
    settings: Settings,
    month: date,
    *,
    approved_by: str,
    reason: str = "",
) -> Closed:
    """Issue a closed month again with today's figures, under the next revision, its differences shown.

    Raises SettingsError when the month is not closed, nothing in it differs, or corrections were carried into it or
    from it into a later month.
    """
    _name(approved_by)
    with writer(home, doing="restate a month", now=settings.now):
        records = read_records(home)
        standing = issued(records).get(month)
        if standing is None:
            raise SettingsError(f"{month:%B %Y} is not closed.", f"Close it with: tallyhouse close {month:%Y-%m}")
        if carried_into(home, standing):
            raise SettingsError(
                f"{month:%B %Y} holds corrections that were carried into it, which a revision of it would lose.",
                "Set close.late_usage to carry_forward: what differs then enters the next month that is closed.",
            )
        differing = {restated.record.month: restated for restated in find_differences(home)}.get(month)
        if differing is None:
            raise SettingsError(
                f"Nothing in {month:%B %Y} differs from what was issued.", "There is nothing to restate."
            )
        if later := carried_on(home, month):
            raise SettingsError(
                f"Corrections to {month:%B %Y} were carried into {later:%B %Y}: a revision would charge them twice.",
                "Set close.late_usage to carry_forward: what differs then enters the next month that is closed.",
            )
        manifest = _published(home)
        _check_month(home, settings, manifest, month)
        from orchestration.landing import receipts

        plan = ClosePlan(
            month, next_revision(records, month), month_checks(manifest, receipts(home), month), manifest.spend(month)
        )
        return _issue(home, settings, "restatement", plan, approved_by, reason.strip(), lines=differing.lines)


def reopen_month(home: Home, settings: Settings, month: date, *, approved_by: str, reason: str) -> Closed:
    """Record that the last closed month is open again. What was issued stays in data/closed.

    Raises SettingsError for a month that is not the last closed one, or without a reason.
    """
    _name(approved_by)
    if not reason.strip():
        raise SettingsError("Reopening a month needs a reason.", 'Say why: --reason "…".')
    with writer(home, doing="reopen a month", now=settings.now):
        closed = issued(read_records(home))
        if not closed or month != max(closed):
            last = f"the last closed month is {max(closed):%Y-%m}" if closed else "no month is closed"
            raise SettingsError(
                f"{month:%B %Y} cannot be reopened: {last}.",
                "Only the last closed month can be reopened; restate an earlier one.",
            )
        standing = closed[month]
        written = append(
            home,
            [
                Record(
                    number=0,
                    kind="reopen",
                    scope_kind=scope_kind,
                    month=month,
                    revision=standing.revision,
                    approved_by=approved_by.strip(),
                    reason=reason.strip(),
                    recorded_at=settings.now.isoformat(timespec="seconds"),
                    checks=(),
                    frozen={},
                    spend=standing.spend,
                    previous_hash="",
                )
                for scope_kind in SCOPE_KINDS
            ],
            now=settings.now,
        )
        issued_marts(home)
        return Closed(written[0], ())


def _issue(
    home: Home,
    settings: Settings,
    kind: Kind,
    plan: ClosePlan,
    approved_by: str,
    reason: str,
    *,
    lines: Sequence[Difference],
) -> Closed:
    """`lines`: what a restatement changes, or what a close carries from earlier months."""
    month = plan.month
    manifest = _published(home)
    staged = home.closed / f".{month:%Y-%m}.tmp"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    tell(f"Freezing {month:%B %Y}")
    freeze.freeze_marts(home.current_marts.resolve(), manifest, month, staged)
    freeze.freeze_inputs(home, settings, manifest, month, staged)
    tell(f"Writing the statements of {month:%B %Y}")
    _render(home, settings, plan, approved_by.strip(), staged, lines)
    if kind == "close" and lines:
        write_carried(staged, lines)
    frozen = freeze.hashes(staged)
    target = freeze.folder_of(home, month, plan.revision)
    # A folder of this revision without a record was left by a close that was killed.
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    staged.rename(target)
    fsync_folder(target.parent)
    addressed = address_book(home, settings)
    messages = statement_messages(
        home,
        settings,
        month=month,
        folder=target,
        revision=plan.revision,
        approved_by=approved_by.strip(),
        frozen=frozen,
        lines=lines,
    )
    written = append(
        home,
        [
            Record(
                number=0,
                kind=kind,
                scope_kind=scope_kind,
                month=month,
                revision=plan.revision,
                approved_by=approved_by.strip(),
                reason=reason,
                recorded_at=settings.now.isoformat(timespec="seconds"),
                checks=plan.checks,
                frozen={name: digest for name, digest in frozen.items() if _is_of(scope_kind, name)},
                spend=str(plan.spend),
                previous_hash="",
            )
            for scope_kind in SCOPE_KINDS
        ],
        [(message, addressed(message.audience)) for message in messages],
        now=settings.now,
    )
    issued_marts(home)
    return Closed(written[0], tuple(issued_files(home, month)))


def _render(
    home: Home, settings: Settings, plan: ClosePlan, approved_by: str, staged: Path, lines: Sequence[Difference]
) -> None:
    from orchestration.statements import render_month, scopes_of
    from reports.statement import Standing

    # A month that is issued shows what is known of it now; the months it is compared with, what was issued of them.
    others = {month: record for month, record in closed_months(home).items() if month != plan.month}
    marts = marts_with(home, others)
    corrections = as_corrections(lines)
    scopes = scopes_of(home, marts, plan.month, corrections)
    found = accounts(home, settings, plan.month, marts=marts, scopes=scopes, corrections=corrections)
    write_accounts(staged, found)
    render_month(
        home,
        settings,
        plan.month,
        marts=marts,
        out_dir=staged / freeze.STATEMENTS,
        standing=Standing(plan.revision, settings.today, approved_by),
        corrections=corrections,
    )


def _published(home: Home) -> Manifest:
    manifest = read_manifest(home)
    if manifest is None:
        raise TallyhouseError("Nothing is published yet.", "Run first: tallyhouse run")
    return manifest


def _check_month(home: Home, settings: Settings, manifest: Manifest, month: date) -> None:
    if month not in manifest.months:
        known = ", ".join(f"{item:%Y-%m}" for item in sorted(manifest.months))
        raise SettingsError(f"There is no usage in {month:%B %Y}.", f"Published months: {known}.")
    if next_month(month) > settings.today:
        raise SettingsError(f"{month:%B %Y} is not over.", f"It can be closed from {next_month(month)} on.")
    from orchestration.landing import pending_files
    from orchestration.pipeline import plan_build

    waiting = [item.month for item in plan_build(home, settings).months if item.month == month]
    files = pending_files(home, settings)
    if waiting or files:
        what = f"{len(files)} files are not landed" if files else "some of its days are to be built again"
        raise TallyhouseError(f"{month:%B %Y} is not up to date: {what}.", "Run first: tallyhouse run")


def _check_order(records: list[Record], month: date) -> None:
    closed = issued(records)
    if month in closed:
        raise SettingsError(
            f"{month:%B %Y} is closed already, as revision {closed[month].revision}.",
            f"To issue corrections: tallyhouse restate {month:%Y-%m}",
        )
    if closed and month != next_month(max(closed)):
        raise SettingsError(
            f"{month:%B %Y} is not the next month to close.", f"Close {next_month(max(closed)):%Y-%m} first."
        )


def _is_of(scope_kind: str, name: str) -> bool:
    """A statement belongs to the record of its kind of scope; lines and inputs to both."""
    return not name.startswith(f"{freeze.STATEMENTS}/") or name.startswith(f"{freeze.STATEMENTS}/{scope_kind}")


def _name(approved_by: str) -> None:
    if not approved_by.strip():
        raise SettingsError("Nobody is named as approving.", "Say who: --approved-by NAME")
