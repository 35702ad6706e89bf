"""The seams between communes: overlaps and gaps of a boundary file are measured, closed and listed.

Public boundary sets overlap their own neighbours by square kilometres. An office on such a seam would lie in two
communes or in none, so the polygons are made to share their edges, as far as no commune changes much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from phusong.coverage.repairs import M2_PER_KM2, Repair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

GAP_WIDTH_M = 250.0
"""Holes between communes narrower than this are closed; wider ones are taken for lakes or enclaves."""
_LISTED_KM2 = 1e-6
"""Seams below one square metre are rounding and are closed without a word."""
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
    The polygons and one repair per overlap and gap. When closing would change any commune too much, the polygons
    come back as they were drawn and the repairs say so.
    """
    overlaps = _overlaps(codes, polygons)
    gaps = _gaps(codes, polygons)
    cleaned = np.asarray(shapely.coverage_clean(polygons, gap_width=GAP_WIDTH_M), dtype=object)
    change = shapely.area(shapely.symmetric_difference(polygons, cleaned)) / M2_PER_KM2
    allowed = np.maximum(_SAFE_KM2, _SAFE_SHARE * shapely.area(polygons) / M2_PER_KM2)
    safe = bool(
        (change <= allowed).all() and not shapely.is_empty(cleaned).any() and shapely.is_valid(cleaned).all()
    )
    if not safe:
        worst = int(np.argmax(change - allowed))
        note = f"left as drawn: closing the seams would change {codes[worst]} by {change[worst]:.3f} km2"
        return polygons, tuple(
            Repair(layer, seam.code, f"{seam.what} {note}", seam.km2) for seam in (*overlaps, *gaps)
        )
    tree = shapely.STRtree(cleaned)
    repairs = [Repair(layer, seam.code, f"{seam.what} given to one of them", seam.km2) for seam in overlaps]
    for gap in gaps:
        closed = len(tree.query(shapely.point_on_surface(gap.shape), predicate="intersects")) > 0
        outcome = "closed" if closed else "left open: too wide"
        repairs.append(Repair(layer, gap.code, f"{gap.what} {outcome}", gap.km2))
    return cleaned, tuple(repairs)


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
