"""What a build's checks say, and which days and months it tells Dagster of."""

from dataclasses import replace
from datetime import date

import duckdb
from dagster import AssetCheckEvaluation, AssetCheckSeverity

from orchestration.assets.lineage import Lineage
from orchestration.assets.marts import published_file, rebuilt, with_sizes
from orchestration.checks import check_specs, data_test_results, figures_results, refusal_results
from orchestration.errors import ConservationError, TallyhouseError
from orchestration.home import Home
from orchestration.marts.build import BuildReport
from orchestration.marts.dbt_build import BuildError, NodeResult
from orchestration.marts.manifest import Manifest, PublishedBill
from tests.unit.dagster.published import DAYS, manifest

TODAY = date(2026, 11, 3)
OCTOBER = date(2026, 10, 1)


def result(published: Manifest, name: str) -> AssetCheckEvaluation:
    return next(item for item in figures_results(published) if item.check_name == name)


def test_conservation_names_every_fate_and_passes_when_they_add_up() -> None:
    found = result(manifest(), "conservation")
    assert found.passed
    assert {name: value.value for name, value in found.metadata.items()} == {
        "delivered": 14,
        "counted": 10,
        "duplicates": 2,
        "quarantined": 1,
        "not_usage": 1,
        "not_due": 0,
    }


def test_one_lost_row_fails_conservation() -> None:
    fates = {**manifest().conservation, "counted": 9}
    assert not result(manifest(conservation=fates), "conservation").passed


def test_unpriced_usage_and_conflicts_warn_and_name_the_day() -> None:
    clean = manifest()
    assert result(clean, "unpriced").passed and result(clean, "conflicts").passed
    odd = replace(clean.days[DAYS[1]], unpriced_requests=3, conflicts=2)
    published = manifest(days={**clean.days, DAYS[1]: odd})
    unpriced, conflicts = result(published, "unpriced"), result(published, "conflicts")
    assert not unpriced.passed and unpriced.severity == AssetCheckSeverity.WARN
    assert unpriced.metadata["unpriced_requests"].value == 3
    assert unpriced.metadata["days"].value == "2026-11-02"
    assert not conflicts.passed and conflicts.severity == AssetCheckSeverity.WARN
    assert conflicts.metadata["events"].value == 2


def test_dbt_results_become_results_of_the_checks_that_are_declared(lineage: Lineage) -> None:
    def node(name: str, status: str, failures: int) -> NodeResult:
        return NodeResult(name, "test", status, 0.1, failures, "", None)

    nodes = [
        node("months_equal_days", "pass", 0),
        node("hours_equal_days", "fail", 4),
        node("events_equal_hours", "skipped", 0),
        NodeResult("daily_usage", "model", "success", 0.1, 0, "", None),
    ]
    found = {item.check_name: item for item in data_test_results(lineage, nodes)}
    assert set(found) == {"months_equal_days", "hours_equal_days"}
    assert found["months_equal_days"].passed and not found["hours_equal_days"].passed
    assert found["hours_equal_days"].metadata["failures"].value == 4
    declared = {(spec.asset_key, spec.name) for spec in check_specs(lineage)}
    assert {(item.asset_key, item.check_name) for item in found.values()} <= declared


def test_a_refused_build_tells_the_tests_that_failed_or_that_rows_are_missing(lineage: Lineage) -> None:
    failed = NodeResult("hours_equal_days", "test", "fail", 0.1, 4, "Got 4 results", None, sql="hours_equal_days.sql")
    (found,) = refusal_results(lineage, BuildError("dbt: a test failed.", "Mend it.", (failed,)))
    assert (found.check_name, found.passed, found.description) == ("hours_equal_days", False, "Got 4 results")
    assert found.metadata["query"].value == "hours_equal_days.sql"
    (lost,) = refusal_results(lineage, ConservationError("9 rows were delivered, but 8 are accounted for.", "Ask."))
    assert (lost.check_name, lost.passed) == ("conservation", False)
    assert str(lost.description).startswith("9 rows")
    assert list(refusal_results(lineage, TallyhouseError("The disk is full.", "Make room."))) == []


