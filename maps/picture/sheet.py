"""The sheet of a picture: what stands around the map, where everything is, and how high the sheet becomes.

Lengths are millimetres, from the upper left corner, y downwards; those here are for a ``scale`` of 1, that of a
sheet of 250 mm. On a wide sheet the legend is beside the map, on a narrow one below it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from matplotlib.patches import Rectangle

from phusong.maps.palette import BASE
from phusong.maps.picture.columns import BLOCK_GAP_MM, COLUMN_MM, LaidBlock, draw_block, lay_out, share_out
from phusong.maps.picture.drawing import LINE_PT
from phusong.maps.picture.frame import Frame, fit_frame
from phusong.maps.picture.text import MM_PER_POINT, flow, put, width_mm, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from phusong.maps.picture.sheet_text import SheetText

USUAL_WIDTH_MM: Final = 250.0

_SMALLEST_SCALE = 0.85
_LEGEND_BESIDE_MM = 205.0
"""The legend is beside the map on sheets that are at least so wide."""
_MARGIN_MM, _GAP_MM, _DEGREES_MM = 3.0, 3.5, 3.4
_NARROWEST_COLUMN_MM = 48.0
_TITLE_PT, _FACTS_PT, _NOTICE_PT, _SOURCES_PT = 13.0, 7.6, 7.2, 5.6
_LEADING = 1.32
_LOWEST, _HIGHEST = 0.35, 1.2
"""Of a map's height, in widths."""
_NOTICE_MM, _INSET_MM = 4.4, 1.6
_MOST_SOURCES = 14
_NOTICES: Final = {"synthetic": ("#7a1f00", "#ffffff", "#7a1f00"), "schematic": ("#fff3cd", "#5b4300", "#c79a1a")}
"""Ground, ink and edge of the page's badges, as ``assets/province_map.css`` has them."""


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    y: float
    size: float
    bold: bool = False


@dataclass(frozen=True, slots=True)
class _Notice:
    key: str
    lines: tuple[str, ...]
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Placed:
    left: float
    top: float
    block: LaidBlock


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where everything is; the map's upper left corner is at ``map_left`` and ``map_top``."""

    width_mm: float
    height_mm: float
    scale: float
    frame: Frame
    map_left: float
    map_top: float
    lines: tuple[_Line, ...]
    notices: tuple[_Notice, ...]
    column_mm: float
    blocks: tuple[_Placed, ...]

    def map_part(self) -> tuple[float, float, float, float]:
        """Return left, bottom, width and height of the map as parts of the sheet, from its lower left corner."""
        return (
            self.map_left / self.width_mm,
            1 - (self.map_top + self.frame.height_mm) / self.height_mm,
            self.frame.width_mm / self.width_mm,
            self.frame.height_mm / self.height_mm,
        )


def plan_sheet(text: SheetText, bounds: tuple[float, float, float, float], width: float) -> Sheet:
    """Return the sheet of ``width`` mm on which the map shows ``bounds`` (west, south, east, north; degrees)."""
    scale = max(_SMALLEST_SCALE, math.sqrt(width / USUAL_WIDTH_MM))
    margin, gap, degrees = _MARGIN_MM * scale, _GAP_MM * scale, _DEGREES_MM * scale
    inner = width - 2 * margin
    title, down = _written(
        wrap(text.title, inner, _TITLE_PT * scale, bold=True), margin, _TITLE_PT * scale, bold=True
    )
    facts, down = _written(flow(text.facts, "   ·   ", inner, _FACTS_PT * scale), down, _FACTS_PT * scale)
    notices, down = _place_notices(text.notices, margin, inner, down + gap / 3, scale)
    map_top = down + gap / 2

    beside = width >= _LEGEND_BESIDE_MM * scale
    most = 1 if beside else int((inner + gap) / (_NARROWEST_COLUMN_MM * scale + gap))
    columns = max(1, min(most, len(text.blocks)))
    column = COLUMN_MM * scale if beside else (inner - gap * (columns - 1)) / columns
    blocks = [lay_out(block, column, scale) for block in text.blocks]
    heights = [block.height_mm for block in blocks]

    map_width = inner - degrees - (column + gap if beside else 0)
    lowest = max(_LOWEST * map_width, _stack(heights, scale) - degrees if beside else 0)
    frame = fit_frame(bounds, map_width, lowest, max(_HIGHEST * map_width, lowest))
    down = map_top + frame.height_mm + degrees
    left, top = (width - margin - column, map_top) if beside else (margin, down + gap / 2)
    between = BLOCK_GAP_MM * scale
    placed = _place_blocks(blocks, share_out(heights, columns, between), left, top, column + gap, between)
    down = max(down, *(each.top + each.block.height_mm for each in placed))

    size = _SOURCES_PT * scale
    sources, down = _written(flow(text.sources, " | ", inner, size, _MOST_SOURCES), down + gap / 2, size)
    return Sheet(
        width_mm=width,
        height_mm=down + margin,
        scale=scale,
        frame=frame,
        map_left=margin + degrees,
        map_top=map_top,
        lines=(*title, *facts, *sources),
        notices=tuple(notices),
        column_mm=column,
        blocks=tuple(placed),
    )


