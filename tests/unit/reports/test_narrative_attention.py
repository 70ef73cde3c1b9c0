"""Each rule of the attention list: figures that bear it out, figures that just do not, history or budget missing."""

from datetime import date, timedelta
from decimal import Decimal

from reports.narrative import attention
from reports.narrative.sentence import Sentence

D = Decimal

FIRST = date(2026, 10, 1)  # a Thursday


def month(**spikes: str) -> list[tuple[date, D]]:
    """31 days, $100 on weekdays and $40 at weekends, but for the days given as d16="350"."""
    days = [FIRST + timedelta(days=number) for number in range(31)]
    return [(d, D(spikes.get(f"d{d.day}", "40" if d.isoweekday() > 5 else "100"))) for d in days]


class TestOverBudget:
    def test_tells_distance_share_and_day(self) -> None:
        found = attention.over_budget(
            name="Data", spend=D("5550.4"), budget=D(5000), now=D(5550), plan=D(5000), crossed_on=date(2026, 10, 28)
        )
        assert found == Sentence(
            lead="Data is $550 over budget.",
            text="It has spent $5,550 of $5,000, 111%. It passed the budget on 28 October.",
        )

    def test_exactly_the_budget_is_not_over_and_a_cent_more_is(self) -> None:
        same = attention.over_budget(name="A", spend=D(5), budget=D(5), now=D(5), plan=D(5), crossed_on=None)
        cent = attention.over_budget(name="A", spend=D("5.01"), budget=D(5), now=D(5), plan=D(5), crossed_on=None)
        assert same is None
        assert cent is not None
        assert cent.lead == "A is slightly over budget."

    def test_is_silent_without_a_budget(self) -> None:
        assert attention.over_budget(name="A", spend=D(5), budget=None, now=D(5), plan=None, crossed_on=None) is None


class TestMoreOverBudget:
    def test_counts_those_left_out(self) -> None:
        found = attention.more_over_budget(list("ABCDE"), 3)
        assert found is not None
        assert found.lead == "Two more departments are over budget."

    def test_is_silent_when_all_are_listed(self) -> None:
        assert attention.more_over_budget(list("ABC"), 3) is None
        assert attention.more_over_budget([], 0) is None


class TestAheadOfBudget:
    def test_three_quarters_used_in_less_of_the_month(self) -> None:
        found = attention.ahead_of_budget(name="A", spend=D(75), budget=D(100), elapsed=20, days=30)
        assert found == Sentence(lead="A has used 75% of its budget.", text="Ten days are left in the month.")

    def test_is_silent_just_below_or_in_step_with_the_days(self) -> None:
        assert attention.ahead_of_budget(name="A", spend=D("74.9"), budget=D(100), elapsed=20, days=30) is None
        assert attention.ahead_of_budget(name="A", spend=D(80), budget=D(100), elapsed=24, days=30) is None

    def test_is_silent_without_a_budget_and_in_a_finished_month(self) -> None:
        assert attention.ahead_of_budget(name="A", spend=D(80), budget=None, elapsed=20, days=30) is None
        assert attention.ahead_of_budget(name="A", spend=D(80), budget=D(100), elapsed=30, days=30) is None


class TestSpike:
    def test_a_weekday_is_measured_against_the_other_weekdays(self) -> None:
        assert attention.spike(month(d16="350"), D(1)) == Sentence(
            lead="16 October cost 3.5 times a usual day.",
            text="It cost $350; the other weekdays of the month averaged $100.",
        )

    def test_twice_is_a_spike_and_just_less_is_not(self) -> None:
        assert attention.spike(month(d16="200"), D(1)) is not None
        assert attention.spike(month(d16="199.99"), D(1)) is None
        assert attention.spike(month(d17="100"), D(1)) is not None  # a Saturday at weekday cost

    def test_is_silent_with_too_few_days_or_no_spend(self) -> None:
        assert attention.spike(month(d2="900")[:5], D(1)) is None
        assert attention.spike([(d, D(0)) for d, _ in month()], D(1)) is None

    def test_small_change_is_no_spike(self) -> None:
        calm = [(d, D(1000) if d.isoweekday() <= 5 else D("0.50")) for d, _ in month()]
        calm[2] = (calm[2][0], D(3))
        assert attention.spike(calm, D(1)) is None


class TestUnusedBudget:
    def found(self, spend: str, *earlier: str, complete: bool = True, budget: str | None = "100") -> Sentence | None:
        return attention.unused_budget(
            name="A",
            spend=D(spend),
            budget=None if budget is None else D(budget),
            left=100 - D(spend),
            earlier=[D(e) for e in earlier],
            complete=complete,
        )

    def test_counts_the_months_in_a_row(self) -> None:
        assert self.found("78", "0.7", "0.79", "0.8", "0.1") == Sentence(
            lead="A left $22 unused.", text="It used 78% of its budget. It has stayed below 80% for three months."
        )

    def test_eighty_per_cent_is_enough(self) -> None:
        assert self.found("80") is None
        assert self.found("79.99") is not None

    def test_without_earlier_months_it_claims_no_duration(self) -> None:
        only = self.found("78")
        assert only is not None
        assert only.text == "It used 78% of its budget."
        assert self.found("78", budget=None) is None
        assert self.found("78", complete=False) is None


class TestUnpriced:
    def test_names_models_requests_and_tokens(self) -> None:
        found = attention.unpriced(["acme-9"], 1204, 3_400_000)
        assert found is not None
        assert found.text == "1,204 requests of acme-9 (3.4M tokens) are not in any amount; see Charges."

    def test_one_request_counts(self) -> None:
        found = attention.unpriced(["a", "b", "c"], 1, 10)
        assert found is not None
        assert found.text == "1 request of three models (10 tokens) is not in any amount; see Charges."

    def test_is_silent_when_all_is_priced(self) -> None:
        assert attention.unpriced([], 0, 0) is None

    def test_tells_tokens_where_nobody_counts_requests(self) -> None:
        found = attention.unpriced(["acme-9"], 0, 3_400_000)
        assert found is not None
        assert found.text == "3.4M tokens of acme-9 are not in any amount; see Charges."


class TestUntagged:
    def test_gives_its_share(self) -> None:
        assert attention.untagged(D("552.6"), D("46049.5"), D(553)) == Sentence(
            lead="$553 is untagged.", text="1.2% of spend names no department."
        )

    def test_a_share_that_prints_as_nothing_is_told_as_less(self) -> None:
        found = attention.untagged(D(1), D(2001), D(1))
        assert found is not None
        assert found.text == "Less than 0.1% of spend names no department."

    def test_is_silent_at_nothing(self) -> None:
        assert attention.untagged(D("0.4"), D(46050), D(0)) is None


class TestNothing:
    def test_names_what_was_looked_at(self) -> None:
        found = attention.nothing([], budgets=True, departments=True, has_usage=True)
        assert found is not None
        assert found.text == "Checked: budgets, single days and usage without a price or a department."

    def test_is_silent_beside_any_other_item(self) -> None:
        assert attention.nothing([Sentence("x")], budgets=True, departments=True, has_usage=True) is None

    def test_claims_no_check_of_budgets_that_do_not_exist(self) -> None:
        found = attention.nothing([], budgets=False, departments=True, has_usage=True)
        assert found is not None
        assert "budgets" not in found.text
        assert attention.nothing([], budgets=True, departments=True, has_usage=False) is None

    def test_a_department_is_not_told_of_usage_that_its_statement_cannot_see(self) -> None:
        found = attention.nothing([], budgets=True, departments=False, has_usage=True)
        assert found is not None
        assert found.text == "Checked: budgets, single days and usage without a price."
