"""Each answer that differs from the one before is a new file; an empty answer is one too."""

from datetime import date, timedelta

import pytest

from orchestration.fetching import generation_of
from tests.unit.fetching.fetched_home import NOW, Fetching, completions

HOUR = "2026-11-20T10:00:00+00:00"
LATER = [NOW + timedelta(hours=2 * step) for step in range(6)]


def names(fetching: Fetching) -> list[str]:
    return [name for name in fetching.files() if name.startswith("vendor/usage/2026-11-20")]


def test_a_refetch_of_the_same_makes_no_generation(fetching: Fetching) -> None:
    fetching.provider.put("usage", HOUR, completions("b"), completions("a"))
    assert fetching.one(LATER[0]).generations == 6
    fetching.provider.put("usage", HOUR, completions("a"), completions("b"))  # another order says the same
    done = fetching.one(LATER[1])
    assert (done.windows, done.generations) == (6, 0)
    assert fetching.due(LATER[1]) == []


def test_content_that_returns_is_a_third_generation_with_bytes_of_its_own(fetching: Fetching) -> None:
    for moment, model in zip(LATER, "aba", strict=False):
        fetching.provider.put("usage", HOUR, completions(model))
        fetching.one(moment)
    files = [fetching.home.fetched / name for name in names(fetching)]
    assert [path.name for path in files] == ["000001.jsonl.gz", "000002.jsonl.gz", "000003.jsonl.gz"]
    assert len({path.read_bytes() for path in files}) == 3
    assert fetching.rows(names(fetching)[0]) == fetching.rows(names(fetching)[2])


def test_an_empty_answer_supersedes_and_empty_windows_are_not_the_same_file(fetching: Fetching) -> None:
    fetching.provider.put("usage", HOUR, completions())
    fetching.one(LATER[0])
    fetching.provider.put("usage", HOUR)
    fetching.one(LATER[1])
    assert fetching.rows(names(fetching)[1]) == []
    empty = [path for path in fetching.home.fetched.rglob("*.gz") if not fetching.rows(str(path))]
    assert len({path.read_bytes() for path in empty}) == len(empty) == 6


def test_bytes_are_the_same_in_another_home(fetching: Fetching) -> None:
    fetching.provider.put("usage", HOUR, completions("a"), completions("b"))
    fetching.one()
    first = {name: (fetching.home.fetched / name).read_bytes() for name in fetching.files()}
    for name in first:
        (fetching.home.fetched / name).unlink()
    (fetching.home.fetching / "vendor" / "state.json").unlink()
    fetching.provider.put("usage", HOUR, completions("b"), completions("a"))
    fetching.provider.page_buckets = 5
    fetching.one(LATER[4])
    assert {name: (fetching.home.fetched / name).read_bytes() for name in fetching.files()} == first


def test_a_row_carries_its_bucket_and_an_id_from_its_dimensions(fetching: Fetching) -> None:
    fetching.provider.put("usage", HOUR, completions("a"), completions("b"), completions("b", input_tokens=9))
    fetching.one()
    rows = fetching.rows(names(fetching)[0])
    assert {(row["report"], row["bucket_start"], row["bucket_end"]) for row in rows} == {
        ("usage", "2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z")
    }
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == 3 and all(name.startswith("usage:2026-11-20T10:00:00Z:") for name in ids)
    fetching.provider.put("usage", HOUR, completions("a", input_tokens=7), completions("c"))
    fetching.one(LATER[1])
    again = {row["result"]["model"]: row["id"] for row in fetching.rows(names(fetching)[1])}
    assert again["a"] in ids and again["c"] not in ids


@pytest.mark.parametrize("value", ["0.060000000000000005", "1e-05", "123456789.123456789012345678"])
def test_amounts_keep_every_digit_that_was_sent(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    from orchestration.fetching.http import Client

    answer = Client.get

    def exact(self: Client, url: str, parameters: object) -> bytes:
        return answer(self, url, parameters).replace(b'"AMOUNT"', value.encode())  # type: ignore[arg-type]

    monkeypatch.setattr(Client, "get", exact)
    amount = {"value": "AMOUNT", "currency": "usd"}
    fetching.provider.put("costs", "2026-11-20T00:00:00+00:00", {"amount": amount, "line_item": "x"})
    fetching.one()
    (row,) = fetching.rows("vendor/costs/2026-11-20/000001.jsonl.gz")
    assert row["result"]["amount"]["value"] == value


def test_a_generation_is_known_by_its_path() -> None:
    found = generation_of("vendor", "data/fetched/vendor/usage/2026-11-20/000012.jsonl.gz")
    assert (found.report, found.window, found.number) == ("usage", date(2026, 11, 20), 12)


def test_a_lost_state_costs_requests_and_nothing_else(fetching: Fetching) -> None:
    fetching.provider.put("usage", HOUR, completions())
    fetching.one()
    (fetching.home.fetching / "vendor" / "state.json").write_text("{torn")
    assert (fetching.one().windows, fetching.one(LATER[1]).generations) == (6, 0)


@pytest.mark.parametrize("left", [b"", b"\x1f\x8b\x08", b"no gzip at all"])
def test_a_file_that_a_crash_of_the_machine_left_torn_is_superseded(fetching: Fetching, left: bytes) -> None:
    fetching.provider.put("usage", HOUR, completions())
    fetching.one()
    (fetching.home.fetched / names(fetching)[0]).write_bytes(left)
    (fetching.home.fetched / "vendor/usage/2026-11-19/000001.jsonl.gz").write_bytes(left)
    (fetching.home.fetching / "vendor" / "state.json").unlink()
    assert fetching.one().generations == 2
    assert len(fetching.rows(names(fetching)[1])) == 1
