"""Many small files go another way than few, and come to the same facts."""

from collections.abc import Callable
from typing import Any

import pytest

from orchestration.landing import fast, receipts
from tests.support.hostile import KINDS

from .conftest import Place

FILES = 25


def came_to(place: Place) -> tuple[Any, ...]:
    files = [file for receipt in receipts(place.home) for file in receipt.files]
    return place.rows("source", "* EXCLUDE file"), sorted(map(str, place.quarantined("source"))), files


@pytest.mark.parametrize("name", sorted(KINDS))
def test_many_small_files_come_to_the_facts_of_few(
    make_place: Callable[..., Place], monkeypatch: pytest.MonkeyPatch, tmp_path: Any, name: str
) -> None:
    kind = KINDS[name]
    found = []
    for few in (FILES - 1, FILES):
        monkeypatch.setattr(fast, "_FEW_FILES", few)
        place = make_place(root=tmp_path / str(few), source={"kind": name, **(kind.settings or {})})
        for number in range(FILES):
            lines = [kind.good(f"good-{number}"), kind.good(f"more-{number}")]
            if number % 5 == 0:
                lines.append(kind.good("torn")[:-3])
            place.inbox("source", kind.file.replace(".jsonl", f"{number}.jsonl"), b"\n".join(lines))
        report = place.land()
        assert (report.delivered, report.landed, report.quarantined) == (55, 50, 5)
        found.append(came_to(place))
    assert found[0] == found[1]
