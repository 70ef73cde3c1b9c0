"""Each rule of the cover: figures that bear it out, figures that just do not, history missing."""

from datetime import date
from decimal import Decimal

from reports.narrative import cover

D = Decimal

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def text(sentence: object) -> str | None:
    return None if sentence is None else sentence.text  # type: ignore[attr-defined]


class TestNoUsage:
    def test_says_so_for_a_month_with_complete_days_and_no_request(self) -> None:
        assert text(cover.no_usage(0, OCTOBER, date(2026, 10, 31))) == "No usage is on record for October 2026"

    def test_is_silent_from_the_first_request_on(self) -> None:
        assert cover.no_usage(1, OCTOBER, date(2026, 10, 31)) is None

    def test_does_not_speak_of_usage_before_a_day_is_complete(self) -> None:
        assert text(cover.no_usage(0, OCTOBER, None)) == "No day of October 2026 is complete yet"


class TestMovement:
    def test_rise_and_fall_in_per_cent(self) -> None:
        assert text(cover.movement(D(46050), D(41307), "September")) == "Spending rose 11.5% to $46,050"
        assert text(cover.movement(D(90), D(100), "September")) == "Spending fell 10.0% to $90"

    def test_a_change_that_prints_as_nothing_is_no_rise(self) -> None:
        assert text(cover.movement(D(100049), D(100000), "September")) == "Spending held steady at $100,049"
        assert text(cover.movement(D(100050), D(100000), "September")) == "Spending rose 0.1% to $100,050"
        assert text(cover.movement(D(5), D(5), "September")) == "Spending was $5, the same as in September"

    def test_no_history_and_an_empty_month_before_give_no_per_cent(self) -> None:
        assert cover.movement(D(5), None, "September") is None
        assert text(cover.movement(D(5), D(0), "September")) == "Spending was $5, after none in September"

    def test_negative_and_tenfold_amounts_are_told_in_money(self) -> None:
        assert text(cover.movement(D(5), D(-7), "September")) == "Spending went from \N{MINUS SIGN}$7 to $5"
        assert text(cover.movement(D(99), D(10), "September")) == "Spending rose 890.0% to $99"
        assert text(cover.movement(D(100), D(10), "September")) == "Spending rose from $10 to $100"


class TestMovementSoFar:
    UNTIL = date(2026, 11, 14)

    def test_compares_the_same_days(self) -> None:
        expected = "By 14 November spending was $110, 10.0% above the same days of the month before"
        assert text(cover.movement_so_far(D(110), D(100), self.UNTIL)) == expected

    def test_is_silent_when_the_difference_prints_as_nothing(self) -> None:
        assert cover.movement_so_far(D(100049), D(100000), self.UNTIL) is None

    def test_is_silent_without_a_month_before(self) -> None:
        assert cover.movement_so_far(D(110), None, self.UNTIL) is None
        assert cover.movement_so_far(D(110), D(0), self.UNTIL) is None


def test_spending_names_the_day_only_in_an_unfinished_month() -> None:
    assert cover.spending(D(5), OCTOBER, date(2026, 10, 31), True).text == "Spending in October was $5"
    assert cover.spending(D(5), OCTOBER, date(2026, 10, 9), False).text == "Spending was $5 by 9 October"
    assert cover.spending(D(0), OCTOBER, date(2026, 10, 31), True).text == "Spending in October was $0"


class TestBudgetOutcome:
    def test_under_and_over_with_the_printed_distance(self) -> None:
        assert (
            text(cover.budget_outcome(D("46049.98"), D(49500), D(46050), D(49500))) == "and stayed $3,450 under budget"
        )
        assert text(cover.budget_outcome(D("5550.40"), D(5000), D(5550), D(5000))) == "and ended $550 over budget"

    def test_a_cent_over_is_over_though_both_print_alike(self) -> None:
        assert text(cover.budget_outcome(D("5000.01"), D(5000), D(5000), D(5000))) == "and ended just over budget"
        assert text(cover.budget_outcome(D("4999.99"), D(5000), D(5000), D(5000))) == "and stayed just under budget"
        assert text(cover.budget_outcome(D(5000), D(5000), D(5000), D(5000))) == "and matched its budget exactly"

    def test_is_silent_without_a_budget(self) -> None:
        assert cover.budget_outcome(D(5), None, D(5), None) is None


