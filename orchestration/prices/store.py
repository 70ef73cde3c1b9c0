"""Price books and resolved names as Parquet. Opens DuckDB only inside functions."""

import csv
import io
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.files import fsync_file, fsync_folder
from orchestration.prices.bands import RATE_COLUMNS, RegionalPremium, Tariff

if TYPE_CHECKING:
    import duckdb

BAND_TYPES = {
    "price_id": "VARCHAR",
    "provider": "VARCHAR",
    "model": "VARCHAR",
    "service_tier": "VARCHAR",
    "valid_from": "TIMESTAMP",
    "valid_to": "TIMESTAMP",
    "day_from": "INTEGER",
    "day_to": "INTEGER",
    "context_from": "BIGINT",
    "context_to": "BIGINT",
    **dict.fromkeys(RATE_COLUMNS, "DECIMAL(22,18)"),
    "least_audio_seconds": "INTEGER",
    "region_premium": "DECIMAL(10,8)",
    "premium_region": "VARCHAR",
    "premium_note": "VARCHAR",
    "tier_rule": "VARCHAR",
    "origin": "VARCHAR",
    "known_on": "DATE",
    "note": "VARCHAR",
}
MODEL_COLUMNS = ("raw_provider", "raw_model", "price_id", "resolution", "hint")


@dataclass(frozen=True)
class ResolvedName:
    """What a (provider, model) pair of the events means; `price_id` None: nothing that the book knows."""

    raw_provider: str | None
    raw_model: str | None
    price_id: str | None
    resolution: str
    hint: str | None


@dataclass(frozen=True)
class KnownModel:
    """A model that the book prices; `overridden` when some of its bands are the customer's."""

    price_id: str
    provider: str
    model: str
    overridden: bool


def flat_text(tariffs: Iterable[Tariff]) -> str:
    """All bands as CSV in one fixed order: what a book's version is the hash of."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(BAND_TYPES)
    shown: dict[Decimal | None, str] = {None: ""}
    for tariff in sorted(tariffs, key=lambda tariff: tariff.price_id):
        for tier, spans in sorted(tariff.spans.items()):
            for priced in sorted(spans, key=lambda priced: (priced.span.valid_from, priced.span.day_from)):
                span, cell = priced.span, priced.span.cell
                for step in cell.sheet:
                    for rate in step.rates:
                        if rate not in shown:
                            shown[rate] = f"{rate:.18f}"
                    writer.writerow(
                        (
                            tariff.price_id,
                            tariff.provider,
                            tariff.model,
                            tier,
                            span.valid_from.isoformat(),
                            span.valid_to.isoformat(),
                            span.day_from,
                            span.day_to,
                            step.context_from,
                            step.context_to,
                            *(shown[rate] for rate in step.rates),
                            cell.least_audio_seconds or "",
                            *_premium(cell.premium),
                            cell.tier_rule,
                            priced.origin,
                            priced.known_on.isoformat() if priced.known_on else "",
                            cell.note,
                        )
                    )
    return text.getvalue()


def _premium(premium: RegionalPremium | None) -> tuple[str, str, str]:
    return (f"{premium.share:.8f}", premium.region, premium.note) if premium else ("", "", "")


def write_bands(path: Path, text: str) -> None:
    """Write the bands of `flat_text` to a Parquet file, whole or not at all."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in BAND_TYPES.items())
    with _replacing(path) as temporary, _connection() as connection:
        source = temporary.with_suffix(".csv")
        try:
            source.write_text(text, encoding="utf-8", newline="")
            connection.execute(
                f"COPY (SELECT * FROM read_csv($source, header = true, auto_detect = false, delim = ',', "
                f"quote = '\"', escape = '\"', new_line = '\\n', columns = {{{columns}}})) "
                f"TO {_quoted(temporary)} (FORMAT parquet, COMPRESSION zstd)",
                {"source": str(source)},
            )
        finally:
            source.unlink(missing_ok=True)


def known_models(path: Path) -> list[KnownModel]:
    """Every model of a book, ordered by price id."""
    with _connection() as connection:
        rows = connection.execute(
            "SELECT price_id, provider, model, bool_or(origin = 'override') FROM read_parquet($path) "
            "GROUP BY ALL ORDER BY price_id",
            {"path": str(path)},
        ).fetchall()
    return [KnownModel(*row) for row in rows]


def read_names(path: Path) -> list[ResolvedName]:
    """The names resolved so far; none when the file does not exist."""
    if not path.exists():
        return []
    with _connection() as connection:
        rows = connection.execute(
            f"SELECT {', '.join(MODEL_COLUMNS)} FROM read_parquet($path, file_row_number = true) "
            "ORDER BY file_row_number",
            {"path": str(path)},
        ).fetchall()
    return [ResolvedName(*row) for row in rows]


def write_names(path: Path, names: Sequence[ResolvedName]) -> None:
    """Write all names to a Parquet file, whole or not at all."""
    columns = ", ".join(f"unnest(${name}::VARCHAR[]) AS {name}" for name in MODEL_COLUMNS)
    with _replacing(path) as temporary, _connection() as connection:
        connection.execute(
            f"COPY (SELECT {columns}) TO {_quoted(temporary)} (FORMAT parquet, COMPRESSION zstd)",
            {column: [getattr(name, column) for name in names] for column in MODEL_COLUMNS},
        )


@contextmanager
def _connection() -> Iterator["duckdb.DuckDBPyConnection"]:
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` that takes its place once the block has written it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        fsync_file(temporary)
        temporary.replace(path)
        fsync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
