"""The pages of one request, kept as they come, so that a killed fetch goes on from its last cursor."""

import json
import shutil
from datetime import UTC, datetime, time, timedelta

from orchestration.errors import FetchError
from orchestration.fetching.api import Api, Bucket, Page, Parameters, Report, read_page
from orchestration.fetching.windows import Span
from orchestration.files import write_atomically
from orchestration.home import Home

# Providers correct buckets, and may forget cursors: pages of yesterday are not continued.
_KEPT_FOR = timedelta(hours=12)


class ChangedError(Exception):
    """The report changed while it was read, or its cursors lead in a circle: the pages do not belong together."""


class Pages:
    """The pages that have come for one span of a report; `started_at` is the time of the first request.

    `resumed`: an earlier run left them, and nothing came since.
    """

    def __init__(self, home: Home, source: str, *, api: Api, report: Report, span: Span, now: datetime) -> None:
        self._source, self._api, self._report, self.span = source, api, report, span
        self._folder = home.fetching / source / "pages" / report.name / f"{span.first}_{span.end}"
        self.parameters: Parameters = report.parameters(span.first, span.end)
        self.started_at = now
        self.pages: list[Page] = []
        self.resumed = False
        self._take_up(now)

    @property
    def complete(self) -> bool:
        return bool(self.pages) and self.pages[-1].cursor is None

    @property
    def cursor(self) -> str | None:
        """Where the next page is; None before the first."""
        return self.pages[-1].cursor if self.pages else None

    def add(self, body: bytes) -> None:
        """Keep a page. Raises FetchError when it is no page, ChangedError when the cursors lead in a circle."""
        page = read_page(self._source, self._api, self._report, body)
        self.resumed = False
        if not self.pages:
            write_atomically(self._folder / "request.json", self._request())
        write_atomically(self._folder / f"{len(self.pages) + 1:06}.json", body)
        self.pages.append(page)
        cursors = [page.cursor for page in self.pages]
        if len(set(cursors)) < len(cursors) or len(self.pages) > self._most():
            raise ChangedError(f"its cursors lead in a circle after {len(self.pages)} pages")

    def buckets(self) -> tuple[list[Bucket], int]:
        """Every bucket of the span once, and how many rows came more than once because a page or a bucket was repeated.

        Raises ChangedError when a bucket came again with other rows, or lies outside of what was asked for.
        """
        found: dict[datetime, Bucket] = {}
        repeated = 0
        end = datetime.combine(self.span.end, time(), UTC)
        for bucket in (bucket for page in self.pages for bucket in page.buckets):
            if end <= bucket.start < end + self._report.surplus:
                continue
            if not self.span.first <= bucket.start.date() < self.span.end:
                raise ChangedError(f"it holds a bucket of {bucket.start:%Y-%m-%d}, and {self.span} was asked for")
            before = found.setdefault(bucket.start, bucket)
            if before is not bucket:
                if _sorted(before) != _sorted(bucket):
                    raise ChangedError(f"the bucket of {bucket.start:%Y-%m-%d %H:%M} changed while it was read")
                repeated += len(bucket.results)
        return list(found.values()), repeated

    def discard(self) -> None:
        """Forget the pages, on disk too."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self.pages, self.resumed = [], False

    def _take_up(self, now: datetime) -> None:
        """Pages that an earlier run left for the same request, if they are young and whole."""
        try:
            left = json.loads((self._folder / "request.json").read_text(encoding="utf-8"))
            started_at = datetime.fromisoformat(left.pop("started_at"))
        except (FileNotFoundError, ValueError, KeyError, AttributeError):
            self.discard()
            return
        if left != json.loads(self._request(with_time=False)) or not timedelta(0) <= now - started_at < _KEPT_FOR:
            self.discard()
            return
        left_pages = sorted(self._folder.glob("[0-9]*.json"))
        try:
            self.pages = [read_page(self._source, self._api, self._report, path.read_bytes()) for path in left_pages]
        except FetchError:  # written by an older version: nothing is lost but the requests
            self.discard()
            return
        self.started_at, self.resumed = started_at, bool(self.pages)

    def _request(self, *, with_time: bool = True) -> str:
        """What was asked for, without the key: pages of another address, account or grouping are not continued."""
        asked: dict[str, object] = {
            "url": self._api.base_url + self._report.path,
            "parameters": [list(pair) for pair in self.parameters],
        }
        if with_time:
            asked["started_at"] = self.started_at.isoformat()
        return json.dumps(asked, indent=1)

    def _most(self) -> int:
        """More pages than any sensible paging: one bucket a page, each repeated once, and some without any."""
        return 2 * len(self.span.days) * int(timedelta(days=1) / self._report.bucket) + 10


def forget_pages(home: Home, source: str) -> None:
    """Remove what is left of requests that nobody will take up again: their span is no longer due as it was."""
    shutil.rmtree(home.fetching / source / "pages", ignore_errors=True)


def _sorted(bucket: Bucket) -> list[str]:
    return sorted(json.dumps(result, sort_keys=True) for result in bucket.results)
