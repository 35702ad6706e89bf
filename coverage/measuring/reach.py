"""Which points each candidate reaches: those within its radius, or those in its predicted polygon.

Radii are true to scale: they are measured in EPSG:5899 (VN-2000 / TM-3 107-45), within 1 in 5,000 in the province.
In EPSG:6933, in which areas are true, a circle at 21 N is an ellipse that is 16 % longer one way than the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.projection import EQUAL_AREA, METRIC, project_points, reproject

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from phusong.coverage.input.candidates import Candidate


_EDGE_M = 0.001
"""A point this little beyond the radius is on it: coordinates that went through projections are no better."""
_AT_ONCE = 128
_CIRCLE_SEGMENTS = 32
"""Per quarter: the polygon's area is 0.04 % below the circle's. It is drawn, never counted by."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The points (by their row) of candidate ``n`` are ``points[starts[n]:starts[n + 1]]``, ascending."""

    starts: NDArray[np.intp]
    points: NDArray[np.intp]

    def of(self, candidate: int) -> NDArray[np.intp]:
        """Return the rows of the points that this candidate reaches."""
        return self.points[self.starts[candidate] : self.starts[candidate + 1]]


def reach_of(candidates: Sequence[Candidate], points: NDArray[np.object_]) -> Reach:
    """Return what lies in each candidate's polygon or, where none has one, within its radius; edges included."""
    if any(each.shape is not None for each in candidates):
        return reach_of_polygons(shapes_of(candidates), points)
    return reach_of_discs(_places(candidates), _radii_m(candidates), points)


def shapes_of(candidates: Sequence[Candidate]) -> NDArray[np.object_]:
    """Return what each candidate reaches as a polygon in EPSG:6933: its own, or a circle on the ground."""
    own = np.array([*(each.shape for each in candidates), None], dtype=object)[:-1]
    return np.where(shapely.is_missing(own), discs(_places(candidates), _radii_m(candidates)), own)


def reach_of_discs(
    centres: NDArray[np.object_], radii_m: NDArray[np.float64], points: NDArray[np.object_]
) -> Reach:
    """Return what lies within each radius, its edge included.

    Parameters
    ----------
    centres, points
        Points in EPSG:6933.
    radii_m
        The radius of each centre in metres on the ground.
    """
    where = shapely.get_coordinates(reproject(centres, EQUAL_AREA, METRIC))
    local = reproject(points, EQUAL_AREA, METRIC)
    coordinates = shapely.get_coordinates(local)
    tree = shapely.STRtree(local)
    limits = radii_m + _EDGE_M

    def within() -> Iterable[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        for first in range(0, len(where), _AT_ONCE):
            centre, limit = where[first : first + _AT_ONCE], limits[first : first + _AT_ONCE]
            boxes = shapely.box(*(centre - limit[:, None]).T, *(centre + limit[:, None]).T)
            owner, point = tree.query(boxes)
            away2 = ((coordinates[point] - centre[owner]) ** 2).sum(axis=1)
            near = away2 <= limit[owner] ** 2
            yield owner[near] + first, point[near]

    return _collect(len(where), within())


def reach_of_polygons(shapes: NDArray[np.object_], points: NDArray[np.object_]) -> Reach:
    """Return what lies in each polygon (EPSG:6933), its edge included."""
    shapely.prepare(shapes)
    owner, point = shapely.STRtree(points).query(shapes, predicate="intersects")
    return _collect(len(shapes), [(owner, point)])


def discs(centres: NDArray[np.object_], radii_m: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return circles around points in EPSG:6933 as polygons in EPSG:6933; true circles on the ground."""
    local = reproject(centres, EQUAL_AREA, METRIC)
    circles = shapely.buffer(local, radii_m, quad_segs=_CIRCLE_SEGMENTS)
    return reproject(np.asarray(circles, dtype=object), METRIC, EQUAL_AREA)


def _places(candidates: Sequence[Candidate]) -> NDArray[np.object_]:
    return project_points(
        np.array([each.lon for each in candidates], dtype=float),
        np.array([each.lat for each in candidates], dtype=float),
    )


def _radii_m(candidates: Sequence[Candidate]) -> NDArray[np.float64]:
    return np.array([each.radius_m or 0.0 for each in candidates], dtype=float)


def _collect(count: int, pairs: Iterable[tuple[NDArray[np.intp], NDArray[np.intp]]]) -> Reach:
    """Order pairs of candidate and point by both."""
    owners: list[NDArray[np.intp]] = []
    points: list[NDArray[np.intp]] = []
    for owner, point in pairs:
        order = np.lexsort((point, owner))
        owners.append(owner[order])
        points.append(point[order])
    if not owners:
        return Reach(np.zeros(count + 1, dtype=np.intp), np.empty(0, dtype=np.intp))
    starts = np.searchsorted(np.concatenate(owners), np.arange(count + 1))
    return Reach(starts.astype(np.intp), np.concatenate(points))
