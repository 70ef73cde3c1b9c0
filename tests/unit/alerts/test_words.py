"""Every sentence of a message is true of its figures, at the edges above all."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from reports.messages import BudgetFacts, Cause, Causes, Crossing, Withdrawal, words

FACTS = BudgetFacts(
    organisation="Halden Group plc",
    scope_type="department",
    scope="Data & Analytics",
    budget_id="data-analytics",
    measure="effective_cost",
    month=date(2026, 11, 1),
    amount=Decimal("1000.00"),
    actual=Decimal("800"),
    data_until=date(2026, 11, 20),
    days_elapsed=20,
    requests=100,
    unpriced_requests=0,
    unpriced_models=(),
    crossings=(Crossing(75, date(2026, 11, 19)),),
    causes=(),
    today=date(2026, 11, 21),
)


def at(actual: str, **changes: object) -> BudgetFacts:
    return replace(FACTS, actual=Decimal(actual), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("actual", "share"),
    [
        ("750", "75%"),
        ("927.9", "92.8%"),
        ("999.99", "99.9%"),
        ("1000", "100%"),
        ("1000.01", "100%"),
        ("1036.1", "103.6%"),
        ("1119.99", "111.9%"),
        ("12000", "1,200%"),
    ],
)
def test_the_headline_has_one_decimal_and_never_rounds_up_to_a_whole_percent(actual: str, share: str) -> None:
    assert words.headline(at(actual)) == f"Data & Analytics has used {share} of its November budget"


def test_a_budget_of_zero_has_no_share() -> None:
    facts = at("12", amount=Decimal(0), crossings=(Crossing(100, date(2026, 11, 2)),))
    assert words.headline(facts) == "Data & Analytics has spent $12.00 against a November budget of zero"
    assert words.position(facts) == "$12.00 is spent, $12.00 more than the $0.00 budgeted."
    pace = words.pace(facts)
    assert pace is not None and "%" not in pace and "$18.00" in pace


def test_an_organisation_is_called_by_its_name() -> None:
    assert words.headline(at("900", scope_type="organisation", scope="")).startswith("Halden Group plc has used 90%")


def test_what_is_spent_and_what_is_left_come_to_the_budget_as_printed() -> None:
    assert "$999.98 of $1,000.00 is spent; $0.02 is left for the 10 days after 20 November." in words.position(
        at("999.981")
    )
    assert words.bar_labels(at("999.981")) == ("$999.98 spent", "$0.02 left")
    assert "less than $0.01 is left" in words.position(at("999.995"))


def test_exactly_spent_is_neither_left_nor_exceeded() -> None:
    sentence = words.position(at("1000", crossings=(Crossing(100, date(2026, 11, 20)),)))
    assert sentence == "All of the $1,000.00 is spent. The whole budget was reached on 20 November."


def test_exceeded_without_a_threshold_of_100_names_no_day() -> None:
    sentence = words.position(
        at("1240", crossings=(Crossing(80, date(2026, 11, 10)), Crossing(120, date(2026, 11, 20))))
    )
    assert sentence == "$1,240.00 is spent, $240.00 more than the $1,000.00 budgeted."


def test_pace_names_the_day_on_which_the_budget_runs_out() -> None:
    # 40 a day, 200 left: five more days.
    assert words.pace(at("800")) == (
        "At the average so far ($40.00 a day over 20 complete days) the budget runs out on about 25 November."
    )


def test_pace_that_lasts_the_month_says_so_up_to_the_last_cent() -> None:
    lasting = at("1000", amount=Decimal("1500.00"))
    assert "lasts the month, which would end at $1,500.00" not in (words.pace(lasting) or "")
    assert "runs out on about 30 November" in (words.pace(lasting) or "")
    lasting = at("1000", amount=Decimal("1500.01"))
    assert "the budget lasts the month, which would end at $1,500.00." in (words.pace(lasting) or "")


def test_pace_does_not_put_a_past_day_into_the_future() -> None:
    stale = at("960", data_until=date(2026, 11, 16), days_elapsed=16)
    assert "was used up on about 17 November, which these figures do not cover yet." in (words.pace(stale) or "")
    assert "runs out today, 21 November." in (words.pace(at("960")) or "")


def test_no_pace_before_the_first_complete_day_without_spend_and_after_the_last() -> None:
    assert words.pace(at("800", days_elapsed=0)) is None
    assert words.pace(at("0")) is None
    assert words.pace(at("800", data_until=date(2026, 11, 30), days_elapsed=30)) is None


def test_the_first_day_is_called_a_short_time() -> None:
    first = at("800", data_until=date(2026, 11, 1), days_elapsed=1, today=date(2026, 11, 2))
    assert words.pace(first) == (
        "At the average so far ($800.00 a day over 1 complete day) the budget runs out today, 2 November. "
        "That is a short time to judge by."
    )
    assert "short time" in (words.pace(at("800", days_elapsed=6)) or "")
    assert "short time" not in (words.pace(at("800", days_elapsed=7)) or "")


def test_the_daily_allowance_is_not_more_than_what_is_left() -> None:
    steps = words.actions(at("900.005", data_until=date(2026, 11, 27), days_elapsed=27))
    assert any("the remaining 3 days may cost at most $33.33 a day on average" in step for step in steps)
    last = words.actions(at("900", data_until=date(2026, 11, 29), days_elapsed=29))
    assert any("the remaining day may cost at most $100.00; so far a day cost $31.03." in step for step in last)
    assert not any("remaining" in step for step in words.actions(at("900", data_until=date(2026, 11, 30))))


def test_advice_begins_with_the_largest_project_or_says_that_it_has_no_name() -> None:
    named = Causes("project", (Cause("atlas", Decimal(600)), Cause("", Decimal(200))), 0, Decimal(0))
    assert words.actions(at("800", causes=(named,)))[0] == (
        "Begin with atlas: it is the largest project, 75% of the spend."
    )
    unnamed = Causes("project", (Cause("", Decimal(600)), Cause("atlas", Decimal(200))), 0, Decimal(0))
    assert words.actions(at("800", causes=(unnamed,)))[0].startswith("Tag the usage that names no project")


def test_unpriced_requests_are_named_and_asked_of_whom_can_price_them() -> None:
    assert words.unpriced(FACTS) is None
    some = at("800", unpriced_requests=7, unpriced_models=("a", "b", "c", "d", "e"))
    assert words.unpriced(some) == (
        "7 of 100 requests (7%) could not be priced (a, b, c and 2 more) and are missing from these amounts: "
        "the true cost may be higher."
    )
    assert not any("price_overrides" in step for step in words.actions(some))
    whole = replace(some, scope_type="organisation", scope="")
    assert any("price_overrides" in step for step in words.actions(whole))


def test_unpriced_usage_of_which_nobody_counts_the_requests_is_told_in_tokens() -> None:
    report = at("800", uncounted_unpriced_tokens=1_200_000, unpriced_models=("a",), scope_type="organisation", scope="")
    assert words.unpriced(report) == (
        "1,200,000 tokens of which the requests are not counted could not be priced (a) and are missing from these "
        "amounts: the true cost may be higher."
    )
    assert any("price_overrides" in step for step in words.actions(report))
    both = words.unpriced(replace(report, unpriced_requests=7))
    assert both is not None and both.startswith("7 of 100 requests (7%) and 1,200,000 tokens of which")


def test_a_share_is_never_nothing_or_all_when_it_is_not() -> None:
    assert words.share(Decimal("0.001"), Decimal(100)) == "<1%"
    assert words.share(Decimal("99.9"), Decimal(100)) == "99%"
    assert words.share(Decimal(100), Decimal(100)) == "100%"
    assert words.share(Decimal(0), Decimal(0)) == "-"


def test_an_unknown_measure_raises() -> None:
    with pytest.raises(KeyError):
        words.coverage(replace(FACTS, measure="tokens"))


def test_a_correction_says_what_was_reported_and_what_holds() -> None:
    facts = at("700", crossings=())
    gone = Withdrawal(75, Decimal("760.50"), date(2026, 11, 15))
    assert words.withdrawn_headline(facts, gone) == ("Correction: Data & Analytics is below 75% of its November budget")
    assert words.withdrawn_position(facts, gone) == (
        "On 15 November the 75% threshold was found to be crossed, at $760.50. The figures "
        "have been restated since: spend is $700.00, 70% of $1,000.00."
    )
