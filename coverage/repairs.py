"""What was changed in the input before it was measured, and the one geometry repair that every file goes through.

Every change is a ``Repair`` that ends up in ``repairs.csv``. Cleaning the seams between communes is the work of
``neighbours``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

M2_PER_KM2 = 1e6


@dataclass(frozen=True, slots=True)
class Repair:
    """One change: ``feature`` is the number in the file from 1, a commune code, or empty for the whole file.

    ``km2`` is the area that appeared, vanished or changed its owner, never negative.
    """

    layer: str
    feature: str
    what: str
    km2: float


@dataclass(frozen=True, slots=True)
class Repaired:
    """Valid polygons with the 0-based rows that they had in the input, and what was done to get them."""

    polygons: NDArray[np.object_]
    rows: NDArray[np.intp]
    repairs: tuple[Repair, ...]
    invalid: int
    """How many were not valid."""


def repair_polygons(layer: str, polygons: NDArray[np.object_]) -> Repaired:
    """Make every polygon valid, and drop exact duplicates and what has no area.

    Parameters
    ----------
    layer
        How the repairs name the file.
    polygons
        Polygons and multipolygons in an equal-area projection, in metres, none of them missing.

    Notes
    -----
    The "structure" method of ``make_valid`` keeps both wings of a bow-tie and never leaves lines or points. The
    area of an invalid polygon is what its rings enclose with their signs, so a symmetric bow-tie counts as zero
    before the repair: ``km2`` of a repair is the difference to that.
    """
    repairs: list[Repair] = []
    invalid = np.flatnonzero(~shapely.is_valid(polygons))
    polygons = polygons.copy()
    if invalid.size:
        broken = polygons[invalid]
        reasons = shapely.is_valid_reason(broken)
        polygons[invalid] = _made_valid(broken)
        moved = np.abs(shapely.area(polygons[invalid]) - shapely.area(broken)) / M2_PER_KM2
        for row, reason, km2 in zip(invalid.tolist(), reasons, moved, strict=True):
            fault = str(reason).partition("[")[0].strip().lower()
            repairs.append(Repair(layer, str(row + 1), f"made valid ({fault})", float(km2)))
    keep = shapely.area(polygons) > 0
    repairs += [Repair(layer, str(row + 1), "dropped: it encloses no area", 0.0) for row in np.flatnonzero(~keep)]
    first_row: dict[bytes, int] = {}
    for row, wkb in enumerate(shapely.to_wkb(polygons)):
        if not keep[row]:
            continue
        twin = first_row.setdefault(wkb, row)
        if twin != row:
            keep[row] = False
            repairs.append(Repair(layer, str(row + 1), f"dropped: the same as feature {twin + 1}", 0.0))
    rows = np.flatnonzero(keep)
    return Repaired(polygons[rows], rows, tuple(repairs), len(invalid))


def _made_valid(broken: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return valid polygons.

    GEOS makes nothing of a ring that walks its first edge three times, and the true area of the same ring walked
    backwards: hence a second try for what came out empty.
    """
    valid = np.asarray(shapely.make_valid(broken, method="structure", keep_collapsed=False), dtype=object)
    empty = np.flatnonzero(shapely.is_empty(valid))
    if empty.size:
        valid[empty] = shapely.make_valid(shapely.reverse(broken[empty]), method="structure", keep_collapsed=False)
    return valid
