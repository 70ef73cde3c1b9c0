"""Files that are broken as files: whatever can be read of them lands, and what cannot is one row with its reason."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import zstandard

from orchestration.landing import decompress, receipts, records, redeliveries
from tests.support.hostile import KINDS, Kind

from .conftest import Place, event, jsonl

ALL = sorted(KINDS)
MEGABYTE = 1 << 20

MakePlace = Callable[..., Place]


def place_for(make_place: MakePlace, kind: Kind) -> Place:
    return make_place(source={"kind": kind.name, **(kind.settings or {})})


def files_of(kind: Kind) -> dict[str, tuple[bytes, int, int]]:
    """By name: the bytes, rows delivered, and how many of them land."""
    three = b"".join(kind.good(f"good-{number}") + b"\n" for number in range(3))
    last = kind.good("last")
    packed = gzip.compress(three)
    return {
        "empty.jsonl": (b"", 0, 0),
        "blank.jsonl": (b"\n \r\n\t\n", 0, 0),
        "bom.jsonl": (b"\xef\xbb\xbf" + three, 3, 3),
        "crlf.jsonl": (three.replace(b"\n", b"\r\n"), 3, 3),
        "no-end.jsonl": (three + last, 4, 4),
        "nul.jsonl": (three + b"\0" * 5000 + b"\n" + last, 5, 4),
        "utf16.jsonl": (last.decode().encode("utf-16"), 1, 0),
        "brackets.jsonl": (three + b"[" * 200_000 + b"\n" + last, 5, 4),
        "objects.jsonl": (three + b'{"a":' * 100_000 + b"\n" + last, 5, 4),
        "long-torn.jsonl": (three + kind.good("x" * 10 * MEGABYTE)[:-9] + b"\n" + last, 5, 4),
        "long.jsonl": (three + kind.line({**kind.changed(kind.id, "long"), "pad": "y" * 10 * MEGABYTE}) + b"\n" + last,
                       5, 5),
        "empty.jsonl.gz": (b"", 0, 0),
        "nothing.jsonl.gz": (gzip.compress(b""), 0, 0),
        "no-gzip.jsonl.gz": (three, 1, 0),
        "garbage-behind.jsonl.gz": (packed + b"garbage", 4, 3),
        "zeros-behind.jsonl.gz": (packed + b"\0" * 512, 3, 3),
        "no-zstd.jsonl.zst": (three, 1, 0),
        "two-frames.jsonl.zst": (zstandard.compress(three) + zstandard.compress(last), 4, 4),
    }  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_what_can_be_read_of_a_broken_file_lands(make_place: MakePlace, name: str) -> None:
    kind = KINDS[name]
    place = place_for(make_place, kind)
    given = files_of(kind)
    folder = kind.file.rpartition("/")[0]
    for file, (content, _, _) in given.items():
        place.inbox("source", f"{folder}/{file}" if folder else file, content)
    place.land()
    landed = {file.path.rpartition("/")[2]: file for receipt in receipts(place.home) for file in receipt.files}
    # Of equal files the second is a duplicate: two that are empty, one without gzip or without zstd.
    again = {file.path.rpartition("/")[2]: file.delivered for file in redeliveries(place.home)}
    for file, (_, delivered, good) in given.items():
        if file in again:
            assert again[file] == delivered
            continue
        assert (landed[file].delivered, landed[file].landed) == (delivered, good), file
        assert landed[file].quarantined == delivered - good
    assert set(again) <= {"empty.jsonl.gz", "no-zstd.jsonl.zst"}
    assert all(row["line"] >= 1 and row["reason"] for row in place.quarantined("source"))


def _gzip(unit: bytes, times: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(unit) for _ in range(times)) + packer.flush()


def _zstd(unit: bytes, times: int) -> bytes:
    packer = zstandard.ZstdCompressor(level=3).compressobj()
    return b"".join(packer.compress(unit) for _ in range(times)) + packer.flush()


@pytest.mark.parametrize(("ending", "pack", "called"), [("gz", _gzip, "gzip"), ("zst", _zstd, "zstd")])
@pytest.mark.parametrize("name", ["events", "otlp", "openrouter"])
def test_a_zip_bomb_is_read_no_further(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch, name: str, ending: str, pack: Any, called: str
) -> None:
    monkeypatch.setattr(decompress, "BOMB_BYTES", 8 * MEGABYTE)
    kind = KINDS[name]
    place = place_for(make_place, kind)
    good = kind.good("good") + b"\n"
    bomb = pack(b" " * MEGABYTE, 200)
    place.inbox("source", f"bomb.jsonl.{ending}", (pack(good, 1) + bomb))
    place.inbox("source", "x.jsonl", kind.good("other"))
    tracemalloc.start()
    report = place.land()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (report.delivered, report.landed, report.quarantined) == (3, 2, 1)
    assert place.reasons("source") == [(2, f"the {called} stream unpacks to more than 200 times its size")]
    assert peak < 120 * MEGABYTE


@pytest.mark.parametrize(("compression", "pack"), [("gzip", _gzip), ("zstd", _zstd)])
def test_a_few_bytes_never_become_a_large_piece(tmp_path: Any, compression: str, pack: Any) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(pack(b"\n" * MEGABYTE, 100))
    pieces = [len(piece) for piece in decompress.chunks(path, compression)]
    assert (sum(pieces), max(pieces)) == (100 * MEGABYTE, MEGABYTE)


def test_logs_that_repeat_themselves_are_no_bomb(place: Place) -> None:
    row = jsonl(event(feature="search", project="atlas", user_id="amara")).encode()
    place.inbox("app", "x.jsonl.gz", gzip.compress(row * 3000))
    assert place.land().landed == 3000


def test_a_line_without_an_end_does_not_fill_the_memory(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LARGEST_LINE", 2 * MEGABYTE)
    content = jsonl(event("a")) + "y" * (30 * MEGABYTE) + "\n" + jsonl(event("b"))
    place.inbox("app", "x.jsonl", content)
    place.inbox("app", "x.csv", "event_id,event_at\na1,2026-03-01T10:00:00Z\n" + "y" * (3 * MEGABYTE))
    place.land()
    assert place.rows("app") == [("a",), ("a1",), ("b",)]
    assert [(row["file"][-5:], row["line"], row["reason"], len(row["text"])) for row in place.quarantined("app")] == [
        ("jsonl", 2, "is a line of more than 2097152 bytes", 10_000),
        ("x.csv", 3, "is a line of more than 2097152 bytes", 10_000),
    ]


@pytest.mark.parametrize("offset", ["+15:00", "-15", "+25:00", "+9900"])
def test_an_offset_that_no_clock_has_is_no_time(make_place: MakePlace, offset: str) -> None:
    kind = KINDS["litellm"]  # whose stamps need no offset
    place = place_for(make_place, kind)
    stamp = f"2026-03-01T10:00:00{offset}"
    rows = [kind.changed(kind.at, stamp), kind.changed(kind.at, "2026-03-01T10:00:00+14:00")]
    place.inbox("source", "x.jsonl", b"\n".join(map(kind.line, rows)))
    place.land()
    assert place.reasons("source") == [(1, f"startTime is {stamp}, which is no readable time")]
    assert len(place.rows("source")) == 1
