"""Charts: labels keep apart from each other and inside the drawing."""

import re
from datetime import date
from decimal import Decimal

from reports.charts import TOP, apart, cumulative


def test_labels_that_touch_give_way_and_the_others_stay() -> None:
    assert apart([20.0, 100.0], 6, 160) == [20.0, 100.0]
    assert apart([20.0, 30.0, 120.0], 6, 160) == [20.0, 50.0, 120.0]
    assert apart([1.0], 6, 160) == [6]
    # The lower two give way upwards at the bottom; the first has its own place.
    assert apart([30.0, 168.0, 170.0], 6, 160) == [30.0, 130, 160]
    assert apart([], 6, 160) == []


def test_no_label_of_the_course_is_cut_off_at_the_top() -> None:
    """A budget far above spend: both of the lower lines end at the baseline, and the budget's label is still inside."""
    for plan in ("98765432.10", "12345678.90"):
        chart = cumulative(
            [Decimal(7848)], [Decimal(6059)], Decimal(plan), first=date(2026, 10, 1), days=31, alt_text="x"
        )
        placed = re.findall(r'translate\((?:[\d.]+),([-\d.]+)\)"[^>]*>(?:Budget|This month|Last month)<', chart.svg)
        assert len(placed) == 3
        assert all(float(y) + TOP > 0 for y in placed)
