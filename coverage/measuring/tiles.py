"""Cutting large merged shapes into tiles, so that a commune is clipped by what is near it and not by all of it.

The cut is a true intersection: ``clip_by_rect`` is faster, but gives wrong areas where an edge of the shape lies
on the rectangle (GEOS pull request 605).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGEST_TILE = 12_000
"""Vertices. Smaller tiles cost more to cut than they save."""
_MOST_HALVINGS = 24
"""More make no difference: what is still too large then has its vertices in one spot."""


def cut_tiles(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    """Halve polygons along their longer side until each is small; together they cover what they did."""
    done: list[NDArray[np.object_]] = []
    for _ in range(_MOST_HALVINGS):
        large = shapely.get_num_coordinates(polygons) > _LARGEST_TILE
        done.append(polygons[~large])
        polygons = polygons[large]
        if not len(polygons):
            break
        polygons = _halves(polygons)
    return np.concatenate([*done, polygons])


def _halves(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    west, south, east, north = shapely.bounds(polygons).T
    wide = east - west >= north - south
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    lower = shapely.box(west, south, np.where(wide, middle_x, east), np.where(wide, north, middle_y))
    upper = shapely.box(np.where(wide, middle_x, west), np.where(wide, south, middle_y), east, north)
    parts = shapely.get_parts(
        np.concatenate([shapely.intersection(polygons, lower), shapely.intersection(polygons, upper)])
    )
    return np.asarray(parts[shapely.area(parts) > 0], dtype=object)
