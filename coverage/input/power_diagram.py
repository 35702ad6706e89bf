"""The power diagram of the communes' centres: convex cells that share their edges and have about the right areas.

A point belongs to the site with the smallest squared distance less the site's weight. Weights are moved until the
areas fit; sites are moved until the cells lie around their centres, for the stated centres are about the middles
of the communes, not the sites of a diagram. Plain coordinates in metres; the exact areas are the work of
``area_trading``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_REACH_OF_CELL = 3.0
"""How far a cell may reach from its centre, in radii of a disc with its area."""
_ROUNDS = 20
_DAMPING = 0.7
_MOVE = 0.3
"""Part of the way that a site goes in one round."""
_FARTHEST = 0.4
"""How far a site may go from its centre, in parts of the way to the next one: sites never meet."""
_OWN_SHARE = 0.6
"""Weights may use 0.6 of what would put a centre on the edge of another cell."""
_LEAST_ROOM = 0.05


def draw_power_diagram(
    centres: NDArray[np.float64], areas: NDArray[np.float64], province: shapely.Geometry
) -> NDArray[np.object_]:
    """Return the cell of each centre, cut to the province.

    Parameters
    ----------
    centres, areas
        One row per cell, in metres and square metres.
    province
        The ground to divide, prepared.

    Returns
    -------
    Polygons without overlaps; of all rounds those with the best areas among those with the fewest centres outside
    their cells.
    """
    radii = np.sqrt(areas / np.pi)
    points = shapely.points(centres)
    between_centres2 = _squared_distances(centres, centres)
    between_others2 = between_centres2 + np.diag(np.full(len(centres), np.inf))
    farthest = _FARTHEST * np.sqrt(between_others2.min(axis=1))
    sites = centres.copy()
    weights = np.zeros(len(centres))
    drawn: list[tuple[int, float, NDArray[np.object_]]] = []
    for _ in range(_ROUNDS):
        weights = _bounded(weights, _room(centres, sites, between_centres2))
        pieces = shapely.intersection(_power_cells(sites, weights, _REACH_OF_CELL * radii), province)
        found = shapely.area(pieces)
        outside = int((~shapely.contains(pieces, points)).sum())
        drawn.append((outside, float(np.abs(found - areas).sum()), pieces))
        middles = shapely.get_coordinates(
            shapely.centroid(np.where(shapely.is_empty(pieces), points, pieces))  # an empty cell stays where it is
        )
        moved = sites + _MOVE * (centres + (centres - middles) - sites)
        away = np.hypot(*(moved - centres).T)
        moved = centres + (moved - centres) * np.minimum(1.0, farthest / np.maximum(away, 1.0))[:, None]
        # Moving a site turns its edges about the middle of the cell, which keeps the area to first order.
        weights += ((middles - moved) ** 2 - (middles - sites) ** 2).sum(axis=1)
        weights += _DAMPING * (areas - found) / np.pi
        sites = moved
    return min(drawn, key=lambda attempt: attempt[:2])[2]


def _squared_distances(points: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(((points[:, None] - others[None]) ** 2).sum(axis=-1))


def _room(
    centres: NDArray[np.float64], sites: NDArray[np.float64], between_centres2: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how much more weight each site (column) may have than that of a centre (row)."""
    to_sites2 = _squared_distances(centres, sites)
    return np.maximum(_OWN_SHARE * (to_sites2 - np.diagonal(to_sites2)[:, None]), _LEAST_ROOM * between_centres2)


def _bounded(weights: NDArray[np.float64], room: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lower the weights that would push a neighbour's centre out of its cell."""
    for _ in weights:
        lowered = np.minimum(weights, (weights[:, None] + room).min(axis=0))
        if np.array_equal(lowered, weights):
            break
        weights = lowered
    return weights


def _power_cells(
    sites: NDArray[np.float64], weights: NDArray[np.float64], reach: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Return each site's cell of the power diagram, cut to a square of half-width ``reach`` around it."""
    distances2 = _squared_distances(sites, sites)
    np.fill_diagonal(distances2, 1.0)
    # Points p (from the own site) of the cell: p . d <= (|d|^2 + w_i - w_j) / 2.
    limits = (distances2 + weights[:, None] - weights[None]) / 2
    away = limits / np.sqrt(distances2)
    np.fill_diagonal(away, np.inf)
    nearest = np.argsort(away, axis=1, kind="stable")
    hulls = []
    for i, (x, y) in enumerate(sites.tolist()):
        half = float(reach[i])
        corners = [(-half, -half), (half, -half), (half, half), (-half, half)]
        for j in nearest[i].tolist():
            if not corners or away[i, j] > max(math.hypot(px, py) for px, py in corners):
                break
            corners = _cut(corners, sites[j, 0] - x, sites[j, 1] - y, limits[i, j])
        # The hull of a convex cell is the cell, and valid also where rounding made corners meet.
        hulls.append(shapely.MultiPoint([(x + px, y + py) for px, py in corners]).convex_hull)
    return np.array(hulls, dtype=object)


def _cut(corners: Sequence[tuple[float, float]], dx: float, dy: float, limit: float) -> list[tuple[float, float]]:
    """Return the part of a convex polygon where ``dx * x + dy * y <= limit``."""
    kept: list[tuple[float, float]] = []
    (px, py) = corners[-1]
    before = dx * px + dy * py - limit
    for qx, qy in corners:
        here = dx * qx + dy * qy - limit
        if (before < 0) != (here < 0):
            part = before / (before - here)
            kept.append((px + part * (qx - px), py + part * (qy - py)))
        if here <= 0:
            kept.append((qx, qy))
        px, py, before = qx, qy, here
    return kept
