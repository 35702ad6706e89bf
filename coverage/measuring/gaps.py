"""Where nobody covers: the land outside of coverage in connected pieces, with who lives there and what is nearest.

Land is the union of the communes' polygons. What is narrower than a given width is no place where somebody misses
coverage but where two drawings differ (a coast, an edge of coverage): such slivers are cut off, and they, and
pieces that are too small, are summed. Nothing is lost: pieces, small ones and slivers are the uncovered land.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely

from phusong.coverage.measuring.demand import PEOPLE, Amount, demand_outside
from phusong.coverage.measuring.slivers import cut_slivers, polygons_in
from phusong.coverage.projection import EQUAL_AREA, METRIC, WGS84, project_points, reproject
from phusong.coverage.repairs import M2_PER_KM2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from phusong.coverage.input.boundaries import Boundaries
    from phusong.coverage.input.settlements import Settlements
    from phusong.coverage.measuring.demand import Demand

DEFAULT_MIN_KM2 = 1.0
DEFAULT_SLIVER_M = 50.0

_LEAST_M2 = 1.0
"""What is smaller is rounding, and no piece however small pieces are wanted."""
_TOUCH_M2, _TOUCH_SHARE = 1.0, 1e-7
"""A commune that a piece only touches, with so little land and so little of the piece, has no part in it."""
_GEOD = pyproj.Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class CommunePart:
    """A commune (its row in the edition) with its share of a piece, 0 to 1."""

    commune: int
    share: float


@dataclass(frozen=True, slots=True)
class Nearest:
    """The settlement nearest to a piece's point.

    ``distance_m`` is geodesic; ``bearing_deg`` tells in which direction from the settlement the piece lies,
    clockwise from true north, 0 to below 360.
    """

    name: str
    distance_m: float
    bearing_deg: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A connected piece of uncovered land.

    ``parts`` has the communes that it lies in, the largest share first. ``amounts`` counts what is in it by kind,
    in the order of the demands; ``people`` is that of people. ``lat`` and ``lon`` are WGS 84 degrees of a point
    inside it, ``shape`` is in EPSG:6933.
    """

    area_km2: float
    people: float
    amounts: tuple[Amount, ...]
    parts: tuple[CommunePart, ...]
    nearest: Nearest | None
    lat: float
    lon: float
    shape: shapely.Geometry


@dataclass(frozen=True, slots=True)
class Rest:
    """Uncovered land that makes no pieces: in how many parts, how much, and what is there by kind."""

    parts: int
    area_km2: float
    amounts: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class Gaps:
    """All uncovered land (``shape``): ``pieces``, most people first, and what is ``small`` or ``slivers``.

    ``offshore`` counts what is not covered and lies on no land, such as settlements off a generalised coast.
    """

    land_km2: float
    uncovered_km2: float
    pieces: tuple[Gap, ...]
    small: Rest
    slivers: Rest
    offshore: tuple[Amount, ...]
    shape: shapely.Geometry


def find_gaps(
    boundaries: Boundaries,
    covered: shapely.Geometry,
    demands: Sequence[Demand],
    settlements: Settlements,
    min_km2: float = DEFAULT_MIN_KM2,
    sliver_m: float = DEFAULT_SLIVER_M,
) -> Gaps:
    """Return the uncovered pieces of at least ``min_km2``, those with most people first, then the largest.

    Parameters
    ----------
    covered
        A merged coverage, in EPSG:6933.
    demands
        What is counted in each piece; what ``covered`` contains is left out here.
    settlements
        Of these the nearest to each piece is named.
    sliver_m
        What is narrower than this is a sliver, in metres on the ground; 0 cuts nothing.
    """
    land = shapely.union_all(boundaries.polygons)
    uncovered = shapely.difference(land, covered)
    wide, slivers = cut_slivers(polygons_in(uncovered), sliver_m)
    large = shapely.area(wide) >= max(_LEAST_M2, min_km2 * M2_PER_KM2)
    groups = (wide[large], wide[~large], slivers)
    left = [demand_outside(demand, covered) for demand in demands]
    inside = [_amounts_in(np.concatenate(groups), demand) for demand in left]
    counts = np.stack(inside) if inside else np.empty((0, sum(map(len, groups))))
    people = sum(
        (row for row, each in zip(counts, demands, strict=True) if each.kind == PEOPLE), np.zeros(len(counts.T))
    )
    pieces = _describe(boundaries, groups[0], counts, people, [each.kind for each in demands], settlements)
    ends = np.cumsum([len(group) for group in groups])
    return Gaps(
        land_km2=float(land.area) / M2_PER_KM2,
        uncovered_km2=float(uncovered.area) / M2_PER_KM2,
        pieces=pieces,
        small=_rest(groups[1], counts[:, ends[0] : ends[1]], demands),
        slivers=_rest(groups[2], counts[:, ends[1] :], demands),
        offshore=tuple(
            Amount(each.kind, max(0.0, each.total - float(row.sum())))
            for each, row in zip(left, counts, strict=True)
        ),
        shape=uncovered,
    )


