"""How a home stands: sources, what is published, what is stale, what is not priced, what waits to be sent."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from orchestration.home import Home
from orchestration.landing import Refusal, receipts, refusals
from orchestration.lock import current_holder
from orchestration.marts.manifest import read_manifest
from orchestration.run import Work, find_work
from orchestration.settings import Settings


@dataclass(frozen=True)
class SourceStatus:
    """One source; rows are delivered rows, `last_event` and `fetched_until` are UTC.

    `not_fetched`: why the last fetch from the provider ended early, and what to do.
    """

    name: str
    kind: str
    files: int
    delivered: int
    landed: int
    quarantined: int
    last_event: str | None
    fetched_until: str | None = None
    not_fetched: str | None = None


@dataclass(frozen=True)
class Status:
    """Everything `tallyhouse status` says. Amounts are exact USD."""

    organisation: str
    timezone: str
    today: date
    data_until: str | None
    published_at: str | None
    snapshot: str | None
    days: int
    month: date
    month_spend: Decimal
    unpriced_requests: int
    conflicts: int
    conservation: dict[str, int]
    sources: tuple[SourceStatus, ...]
    work: Work
    refused: tuple[Refusal, ...]
    waiting_messages: tuple[str, ...]
    newest_price_book: str
    pinned_price_books: tuple[str, ...]
    writer: str | None
    asked_at: datetime

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def read_status(home: Home, settings: Settings) -> Status:
    """Gather the status from files alone; never opens the warehouse, never waits for a running job."""
    from orchestration.alerts import pending
    from orchestration.fetching import fetched_until, read_state
    from orchestration.prices import current_book

    manifest = read_manifest(home)
    landed = receipts(home)
    month = settings.today.replace(day=1)
    sources = []
    for source in settings.sources.values():
        own = [receipt for receipt in landed if receipt.source == source.name]
        files = [file for receipt in own for file in receipt.files]
        state = read_state(home, source.name)
        until, failure = fetched_until(state, "usage"), state.failure
        sources.append(
            SourceStatus(
                name=source.name,
                kind=source.kind,
                files=len(files),
                delivered=sum(file.delivered for file in files),
                landed=sum(file.landed for file in files),
                quarantined=sum(file.quarantined for file in files),
                last_event=max((str(r.last_event_at) for r in own if r.last_event_at), default=None),
                fetched_until=until.isoformat(sep=" ", timespec="minutes") if until else None,
                not_fetched=f"{failure.message} {failure.next_step}" if failure else None,
            )
        )
    days = manifest.days.values() if manifest else ()
    return Status(
        organisation=settings.organisation.name,
        timezone=settings.timezone,
        today=settings.today,
        data_until=manifest.data_until if manifest else None,
        published_at=manifest.published_at if manifest else None,
        snapshot=manifest.snapshot if manifest else None,
        days=len(manifest.days) if manifest else 0,
        month=month,
        month_spend=manifest.spend(month) if manifest else Decimal(0),
        unpriced_requests=sum(day.unpriced_requests for day in days),
        conflicts=sum(day.conflicts for day in days),
        conservation=dict(manifest.conservation) if manifest else {},
        sources=tuple(sources),
        work=find_work(home, settings),
        refused=tuple(refusals(home, settings)),
        waiting_messages=tuple(
            f"{item.message.subject} to {item.recipient or 'nobody yet'}: "
            f"{item.held or item.last_error or 'not tried yet'}"
            for item in pending(home)
        ),
        newest_price_book=current_book(home).label,
        pinned_price_books=tuple(manifest.price_books.values()) if manifest else (),
        writer=current_holder(home),
        asked_at=settings.now,
    )