def partitions(report: BuildReport | None, asked: tuple[date, date] | None = None) -> dict[str, list[str]]:
    """The partitions told for one daily and one monthly mart."""
    events = list(rebuilt(report, manifest(), asked=asked, today=TODAY))
    return {
        mart: [str(event.partition) for event in events if event.asset_key.to_user_string() == mart]
        for mart in ("daily_usage", "monthly_usage")
    }


def test_only_what_was_rebuilt_is_told() -> None:
    report = BuildReport(manifest(), days=(DAYS[1],), months=(date(2026, 11, 1),), nodes=())
    assert partitions(report) == {"daily_usage": ["2026-11-02"], "monthly_usage": ["2026-11-01"]}
    assert partitions(None) == {"daily_usage": [], "monthly_usage": []}


def test_days_that_were_asked_for_and_are_empty_are_told_as_empty_and_no_day_after_today() -> None:
    report = BuildReport(manifest(), days=(DAYS[1],), months=(date(2026, 11, 1),), nodes=())
    asked = (date(2026, 11, 1), date(2026, 11, 30))
    assert partitions(report, asked)["daily_usage"] == ["2026-11-01", "2026-11-02", "2026-11-03"]
    events = {event.partition: event for event in rebuilt(report, manifest(), asked=asked, today=TODAY)}
    assert events["2026-11-03"].tags["dagster/data_version"] == "empty"
    assert events["2026-11-03"].metadata["requests"].value == 0


def test_a_rebuilt_day_bears_its_fingerprint_and_figures() -> None:
    report = BuildReport(manifest(), days=(DAYS[0],), months=(), nodes=())
    (event, *_) = rebuilt(report, manifest(), asked=None, today=TODAY)
    assert event.tags["dagster/data_version"] == "f-2026-10-30"
    assert event.metadata["requests"].value == 5
    assert event.metadata["spend_usd"].value == "1.25"


def test_a_rebuilt_day_bears_the_rows_and_bytes_of_its_file(home: Home) -> None:
    report = BuildReport(manifest(), days=DAYS[:1], months=(DAYS[0].replace(day=1),), nodes=())
    daily, monthly = (published_file(home, mart, "2026-10-30") for mart in ("daily_usage", "monthly_usage"))
    assert monthly.name == "2026-10.parquet"
    daily.parent.mkdir(parents=True)
    duckdb.execute(f"copy (select unnest([1, 2, 3])) to '{daily}' (format parquet)")
    events = with_sizes(home, rebuilt(report, manifest(), asked=None, today=TODAY))
    told = {event.asset_key.to_user_string(): event.metadata for event in events}
    assert told["daily_usage"]["dagster/row_count"].value == 3
    assert told["daily_usage"]["bytes"].value == daily.stat().st_size
    assert (told["monthly_usage"]["dagster/row_count"].value, told["monthly_usage"]["requests"].value) == (0, 5)


def test_months_that_do_not_agree_with_their_bills_are_named() -> None:
    given = manifest()
    assert result(given, "reconciled").passed
    agreeing = PublishedBill("openai", "", "invoice", "USD", "agrees", "", False, True, "5", "0", "0", "0", "0", "1")
    october = replace(given.months[OCTOBER], bills=(agreeing,))
    found = result(manifest(months={**given.months, OCTOBER: october}), "reconciled")
    assert (found.passed, found.metadata["with a bill"].value, found.metadata["months"].value) == (True, 1, 1)
    differing = replace(agreeing, verdict="differs", is_met=False, unexplained="-7.5", unexplained_open="7.5")
    # November is not over: what its bill says so far is no failure.
    bad = {month: replace(value, bills=(differing,)) for month, value in given.months.items()}
    found = result(manifest(months=bad), "reconciled")
    assert (found.passed, found.severity) == (False, AssetCheckSeverity.WARN)
    assert found.metadata["differing"].value == "2026-10: openai: $7.50 unexplained"
