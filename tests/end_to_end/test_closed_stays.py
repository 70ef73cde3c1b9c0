"""A closed month's files to the byte, whatever comes later: runs, late usage, new prices, new reference tables."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from orchestration.closing.book import read_records
from orchestration.closing.close import close_month
from orchestration.closing.differences import find_differences
from orchestration.closing.issued import issued_marts
from orchestration.home import Home
from orchestration.marts.manifest import read_manifest
from orchestration.reference import TABLES
from orchestration.repricing.reprice import reprice
from tests.support.homes import (
    NOW,
    copy_home,
    json_lines,
    main_job,
    read_table,
    settings_of,
    write_json_lines,
    write_table,
)

OCTOBER = date(2026, 10, 1)
MODEL = "claude-sonnet-4-6"
# A new version of every table, each of which speaks of October.
CHANGED = {
    "organisation": ("cost_centre", "CC-9999"),
    "departments": ("cost_centre", "CC-8888"),
    "budgets": ("amount", "7.00"),
}
ADDED: Mapping[str, str] = {
    "price_overrides": f"anthropic,{MODEL},2026-10-01,2026-11-01,9,45,0.9,11.25,18,,30,contract,2026-10-20,",
    "discounts": "frame,discount,openai,,,,12.5,,,1,2026-10-01,,Contract 17",
    "commitments": "mistral,Mistral flat,flat,mistral,,50.00,USD,2026-10-01,,Contract 18",
    "credit_grants": "welcome,organisation,,promotional,20.00,USD,1,2026-10-01,2027-01-01,,,Offer",
    "allotments": "Business,organisation,,tokens,6000,month,2026-10-01,",
    "taxes": "GB,VAT,20,exclusive,organisation,,all,2011-01-04,",
    "shared_costs": "gateway,Gateway hosting,cost,30.00,USD,even,department,,,2026-10-01,",
    "invoices": "openai,,OAI-LATE,1,usage,,2026-10-01,2026-10-31,USD,99.00,0,2026-11-02",
    "payments": "P-1,2026-11-14,12.00,USD,organisation,,,SEPA 1",
    "fx_rates": "EUR,2026-10-01,1.0842,ECB reference rate",
}


def files(*folders: Path, month: str = "") -> dict[str, bytes]:
    """Every file below, by its path; those of a month's days alone where `month` is given."""
    return {
        path.as_posix(): path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob(f"{month}*.parquet" if month else "*"))
        if path.is_file()
    }


def issued(home: Home) -> dict[str, bytes]:
    """What October was closed with, its statements, and its days and months in the marts as closed."""
    marts = {Path(path).relative_to(issued_marts(home)).as_posix(): content
             for path, content in files(issued_marts(home), month="2026-10").items()}  # fmt: skip
    return files(home.closed / "2026-10", home.statements / "2026-10") | marts


def new_version(home: Home, table: str) -> None:
    path = home.reference / f"{table}.csv"
    if table in CHANGED:
        column, value = CHANGED[table]
        write_table(home, path.name, ({**row, column: value} for row in read_table(home, path.name)))
    else:
        path.write_text(path.read_text(encoding="utf-8") + ADDED[table] + "\n", encoding="utf-8")


def late_file(home: Home) -> None:
    rows = json_lines(home.inbox / "gateway" / "2026" / "spend-logs-2026-10.jsonl.gz")
    late = [{**row, "request_id": f"late-{row['request_id']}"} for row in rows if "2026-10-14T1" in str(row)]
    assert late
    write_json_lines(home.inbox / "gateway" / "late.jsonl", late)


def test_ten_runs_new_prices_and_a_new_version_of_every_table_leave_a_closed_month_as_it_was_issued(
    published: Home, tmp_path: Path
) -> None:
    home = copy_home(published, tmp_path / "home")
    close_month(home, settings_of(home), OCTOBER, approved_by="Ada Osei", reason="the unknown model is being priced")
    before, records = issued(home), read_records(home)
    assert len([path for path in before if path.startswith("daily_usage/")]) == 31
    assert any(path.endswith(".pdf") for path in before)
    assert sorted((*CHANGED, *ADDED)) == sorted(table.name for table in TABLES)
    manifest = read_manifest(home)
    assert manifest is not None
    spend = manifest.spend(OCTOBER)

    runs = 0

    def run(now: str = NOW) -> None:
        nonlocal runs
        main_job(home, now=now)
        runs += 1
        assert issued(home) == before

    late_file(home)
    run()
    for table in (*CHANGED, *ADDED):
        new_version(home, table)
    run()
    done = reprice(home, settings_of(home), OCTOBER, date(2026, 10, 31), publish=True)
    assert done.published and done.new != done.old
    assert issued(home) == before
    # A new day is built once; the other runs find nothing to do, or should.
    for hour in ("21T05", "21T08", "21T12", "22T04", "22T05", "22T12", "22T18", "22T23"):
        run(f"2026-11-{hour}:00:00+00:00")
    assert runs == 10

    # All of it is known: the month is another one in what the marts say today, and nobody issued that.
    manifest = read_manifest(home)
    assert manifest is not None and manifest.spend(OCTOBER) != spend
    known = {Path(path).relative_to(home.current_marts.resolve()).as_posix(): content
             for path, content in files(home.current_marts.resolve(), month="2026-10").items()}  # fmt: skip
    assert known["daily_usage/2026-10-14.parquet"] != before["daily_usage/2026-10-14.parquet"]
    for mart in ("monthly_usage", "monthly_allocation", "monthly_charges", "monthly_budget_status"):
        assert known[f"{mart}/2026-10.parquet"] != before[f"{mart}/2026-10.parquet"], mart
    (difference,) = find_differences(home)
    assert difference.cost != Decimal(0)
    assert read_records(home) == records
