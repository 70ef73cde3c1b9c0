"""The CSV twin of a statement: every row with exact amounts, in RFC 4180 with LF, safe to open in a spreadsheet."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from reports.queries import complete_until, connect, day_files, read_manifest
from reports.values import Scope

KEYS = ("department", "cost_centre", "project", "provider", "model", "service_tier", "is_priced", "price_version")
COUNTS = (
    "requests", "failed_requests", "uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens",
    "cache_write_1h_tokens", "output_tokens", "reasoning_tokens", "input_audio_tokens", "output_audio_tokens",
    "input_image_tokens", "output_image_tokens", "cache_read_audio_tokens", "cache_read_image_tokens",
    "input_video_tokens", "output_video_tokens", "citation_tokens", "total_tokens", "web_search_calls",
    "storage_search_calls", "audio_seconds", "input_characters", "document_pages", "annotated_document_pages",
    "text_messages", "images",
)  # fmt: skip
COSTS = (
    "input_cost", "cache_read_cost", "cache_write_cost", "output_cost", "tool_cost",
    "charged_cost", "list_cost", "markup_cost", "discount_cost", "effective_cost", "estimated_cost",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@")


def twin(marts: Path, month: date, scope: Scope) -> bytes:
    """One row for each of KEYS, with all measures summed; the costs are USD, exact, and empty where there is no price.

    The rows are those the PDF is made of: the complete days of the month, in the scope.
    """
    first = month.replace(day=1)
    manifest = read_manifest(marts)
    files = day_files(marts, "daily_usage", first, complete_until(manifest, first))
    sums = ", ".join(f"sum({column})" for column in COUNTS + COSTS)
    query = (
        f"SELECT {', '.join(KEYS)}, {sums} FROM read_parquet($files) "
        f"WHERE $department IS NULL OR department = $department GROUP BY ALL ORDER BY {', '.join(KEYS)}"
    )
    rows: list[tuple[Any, ...]] = []
    if files:
        department = scope.name if scope.kind == "department" else None
        with connect() as connection:
            rows = connection.execute(query, {"files": files, "department": department}).fetchall()
    lines = [_line(["month", *KEYS, *COUNTS, *COSTS])]
    lines += [_line([f"{first:%Y-%m}", *map(cell, row)]) for row in rows]
    return "".join(lines).encode()


def _line(cells: Iterable[str]) -> str:
    # Not csv.writer: before Python 3.13 it leaves a lone carriage return unquoted when lines end in LF.
    return (
        ",".join(f'"{c.replace(chr(34), chr(34) * 2)}"' if any(x in c for x in ',"\r\n') else c for c in cells) + "\n"
    )


def cell(value: object) -> str:
    """A value as a CSV cell. Text that a spreadsheet would run gets a leading apostrophe; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return exact(value)
    if isinstance(value, int):
        return str(value)
    text = str(value)
    risky = text.lstrip(" ").startswith(_FORMULA) or any(
        ord(character) < 32 or ord(character) == 127 for character in text
    )
    return f"'{text}" if risky else text


def exact(value: Decimal) -> str:
    """All decimals, without exponent; trailing zeros are trimmed, but to no fewer than two decimals of a fraction.

    A Decimal without decimals (a count) stays whole.
    """
    text = f"{value:f}"
    if "." not in text:
        return text
    whole, fraction = text.split(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"
