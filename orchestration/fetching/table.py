"""The fetch of a table that grows: page by page from where it last came to, less an overlap for rows that come late."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from orchestration.errors import FetchError
from orchestration.fetching.postgres import Place, Table
from orchestration.fetching.report import DueSpan, SourceFetch
from orchestration.fetching.rows import RowFiles
from orchestration.fetching.state import FetchState, read_state, write_state
from orchestration.fetching.windows import AGAIN_AFTER
from orchestration.home import Home
from orchestration.journal import tell
from orchestration.settings import Settings, Source, secret
from orchestration.sources import table_for

PAGE_ROWS = 50_000
# As far ahead as landing takes rows; what lies further would move the next beginning past rows that are to come.
_AHEAD = timedelta(hours=24)


def due_table(source: Source, settings: Settings, state: FetchState) -> list[DueSpan]:
    """What would be read now; nothing within the hour after the table was last read to its end."""
    if state.read_at is not None and settings.now - state.read_at < AGAIN_AFTER:
        return []
    return [DueSpan(source.name, "rows", f"{source.table} from {_start(source, state):%Y-%m-%d %H:%M} UTC")]


def fetch_table(home: Home, settings: Settings, source: Source, *, page_rows: int = PAGE_ROWS) -> SourceFetch:
    """Read the table to its end. A failure is in what is returned; the pages before it are kept."""
    done = SourceFetch(source.name, unit="page")
    state = read_state(home, source.name)
    tell(f"Fetching {source.name}: {source.table} from {_start(source, state):%Y-%m-%d %H:%M} UTC")
    try:
        shape = table_for(source)
        table = Table(source.name, _dsn(source), shape)
        try:
            table.check()
            start, before, last = _start(source, state), _naive(settings.now + _AHEAD), None
            with RowFiles(home, source.name, shape) as files:
                while True:
                    with table.page(start, after=last, before=before, rows=page_rows) as stream:
                        files.take(stream)
                    kept = files.keep()
                    last = kept.last or last
                    done = _with_page(done, kept.read, kept.written)
                    # After the file: killed between the two, the page is read again and found to be known.
                    state = replace(state, cursor=_further(state.cursor, kept.last, settings))
                    write_state(home, source.name, state)
                    if kept.read < page_rows:
                        break
        finally:
            table.close()
        state = replace(state, read_at=settings.now, failure=None)
    except FetchError as error:
        state = state.failed(error, settings.now)
        done = replace(done, failure=state.failure)
        tell(f"Not fetched: {error.message}")
    write_state(home, source.name, state)
    return done


def _start(source: Source, state: FetchState) -> datetime:
    """Where reading begins (UTC, naive as LiteLLM's own stamps)."""
    assert source.since is not None
    since = datetime.combine(source.since, time())
    if state.cursor is None:
        return since
    return max(since, state.cursor - timedelta(minutes=source.overlap_minutes))


def _further(cursor: datetime | None, last: Place | None, settings: Settings) -> datetime | None:
    """The newest time that was reached, never later than now: rows of now are still to come."""
    if last is None:
        return cursor
    reached = min(_naive(datetime.fromisoformat(last.at)), _naive(settings.now))
    return max(cursor, reached) if cursor else reached


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _with_page(done: SourceFetch, read: int, written: int) -> SourceFetch:
    return replace(
        done,
        requests=done.requests + 1,
        windows=done.windows + 1,
        generations=done.generations + bool(written),
        rows=done.rows + written,
        repeated=done.repeated + read - written,
    )


def _dsn(source: Source) -> str:
    assert source.dsn_env is not None
    dsn = secret(source.dsn_env)
    if dsn is None:
        raise FetchError(
            f"{source.name}: the environment variable {source.dsn_env} is not set.",
            "Put the connection string into it: postgresql://user:password@host:5432/database.",
        )
    return dsn
