"""Charts of the statement: Altair specifications drawn to SVG by vl-convert.

Nothing is left to automatic layout: the plot's size, margins, ticks and label positions are given, so no text is
measured and the drawing does not depend on the fonts of the machine. Numbers become floats here, for drawing only.
Text is ours (dates and amounts); names from the data stand in the HTML beside the chart, where they wrap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from html import escape
from math import floor, log10
from typing import Any

from reports.currency import sign
from reports.formats import day, money, short
from reports.values import ZERO

INK, BODY, MUTED, HAIR, GRID = "#14202E", "#2B3440", "#66707F", "#C9D0D8", "#E6EAEE"
ACCENT, ACCENT_LIGHT, BEFORE, WEEKEND = "#0B5563", "#CFE2E6", "#A9B2BD", "#F1F4F6"
SERIES = ("#0B5563", "#C98B2B", "#6C7FA8", "#8C4A5B", "#7FA38B")
OTHER = "#B8C0CA"
FONT = "Tallyhouse Sans"
WIDTH = 657
LEFT, RIGHT, TOP, BOTTOM = 44, 104, 10, 24
SIZE = 9.6
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

Row = dict[str, Any]


@dataclass(frozen=True)
class Chart:
    """An SVG with its alternative text inside, ready to be put into the page."""

    svg: str


@cache
def _altair() -> Any:
    import altair

    altair.data_transformers.disable_max_rows()
    return altair


def cumulative(
    spend: Sequence[Decimal], before: Sequence[Decimal], plan: Decimal | None, *, first: date, days: int, alt_text: str
) -> Chart:
    """Running totals by day: `spend` up to the last complete day, `before` for the month before (may be empty)."""
    alt = _altair()
    height = 172
    highest = max([*spend, *before, plan or ZERO, ZERO])
    lowest = min([*spend, *before, ZERO])
    ticks = _ticks(float(lowest), float(highest))
    x, y = _scale(1, max(days, 2)), _scale(ticks[0], ticks[-1])
    plot = WIDTH - LEFT - RIGHT
    now = [{"x": n, "y": float(v)} for n, v in enumerate(spend, 1)]
    then = [{"x": n, "y": float(v)} for n, v in enumerate(before[:days], 1)]
    layers = [*_grid(ticks, plot), *_day_labels(first, days, x, height)]
    encode = {"x": _at(alt.X, "x", x), "y": _at(alt.Y, "y", y)}
    if now:
        base = {"y2": alt.Y2Datum(0)}
        layers.append(alt.Chart(_data(now)).mark_area(color=ACCENT_LIGHT, opacity=0.45).encode(**encode, **base))
    if plan is not None:
        pace = [{"x": n, "y": float(plan) * n / days} for n in range(1, days + 1)]
        layers.append(alt.Chart(_data(pace)).mark_line(color=INK, strokeWidth=1, strokeDash=[3, 3]).encode(**encode))
    if then:
        layers.append(alt.Chart(_data(then)).mark_line(color=BEFORE, strokeWidth=1.4).encode(**encode))
    if now:
        layers.append(alt.Chart(_data(now)).mark_line(color=ACCENT, strokeWidth=2.2).encode(**encode))
        layers.append(
            alt.Chart(_data(now[-1:])).mark_circle(color=ACCENT, size=36, opacity=1, stroke="white").encode(**encode)
        )
    ends = [("This month", spend[-1], ACCENT, len(spend))] if now else []
    ends += [("Budget", plan, INK, days)] if plan is not None else []
    ends += [("Last month", before[-1], MUTED, min(len(before), days))] if then else []
    layers += _end_labels(ends, ticks, days, plot, height)
    return _drawn(alt.layer(*layers), plot, height, alt_text)


def daily(stacks: Sequence[Sequence[Decimal]], *, first: date, days: int, alt_text: str) -> Chart:
    """Spend by day: one sequence of days for each series, drawn from the baseline up in the order given."""
    alt = _altair()
    height, plot = 128, WIDTH - LEFT
    above, below = [0.0] * days, [0.0] * days
    bars: list[Row] = []
    for number, stack in enumerate(stacks):
        colour = SERIES[number] if number < len(SERIES) else OTHER
        for index, value in enumerate(map(float, stack)):
            run = above if value >= 0 else below
            if value:
                middle = index + 1
                bars.append(
                    {"x": middle - 0.37, "x2": middle + 0.37, "y": run[index], "y2": run[index] + value, "fill": colour}
                )
            run[index] += value
    ticks = _ticks(min([*below, 0.0]), max([*above, 0.0]))
    x, y = _scale(0.5, days + 0.5), _scale(ticks[0], ticks[-1])
    weekends = [{"x": n - 0.5, "x2": n + 0.5} for n in range(1, days + 1) if first.replace(day=n).isoweekday() > 5]
    shade = (
        alt.Chart(_data(weekends))
        .mark_rect(color=WEEKEND)
        .encode(x=_at(alt.X, "x", x), x2="x2:Q", y=alt.value(0), y2=alt.value(height))
    )
    marks = (
        alt.Chart(_data(bars))
        .mark_rect(stroke="white", strokeWidth=0.5)
        .encode(
            x=_at(alt.X, "x", x),
            x2="x2:Q",
            y=_at(alt.Y, "y", y),
            y2="y2:Q",
            fill=alt.Fill("fill:N", scale=None, legend=None),
        )
    )
    grid, baseline, labels = _grid(ticks, plot)
    layers = [shade, grid, *([marks] if bars else []), baseline, labels, *_day_labels(first, days, x, height)]
    return _drawn(alt.layer(*layers), plot, height, alt_text, right=0)


def week(tokens: dict[tuple[int, int], Decimal], *, alt_text: str) -> Chart:
    """Average tokens by (ISO weekday, local hour); the darkest cell is the busiest hour."""
    alt = _altair()
    left, cell, height = 34, (WIDTH - 34) / 24, 7 * 15
    highest = max([*tokens.values(), Decimal(1)])
    cells, hours, names = [], [], []
    for weekday, name in enumerate(WEEKDAYS, 1):
        names.append({"y": (weekday - 1) * 15 + 7.5, "text": name})
        for hour in range(24):
            value = tokens.get((weekday, hour), ZERO)
            cells.append(
                {
                    "x": hour * cell + 0.6,
                    "x2": (hour + 1) * cell - 0.6,
                    "y": (weekday - 1) * 15 + 0.6,
                    "y2": weekday * 15 - 0.6,
                    "fill": _shade(float(value / highest)),
                }
            )
    hours = [{"x": (hour + 0.5) * cell, "text": f"{hour:02d}:00"} for hour in range(0, 24, 3)]
    key = [
        {"x": 26 + 12 * n, "x2": 38 + 12 * n, "y": height + 22, "y2": height + 29, "fill": _shade(n / 7)}
        for n in range(8)
    ]
    words = [
        {"x": 0, "y": height + 26, "text": "Low"},
        {"x": 128, "y": height + 26, "text": f"High ({short(int(highest))} tokens per hour)" if tokens else "High"},
    ]
    x, y = _scale(0, WIDTH - left), alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False)
    rects = (
        alt.Chart(_data(cells + key))
        .mark_rect()
        .encode(
            x=_at(alt.X, "x", x),
            x2="x2:Q",
            y=_at(alt.Y, "y", y),
            y2="y2:Q",
            fill=alt.Fill("fill:N", scale=None, legend=None),
        )
    )
    layers = [
        rects,
        _text(names, {"x": alt.value(-6), "y": _at(alt.Y, "y", y)}, align="right", color=BODY),
        _text(hours, {"x": _at(alt.X, "x", x), "y": alt.value(height + 9)}, align="center"),
        _text(words, {"x": _at(alt.X, "x", x), "y": _at(alt.Y, "y", y)}, align="left"),
    ]
    return _drawn(alt.layer(*layers), WIDTH - left, height, alt_text, left=left, top=0, right=0, bottom=34)


def _ticks(low: float, high: float, most: int = 4) -> list[float]:
    """Round steps from at or below `low` to at or above `high`, zero among them."""
    span = (high - low) or 1.0
    step = 10.0 ** floor(log10(span / most))
    step *= next(m for m in (1, 2, 2.5, 5, 10) if span / (step * m) <= most)
    start = floor(low / step)
    ticks = [start * step]
    while ticks[-1] < high or len(ticks) < 2:
        ticks.append(round((start + len(ticks)) * step, 10))
    return ticks


def _scale(low: float, high: float) -> Any:
    return _altair().Scale(domain=[low, high], nice=False, zero=False)


def _at(channel: Any, field: str, scale: Any) -> Any:
    return channel(f"{field}:Q", scale=scale, axis=None)


def _data(rows: Sequence[Row]) -> Any:
    return _altair().Data(values=list(rows))


def _text(rows: Sequence[Row], encode: Row, *, align: str, color: str = MUTED, weight: int = 400) -> Any:
    chart = _altair().Chart(_data(rows))
    mark = chart.mark_text(align=align, baseline="middle", font=FONT, fontSize=SIZE, fontWeight=weight, color=color)
    return mark.encode(text="text:N", **encode)


def _grid(ticks: Sequence[float], plot: int) -> list[Any]:
    """Grey rules, a black baseline at zero, and amounts to their left."""
    alt = _altair()
    y = _at(alt.Y, "y", _scale(ticks[0], ticks[-1]))
    lines = [{"y": tick, "text": _tick_label(tick)} for tick in ticks]

    def rules(rows: Sequence[Row], colour: str) -> Any:
        marks = alt.Chart(_data(rows)).mark_rule(strokeWidth=0.75, color=colour)
        return marks.encode(x=alt.value(0), x2=alt.value(plot), y=y)

    grey = rules([line for line in lines if line["y"] != 0], GRID)
    return [grey, rules([{"y": 0}], INK), _text(lines, {"x": alt.value(-6), "y": y}, align="right")]


def _tick_label(tick: float) -> str:
    if tick == 0:
        return "0"
    exact = Decimal(repr(tick))
    if abs(exact) < 1000:
        return money(exact.normalize() if exact != exact.to_integral() else exact.quantize(Decimal(1)))
    minus = "\N{MINUS SIGN}" if tick < 0 else ""
    return f"{minus}{sign()}{short(abs(int(exact))).replace('.0', '')}"


def _day_labels(first: date, days: int, x: Any, height: int) -> list[Any]:
    alt = _altair()
    # Every fifth day, and the last unless it would touch the one before.
    numbers = [n for n in range(1, days + 1, 5) if n == 1 or days - n > 1] + [days]
    rows = [{"x": n, "text": day(first)[:5] if n == 1 else str(n)} for n in dict.fromkeys(numbers)]
    return [_text(rows, {"x": _at(alt.X, "x", x), "y": alt.value(height + 12)}, align="center")]


def _end_labels(
    ends: Sequence[tuple[str, Decimal, str, int]], ticks: Sequence[float], days: int, plot: int, height: int
) -> list[Any]:
    """Names and amounts at the right of their lines, pushed apart where they would touch."""
    alt = _altair()
    spread = (ticks[-1] - ticks[0]) or 1.0
    ordered = sorted(ends, key=lambda end: (-end[1], end[0]))
    lines = [height * (1 - (float(value) - ticks[0]) / spread) for _, value, _, _ in ordered]
    layers = []
    for (name, value, colour, number), y, top in zip(ordered, lines, apart(lines, 6.0, height - 12.0), strict=True):
        end = plot * (number - 1) / max(days - 1, 1)
        rule = alt.Chart(_data([{}])).mark_rule(color=HAIR, strokeWidth=0.75)
        layers.append(rule.encode(x=alt.value(end + 4), x2=alt.value(plot + 10), y=alt.value(y), y2=alt.value(top)))
        for offset, text, weight in ((0, name, 600), (12, money(value), 400)):
            layers.append(
                _text(
                    [{"text": text}],
                    {"x": alt.value(plot + 14), "y": alt.value(top + offset)},
                    align="left",
                    color=colour,
                    weight=weight,
                )
            )
    return layers


def apart(wanted: Sequence[float], highest: float, lowest: float, step: float = 30) -> list[float]:
    """Where labels stand that want to stand at `wanted`, from the top down: at least `step` apart, within the bounds.

    Each gives way downwards to those above it; only those that would then stand too low give way upwards again.
    """
    placed: list[float] = []
    for y in wanted:
        placed.append(max(y, placed[-1] + step if placed else highest))
    for index in reversed(range(len(placed))):
        placed[index] = min(placed[index], placed[index + 1] - step if index + 1 < len(placed) else lowest)
    return placed


def _shade(part: float) -> str:
    low, high = (0xF1, 0xF5, 0xF6), (0x0B, 0x55, 0x63)
    weight = max(0.0, min(part, 1.0)) ** 0.8
    return "#" + "".join(f"{round(a + (b - a) * weight):02X}" for a, b in zip(low, high, strict=True))


def _drawn(
    chart: Any,
    width: float,
    height: int,
    alt_text: str,
    *,
    left: int = LEFT,
    right: int = RIGHT,
    top: int = TOP,
    bottom: int = BOTTOM,
) -> Chart:
    import vl_convert

    spec = (
        chart.properties(
            width=width, height=height, padding={"left": left, "right": right, "top": top, "bottom": bottom}
        )
        .configure(autosize=_altair().AutoSizeParams(type="none"), background="white", font=FONT)
        .configure_view(stroke=None)
        .to_dict()
    )
    svg = vl_convert.vegalite_to_svg(spec)
    head, rest = svg.split(">", 1)
    # The title is the figure's alternative text in the tagged PDF.
    return Chart(f"{head}><title>{escape(alt_text)}</title>{rest}")
