"""What a change makes the main job do again, and that it does nothing else again."""

import shutil
from datetime import date
from decimal import Decimal

from orchestration.home import Home
from tests.support.homes import (
    UNTIL,
    backfill_job,
    json_lines,
    main_job,
    read_table,
    tree,
    write_json_lines,
    write_table,
)
from tests.support.published import (
    LATER,
    NEXT_DAY,
    again,
    change_budget,
    column_of,
    gateway_file,
    join,
    messages,
    only_these_changed,
    published_now,
    use_of,
)


def test_a_late_file_rebuilds_exactly_the_days_it_touches(home: Home) -> None:
    before, mailed = published_now(home), messages(home)
    day, other = date(2026, 11, 5), date(2026, 11, 12)
    rows = [json_lines(gateway_file(home, each))[0] for each in (day, other)]
    late = [again(row, request_id=f"late-{number}") for number, row in enumerate(rows)]
    write_json_lines(gateway_file(home, UNTIL, "-late"), late)
    summary = main_job(home).done
    after = published_now(home)
    assert set(summary.days_built) == {day, other} and set(summary.months_built) == {date(2026, 11, 1)}
    only_these_changed(before, after, {day, other}, {date(2026, 11, 1)})
    assert [after.requests(each) - before.requests(each) for each in (day, other)] == [1, 1]
    assert after.total == before.total + 2
    assert summary.files == () and mailed.items() <= messages(home).items()


def test_an_event_that_a_late_file_dates_earlier_moves_to_that_day_and_counts_once(home: Home) -> None:
    before = published_now(home)
    early, late = date(2026, 11, 6), date(2026, 11, 13)
    row = json_lines(gateway_file(home, late))[0]
    stamp = json_lines(gateway_file(home, early))[0]["startTime"]
    write_json_lines(gateway_file(home, UNTIL, "-late"), [again(row, startTime=stamp)])
    main_job(home)
    after = published_now(home)
    only_these_changed(before, after, {early, late}, {date(2026, 11, 1)})
    assert after.requests(early) == before.requests(early) + 1
    assert after.requests(late) == before.requests(late) - 1
    assert after.manifest.conservation["duplicates"] == before.manifest.conservation["duplicates"] + 1
    # Each of the two days still knows of the other when it is built alone.
    for day in (early, late):
        backfill_job(home, day, day)
        alone = published_now(home)
        assert [alone.requests(each) for each in (early, late)] == [after.requests(each) for each in (early, late)]


def test_a_file_sent_again_and_a_renamed_file_change_nothing_but_the_count_of_duplicates(home: Home) -> None:
    before, mailed = published_now(home), messages(home)
    day = gateway_file(home, date(2026, 11, 12))
    shutil.copyfile(day, day.with_name("copy of it.jsonl"))
    renamed = gateway_file(home, date(2026, 11, 11))
    renamed.rename(renamed.with_name("another name.jsonl"))
    sent = len(json_lines(day)) + len(json_lines(renamed.with_name("another name.jsonl")))
    summary = main_job(home).done
    after = published_now(home)
    assert summary.landing is not None and (summary.landing.landed, summary.landing.duplicates) == (0, sent)
    assert summary.days_built == summary.months_built == () and messages(home) == mailed
    only_these_changed(before, after, set(), set())
    assert main_job(home).summary is None


def test_the_account_of_rows_includes_what_changed_no_day(home: Home) -> None:
    before = published_now(home).manifest.conservation
    day = gateway_file(home, date(2026, 11, 12))
    shutil.copyfile(day, day.with_name("copy of it.jsonl"))
    (day.with_name("torn.jsonl")).write_text('{"request_id": "half a l\n')
    shown = main_job(home).done.conservation
    rows = len(json_lines(day))
    assert shown["delivered"] == before["delivered"] + rows + 1
    assert shown["duplicates"] == before["duplicates"] + rows
    assert shown["quarantined"] == before["quarantined"] + 1
    assert shown["counted"] == before["counted"]


def test_a_grown_file_counts_once(home: Home) -> None:
    before = published_now(home)
    day = date(2026, 11, 12)
    rows = json_lines(gateway_file(home, day))
    write_json_lines(gateway_file(home, day), [*rows, again(rows[0], request_id="new-1")])
    main_job(home)
    after = published_now(home)
    only_these_changed(before, after, {day}, {date(2026, 11, 1)})
    assert after.requests(day) == before.requests(day) + 1
    assert after.manifest.conservation["duplicates"] == before.manifest.conservation["duplicates"] + len(rows)


