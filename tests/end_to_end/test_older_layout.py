"""Months that were closed before a mart or a column was there: they can be read, and what was frozen stays."""

import hashlib
import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.closing.close import close_month
from orchestration.closing.differences import find_differences
from orchestration.closing.freeze import MARTS, folder_of
from orchestration.closing.issued import issued_marts
from orchestration.closing.overview import closed_overview
from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.marts.manifest import LAYOUT, read_manifest
from orchestration.statements import render_month, report
from reports.statement import Scope
from reports.twin import twin
from tests.support.homes import copy_home, main_job, settings_of

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
# What an earlier layout did not have: a mart, text, counts and amounts.
NEWER_MART = "monthly_allocation"
NEWER = {
    "daily_usage": ("images", "citation_tokens", "list_cost", "markup_cost", "discount_cost", "team"),
    "monthly_usage": ("images", "citation_tokens", "list_cost", "markup_cost", "discount_cost"),
    "hourly_usage": ("images", "citation_tokens", "list_cost", "markup_cost", "discount_cost"),
    "daily_sources": ("control",),
    "monthly_charges": ("shared_id", "shared_name"),
}


def hashes(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def as_before(frozen: Path) -> None:
    """The month's frozen files as the layout before would have them."""
    for mart, columns in NEWER.items():
        for path in (frozen / mart).glob("*.parquet"):
            older = path.with_suffix(".older")
            duckdb.execute(
                f"copy (select * exclude ({', '.join(columns)}) from '{path}') to '{older}' (format parquet)"
            )
            older.replace(path)
    for path in (frozen / NEWER_MART).glob("*.parquet"):
        path.unlink()
    (frozen / NEWER_MART).rmdir()
    manifest = json.loads((frozen / "manifest.json").read_text(encoding="utf-8"))
    for month in manifest["months"].values():
        del month["shared_costs"]
    (frozen / "manifest.json").write_text(json.dumps({**manifest, "layout": LAYOUT - 1}), encoding="utf-8")


@pytest.fixture(scope="module")
def older(published: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The short home whose October was closed under an earlier layout."""
    home = copy_home(published, tmp_path_factory.mktemp("older") / "home")
    close_month(home, settings_of(home), OCTOBER, approved_by="Ada Osei", reason="quarantined rows")
    as_before(folder_of(home, OCTOBER, 1) / MARTS)
    shutil.rmtree(home.marts / "issued")  # composed of the files before they were made older
    return home


def asked(marts: Path, query: str) -> list[tuple[object, ...]]:
    return duckdb.execute(query.replace("MARTS", str(marts))).fetchall()


def test_an_older_month_has_todays_columns_and_its_own_figures(older: Home) -> None:
    frozen = folder_of(older, OCTOBER, 1) / MARTS
    before = hashes(frozen)
    marts = issued_marts(older)
    for mart in NEWER:
        month = "2026-10" if mart.startswith("monthly") else "2026-10-14"
        columns = "select column_name, column_type from (describe select * from 'MARTS/{}/{}.parquet') order by 1"
        assert asked(marts, columns.format(mart, month)) == asked(older.current_marts, columns.format(mart, month))
    known = (
        "select sum(effective_cost), sum(requests), sum(total_tokens), sum(list_cost) from 'MARTS/{}/2026-10*.parquet'"
    )
    for mart in ("daily_usage", "monthly_usage", "hourly_usage"):
        assert asked(marts, known.format(mart)) == asked(older.current_marts, known.format(mart))
    (sums,) = asked(
        marts, "select sum(images), sum(citation_tokens), sum(markup_cost) from 'MARTS/daily_usage/2026-10*.parquet'"
    )
    assert sums == (0, 0, 0)
    assert asked(marts, "select distinct team from 'MARTS/daily_usage/2026-10*.parquet'") == [("",)]
    unknown = "select count(*) from 'MARTS/monthly_usage/*.parquet' where (list_cost is null) <> not is_priced"
    assert asked(marts, unknown) == [(0,)]
    manifest = read_manifest(older)
    assert manifest is not None
    assert (hashes(frozen), [item.lines for item in closed_overview(older, manifest)]) == (before, [0])
    assert find_differences(older) == []


def test_what_reads_an_older_month_prints_it(older: Home, tmp_path: Path) -> None:
    before = hashes(older.closed)
    marts = issued_marts(older)
    files = render_month(older, settings_of(older), NOVEMBER, marts=marts, out_dir=tmp_path / "november")
    files += render_month(older, settings_of(older), OCTOBER, marts=marts, out_dir=tmp_path / "october")
    assert len(files) == 16
    header, *lines = twin(marts, OCTOBER, Scope("organisation")).decode().splitlines()
    now = twin(older.current_marts, OCTOBER, Scope("organisation")).decode().splitlines()
    assert header == now[0] and len(lines) == len(now) - 1
    assert hashes(older.closed) == before


def test_a_statement_of_figures_that_are_not_built_anew_yet_says_what_to_run(published: Home, tmp_path: Path) -> None:
    home = copy_home(published, tmp_path / "home")
    path = home.current_marts / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace(f'"layout": {LAYOUT}', '"layout": 4'), encoding="utf-8")
    with pytest.raises(TallyhouseError, match="of an earlier version") as raised:
        report(home, settings_of(home), month="2026-10", scope="organisation", say=lambda _: None)
    assert raised.value.next_step == "Run first: tallyhouse run"


def test_it_is_made_once_and_goes_with_what_it_was_made_for(older: Home, tmp_path: Path) -> None:
    home = copy_home(older, tmp_path / "home")
    issued_marts(home)
    (folder,) = (home.marts / "widened").iterdir()
    made = {path: path.stat().st_ino for path in folder.rglob("*.parquet")}
    assert made
    (home.inbox / "gateway" / "late.jsonl").write_text("", encoding="utf-8")
    stale = home.marts / "widened" / f"{LAYOUT - 1}-2026-10-000000000000"
    stale.mkdir()
    main_job(home, now="2026-11-22T04:00:00+00:00")
    issued_marts(home)
    assert {path: path.stat().st_ino for path in folder.rglob("*.parquet")} == made and not stale.exists()
