"""Trading slivers between neighbours until every cell of a drawing has its area.

A cell with too much gives a strip along a common edge to one with too little, over several neighbours if need be:
how much goes over which edge is the flow that evens out the excess with the narrowest strips. Cells at the rim
also take ground from outside or leave it. Nobody gives the ground around its own centre, and nobody is torn apart.
Plain coordinates in metres.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROUNDS = 10
_GOOD_ENOUGH = 0.02
"""Shares of their areas by which cells may differ; a transfer below a fifth of it is not worth a cut."""
_SMALLEST_TRANSFER = 0.003
_WIDEST_STRIP = 0.3
"""Width of one strip, in radii of a disc with the cell's area."""
_KEPT_SHARE = 0.5
"""What a cell keeps in one round at least."""
_TOUCH_M = 1.0
_SMOOTHING_M = 25.0
_CRUMB_M2 = 10.0
_CRUMB_SHARE = 0.005
"""Parts below these are let go, for a neighbour to take."""
_CLOSED_BAY_M = 1500.0
_TIGHT = 1e-9


def trade_areas(
    cells: NDArray[np.object_],
    areas: NDArray[np.float64],
    cores: NDArray[np.object_],
    ground: NDArray[np.object_],
    land: shapely.Geometry,
) -> NDArray[np.object_]:
    """Return the cells with their edges moved so that each has about its area.

    Parameters
    ----------
    cells
        Polygons that hardly overlap, one per commune, each with its core.
    areas
        The wanted areas in square metres.
    cores
        What a cell never gives: a disc around its centre.
    ground
        Where each cell may grow when there is no neighbour.
    land
        Where no gap may stay between cells.
    """
    radii = np.sqrt(areas / np.pi)
    parts = shapely.get_num_geometries(np.array([_without_crumbs(cell) for cell in cells], dtype=object))
    cells = _as_coverage(cells, parts, land)
    for _ in range(_ROUNDS):
        excess = shapely.area(cells) - areas
        excess[np.abs(excess) < _GOOD_ENOUGH * areas] = 0.0
        if not excess.any():
            break
        edges = _edges(cells)
        potential = _potential(edges, excess)
        cells = _trade_between(cells, areas, radii, cores, edges, potential)
        cells = _trade_outside(cells, areas, radii, cores, ground, edges, potential)
        cells = _as_coverage(cells, parts, land)
    return cells


class _Edges(NamedTuple):
    """Pairs of neighbours with the length of what they share, and the rest of each cell's outline, in metres."""

    left: NDArray[np.intp]
    right: NDArray[np.intp]
    length: NDArray[np.float64]
    rim: NDArray[np.float64]


def _as_coverage(
    cells: NDArray[np.object_], parts: NDArray[np.intp], land: shapely.Geometry
) -> NDArray[np.object_]:
    """Let neighbours share their edges to the last vertex, in few vertices, no more parts and without gaps."""
    largest = [_without_crumbs(cell, int(most)) for cell, most in zip(cells, parts, strict=True)]
    whole = _without_gaps(np.array(largest, dtype=object), land)
    cleaned = shapely.coverage_clean(whole, gap_width=_TOUCH_M)
    smooth = shapely.coverage_simplify(cleaned, _SMOOTHING_M)
    return np.array([_without_crumbs(cell) for cell in smooth], dtype=object)


def _without_crumbs(cell: shapely.Geometry, most_parts: int | None = None) -> shapely.Geometry:
    """Return the parts that are worth keeping, the largest of them if there are too many."""
    parts = shapely.get_parts(cell)

    large = parts[shapely.area(parts) > max(_CRUMB_M2, _CRUMB_SHARE * cell.area)]
    if most_parts is not None and len(large) > most_parts:
        large = large[np.argsort(-shapely.area(large), kind="stable")[:most_parts]]
    return large[0] if len(large) == 1 else shapely.multipolygons(large)


def _without_gaps(cells: NDArray[np.object_], land: shapely.Geometry) -> NDArray[np.object_]:
    """Give every hole and narrow bay on land to the cell with the longest edge there."""
    cells = cells.copy()
    whole = shapely.union_all(cells)
    filled = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(whole))))
    closed = shapely.buffer(shapely.buffer(filled, _CLOSED_BAY_M, quad_segs=4), -_CLOSED_BAY_M, quad_segs=4)
    gaps = shapely.get_parts(shapely.intersection(shapely.difference(closed, whole), land))
    gaps = gaps[shapely.area(gaps) > _CRUMB_M2]
    tree = shapely.STRtree(cells)
    for gap in gaps:
        around = shapely.buffer(gap, _TOUCH_M, quad_segs=1)
        near = tree.query(around, predicate="intersects")
        shared = shapely.length(shapely.intersection(shapely.boundary(cells[near]), around))
        for owner in near[np.argsort(-shared, kind="stable")].tolist():
            grown = _without_crumbs(shapely.union(cells[owner], gap))
            if _is_whole(grown, cells[owner]):
                cells[owner] = grown
                break
    return cells


