"""Four square communes of 10 km in EPSG:6933, so that figures are round; two districts, two classes."""

from __future__ import annotations

import numpy as np
import shapely

from phusong.coverage.editions import Commune, Edition
from phusong.coverage.input.boundaries import Boundaries
from phusong.coverage.input.layers import Layer
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject
from phusong.coverage.summary import LayerSource

SIDE_M = 10_000.0
_WEST, _SOUTH = 10_340_000.0, 2_600_000.0
"""107.17 E, 20.8 N."""
CLASSES = {"00001": ("island",), "00004": ("island", "border")}


def square(x: float, y: float, width: float, height: float | None = None) -> shapely.Polygon:
    """Return a rectangle by its lower left corner and size, in km from the corner of all communes."""
    height = width if height is None else height
    return shapely.box(
        _WEST + 1000 * x, _SOUTH + 1000 * y, _WEST + 1000 * (x + width), _SOUTH + 1000 * (y + height)
    )


def four_communes(*more: shapely.Geometry) -> Boundaries:
    """Return communes 1 and 2 (district A) below 3 and 4 (district B); ``more`` goes to commune 1, as islands."""
    polygons = [square(0, 0, 10), square(10, 0, 10), square(0, 10, 10), square(10, 10, 10)]
    centres = shapely.get_coordinates(
        reproject(shapely.centroid(np.array(polygons, dtype=object)), EQUAL_AREA, WGS84)
    )
    communes = {
        f"{n:05d}": Commune(f"{n:05d}", f"Xã {n}", "Xã", "A" if n < 3 else "B", lat, lon, 100.0, 1000 * n)
        for n, (lon, lat) in enumerate(centres.tolist(), start=1)
    }
    if more:
        polygons[0] = shapely.union_all([polygons[0], *more])
    shapes = np.array([*polygons, None], dtype=object)[:-1]
    return Boundaries(Edition("made up", communes), "made up", "", False, shapes, ())


def layer(
    *shapes: shapely.Geometry, operator: str = "A", technology: str = "4G", min_dbm: float | None = -105.0
) -> Layer:
    """Return a layer of shapes in EPSG:6933."""
    source = LayerSource("made up", "", operator, technology, min_dbm, "2026-06-30")
    return Layer(source, np.array([*shapes, None], dtype=object)[:-1], synthetic=False, repairs=())
