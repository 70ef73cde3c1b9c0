"""Which sources stopped delivering: longer silent than they ever were in the weeks before."""

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from reports.messages import Silence

if TYPE_CHECKING:
    import duckdb

_LOOKED_BACK = timedelta(days=42)
# A source that delivered on fewer days has no habit that could be broken: a single import, a trial.
_LEAST_DAYS = 5


def silent_sources(
    connection: "duckdb.DuckDBPyConnection", snapshot: Path, *, until: date, department: str | None
) -> list[Silence]:
    """Sources whose silence up to `until` (inclusive) is longer than any between two of their days before.

    So a source that rests on weekends is not reported on a Sunday. For a department only the sources it used itself
    in these six weeks; when each of them last delivered is the same for everybody.
    """
    days = [until - timedelta(days=back) for back in range(_LOOKED_BACK.days)]
    delivered = _files(snapshot, "daily_sources", days)
    used = _files(snapshot, "daily_usage", days) if department is not None else []
    if not delivered:
        return []
    rows = connection.execute(
        "select source, list(distinct usage_date order by usage_date) from read_parquet($files) where events > 0 "
        "group by source order by source",
        {"files": delivered},
    ).fetchall()
    own = {source for source, _ in rows}
    if used:
        found = connection.execute(
            "select distinct source from read_parquet($files) where department = $department",
            {"files": used, "department": department},
        ).fetchall()
        own &= {source for (source,) in found}
    return [Silence(source, seen[-1]) for source, seen in rows if source in own and is_silent(seen, until)]


def is_silent(seen: list[date], until: date) -> bool:
    """`seen`: the days with usage, ascending, none after `until`."""
    if len(seen) < _LEAST_DAYS:
        return False
    longest = max((after - before).days - 1 for before, after in pairwise(seen))
    return (until - seen[-1]).days > longest


def _files(snapshot: Path, mart: str, days: list[date]) -> list[str]:
    paths = [snapshot / mart / f"{day}.parquet" for day in days]
    return [str(path) for path in paths if path.exists()]
