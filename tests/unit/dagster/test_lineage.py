"""The dbt project in Dagster: marts with partitions, the way to them, tests as checks."""

import shutil
from pathlib import Path

import pytest
from dagster import AssetKey

from orchestration.assets import lineage as module
from orchestration.assets.lineage import DataTest, Lineage, Model, read_lineage
from orchestration.assets.site import Site
from orchestration.dbt import data_test_checks, lineage_specs, mart_of, mart_specs
from orchestration.definitions import define
from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.marts.dbt_build import PROJECT
from orchestration.marts.publish import DAILY, MONTHLY
from orchestration.partitions import calendar


def test_every_mart_is_an_asset_with_its_partitions_and_columns(lineage: Lineage, site: Site) -> None:
    days_and_months = calendar(site.home, site.settings())
    specs = {spec.key.to_user_string(): spec for spec in mart_specs(lineage, days_and_months)}
    assert set(specs) == {*DAILY, *MONTHLY}
    assert all(specs[mart].partitions_def == days_and_months.daily for mart in DAILY)
    assert all(specs[mart].partitions_def == days_and_months.monthly for mart in MONTHLY)
    columns = specs["daily_usage"].metadata["dagster/column_schema"].columns
    assert next(column.type for column in columns if column.name == "effective_cost") == "decimal(38,18)"


def test_raw_usage_leads_through_staging_to_every_mart(lineage: Lineage, site: Site) -> None:
    graph = define(site).resolve_asset_graph()
    for mart in (*DAILY, *MONTHLY):
        before = graph.get_ancestor_asset_keys(AssetKey(mart))
        between = "int_credits" if mart.endswith("_credits") else "int_usage_priced"
        assert {AssetKey("raw_usage"), AssetKey("stg_events"), AssetKey(between)} <= before
    assert graph.get(AssetKey("stg_events")).parent_keys == {AssetKey("raw_usage")}
    assert not graph.get(AssetKey("int_usage_priced")).is_executable
    assert AssetKey(["reference", "budgets"]) in graph.get_ancestor_asset_keys(AssetKey("monthly_budget_status"))


def test_every_step_on_the_way_says_what_it_guarantees(lineage: Lineage) -> None:
    assert [spec.key for spec in lineage_specs(lineage) if not spec.description] == []


def test_every_data_test_is_a_check_of_a_mart(lineage: Lineage) -> None:
    checks = {spec.name: spec.asset_key.to_user_string() for spec in data_test_checks(lineage)}
    assert len(checks) == len(lineage.tests) > 5
    assert checks["months_equal_days"] == "monthly_usage"
    assert checks["hours_equal_days"] in ("hourly_usage", "daily_usage")
    assert set(checks.values()) <= {*DAILY, *MONTHLY}


def test_every_check_says_what_it_holds_in_words(lineage: Lineage) -> None:
    said = {test.name: test.description for test in lineage.tests}
    assert said["not_null_stg_events_event_id"] == "stg_events.event_id is never empty."
    assert said["months_equal_days"] == "A month is the sum of its days, to the last decimal."
    assert [name for name, words in said.items() if not words] == []


def test_a_test_of_no_mart_is_shown_at_the_first() -> None:
    assert mart_of(DataTest("bands", "", ())) == "daily_usage"
    assert mart_of(DataTest("not_null", "", ("stg_events",))) == "daily_usage"
    assert mart_of(DataTest("sums", "", ("int_usage_priced", "monthly_usage", "daily_usage"))) == "monthly_usage"


def test_a_mart_that_dbt_does_not_know_is_an_error(lineage: Lineage, site: Site) -> None:
    short = Lineage(tuple(model for model in lineage.models if model.name != "hourly_usage"), lineage.tests)
    with pytest.raises(TallyhouseError, match="hourly_usage"):
        mart_specs(short, calendar(site.home, site.settings()))


def test_a_source_that_nobody_placed_is_an_error() -> None:
    with pytest.raises(TallyhouseError, match=r"weather\.days"):
        lineage_specs(Lineage((Model("stg_x", "staging", "", (), ("weather.days",), ()),), ()))


def test_the_project_is_parsed_once_until_a_file_of_it_changes(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    project = home.root / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target*", "logs"))
    parsed = []
    really = module.parse
    monkeypatch.setattr(module, "parse", lambda asked: parsed.append(asked) or really(asked))
    before = read_lineage(home, project)
    assert parsed == []
    model = next(project.rglob("stg_events.sql"))
    model.write_text(model.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert [read_lineage(home, project), read_lineage(home, project)] == [before, before]
    assert len(parsed) == 1


def test_a_torn_copy_is_parsed_anew(home: Home, lineage: Lineage) -> None:
    kept: Path = home.dbt_target / "lineage.json"
    kept.write_text('{"key": "', encoding="utf-8")
    assert {model.name for model in read_lineage(home).models} == {model.name for model in lineage.models}
