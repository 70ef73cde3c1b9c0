"""Paging to the last partial page, through throttling, failures, repetition and kills."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from tests.unit.fetching.fetched_home import NOW, QUICK, VARIABLE, Fetching, completions

HOURS = [f"2026-11-{day}T{hour:02}:00:00+00:00" for day in (19, 20, 21) for hour in range(24)]


def fill(fetching: Fetching) -> None:
    for number, hour in enumerate(HOURS):
        fetching.provider.put("usage", hour, completions(num_model_requests=number + 1))
    fetching.provider.put("costs", "2026-11-20T00:00:00+00:00", {"amount": {"value": 0.06, "currency": "usd"}})


def numbers(fetching: Fetching) -> list[int]:
    files = [name for name in fetching.files() if "/usage/" in name]
    return [row["result"]["num_model_requests"] for name in files for row in fetching.rows(name)]


@pytest.mark.parametrize("page_buckets", [1, 7, 24, 71, 72, 1000])
def test_every_bucket_arrives_once_whatever_the_size_of_a_page(fetching: Fetching, page_buckets: int) -> None:
    fill(fetching)
    fetching.provider.page_buckets = page_buckets
    done = fetching.one()
    assert numbers(fetching) == list(range(1, 73))
    assert (done.windows, done.generations, done.rows, done.repeated) == (6, 6, 73, 0)


@pytest.mark.parametrize("strict_end", [True, False])
@pytest.mark.parametrize("page_buckets", [7, 1000])
def test_the_last_bucket_arrives_whether_or_not_anthropics_end_is_one_of_them(
    fetching: Fetching, strict_end: bool, page_buckets: int
) -> None:
    fetching.provider.strict_end, fetching.provider.page_buckets = strict_end, page_buckets
    for number, hour in enumerate([*HOURS, "2026-11-22T00:00:00+00:00"]):
        fetching.provider.put("usage", hour, {"model": "claude-sonnet-4-5", "output_tokens": number + 1})
    for day in (19, 20, 21, 22):
        fetching.provider.put("costs", f"2026-11-{day}T00:00:00+00:00", {"amount": f"{day}.5", "currency": "USD"})
    done = fetching.one(kind="anthropic")
    found = {kind: [row for name in fetching.files() if f"/{kind}/" in name for row in fetching.rows(name)]
             for kind in ("usage", "costs")}  # fmt: skip
    assert [row["result"]["output_tokens"] for row in found["usage"]] == list(range(1, 73))
    assert [row["result"]["amount"] for row in found["costs"]] == ["19.5", "20.5", "21.5"]
    assert (done.windows, done.rows, done.repeated) == (6, 75, 0)


def test_anthropics_answer_holds_the_days_and_one_bucket_more(fetching: Fetching) -> None:
    fetching.one(kind="anthropic", since=date(2026, 11, 1))
    assert {asked["limit"] for asked in fetching.provider.asked("usage")} == {"168"}
    assert all("page" not in asked for _, asked in fetching.provider.seen)
    hours = [datetime.fromisoformat(asked["ending_at"]) for asked in fetching.provider.asked("usage")]
    assert {end.hour for end in hours} == {1}


def test_the_request_is_the_documented_one(fetching: Fetching) -> None:
    fetching.one(since=date(2026, 11, 20))
    (asked,) = fetching.provider.asked("usage")
    assert {name: asked[name] for name in ("start_time", "end_time", "bucket_width", "limit")} == {
        "start_time": "1795132800",
        "end_time": "1795305600",
        "bucket_width": "1h",
        "limit": "168",
    }
    (costs,) = fetching.provider.asked("costs")
    assert (costs["bucket_width"], costs["limit"]) == ("1d", "180")


def test_a_zone_that_is_not_whole_hours_is_fetched_in_minutes(fetching: Fetching) -> None:
    fetching.fetch(since=date(2026, 11, 20), timezone="Asia/Kolkata")
    assert {asked["bucket_width"] for asked in fetching.provider.asked("usage")} == {"1m"}
    assert len(fetching.provider.asked("usage")) == 2  # the limit is a day of minutes


@pytest.mark.parametrize(
    ("faults", "requests"),
    [
        ([429], 3), ([(429, "0")], 3), ([(503, "0.05")], 3), ([500, 502], 4), (["close"], 3), (["cut"], 3),
        (["html"], 3), ([(429, "Sat, 21 Nov 2020 03:00:00 GMT")], 3), (["cut", 429, "close"], 5),
    ],
)  # fmt: skip
def test_passing_trouble_is_waited_out(fetching: Fetching, faults: list[object], requests: int) -> None:
    fill(fetching)
    fetching.provider.faults = list(faults)
    assert fetching.one().requests == requests
    assert numbers(fetching) == list(range(1, 73))


def test_a_page_that_comes_twice_counts_once(fetching: Fetching) -> None:
    fill(fetching)
    fetching.provider.page_buckets = 10
    fetching.provider.faults = [None, "repeat", None, "repeat"]
    assert fetching.one().repeated == 20
    assert numbers(fetching) == list(range(1, 73))


def test_cursors_that_lead_in_a_circle_end_the_fetch(fetching: Fetching) -> None:
    fill(fetching)
    fetching.provider.forgotten = {"page_again"}
    fetching.provider.faults = ["circle"]
    (done,) = fetching.fetch().sources
    assert done.failure is not None and "answered 400 (the cursor is not known any more)" in done.failure.message
    assert done.requests == 2


def test_a_killed_fetch_goes_on_from_its_last_cursor(fetching: Fetching) -> None:
    fill(fetching)
    fetching.provider.page_buckets = 20
    fetching.provider.faults = [None, None, 500, 500, 500, 500]
    (broken,) = fetching.fetch().sources
    assert broken.failure is not None and fetching.files() == []
    before = len(fetching.provider.seen)
    done = fetching.one(NOW + timedelta(minutes=5))
    assert numbers(fetching) == list(range(1, 73))
    resumed = fetching.provider.seen[before:]
    assert [name for name, _ in resumed] == ["usage", "usage", "costs"] and done.requests == 3
    assert "page" in resumed[0][1]
    assert not list((fetching.home.fetching / "vendor").rglob("0*.json"))


def test_a_cursor_that_the_provider_forgot_begins_the_span_anew(fetching: Fetching) -> None:
    fill(fetching)
    fetching.provider.page_buckets = 50
    fetching.provider.faults = [None, 500, 500, 500, 500]
    fetching.fetch()
    fetching.provider.forgotten = {str(fetching.provider.seen[-1][1]["page"])}
    fetching.provider.page_buckets = 100
    assert fetching.one().requests == 3
    assert numbers(fetching) == list(range(1, 73))


@pytest.mark.parametrize("change", [{"account": "org-2"}, {"timezone": "Asia/Kolkata"}])
def test_pages_are_continued_only_for_the_same_request(fetching: Fetching, change: dict[str, str]) -> None:
    fill(fetching)
    fetching.provider.page_buckets = 50
    fetching.provider.faults = [None, 500, 500, 500, 500]
    fetching.fetch()
    before = len(fetching.provider.seen)
    fetching.fetch(**change)
    assert ("page" in fetching.provider.seen[before][1]) == ("account" in change)


def test_pages_of_yesterday_are_not_continued(fetching: Fetching) -> None:
    fill(fetching)
    fetching.provider.page_buckets = 50
    fetching.provider.faults = [None, 500, 500, 500, 500]
    fetching.fetch(since=date(2026, 11, 10))
    before = len(fetching.provider.seen)
    fetching.one(NOW + timedelta(hours=13), since=date(2026, 11, 10))
    assert "page" not in fetching.provider.seen[before][1]


def test_a_bucket_that_changes_while_it_is_read_is_read_again(fetching: Fetching) -> None:
    fill(fetching)
    fetching.provider.page_buckets = 40
    fetching.provider.faults = [None, 500, 500, 500, 500]
    fetching.fetch()
    (page,) = (fetching.home.fetching / "vendor").rglob("000001.json")
    body = json.loads(page.read_text())
    body["data"].append({**body["data"][0], "results": [completions(num_model_requests=99)]})
    page.write_text(json.dumps(body))
    fetching.one()
    assert numbers(fetching) == list(range(1, 73))


def test_a_provider_that_answers_too_slowly_is_left_alone(fetching: Fetching) -> None:
    fetching.provider.faults = [(429, "3600")]
    (done,) = fetching.fetch().sources
    assert done.failure is not None
    assert "waiting 3,600 s more would be longer than the 3 s that a run waits" in done.failure.message
    assert done.requests == 1


def test_an_answer_without_end_is_refused(fetching: Fetching) -> None:
    fill(fetching)
    (done,) = fetching.fetch(patience=replace(QUICK, largest_bytes=1000)).sources
    assert done.failure is not None and "larger than" in done.failure.message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"object": "page", "data": []}, "'has_more' is missing"),
        ({"data": [], "has_more": True, "next_page": None}, "says that there is more, and not where"),
        ({"data": [{"start_time": 1795132800, "end_time": 1795219200, "results": []}], "has_more": False,
          "next_page": None}, "is not 3600 s wide"),
        ({"data": [{"start_time": "x", "end_time": 1, "results": []}], "has_more": False}, "invalid literal"),
        ({"data": [{"start_time": 1795132800, "end_time": 1795136400, "results": [1]}], "has_more": False,
          "next_page": None}, "a result is no object"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_said_and_not_landed(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, change: dict[str, object], words: str
) -> None:
    monkeypatch.setattr(fetching.provider, "answer", lambda *_: change)
    (done,) = fetching.fetch().sources
    assert done.failure is not None and words in done.failure.message
    assert fetching.files() == []


def test_buckets_outside_of_what_was_asked_for_are_refused(fetching: Fetching, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = {"start_time": 1700000000 // 3600 * 3600, "end_time": 1700000000 // 3600 * 3600 + 3600, "results": []}
    monkeypatch.setattr(
        fetching.provider, "answer", lambda *_: {"data": [bucket], "has_more": False, "next_page": None}
    )
    (done,) = fetching.fetch().sources
    assert done.failure is not None and "it holds a bucket of 2023-11-14" in done.failure.message


def test_the_variable_must_be_set(fetching: Fetching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    (done,) = fetching.fetch().sources
    assert done.failure is not None and f"{VARIABLE} is not set" in done.failure.message
    assert fetching.provider.seen == []
