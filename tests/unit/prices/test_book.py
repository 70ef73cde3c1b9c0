"""A book is named by its content, written once, and found again without opening the price package."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.home import Home
from orchestration.prices import PriceBook, book_stamp, current_book
from orchestration.prices.bands import CONTEXT_END, DAY_SECONDS, Cell, Priced, Span, Step, Tariff
from orchestration.prices.known import Known, read_known
from orchestration.prices.overrides import COLUMNS
from orchestration.prices.store import BAND_TYPES
from orchestration.prices.tiling import TilingError, check_tiling
from orchestration.prices.units import NO_RATES
from tests.unit.prices.book_reader import read, write_overrides

CHECKOUT = Path(__file__).resolve().parents[3]
ROW = {
    "provider": "openai",
    "model": "gpt-4.1",
    "input_mtok": "1.8",
    "output_mtok": "7.2",
    "note": 'a "b", c',
}
ASK = """
import sys
from pathlib import Path
from orchestration.home import Home
from orchestration.prices import current_book
print(current_book(Home(Path(sys.argv[1]))).version, "genai_prices" in sys.modules, "duckdb" in sys.modules)
"""


def ask(home: Home, seed: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(home.root)],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONHASHSEED": seed, "TZ": "Asia/Kolkata", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_another_process_seed_and_zone_give_the_same_version(home: Home, plain_book: PriceBook) -> None:
    assert ask(home, "1")[0] == plain_book.version


def test_a_known_book_is_found_without_the_price_package_or_duckdb(plain_home: Home, plain_book: PriceBook) -> None:
    assert ask(plain_home, "2") == [plain_book.version, "False", "False"]


def test_the_version_is_pinned_so_that_a_change_of_any_price_is_seen(plain_book: PriceBook) -> None:
    # A new release of the price package, or another way to flatten it, changes this name. Look at the prices first.
    assert plain_book.version == "genai-0.2.3-244cd610"


def test_columns_and_types_are_those_the_models_read(plain_book: PriceBook) -> None:
    with duckdb.connect() as connection:
        found = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(plain_book.path)]).fetchall()
    assert {name: kind for name, kind, *_ in found} == BAND_TYPES


def test_overrides_change_version_and_label_and_the_old_book_stays(home: Home) -> None:
    first = current_book(home)
    content = first.path.read_bytes()
    write_overrides(home, ROW)
    one = current_book(home)
    write_overrides(home, ROW, ROW | {"model": "gpt-4o"})
    two = current_book(home)
    assert [first.label, one.label, two.label] == [
        "genai-prices 0.2.3",
        "genai-prices 0.2.3 with 1 override",
        "genai-prices 0.2.3 with 2 overrides",
    ]
    assert len({first.version, one.version, two.version}) == 3
    assert first.path.read_bytes() == content
    write_overrides(home)
    assert current_book(home).version == first.version


def test_the_order_of_override_rows_does_not_matter(home: Home) -> None:
    rows = ROW, ROW | {"model": "gpt-4o"}, ROW | {"provider": "acme"}
    write_overrides(home, *rows)
    version = current_book(home).version
    write_overrides(home, *reversed(rows))
    assert current_book(home).version == version


def test_text_of_the_customer_reaches_the_book_unchanged(home: Home) -> None:
    path = write_overrides(home)
    header = ",".join(COLUMNS[:14]) + "\n"
    path.write_text(header + 'acme,"Größe, ""1""",,,1,2,,,,,,"=HYPERLINK(""x"")",,ünï\n', encoding="utf-8")
    band = read(current_book(home)).band('acme/größe, "1"', "2026-01-01")
    assert (band["model"], band["note"]) == ('größe, "1"', '=HYPERLINK("x"); ünï')


def test_a_lost_book_and_a_broken_note_of_it_are_written_again(home: Home) -> None:
    book = current_book(home)
    book.path.unlink()
    assert current_book(home) == book
    assert book.path.is_file()
    for broken in ("", "[]", '{"stamp": 1}'):
        (home.prices / "current.json").write_text(broken, encoding="utf-8")
        assert current_book(home) == book
    assert json.loads((home.prices / "current.json").read_text(encoding="utf-8")) == {
        "stamp": book_stamp(home),
        "version": book.version,
        "label": book.label,
    }
    assert sorted(path.name for path in home.prices.iterdir()) == [
        "current.json", f"{book.version}.known.json", book.path.name,
    ]  # fmt: skip


