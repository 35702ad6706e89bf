"""Makes free-standing shapes light enough to be drawn: fewer vertices, hardly another area.

For shapes that share no borders with each other, such as coverage; communes do (``display_geometry``). Bends
smaller than a tolerance are left out, and so are parts and holes smaller than its square. On edges that bow
outwards that alone makes a shape smaller (a town's 5G by a tenth), so the edge is then moved, by a part of the
tolerance, to where the area is the old one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LARGEST_CHANGE = 0.02
"""The area of a shape changes by no more than this share, as long as the budget of vertices allows."""
_LARGER_CHANGES = (0.05, 0.1, 0.2, 0.5, math.inf)

_TOLERANCES_M = (25.0, 35.0, 50.0, 70.0, 100.0, 140.0, 200.0, 280.0, 400.0, 560.0, 800.0, 1100.0, 1600.0)
_FINER_M = (0.0, 1.0, 2.0, 5.0, 10.0)
"""For shapes so small that 25 m would change their area too much."""
_COARSE_FIRST_M = (*reversed(_TOLERANCES_M), *reversed(_FINER_M))
_FARTHEST_MOVE = 0.5
"""How far an edge is moved for the sake of the area, in tolerances."""
_MOST_SPECKS = 0.2
"""Where parts that are left out are more of the area, what is left is not blown up to stand for them."""


@dataclass(frozen=True, slots=True)
class Thinned:
    """What is left of shapes.

    ``tolerance_m`` is the size of the bends that were left out, of small shapes perhaps only smaller ones;
    ``area_change`` is the largest share by which the area of a shape changed.
    """

    shapes: NDArray[Any]
    tolerance_m: float
    area_change: float


def thin(shapes: NDArray[Any], max_vertices: int) -> Thinned:
    """Return polygonal shapes (valid, in metres) with at most ``max_vertices`` vertices together.

    The tolerance is the first of 25 m to 1600 m that keeps the budget. Each shape is drawn with it, or with a
    finer one where that would change its area by more than 2 %. Where this allows none, areas may change more, as
    little as possible; where even 1600 m is not enough, the budget is exceeded. No shape vanishes: its largest
    part always stays.
    """
    found = [_Shape(shape) for shape in shapes.tolist()]
    for largest_change in (LARGEST_CHANGE, *_LARGER_CHANGES):
        for tolerance_m in _TOLERANCES_M:
            tolerances = _tolerances(found, tolerance_m, largest_change, max_vertices)
            if tolerances is not None:
                return _thinned(found, tolerances, tolerance_m)
    return _thinned(found, [_TOLERANCES_M[-1]] * len(found), _TOLERANCES_M[-1])


class _Shape:
    """A shape as it is drawn with one tolerance or another; each is worked out once."""

    def __init__(self, shape: shapely.Geometry) -> None:
        self._shape = shape
        self._area_m2 = float(shapely.area(shape))
        self._bent: dict[float, shapely.Geometry] = {}
        self._specks_m2: dict[float, float] = {}
        self._drawn: dict[float, shapely.Geometry] = {}

    def vertices(self, tolerance_m: float) -> int:
        """Return how many vertices it has where it was drawn already, else about how many; this is quick."""
        return int(shapely.get_num_coordinates(self._drawn.get(tolerance_m, self._without_bends(tolerance_m))))

    def drawn(self, tolerance_m: float) -> shapely.Geometry:
        """Return the shape as it is drawn; with tolerance 0 it is the shape itself."""
        if tolerance_m not in self._drawn:
            bent, specks_m2 = self._without_bends(tolerance_m), self._specks_m2.get(tolerance_m, 0.0)
            stands_for_all = abs(specks_m2) < _MOST_SPECKS * self._area_m2
            area_m2 = self._area_m2 if stands_for_all else self._area_m2 - specks_m2
            self._drawn[tolerance_m] = _with_area(bent, area_m2, _FARTHEST_MOVE * tolerance_m) if area_m2 else bent
        return self._drawn[tolerance_m]

    def change(self, tolerance_m: float) -> float:
        """Return by which share of itself the area changes."""
        return abs(float(shapely.area(self.drawn(tolerance_m))) / self._area_m2 - 1) if self._area_m2 else 0.0

    def _without_bends(self, tolerance_m: float) -> shapely.Geometry:
        """Return it with parts that perhaps overlap: to see to that part by part costs a hundredth of the time."""
        if not tolerance_m or not self._area_m2:
            return self._shape
        if tolerance_m not in self._bent:
            plain = _without_specks(self._shape, tolerance_m**2)
            self._specks_m2[tolerance_m] = self._area_m2 - float(shapely.area(plain))
            self._bent[tolerance_m] = shapely.multipolygons(
                shapely.simplify(shapely.get_parts(plain), tolerance_m)
            )
        return self._bent[tolerance_m]


def _tolerances(
    shapes: list[_Shape], coarsest_m: float, largest_change: float, max_vertices: int
) -> list[float] | None:
    """Return the coarsest tolerance of each shape that keeps its area; ``None`` once the budget forbids it."""
    chosen = []
    for shape in shapes:
        for tolerance_m in (each for each in _COARSE_FIRST_M if each <= coarsest_m):
            if shape.vertices(tolerance_m) > max_vertices:
                return None
            if shape.change(tolerance_m) <= largest_change:
                break
        max_vertices -= shape.vertices(tolerance_m)
        chosen.append(tolerance_m)
    return chosen if max_vertices >= 0 else None


def _thinned(shapes: list[_Shape], tolerances: Sequence[float], tolerance_m: float) -> Thinned:
    drawn = [shape.drawn(each) for shape, each in zip(shapes, tolerances, strict=True)]
    changes = [shape.change(each) for shape, each in zip(shapes, tolerances, strict=True)]
    return Thinned(np.array([*drawn, None], dtype=object)[:-1], tolerance_m, max(changes, default=0.0))


def _without_specks(shape: shapely.Geometry, smallest_m2: float) -> shapely.Geometry:
    """Return a shape without parts and holes that are smaller; its largest part stays."""
    parts = np.asarray(shapely.get_parts(shape), dtype=object)
    areas = shapely.area(parts)
    kept = parts[areas >= min(smallest_m2, areas.max(initial=0.0))]
    rings, owners = shapely.get_rings(kept, return_index=True)
    is_shell = np.diff(owners, prepend=-1) > 0
    is_kept = is_shell | (shapely.area(shapely.polygons(rings)) >= smallest_m2)
    rings = rings[is_kept]
    begins = [*np.flatnonzero(is_shell[is_kept]).tolist(), len(rings)]
    return shapely.multipolygons(
        [shapely.Polygon(rings[a], rings[a + 1 : b].tolist()) for a, b in pairwise(begins)]
    )


def _with_area(shape: shapely.Geometry, area_m2: float, farthest_m: float) -> shapely.Geometry:
    """Return a shape, its parts merged, with its edge moved by no more than that to where it has about an area."""
    lost_m2 = area_m2 - float(shapely.area(shape))
    way_m = lost_m2 / float(shapely.length(shape))
    moved = _moved(shape, way_m, farthest_m)
    gained_m2 = float(shapely.area(moved)) - float(shapely.area(shape))
    # Corners gain more than edges: with few of either, one correction is worth its time.
    if abs(gained_m2 - lost_m2) > LARGEST_CHANGE * area_m2 and gained_m2:
        moved = _moved(shape, way_m * lost_m2 / gained_m2, farthest_m)
    return _moved(shape, 0.0, 0.0) if shapely.is_empty(moved) else moved


def _moved(shape: shapely.Geometry, way_m: float, farthest_m: float) -> shapely.Geometry:
    return shapely.buffer(shape, min(max(way_m, -farthest_m), farthest_m), join_style="mitre")
