"""What one operator, or all together, covers: the polygons of all layers merged before anything is measured.

Summing overlapping polygons counted a province five times over in a test. Signal classes are levels in dBm, and
a layer belongs to each class at or below its own: what is covered at -105 dBm is covered at -115 dBm too. Layers
without a level make a class of their own, the weakest one ("covered, as the operator says"). An operator has
unions for the classes that its own layers name. The union of ``any`` operator is what is known to be covered at
a class: an operator that names only weaker ones adds nothing to it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import shapely

from phusong.coverage.measuring.workers import Threads
from phusong.coverage.summary import ANY_OPERATOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from phusong.coverage.input.layers import Layer
    from phusong.coverage.measuring.workers import Workers

_WORTH_SPLITTING = 500
_FEWEST_PIECES = 8
_LARGEST_PIECE = 2_000
"""Polygons. How many pieces there are follows from the input alone, so that the result does not depend on the
machine."""


@dataclass(frozen=True, slots=True)
class CoverageUnion:
    """Everything one operator (or ``any``) covers by one technology at one signal class, merged, in EPSG:6933."""

    technology: str
    operator: str
    min_dbm: float | None
    shape: shapely.Geometry


def unite_layers(layers: Sequence[Layer], workers: Workers | None = None) -> tuple[CoverageUnion, ...]:
    """Merge layers per technology, operator and signal class, and per technology and class for ``any``.

    The order is technology, operators by name, then ``any``; strong classes first. Without ``workers`` it is done
    in threads.
    """
    workers = workers or Threads()
    own: dict[tuple[str, str], dict[float | None, list[NDArray[np.object_]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for layer in layers:
        source = layer.source
        own[source.technology, source.operator][source.min_dbm].append(layer.polygons)
    unions: list[CoverageUnion] = []
    for technology in sorted({technology for technology, _ in own}):
        of_technology = [
            union
            for key in sorted(own)
            if key[0] == technology
            for union in _unions_of_operator(*key, own[key], workers)
        ]
        classes = sorted({union.min_dbm for union in of_technology}, key=signal_strength, reverse=True)
        unions += of_technology
        unions += [
            CoverageUnion(technology, ANY_OPERATOR, level, _together(_largest_known(of_technology, level)))
            for level in classes
        ]
    return tuple(unions)


def points_inside(shape: shapely.Geometry, points: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which points lie in the shape, its edge included."""
    parts = shapely.get_parts(shape)
    shapely.prepare(parts)
    inside = np.zeros(len(points), dtype=bool)
    inside[shapely.STRtree(points).query(parts, predicate="intersects")[1]] = True
    return inside


def signal_strength(min_dbm: float | None) -> float:
    """Return the class as a number for comparing; a layer without a level is the weakest."""
    return -math.inf if min_dbm is None else min_dbm


def _unions_of_operator(
    technology: str, operator: str, by_class: dict[float | None, list[NDArray[np.object_]]], workers: Workers
) -> list[CoverageUnion]:
    unions: list[CoverageUnion] = []
    stronger: list[shapely.Geometry] = []
    for level in sorted(by_class, key=signal_strength, reverse=True):
        shape = unite(np.concatenate([np.array(stronger, dtype=object), *by_class[level]]), workers)
        unions.append(CoverageUnion(technology, operator, level, shape))
        stronger = [shape]
    return unions


def _largest_known(unions: Sequence[CoverageUnion], level: float | None) -> list[shapely.Geometry]:
    """Return, per operator, the largest union that is known to reach ``level``."""
    known: dict[str, CoverageUnion] = {}
    for union in unions:
        best = known.get(union.operator)
        if signal_strength(union.min_dbm) >= signal_strength(level) and (
            best is None or signal_strength(union.min_dbm) < signal_strength(best.min_dbm)
        ):
            known[union.operator] = union
    return [union.shape for union in known.values()]


def _together(shapes: Sequence[shapely.Geometry]) -> shapely.Geometry:
    """Merge shapes; one alone stays the very same, so that it need not be measured again."""
    return shapes[0] if len(shapes) == 1 else merge(shapely.get_parts(np.array(shapes, dtype=object)))


def unite(polygons: NDArray[np.object_], workers: Workers) -> shapely.Geometry:
    """Merge overlapping polygons into one geometry.

    Many polygons are merged in neighbourhoods along a Hilbert curve, in parallel, and the results are merged then.
    """
    if len(polygons) < _WORTH_SPLITTING:
        return merge(shapely.get_parts(polygons))
    order = np.argsort(geopandas.GeoSeries(polygons).hilbert_distance().to_numpy(), kind="stable")
    pieces = max(_FEWEST_PIECES, len(polygons) // _LARGEST_PIECE)
    merged = workers.map(merge, np.array_split(polygons[order], pieces))
    return merge(shapely.get_parts(np.array(merged, dtype=object)))


def merge(polygons: NDArray[np.object_]) -> shapely.Geometry:
    """Merge polygons at once.

    Those that touch nobody stay as they are: a plain union nodes them all with each other, which took hundreds of
    times as long on a ragged layer of a million vertices.
    """
    return shapely.disjoint_subset_union_all(polygons)
