"""Candidates where nobody has proposed any: a grid of points over an area."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.errors import CoverageError
from phusong.coverage.input.candidates import Candidate, Candidates, check_radius
from phusong.coverage.measuring.unions import points_inside
from phusong.coverage.projection import EQUAL_AREA, METRIC, WGS84, reproject

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CANDIDATES = 200_000


def grid_candidates(area: shapely.Geometry, step_m: float, radius_km: float) -> Candidates:
    """Return the points of a grid that lie in ``area`` (EPSG:6933), ``step_m`` apart on the ground.

    The grid is that of the kilometre lines of VN-2000 / TM-3 107-45, whatever the area: ``E418000N2330000`` is the
    point with these coordinates.

    Raises
    ------
    CoverageError
        The grid would have too many points.
    """
    check_radius(radius_km)
    if not (math.isfinite(step_m) and step_m >= 1):
        raise CoverageError(f"a grid of {step_m} m: give the step in metres, 1 or more, e.g. 500")
    if area.is_empty:
        return Candidates(())
    if area.area / step_m**2 > MOST_CANDIDATES:
        raise CoverageError(
            f"a grid of {step_m:g} m would have over {MOST_CANDIDATES:,} points; take a larger step, at least "
            f"{math.ceil(math.sqrt(area.area / MOST_CANDIDATES) / 10) * 10} m"
        )
    parts = reproject(shapely.segmentize(shapely.get_parts(area), 10_000), EQUAL_AREA, METRIC)
    nodes = np.unique(np.concatenate([_nodes(bounds, step_m) for bounds in shapely.bounds(parts)]), axis=0)
    points = reproject(np.asarray(shapely.points(nodes * step_m), dtype=object), METRIC, EQUAL_AREA)
    inside = points_inside(area, points)
    degrees = shapely.get_coordinates(reproject(points[inside], EQUAL_AREA, WGS84))
    return Candidates(
        tuple(
            Candidate(f"E{x:06.0f}N{y:07.0f}", "", float(lat), float(lon), radius_km * 1000)
            for (x, y), (lon, lat) in zip((nodes[inside] * step_m).tolist(), degrees, strict=True)
        )
    )


def _nodes(bounds: NDArray[np.float64], step_m: float) -> NDArray[np.float64]:
    """Return the grid's whole numbers in a box."""
    first, last = np.ceil(bounds[:2] / step_m), np.floor(bounds[2:] / step_m)
    x, y = np.meshgrid(np.arange(first[0], last[0] + 1), np.arange(first[1], last[1] + 1))
    return np.column_stack([x.ravel(), y.ravel()])
