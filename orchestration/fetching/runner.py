"""The fetch of a home: for each source what is due, page by page, into generations. A failing source stops no other."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time

from orchestration.errors import FetchError
from orchestration.fetching.api import Api, Report
from orchestration.fetching.generations import keep, rows_of
from orchestration.fetching.http import Client, Patience
from orchestration.fetching.objects import due_objects, fetch_objects
from orchestration.fetching.pages import ChangedError, Pages, forget_pages
from orchestration.fetching.report import DueSpan, FetchReport, SourceFetch
from orchestration.fetching.state import FetchState, read_state, write_state
from orchestration.fetching.table import due_table, fetch_table
from orchestration.fetching.windows import Span, due_windows, spans
from orchestration.files import make_durable
from orchestration.home import Home
from orchestration.journal import tell
from orchestration.settings import Settings, Source, secret
from orchestration.sources import api_for


def due(home: Home, settings: Settings) -> list[DueSpan]:
    """What would be fetched now, from files alone: nothing is sent, and no key is needed."""
    found: list[DueSpan] = []
    for source in settings.fetched_sources:
        state = read_state(home, source.name)
        if source.comes_by == "table":
            found.extend(due_table(source, settings, state))
        elif source.comes_by == "objects":
            found.extend(due_objects(source, settings, state))
        else:
            spans_due = _due(source, settings, api_for(source, settings), state)
            found.extend(DueSpan(source.name, report.name, str(span)) for report, span in spans_due)
    return found


def fetch(home: Home, settings: Settings, *, patience: Patience | None = None) -> FetchReport:
    """Fetch every window and table that is due; the caller holds the home's writer lock.

    Raises nothing for a provider's sake: a source that cannot be fetched is in the report with its failure, keeps
    what it has, and is tried again by the next run.
    """
    done = []
    for source in settings.fetched_sources:
        state = read_state(home, source.name)
        if source.comes_by == "table":
            if due_table(source, settings, state):
                done.append(fetch_table(home, settings, source))
            continue
        if source.comes_by == "objects":
            if due_objects(source, settings, state):
                done.append(fetch_objects(home, settings, source))
            continue
        api = api_for(source, settings)
        todo = list(_due(source, settings, api, state))
        if todo:
            done.append(_SourceRun(home, settings, source, api, state).run(todo, patience))
    return FetchReport(tuple(done))


def _due(source: Source, settings: Settings, api: Api, state: FetchState) -> Iterator[tuple[Report, Span]]:
    assert source.since is not None
    today = settings.now.astimezone(UTC).date()
    for report in api.reports:
        # A cost report knows UTC days only: one that has not begun at home belongs to nobody's month yet.
        until = min(today, settings.today) if report.name == "costs" else today
        windows = due_windows(
            state.of(report.name),
            since=source.since,
            until=until,
            refetch_days=source.refetch_days,
            now=settings.now,
        )
        for span in spans(windows, report.days_per_request):
            yield report, span


class _SourceRun:
    """One source's fetch: its counts so far and the state that is written after each request's windows."""

    def __init__(self, home: Home, settings: Settings, source: Source, api: Api, state: FetchState) -> None:
        self._home, self._settings, self._source, self._api = home, settings, source, api
        self._state = state
        self._done = SourceFetch(source.name)

    def run(self, todo: list[tuple[Report, Span]], patience: Patience | None) -> SourceFetch:
        client: Client | None = None
        try:
            client = Client(self._source.name, self._api.credentials(self._key()), patience=patience)
            for report, span in todo:
                tell(f"Fetching {self._source.name}: {report.name} of {span}")
                self._fetch(client, report, span)
            self._note(replace(self._state, failure=None))
            forget_pages(self._home, self._source.name)
        except FetchError as error:
            self._note(self._state.failed(error, self._settings.now))
            self._done = replace(self._done, failure=self._state.failure)
            tell(f"Not fetched: {error.message}")
        return replace(self._done, requests=client.requests if client else 0)

    def _key(self) -> str:
        assert self._source.api_key_env is not None
        name = self._source.api_key_env
        key = secret(name)
        if key is None:
            raise FetchError(
                f"{self._source.name}: the environment variable {name} is not set.",
                "Put an admin key of the provider into it; tallyhouse.yaml only names it.",
            )
        if not key.isascii() or not key.isprintable() or " " in key:
            raise FetchError(
                f"{self._source.name}: the environment variable {name} holds characters that no key has.",
                "Put the key alone into it, without quotes or line breaks.",
            )
        return key

    def _fetch(self, client: Client, report: Report, span: Span) -> None:
        pages = Pages(self._home, self._source.name, api=self._api, report=report, span=span, now=self._settings.now)
        try:
            self._read_all(client, report, pages)
            buckets, repeated = pages.buckets()
        except ChangedError:
            # Corrections happen while a report is read: once more from the start, then it is an error.
            pages.discard()
            pages.started_at = self._settings.now
            try:
                self._read_all(client, report, pages)
                buckets, repeated = pages.buckets()
            except ChangedError as error:
                pages.discard()
                raise FetchError(
                    f"{self._source.name}: the {report.name} report of {span} cannot be read: {error}.",
                    "The next run asks for it again; if it stays, ask the provider.",
                ) from None
        by_window: dict[date, list[int]] = defaultdict(list)
        for number, bucket in enumerate(buckets):
            by_window[bucket.start.date()].append(number)
        written = []
        for window in span.days:
            rows = rows_of(report.name, report.dimensions, [buckets[number] for number in by_window[window]])
            made = keep(self._home, self._source.name, report.name, window, rows)
            if made is not None:
                written.append(made.path(self._home))
            self._done = replace(
                self._done,
                windows=self._done.windows + 1,
                generations=self._done.generations + (made is not None),
                rows=self._done.rows + (len(rows) if made else 0),
            )
        self._done = replace(self._done, repeated=self._done.repeated + repeated)
        make_durable(written)
        self._note(self._state.with_windows(report.name, dict.fromkeys(span.days, pages.started_at)))
        pages.discard()

    def _read_all(self, client: Client, report: Report, pages: Pages) -> None:
        """To the last page, from wherever an earlier run stopped."""
        url = self._api.base_url + report.path
        while not pages.complete:
            more = (("page", pages.cursor),) if pages.cursor else ()
            try:
                body = client.get(url, (*pages.parameters, *more))
            except FetchError as error:
                if pages.resumed and error.status in (400, 404, 410, 422):
                    raise ChangedError("the provider no longer knows the cursor of an earlier run") from None
                raise
            pages.add(body)

    def _note(self, state: FetchState) -> None:
        self._state = state
        write_state(self._home, self._source.name, state)


def fetched_until(state: FetchState, report: str) -> datetime | None:
    """The end of the newest window of the report that was ever fetched, or the time it was, if that is earlier.

    Where there are no windows: when the source was last read to its end.
    """
    if state.read_at is not None:
        return state.read_at
    windows = state.of(report)
    if not windows:
        return None
    last = max(windows)
    return min(datetime.combine(last, time(23, 59, 59), UTC), windows[last])
