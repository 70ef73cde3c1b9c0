"""What may not be read, leads in a circle, has an odd name or is gone: all other files land, and it is told."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.errors import SettingsError
from orchestration.landing import discovery, land, pending_files, receipts, refusals, runner
from tests.support.permissions import permissions_hold

from .conftest import Place, event, jsonl

Spoil = Callable[[Path], None]


@pytest.fixture
def spoiled(place: Place) -> Iterator[Callable[[str, int], Path]]:
    """Take the permissions of a file or folder away; they come back at the end, so that it can be removed."""
    taken: list[Path] = []

    def spoil(name: str, mode: int) -> Path:
        path = place.settings.sources["app"].path / name
        path.chmod(mode)
        taken.append(path)
        return path

    with permissions_hold():
        yield spoil
    for path in taken:
        path.chmod(0o755)


@pytest.mark.parametrize(
    ("spoil", "mode", "told"),
    [("d/b.jsonl", 0, "d/b.jsonl"), ("d", 0, "d"), ("d", 0o444, "d/b.jsonl"), ("d/b.jsonl", 0o333, "d/b.jsonl")],
)
def test_what_may_not_be_read_is_refused_until_it_may(
    place: Place, spoiled: Callable[[str, int], Path], spoil: str, mode: int, told: str
) -> None:
    place.inbox("app", "a.jsonl", jsonl(event("a")))
    place.inbox("app", "d/b.jsonl", jsonl(event("b")))
    path = spoiled(spoil, mode)
    report = place.land()
    assert (report.delivered, report.landed, report.refused, report.files_refused) == (1, 1, 0, 1)
    assert place.rows("app") == [("a",)]
    (refusal,) = refusals(place.home, place.settings)
    assert (refusal.path, refusal.unread, refusal.delivered) == (f"inbox/app/{told}", True, 0)
    assert refusal.reason == f"inbox/app/{told} cannot be read: Permission denied."
    # Told, and nothing is left to do until somebody mends it.
    assert pending_files(place.home, place.settings) == []
    assert land(place.home, place.settings).delivered == 0

    path.chmod(0o755)
    assert refusals(place.home, place.settings) == []
    assert place.land().landed == 1
    assert place.rows("app") == [("a",), ("b",)]


def test_a_folder_that_is_closed_later_is_told_and_its_rows_stay(
    place: Place, spoiled: Callable[[str, int], Path]
) -> None:
    place.inbox("app", "d/b.jsonl", jsonl(event("b")))
    place.land()
    folder = spoiled("d", 0)
    assert place.land().landed == 0
    (refusal,) = refusals(place.home, place.settings)
    assert refusal.path == "inbox/app/d"
    folder.chmod(0o755)
    assert refusals(place.home, place.settings) == [] and pending_files(place.home, place.settings) == []


@pytest.mark.parametrize("target", [".", "..", "../..", "../../..", "round", "/nowhere/at/all"])
def test_links_that_lead_round_or_nowhere_are_passed_over(place: Place, target: str) -> None:
    kept = place.inbox("app", "d/a.jsonl", jsonl(event("a")))
    for name in ("round", "round.jsonl"):
        (kept.parent / name).symlink_to(target)
    assert pending_files(place.home, place.settings) == [kept]
    assert place.land().delivered == 1


def test_a_link_to_files_elsewhere_is_followed(place: Place, tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "x.jsonl").write_text(jsonl(event("x")))
    folder = place.inbox("app", "a.jsonl", jsonl(event("a"))).parent
    (folder / "elsewhere").symlink_to(tmp_path / "else")
    place.land()
    assert place.rows("app") == [("a",), ("x",)]


def test_a_pipe_is_no_file(place: Place) -> None:
    os.mkfifo(place.inbox("app", "a.jsonl", jsonl(event("a"))).parent / "pipe.jsonl")
    assert place.land().delivered == 1


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_a_name_that_is_no_text_is_written_out(make_place: Callable[..., Place], ending: str) -> None:
    place = make_place(app={"kind": "events", "folders": ("user_id",)})
    content = {"jsonl": jsonl(event("a"), "{torn"), "csv": "event_id,event_at\na,2026-03-01T10:00:00Z\nb,oops\n"}
    place.inbox("app", os.fsdecode(b"us\xe9r/\xff\xfe." + ending.encode()), content[ending])
    place.land()
    assert place.rows("app", "event_id, folder_user_id") == [("a", "us\\xe9r")]
    shown = f"inbox/app/us\\xe9r/\\xff\\xfe.{ending}"
    assert [row["file"] for row in place.quarantined("app")] == [shown]
    assert [file.path for receipt in receipts(place.home) for file in receipt.files] == [shown]
    assert pending_files(place.home, place.settings) == []


@pytest.mark.parametrize("content", [jsonl(event("b")), jsonl(event("bb"))])  # of a size met before, and of a new one
@pytest.mark.parametrize("name", ["b.jsonl", "b.csv", "b.jsonl.gz", "b.parquet"])
def test_a_file_that_goes_before_it_is_read_was_never_delivered(
    place: Place, monkeypatch: pytest.MonkeyPatch, content: str, name: str
) -> None:
    place.inbox("app", "a.jsonl", jsonl(event("a")))
    path = place.inbox("app", name, content)

    def found(*given: object) -> list[discovery.FoundFile]:
        files = discovery.pending(*given)  # type: ignore[arg-type]
        path.unlink()
        return files

    monkeypatch.setattr(runner, "pending", found)
    report = place.land()
    assert (report.delivered, report.landed) == (1, 1)
    assert place.rows("app") == [("a",)]


def test_a_mapped_file_that_goes_before_it_is_read_was_never_delivered(
    make_place: Callable[..., Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place(app={"kind": "mapped", "mapping": {"event_at": "t"}})
    place.inbox("app", "a.csv", "t\n2026-03-01T10:00:00Z\n")
    path = place.inbox("app", "b.csv", "t\n2026-03-02T10:00:00Z\n")

    def found(*given: object) -> list[discovery.FoundFile]:
        files = discovery.pending(*given)  # type: ignore[arg-type]
        path.unlink()
        return files

    monkeypatch.setattr(runner, "pending", found)
    assert place.land().landed == 1


def test_a_file_that_goes_while_folders_are_listed_is_none(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.inbox("app", "a.jsonl", jsonl(event("a")))
    path = place.inbox("app", "b.jsonl", jsonl(event("b")))

    def hidden(name: str) -> bool:
        path.unlink(missing_ok=True)
        return False

    monkeypatch.setattr(discovery, "is_hidden", hidden)
    assert place.land().landed == 1


def test_a_source_is_a_folder(make_place: Callable[..., Place], tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text(jsonl(event()))
    place = make_place(app={"kind": "events", "path": tmp_path / "log.jsonl"})
    with pytest.raises(SettingsError, match=r"the path of the source app \(.*log.jsonl\) is a file"):
        pending_files(place.home, place.settings)
