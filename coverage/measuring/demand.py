"""Who and what is to be reached: people, schools, offices as points with amounts, and which are not yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.input.places import TOLERATED_M
from phusong.coverage.measuring.unions import points_inside
from phusong.coverage.projection import EQUAL_AREA, METRIC, reproject
from phusong.coverage.summary import PLACE_KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from phusong.coverage.input.boundaries import Boundaries

PEOPLE = "people"
KINDS = (PEOPLE, *PLACE_KINDS)
CENTRE = "centre"
"""Centres of communes, beside the kinds of ``summary.PLACE_KINDS``."""

_SPREAD_M = 500.0
_STRETCH = 1.1
"""More than what any length on the ground grows by in EPSG:6933 here, which is 8 %."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Points of one kind in EPSG:6933.

    ``amounts`` are persons at each point, or 1 for each school; never negative. ``weight`` says what one of them
    counts for beside one of another kind; 0 counts for nothing and is still reported.
    """

    kind: str
    points: NDArray[np.object_]
    amounts: NDArray[np.float64]
    weight: float = 1.0

    @property
    def total(self) -> float:
        """The sum of all amounts."""
        return float(self.amounts.sum())


@dataclass(frozen=True, slots=True)
class Amount:
    """How many of one kind."""

    kind: str
    number: float


def demand_outside(demand: Demand, covered: shapely.Geometry) -> Demand:
    """Return the part of it that is not covered; a point on the edge of coverage is covered."""
    return demand_where(demand, ~points_inside(covered, demand.points))


def demand_in(demand: Demand, polygons: NDArray[np.object_]) -> Demand:
    """Return the part of it that lies in a commune, or so near that the drawing of a coast may be the reason.

    A grid of people goes beyond the province's borders; who lives there is not to draw masts to them.
    """
    rows = np.flatnonzero(_in_box(demand.points, shapely.total_bounds(polygons)))
    points = demand.points[rows]
    inside = np.zeros(len(demand.points), dtype=bool)
    inside[rows[shapely.STRtree(points).query(polygons, predicate="intersects")[1]]] = True
    rows = rows[~inside[rows]]
    parts = shapely.get_parts(polygons)
    near = shapely.STRtree(demand.points[rows]).query(parts, predicate="dwithin", distance=_STRETCH * TOLERATED_M)
    rows = rows[np.unique(near[1])]
    local = shapely.STRtree(reproject(demand.points[rows], EQUAL_AREA, METRIC))
    shapes = reproject(parts, EQUAL_AREA, METRIC)
    inside[rows[local.query(shapes, predicate="dwithin", distance=TOLERATED_M)[1]]] = True
    return demand_where(demand, inside)


def _in_box(points: NDArray[np.object_], bounds: NDArray[np.float64]) -> NDArray[np.bool_]:
    x, y = shapely.get_coordinates(points).T
    west, south, east, north = bounds
    margin = _STRETCH * TOLERATED_M
    inside = (x >= west - margin) & (x <= east + margin) & (y >= south - margin) & (y <= north + margin)
    return np.asarray(inside, dtype=bool)


def demand_where(demand: Demand, keep: NDArray[np.bool_]) -> Demand:
    """Return the points that ``keep`` marks."""
    return Demand(demand.kind, demand.points[keep], demand.amounts[keep], demand.weight)


def people_by_area(boundaries: Boundaries, weight: float = 1.0) -> Demand:
    """Return an estimate: the people of each commune spread evenly over its land, as points 500 m apart.

    A commune too small for any of them has one point inside. Their sum is the edition's population exactly where
    no commune overlaps another.
    """
    west, south, east, north = shapely.total_bounds(boundaries.polygons)
    columns = np.arange(np.floor(west / _SPREAD_M), np.ceil(east / _SPREAD_M) + 1) * _SPREAD_M
    rows = np.arange(np.floor(south / _SPREAD_M), np.ceil(north / _SPREAD_M) + 1) * _SPREAD_M
    x, y = (axis.ravel() for axis in np.meshgrid(columns, rows))
    grid = np.asarray(shapely.points(x, y), dtype=object)
    owners, nodes = shapely.STRtree(grid).query(boundaries.polygons, predicate="contains")
    without = np.setdiff1d(np.arange(len(boundaries.polygons)), owners)
    points = np.concatenate([grid[nodes], shapely.point_on_surface(boundaries.polygons[without])])
    owners = np.concatenate([owners, without])
    people = np.array([commune.population for commune in boundaries.edition.communes.values()], dtype=float)
    shares = np.bincount(owners, minlength=len(people))
    return Demand(PEOPLE, points, people[owners] / shares[owners], weight)
