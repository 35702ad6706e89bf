"""Tiles: small, apart from each other, and together what was cut."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from phusong.coverage.measuring.tiles import cut_tiles


def _ragged(corners: int) -> shapely.Polygon:
    """Return an island with as many corners, deep bays, and two lakes."""
    random = np.random.default_rng(corners)
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    reach = 30_000 * (1 + 0.3 * np.sin(9 * angles)) * random.uniform(0.97, 1.0, corners)
    outer = np.column_stack([reach * np.cos(angles), reach * np.sin(angles)])
    lakes = [shapely.Point(x, 0).buffer(4_000, quad_segs=corners // 40).exterior for x in (-8_000, 8_000)]
    return shapely.Polygon(outer, lakes)


@pytest.mark.parametrize("corners", [400, 20_000, 40_000])
def test_tiles_are_what_was_cut(corners: int) -> None:
    """No tile is large, none overlaps another, and their areas and their union are the shape's."""
    shape = _ragged(corners)
    small = shapely.box(50_000, 0, 51_000, 1_000)
    tiles = cut_tiles(np.array([shape, small], dtype=object))
    assert shapely.is_valid(tiles).all()
    assert shapely.get_num_coordinates(tiles).max() <= 12_000
    assert (len(tiles) > 2) == (corners > 12_000)
    assert shapely.area(tiles).sum() == pytest.approx(shape.area + small.area, rel=1e-12)
    assert shapely.union_all(tiles).symmetric_difference(shapely.union_all([shape, small])).area < 1


def test_vertices_in_one_spot_come_to_an_end() -> None:
    """Too many vertices within a nanometre are given up on and kept; nothing at all is nothing."""
    angles = np.linspace(0, 2 * np.pi, 30_000, endpoint=False)
    spot = shapely.Polygon(np.column_stack([1e7 + 2e-6 * np.cos(angles), 2e6 + 2e-6 * np.sin(angles)]))
    spot = shapely.make_valid(spot, method="structure").union(shapely.box(1e7, 2e6, 1e7 + 1, 2e6 + 1))
    assert shapely.area(cut_tiles(np.array([spot], dtype=object))).sum() == pytest.approx(spot.area)
    assert len(cut_tiles(np.empty(0, dtype=object))) == 0
