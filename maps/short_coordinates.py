"""Coordinates as short lists of whole numbers: two fifths of what pairs of decimal degrees take in a page.

A line is ``[x0, y0, dx1, dy1, dx2, dy2, ...]`` in units of 1e-5 degrees (about a metre), longitude first: the
first point as it is, every other one as the way from the point before it. Each point is rounded before the ways
are taken, so errors do not add up. ``assets/province_shapes.js`` reads it. What is drawn is not decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

UNITS_PER_DEGREE = 100_000

ShortLine: TypeAlias = "list[int]"
ShortRing: TypeAlias = "list[int]"
"""A ring without its closing point: whoever reads it closes it."""
ShortPolygons: TypeAlias = "list[list[ShortRing]]"
"""Polygons of rings, the shell first."""


def short_line(coordinates: ArrayLike) -> ShortLine:
    """Return a line as short integers, without the repeats that rounding made.

    Parameters
    ----------
    coordinates
        Points as ``(n, 2)``, longitude and latitude in degrees.

    Raises
    ------
    ValueError
        A coordinate is not finite.
    """
    return _written(_without_repeats(_units(coordinates)))


def short_ring(coordinates: ArrayLike) -> ShortRing:
    """Return a ring as short integers without its closing point; empty where rounding left no three points.

    Takes and raises what :func:`short_line` does; whether the last point repeats the first makes no difference.
    """
    points = _without_repeats(_units(coordinates))
    if len(points) > 1 and (points[0] == points[-1]).all():
        points = points[:-1]
    return _written(points) if _is_ring(points) else []


def short_polygons(geometry: shapely.Geometry | None) -> ShortPolygons:
    """Return the polygons in a geometry (degrees) as short rings, without what rounding made lines or points.

    Raises
    ------
    ValueError
        A coordinate is not finite.
    """
    return [rings for polygon in _polygons(geometry) if (rings := _short_rings(polygon))]


def line_points(short: ShortLine) -> NDArray[np.float64]:
    """Return the points of a short line or ring as ``(n, 2)``, longitude and latitude in degrees."""
    return np.cumsum(np.reshape(np.asarray(short, dtype=np.int64), (-1, 2)), axis=0) / UNITS_PER_DEGREE


def _polygons(geometry: shapely.Geometry | None) -> Iterator[shapely.Polygon]:
    """Yield the polygons that are not empty, also of collections within collections."""
    if isinstance(geometry, shapely.Polygon):
        if not geometry.is_empty:
            yield geometry
    else:
        for part in getattr(geometry, "geoms", ()):
            yield from _polygons(part)


def _short_rings(polygon: shapely.Polygon) -> list[ShortRing]:
    shell, *holes = (short_ring(shapely.get_coordinates(ring)) for ring in shapely.get_rings(polygon))
    return [shell, *filter(None, holes)] if shell else []


def _units(coordinates: ArrayLike) -> NDArray[np.int64]:
    degrees = np.asarray(coordinates, dtype=np.float64).reshape(-1, 2)
    if not np.isfinite(degrees).all():
        raise ValueError("a coordinate is not finite: it cannot be drawn")
    return np.rint(degrees * UNITS_PER_DEGREE).astype(np.int64)


def _without_repeats(points: NDArray[np.int64]) -> NDArray[np.int64]:
    is_kept = np.ones(len(points), dtype=bool)
    is_kept[1:] = (points[1:] != points[:-1]).any(axis=1)
    return points[is_kept]


def _is_ring(points: NDArray[np.int64]) -> bool:
    """Tell whether there is a third point beside the first two."""
    others = points[2:]
    return bool(((others != points[:1]).any(axis=1) & (others != points[1:2]).any(axis=1)).any())


def _written(points: NDArray[np.int64]) -> ShortLine:
    return np.diff(points, axis=0, prepend=0).ravel().tolist()
