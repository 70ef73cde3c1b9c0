"""Units, decimal commas, paths, epoch stamps and whole counts of a mapping."""

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from orchestration.errors import SettingsError
from orchestration.landing import refusals

AT = "2026-03-01T10:00:00Z"


def _landed(make_place: Callable[..., Any], text: str, columns: str, name: str = "x.jsonl", **source: Any) -> Any:
    place = make_place(log={"kind": "mapped", **source})
    place.inbox("log", name, text)
    place.land()
    return place.rows("log", columns), [reason for _, reason in place.reasons("log")]


def test_units_become_the_canonical_ones_exactly(make_place: Callable[..., Any]) -> None:
    mapping = {"event_at": "t", "latency_ms": "took", "reported_cost": "price", "output_tokens": "out",
               "document_bytes": "size"}  # fmt: skip
    unit = {"latency_ms": "s", "reported_cost": "cents", "output_tokens": "thousand", "document_bytes": "KiB"}
    row = {"t": AT, "took": "1.2345", "price": "12.345678901234567", "out": 1.5, "size": 2}
    bad = [{**row, "out": "1.2345"}, {**row, "took": "fast"}, {**row, "price": "-1"}, {**row, "size": "10e999"}]
    found, reasons = _landed(
        make_place, "\n".join(map(json.dumps, (row, *bad))), "latency_ms, reported_cost, output_tokens, document_bytes",
        mapping=mapping, unit=unit, constants={"reported_cost_basis": "charge"},
    )  # fmt: skip
    # 1.2345 s is half a millisecond more than a whole number: rounded half away from zero.
    assert found == [(1235, Decimal("0.123456789012345670"), 1500, 2048)]
    assert reasons == [
        "out is 1234.500000000, which is no whole number from 0 to 10^15",
        "took is fast, which is no whole number from 0 to 10^15",
        "price is -0.010000000000000000, which is no amount of 0 or more",
        "size is 10e999, which is no whole number from 0 to 10^15",
    ]


@pytest.mark.parametrize(
    ("cost", "tokens", "landed"),
    [
        ("1.234,56", "1.000", (Decimal("1234.56"), 1000)),
        ("0,5", "7", (Decimal("0.5"), 7)),
        ("12", "7,0", (Decimal(12), 7)),
        ("1.5", "7", None),
        ("1,234.56", "7", None),
        ("1", "7,5", None),
    ],
)
def test_a_decimal_comma_is_never_taken_for_a_point(
    make_place: Callable[..., Any], cost: str, tokens: str, landed: Any
) -> None:
    found, reasons = _landed(
        make_place, f"t;cost;n\n{AT};{cost};{tokens}\n", "reported_cost, output_tokens", "x.csv", decimal=",",
        mapping={"event_at": "t", "reported_cost": "cost", "output_tokens": "n"},
        constants={"reported_cost_basis": "estimate"},
    )  # fmt: skip
    assert found == ([landed] if landed else [])
    assert len(reasons) == (landed is None)


def test_a_count_that_lies_elsewhere_than_its_path_is_no_missing_one(make_place: Callable[..., Any]) -> None:
    mapping = {"event_at": "t", "model": "answer.model", "output_tokens": "usage.out", "latency_ms": "times[0]"}
    rows = [{"t": AT, "answer": "text", **more} for more in (
        {"usage": {"out": 5}, "times": [7]}, {"usage": None}, {"usage": {}, "times": []}, {}, {"usage": ""},
        {"usage": 5}, {"usage": "5"}, {"usage": [5]}, {"usage": True}, {"times": {"0": 7}}, {"times": 7},
    )]  # fmt: skip
    found, reasons = _landed(
        make_place, "\n".join(map(json.dumps, rows)), "model, output_tokens, latency_ms", mapping=mapping
    )
    assert found == [(None, 5, 7), *[(None, None, None)] * 4]
    count = ", which is no whole number from 0 to 10^15"
    assert reasons == [
        f"usage.out is 5 (no object){count}",
        f"usage.out is 5 (no object){count}",
        f"usage.out is [5] (no object){count}",
        f"usage.out is true (no object){count}",
        f'times[0] is {{"0":7}} (no list){count}',
        f"times[0] is 7 (no list){count}",
    ]


def test_paths_lead_into_nested_json(make_place: Callable[..., Any]) -> None:
    mapping = {"event_at": "meta.at", "model": "meta.models[1].name", "output_tokens": "usage.completion",
               "user_id": '"user.id"', "event_id": "id"}  # fmt: skip
    row = {"id": "a", "meta": {"at": AT, "models": [{"name": "x"}, {"name": "gpt-4o"}]},
           "usage": {"completion": 7}, "user.id": "ann"}  # fmt: skip
    rows = [row, {**row, "id": "b", "usage": {}}, {**row, "id": "c", "usage": {"completion": -1}}]
    found, reasons = _landed(
        make_place,
        "\n".join(map(json.dumps, rows)),
        "event_id, event_at, model, output_tokens, user_id",
        mapping=mapping,
    )
    at = datetime(2026, 3, 1, 10)
    assert found == [("a", at, "gpt-4o", 7, "ann"), ("b", at, "gpt-4o", None, "ann")]
    assert reasons == ["usage.completion is -1, which is no whole number from 0 to 10^15"]


def test_paths_lead_into_json_within_csv(make_place: Callable[..., Any]) -> None:
    found, _ = _landed(
        make_place, f't,usage\n{AT},"{{""out"": 7}}"\n{AT},\n', "output_tokens", "x.csv",
        mapping={"event_at": "t", "output_tokens": "usage.out"},
    )  # fmt: skip
    assert sorted(found, key=str) == [(7,), (None,)]


