"""Which days are stale: fingerprints against the published manifest, one fact changed at a time."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from orchestration.landing.receipts import DayPart, FileReceipt, Receipt
from orchestration.marts.day_rates import DayRate, DayRates
from orchestration.marts.manifest import Manifest, PublishedDay, PublishedMonth
from orchestration.marts.plan import Plan, make_plan
from orchestration.reference import FIRST_DAY, Budget, Commitment, FxRate, Member, Rates, day_rows

TODAY = date(2026, 11, 21)
ANN = Member("user", "ann", "Ann", "Core", "Engineering", "CC-1", date.min, date.max)
BUDGET = Budget("b", "organisation", "", "effective_cost", Decimal(100), "USD", "month", (75, 100), date.min, date.max)


def receipt(landing: str, days: dict[str, str], linked: dict[str, str] | None = None) -> Receipt:
    parts = {day: DayPart(rows=1, hash=content) for day, content in days.items()}
    file = FileReceipt(f"inbox/{landing}", landing, 1, len(days), len(days), 0, 0, parts)
    return Receipt(landing, "chat", "events", "UTC", "", (file,), (), (), linked or {}, None, None)


def plan(receipts: list[Receipt], manifest: Manifest | None = None, **changes: object) -> Plan:
    tables = {name: changes.pop(name) for name in ("members",) if name in changes}
    given: dict[str, object] = {
        "rows_in_force": day_rows(**{"members": [ANN], **tables}),  # type: ignore[arg-type]
        "budgets": [BUDGET],
        "newest_book": "book-1",
        "today": TODAY,
        "rebuild": None,
        **changes,
    }
    return make_plan(receipts=receipts, manifest=manifest, **given)  # type: ignore[arg-type]


def published(made: Plan) -> Manifest:
    """The manifest that building this plan would publish."""
    days = {item.day: PublishedDay(item.fingerprint, item.price_version, 1, 0, 1, 0, 0, "0") for item in made.days}
    months = {item.month: PublishedMonth(item.fingerprint, 1, "0") for item in made.months}
    return Manifest("s", "", "UTC", "USD", "", "", days, months, {}, {})


def days(made: Plan) -> list[str]:
    return [item.day.isoformat() for item in made.days]


OLD = [receipt("a", {"2026-10-03": "x", "2026-11-02": "y"})]


def test_everything_is_new_at_first_and_nothing_is_stale_once_published() -> None:
    first = plan(OLD)
    assert days(first) == ["2026-10-03", "2026-11-02"]
    assert plan(OLD, published(first)).is_empty


def test_a_late_file_makes_stale_the_days_it_touches_and_no_others() -> None:
    late = plan([*OLD, receipt("b", {"2026-10-03": "z"})], published(plan(OLD)))
    assert days(late) == ["2026-10-03"]
    assert [item.month for item in late.months] == [date(2026, 10, 1)]


def test_the_same_events_in_another_file_make_nothing_stale() -> None:
    assert plan([*OLD, receipt("renamed", {"2026-10-03": "x"})], published(plan(OLD))).is_empty


def test_a_grown_file_makes_stale_only_the_day_that_grew() -> None:
    grown = receipt("grown", {"2026-10-03": "x", "2026-11-02": "y and more"})
    assert days(plan([*OLD, grown], published(plan(OLD)))) == ["2026-11-02"]


def test_a_day_that_shares_an_event_with_a_late_file_is_built_again_too() -> None:
    late = receipt("b", {"2026-10-01": "z"}, linked={"2026-10-03": "shared"})
    assert days(plan([*OLD, late], published(plan(OLD)))) == ["2026-10-01", "2026-10-03"]


def test_a_new_user_makes_no_old_day_stale() -> None:
    bob = replace(ANN, member="bob", valid_from=date(2026, 11, 1))
    assert days(plan(OLD, published(plan(OLD)), members=[ANN, bob])) == ["2026-11-02"]


def test_no_rate_makes_a_settled_day_stale_and_an_open_one_takes_it() -> None:
    def rates(own: dict[date, DayRate], *table: FxRate) -> DayRates:
        return DayRates(table=Rates(table, "EUR"), own=own, today=TODAY)

    fed = [*OLD, receipt("b", {"2026-11-20": "n"})]
    old = FxRate("USD", date(2026, 1, 1), Decimal("0.92"), "ECB")
    first = plan(fed, rates=rates({}, old))
    own = {item.day: item.rate for item in first.days if item.rate}
    assert {rate.stamp[0] for rate in own.values()} == {"0.92"}
    before = published(first)
    assert plan(fed, before, rates=rates(own, old, replace(old, rate_date=TODAY))).is_empty
    corrected = replace(old, rate=Decimal("0.93"))
    assert [(item.day, item.why) for item in plan(fed, before, rates=rates(own, corrected)).days] == [
        (date(2026, 11, 20), "its exchange rate is another")
    ]
    moved = plan(fed, before, rates=rates(own, corrected), repin={date(2026, 10, 3): "book-1"})
    assert [(item.day.isoformat(), item.why) for item in moved.days] == [
        ("2026-10-03", "repriced"), ("2026-11-20", "its exchange rate is another"),
    ]  # fmt: skip


def test_a_moved_user_makes_stale_the_days_after_the_move() -> None:
    moved = [replace(ANN, valid_to=date(2026, 11, 1)), replace(ANN, department="Sales", valid_from=date(2026, 11, 1))]
    assert days(plan(OLD, published(plan(OLD)), members=moved)) == ["2026-11-02"]


def test_a_new_price_book_moves_no_built_day_and_serves_new_ones() -> None:
    newer = plan([*OLD, receipt("b", {"2026-11-20": "n"})], published(plan(OLD)), newest_book="book-2")
    assert [(item.day.isoformat(), item.price_version) for item in newer.days] == [("2026-11-20", "book-2")]


def test_a_late_row_is_priced_with_the_book_its_day_is_pinned_to() -> None:
    late = plan([*OLD, receipt("b", {"2026-10-03": "z"})], published(plan(OLD)), newest_book="book-2")
    assert [item.price_version for item in late.days] == ["book-1"]


def test_a_day_whose_marts_were_thrown_away_keeps_the_book_it_was_first_built_with() -> None:
    again = plan(OLD, pins={date(2026, 10, 3): "book-1"}, newest_book="book-2")
    assert [item.price_version for item in again.days] == ["book-1", "book-2"]


def test_a_month_between_two_or_over_and_owing_is_built_also_without_usage() -> None:
    made = plan([receipt("a", {"2026-07-30": "x", "2026-09-02": "y"})])
    assert [(item.month.month, item.data_until.isoformat(), item.owed_until.isoformat()) for item in made.months] == [
        (7, "2026-07-31", "2026-07-31"), (8, "2026-08-31", "2026-08-31"), (9, "2026-09-02", "2026-09-30"),
    ]  # fmt: skip
    fee = Commitment("cap", "Capacity", "flat", "azure", (), Decimal(310), "USD", FIRST_DAY, date(2026, 11, 1), "")
    owing = plan([receipt("a", {"2026-07-30": "x"})], divided=[fee])
    assert [item.month.month for item in owing.months] == [7, 8, 9, 10]
    assert {item.fingerprint for item in made.months}.isdisjoint(item.fingerprint for item in owing.months)


def test_a_budget_makes_its_months_stale_and_no_day() -> None:
    other = plan(OLD, published(plan(OLD)), budgets=[replace(BUDGET, amount=Decimal(200))])
    assert days(other) == []
    assert [item.month for item in other.months] == [date(2026, 10, 1), date(2026, 11, 1)]


def test_a_backfill_takes_the_days_asked_for_at_their_pins() -> None:
    asked = plan(OLD, published(plan(OLD)), rebuild=(date(2026, 10, 1), date(2026, 10, 31)), newest_book="book-2")
    assert [(item.day.isoformat(), item.why, item.price_version) for item in asked.days] == [
        ("2026-10-03", "asked for", "book-1")
    ]


def test_rows_of_tomorrow_wait_and_are_counted_as_not_due() -> None:
    early = plan([receipt("a", {"2026-11-22": "x", "2026-11-20": "y"})])
    assert days(early) == ["2026-11-20"]
    assert early.not_due_rows == 1


def test_data_is_complete_until_yesterday_or_the_last_day_with_events() -> None:
    assert plan([receipt("a", {"2026-11-21": "x"})]).data_until == date(2026, 11, 20)
    assert plan([receipt("a", {"2026-11-10": "x"})]).data_until == date(2026, 11, 10)


def test_new_columns_build_every_day_again_at_its_pin() -> None:
    before = replace(published(plan(OLD)), layout=0)
    assert {item.why for item in plan(OLD, before).days} == {"the marts have new columns"}
