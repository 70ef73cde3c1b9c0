"""Rules of the inner pages: figures that bear them out, figures that just do not, history or budget missing."""

from datetime import date, timedelta
from decimal import Decimal

from reports.narrative import charges, course, departments

D = Decimal

FIRST = date(2026, 10, 1)


def text(sentence: object) -> str | None:
    return None if sentence is None else sentence.text  # type: ignore[attr-defined]


class TestAgainstPace:
    def test_within_all_month(self) -> None:
        assert text(course.against_pace([D(10), D(20), D(30)], D(30), 3)) == (
            "Spending stayed within an even pace of the budget all month"
        )

    def test_one_day_a_cent_ahead_is_told(self) -> None:
        assert text(course.against_pace([D("10.01"), D(20), D(30)], D(30), 3)) == (
            "Spending was ahead of an even budget pace on one day and ended within the budget"
        )
        assert text(course.against_pace([D(9), D(20), D("30.01")], D(30), 3)) == (
            "Spending was ahead of an even budget pace on one day and ended over the budget"
        )
        assert text(course.against_pace([D(11), D(21), D(31)], D(30), 3)) == (
            "Spending was ahead of an even pace of the budget all month"
        )

    def test_an_unfinished_month_ends_nowhere(self) -> None:
        assert text(course.against_pace([D(11), D(19)], D(30), 3)) == (
            "Spending was ahead of an even budget pace on one day and now stands below it"
        )
        assert text(course.against_pace([D(9)], D(30), 3)) == "Spending stayed within an even pace of the budget so far"

    def test_is_silent_without_a_budget_or_a_day(self) -> None:
        assert course.against_pace([D(1)], None, 31) is None
        assert course.against_pace([], D(30), 31) is None


class TestAgainstBefore:
    def test_more_or_less(self) -> None:
        assert text(course.against_before(D(5), D(4), "September")) == "The days cost $1 more than September"

    def test_the_same_is_neither(self) -> None:
        assert text(course.against_before(D(5), D(5), "September")) == "The days cost as much as those of September"

    def test_is_silent_without_history(self) -> None:
        assert course.against_before(D(5), None, "September") is None


class TestAverageDay:
    def test_divides_by_complete_days(self) -> None:
        assert text(course.average_day(D(310), 31, D(1))) == "An average day cost $10"

    def test_is_silent_before_the_first(self) -> None:
        assert course.average_day(D(0), 0, D(1)) is None


class TestDearestDay:
    def test_names_it_beside_the_average(self) -> None:
        days = [(FIRST, D(10)), (FIRST + timedelta(days=1), D(30))]
        assert (
            text(course.dearest_day(days, D(1))) == "The dearest day was 2 October with $30; an average day cost $20."
        )

    def test_is_silent_when_two_days_print_alike(self) -> None:
        days = [(FIRST, D("30.1")), (FIRST + timedelta(days=1), D("30.2"))]
        assert course.dearest_day(days, D(1)) is None

    def test_is_silent_on_one_day_or_no_spend(self) -> None:
        assert course.dearest_day([(FIRST, D(10))], D(1)) is None
        assert course.dearest_day([(FIRST, D(0)), (FIRST + timedelta(days=1), D(0))], D(1)) is None


class TestWeekends:
    def days(self, weekend: str, number: int = 14) -> list[tuple[date, D]]:
        dates = [FIRST + timedelta(days=n) for n in range(number)]
        return [(d, D(weekend) if d.isoweekday() > 5 else D(100)) for d in dates]

    def test_a_quarter_less_is_told(self) -> None:
        assert text(course.weekends(self.days("75"), D(1))) == "A weekend day cost $75 on average, a weekday $100."

    def test_a_little_less_is_not(self) -> None:
        assert course.weekends(self.days("75.01"), D(1)) is None

    def test_is_silent_in_the_first_days(self) -> None:
        assert course.weekends(self.days("10", number=3), D(1)) is None


class TestWholeChange:
    def test_more_less_and_the_same(self) -> None:
        assert text(course.whole_change(D(-3), date(2026, 9, 1))) == "In total $3 less than in September."
        assert text(course.whole_change(D(0), date(2026, 9, 1))) == "In total spend is the same as in September."

    def test_is_silent_without_history(self) -> None:
        assert course.whole_change(None, date(2026, 9, 1)) is None


class TestOverAndWithin:
    def test_one_over(self) -> None:
        assert text(departments.over_and_within([("Data", D(550))], 8, complete=True)) == (
            "Data exceeded its budget by $550; the other seven stayed within theirs"
        )
        assert text(departments.over_and_within([("A", D(5)), ("B", D(1))], 3, complete=True)) == (
            "A and B exceeded their budgets; the other one stayed within its own"
        )

    def test_none_over_and_all_over(self) -> None:
        assert text(departments.over_and_within([], 8, complete=True)) == (
            "All eight departments with a budget stayed within it"
        )
        assert text(departments.over_and_within([("A", D(0))], 1, complete=True)) == "A just exceeded its budget"

    def test_is_silent_without_budgets(self) -> None:
        assert departments.over_and_within([], 0, complete=True) is None