def _amounts_in(shapes: NDArray[np.object_], demand: Demand) -> NDArray[np.float64]:
    """Return how much lies in each shape; a point on the edge of two is in the first."""
    owner, point = shapely.STRtree(demand.points).query(shapes, predicate="intersects")
    first = np.full(len(demand.points), len(shapes), dtype=np.intp)
    np.minimum.at(first, point, owner)
    return np.bincount(first, weights=demand.amounts, minlength=len(shapes) + 1)[:-1].astype(float)


def _describe(
    boundaries: Boundaries,
    shapes: NDArray[np.object_],
    counts: NDArray[np.float64],
    people: NDArray[np.float64],
    kinds: Sequence[str],
    settlements: Settlements,
) -> tuple[Gap, ...]:
    areas = shapely.area(shapes)
    lon, lat = shapely.get_coordinates(reproject(shapely.point_on_surface(shapes), EQUAL_AREA, WGS84)).T
    order = np.lexsort((lon, lat, -areas, -people[: len(shapes)]))
    parts = _commune_parts(boundaries.polygons, shapes)
    nearest = _nearest(settlements, lat, lon)
    return tuple(
        Gap(
            area_km2=float(areas[row]) / M2_PER_KM2,
            people=float(people[row]),
            amounts=tuple(Amount(kind, float(of_kind[row])) for kind, of_kind in zip(kinds, counts, strict=True)),
            parts=parts[row],
            nearest=nearest[row],
            lat=float(lat[row]),
            lon=float(lon[row]),
            shape=shapes[row],
        )
        for row in order.tolist()
    )


def _commune_parts(polygons: NDArray[np.object_], shapes: NDArray[np.object_]) -> list[tuple[CommunePart, ...]]:
    gap_of, commune_of = shapely.STRtree(polygons).query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[gap_of], polygons[commune_of]))
    whole = shapely.area(shapes)
    parts: list[list[CommunePart]] = [[] for _ in shapes]
    for place in np.lexsort((commune_of, -shared)):
        gap = int(gap_of[place])
        if shared[place] > min(_TOUCH_M2, _TOUCH_SHARE * whole[gap]):
            parts[gap].append(CommunePart(int(commune_of[place]), min(1.0, float(shared[place] / whole[gap]))))
    return [tuple(each) for each in parts]


def _nearest(settlements: Settlements, lat: NDArray[np.float64], lon: NDArray[np.float64]) -> list[Nearest | None]:
    """Return the nearest settlement of each point; of two as near, the one that is listed first."""
    if not settlements.names or not len(lat):
        return [None] * len(lat)
    named = reproject(project_points(settlements.lon, settlements.lat), EQUAL_AREA, METRIC)
    points = reproject(project_points(lon, lat), EQUAL_AREA, METRIC)
    point_of, found = shapely.STRtree(named).query_nearest(points, all_matches=True)
    first = np.full(len(lat), len(named), dtype=np.intp)
    np.minimum.at(first, point_of, found)
    bearings, _, distances = _GEOD.inv(settlements.lon[first], settlements.lat[first], lon, lat)
    return [
        Nearest(settlements.names[row], float(distance_m), round(float(bearing), 6) % 360.0)
        for row, bearing, distance_m in zip(first.tolist(), bearings, distances, strict=True)
    ]


def _rest(shapes: NDArray[np.object_], counts: NDArray[np.float64], demands: Sequence[Demand]) -> Rest:
    return Rest(
        parts=len(shapes),
        area_km2=float(shapely.area(shapes).sum()) / M2_PER_KM2,
        amounts=tuple(Amount(each.kind, float(row.sum())) for each, row in zip(demands, counts, strict=True)),
    )
