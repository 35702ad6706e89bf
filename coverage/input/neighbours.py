"""The seams between communes: overlaps and gaps of a boundary file are measured, closed and listed.

Public boundary sets overlap their own neighbours by square kilometres. An office on such a seam would lie in two
communes or in none, so the polygons are made to share their edges. A file that this would change much is refused:
its communes were drawn apart, and the figures of two that overlap would count the same land and people twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from phusong.coverage.errors import BoundaryError
from phusong.coverage.repairs import M2_PER_KM2, Repair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

GAP_WIDTH_M = 250.0
"""Holes between communes narrower than this are closed; wider ones are taken for lakes or enclaves."""
_LISTED_KM2 = 1e-6
"""Seams below one square metre are rounding and are closed without a word."""
LARGEST_SEAMS = 0.02
"""Overlaps and narrow gaps together may be this share of the land: the worst public set has 0.5 %."""
_REMEDY = "draw common edges once (QGIS: Clean coverage), or use another file"
_SHOWN = 10
_SAFE_SHARE = 0.10
_SAFE_KM2 = 0.25
"""A commune may change by a quarter of a square kilometre or a tenth of itself, whichever is more."""


def close_seams(
    layer: str, codes: Sequence[str], polygons: NDArray[np.object_]
) -> tuple[NDArray[np.object_], tuple[Repair, ...]]:
    """Give every overlap and every narrow gap between neighbours to exactly one of them.

    Parameters
    ----------
    layer
        How the repairs name the file.
    codes, polygons
        The communes and their valid polygons in an equal-area projection, in metres.

    Returns
    -------
    The polygons and one repair per overlap and gap.

    Raises
    ------
    BoundaryError
        Overlaps and narrow gaps are over 2 % of the land, or closing them would change a commune by more than a
        tenth of itself and a quarter of a square kilometre; the worst are listed.
    """
    overlaps = _overlaps(codes, polygons)
    gaps = _gaps(codes, polygons)
    cleaned = np.asarray(shapely.coverage_clean(polygons, gap_width=GAP_WIDTH_M), dtype=object)
    change = shapely.area(shapely.symmetric_difference(polygons, cleaned)) / M2_PER_KM2
    allowed = np.maximum(_SAFE_KM2, _SAFE_SHARE * shapely.area(polygons) / M2_PER_KM2)
    tree = shapely.STRtree(cleaned)
    closed = [len(tree.query(shapely.point_on_surface(gap.shape), predicate="intersects")) > 0 for gap in gaps]
    seams = (*overlaps, *(gap for gap, is_closed in zip(gaps, closed, strict=True) if is_closed))
    land_km2 = float(shapely.area(polygons).sum()) / M2_PER_KM2
    seams_km2 = sum(seam.km2 for seam in seams)
    if seams_km2 > LARGEST_SEAMS * land_km2:
        raise BoundaryError(
            f"{layer}: neighbours overlap or leave gaps on {seams_km2:.1f} km2, {seams_km2 / land_km2:.1%} of the "
            f"land (the limit is {LARGEST_SEAMS:.0%}); the largest: {_largest(seams)}; {_REMEDY}"
        )
    changed = (change > allowed) | shapely.is_empty(cleaned) | ~shapely.is_valid(cleaned)
    if changed.any():
        raise BoundaryError(_too_much(layer, codes, change, np.flatnonzero(changed), seams))
    repairs = [Repair(layer, seam.code, f"{seam.what} given to one of them", seam.km2) for seam in overlaps]
    for gap, is_closed in zip(gaps, closed, strict=True):
        outcome = "closed" if is_closed else "left open: too wide"
        repairs.append(Repair(layer, gap.code, f"{gap.what} {outcome}", gap.km2))
    return cleaned, tuple(repairs)


def _too_much(
    layer: str,
    codes: Sequence[str],
    change: NDArray[np.float64],
    changed: NDArray[np.intp],
    seams: Sequence[_Seam],
) -> str:
    """Return why the seams are not closed: which communes would change by how much, and the largest seams."""
    worst = sorted(changed.tolist(), key=lambda row: -change[row])
    communes = ", ".join(f"{codes[row]} by {change[row]:.3f} km2" for row in worst[:_SHOWN])
    more = f" and {len(worst) - _SHOWN} more" if len(worst) > _SHOWN else ""
    return (
        f"{layer}: closing overlaps and gaps between neighbours would change {len(worst)} of {len(codes)} "
        f"communes by more than {_SAFE_SHARE:.0%} and {_SAFE_KM2} km2: {communes}{more}; the largest: "
        f"{_largest(seams)}; {_REMEDY}"
    )


def _largest(seams: Sequence[_Seam]) -> str:
    ordered = sorted(seams, key=lambda seam: -seam.km2)[:_SHOWN]
    return ", ".join(f"{seam.code} {seam.what} {seam.km2:.3f} km2" for seam in ordered)


class _Seam(NamedTuple):
    """An overlap or a gap, named by the first of its communes."""

    code: str
    what: str
    km2: float
    shape: shapely.Geometry


def _overlaps(codes: Sequence[str], polygons: NDArray[np.object_]) -> list[_Seam]:
    """Return each pair that shares more than an edge."""
    left, right = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    shapes = shapely.intersection(polygons[left], polygons[right])
    pairs = [
        _Seam(codes[a], f"overlap with {codes[b]}", float(km2), shape)
        for a, b, km2, shape in zip(left, right, shapely.area(shapes) / M2_PER_KM2, shapes, strict=True)
        if km2 > _LISTED_KM2
    ]
    return sorted(pairs, key=lambda seam: seam[:3])


def _gaps(codes: Sequence[str], polygons: NDArray[np.object_]) -> list[_Seam]:
    """Return each hole in the union: between neighbours, or within one commune."""
    parts = shapely.get_parts(shapely.union_all(polygons))
    holes = [shapely.Polygon(ring) for part in parts for ring in shapely.get_rings(part)[1:]]
    tree = shapely.STRtree(polygons)
    found = []
    for hole in holes:
        neighbours = sorted(codes[i] for i in tree.query(hole, predicate="intersects"))
        km2 = hole.area / M2_PER_KM2
        if km2 > _LISTED_KM2:
            what = f"gap between {' and '.join(neighbours)}" if len(neighbours) > 1 else "hole"
            found.append(_Seam(neighbours[0], what, km2, hole))
    return sorted(found, key=lambda seam: seam[:3])
