"""A month recomputed from the raw files agrees with marts and CSV to the last digit, and with the PDFs to the cent."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from orchestration.home import Home
from tests.end_to_end.recompute import COSTS, COUNTS, KEYS, Month, recompute
from tests.support.homes import command, full_home

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
CENT = Decimal("0.01")
_NUMBER = r"[\d,]+(?:\.\d+)?|–|<0\.1"
_DETAIL = re.compile(
    rf"(?P<name>.+?) (?P<requests>[\d,]+) (?P<input>{_NUMBER}) (?P<cached>{_NUMBER}) (?P<output>{_NUMBER})"
    r" (?P<amount>[\d,]+\.\d\d|no price)"
)
Rows = dict[tuple[Any, ...], dict[str, Any]]


def check_month(home: Home, month: date) -> Month:
    """Everything published about a month against the raw files."""
    ours = recompute(home.root, month)
    assert ours.events > 50
    marts = published(home, month)
    assert marts.keys() == ours.rows.keys()
    for key, row in ours.rows.items():
        assert {name: marts[key][name] for name in (*COUNTS, *COSTS)} == row, key
        assert marts[key]["active_days"] == ours.active_days[key], key
    return ours


def check_statements(home: Home, month: date, ours: Month) -> int:
    """The statements' CSVs and PDFs against the raw files; returns how many printed detail lines were compared."""
    folder = home.statements / f"{month:%Y-%m}"
    compared = check_statement(folder / "organisation", "", ours.rows)
    assert source_rows(folder / "organisation.pdf") == (ours.events, ours.duplicates)
    for name in sorted({key[0] for key in ours.rows} - {""}):
        own = {key: row for key, row in ours.rows.items() if key[0] == name}
        slug = name.lower().replace("&", "and").replace(" ", "-")
        compared += check_statement(folder / f"department-{slug}", name, own)
    return compared


def check_statement(path: Path, department: str, rows: Rows) -> int:
    assert twin(path.with_suffix(".csv"), f"{path.parent.name}") == rows
    pages = [page.extract_text() for page in PdfReader(path.with_suffix(".pdf")).pages]
    total = spend(rows.values())
    text = "\n".join(pages)
    charge = decimal(re.search(r"Charge for \w+ \d{4}: [$€]([\d,.]+\d)", text)[1])  # type: ignore[index]
    assert charge == total.quantize(CENT, ROUND_HALF_UP)
    shown = decimal(re.search(r"Total spend\n[$€]([\d,.]+\d)", text)[1])  # type: ignore[index]
    assert shown == (charge if shown.as_tuple().exponent == -2 else total.quantize(shown, ROUND_HALF_UP))
    charged = re.search(r"Step (?:USD|EUR)\n(.*?)\nTotal, (?:USD|EUR) ([\d,.]+)", text, re.S)
    assert charged is not None and decimal(charged[2]) == charge
    amounts = [decimal(line.rsplit(" ", 1)[1]) for line in charged[1].splitlines()]
    assert sum(amounts) == charge
    by_provider = grouped(rows, KEYS.index("provider"))
    near(sorted(amounts, reverse=True), sorted((spend(own.values()) for own in by_provider.values()), reverse=True))
    return check_detail(pages, department, rows, charge)


def check_detail(pages: list[str], department: str, rows: Rows, charge: Decimal) -> int:
    """Each line of the usage detail: its name, its requests, its tokens and its cents, in the order of the marts."""
    unit = Decimal(10**6 if "Tokens in millions" in "\n".join(pages) else 1000)
    lines = list(detail_lines(pages))
    expected = merged(rows)
    seen = 0
    groups: list[Decimal] = []
    for name, wanted in expected.items():
        printed = []
        for line in lines[seen : seen + len(wanted)]:
            match = _DETAIL.fullmatch(line)
            assert match is not None, line
            printed.append(match)
        texts = {unwrapped(match["name"].split(" (")[0]): match for match in printed}
        assert texts.keys() == wanted.keys() and len(printed) == len(wanted)
        seen += len(wanted)
        group = Decimal(0)
        for text, own in wanted.items():
            match = texts[text]
            assert int(match["requests"].replace(",", "")) == own["requests"], text
            for column in ("input", "cached", "output"):
                assert same_tokens(match[column], own[column], unit), (text, column)
            if own["spend"] is None:
                assert match["amount"] == "no price", text
                continue
            assert abs(decimal(match["amount"]) - own["spend"]) < CENT, text
            group += decimal(match["amount"])
        groups.append(group)
        if not department and len(expected) > 1:
            label = re.escape(f"Subtotal, {name or 'Untagged'}")
            subtotal = re.fullmatch(rf"{label} ([\d,]+) ([\d,.]+)", lines[seen])
            assert subtotal is not None and decimal(subtotal[2]) == group, lines[seen]
            assert int(subtotal[1].replace(",", "")) == sum(own["requests"] for own in wanted.values())
            seen += 1
    total = re.fullmatch(r"Total ([\d,]+) ([\d,.]+)", lines[seen])
    assert total is not None and decimal(total[2]) == charge == sum(groups)
    assert int(total[1].replace(",", "")) == sum(row["requests"] for row in rows.values())
    assert seen + 1 == len(lines)
    return len([line for line in lines if _DETAIL.fullmatch(line)])


