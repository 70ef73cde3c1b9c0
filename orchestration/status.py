"""How a home stands: sources, what is published, what is stale, what is not priced, what waits to be sent."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from orchestration.closing.overview import ClosedMonth, OpenMonth, closed_overview, open_overview
from orchestration.errors import ConservationError
from orchestration.home import Home
from orchestration.landing import Receipt, Refusal, receipts, redeliveries, refusals, totals
from orchestration.lock import current_holder
from orchestration.marts.feeds import feeds
from orchestration.marts.manifest import Manifest, read_manifest
from orchestration.marts.unpriced import UnpricedModel, unpriced_models
from orchestration.pipeline import plan_build
from orchestration.repricing.outlook import Outlook, price_outlook
from orchestration.roles import in_words
from orchestration.run import Work, account, find_work
from orchestration.settings import Settings


@dataclass(frozen=True)
class SourceStatus:
    """One source. Of its `delivered` rows `again` came in files that had been delivered before, and `refused` are those
    of files that wait to be mended; over all sources they are the rows of the account.

    `last_event`: the newest stamp (UTC) of anything that it delivered, cost reports too. `last_day`: the last day (the
    organisation's) with usage; `days_behind`: full days between that one and today. `comes_by`: how it is fetched.
    `fetched_until` (UTC): how far; `not_fetched`: why the last fetch ended early, and what to do.
    `in_settings`: false for one that the settings name no longer; what it landed counts as before.
    """

    name: str
    kind: str
    role: str
    files: int
    delivered: int
    landed: int
    quarantined: int
    not_usage: int
    again: int
    refused: int
    last_event: str | None
    last_day: date | None
    days_behind: int | None
    comes_by: str | None
    fetched_until: str | None = None
    not_fetched: str | None = None
    in_settings: bool = True


@dataclass(frozen=True)
class Status:
    """Everything `tallyhouse status` says. Amounts are exact, in `currency`.

    `conservation` is the fate of every row delivered until now, or what does not add up, in words. `given_up`:
    messages that will not be sent any more. `price_spans`: first day, last day and label of each price book in use.
    `price_outlook`: what the newest prices would change of built days; None where all of these have them.
    `closed`: closed months, oldest first; `late_usage` is the policy for what differs of them. `to_close`: months that
    are over and not closed, as drafts or reconciled.
    `other_rates`: days that were built at another exchange rate than fx_rates.csv has for them now.
    """

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
    unpriced_tokens: int
    unpriced_models: tuple[UnpricedModel, ...]
    conflicts: int
    conservation: dict[str, int] | str
    sources: tuple[SourceStatus, ...]
    work: Work
    refused: tuple[Refusal, ...]
    waiting_messages: tuple[str, ...]
    given_up: tuple[str, ...]
    newest_price_book: str
    price_spans: tuple[tuple[date, date, int, str], ...]
    price_outlook: Outlook | None
    closed: tuple[ClosedMonth, ...]
    to_close: tuple[OpenMonth, ...]
    late_usage: str
    currency: str
    other_rates: tuple[date, ...]
    writer: str | None
    asked_at: datetime

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def read_status(home: Home, settings: Settings) -> Status:
    """Gather the status from files alone; never opens the warehouse, never waits for a running job."""
    from orchestration.alerts import list_deliveries, pending
    from orchestration.prices import current_book
    from orchestration.repricing.reprice import other_rates

    manifest = read_manifest(home)
    landed, refused = receipts(home), refusals(home, settings)
    month = settings.today.replace(day=1)
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
        unpriced_tokens=sum(day.unpriced_tokens for day in days),
        unpriced_models=unpriced_models(home, manifest) if manifest else (),
        conflicts=sum(day.conflicts for day in days),
        conservation=_account(home, settings, manifest),
        sources=tuple(_sources(home, settings, landed, refused)),
        work=find_work(home, settings),
        refused=tuple(refused),
        waiting_messages=tuple(
            f"{item.message.subject} to {item.recipient or 'nobody yet'}: "
            f"{item.held or item.last_error or 'not tried yet'}"
            for item in pending(home)
        ),
        given_up=tuple(
            f"{item.subject} to {item.recipient or 'nobody'}: {item.reason}"
            for item in list_deliveries(home)
            if item.state == "dropped" and (item.reason or "").startswith("given up")
        ),
        newest_price_book=current_book(home).label,
        price_spans=_price_spans(manifest) if manifest else (),
        price_outlook=price_outlook(home, manifest, landed) if manifest else None,
        closed=closed_overview(home, manifest),
        to_close=open_overview(home, settings, manifest),
        late_usage=settings.close.late_usage,
        currency=settings.currency,
        other_rates=tuple(sorted(other_rates(home, settings, manifest, manifest.days))) if manifest else (),
        writer=current_holder(home),
        asked_at=settings.now,
    )


def _sources(home: Home, settings: Settings, landed: list[Receipt], refused: list[Refusal]) -> Iterator[SourceStatus]:
    """Those of the settings in their order, then those that are named there no longer."""
    from orchestration.fetching import fetched_until, read_state

    again = redeliveries(home)
    days: dict[str, set[str]] = defaultdict(set)
    for fed in feeds(landed):
        if fed.feed == "usage":
            days[fed.receipt.source].update(fed.file.days)
    gone = sorted({item.source for item in landed} - settings.sources.keys())
    for name in (*settings.sources, *gone):
        source = settings.sources.get(name)
        own = [item for item in landed if item.source == name]
        rows = totals(own, (item for item in again if item.source == name), (r for r in refused if r.source == name))
        day = max((date.fromisoformat(day) for day in days[name]), default=None)
        until, failure = None, None
        if source is not None:
            state = read_state(home, name)
            until, failure = fetched_until(state, "usage"), state.failure
        yield SourceStatus(
            name=name,
            kind=source.kind if source else own[-1].kind,
            role=in_words(source) if source else "usage",
            files=sum(len(item.files) for item in own),
            delivered=rows.delivered,
            landed=rows.landed,
            quarantined=rows.quarantined,
            not_usage=rows.not_usage,
            again=rows.duplicates,
            refused=rows.refused,
            last_event=max((item.last_event_at for item in own if item.last_event_at), default=None),
            last_day=day,
            days_behind=max((settings.today - timedelta(days=1) - day).days, 0) if source and day else None,
            comes_by=source.comes_by if source else None,
            fetched_until=until.isoformat(sep=" ", timespec="minutes") if until else None,
            not_fetched=f"{failure.message} {failure.next_step}" if failure else None,
            in_settings=source is not None,
        )


def _account(home: Home, settings: Settings, manifest: Manifest | None) -> dict[str, int] | str:
    """From the receipts as they are now; while landed days wait to be built, what was published last."""
    if manifest is None:
        return {}
    try:
        return account(home, settings, manifest)
    except ConservationError as error:
        # Between a landing and the build of its days the two cannot agree.
        if plan_build(home, settings).days:
            return dict(manifest.conservation)
        return str(error)


def _price_spans(manifest: Manifest) -> tuple[tuple[date, date, int, str], ...]:
    """For each price book in use: its first and last day, on how many days it is used, and its label."""
    days: dict[str, list[date]] = {}
    for day, published in sorted(manifest.days.items()):
        days.setdefault(manifest.price_books[published.price_version], []).append(day)
    return tuple((own[0], own[-1], len(own), label) for label, own in days.items())