def _edges(cells: NDArray[np.object_]) -> _Edges:
    left, right = shapely.STRtree(cells).query(cells, predicate="intersects")
    left, right = left[left < right], right[left < right]
    outlines = shapely.boundary(cells)
    length = shapely.length(shapely.intersection(outlines[left], outlines[right]))
    shared = length > _TOUCH_M
    left, right, length = left[shared], right[shared], length[shared]
    count = len(cells)
    inner = np.bincount(left, length, count) + np.bincount(right, length, count)
    return _Edges(left, right, length, np.maximum(shapely.length(outlines) - inner, 0.0))


def _potential(edges: _Edges, excess: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a potential per cell: a strip is as wide as the potentials of its two cells differ, outside is zero.

    The equations (a graph's Laplacian) are solved by conjugate gradients; a whisker of rim holds inner groups.
    """
    left, right, length, rim = edges
    count = len(excess)
    held = rim + _TIGHT * (np.bincount(left, length, count) + np.bincount(right, length, count) + 1.0)

    def outflow(potential: NDArray[np.float64]) -> NDArray[np.float64]:
        flow = length * (potential[left] - potential[right])
        return np.asarray(held * potential + np.bincount(left, flow, count) - np.bincount(right, flow, count))

    scale = held + np.bincount(left, length, count) + np.bincount(right, length, count)
    solution = np.zeros(count)
    rest = excess.copy()
    direction = rest / scale
    strength = float((rest * direction).sum())
    enough = _TIGHT * float(np.abs(excess).sum())
    for _ in range(4 * count):
        answer = outflow(direction)
        step = strength / float((direction * answer).sum())
        solution += step * direction
        rest -= step * answer
        if float(np.abs(rest).sum()) < enough:
            break
        scaled = rest / scale
        next_strength = float((rest * scaled).sum())
        direction = scaled + next_strength / strength * direction
        strength = next_strength
    return solution


def _trade_between(
    cells: NDArray[np.object_],
    areas: NDArray[np.float64],
    radii: NDArray[np.float64],
    cores: NDArray[np.object_],
    edges: _Edges,
    potential: NDArray[np.float64],
) -> NDArray[np.object_]:
    """Move strips over the common edges, the largest first."""
    cells = cells.copy()
    wanted = edges.length * (potential[edges.left] - potential[edges.right])
    for edge in np.argsort(-np.abs(wanted), kind="stable").tolist():
        giver, taker = int(edges.left[edge]), int(edges.right[edge])
        if wanted[edge] < 0:
            giver, taker = taker, giver
        amount = abs(float(wanted[edge]))
        if amount < _SMALLEST_TRANSFER * min(areas[giver], areas[taker]):
            continue
        width = min(amount / float(edges.length[edge]), _WIDEST_STRIP * float(min(radii[giver], radii[taker])))
        for part in (1.0, 0.5, 0.25):
            reached = shapely.buffer(cells[taker], part * width, join_style="mitre", mitre_limit=2.0)
            given = shapely.difference(reached, cores[giver])
            left = _without_crumbs(shapely.difference(cells[giver], given))
            grown = _without_crumbs(shapely.union(cells[taker], shapely.intersection(cells[giver], given)))
            if _is_whole(left, cells[giver]) and _is_whole(grown, cells[taker]):
                cells[giver], cells[taker] = left, grown
                break
    return cells


def _trade_outside(
    cells: NDArray[np.object_],
    areas: NDArray[np.float64],
    radii: NDArray[np.float64],
    cores: NDArray[np.object_],
    ground: NDArray[np.object_],
    edges: _Edges,
    potential: NDArray[np.float64],
) -> NDArray[np.object_]:
    """Let cells at the rim take free ground or leave some of theirs."""
    cells = cells.copy()
    for i in np.flatnonzero(np.abs(edges.rim * potential) > _SMALLEST_TRANSFER * areas).tolist():
        width = min(abs(float(potential[i])), _WIDEST_STRIP * float(radii[i]))
        around = shapely.buffer(cells[i], width, quad_segs=2)
        near = shapely.STRtree(cells).query(around, predicate="intersects")
        others = shapely.union_all(cells[near[near != i]])
        if potential[i] < 0:
            free = shapely.difference(shapely.intersection(around, ground[i]), others)
            cells[i] = _without_crumbs(shapely.union(cells[i], free))
            continue
        rim = shapely.difference(shapely.boundary(cells[i]), shapely.buffer(others, _TOUCH_M, quad_segs=2))
        left_outside = shapely.difference(shapely.buffer(rim, width, quad_segs=2), cores[i])
        left = _without_crumbs(shapely.difference(cells[i], left_outside))
        if _is_whole(left, cells[i]):
            cells[i] = left
    return cells


def _is_whole(left: shapely.Geometry, before: shapely.Geometry) -> bool:
    """Whether a cell that gave or took a strip is still in as few parts and of a decent size."""
    parts = int(shapely.get_num_geometries(left))
    return 0 < parts <= int(shapely.get_num_geometries(before)) and left.area > _KEPT_SHARE * before.area