class TestBiggestChanges:
    def test_names_those_that_carry_half_of_the_movement(self) -> None:
        changes = [("A", D(300)), ("B", D(250)), ("C", D(200)), ("D", D(200)), ("E", D(-100))]
        assert text(cover.biggest_changes(changes)) == "A (+$300) and B (+$250) rose most."
        assert text(cover.biggest_changes([("A", D(-300)), ("B", D(100))])) == "A (\N{MINUS SIGN}$300) fell most."

    def test_is_silent_when_two_carry_just_less_than_half(self) -> None:
        changes = [("A", D(25)), ("B", D(24)), ("C", D(18)), ("D", D(17)), ("E", D(16))]
        assert cover.biggest_changes(changes) is None

    def test_is_silent_without_changes(self) -> None:
        assert cover.biggest_changes([]) is None
        assert cover.biggest_changes([("A", D(0)), ("B", D(0))]) is None


class TestOverBudget:
    def test_names_up_to_three(self) -> None:
        assert text(cover.over_budget(["A"], 8, complete=True)) == "One department, A, finished over its budget."
        expected = "Two departments, A and B, are already over their budgets."
        assert text(cover.over_budget(["A", "B"], 8, complete=False)) == expected
        expected = "Four of 8 departments with a budget finished over it."
        assert text(cover.over_budget(list("ABCD"), 8, complete=True)) == expected

    def test_all_within(self) -> None:
        assert text(cover.over_budget([], 8, complete=True)) == "Every department that has a budget stayed within it."

    def test_is_silent_without_budgets(self) -> None:
        assert cover.over_budget([], 0, complete=True) is None


class TestLargestShare:
    def test_one_that_makes_up_half(self) -> None:
        assert text(cover.largest_share(["A", "B"], [D(50), D(50)])) == "B makes up 50% of it."

    def test_is_silent_just_below_half(self) -> None:
        assert cover.largest_share(["A", "B", "C"], [D("49.9"), D(30), D("20.1")]) is None

    def test_is_silent_with_nothing_to_share(self) -> None:
        assert cover.largest_share(["A", "B"], [D(0), D(0)]) is None
        assert cover.largest_share(["A"], [D(5)]) is None


class TestRecordBegins:
    def test_names_the_first_day(self) -> None:
        expected = "Usage is on record from 15 September 2026; September is not a whole month to compare with."
        assert text(cover.record_begins(date(2026, 9, 15))) == expected

    def test_is_silent_when_the_month_before_is_whole_or_missing(self) -> None:
        assert cover.record_begins(None) is None


class TestFirstMonth:
    def test_says_why_nothing_is_compared(self) -> None:
        assert cover.first_month(False, 1) is not None

    def test_is_silent_with_history_or_without_usage(self) -> None:
        assert cover.first_month(True, 1) is None
        assert cover.first_month(False, 0) is None


class TestDaysComplete:
    def test_counts(self) -> None:
        assert text(cover.days_complete(14, 30)) == "14 of 30 days are complete."

    def test_is_silent_at_the_end_and_before_the_first_day(self) -> None:
        assert cover.days_complete(30, 30) is None
        assert cover.days_complete(0, 30) is None


class TestPlainPace:
    def test_is_the_average_day_times_the_days(self) -> None:
        found = text(cover.plain_pace(D(700), 7, 30, D(1)))
        assert found is not None
        assert found.endswith("the month ends at $3,000.")

    def test_not_before_seven_days_nor_in_a_finished_month(self) -> None:
        assert cover.plain_pace(D(600), 6, 30, D(1)) is None
        assert cover.plain_pace(D(700), 30, 30, D(1)) is None

    def test_is_silent_without_spend(self) -> None:
        assert cover.plain_pace(D(0), 10, 30, D(1)) is None


class TestWithoutPrice:
    def test_counts_requests(self) -> None:
        assert text(cover.without_price(1, 10)) == "1 request has no price and is not in these amounts."
        assert text(cover.without_price(1200, 10)) == "1,200 requests have no price and are not in these amounts."

    def test_is_silent_when_all_is_priced(self) -> None:
        assert cover.without_price(0, 0) is None

    def test_tells_tokens_where_nobody_counts_requests(self) -> None:
        assert text(cover.without_price(0, 1500)) == "1.5k tokens have no price and are not in these amounts."