def draw_sheet(axes: Axes, sheet: Sheet) -> None:
    """Draw all but the map; ``axes`` are in millimetres of the sheet."""
    scale, margin = sheet.scale, _MARGIN_MM * sheet.scale
    for line in sheet.lines:
        put(
            axes,
            margin,
            line.y,
            line.text,
            line.size,
            bold=line.bold,
            color=BASE["ink" if line.bold else "muted"].light,
        )
    for notice in sheet.notices:
        ground, ink, edge = _NOTICES[notice.key]
        place = (notice.left, notice.top)
        width = LINE_PT * scale
        box = Rectangle(place, notice.width, notice.height, facecolor=ground, edgecolor=edge, linewidth=width)
        axes.add_artist(box)
        for nth, text in enumerate(notice.lines):
            y = notice.top + (nth + 0.5) * _NOTICE_MM * scale
            put(axes, notice.left + _INSET_MM * scale, y, text, _NOTICE_PT * scale, bold=True, color=ink)
    for placed in sheet.blocks:
        draw_block(axes, placed.block, placed.left, placed.top, sheet.column_mm, scale)


def _written(texts: Sequence[str], top: float, size: float, *, bold: bool = False) -> tuple[list[_Line], float]:
    """Return lines one below the other, and where the next may begin."""
    high = size * MM_PER_POINT * _LEADING
    return [_Line(text, top + (n + 0.5) * high, size, bold) for n, text in enumerate(texts)], top + len(
        texts
    ) * high


def _place_notices(
    notices: Sequence[tuple[str, str]], left: float, inner: float, top: float, scale: float
) -> tuple[list[_Notice], float]:
    """Return the notices side by side, as far as there is room, and where the next thing may begin."""
    placed: list[_Notice] = []
    inset, size, right, bottom = 2 * _INSET_MM * scale, _NOTICE_PT * scale, left, top
    for key, text in notices:
        lines = tuple(wrap(text, inner - inset, size, bold=True))
        wide = max(width_mm(line, size, bold=True) for line in lines) + inset
        if right > left and right + wide > left + inner:
            right, top = left, bottom + _INSET_MM * scale / 2
        placed.append(_Notice(key, lines, right, top, wide, len(lines) * _NOTICE_MM * scale))
        right, bottom = right + wide + _INSET_MM * scale, max(bottom, top + placed[-1].height)
    return placed, bottom


def _place_blocks(
    blocks: Sequence[LaidBlock], columns_of: Sequence[int], left: float, top: float, step: float, gap: float
) -> list[_Placed]:
    placed, down = [], dict.fromkeys(columns_of, top)
    for block, column in zip(blocks, columns_of, strict=True):
        placed.append(_Placed(left + column * step, down[column], block))
        down[column] += block.height_mm + gap
    return placed


def _stack(heights: Sequence[float], scale: float) -> float:
    return sum(heights) + BLOCK_GAP_MM * scale * (len(heights) - 1)
