"""Which day, month and price an event has at the edges of days, months and clock changes, in zones on both sides."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.support.pricing import priced_events

_HEADER = (
    "provider,model,valid_from,valid_to,input_mtok,output_mtok,cache_read_mtok,cache_write_5m_mtok,"
    "cache_write_1h_mtok,request_fee,web_search_kcount,source,checked_on,note\n"
)
# 2 dollars a million until November begins in UTC, then 3: prices follow UTC, days and months the organisation's zone.
_PRICES = "house,m,,2026-11-01,2,2,,,,,,,,\nhouse,m,2026-11-01,,3,3,,,,,,,,\n"
# Instant in UTC, local day, local hour, cost of a million tokens. Worked out with a calendar and a clock.
_NEW_YORK = (
    # Clocks go forward at 02:00 on 8 March: the day has 23 hours, from 05:00 UTC until before 04:00 UTC.
    ("2026-03-08T04:59:59Z", "2026-03-07", 23, 2),
    ("2026-03-08T05:00:00Z", "2026-03-08", 0, 2),
    ("2026-03-08T06:59:59Z", "2026-03-08", 1, 2),
    ("2026-03-08T07:00:00Z", "2026-03-08", 3, 2),
    ("2026-03-09T03:59:59Z", "2026-03-08", 23, 2),
    ("2026-03-09T04:00:00Z", "2026-03-09", 0, 2),
    # The price changes at midnight in UTC, four hours before the month does here.
    ("2026-10-31T23:59:59Z", "2026-10-31", 19, 2),
    ("2026-10-31T23:59:59.999999Z", "2026-10-31", 19, 2),
    ("2026-11-01T00:00:00Z", "2026-10-31", 20, 3),
    ("2026-11-01T00:00:01Z", "2026-10-31", 20, 3),
    ("2026-11-01T03:59:59.999999Z", "2026-10-31", 23, 3),
    ("2026-11-01T04:00:00Z", "2026-11-01", 0, 3),
    # Clocks go back at 02:00 on 1 November: the hour from 01:00 comes twice, and the day has 25.
    ("2026-11-01T05:59:59Z", "2026-11-01", 1, 3),
    ("2026-11-01T06:00:00Z", "2026-11-01", 1, 3),
    ("2026-11-01T07:00:00Z", "2026-11-01", 2, 3),
    ("2026-11-02T04:59:59Z", "2026-11-01", 23, 3),
    ("2026-11-02T05:00:00Z", "2026-11-02", 0, 3),
)
_AUCKLAND = (
    # Clocks go back at 03:00 on 5 April: from 11:00 UTC on the 4th, 25 hours long.
    ("2026-04-04T10:59:59Z", "2026-04-04", 23, 2),
    ("2026-04-04T11:00:00Z", "2026-04-05", 0, 2),
    ("2026-04-04T13:59:59Z", "2026-04-05", 2, 2),
    ("2026-04-04T14:00:00Z", "2026-04-05", 2, 2),
    ("2026-04-05T11:59:59Z", "2026-04-05", 23, 2),
    ("2026-04-05T12:00:00Z", "2026-04-06", 0, 2),
    # Clocks go forward at 02:00 on 27 September: 23 hours.
    ("2026-09-26T13:59:59Z", "2026-09-27", 1, 2),
    ("2026-09-26T14:00:00Z", "2026-09-27", 3, 2),
    ("2026-09-27T10:59:59Z", "2026-09-27", 23, 2),
    ("2026-09-27T11:00:00Z", "2026-09-28", 0, 2),
    # November begins here thirteen hours before it does in UTC, and with it the price.
    ("2026-10-31T10:59:59Z", "2026-10-31", 23, 2),
    ("2026-10-31T11:00:00Z", "2026-11-01", 0, 2),
    ("2026-10-31T23:59:59Z", "2026-11-01", 12, 2),
    ("2026-11-01T00:00:00Z", "2026-11-01", 13, 3),
)


@pytest.mark.parametrize(
    ("zone", "instants"), [("America/New_York", _NEW_YORK), ("Pacific/Auckland", _AUCKLAND)], ids=["west", "east"]
)
def test_day_month_and_price_at_every_edge(small: Callable[..., Any], zone: str, instants: Any) -> None:
    home = small(f"timezone: {zone}\nsources: {{app: {{kind: events}}}}\n")
    home.home.reference.mkdir()
    (home.home.reference / "price_overrides.csv").write_text(_HEADER + _PRICES, encoding="utf-8")
    event = {"provider": "house", "model": "m", "uncached_input_tokens": 1_000_000}
    home.drop(*({**event, "event_id": at, "event_at": at} for at, *_ in instants))
    home.land()
    rows = priced_events(home.home, home.settings).rows("usage_date::varchar as day, local_hour, effective_cost")
    found = [(at, row["day"], row["local_hour"], row["effective_cost"]) for at, row in sorted(rows.items())]
    assert found == sorted((at, day, hour, Decimal(cost)) for at, day, hour, cost in instants)

    home.build()
    months: dict[str, Decimal] = {}
    for _, day, _, cost in instants:
        months[f"{day[:7]}-01"] = months.get(f"{day[:7]}-01", Decimal(0)) + cost
    assert home.mart("monthly_usage", "month::varchar, effective_cost") == sorted(months.items())
