"""A file is its content, an event its id: what comes again counts as a duplicate, what grows is landed anew."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from orchestration.home import Home
from orchestration.landing import pending_files, receipts, redeliveries, totals

from .conftest import Place, event, jsonl

TWO = jsonl(event("a"), event("b"))


def test_the_same_content_under_another_name_lands_nothing(place: Place) -> None:
    place.inbox("app", "x.jsonl", TWO)
    place.land()
    place.inbox("app", "copy.jsonl", TWO)
    report = place.land()
    assert (report.delivered, report.landed, report.duplicates, report.files_redelivered) == (2, 0, 2, 1)
    assert len(place.rows("app")) == 2
    counted = totals(receipts(place.home), redeliveries(place.home))
    assert (counted.delivered, counted.landed, counted.duplicates) == (4, 2, 2)


def test_twins_of_one_run_land_once(place: Place) -> None:
    place.inbox("app", "a.jsonl", TWO)
    place.inbox("app", "b.jsonl", TWO)
    report = place.land()
    assert (report.delivered, report.landed, report.duplicates) == (4, 2, 2)
    assert [again.path for again in redeliveries(place.home)] == ["inbox/app/b.jsonl"]


def test_the_same_content_at_the_same_path_is_the_same_file(place: Place) -> None:
    paths = [place.inbox("app", "x.jsonl", TWO), place.inbox("app", "copy.jsonl", TWO)]
    place.land()
    for stamp in (1, 2):
        for path in paths:
            os.utime(path, ns=(stamp, stamp))
        report = place.land()
        assert (report.delivered, report.duplicates, report.files_redelivered) == (0, 0, 0)
    assert len(redeliveries(place.home)) == 1


def test_a_home_copied_without_its_times_counts_nothing_again(place: Place, tmp_path: Path) -> None:
    place.inbox("app", "x.jsonl", TWO)
    place.inbox("app", "copy.jsonl", TWO)
    place.land()
    root = tmp_path / "copied"
    shutil.copytree(place.home.root, root, copy_function=shutil.copyfile)
    source = place.settings.sources["app"].model_copy(update={"path": root / "inbox" / "app"})
    copied = Place(Home(root), place.settings.model_copy(update={"sources": {"app": source}}))
    for path in source.path.iterdir():
        os.utime(path, ns=(1, 1))
    assert copied.land().delivered == 0
    assert totals(receipts(copied.home), redeliveries(copied.home)).delivered == 4


def test_a_path_whose_content_came_back_counts_nothing_and_another_path_does(place: Place) -> None:
    place.inbox("app", "x.jsonl", TWO)
    place.land()
    place.inbox("app", "x.jsonl", jsonl(event("c")))
    place.land()
    place.inbox("app", "x.jsonl", TWO)
    assert place.land().delivered == 0
    place.inbox("app", "moved.jsonl", TWO)
    assert place.land().duplicates == 2


def test_losing_the_list_of_seen_files_changes_no_count(place: Place) -> None:
    place.inbox("app", "x.jsonl", TWO)
    place.inbox("app", "copy.jsonl", TWO)
    place.land()
    (place.home.landings / "seen.json").unlink()
    assert place.land().delivered == 0
    assert totals(receipts(place.home), redeliveries(place.home)).delivered == 4


def test_two_sources_may_hold_the_same_content(make_place: Callable[..., Place]) -> None:
    place = make_place(one="events", two="events")
    place.inbox("one", "x.jsonl", TWO)
    place.inbox("two", "x.jsonl", TWO)
    assert place.land().landed == 4


def test_a_grown_file_keeps_the_hash_of_its_unchanged_days(place: Place) -> None:
    first, second = event("a", "2026-03-01T10:00:00Z"), event("b", "2026-03-02T10:00:00Z")
    place.inbox("app", "x.jsonl", jsonl(first, second))
    place.land()
    place.inbox("app", "x.jsonl", jsonl(first, second, event("c", "2026-03-02T11:00:00Z")))
    place.land()
    short, long = sorted(
        (receipt.files[0].days for receipt in receipts(place.home)), key=lambda d: d["2026-03-02"].rows
    )
    assert short["2026-03-01"] == long["2026-03-01"]
    assert short["2026-03-02"].hash != long["2026-03-02"].hash


def test_the_hash_of_a_day_depends_on_content_and_not_on_order(make_place: Callable[..., Place], tmp_path) -> None:  # type: ignore[no-untyped-def]
    rows = [event(f"e{number}", output_tokens=number) for number in range(50)]
    hashes = []
    for name, content in (("x", rows), ("y", rows[::-1]), ("z", [*rows[:-1], event("e49", output_tokens=48)])):
        place = make_place(root=tmp_path / name, app="events")
        place.inbox("app", "x.jsonl", jsonl(*content))
        place.land()
        hashes.append(receipts(place.home)[0].files[0].days["2026-03-01"].hash)
    assert hashes[0] == hashes[1] != hashes[2]


def test_days_are_the_organisations(make_place: Callable[..., Place]) -> None:
    place = make_place("Asia/Kathmandu", app="events")  # UTC+05:45
    place.inbox("app", "x.jsonl", jsonl(event("a", "2026-03-01T18:14:59Z"), event("b", "2026-03-01T18:15:00Z")))
    report = place.land()
    assert [day.isoformat() for day in report.days_touched] == ["2026-03-01", "2026-03-02"]


def test_a_late_record_of_an_event_links_to_the_day_it_was_counted_on(place: Place) -> None:
    place.inbox("app", "x.jsonl", jsonl(event("a", "2026-03-05T10:00:00Z"), event("b", "2026-03-06T10:00:00Z")))
    place.land()
    place.inbox("app", "late.jsonl", jsonl(event("a", "2026-03-04T10:00:00Z"), event("c", "2026-03-04T10:00:00Z")))
    report = place.land()
    late = next(receipt for receipt in receipts(place.home) if receipt.files[0].path.endswith("late.jsonl"))
    assert list(late.linked_days) == ["2026-03-05"]
    assert [day.isoformat() for day in report.days_touched] == ["2026-03-04", "2026-03-05"]


def test_a_receipt_says_what_was_landed(place: Place) -> None:
    place.inbox("app", "x.jsonl", jsonl(event("a"), {**event("b", "2026-03-01T11:00:00Z"), "model": None}, "oops"))
    place.land()
    (receipt,) = receipts(place.home)
    (file,) = receipt.files
    assert (file.delivered, file.landed, file.quarantined, file.not_usage) == (3, 2, 1, 0)
    assert set(receipt.models) == {("openai", "gpt-5"), ("openai", None)}
    assert (receipt.first_event_at, receipt.last_event_at) == ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z")
    assert receipt.parts == (f"data/raw/app/utc_date=2026-03-01/{receipt.landing}.parquet",)
    assert receipt.timezone == "Europe/London"


def test_folders_above_a_file_become_columns(make_place: Callable[..., Place]) -> None:
    place = make_place(app={"kind": "events", "folders": ("user_id", "project")})
    place.inbox("app", "ann/blue/x.jsonl", jsonl(event("deep")))
    place.inbox("app", "bob/y.jsonl", jsonl(event("half")))
    place.inbox("app", "z.jsonl", jsonl(event("top")))
    place.land()
    assert place.rows("app", "event_id, folder_user_id, folder_project, folder_team") == [
        ("deep", "ann", "blue", None),
        ("half", "bob", None, None),
        ("top", None, None, None),
    ]


def test_files_of_a_receipt_that_is_gone_are_landed_again(place: Place) -> None:
    first = place.inbox("app", "a.jsonl", jsonl(event("a")))
    place.land()
    twin = place.inbox("app", "b.jsonl", jsonl(event("a")))
    place.inbox("app", "c.jsonl", jsonl(event("c")))
    place.land()
    (receipt,) = [path for path in place.home.landings.glob("app/*.json") if "a.jsonl" in path.read_text()]
    receipt.unlink()
    assert pending_files(place.home, place.settings) == [first, twin]
    assert place.land().landed == 1
    assert place.rows("app") == [("a",), ("c",)]
    assert pending_files(place.home, place.settings) == []
