"""Geometry of the marks inside table rows: per cents for CSS boxes, coordinates for sparklines."""

from collections.abc import Sequence
from decimal import Decimal

from reports.figures import Step
from reports.values import ZERO


def part(value: Decimal, whole: Decimal) -> str:
    """Width of a bar from the left edge; never wider than its cell, never below nothing."""
    return _percent(_fraction(value, whole) * 100)


def half(value: Decimal, largest: Decimal) -> str:
    """Width of a bar that starts in the middle."""
    return _percent(_fraction(abs(value), largest) * 50)


def left_of(value: Decimal, largest: Decimal) -> str:
    """Left edge of a bar that ends in the middle."""
    return _percent(50 - _fraction(abs(value), largest) * 50)


def zero_at(steps: Sequence[Step]) -> str:
    low, span = _extent(steps)
    return _percent(-low / span * 100)


def step_at(step: Step, steps: Sequence[Step]) -> str:
    """Left edge and width of one contribution, which starts where the one before it ended."""
    low, span = _extent(steps)
    left = min(step.start, step.start + step.value)
    return f"left:{_percent((left - low) / span * 100)};width:{_percent(abs(step.value) / span * 100)}"


def total_at(steps: Sequence[Step]) -> str:
    """Left edge and width of the sum of all contributions."""
    low, span = _extent(steps)
    total = sum((step.value for step in steps), ZERO)
    return f"left:{_percent((min(total, ZERO) - low) / span * 100)};width:{_percent(abs(total) / span * 100)}"


def spark_path(values: Sequence[Decimal]) -> str:
    """The line of a sparkline in a box of 66 by 14."""
    step = Decimal(61) / (len(values) - 1)
    points = (f"{_number(1 + step * index)} {_spark_y(value, values)}" for index, value in enumerate(values))
    return "M" + "L".join(points)


def spark_end(values: Sequence[Decimal]) -> str:
    return _spark_y(values[-1], values)


def _spark_y(value: Decimal, values: Sequence[Decimal]) -> str:
    low, high = min(values), max(values)
    return _number(12 - 10 * (value - low) / ((high - low) or Decimal(1)))


def _extent(steps: Sequence[Step]) -> tuple[Decimal, Decimal]:
    ends = [ZERO, *(step.start + step.value for step in steps)]
    return min(ends), (max(ends) - min(ends)) or Decimal(1)


def _fraction(value: Decimal, whole: Decimal) -> Decimal:
    return ZERO if whole <= 0 else max(ZERO, min(value / whole, Decimal(1)))


def _number(value: Decimal) -> str:
    return f"{value:.2f}"


def _percent(value: Decimal) -> str:
    return f"{value:.2f}%"
