"""What is drawn over and around the communes: coverage, gaps of a plan, the land beyond the province.

For display only, as ``display_geometry`` is for the communes: every figure comes from the full geometry. Polygons
are short integers as ``short_coordinates`` writes them. What is shown when is decided in ``assets/province_*.js``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely

from phusong.coverage.summary import MAX_OPERATOR
from phusong.maps.metric_shapes import ShapeError, labels_in, polygons_of, to_degrees, to_metres
from phusong.maps.short_coordinates import short_line, short_polygons
from phusong.maps.thinning import thin

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from phusong.maps.metric_shapes import MapLabel
    from phusong.maps.short_coordinates import ShortLine, ShortPolygons

MAX_COVERAGE_VERTICES = 20_000
MAX_GAP_VERTICES = 10_000
MAX_LAND_VERTICES = 4_000
MAX_GAPS = 200
MARGIN_DEGREES = 0.5
"""How far the land around is drawn: what a page of the whole province shows on a wide screen."""

Bounds: TypeAlias = "Sequence[float]"
"""West, south, east, north in WGS 84 degrees."""

_NAMED_COMMUNES = 6
_LAND_TOLERANCES_M = (25.0, 50.0, 100.0, 200.0, 400.0, 800.0)


@dataclass(frozen=True, slots=True)
class CoverageShape:
    """Where an operator (or ``any``) has a technology; ``min_dbm`` is ``None`` for claims without a level."""

    technology: str
    operator: str
    min_dbm: float | None
    polygons: ShortPolygons


@dataclass(frozen=True, slots=True)
class CoverageShapes:
    """All coverage that is drawn, and how coarsely: see :class:`phusong.maps.thinning.Thinned`."""

    shapes: tuple[CoverageShape, ...]
    tolerance_m: float
    area_change: float


@dataclass(frozen=True, slots=True)
class GapShape:
    """One piece of uncovered land: what lies in it is ``None`` where nobody counted it."""

    number: int
    """Its number in the plan, from 1."""
    communes: str
    """The names of its communes, most of it first; the rest as a number, like ``Xã A, Xã B … +3``."""
    near: str
    """The nearest settlement and the way from it to the middle of the gap, like ``Thôn Một (1250 m)``."""
    area_km2: float
    people: float | None
    sites: int | None
    schools: int | None
    hospitals: int | None
    polygons: ShortPolygons


@dataclass(frozen=True, slots=True)
class GapShapes:
    """The gaps that are drawn, most people first, and how many there are beside them."""

    gaps: tuple[GapShape, ...]
    left_out: int
    tolerance_m: float


@dataclass(frozen=True, slots=True)
class LandShape:
    """One part of what lies around: land as polygons, borders or roads as lines, and where its name stands."""

    name: str
    polygons: ShortPolygons
    lines: list[ShortLine]
    label: MapLabel | None
    """``None`` where there are lines only."""


def coverage_for_display(coverage: gpd.GeoDataFrame, max_vertices: int = MAX_COVERAGE_VERTICES) -> CoverageShapes:
    """Return layer ``coverage`` of ``coverage.gpkg`` as it is drawn.

    Parameters
    ----------
    coverage
        Columns ``technology``, ``operator``, ``min_dbm`` (NaN for claims without a level) and ``geometry``, in any
        CRS. Rows of the operator ``max`` and rows without a polygon are left out.
    max_vertices
        Of all shapes together.

    Raises
    ------
    ShapeError
        A column is missing, or the CRS is missing or wrong.
    """
    _check_columns(coverage, ("technology", "operator", "min_dbm"), "layer 'coverage' of coverage.gpkg")
    coverage = coverage[coverage["operator"] != MAX_OPERATOR]
    shapes = polygons_of(to_metres(coverage, "the coverage polygons"))
    is_drawn = ~shapely.is_empty(shapes)
    thinned = thin(shapes[is_drawn], max_vertices)
    rows = coverage[is_drawn]
    return CoverageShapes(
        tuple(
            CoverageShape(str(technology), str(operator), _number(min_dbm), polygons)
            for technology, operator, min_dbm, polygons in zip(
                rows["technology"], rows["operator"], rows["min_dbm"], _short(thinned.shapes), strict=True
            )
        ),
        thinned.tolerance_m,
        thinned.area_change,
    )


def gaps_for_display(gaps: gpd.GeoDataFrame, max_gaps: int = MAX_GAPS) -> GapShapes:
    """Return layer ``gaps`` of ``plan.gpkg``, which ``phusong coverage plan`` writes, as it is drawn.

    Without people those with the largest area come first. Columns that count nothing may be absent.

    Raises
    ------
    ShapeError
        A column is missing, or the CRS is missing or wrong.
    """
    _check_columns(gaps, ("gap", "area_km2", "commune_names"), "layer 'gaps' of plan.gpkg")
    people = gaps["people"] if "people" in gaps else gaps["area_km2"] * 0
    order = np.lexsort((gaps["gap"], -gaps["area_km2"].fillna(0), -people.fillna(-1)))
    shown = gaps.iloc[order[:max_gaps]]
    thinned = thin(polygons_of(to_metres(shown, "the gaps")), MAX_GAP_VERTICES)
    return GapShapes(
        tuple(
            _gap(row, polygons)
            for row, polygons in zip(
                shown.drop(columns=shown.geometry.name).to_dict("records"), _short(thinned.shapes), strict=True
            )
        ),
        max(0, len(gaps) - max_gaps),
        thinned.tolerance_m,
    )


def land_for_display(
    land: gpd.GeoDataFrame | None, around: Bounds, margin_degrees: float = MARGIN_DEGREES
) -> tuple[LandShape, ...]:
    """Return what of a layer lies around the province, cut to a box, with at most a few thousand vertices.

    Parameters
    ----------
    land
        Polygons or lines in any CRS, their names in a column ``name`` where there is one. What shares a border
        still shares it in the result. Points are not drawn.
    around
        The bounds of the province.
    margin_degrees
        How much wider the box is on each side.

    Raises
    ------
    ShapeError
        The CRS is missing or wrong.
    """
    if land is None:
        return ()
    land = _within(land, around, margin_degrees)
    names = [_text(name) for name in land["name"]] if "name" in land else [""] * len(land)
    metric = to_metres(land, "the shapes of the land around")
    polygons, lines = _light_land(
        polygons_of(metric), np.array([*map(_lines_of, metric), None], dtype=object)[:-1]
    )
    has_land = ~shapely.is_empty(polygons)
    labels = iter(labels_in(polygons[has_land]))
    return tuple(
        LandShape(name, short_area, _short_lines(line), next(labels) if is_land else None)
        for name, short_area, line, is_land in zip(names, _short(polygons), lines, has_land, strict=True)
        if is_land or not line.is_empty
    )


def _within(land: gpd.GeoDataFrame, around: Bounds, margin_degrees: float) -> gpd.GeoDataFrame:
    """Cut a layer to the box in degrees, before anything is asked of a projection that knows one province."""
    if land.crs is None:
        raise ShapeError("the shapes of the land around have no CRS: say which one it is in their file")
    west, south, east, north = around
    box = (west - margin_degrees, south - margin_degrees, east + margin_degrees, north + margin_degrees)
    land = land.to_crs("EPSG:4326")
    shapes = np.asarray(land.geometry.array, dtype=object)
    if not np.isfinite(shapely.get_coordinates(shapes)).all():
        raise ShapeError("the shapes of the land around lie nowhere on earth: is the CRS of their file right?")
    return land.set_geometry(shapely.intersection(shapely.make_valid(shapes), shapely.box(*box)), crs=land.crs)


def _light_land(polygons: NDArray[Any], lines: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    has_land = ~shapely.is_empty(polygons)
    light, light_lines = polygons.copy(), lines
    for tolerance_m in _LAND_TOLERANCES_M:
        light[has_land] = shapely.coverage_simplify(polygons[has_land], tolerance_m)
        light_lines = shapely.simplify(lines, tolerance_m)
        if shapely.get_num_coordinates([*light, *light_lines]).sum() <= MAX_LAND_VERTICES:
            break
    return light, light_lines


def _lines_of(shape: shapely.Geometry | None) -> shapely.Geometry:
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.multilinestrings(parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING])


def _short(shapes: NDArray[Any]) -> list[ShortPolygons]:
    return [short_polygons(shape) for shape in to_degrees(shapes).tolist()]


def _short_lines(lines: shapely.Geometry) -> list[ShortLine]:
    return [short_line(shapely.get_coordinates(line)) for line in shapely.get_parts(to_degrees(lines)).tolist()]


def _gap(row: dict[str, Any], polygons: ShortPolygons) -> GapShape:
    names = _text(row["commune_names"]).split("|")
    rest = len(names) - _NAMED_COMMUNES
    near, way_m = _text(row.get("nearest")), _number(row.get("nearest_m"))
    return GapShape(
        number=int(row["gap"]),
        communes=", ".join(names[:_NAMED_COMMUNES]) + (f" … +{rest}" if rest > 0 else ""),
        near=f"{near} ({way_m:.0f} m)" if near and way_m is not None else near,
        area_km2=float(row["area_km2"]),
        people=_number(row.get("people")),
        sites=_count(row.get("sites")),
        schools=_count(row.get("schools")),
        hospitals=_count(row.get("hospitals")),
        polygons=polygons,
    )


def _check_columns(frame: gpd.GeoDataFrame, needed: Iterable[str], where: str) -> None:
    missing = [name for name in needed if name not in frame]
    if missing:
        raise ShapeError(f"there is no column {', '.join(missing)}: take {where}")


def _text(value: Any) -> str:
    """Return a cell as text; what is missing is a float (NaN) or None to pandas."""
    return value if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _count(value: Any) -> int | None:
    number = _number(value)
    return None if number is None else round(number)