def test_a_new_user_rebuilds_no_day_before_the_first(home: Home) -> None:
    before, first = published_now(home), date(2026, 11, 21)
    organisation = (home.reference / "organisation.csv").read_bytes()
    join(home, "new.comer", first)
    assert main_job(home).summary is None
    write_json_lines(gateway_file(home, first), [use_of(home, "new.comer")])
    assert main_job(home, NEXT_DAY).done.days_built == (first,)
    only_these_changed(before, published_now(home), {first}, {date(2026, 11, 1)})
    assert column_of(home, "department", first) == {"Sales Operations"}
    # One who came a day earlier makes that day stale, and nothing before it.
    (home.reference / "organisation.csv").write_bytes(organisation)
    join(home, "new.comer", UNTIL)
    assert main_job(home, NEXT_DAY).done.days_built == (UNTIL,)


def test_a_changed_budget_rebuilds_no_day_and_arms_again(home: Home) -> None:
    before, mailed = published_now(home), messages(home)
    change_budget(home)
    summary = main_job(home).done
    after = published_now(home)
    assert summary.days_built == () and summary.months_built == (date(2026, 11, 1),)
    only_these_changed(before, after, set(), {date(2026, 11, 1)})
    assert summary.files == ()
    (new,) = messages(home).keys() - mailed.keys()
    assert new.startswith("sales-operations-has-used-")
    assert {name: messages(home)[name] for name in mailed} == mailed
    assert main_job(home, LATER).summary is None


def test_a_changed_address_arms_nothing(home: Home) -> None:
    before, mailed = tree(home.marts), messages(home)
    rows = read_table(home, "departments.csv")
    write_table(home, "departments.csv", [{**row, "owner_email": "somebody@halden.example"} for row in rows])
    assert main_job(home).summary is None
    assert (tree(home.marts), messages(home)) == (before, mailed)
    # Neither when the snapshot is evaluated again because of something else.
    write_json_lines(
        gateway_file(home, UNTIL, "-late"), [again(json_lines(gateway_file(home, UNTIL))[0], request_id="late-1")]
    )
    main_job(home)
    assert messages(home) == mailed


def test_a_changed_cost_centre_of_a_department_reaches_the_figures(home: Home) -> None:
    """Members without a cost centre of their own take their department's."""
    before, first = published_now(home), date(2026, 11, 21)
    join(home, "new.comer", first, cost_centre="")
    write_json_lines(gateway_file(home, first), [use_of(home, "new.comer")])
    main_job(home, NEXT_DAY)
    assert column_of(home, "cost_centre", first) == {"CC-3100"}
    rows = read_table(home, "departments.csv")
    (sales,) = (row for row in rows if row["department"] == "Sales Operations")
    rest = [row for row in rows if row is not sales]
    parts = [{**sales, "valid_to": str(first)}, {**sales, "valid_from": str(first), "cost_centre": "CC-0001"}]
    write_table(home, "departments.csv", [*rest, *parts])
    assert main_job(home, NEXT_DAY).done.days_built == (first,)
    assert column_of(home, "cost_centre", first) == {"CC-0001"}
    only_these_changed(before, published_now(home), {first}, {date(2026, 11, 1)})


def test_a_new_price_moves_no_day_that_has_one(home: Home) -> None:
    before, mailed = published_now(home), messages(home)
    old = {day.price_version for day in before.manifest.days.values()}
    first = date(2026, 11, 21)
    rows = [json_lines(gateway_file(home, date(2026, 11, 12)))[0], json_lines(gateway_file(home, UNTIL))[0]]
    model, seller = rows[1]["model"], rows[1]["custom_llm_provider"]
    row = dict.fromkeys(read_table(home, "price_overrides.csv")[0], "")
    row |= {"provider": seller, "model": model, "input_mtok": "1000", "output_mtok": "1000"}
    write_table(home, "price_overrides.csv", [*read_table(home, "price_overrides.csv"), row])
    main_job(home)
    only_these_changed(before, published_now(home), set(), set())
    # A late row of an old day takes that day's old price; a new day takes the new one.
    late = again(rows[1], request_id="late-1")
    write_json_lines(gateway_file(home, UNTIL, "-late"), [late])
    write_json_lines(gateway_file(home, first), [again(late, request_id="late-2", startTime="2026-11-21T10:00:00Z")])
    main_job(home, NEXT_DAY)
    after = published_now(home)
    only_these_changed(before, after, {UNTIL, first}, {date(2026, 11, 1)})
    assert {after.manifest.days[UNTIL].price_version} == old
    assert after.manifest.days[first].price_version not in old
    tokens = late["prompt_tokens"] + late["completion_tokens"]
    assert Decimal(after.manifest.days[first].spend) == Decimal(tokens) / 1000
    grown = Decimal(after.manifest.days[UNTIL].spend) - Decimal(before.manifest.days[UNTIL].spend)
    assert grown == Decimal(str(late["spend"]))
    assert mailed.items() <= messages(home).items()
