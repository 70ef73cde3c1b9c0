"""Of a fetched window the newest generation counts: which days, months and rows follow from that."""

from datetime import date

from orchestration.landing.receipts import DayPart, FileReceipt, Receipt
from orchestration.marts.feeds import feeds, superseded_rows
from orchestration.marts.manifest import Manifest, PublishedDay, PublishedMonth
from orchestration.marts.plan import Plan, make_plan

TODAY = date(2026, 11, 21)


def answer(report: str, window: str, number: int, *days: str, content: str = "x") -> FileReceipt:
    parts = {day: DayPart(rows=2, hash=f"{content}{day}") for day in days}
    path = f"data/fetched/vendor/{report}/{window}/{number:06}.jsonl.gz"
    return FileReceipt(path, path, 1, 2 * len(days), 2 * len(days), 0, 0, parts)


def landing(name: str, *files: FileReceipt, kind: str = "openai") -> Receipt:
    return Receipt(name, "vendor", kind, "UTC", "", files, (), (), {}, None, None)


def plan(receipts: list[Receipt], manifest: Manifest | None = None) -> Plan:
    return make_plan(
        receipts=receipts, manifest=manifest, rows_in_force=[], budgets=[], newest_book="book", today=TODAY
    )


def published(made: Plan) -> Manifest:
    days = {item.day: PublishedDay(item.fingerprint, item.price_version, 1, 0, 1, 0, 0, "0") for item in made.days}
    months = {item.month: PublishedMonth(item.fingerprint, 1, "0") for item in made.months}
    return Manifest("s", "", "UTC", "USD", "", "", days, months, {}, {})


FIRST = landing("a", answer("usage", "2026-11-18", 1, "2026-11-18", "2026-11-19"),
                answer("costs", "2026-11-18", 1, "2026-11-18"))  # fmt: skip


def days(made: Plan) -> list[int]:
    return [item.day.day for item in made.days]


def test_the_newest_generation_counts_in_whatever_order_they_were_landed() -> None:
    newer = landing("b", answer("usage", "2026-11-18", 2, "2026-11-18"))
    for receipts in ([FIRST, newer], [newer, FIRST]):
        fed = feeds(receipts)
        assert {(item.receipt.landing, item.number): item.feed for item in fed} == {
            ("a", 0): "superseded", ("a", 1): "costs", ("b", 0): "usage",
        }  # fmt: skip
        assert superseded_rows(fed) == 4


def test_other_windows_reports_and_sources_are_not_superseded() -> None:
    other = landing("b", answer("usage", "2026-11-19", 2, "2026-11-19"), answer("costs", "2026-11-19", 3))
    assert {item.feed for item in feeds([FIRST, other])} == {"usage", "costs"}


def test_files_that_were_dropped_are_usage_whatever_they_are_called() -> None:
    dropped = landing("b", answer("costs", "2026-11-18", 7, "2026-11-18"), kind="events")
    assert [item.feed for item in feeds([dropped])] == ["usage"]


def test_a_replaced_generation_rebuilds_the_days_whose_rows_changed() -> None:
    before = published(plan([FIRST]))
    newer = answer("usage", "2026-11-18", 2, "2026-11-18", "2026-11-19")
    changed = DayPart(rows=2, hash="other")
    newer.days["2026-11-19"] = changed
    assert days(plan([FIRST, landing("b", newer)], before)) == [19]


def test_a_window_that_became_empty_rebuilds_its_days_once() -> None:
    receipts = [FIRST, landing("b", answer("usage", "2026-11-18", 2))]
    emptied = plan(receipts, published(plan([FIRST])))
    assert days(emptied) == [18, 19]
    assert emptied.superseded_rows == 4
    assert plan(receipts, published(emptied)).is_empty


def test_a_changed_cost_report_makes_its_month_stale_and_no_day() -> None:
    before = published(plan([FIRST]))
    for newer in (answer("costs", "2026-11-18", 2, "2026-11-18", content="y"), answer("costs", "2026-11-18", 2)):
        changed = plan([FIRST, landing("b", newer)], before)
        assert (days(changed), [item.month for item in changed.months]) == ([], [date(2026, 11, 1)])


def test_a_cost_report_alone_makes_a_month_and_its_last_row_going_empties_it() -> None:
    only = landing("a", answer("costs", "2026-10-05", 1, "2026-10-05"))
    first = plan([only])
    assert (days(first), [item.month for item in first.months]) == ([], [date(2026, 10, 1)])
    gone = plan([only, landing("b", answer("costs", "2026-10-05", 2))], published(first))
    assert [item.month for item in gone.months] == [date(2026, 10, 1)]
    assert plan([only, landing("b", answer("costs", "2026-10-05", 2))], published(gone)).is_empty


def test_a_cost_report_of_a_date_that_has_not_begun_at_home_waits() -> None:
    early = plan([landing("a", answer("costs", "2026-11-22", 1, "2026-11-21"))])
    assert (early.is_empty, early.not_due_rows) == (True, 2)
