"""What one provider's API looks like to a fetch: reports, how to ask for their days, how to read a page."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from orchestration.errors import FetchError
from orchestration.fetching.http import Credentials

Parameters = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Report:
    """One report of a provider.

    `name` is ours (usage, costs) and becomes a folder. `path` follows the base address. `bucket` is the width that is
    asked for. `days_per_request`: UTC dates that one request may cover. `parameters` asks for the dates from the first
    to before the second. `dimensions` name what tells a bucket's rows apart. `surplus`: buckets that begin less than
    that after those dates may come too and are left out, where the provider leaves open what its end includes.
    """

    name: str
    path: str
    bucket: timedelta
    days_per_request: int
    parameters: Callable[[date, date], Parameters]
    dimensions: tuple[str, ...]
    surplus: timedelta = timedelta(0)


@dataclass(frozen=True)
class Api:
    """One provider. `credentials` makes the headers from a key; `stamp` reads a bucket's limit."""

    base_url: str
    reports: tuple[Report, ...]
    credentials: Callable[[str], Credentials]
    bucket_limits: tuple[str, str]
    stamp: Callable[[Any], datetime]


@dataclass(frozen=True)
class Bucket:
    """The rows of one span of time, `start` inclusive, `end` exclusive, both aware UTC."""

    start: datetime
    end: datetime
    results: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Page:
    """One page; `cursor` leads to the next one, None after the last."""

    buckets: tuple[Bucket, ...]
    cursor: str | None


def read_page(source: str, api: Api, report: Report, body: bytes) -> Page:
    """A page as it came. Decimal numbers stay the text that was sent: they are money, and no float holds them.

    Raises FetchError when the page is not what the provider documents.
    """
    try:
        raw = json.loads(body, parse_float=str, parse_constant=_refuse)
        limits = api.bucket_limits
        buckets = tuple(
            Bucket(api.stamp(bucket[limits[0]]), api.stamp(bucket[limits[1]]), tuple(map(_row, bucket["results"])))
            for bucket in raw["data"]
        )
        cursor = raw["next_page"] if raw["has_more"] else None
        if raw["has_more"] and not (isinstance(cursor, str) and cursor):
            raise ValueError("it says that there is more, and not where")
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        detail = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise _unknown(source, report, detail) from None
    for bucket in buckets:
        step = int(report.bucket.total_seconds())
        if bucket.start.timestamp() % step or not timedelta(0) < bucket.end - bucket.start <= report.bucket:
            shown = f"{bucket.start.isoformat()} to {bucket.end.isoformat()}"
            raise _unknown(source, report, f"the bucket from {shown} is not {step} s wide")
    return Page(buckets, cursor)


def from_seconds(value: Any) -> datetime:
    """An instant given in whole seconds since 1970."""
    return datetime.fromtimestamp(int(value), UTC)


def from_text(value: Any) -> datetime:
    """An instant given in RFC 3339."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no offset from UTC")
    return moment.astimezone(UTC)


def _row(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError("a result is no object")
    return dict(value)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _unknown(source: str, report: Report, detail: str) -> FetchError:
    return FetchError(
        f"{source}: the {report.name} report is not what the provider documents: {detail[:200]}.",
        "Correct base_url; if it is right, the provider changed its report, and Tallyhouse must learn it.",
    )
