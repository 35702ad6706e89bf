"""Shapes of a file in the province's own metres, valid and without what is no polygon, and back in degrees.

What is drawn and how coarsely is decided by ``display_geometry`` and ``display_layers``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Transformer

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

METRIC_CRS = "EPSG:5899"
"""VN-2000 / TM-3 107-45, the province's own zone: distances in it are metres."""

_LABEL_TOLERANCE = 0.02
"""How far a name may stand from the best place, in square roots of the area."""
_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


class ShapeError(ValueError):
    """Shapes cannot be drawn; the message says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class MapLabel:
    """Where a name stands: the point of a shape's largest part that is farthest from the border.

    ``lat`` and ``lon`` are WGS 84 degrees. ``radius_m`` is the way from there to the border, rounded down: a name
    fits whose box is within a circle of it.
    """

    lat: float
    lon: float
    radius_m: int


def to_metres(frame: gpd.GeoDataFrame, what: str) -> NDArray[Any]:
    """Return the geometries of a layer in EPSG:5899, ``None`` where a row has none; ``what`` names it in errors.

    Raises
    ------
    ShapeError
        There is no CRS, or the coordinates cannot be of it.
    """
    if frame.crs is None:
        raise ShapeError(f"{what} have no CRS: say which one it is (set_crs) before drawing them")
    projected = np.asarray(frame.geometry.to_crs(METRIC_CRS).array, dtype=object)
    if not _lies_on_earth(projected):
        raise ShapeError(f"{what} lie where {METRIC_CRS} has no places: is {frame.crs} their CRS?")
    return projected


def to_degrees(shapes: Any) -> Any:
    """Return shapes of EPSG:5899 in WGS 84 degrees, longitude first."""
    transformer = Transformer.from_crs(METRIC_CRS, "EPSG:4326", always_xy=True)
    return shapely.transform(shapes, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))


def polygons_of(shapes: NDArray[Any]) -> NDArray[Any]:
    """Return the polygonal part of each shape, valid; an empty polygon where there is none."""
    found = np.array([shapely.Polygon() if shape is None else shape for shape in shapes], dtype=object)
    is_broken = ~shapely.is_valid(found)
    found[is_broken] = shapely.make_valid(found[is_broken], method="structure", keep_collapsed=False)
    is_mixed = ~np.isin(shapely.get_type_id(found), _POLYGONAL)
    found[is_mixed] = [_polygonal_parts(shape) for shape in found[is_mixed].tolist()]
    return found


def labels_in(shapes: NDArray[Any]) -> list[MapLabel]:
    """Return the best place for the name of each polygonal shape (EPSG:5899, not empty)."""
    largest = np.array(
        [max(shapely.get_parts(shape).tolist(), key=lambda part: float(part.area)) for shape in shapes.tolist()],
        dtype=object,
    )
    tolerances_m = _LABEL_TOLERANCE * np.sqrt(shapely.area(largest))
    radii = shapely.maximum_inscribed_circle(largest, tolerance=tolerances_m)
    points = shapely.get_coordinates(to_degrees(shapely.get_point(radii, 0))).round(5).tolist()
    return [
        MapLabel(lat, lon, int(length))
        for (lon, lat), length in zip(points, shapely.length(radii).tolist(), strict=True)
    ]


def _lies_on_earth(projected: NDArray[Any]) -> bool:
    positions = shapely.get_coordinates(projected)
    if not len(positions):
        return True
    corners = shapely.linestrings([positions.min(axis=0), positions.max(axis=0)])
    return bool(np.isfinite(shapely.get_coordinates([corners, to_degrees(corners)])).all())


def _polygonal_parts(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shapely.get_parts(shape))
    polygons = parts[np.isin(shapely.get_type_id(parts), _POLYGONAL)]
    return shapely.union_all(polygons) if len(polygons) else shapely.Polygon()
