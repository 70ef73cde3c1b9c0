"""What `status` and `explain` say of closed months, and of prices that would change built days."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.closing.close import close_month
from orchestration.closing.differences import find_differences
from orchestration.explaining.explain import explain_event
from orchestration.explaining.told import reading
from orchestration.home import Home
from orchestration.landing import receipts
from orchestration.marts.manifest import read_manifest
from orchestration.repricing.outlook import Outlook, price_outlook
from tests.support.homes import command, copy_home, json_lines, main_job, settings_of, write_json_lines

OCTOBER = date(2026, 10, 1)
CONTRACT = "anthropic,claude-sonnet-4-6,{},{},9,45,0.9,11.25,18,,30,contract,2026-10-20,\n"
UNUSED = "anthropic,claude-unheard-of,2026-10-01,,9,45,0.9,11.25,18,,30,contract,2026-10-20,\n"


@pytest.fixture(scope="module")
def closed(published: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The short home with October closed. Not to be changed."""
    home = copy_home(published, tmp_path_factory.mktemp("closed") / "home")
    close_month(home, settings_of(home), OCTOBER, approved_by="Ada Osei", reason="quarantined rows")
    return home


@pytest.fixture
def home(closed: Home, tmp_path: Path) -> Iterator[Home]:
    yield copy_home(closed, tmp_path / "home")


def october(home: Home) -> list[dict[str, object]]:
    month = home.inbox / "gateway" / "2026" / "spend-logs-2026-10.jsonl.gz"
    return [row for row in json_lines(month) if str(row.get("startTime", "")).startswith("2026-10-14T1")]


def late_file(home: Home) -> None:
    rows = [{**row, "request_id": f"late-{row['request_id']}"} for row in october(home)]
    write_json_lines(home.inbox / "gateway" / "late.jsonl", rows)
    main_job(home)


def outlook(home: Home) -> Outlook | None:
    manifest = read_manifest(home)
    assert manifest is not None
    return price_outlook(home, manifest, receipts(home))


def override(home: Home, row: str) -> None:
    path = home.reference / "price_overrides.csv"
    path.write_text(path.read_text(encoding="utf-8") + row, encoding="utf-8")


def test_status_names_closed_months_and_what_is_known_since(home: Home) -> None:
    manifest = read_manifest(home)
    assert manifest is not None
    spend = manifest.spend(OCTOBER)
    (item,) = json.loads(command(home, "status", "--json").out)["closed"]
    assert (item["month"], item["number"], item["statement"], item["revision"]) == (
        "2026-10-01", 1, "2026-10/organisation/1", 1,
    )  # fmt: skip
    assert (item["approved_by"], item["reason"]) == ("Ada Osei", "quarantined rows")
    assert (Decimal(item["spend"]), Decimal(item["known_since"]), item["lines"]) == (spend, 0, 0)
    assert (
        f"October 2026 closed at ${spend:,.2f} as 2026-10/organisation/1, approved by Ada Osei, 2026-11-21; nothing "
        in (command(home, "status").out)
    )
    late_file(home)
    (differing,) = find_differences(home)
    assert differing.cost > 0
    assert f"; as known +${differing.cost:,.2f} since closing: tallyhouse restate 2026-10 --plan" in (
        command(home, "status").out
    )
    (item,) = json.loads(command(home, "status", "--json").out)["closed"]
    assert (Decimal(item["known_since"]), item["lines"]) == (differing.cost, len(differing.lines))


def test_explain_says_that_the_issued_figure_stands(home: Home) -> None:
    event = str(october(home)[0]["request_id"])
    text = str(dict(reading(explain_event(home, settings_of(home), event))))
    assert "October 2026 is closed: what was issued as 2026-10/organisation/1 stands; the month is known as it" in text
    late_file(home)
    text = str(dict(reading(explain_event(home, settings_of(home), f"late-{event}"))))
    (differing,) = find_differences(home)
    assert f"known otherwise since, by +${differing.cost.normalize():f}: tallyhouse restate 2026-10 --plan" in text


def test_new_prices_are_told_only_where_built_days_would_change(published: Home, tmp_path: Path) -> None:
    home = copy_home(published, tmp_path / "home")
    assert outlook(home) is None
    override(home, UNUSED)
    found = outlook(home)
    assert found is not None and not found.differs and found.days == len(read_manifest(home).days)  # type: ignore[union-attr]
    assert "The newest would change no built day" in command(home, "status").out
    override(home, CONTRACT.format("2027-01-01", ""))
    found = outlook(home)
    assert found is not None and not found.differs
    override(home, CONTRACT.format("2026-10-05", "2026-10-06"))
    found = outlook(home)
    assert found is not None
    assert (found.models, found.discounts, found.first) == (
        ("anthropic/claude-sonnet-4-6",), False, min(read_manifest(home).days),  # type: ignore[union-attr]
    )  # fmt: skip
    out = command(home, "status").out
    assert "The newest would price" in out and "otherwise (anthropic/claude-sonnet-4-6). See what it changes:" in out


def test_a_model_without_a_price_that_gets_one_and_a_discount_are_told(published: Home, tmp_path: Path) -> None:
    import duckdb

    home = copy_home(published, tmp_path / "home")
    rows = duckdb.execute(
        f"select distinct provider, model from '{home.current_marts}/monthly_usage/*.parquet' where not is_priced"
    ).fetchall()
    ((provider, model),) = rows
    override(home, f"{provider},{model},2026-10-01,,1,2,,,,,,ours,2026-10-20,\n")
    found = outlook(home)
    assert found is not None and found.models == (f"{provider}/{model}",) and not found.discounts
    discounts = home.reference / "discounts.csv"
    header = "discount_id,kind,provider,provider_account,model,department,percent,per_unit,unit,apply_order,valid_from,"
    discounts.write_text(f"{header}valid_to,source\nframe,discount,openai,,,,5,,,1,2026-11-01,,\n", encoding="utf-8")
    found = outlook(home)
    assert found is not None and found.discounts
    discounts.write_text(f"{header}valid_to,source\nframe,discount,openai,,,,5,,,1,2027-01-01,,\n", encoding="utf-8")
    found = outlook(home)
    assert found is not None and not found.discounts
