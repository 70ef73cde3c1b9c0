"""Days and months of the organisation as partitions."""

from datetime import UTC, date, datetime, timedelta

from dagster import TimeWindowPartitionMapping

from orchestration.home import Home
from orchestration.partitions import calendar, days_of, first_day, months_of, range_tags
from orchestration.settings import Settings
from tests.unit.dagster.published import land, manifest, publish


def test_the_first_day_is_the_earliest_published_or_landed(home: Home, settings: Settings) -> None:
    publish(home, manifest())
    assert first_day(home, settings) == date(2026, 10, 30)
    land(home, date(2026, 11, 1), date(2026, 9, 14))
    assert first_day(home, settings) == date(2026, 9, 14)


def test_a_home_without_data_leaves_room_for_the_history_that_lands_first(home: Home, settings: Settings) -> None:
    assert first_day(home, settings) == date(2025, 11, 1)


def test_today_is_a_partition_and_so_is_a_pretended_one(home: Home, settings: Settings) -> None:
    land(home, date(2025, 1, 5))
    today = datetime.now(settings.zone).date()
    keys = calendar(home, settings.model_copy(update={"now": datetime.now(UTC)})).daily.get_partition_keys()
    assert (keys[0], keys[-1]) == ("2025-01-05", today.isoformat())
    later = datetime.now(UTC) + timedelta(days=40)
    ahead = calendar(home, settings.model_copy(update={"now": later}))
    assert ahead.daily.get_last_partition_key() == later.astimezone(settings.zone).date().isoformat()
    assert ahead.monthly.get_last_partition_key() == later.astimezone(settings.zone).date().replace(day=1).isoformat()


def test_days_are_the_organisations_also_when_the_clocks_change(home: Home, settings: Settings) -> None:
    land(home, date(2026, 10, 1))
    daily = calendar(home, settings).daily
    summer, long, winter = (daily.time_window_for_partition_key(f"2026-10-{day}") for day in (24, 25, 26))
    assert summer.start.astimezone(UTC).hour == 23
    assert winter.start.astimezone(UTC).hour == 0
    assert long.end.timestamp() - long.start.timestamp() == 25 * 3600


def test_a_month_maps_onto_its_days(home: Home, settings: Settings) -> None:
    land(home, date(2026, 9, 1))
    both = calendar(home, settings)
    mapped = TimeWindowPartitionMapping().get_upstream_mapped_partitions_result_for_partitions(
        both.monthly.subset_with_partition_keys(["2026-10-01"]), both.monthly, both.daily
    )
    assert sorted(mapped.partitions_subset.get_partition_keys()) == [
        day.isoformat() for day in days_of(date(2026, 10, 1), date(2026, 10, 31))
    ]


def test_spans() -> None:
    assert days_of(date(2026, 2, 28), date(2026, 3, 1)) == [date(2026, 2, 28), date(2026, 3, 1)]
    assert days_of(date(2026, 3, 1), date(2026, 2, 28)) == []
    assert months_of(days_of(date(2026, 10, 30), date(2026, 12, 1))) == [date(2026, month, 1) for month in (10, 11, 12)]
    assert list(range_tags(date(2026, 1, 2), date(2026, 1, 3)).values()) == ["2026-01-02", "2026-01-03"]
