"""Months that were frozen before a mart had a column: the same rows with what the column would have said.

What was frozen is never written to. A month whose files lack columns of today's layout is copied once, with typed
defaults, to data/marts/widened, which can be thrown away like all marts.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.closing.freeze import MARTS, folder_of
from orchestration.closing.records import Record
from orchestration.files import fsync_folder, make_durable
from orchestration.home import Home
from orchestration.marts.manifest import LAYOUT, Manifest
from orchestration.marts.publish import DAILY, MONTHLY

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# What a column meant before it was there, where that is not what its type says. Everything was in US dollars then.
_MEANT = {
    "currency": "'USD'",
    "price_currency": "'USD'",
    "fx_rate": "1",
    "region_cost": "case when effective_cost is not null then 0 end",
    "list_cost": "effective_cost",
    "markup_cost": "case when effective_cost is not null then 0 end",
    "discount_cost": "case when effective_cost is not null then 0 end",
}


def marts_of(home: Home, record: Record, frozen: Manifest, snapshot: Path, published: Manifest) -> Path:
    """The folder with a closed month's marts in the columns of today: what was frozen itself where it has them.

    `frozen` is the month's own manifest; `snapshot` the published one with its manifest, whose files say which columns
    there are: until it is built in today's layout itself, there is nothing to go by.
    """
    source = folder_of(home, record.month, record.revision) / MARTS
    if frozen.layout == LAYOUT or published.layout != LAYOUT:
        return source
    target = _folder(home, record)
    if not target.exists():
        _widen(source, snapshot, target)
    return target


def tidy(home: Home, closed: Iterable[Record]) -> None:
    """Remove what was widened for records or layouts that are no longer in force."""
    kept = {_folder(home, record) for record in closed}
    for folder in (home.marts / "widened").glob("*"):
        if folder not in kept:
            shutil.rmtree(folder)


def _folder(home: Home, record: Record) -> Path:
    return home.marts / "widened" / f"{LAYOUT}-{record.month:%Y-%m}-{record.hash[:12]}"


def _widen(source: Path, snapshot: Path, target: Path) -> None:
    import duckdb

    half = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(half, ignore_errors=True)
    written = []
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set enable_progress_bar = false")
        for mart in (*DAILY, *MONTHLY):
            (half / mart).mkdir(parents=True)
            of_today = next(iter(sorted((snapshot / mart).glob("*.parquet"))), None)
            wanted = _columns(connection, of_today) if of_today else {}
            for path in sorted((source / mart).glob("*.parquet")):
                missing = {name: kind for name, kind in wanted.items() if name not in _columns(connection, path)}
                if missing:
                    written.append(_copy(connection, path, missing, half / mart / path.name))
                else:
                    os.link(path, half / mart / path.name)
            fsync_folder(half / mart)
    # The folder appears whole or not at all, also after a loss of power.
    make_durable(written)
    half.rename(target)


def _columns(connection: "DuckDBPyConnection", path: Path) -> dict[str, str]:
    found = connection.execute("describe select * from read_parquet(?)", [path.as_posix()]).fetchall()
    return {row[0]: row[1] for row in found}


def _copy(connection: "DuckDBPyConnection", path: Path, missing: dict[str, str], target: Path) -> Path:
    added = ", ".join(_added(missing))
    connection.execute(
        f"copy (select *, {added} from read_parquet('{_quoted(path)}')) to '{_quoted(target)}' "
        "(format parquet, compression zstd)"
    )
    return target


def _added(missing: dict[str, str]) -> Iterator[str]:
    """Text that nobody gave is empty and a count is nothing; an amount, a date or a flag is not known."""
    for name, kind in missing.items():
        if kind == "VARCHAR":
            said = "''"
        elif kind in ("BIGINT", "INTEGER") or kind.endswith(",0)"):
            said = "0"
        else:
            said = "null"
        yield f'cast({_MEANT.get(name, said)} as {kind}) as "{name}"'


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
