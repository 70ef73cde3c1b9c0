"""Which crossings send, once each, and which are only recorded."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration import alerts
from orchestration.errors import TallyhouseError
from tests.unit.alerts.company import Budget, Company, over_budget, settings


def outcomes(company: Company) -> list[tuple[str, str, int, str]]:
    return sorted(
        (f"{item.alert.period:%Y-%m}", item.alert.kind, item.alert.threshold, item.alert.outcome)
        for item in alerts.list_alerts(company.home)
    )


def small(root: Path, amount: str = "100.00") -> Company:
    company = Company(root)
    company.owners(Data_and_Analytics="dana@halden.example")
    company.budgets = [Budget("data", "Data & Analytics", Decimal(amount))]
    return company


def test_the_open_month_sends_the_highest_and_older_months_are_historic(tmp_path: Path) -> None:
    company = over_budget(tmp_path)
    report = alerts.evaluate(company.home, settings())
    assert (report.new, report.historic, report.queued) == (4, 4, 1)
    assert outcomes(company) == [
        *(("2026-10", "crossed", level, "historic") for level in (75, 90, 95, 100)),
        ("2026-11", "crossed", 75, "superseded"),
        ("2026-11", "crossed", 90, "superseded"),
        ("2026-11", "crossed", 95, "superseded"),
        ("2026-11", "crossed", 100, "queued"),
    ]
    # As a person reads them: the newest month first, in it the highest threshold.
    listed = [(item.alert.period.month, item.alert.threshold) for item in alerts.list_alerts(company.home)]
    assert listed == [(month, level) for month in (11, 10) for level in (100, 95, 90, 75)]
    (waiting,) = alerts.pending(company.home)
    assert waiting.recipient == "dana@halden.example"
    assert waiting.message.subject == "Data & Analytics has used 112% of its November budget"


def test_evaluating_again_does_nothing(tmp_path: Path) -> None:
    company = over_budget(tmp_path)
    alerts.evaluate(company.home, settings())
    before = company.home.ledger.read_bytes(), alerts.list_alerts(company.home)
    for _ in range(3):
        report = alerts.evaluate(company.home, settings())
        assert (report.new, report.historic, report.queued, report.withdrawn) == (0, 0, 0, 0)
    assert alerts.list_alerts(company.home) == before[1]


def test_a_later_higher_threshold_sends_a_message_of_its_own(tmp_path: Path) -> None:
    company = small(tmp_path)
    company.spent(date(2026, 11, 5), "80")
    company.publish(date(2026, 11, 5))
    assert alerts.evaluate(company.home, settings()).queued == 1
    company.spent(date(2026, 11, 6), "16")
    company.publish(date(2026, 11, 6))
    assert alerts.evaluate(company.home, settings()).queued == 1
    assert outcomes(company) == [
        ("2026-11", "crossed", 75, "queued"),
        ("2026-11", "crossed", 90, "superseded"),
        ("2026-11", "crossed", 95, "queued"),
    ]


def test_a_month_that_has_not_begun_is_left_for_later(tmp_path: Path) -> None:
    company = small(tmp_path)
    company.spent(date(2026, 11, 5), "80")
    company.publish(date(2026, 11, 5))
    assert alerts.evaluate(company.home, settings("2026-10-20T00:00:00+00:00")).new == 0
    assert alerts.evaluate(company.home, settings()).queued == 1


def test_the_month_is_the_organisations_not_utcs(tmp_path: Path) -> None:
    company = small(tmp_path)
    company.spent(date(2026, 6, 30), "80")
    company.publish(date(2026, 6, 30))
    # 23:30 UTC on 30 June is July in London.
    assert alerts.evaluate(company.home, settings("2026-06-30T23:30:00+00:00")).historic == 1


def test_a_new_version_of_the_budget_re_arms_it_and_withdraws_nothing(tmp_path: Path) -> None:
    company = small(tmp_path)
    company.spent(date(2026, 11, 5), "110")
    company.publish(date(2026, 11, 5))
    assert alerts.evaluate(company.home, settings()).queued == 1
    company.budgets = [Budget("data", "Data & Analytics", Decimal("120.00"), version="v2")]
    company.publish(date(2026, 11, 5))
    report = alerts.evaluate(company.home, settings())
    assert (report.new, report.queued, report.withdrawn) == (2, 1, 0)
    assert alerts.pending(company.home)[-1].message.subject.startswith("Data & Analytics has used 91.7%")


def test_a_restatement_corrects_what_was_said_once(tmp_path: Path) -> None:
    company = small(tmp_path)
    company.spent(date(2026, 11, 5), "110")
    company.publish(date(2026, 11, 5))
    alerts.evaluate(company.home, settings())
    company.spend.clear()
    company.spent(date(2026, 11, 5), "92")
    company.publish(date(2026, 11, 6))
    report = alerts.evaluate(company.home, settings("2026-11-23T03:00:00+00:00"))
    assert (report.new, report.queued, report.withdrawn) == (0, 1, 1)
    correction = alerts.pending(company.home)[-1].message
    assert correction.subject == "Correction: Data & Analytics is below 100% of its November budget"
    said = "On 21 November the 100% threshold was found to be crossed, at $110.00."
    assert said in " ".join(correction.text.split())
    assert alerts.evaluate(company.home, settings()).queued == 0
    # Crossed again: the same crossing is not reported twice, as the correction said.
    company.spent(date(2026, 11, 6), "20")
    company.publish(date(2026, 11, 6))
    assert alerts.evaluate(company.home, settings()).queued == 0


def test_several_withdrawn_messages_make_one_correction(tmp_path: Path) -> None:
    company = small(tmp_path)
    company.spent(date(2026, 11, 5), "80")
    company.publish(date(2026, 11, 5))
    alerts.evaluate(company.home, settings())
    company.spent(date(2026, 11, 6), "11")
    company.publish(date(2026, 11, 6))
    alerts.evaluate(company.home, settings())
    company.spend.clear()
    company.spent(date(2026, 11, 5), "10")
    company.publish(date(2026, 11, 6))
    report = alerts.evaluate(company.home, settings())
    assert (report.queued, report.withdrawn) == (1, 2)
    assert "is below 75%" in alerts.pending(company.home)[-1].message.subject


def test_an_organisation_budget_goes_to_every_operator(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.budgets = [Budget("all", "", Decimal("100.00"))]
    company.spent(date(2026, 11, 5), "99")
    company.publish(date(2026, 11, 20))
    two = settings(operators=("a@halden.example", "b@halden.example", "a@halden.example"))
    assert alerts.evaluate(company.home, two).queued == 2
    assert [item.recipient for item in alerts.pending(company.home)] == ["a@halden.example", "b@halden.example"]
    assert len({item.delivery_id for item in alerts.pending(company.home)}) == 2


def test_preview_shows_what_would_go_and_writes_nothing(tmp_path: Path) -> None:
    company = over_budget(tmp_path)
    (shown,) = alerts.preview(company.home, settings())
    assert (shown.recipients, shown.queued) == (("dana@halden.example",), False)
    assert not company.home.ledger.exists()
    alerts.evaluate(company.home, settings())
    (again,) = alerts.preview(company.home, settings())
    assert again.queued and again.html == shown.html


def test_needs_evaluation_until_the_published_snapshot_was_evaluated(tmp_path: Path) -> None:
    company = small(tmp_path)
    assert not alerts.needs_evaluation(company.home)
    company.publish(date(2026, 11, 5))
    assert alerts.needs_evaluation(company.home)
    alerts.evaluate(company.home, settings())
    assert not alerts.needs_evaluation(company.home)
    company.publish(date(2026, 11, 6))
    assert alerts.needs_evaluation(company.home)


def test_nothing_published_is_an_error_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(TallyhouseError, match="tallyhouse run"):
        alerts.evaluate(Company(tmp_path).home, settings())


def test_a_failed_run_is_told_once(tmp_path: Path) -> None:
    home = Company(tmp_path).home
    assert alerts.queue_failure(home, settings(), "run-1", "mailtos://me:hush@host broke") == 1
    assert alerts.queue_failure(home, settings(), "run-1", "something else") == 0
    assert alerts.queue_failure(home, settings(), "run-2", "again") == 1
    first = alerts.pending(home)[0].message
    assert "hush" not in first.text + first.html and "mailtos://****@host broke" in first.text
