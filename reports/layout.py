"""Finds text that left its page or its table cell: run on every document drawn in tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_SLACK = 0.5  # px: hairlines and italics may stand over by this much


@dataclass(frozen=True)
class Fault:
    """One text or picture that is not where it belongs. `by` is in CSS pixels."""

    page: int
    what: str
    by: float
    text: str


def faults(document: Any) -> list[Fault]:
    """Every text or picture outside the content area of its page, its margin box or its table cell."""
    return [
        fault
        for number, page in enumerate(document.pages, 1)
        for fault in _walk(page._page_box, number, _edges(page._page_box), None, False)
    ]


def _edges(box: Any) -> tuple[float, float, float, float]:
    left, top = box.content_box_x(), box.content_box_y()
    return left, top, left + box.width, top + box.height


def _walk(box: Any, page: int, area: tuple[float, float, float, float], cell: Any, turned: bool) -> Iterator[Fault]:
    box = getattr(box, "_box", box)
    kinds = _kinds(box)
    if "MarginBox" in kinds:
        area, cell = _edges(box), None
        turned = bool(box.style["transform"])
    elif "TableCellBox" in kinds:
        cell = box
    if kinds & {"TextBox", "ReplacedBox"} and not turned:
        yield from _check(box, page, area, cell)
    if "ParentBox" in kinds:
        for child in box.all_children():
            yield from _walk(child, page, area, cell, turned)


def _kinds(box: Any) -> set[str]:
    """By name, so that reports/pdf.py stays the only module that imports WeasyPrint."""
    return {kind.__name__ for kind in type(box).__mro__}


def _check(box: Any, page: int, area: tuple[float, float, float, float], cell: Any) -> Iterator[Fault]:
    text = getattr(box, "text", "(picture)")
    if not text.strip():
        return
    left, top, right, bottom = area
    start, end = box.position_x, box.position_x + box.width
    upper, lower = box.position_y, box.position_y + box.height
    if start < left - _SLACK or end > right + _SLACK:
        yield Fault(page, "beside its page", round(max(left - start, end - right), 1), text)
    elif cell is not None:
        cell_start, cell_end = cell.position_x, cell.position_x + cell.border_width()
        if start < cell_start - _SLACK or end > cell_end + _SLACK:
            yield Fault(page, "beside its cell", round(max(cell_start - start, end - cell_end), 1), text)
    # Line boxes of a last line may stand over by a fraction of their leading.
    if lower > bottom + 2 or upper < top - 2:
        yield Fault(page, "above or below its page", round(max(lower - bottom, top - upper), 1), text)
