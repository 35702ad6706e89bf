"""Makes commune boundaries light enough to be drawn: shared borders stay shared, coordinates get short.

For display only. Every figure on a map comes from the full geometry and was computed in ``phusong.coverage``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely

from phusong.maps.metric_shapes import MapLabel, ShapeError, labels_in, polygons_of, to_degrees, to_metres
from phusong.maps.short_coordinates import short_line, short_polygons

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from phusong.maps.short_coordinates import ShortLine, ShortPolygons

MAX_VERTICES = 40_000
"""Vertices of all communes together: about 0.35 MB of a page that may have 2 MB."""

_TOLERANCES_M = (10.0, 25.0, 50.0, 100.0, 200.0, 400.0)
_SNAPPING_M = 10.0
_GAP_WIDTH_M = 20.0
_SMALLEST_HOLE_M2 = 1e6
_ONE_POINT = 2
"""Numbers of a short line that rounding left no way."""
CommuneLabel: TypeAlias = MapLabel
"""Where a commune's name stands."""

_UNIT_OF_DISTRICT = re.compile(r"^(Thành phố|Thị xã|Huyện|Quận)\s+", re.IGNORECASE)


class BoundaryError(ShapeError):
    """The boundaries cannot be drawn; the message says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class DistrictLabel:
    """A district's short name and where it stands, see :class:`phusong.maps.metric_shapes.MapLabel`."""

    name: str
    lat: float
    lon: float
    radius_m: int


@dataclass(frozen=True, slots=True)
class DisplayGeometry:
    """What is drawn of the boundaries, in WGS 84 degrees with five decimals (about a metre).

    Lines and rings are short integers as :mod:`phusong.maps.short_coordinates` writes them.
    """

    communes: tuple[ShortPolygons, ...]
    """The polygons of each row of the input, in its order; empty where the row has no geometry."""
    commune_labels: tuple[CommuneLabel | None, ...]
    """One per row of the input, in its order; ``None`` where the row has no geometry."""
    outline: list[ShortLine]
    """Coast and outer border of all communes together; what is closed ends where it began."""
    district_borders: list[ShortLine]
    """Borders between two districts, each once."""
    district_labels: tuple[DistrictLabel, ...]
    """Largest district first."""
    tolerance_m: float
    """Roughly the size of the bends that were left out of the borders."""


def simplify_for_display(communes: gpd.GeoDataFrame, max_vertices: int = MAX_VERTICES) -> DisplayGeometry:
    """Simplify ``communes`` (columns ``district`` and ``geometry``, any CRS) as one coverage.

    Coordinates are rounded to 1 cm first: float noise alone makes neighbours differ. What is still no valid
    coverage (communes digitised separately overlap and leave gaps) is cleaned with 10 m snapping and gaps up to
    20 m closed. The tolerance is the first of 10, 25, 50, 100, 200 and 400 m that keeps ``max_vertices``.

    Raises
    ------
    BoundaryError
        There is no CRS or a wrong one, or no row has a polygon.
    """
    try:
        metric = polygons_of(to_metres(communes, "the boundaries"))
    except ShapeError as error:
        raise BoundaryError(str(error)) from error
    drawn = ~shapely.is_empty(metric)
    if not drawn.any():
        raise BoundaryError("no commune has a polygon: is this the boundary layer?")
    shapes, tolerance_m = _simplify(_as_coverage(metric[drawn]), max_vertices)
    districts = np.asarray(communes["district"].fillna("").astype(str), dtype=object)[drawn]
    outline, borders, wholes = _districts(shapes, districts)
    rows = np.flatnonzero(drawn).tolist()
    polygons = dict(zip(rows, map(short_polygons, to_degrees(shapes).tolist()), strict=True))
    labels = dict(zip(rows, labels_in(shapes), strict=True))
    return DisplayGeometry(
        communes=tuple(polygons.get(row, []) for row in range(len(drawn))),
        commune_labels=tuple(labels.get(row) for row in range(len(drawn))),
        outline=_lines(outline),
        district_borders=_lines(borders),
        district_labels=_district_labels(wholes),
        tolerance_m=tolerance_m,
    )


def _as_coverage(shapes: NDArray[Any]) -> NDArray[Any]:
    rounded = np.asarray(shapely.transform(shapes, lambda xy: xy.round(2)), dtype=object)
    if shapely.coverage_is_valid(rounded):
        return rounded
    cleaned = shapely.coverage_clean(shapes, snapping_distance=_SNAPPING_M, gap_width=_GAP_WIDTH_M)
    # An islet smaller than the snapping distance would vanish: then the uncleaned shape is the better picture.
    lost = shapely.is_empty(cleaned)
    return np.where(lost, shapes, cleaned)


def _simplify(shapes: NDArray[Any], max_vertices: int) -> tuple[NDArray[Any], float]:
    simplified, tolerance_m = shapes, 0.0
    for tolerance_m in _TOLERANCES_M:
        simplified = shapely.coverage_simplify(shapes, tolerance_m)
        if shapely.get_num_coordinates(simplified).sum() <= max_vertices:
            break
    return np.asarray(simplified, dtype=object), tolerance_m


def _districts(
    shapes: NDArray[Any], districts: NDArray[Any]
) -> tuple[shapely.Geometry, shapely.Geometry, dict[str, shapely.Geometry]]:
    """Return the outline of all, the lines between districts, and the whole of each district."""
    wholes = {name: _solid(shapes[districts == name]) for name in sorted(set(districts.tolist()))}
    outline = shapely.boundary(_solid(np.array(list(wholes.values()), dtype=object)))
    lines = shapely.union_all([shapely.boundary(whole) for whole in wholes.values()])
    return shapely.line_merge(outline), shapely.line_merge(shapely.difference(lines, outline)), wholes


def _district_labels(wholes: dict[str, shapely.Geometry]) -> tuple[DistrictLabel, ...]:
    names = sorted((name for name in wholes if name), key=lambda name: -float(wholes[name].area))
    middles = labels_in(np.array([wholes[name] for name in names], dtype=object))
    return tuple(
        DistrictLabel(_UNIT_OF_DISTRICT.sub("", name), middle.lat, middle.lon, middle.radius_m)
        for name, middle in zip(names, middles, strict=True)
    )


def _solid(shapes: NDArray[Any]) -> shapely.Geometry:
    """Return the union without small holes: between communes digitised separately they are gaps, not enclaves."""
    parts = shapely.get_parts(shapely.union_all(shapes)).tolist()
    return shapely.multipolygons([_without_slivers(part) for part in parts])


def _lines(lines: shapely.Geometry) -> list[ShortLine]:
    parts = [short_line(shapely.get_coordinates(line)) for line in shapely.get_parts(to_degrees(lines)).tolist()]
    return [line for line in parts if len(line) > _ONE_POINT]


def _without_slivers(polygon: shapely.Polygon) -> shapely.Polygon:
    holes = [ring for ring in polygon.interiors if shapely.Polygon(ring).area >= _SMALLEST_HOLE_M2]
    return shapely.Polygon(polygon.exterior, holes)
