"""Finding what is new costs milliseconds and imports nothing heavy."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.errors import ConservationError, SettingsError
from orchestration.landing import Progress, land, pending_files

from .conftest import Place, event, jsonl


def test_files_under_way_and_hidden_ones_are_left_alone(place: Place) -> None:
    kept = place.inbox("app", "deep/er/x.jsonl", jsonl(event()))
    for name in (".hidden.jsonl", ".git/x.jsonl", "x.jsonl.tmp", "x.jsonl.part"):
        place.inbox("app", name, jsonl(event("no")))
    assert pending_files(place.home, place.settings) == [kept]


def test_files_of_unknown_kinds_are_named_and_not_landed(place: Place) -> None:
    notes = place.inbox("app", "notes.txt", "hello")
    place.inbox("app", "x.jsonl", jsonl(event()))
    assert place.land().ignored == (notes,)


def test_only_new_and_changed_files_are_pending(place: Place) -> None:
    path = place.inbox("app", "x.jsonl", jsonl(event()))
    place.land()
    assert pending_files(place.home, place.settings) == []
    path.write_text(jsonl(event(), event("more")))
    assert pending_files(place.home, place.settings) == [path]


def test_a_source_whose_folder_is_missing_is_empty(place: Place) -> None:
    assert place.land().delivered == 0
    assert not place.home.data.exists()


def test_a_run_with_nothing_new_is_quick_and_leaves_duckdb_alone(place: Place) -> None:
    for number in range(300):
        place.inbox("app", f"{number}.jsonl", jsonl(event(f"e{number}")))
    place.land()
    code = (
        "import sys, pickle, time; home, settings = pickle.loads(sys.stdin.buffer.read())\n"
        "from orchestration.landing import land, pending_files, receipts, totals\n"
        "start = time.perf_counter(); report = land(home, settings); spent = time.perf_counter() - start\n"
        "totals(receipts(home)); assert report.delivered == 0\n"
        "heavy = {'duckdb', 'dagster', 'dbt', 'zstandard'} & set(sys.modules); assert not heavy, heavy\n"
        "print(spent)"
    )
    import pickle

    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps((place.home, place.settings)), capture_output=True, check=True
    )
    assert float(done.stdout) < 0.2


def test_a_plan_lists_the_files_and_writes_nothing(place: Place) -> None:
    path = place.inbox("app", "x.jsonl", jsonl(event()))
    before = sorted(place.home.root.rglob("*"))
    report = land(place.home, place.settings, plan=True)
    assert report.files == (path,)
    assert report.planned
    assert sorted(place.home.root.rglob("*")) == before


@pytest.mark.parametrize("inner", ["inbox/one", "inbox/one/deeper", "inbox/one/../one"])
def test_sources_may_not_share_files(make_place: Callable[..., Place], inner: str) -> None:
    place = make_place(one="events", two="events")
    moved = place.settings.sources["two"].model_copy(update={"path": place.home.root / inner})
    settings = place.settings.model_copy(update={"sources": {**place.settings.sources, "two": moved}})
    with pytest.raises(SettingsError, match=r"the sources one \(.*\) and two \(.*\) share files"):
        land(place.home, settings)


def test_a_file_that_grows_while_it_is_read_waits(place: Place) -> None:
    place.inbox("app", "a.jsonl", jsonl(event("a")))
    path = place.inbox("app", "b.jsonl", jsonl(event("b")))

    def grow(at: Progress) -> None:
        if at.doing == "landing app" and path.stat().st_size < 200:
            with path.open("a") as stream:
                stream.write(jsonl(event("c", feature="x" * 200)))

    assert place.land(progress=grow).landed == 1
    assert place.rows("app") == [("a",)]
    place.land()
    assert place.rows("app") == [("a",), ("b",), ("c",)]


def test_rows_that_do_not_add_up_stop_the_landing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.landing.work import Work

    monkeypatch.setattr(Work, "delivered", lambda *_: 3)
    place.inbox("app", "x.jsonl", jsonl(event("a"), event("b")))
    with pytest.raises(ConservationError, match="delivers 3 rows, but 2 were landed"):
        land(place.home, place.settings)
    assert not list(place.home.data.rglob("*.parquet"))
    assert not list(place.home.landings.rglob("*.json"))


def test_progress_ends_with_all_bytes(place: Place) -> None:
    size = place.inbox("app", "x.jsonl", jsonl(event())).stat().st_size
    told: list[Progress] = []
    place.land(progress=told.append)
    assert (told[-1].done_bytes, told[-1].total_bytes) == (size, size)


def test_pending_is_found_in_milliseconds(place: Place) -> None:
    for number in range(1000):
        place.inbox("app", f"{number % 20}/{number}.jsonl", "\n")
    start = time.perf_counter()
    assert len(pending_files(place.home, place.settings)) == 1000
    assert time.perf_counter() - start < 0.5


def test_paths_outside_the_home_are_kept_absolute(make_place: Callable[..., Place], tmp_path: Path) -> None:
    from orchestration.landing import receipts

    place = make_place(app="events")
    outside = place.settings.sources["app"].model_copy(update={"path": tmp_path / "elsewhere"})
    place = Place(place.home, place.settings.model_copy(update={"sources": {"app": outside}}))
    path = place.inbox("app", "x.jsonl", jsonl(event()))
    place.land()
    assert receipts(place.home)[0].files[0].path == path.as_posix()