def detail_lines(pages: list[str]) -> Iterator[str]:
    """The body of the usage detail over all its pages: lines, subtotals and the total."""
    begun = False
    for page in pages:
        if not begun and not re.search(r"^Usage detail\nBy ", page, re.M):
            continue
        begun = True
        for line in page.splitlines():
            if re.fullmatch(
                r"(.+ [\d,]+ (?:\S+ ){3}(?:[\d,]+\.\d\d|no price)|(?:Subtotal, .+|Total) [\d,]+ [\d,.]+)", line
            ):
                yield line
                if line.startswith("Total "):
                    return


def merged(rows: Rows) -> dict[str, dict[str, dict[str, Any]]]:
    """The lines that the detail should have: department → "project model" → requests, tokens, spend."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    names = {key[0] for key in rows}
    for department in sorted(names, key=lambda name: (not name, name.casefold())):
        lines: dict[str, dict[str, Any]] = {}
        for key, row in rows.items():
            if key[0] != department:
                continue
            text = unwrapped(f"{key[2] or 'No project'} {key[4]}")
            line = lines.setdefault(text, {"requests": 0, "input": 0, "cached": 0, "output": 0, "spend": None})
            line["requests"] += row["requests"]
            line["cached"] += row["cache_read_tokens"]
            line["output"] += sum(
                row[f"{kind}_tokens"] for kind in ("output", "reasoning", "output_audio", "output_image")
            )
            line["input"] += sum(
                row[f"{kind}_tokens"]
                for kind in ("uncached_input", "cache_write_5m", "cache_write_1h", "input_audio", "input_image")
            )
            if row["effective_cost"] is not None:
                line["spend"] = (line["spend"] or 0) + row["effective_cost"]
        found[department] = lines
    return found


def published(home: Home, month: date) -> Rows:
    """monthly_usage as it lies on the disk."""
    import duckdb

    with duckdb.connect() as connection:
        table = connection.execute(f"select * from '{home.current_marts}/monthly_usage/{month:%Y-%m}.parquet'")
        columns = [column[0] for column in table.description]
        rows = [dict(zip(columns, values, strict=True)) for values in table.fetchall()]
    assert all(row["month"] == month for row in rows) and len({row["price_version"] for row in rows}) == 1
    return {tuple(row[name] for name in KEYS): row for row in rows}


def twin(path: Path, month: str) -> Rows:
    """A statement's CSV."""
    found: Rows = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            assert row["month"] == month
            if row["kind"] != "usage":
                continue
            key = (*(row[name] for name in KEYS[:-1]), {"true": True, "false": False}[row["is_priced"]])
            assert key not in found
            found[key] = {name: int(row[name]) for name in COUNTS}
            found[key] |= {name: Decimal(row[name]) if row[name] else None for name in COSTS}
    return found


def source_rows(path: Path) -> tuple[int, int]:
    text = "\n".join(page.extract_text() for page in PdfReader(path).pages)
    match = re.search(r"Source rows ([\d,]+) counted(?:, ([\d,]+) duplicates? left out)?", text)
    assert match is not None
    return int(match[1].replace(",", "")), int((match[2] or "0").replace(",", ""))


def unwrapped(text: str) -> str:
    """A long model id is printed on two lines; where it was broken does not matter."""
    return text.replace(" ", "")


def grouped(rows: Rows, column: int) -> dict[str, Rows]:
    groups: dict[str, Rows] = {}
    for key, row in rows.items():
        groups.setdefault(key[column], {})[key] = row
    return groups


def spend(rows: Any) -> Decimal:
    return sum((row["effective_cost"] or Decimal(0) for row in rows), Decimal(0))


def near(printed: list[Decimal], exact: list[Decimal]) -> None:
    """Printed amounts differ from the exact ones by less than a cent; only amounts of nothing may stand beside them."""
    assert all(amount == 0 for amount in printed[len(exact) :])
    assert all(abs(amount - value) < CENT for amount, value in zip(printed, exact, strict=False))
    assert all(value < CENT for value in exact[len(printed) :])


def same_tokens(printed: str, exact: int, unit: Decimal) -> bool:
    if printed == "–":
        return exact == 0
    if printed == "<0.1":
        return 0 < exact < unit / 20
    return decimal(printed) == (exact / unit).quantize(Decimal("0.1"), ROUND_HALF_UP)


def decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-"))


def test_last_month_agrees_with_marts_csv_and_every_line_of_the_pdfs(ran: Home) -> None:
    ours = check_month(ran, OCTOBER)
    assert check_statements(ran, OCTOBER, ours) > 100


def test_the_open_month_agrees_with_the_marts(ran: Home) -> None:
    check_month(ran, NOVEMBER)


@pytest.mark.soak
def test_the_whole_example_company_agrees(tmp_path: Path) -> None:
    home, _ = full_home(tmp_path / "home", 300_000)
    assert command(home, "run").code == 0
    months = sorted({date(2025, 11, 1), date(2026, 3, 1), OCTOBER, NOVEMBER})
    checked = {month: check_month(home, month) for month in months}
    assert checked[OCTOBER].events > 20_000
    assert check_statements(home, OCTOBER, checked[OCTOBER]) > 200