def test_the_first_time_that_a_version_was_made_is_kept(home: Home) -> None:
    before = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    book = current_book(home)
    known = read_known(home.prices, book.version)
    assert known is not None and known.label == "genai-prices 0.2.3"
    assert before <= known.known_at <= f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    note = home.prices / f"{book.version}.known.json"
    note.write_text('{"label": "as it was", "known_at": "2026-01-01T00:00:00Z"}', encoding="utf-8")
    book.path.unlink()
    current_book(home)
    assert read_known(home.prices, book.version) == Known("as it was", "2026-01-01T00:00:00Z")
    # A book that was made before this was kept has been known longer than anybody can tell.
    note.unlink()
    (home.prices / "current.json").unlink()
    current_book(home)
    assert read_known(home.prices, book.version) is None


def test_the_stamp_changes_with_the_overrides_only(home: Home, tmp_path: Path) -> None:
    empty = book_stamp(home)
    path = write_overrides(home, ROW)
    assert book_stamp(home) != empty
    assert book_stamp(home) == book_stamp(home, path) == book_stamp(Home(tmp_path / "elsewhere"), path)


SHEET = (Step(0, CONTEXT_END, NO_RATES),)


def spans(*rectangles: tuple[str, str, int, int], sheet: tuple[Step, ...] = SHEET) -> list[Tariff]:
    from datetime import date

    priced = tuple(
        Priced(
            Span(date.fromisoformat(a), date.fromisoformat(b), c, d, Cell("own", "", sheet)),
            "genai-prices",
            None,
        )
        for a, b, c, d in rectangles
    )
    return [Tariff("x/y", "x", "y", {"standard": priced})]


def test_a_tiling_without_overlap_or_gap_is_accepted() -> None:
    check_tiling(spans(("2025-01-01", "2026-01-01", 0, DAY_SECONDS)))
    check_tiling(
        spans(
            ("2025-01-01", "2027-01-01", 0, 100),
            ("2025-01-01", "2026-01-01", 100, DAY_SECONDS),
            ("2026-01-01", "2027-01-01", 100, DAY_SECONDS),
        )
    )


@pytest.mark.parametrize(
    "rectangles",
    [
        [("2025-01-01", "2026-01-01", 0, DAY_SECONDS), ("2025-12-31", "2027-01-01", 0, DAY_SECONDS)],
        [("2025-01-01", "2026-01-01", 0, DAY_SECONDS), ("2026-01-02", "2027-01-01", 0, DAY_SECONDS)],
        [("2025-01-01", "2026-01-01", 0, 100), ("2025-01-01", "2026-01-01", 99, DAY_SECONDS)],
        [("2025-01-01", "2026-01-01", 0, 100), ("2025-01-01", "2026-01-01", 101, DAY_SECONDS)],
        [("2025-01-01", "2026-01-01", 1, DAY_SECONDS)],
        [("2025-01-01", "2026-01-01", 0, DAY_SECONDS - 1)],
    ],
)
def test_overlaps_and_gaps_in_time_are_found(rectangles: list[tuple[str, str, int, int]]) -> None:
    with pytest.raises(TilingError):
        check_tiling(spans(*rectangles))


@pytest.mark.parametrize(
    "edges", [[(1, CONTEXT_END)], [(0, 5)], [(0, 5), (6, CONTEXT_END)], [(0, 6), (5, CONTEXT_END)], []]
)
def test_overlaps_and_gaps_in_context_are_found(edges: list[tuple[int, int]]) -> None:
    sheet = tuple(Step(lower, upper, (Decimal(lower), *NO_RATES[1:])) for lower, upper in edges)
    with pytest.raises(TilingError):
        check_tiling(spans(("2025-01-01", "2026-01-01", 0, DAY_SECONDS), sheet=sheet))