@pytest.mark.parametrize(
    ("unit", "stamp", "at"),
    [
        ("s", 1772359200, datetime(2026, 3, 1, 10)),
        ("s", "1772359200.25", datetime(2026, 3, 1, 10, 0, 0, 250000)),
        ("ms", 1772359200123, datetime(2026, 3, 1, 10, 0, 0, 123000)),
        ("us", 1772359200123456, datetime(2026, 3, 1, 10, 0, 0, 123456)),
        ("ns", 1772359200123456000, datetime(2026, 3, 1, 10, 0, 0, 123456)),
        ("s", 1772359200123, None),
        ("ms", 1772359200, None),
        ("ns", 10**30, None),
        (None, 1772359200, None),
    ],
)
def test_epoch_stamps_are_read_in_the_unit_that_the_settings_name(
    make_place: Callable[..., Any], unit: str | None, stamp: Any, at: datetime | None
) -> None:
    found, reasons = _landed(
        make_place, json.dumps({"t": str(stamp)}), "event_at", mapping={"event_at": "t"}, event_at_unit=unit
    )
    assert found == ([(at,)] if at else [])
    assert len(reasons) == (at is None)


@pytest.mark.parametrize(
    ("inside", "uncached"),
    [(True, 400), (False, 700)],
)
def test_parts_are_taken_out_of_whole_counts(make_place: Callable[..., Any], inside: bool, uncached: int) -> None:
    mapping = {"event_at": "t", "input_tokens": "prompt", "cache_read_tokens": "cached", "input_audio_tokens": "audio",
               "total_output_tokens": "completion", "reasoning_tokens": "thought"}  # fmt: skip
    row = {"t": AT, "prompt": 1000, "cached": 300, "audio": 300, "completion": 90, "thought": 40}
    found, reasons = _landed(
        make_place, json.dumps(row), "uncached_input_tokens, cache_read_tokens, output_tokens, reasoning_tokens",
        mapping=mapping, cached_inside_input=inside,
    )  # fmt: skip
    assert (found, reasons) == ([(uncached, 300, 50, 40)], [])


def test_a_part_larger_than_its_whole_is_set_aside(make_place: Callable[..., Any]) -> None:
    mapping = {"event_at": "t", "input_tokens": "prompt", "cache_read_tokens": "cached",
               "total_output_tokens": "completion"}  # fmt: skip
    rows = [{"t": AT, "prompt": 10, "cached": 11}, {"t": AT, "prompt": 1.5}, {"t": AT, "prompt": 9, "cached": "x"},
            {"t": AT, "completion": 5}]  # fmt: skip
    found, reasons = _landed(
        make_place, "\n".join(map(json.dumps, rows)), "uncached_input_tokens, output_tokens",
        mapping=mapping, cached_inside_input=True,
    )  # fmt: skip
    assert found == [(None, 5)]
    assert reasons == [
        "prompt without cached is -1, which is no whole number from 0 to 10^15",
        "prompt without cached is 1.5, which is no whole number from 0 to 10^15",
        "cached is x, which is no whole number from 0 to 10^15",
    ]


@pytest.mark.parametrize(
    ("stamp", "utc"),
    [
        ("2026-03-29 01:30:00", datetime(2026, 3, 29, 1, 30)),  # skipped by the clocks: by the offset before it
        ("2026-10-25 01:30:00", datetime(2026, 10, 25, 1, 30)),  # comes twice: its second time
        ("2026-10-25 01:30:00+01:00", datetime(2026, 10, 25, 0, 30)),
    ],
)
def test_naive_stamps_where_the_clocks_change(make_place: Callable[..., Any], stamp: str, utc: datetime) -> None:
    found, _ = _landed(
        make_place, json.dumps({"t": stamp}), "event_at", mapping={"event_at": "t"}, timezone="Europe/London"
    )
    assert found == [(utc,)]


def test_rows_that_differ_only_by_caller_have_ids_that_tell_nothing_of_it(make_place: Callable[..., Any]) -> None:
    rows = [{"t": AT, "ip": "81.2.69.160"}, {"t": AT, "ip": "81.2.69.161"}]
    found, _ = _landed(
        make_place, "\n".join(map(json.dumps, rows)), "event_id", mapping={"event_at": "t", "caller_ip": "ip"}
    )
    first, second = (row[0].split(":") for row in found)
    assert first[0] == second[0] and first[1] != second[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": {"output_tokens": "s"}}, "'output_tokens' cannot be given in 's'"),
        ({"unit": {"model": "s"}}, "unit names 'model', which is not mapped"),
        ({"mapping": {"event_at": "t", "output_tokens": "usage..x"}}, "'usage..x' is no path"),
        ({"mapping": {"event_at": "t", "input_tokens": "n"}}, "does not say whether cached tokens are in it"),
        (
            {"mapping": {"event_at": "t", "input_tokens": "n", "uncached_input_tokens": "m"}},
            "uncached_input_tokens is what remains of input_tokens",
        ),
        ({"constants": {"input_tokens": "5"}}, "'input_tokens' is no column of a usage event"),
    ],
)
def test_what_cannot_be_meant_is_refused(make_place: Callable[..., Any], change: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        _landed(make_place, "{}", "event_id", **{"mapping": {"event_at": "t", "output_tokens": "n"}, **change})


def test_a_path_into_a_column_that_is_not_there_is_explained(make_place: Callable[..., Any]) -> None:
    mapping = {"event_at": "t", "output_tokens": "usage.out"}
    place = make_place(log={"kind": "mapped", "mapping": mapping})
    place.inbox("log", "x.jsonl", json.dumps({"t": AT, "tokens": {"out": 1}}))
    place.land()
    (refusal,) = refusals(place.home, place.settings)
    assert "has no column 'usage'" in refusal.reason and "it has: t, tokens." in refusal.reason
