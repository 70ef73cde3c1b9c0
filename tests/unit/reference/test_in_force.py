"""What the tables said on a day: rows in force on it, and no others."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as some

from orchestration.reference import InForce, Member, day_rows

ANN = Member("user", "ann", "Ann", "Core", "Engineering", "CC-1", date.min, date.max)
DAYS = [date(2026, 1, 1) + timedelta(days=step) for step in range(12)]
SPANS = some.tuples(some.sampled_from(DAYS), some.integers(1, 8), some.sampled_from("abcdef"))


@given(some.lists(SPANS, max_size=12), some.randoms())
def test_two_days_agree_exactly_when_the_same_rows_hold(rows: list[tuple[date, int, str]], random: object) -> None:
    dated = [(start, start + timedelta(days=length), text) for start, length, text in rows]
    shuffled = list(dated)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = InForce(dated), InForce(shuffled)
    held = {day: tuple(sorted(text for start, end, text in dated if start <= day < end)) for day in DAYS}
    for day in DAYS:
        assert one.on(day) == other.on(day)
        for second in DAYS:
            assert (one.on(day) == one.on(second)) == (held[day] == held[second])


def test_a_name_is_no_part_of_a_day_and_a_cost_centre_is() -> None:
    day = date(2026, 11, 1)
    was = InForce(day_rows(members=[ANN])).on(day)
    assert InForce(day_rows(members=[replace(ANN, name="Anne")])).on(day) == was
    assert InForce(day_rows(members=[replace(ANN, cost_centre="CC-2")])).on(day) != was
    assert InForce([]).on(day) != was