class TestLeading:
    def test_two_that_make_up_half(self) -> None:
        assert text(departments.leading(list("ABCD"), [D(30), D(27), D(23), D(20)], D(100))) == (
            "A and B make up 57% of spend."
        )
        assert (
            text(departments.leading(list("ABCD"), [D(50), D(27), D(13), D(10)], D(100))) == "A makes up 50% of spend."
        )

    def test_is_silent_when_they_make_up_just_less(self) -> None:
        assert departments.leading(list("ABCDE"), [D(25), D("24.9"), D(20), D(20), D("10.1")], D(100)) is None

    def test_is_silent_about_few_or_nothing(self) -> None:
        assert departments.leading(list("ABC"), [D(60), D(30), D(10)], D(100)) is None
        assert departments.leading([], [], D(0)) is None


class TestDearest:
    def test_amount_and_share(self) -> None:
        assert text(departments.dearest("P", D(43), D(100), D(43))) == "P cost most: $43, 43% of spend"
        assert text(departments.dearest("P", D(100), D(100), D(100))) == "All spend is P’s"

    def test_what_names_no_project_is_no_project(self) -> None:
        assert text(departments.dearest("", D(100), D(100), D(100))) == "All spend names no project"
        assert text(departments.dearest("", D(43), D(100), D(43))) == (
            "The largest part names no project: $43, 43% of spend"
        )

    def test_the_share_is_that_of_the_exact_amounts(self) -> None:
        # $931 of $1,400 would be 66.5%, and the charges page, in cents, has 66%.
        found = departments.dearest("P", D("931.10"), D("1400.30"), D(931))
        assert text(found) == "P cost most: $931, 66% of spend"

    def test_is_silent_without_spend(self) -> None:
        assert departments.dearest("P", D(0), D(0), D(0)) is None


def test_how_many_counts_and_is_silent_at_none() -> None:
    assert text(departments.how_many(3, "projects")) == "Three projects had usage"
    assert text(departments.how_many(1, "projects")) == "One project had usage"
    assert departments.how_many(0, "projects") is None
    assert text(departments.how_many(2, "departments", all_priced=False)) == "Two departments had priced usage"


def test_where_no_item_has_spend_nothing_is_called_one() -> None:
    assert text(departments.no_item("departments", has_usage=True, untagged=D(3))) == (
        "All spend is untagged: it names no department"
    )
    assert (
        text(departments.no_item("departments", has_usage=True, untagged=D(0))) == "No usage of the month has a price"
    )
    assert text(departments.no_item("projects", has_usage=False, untagged=D(0))) == "No projects had usage"


def test_budgets_that_add_up_need_no_note() -> None:
    assert text(departments.budgets_add_up([D(5), D(6)], D(12))) == (
        "The departments’ budgets add up to $11; the last line is the organisation’s own budget."
    )
    assert departments.budgets_add_up([D(5), D(6)], D(11)) is None
    assert departments.budgets_add_up([D(5), D(6)], None) is None


def test_untagged_note_only_when_there_is_untagged_spend() -> None:
    assert departments.untagged_note(D(1)) is not None
    assert departments.untagged_note(D(0)) is None
    assert departments.untagged_note(None) is None
    divided = departments.untagged_note(D(1), divided=True)
    assert divided is not None and "not allocated" not in divided.text


def test_charge_of_an_unfinished_month_is_to_date() -> None:
    assert charges.charge(D("46049.98"), FIRST, True).text == "Charge for October 2026: $46,049.98"
    assert charges.charge(D("-0.50"), FIRST, False).text == "Charge for October 2026 to date: \N{MINUS SIGN}$0.50"


class TestDearestProvider:
    def test_shares_that_differ_by_five_points(self) -> None:
        assert text(charges.dearest_provider("Anthropic", D(50), D(100), 17, 100)) == (
            "Anthropic accounts for 50% of cost on 17% of priced tokens."
        )
        assert charges.dearest_provider("Anthropic", D(50), D(100), 45, 100) is not None

    def test_is_silent_when_they_are_close(self) -> None:
        assert charges.dearest_provider("Anthropic", D(50), D(100), 46, 100) is None

    def test_is_silent_without_a_second_provider_or_spend(self) -> None:
        assert charges.dearest_provider("Anthropic", D(100), D(100), 1, 100) is None
        assert charges.dearest_provider(None, D(0), D(0), 0, 0) is None


def test_cut_names_the_attachment_only_when_lines_are_left_out() -> None:
    assert text(charges.cut(1234, 500, "organisation.csv")) == (
        "The 500 dearest of 1,234 lines are printed and the rest is summed up by department; "
        "all lines are in the attached organisation.csv."
    )
    assert charges.cut(500, 500, "organisation.csv") is None


def test_unpriced_footnote_lists_model_requests_and_tokens() -> None:
    found = charges.unpriced_footnote("acme-9", "Acme", 1, 12_000)
    assert found is not None
    assert (found.lead, found.text) == ("acme-9", "Acme, 1 request, 12.0k tokens")
    assert charges.unpriced_footnote("acme-9", "Acme", 0, 0) is None
    near = charges.unpriced_footnote("acme-9", "Acme", 2, 12_000, "acme/acme-8, acme/acme-7")
    assert near is not None
    assert near.text == "Acme, 2 requests, 12.0k tokens; known names near it: acme/acme-8, acme/acme-7"
    uncounted = charges.unpriced_footnote("acme-9", "Acme", 0, 12_000)
    assert uncounted is not None and uncounted.text == "Acme, 12.0k tokens"
