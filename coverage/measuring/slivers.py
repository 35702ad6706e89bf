"""Slivers: what is narrower than a given width is where two drawings of one edge differ, not a place.

They are cut off and returned beside what is left, so that nothing is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.projection import EQUAL_AREA, METRIC, reproject

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BEYOND_M = 1.0
"""What is left without slivers is cut by a line this far outside of it: its own edge stays as it was drawn."""
_STRAIGHT_M = 1000.0
"""A line of this length is straight in both projections within a centimetre."""


def polygons_in(geometry: shapely.Geometry | NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the polygons in it; where two geometries only touch there are lines and points too."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return np.asarray(parts[shapely.area(parts) > 0], dtype=object)


def cut_slivers(parts: NDArray[np.object_], sliver_m: float) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return polygons without what is narrower than ``sliver_m``, and apart from them the slivers.

    ``parts`` are in EPSG:6933, the width is in metres on the ground; 0 cuts nothing. What only hung together by a
    sliver falls apart.
    """
    if not len(parts) or sliver_m <= 0:
        return parts, parts[:0]
    local = reproject(shapely.segmentize(parts, _STRAIGHT_M), EQUAL_AREA, METRIC)
    cores = shapely.buffer(local, -sliver_m / 2, join_style="mitre")
    thick = ~shapely.is_empty(cores)
    grown = shapely.buffer(cores[thick], sliver_m / 2 + _BEYOND_M, join_style="mitre")
    bodies = reproject(shapely.segmentize(grown, _STRAIGHT_M), METRIC, EQUAL_AREA)
    wide = polygons_in(shapely.intersection(parts[thick], bodies))
    return wide, np.concatenate([parts[~thick], polygons_in(shapely.difference(parts[thick], bodies))])
