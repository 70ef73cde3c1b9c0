"""The summary says exactly what an independent reader finds in the files."""

import gzip
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from .conftest import UNTIL, Demo, inbox
from .reading import raw_lines, read_source, records

SOURCES = ("assistant", "gateway", "workstations")
LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize("source", SOURCES)
def test_every_line_is_counted_once_and_as_what_it_is(demo: Demo, source: str) -> None:
    found = read_source(inbox(demo, source)).counts
    assert asdict(demo.summary.by_source[source]) == {
        name: found[name]
        for name in ("files", "delivered", "events", "repeats", "redelivered", "quarantined", "not_usage")
    }


@pytest.mark.parametrize("source", SOURCES)
def test_every_event_lies_between_the_first_day_and_the_end_of_the_last(demo: Demo, source: str) -> None:
    days = {moment.astimezone(LONDON).date() for moment in read_source(inbox(demo, source)).first_seen.values()}
    assert min(days) >= demo.summary.first_day
    assert max(days) <= UNTIL


def test_the_number_of_events_is_near_the_one_asked_for(demo: Demo) -> None:
    assert 7_600 < demo.summary.events < 8_600


def test_failed_untagged_and_unpriceable_events_are_as_many_as_told(demo: Demo) -> None:
    own = read_source(inbox(demo, "assistant")).events.values()
    logged = read_source(inbox(demo, "gateway")).events.values()
    failed = sum(e.get("status") == "error" for e in own) + sum(e["status"] == "failure" for e in logged)
    untagged = sum("api_key" not in e for e in own) + sum(not e["api_key"] for e in logged)
    unknown = sum(e["model"] == "halden-internal-7b" for e in logged)
    summary = demo.summary
    assert (failed, untagged, unknown) == (
        summary.failed_events,
        summary.untagged_events,
        summary.unknown_model_events,
    )
    assert 0 < failed < 0.02 * summary.events
    assert 0 < untagged < 0.02 * summary.events
    assert 0 < unknown < 0.01 * summary.events


def test_a_late_file_bears_a_later_name_than_its_events(demo: Demo, note: Callable[[str], str]) -> None:
    path = inbox(demo, "assistant") / note("late file").split()[2]
    days = {datetime.fromisoformat(e["event_at"]).astimezone(LONDON).date() for e in records(path) if e}
    assert days == {demo.summary.late_day} == {UNTIL - timedelta(days=10)}
    assert str(UNTIL - timedelta(days=3)) in path.name
    assert len(raw_lines(path)) == demo.summary.late_events > 0


def test_the_redelivered_file_has_the_same_bytes(demo: Demo, note: Callable[[str], str]) -> None:
    words = note("re-delivered file").split()
    again, first = inbox(demo, "assistant") / words[2], inbox(demo, "assistant") / words[4]
    assert again != first
    assert again.read_bytes() == first.read_bytes()


def test_the_grown_file_begins_with_the_earlier_one(demo: Demo, note: Callable[[str], str]) -> None:
    words = note("grown file").split()
    whole, part = raw_lines(inbox(demo, "assistant") / words[2]), raw_lines(inbox(demo, "assistant") / words[-1])
    assert whole[: len(part)] == part
    assert 0 < len(part) < len(whole)


def test_one_line_is_not_utf8(demo: Demo, note: Callable[[str], str]) -> None:
    name, line = note("wrong encoding: ").removeprefix("wrong encoding: ").split(", line ")
    with pytest.raises(UnicodeDecodeError):
        raw_lines(inbox(demo, "assistant") / name)[int(line) - 1].decode("utf-8")


def test_one_count_is_negative(demo: Demo, note: Callable[[str], str]) -> None:
    name, line = note("negative count: ").removeprefix("negative count: ").split(", line ")
    assert b'_tokens":-' in raw_lines(inbox(demo, "assistant") / name)[int(line) - 1]


def test_torn_files_end_without_a_line_end(demo: Demo) -> None:
    paths = [each.split(": ")[1] for each in demo.summary.irregularities if each.startswith("torn last line")]
    sources = [path.split(" ", 1) if path.startswith(("gateway ", "workstations ")) else ["assistant", path]
               for path in paths]  # fmt: skip
    assert [source for source, _ in sources] == ["assistant", "gateway", "workstations"]
    for source, path in sources:
        content = (inbox(demo, source) / path).read_bytes()
        assert not (gzip.decompress(content) if path.endswith(".gz") else content).endswith(b"\n")


def test_one_message_grows_over_midnight(demo: Demo, note: Callable[[str], str]) -> None:
    path = inbox(demo, "workstations") / note("message over midnight").split(": ")[1].split(".jsonl")[0]
    stamps: dict[str, list[datetime]] = {}
    for record in records(path.with_name(path.name + ".jsonl")):
        if record and record["type"] == "assistant":
            stamps.setdefault(record["requestId"], []).append(datetime.fromisoformat(record["timestamp"]))
    days = [{each.astimezone(LONDON).date() for each in group} for group in stamps.values()]
    assert sum(len(each) == 2 for each in days) == 1


def test_the_doubled_day_repeats_a_feature_with_new_ids(demo: Demo) -> None:
    again = [e for e in read_source(inbox(demo, "assistant")).events.values() if e["event_id"].startswith("re-")]
    assert len(again) == demo.summary.doubled_events > 0
    assert {e["event_at"][:10] for e in again} == {str(demo.summary.doubled_day)} == {"2026-10-16"}
    assert {e["project"] for e in again if "project" in e} == {"Voice transcripts"}
