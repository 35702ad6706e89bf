"""The shapes of offices and endpoints, and the strokes of hatches: the page's, for paper.

The outlines are those of ``assets/province_palette.js``, with y upwards. Hatches are drawn as lines and dots and
not as patterns of SVG: programs that write documents do not all know those.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely
from matplotlib.path import Path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

HOLLOW = frozenset({"ring", "hollow-screen"})
"""Shapes that are drawn by their edge."""

_SCREEN = ((-1, -0.7), (1, -0.7), (1, 0.5), (0.3, 0.5), (0.3, 0.95), (-0.3, 0.95), (-0.3, 0.5), (-1, 0.5))
_CROSS_QUARTER = ((-1, -0.55), (-0.55, -1), (0, -0.42), (0.55, -1), (1, -0.55), (0.42, 0))
_OUTLINES: dict[str, Sequence[tuple[float, float]]] = {
    "square": ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)),
    "triangle": ((0, -1.1), (1, 0.75), (-1, 0.75)),
    "screen": _SCREEN,
    "hollow-screen": _SCREEN,
    "cross": (*_CROSS_QUARTER, *((-x, -y) for x, y in _CROSS_QUARTER)),
    "star": tuple(
        (math.sin(i * math.pi / 5) * length, -math.cos(i * math.pi / 5) * length)
        for i, length in enumerate((1, 0.45) * 5)
    ),
}
"""In units of the radius, y downwards as on the page."""

_EVERY = 8.0
_HATCHES: dict[str, tuple[tuple[float, float], ...]] = {
    "none": (),
    "lines": ((0.0, _EVERY),),
    "steep": ((45.0, _EVERY / math.sqrt(2)),),
    "cross": ((0.0, _EVERY), (90.0, _EVERY)),
    "dense": ((0.0, _EVERY / 2), (90.0, _EVERY / 2)),
    "no-data": ((135.0, 7.0),),
}
"""Angle in degrees and distance of the lines, in pixels of the page."""


def mark_path(shape: str, shift: tuple[float, float] = (0.0, 0.0)) -> Path:
    """Return a mark of radius 1 around (0, 0); ``shift``, in radii and y upwards, puts it beside."""
    if shape not in _OUTLINES:
        return Path.circle(shift, 1.0)
    points = np.array(_OUTLINES[shape]) * (1, -1) + shift
    return Path(np.vstack([points, points[:1]]), closed=True)


def hatch_lines(area: shapely.Geometry, hatch: str, mm_per_pixel: float) -> list[NDArray[np.float64]]:
    """Return the lines of a hatch within an area of the paper (millimetres), each as ``(n, 2)``."""
    ruled = [
        line
        for degrees, distance in _HATCHES.get(hatch, ())
        for line in _ruled(shapely.bounds(area), degrees, distance * mm_per_pixel)
    ]
    if not ruled:
        return []
    parts = shapely.get_parts(shapely.intersection(ruled, area), return_index=False)
    return [
        shapely.get_coordinates(part)
        for part in parts
        if shapely.get_type_id(part) == shapely.GeometryType.LINESTRING
    ]


def hatch_dots(area: shapely.Geometry, hatch: str, mm_per_pixel: float) -> NDArray[np.float64]:
    """Return the dots of a hatch within an area of the paper (millimetres) as ``(n, 2)``."""
    if hatch != "dots" or shapely.is_empty(area):
        return np.empty((0, 2))
    step = _EVERY * mm_per_pixel
    west, south, east, north = shapely.bounds(area)
    x, y = np.meshgrid(_steps(west, east, step), _steps(south, north, step))
    shapely.prepare(area)
    inside = shapely.contains_xy(area, x, y)
    return np.column_stack([x[inside], y[inside]])


def _ruled(bounds: NDArray[np.float64], degrees: float, distance: float) -> NDArray[np.object_]:
    """Return parallel lines over a box; they go through round distances from (0, 0), whatever the box."""
    if np.isnan(bounds).any():
        return np.empty(0, dtype=object)
    west, south, east, north = bounds
    along = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    across = np.array([-along[1], along[0]])
    corners = np.array([[west, south], [east, south], [east, north], [west, north]])
    offsets = _steps(*_span(corners @ across), distance)
    ends = np.array(_span(corners @ along))
    return np.asarray(shapely.linestrings([[end * along + offset * across for end in ends] for offset in offsets]))


def _span(values: NDArray[np.float64]) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _steps(first: float, last: float, step: float) -> NDArray[np.float64]:
    return np.arange(math.ceil(first / step), math.floor(last / step) + 1, dtype=np.float64) * step
