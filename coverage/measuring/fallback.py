"""Which operators cover each site's point, how well, and how far the next coverage is.

Whether 4G can carry an office whose line is down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.measuring.unions import points_inside, signal_strength
from phusong.coverage.projection import EQUAL_AREA, METRIC, project_points, reproject
from phusong.coverage.summary import ANY_OPERATOR, SiteCoverage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from phusong.coverage.input.places import Place
    from phusong.coverage.measuring.unions import CoverageUnion

DEFAULT_MIN_DBM = -105.0
"""The level that an office router needs, unless the configuration names another."""


def cover_sites(
    sites: Sequence[Place], unions: Sequence[CoverageUnion], min_dbm: float | None = DEFAULT_MIN_DBM
) -> tuple[SiteCoverage, ...]:
    """Return, per site and technology, the operators whose coverage contains the site's point.

    Parameters
    ----------
    sites
        Sites in the order of the answer.
    unions
        Merged coverage of ``unite_layers``.
    min_dbm
        Coverage weaker than this does not count; ``None`` counts all. An operator whose layers name no level
        counts as it claims. A technology for which no operator is left gets no rows: nothing is known about it.
    """
    points = project_points(np.array([site.lon for site in sites]), np.array([site.lat for site in sites]))
    covered_by: dict[str, list[tuple[str, NDArray[np.bool_]]]] = {}
    best: dict[tuple[str, str], list[float | None]] = {}
    ways: dict[str, NDArray[np.float64]] = {}
    for union in _counted(unions, min_dbm):
        inside = points_inside(union.shape, points)
        covered_by.setdefault(union.technology, []).append((union.operator, inside))
        best[union.technology, union.operator] = _best_classes(union, unions, points, inside)
        way = _ways_m(union.shape, points, inside)
        ways[union.technology] = np.minimum(ways.get(union.technology, way), way)
    rows: list[SiteCoverage] = []
    for number, site in enumerate(sites):
        for technology, operators in sorted(covered_by.items()):
            names = tuple(sorted(name for name, inside in operators if inside[number]))
            way_m = float(ways[technology][number])
            rows.append(
                SiteCoverage(
                    site.place_id,
                    technology,
                    names,
                    tuple(best[technology, name][number] for name in names),
                    round(way_m, 1) if np.isfinite(way_m) else None,
                )
            )
    return tuple(rows)


def _best_classes(
    counted: CoverageUnion,
    unions: Sequence[CoverageUnion],
    points: NDArray[np.object_],
    inside: NDArray[np.bool_],
) -> list[float | None]:
    """Return the strongest class of the operator at each point that the counted union contains."""
    best: list[float | None] = [counted.min_dbm if there else None for there in inside]
    stronger = [
        union
        for union in unions
        if (union.technology, union.operator) == (counted.technology, counted.operator)
        and signal_strength(union.min_dbm) > signal_strength(counted.min_dbm)
    ]
    for union in sorted(stronger, key=lambda union: signal_strength(union.min_dbm)):
        for number in np.flatnonzero(points_inside(union.shape, points) & inside):
            best[number] = union.min_dbm
    return best


def _ways_m(
    shape: shapely.Geometry, points: NDArray[np.object_], inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return how far each point is from the shape, in metres; infinite when the shape is empty."""
    ways = np.where(inside, 0.0, np.inf)
    outside = np.flatnonzero(~inside)
    parts = shapely.get_parts(shape)
    if len(outside) and len(parts):
        tree = shapely.STRtree(reproject(parts, EQUAL_AREA, METRIC))
        (point_of, _), found = tree.query_nearest(
            reproject(points[outside], EQUAL_AREA, METRIC), return_distance=True, all_matches=False
        )
        ways[outside[point_of]] = found
    return ways


def _counted(unions: Iterable[CoverageUnion], min_dbm: float | None) -> list[CoverageUnion]:
    """Return, per technology and operator, the largest union that is good enough, if there is one."""
    classes: dict[tuple[str, str], list[CoverageUnion]] = {}
    for union in unions:
        if union.operator != ANY_OPERATOR:
            classes.setdefault((union.technology, union.operator), []).append(union)
    counted = []
    for own in classes.values():
        if len(own) == 1 and own[0].min_dbm is None:
            counted += own
        else:
            enough = [union for union in own if signal_strength(union.min_dbm) >= signal_strength(min_dbm)]
            counted += sorted(enough, key=lambda union: signal_strength(union.min_dbm))[:1]
    return counted
