"""Puts a legend on paper: blocks broken into lines, lines into columns. Lengths are millimetres at ``scale`` 1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.maps.palette import BASE, LineStyle, MarkStyle
from phusong.maps.picture.drawing import LINE_PT, FillStyle, add_area, add_lines, add_marks, compound_path, stroke
from phusong.maps.picture.text import flow, put, wrap
from phusong.maps.picture.text import width_mm as text_mm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from phusong.maps.picture.legend import LegendBlock, Sign

COLUMN_MM = 60.0
BLOCK_GAP_MM = 2.2
TEXT_PT = 6.6

_HEADING_PT = 7.6
_LINE_MM, _ROW_GAP_MM = 2.75, 0.75
_SIGN_MM, _TEXT_FROM_MM, _AIR_MM = (5.6, 2.5), 7.2, 1.5
_THINNEST_PX, _LARGEST_PX = 1.4, 6.0


@dataclass(frozen=True, slots=True)
class LaidRow:
    """One row of a block: how far down it begins, its lines, and what stands before and after them."""

    down_mm: float
    lines: tuple[str, ...]
    size: float
    bold: bool
    sign: Sign | None
    right: str


@dataclass(frozen=True, slots=True)
class LaidBlock:
    """A block in lines, and how high it is."""

    rows: tuple[LaidRow, ...]
    height_mm: float


def lay_out(block: LegendBlock, width_mm: float, scale: float) -> LaidBlock:
    """Return a block broken into lines for a column of ``width_mm``."""
    rows: list[LaidRow] = []
    down = 0.0

    def add(
        lines: list[str], size: float, *, bold: bool = False, sign: Sign | None = None, right: str = ""
    ) -> None:
        nonlocal down
        rows.append(LaidRow(down, tuple(lines), size * scale, bold, sign, right))
        down += (len(lines) * _LINE_MM + _ROW_GAP_MM) * scale

    def room(right: str, indent: float = 0.0) -> float:
        taken = text_mm(right, TEXT_PT * scale) + _AIR_MM * scale if right else 0.0
        return width_mm - indent * scale - taken

    heading = wrap(block.heading, room(block.counted), _HEADING_PT * scale, bold=True)
    add(heading, _HEADING_PT, bold=True, right=block.counted)
    if block.notes:
        add(flow(block.notes, " · ", width_mm, TEXT_PT * scale, max_lines=8), TEXT_PT)
    for row in block.rows:
        text = wrap(row.text, room(row.count, _TEXT_FROM_MM), TEXT_PT * scale)
        add(text, TEXT_PT, sign=row.sign, right=row.count)
    return LaidBlock(tuple(rows), down)


def share_out(heights: Sequence[float], columns: int, gap: float) -> list[int]:
    """Return the column of each block, so that the highest column is as low as can be; few blocks are expected."""
    best: tuple[float, tuple[int, ...]] = (math.inf, ())
    for columns_of in product(range(columns), repeat=len(heights)):
        parts = [[high for high, own in zip(heights, columns_of, strict=True) if own == c] for c in range(columns)]
        best = min(best, (max(sum(part) + gap * (len(part) - 1) for part in parts), columns_of))
    return list(best[1])


def draw_block(axes: Axes, block: LaidBlock, left: float, top: float, width_mm: float, scale: float) -> None:
    """Draw a block whose upper left corner is at ``left`` and ``top``; y is downwards."""
    for row in block.rows:
        y = top + row.down_mm + _LINE_MM * scale / 2
        if row.sign is not None:
            _draw_sign(axes, row.sign, left, y, scale)
        colour = BASE["muted" if row.sign is None and not row.bold else "ink"].light
        for nth, line in enumerate(row.lines):
            x = left + (_TEXT_FROM_MM * scale if row.sign else 0.0)
            put(axes, x, y + nth * _LINE_MM * scale, line, row.size, bold=row.bold, color=colour)
        if row.right:
            put(axes, left + width_mm, y, row.right, TEXT_PT * scale, color=BASE["muted"].light, ha="right")


def _draw_sign(axes: Axes, sign: Sign, left: float, y: float, scale: float) -> None:
    wide, high = _SIGN_MM[0] * scale, _SIGN_MM[1] * scale
    if isinstance(sign, FillStyle):
        box = shapely.box(left, y - high / 2, left + wide, y + high / 2)
        add_area(axes, [box], sign, scale, gid=f"legend-{sign.key}", zorder=2)
        edge = compound_path([shapely.get_coordinates(box)[:-1]])
        stroke(axes, edge, BASE["muted"].light, 0.8 * LINE_PT * scale, zorder=3)
    elif isinstance(sign, LineStyle):
        thick = LineStyle(sign.colour, max(sign.weight, _THINNEST_PX), max(sign.opacity, 0.99), sign.dash)
        add_lines(axes, [np.array([(left, y), (left + wide, y)])], thick, scale, zorder=2)
    else:
        small = MarkStyle(sign.colour, sign.shape, min(sign.radius, _LARGEST_PX))
        add_marks(axes, [(left + wide / 2, y)], small, scale, zorder=2)
