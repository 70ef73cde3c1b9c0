"""The CSV twin of a statement: every row with exact amounts, in RFC 4180 with LF, safe to open in a spreadsheet."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from reports.charges import SumRow
from reports.corrections import of_scope
from reports.queries import complete_until, connect, day_files, month_end, month_files, read_charges, read_manifest
from reports.rates import PRICE_CURRENCY
from reports.values import ChargeLine, Correction, Scope

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
    "input_cost", "cache_read_cost", "cache_write_cost", "output_cost", "region_cost", "tool_cost",
    "charged_cost", "list_cost", "markup_cost", "discount_cost", "effective_cost", "estimated_cost",
)  # fmt: skip
# Of lines that are no usage: their share of a shared cost, or of untagged usage by a rule.
SHARES = ("kind", "shared_id", "shared_name", "shared_rule", "allocated_cost")
# Of lines of what is charged, and of rows of the sum on the charges page.
CHARGE = (
    "line_order", "line_kind", "feature", "grant_id", "jurisdiction", "tax_name", "tax_percent", "tax_base", "name",
    "note", "exact_amount", "rounded_amount",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@")


def twin(
    marts: Path,
    month: date,
    scope: Scope,
    *,
    rows: Sequence[SumRow] = (),
    corrections: Sequence[Correction] = (),
) -> bytes:
    """One row for each of KEYS, with all measures summed; the costs are exact, and empty where there is no price.

    They are in dollars as prices are, or in the `currency` that the last column then names.

    The rows are those the PDF is made of: the complete days of the month, in the scope. They are of the kind `usage`;
    after them come, in a month that is over, shares of what is divided (see SHARES), whose `effective_cost` is empty:
    the month is the sum of both columns. Then come the lines of what is charged (kind `charge`), exact and in cents,
    and the `rows` of the sum that is printed (kind `sum`). Last come the scope's `corrections` (kind `correction`): by
    how much each line differs from what was issued of the month in `note`.
    """
    first = month.replace(day=1)
    manifest = read_manifest(marts)
    until = complete_until(manifest, first)
    files = day_files(marts, "daily_usage", first, until)
    sums = ", ".join(f"sum({column})" for column in COUNTS + COSTS)
    query = (
        f"SELECT {', '.join(KEYS)}, {sums} FROM read_parquet($files) "
        f"WHERE $department IS NULL OR department = $department GROUP BY ALL ORDER BY {', '.join(KEYS)}"
    )
    shares = (
        "SELECT department, cost_centre, kind, shared_id, name, rule, amount FROM read_parquet($files) "
        "WHERE shared_id <> '' AND ($department IS NULL OR department = $department) "
        "ORDER BY shared_id, cost_centre, department"
    )
    divided = month_files(marts, "monthly_allocation", [first]) if until == month_end(first) else []
    department = scope.name if scope.kind == "department" else None
    with connect() as connection:

        def found(asked: str, files: list[str]) -> list[tuple[Any, ...]]:
            given = {"files": files, "department": department}
            return connection.execute(asked, given).fetchall() if files else []

        used, shared = found(query, files), found(shares, divided)
    usage_columns = (*KEYS, *COUNTS, *COSTS)
    records = [{**dict(zip(usage_columns, row, strict=True)), "kind": "usage"} for row in used]
    records += [dict(zip(("department", "cost_centre", *SHARES), row, strict=True)) for row in shared]
    records += [_charge(line, scope) for line in read_charges(marts, first, scope)]
    records += [
        {"kind": "sum", "line_order": place, "line_kind": row.kind, "name": row.name, "note": row.note,
         "rounded_amount": row.amount}
        for place, row in enumerate(rows, start=1)
    ]  # fmt: skip
    records += [_correction(line) for line in of_scope(corrections, scope)]
    # A column of its own only where amounts are not in the currency of prices.
    named, code = (["currency"], [manifest["currency"]]) if manifest["currency"] != PRICE_CURRENCY else ([], [])
    columns = [*usage_columns, *SHARES, *CHARGE]
    lines = [_line(["month", *columns, *named])]
    lines += [_line([f"{first:%Y-%m}", *(cell(row.get(name)) for name in columns), *code]) for row in records]
    return "".join(lines).encode()


def _charge(line: ChargeLine, scope: Scope) -> dict[str, object]:
    return {
        "kind": "charge",
        "department": scope.name,
        "provider": line.provider,
        "model": line.model,
        "line_order": line.order,
        "line_kind": line.kind,
        "feature": line.feature,
        "grant_id": line.grant_id,
        "shared_id": line.shared_id,
        "shared_name": line.shared_name,
        "jurisdiction": line.tax.jurisdiction if line.tax else "",
        "tax_name": line.tax.name if line.tax else "",
        "tax_percent": line.tax.percent if line.tax else None,
        "tax_base": line.base,
        "exact_amount": line.amount,
        "rounded_amount": line.cents,
    }


def _correction(line: Correction) -> dict[str, object]:
    return {
        "kind": "correction",
        "department": line.department,
        "cost_centre": line.cost_centre,
        "project": line.project,
        "provider": line.provider,
        "model": line.model,
        "line_kind": line.kind,
        "name": line.name,
        "note": f"{line.month:%Y-%m}",
        "exact_amount": line.change,
    }


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
