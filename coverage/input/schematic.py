"""Schematic commune boundaries: drawn from centres, areas and a public-domain coastline, no survey.

Surveyed polygons are licensed, so the project ships none. The drawing has each commune in its place, with its
neighbours and about its area; everything that shows it says that it is schematic. Recipe:

1. ground: the land of Natural Earth 1:10m joined with a disc around each centre, since small islands are missing
   there and some centres lie off the generalised coast;
2. province: the ground within reach of any centre, with what lies between the reaches filled;
3. cells: the power diagram of the centres, with weights moved until the areas fit as well as they can.

Cells of one power diagram never overlap, and the weights are bounded so that every centre stays in its own cell.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.input.boundaries import Boundaries
from phusong.coverage.input.neighbours import GAP_WIDTH_M
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject
from phusong.coverage.repairs import M2_PER_KM2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from phusong.coverage.editions import Edition

SCHEMATIC_FILE = "schematic"
"""What stands where a boundary file would be named."""

_DRAWING_CRS = "EPSG:5899"
"""VN-2000 / TM-3 107-45: true shapes, and areas within 0.011 % in the province."""

# Radii, in radii of a disc with the commune's area.
_REACH_OF_PROVINCE = 1.35
_REACH_OF_CELL = 3.0
_DISC_OFF_COAST = 1.1
_DISC_ON_LAND = 0.8

_FILLED_BAY_M = 4000.0
_ROUNDS = 10
_DAMPING = 0.7
_OWN_SHARE = 0.6
"""Weights differ by at most 0.6 of the squared distance of their centres: below 1, both stay in their cells."""


def draw_schematic(edition: Edition) -> Boundaries:
    """Return schematic boundaries: valid, without overlaps, each with its centre inside; the same every time."""
    outline = (files("phusong.coverage") / "data" / "land_natural_earth_10m.geojson").read_bytes()
    communes = tuple(edition.communes.values())
    facts = repr([(c.code, c.lon, c.lat, c.area_km2) for c in communes]).encode()
    points = np.asarray(shapely.points([c.lon for c in communes], [c.lat for c in communes]), dtype=object)
    land = shapely.union_all(reproject(shapely.get_parts(shapely.from_geojson(outline)), WGS84, _DRAWING_CRS))
    areas = np.array([c.area_km2 for c in communes]) * M2_PER_KM2
    polygons = _draw(land, reproject(points, WGS84, _DRAWING_CRS), areas)
    return Boundaries(
        edition=edition,
        file=SCHEMATIC_FILE,
        sha256=hashlib.sha256(outline + facts).hexdigest(),
        schematic=True,
        polygons=reproject(polygons, _DRAWING_CRS, EQUAL_AREA),
        repairs=(),
    )


def _draw(land: shapely.Geometry, points: NDArray[np.object_], areas: NDArray[np.float64]) -> NDArray[np.object_]:
    radii = np.sqrt(areas / np.pi)
    centres = shapely.get_coordinates(points)
    province = _province(land, points, radii)
    distances2 = ((centres[:, None] - centres[None]) ** 2).sum(axis=-1)
    nearest = np.argsort(distances2, axis=1, kind="stable")[:, 1:]
    weights = np.zeros(len(centres))
    drawn: list[tuple[float, NDArray[np.object_]]] = []
    for _ in range(_ROUNDS):
        weights = _bounded(weights, distances2)
        cells = _power_cells(centres, weights, _REACH_OF_CELL * radii, distances2, nearest)
        pieces = shapely.intersection(cells, province)
        found = shapely.area(pieces)
        drawn.append((float(np.abs(found - areas).sum()), pieces))
        weights = weights + _DAMPING * (areas - found) / np.pi
    best = min(drawn, key=lambda attempt: attempt[0])[1]
    return np.asarray(shapely.coverage_clean(best, gap_width=GAP_WIDTH_M), dtype=object)


def _province(land: shapely.Geometry, points: NDArray[np.object_], radii: NDArray[np.float64]) -> shapely.Geometry:
    on_land = shapely.contains(land, points)
    discs = shapely.buffer(points, np.where(on_land, _DISC_ON_LAND, _DISC_OFF_COAST) * radii, quad_segs=6)
    reach = shapely.union_all(shapely.buffer(points, _REACH_OF_PROVINCE * radii, quad_segs=8))
    filled = shapely.buffer(shapely.buffer(reach, _FILLED_BAY_M), -_FILLED_BAY_M)
    whole = shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(filled)))
    province = shapely.intersection(shapely.union_all([land, *discs]), shapely.union_all(whole))
    shapely.prepare(province)
    return province


def _bounded(weights: NDArray[np.float64], distances2: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lower the weights that would push a neighbour's centre out of its cell."""
    room = _OWN_SHARE * distances2
    while True:
        lowered = np.minimum(weights, (weights[:, None] + room).min(axis=0))
        if np.allclose(lowered, weights):
            return np.asarray(lowered)
        weights = lowered


def _power_cells(
    centres: NDArray[np.float64],
    weights: NDArray[np.float64],
    reach: NDArray[np.float64],
    distances2: NDArray[np.float64],
    nearest: NDArray[np.intp],
) -> NDArray[np.object_]:
    """Return each centre's cell of the power diagram, cut to a square of half-width ``reach`` around it."""
    rings = []
    for i, (x, y) in enumerate(centres.tolist()):
        half = float(reach[i])
        corners = [(-half, -half), (half, -half), (half, half), (-half, half)]
        for j in nearest[i].tolist():
            # Points p (from the own centre) of the cell: p . d <= (|d|^2 + w_i - w_j) / 2.
            limit = (distances2[i, j] + weights[i] - weights[j]) / 2
            dx, dy = centres[j, 0] - x, centres[j, 1] - y
            if max(dx * px + dy * py for px, py in corners) > limit:
                corners = _cut(corners, dx, dy, limit)
        rings.append(shapely.Polygon([(x + px, y + py) for px, py in corners]))
    return np.array(rings, dtype=object)


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
