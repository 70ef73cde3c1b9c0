"""Bad rows among many: found by their place, named by their line, whatever lies between."""

import gzip
import json

import pytest

from orchestration.landing import fast
from orchestration.landing.records import Picked

from .conftest import Place, event, jsonl

TORN = '{"event_id": "torn'
TWICE = '{"event_id": "a", "event_id": "b", "event_at": "2026-03-01T10:00:00Z"}'
HARMLESS = '{"event_id": "harmless", "event_at": "2026-03-01T10:00:00Z", "note": 1, "note": 2}'


def _good(first: int, count: int) -> str:
    return jsonl(*(event(f"e{number}", feature="x" * (number % 90)) for number in range(first, first + count)))


@pytest.fixture
def whole_files(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of the files that went the slow way as a whole."""
    seen: list[int] = []
    load_clean = fast.load_clean

    def load(work: fast.Work) -> set[int]:
        dirty = load_clean(work)
        seen.extend(dirty)
        return dirty

    monkeypatch.setattr(fast, "load_clean", load)
    return seen


@pytest.mark.parametrize("packed", [False, True])
def test_bad_rows_far_apart_keep_their_line_numbers(place: Place, packed: bool, whole_files: list[int]) -> None:
    bad = json.dumps(event("bad", output_tokens=-1))
    text = f"{_good(0, 3000)}\r\n \t\n{bad}\r\n{_good(3000, 3000)}\n\n{bad}\n{_good(6000, 10)}{bad}\n"
    content = text.encode()
    place.inbox("app", "x.jsonl.gz" if packed else "x.jsonl", gzip.compress(content) if packed else content)
    report = place.land()
    lines = [number for number, line in enumerate(text.split("\n"), 1) if line.strip() == bad]
    reason = "output_tokens is -1, which is no whole number from 0 to 10^15"
    assert place.reasons("app") == [(line, reason) for line in lines]
    assert {row["text"] for row in place.quarantined("app")} == {bad}
    assert (report.delivered, report.landed, report.quarantined) == (6013, 6010, 3)
    assert len({row[0] for row in place.rows("app")}) == 6010
    assert whole_files == []


@pytest.mark.parametrize("order", [(TORN, TWICE, HARMLESS), (HARMLESS, TWICE, TORN)])
def test_a_key_given_twice_is_seen_beside_a_torn_line(
    place: Place, order: tuple[str, ...], whole_files: list[int]
) -> None:
    """The reader that passes over torn lines would take the first of two keys."""
    place.inbox("app", "x.jsonl", _good(0, 2500) + jsonl(*order) + _good(2500, 2500))
    place.inbox("app", "y.jsonl", jsonl(event("other"), TWICE))
    report = place.land()
    assert sorted((row["file"][-7:], row["line"], row["reason"]) for row in place.quarantined("app")) == sorted(
        [
            ("x.jsonl", 2501 + order.index(TORN), "is not valid JSON"),
            ("x.jsonl", 2501 + order.index(TWICE), "names a key twice"),
            ("y.jsonl", 2, "names a key twice"),
        ]
    )
    kept = [row[0] for row in place.rows("app")]
    assert len(kept) == len(set(kept)) == 5002
    assert {"harmless", "other"} <= set(kept)
    assert (report.delivered, report.quarantined) == (5005, 3)
    assert sorted(whole_files) == [0, 1]


def test_bad_records_of_a_csv_are_found_past_line_breaks_in_quotes(place: Place, whole_files: list[int]) -> None:
    good = "".join(f'e{number},2026-03-01T10:00:00Z,"two\nlines"\n' for number in range(2500))
    place.inbox("app", "x.csv", f"event_id,event_at,feature\n{good}bad,oops,x\n{good}")
    report = place.land()
    assert [line for line, _ in place.reasons("app")] == [5002]
    assert (report.delivered, report.landed, report.quarantined) == (5001, 5000, 1)
    assert whole_files == []


def test_a_fast_way_that_finds_a_good_row_bad_is_not_believed(
    place: Place, monkeypatch: pytest.MonkeyPatch, whole_files: list[int]
) -> None:
    """Were places ever shifted, good rows would be set aside and bad ones landed: the whole file is read again."""
    place.inbox("app", "x.jsonl", jsonl(event("a"), event("bad", output_tokens=-1), event("c")))
    set_aside = fast.set_aside_picked
    monkeypatch.setattr(
        fast, "set_aside_picked", lambda work, picked: set_aside(work, {number: Picked([0]) for number in picked})
    )
    place.land()
    assert whole_files == [0]
    assert [line for line, _ in place.reasons("app")] == [2]
    assert place.rows("app") == [("a",), ("c",)]


def test_a_torn_line_among_many_is_found_by_its_place(place: Place, whole_files: list[int]) -> None:
    place.inbox("app", "x.jsonl", _good(0, 2500) + TORN + "\n" + _good(2500, 2500))
    report = place.land()
    assert place.reasons("app") == [(2501, "is not valid JSON")]
    assert (report.delivered, report.landed) == (5001, 5000)
    assert whole_files == []


def test_bad_rows_of_a_file_that_several_threads_read_are_found_by_their_places(
    place: Place, whole_files: list[int]
) -> None:
    """Threads take 32 MB each. What goes through a join, or an IN list that DuckDB makes one, comes in any order."""
    bad = [100, 9_000, 17_900]
    place.inbox("app", "x.jsonl", jsonl(
        *(event(f"e{at:05}", feature="x" * 4000, output_tokens=-1 if at in bad else 1) for at in range(18_000))
    ))  # fmt: skip
    report = place.land()
    assert [line for line, _ in place.reasons("app")] == [at + 1 for at in bad]
    assert (report.delivered, report.landed, report.quarantined) == (18_000, 17_997, 3)
    assert whole_files == []
