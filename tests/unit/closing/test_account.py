"""Balances over months: what was issued stays, payments count once, and what changes later is told later."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from orchestration.closing.account import Issued, _first_month, balance_of
from orchestration.closing.book import append
from orchestration.closing.records import Record
from orchestration.home import Home
from orchestration.reference import Payment as Row

D = Decimal
SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)


def paid(name: str, day: date, amount: str) -> Row:
    return Row(name, day, D(amount), "USD", "organisation", "", "", f"bank {name}")


def issued(charged: str, due: str | None, **payments: tuple[date, str]) -> Issued:
    return Issued(D(charged), None if due is None else D(due), {k: (day, D(a)) for k, (day, a) in payments.items()})


def test_balances_begin_with_the_first_month_that_was_ever_closed_also_when_it_is_open_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert _first_month(home, NOVEMBER, {}) == NOVEMBER
    for kind in ("close", "reopen"):
        now = datetime(2026, 11, 3, tzinfo=UTC)
        append(home, [Record(0, kind, "organisation", OCTOBER, 1, "A", "", "", (), {}, "1.00", "")], now=now)
    assert _first_month(home, NOVEMBER, {}) == OCTOBER
    assert _first_month(home, SEPTEMBER, {}) == SEPTEMBER  # nothing is closed: it may be the first


def test_the_first_month_opens_with_nothing() -> None:
    found = balance_of(OCTOBER, [paid("a", date(2026, 10, 14), "30.00")], {}, {})
    assert (found.opening, found.restated, found.closed_until, found.open_months) == (D("0.00"), D("0.00"), None, ())
    assert [(payment.payment_id, payment.amount) for payment in found.payments] == [("a", D("30.00"))]


def test_what_the_statement_before_left_opens_the_next_and_a_late_payment_is_one_of_the_open_month() -> None:
    rows = [
        paid("a", date(2026, 9, 20), "60.00"),
        paid("late", date(2026, 9, 30), "5.00"),  # entered after September was closed
        paid("b", date(2026, 10, 2), "40.00"),
        paid("future", date(2026, 11, 1), "1.00"),
    ]
    found = balance_of(OCTOBER, rows, {SEPTEMBER: issued("100.00", "40.00", a=(date(2026, 9, 20), "60.00"))}, {})
    assert (found.opening, found.restated, found.closed_until) == (D("40.00"), D("0.00"), SEPTEMBER)
    assert [(payment.payment_id, payment.amount) for payment in found.payments] == [
        ("late", D("5.00")),
        ("b", D("40.00")),
    ]


def test_a_restated_month_shows_as_what_it_added_since_the_statement_before() -> None:
    # September was issued anew with 120 after October had been closed with an opening of 100.
    books = {SEPTEMBER: issued("120.00", "120.00"), OCTOBER: issued("50.00", "150.00")}
    found = balance_of(NOVEMBER, [], books, {})
    assert (found.opening, found.restated, found.closed_until) == (D("170.00"), D("20.00"), OCTOBER)


def test_an_open_month_before_counts_as_known_today_with_its_payments() -> None:
    rows = [paid("a", date(2026, 10, 5), "70.00"), paid("b", date(2026, 11, 5), "7.00")]
    found = balance_of(NOVEMBER, rows, {SEPTEMBER: issued("100.00", "100.00")}, {OCTOBER: D("33.00")})
    assert (found.opening, found.closed_until, found.open_months) == (D("63.00"), SEPTEMBER, (OCTOBER,))
    assert found.restated == 0
    assert [payment.payment_id for payment in found.payments] == ["b"]


def test_a_payment_that_was_changed_or_taken_away_after_it_was_counted_is_a_correction() -> None:
    book = issued("100.00", "30.00", a=(date(2026, 9, 20), "60.00"), gone=(date(2026, 9, 21), "10.00"))
    rows = [paid("a", date(2026, 9, 20), "62.50")]
    found = balance_of(OCTOBER, rows, {SEPTEMBER: book}, {})
    assert found.opening == D("30.00")
    assert [(payment.reference, payment.amount) for payment in found.payments] == [
        ("correction of a", D("2.50")),
        ("correction of gone", D("-10.00")),
    ]


def test_a_month_that_is_issued_anew_keeps_its_own_payments_and_leaves_later_months_theirs() -> None:
    rows = [paid("a", date(2026, 9, 20), "60.00"), paid("late", date(2026, 9, 30), "5.00")]
    later = {OCTOBER: issued("50.00", "85.00", late=(date(2026, 9, 30), "5.00"))}
    found = balance_of(SEPTEMBER, rows, later, {})
    assert (found.opening, found.closed_until) == (D("0.00"), None)
    assert [payment.payment_id for payment in found.payments] == ["a"]
