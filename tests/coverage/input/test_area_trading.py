"""Trading slivers: areas as wanted, nothing torn, nothing twice, centres kept."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.coverage.input.area_trading import trade_areas

KM = 1000.0
ROWS, COLUMNS = 2, 3
LAND = shapely.box(-2 * KM, -2 * KM, 14 * KM, 10 * KM)


def _grid() -> tuple[np.ndarray, np.ndarray]:
    """Return cells of 4 x 4 km side by side, and the discs around their middles."""
    cells = [
        shapely.box(4 * KM * x, 4 * KM * y, 4 * KM * (x + 1), 4 * KM * (y + 1))
        for y in range(ROWS)
        for x in range(COLUMNS)
    ]
    array = np.array(cells, dtype=object)
    return array, shapely.buffer(shapely.centroid(array), 0.5 * KM)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(10.0, 24.0), min_size=6, max_size=6))
def test_cells_get_their_areas(wanted_km2: list[float]) -> None:
    """Areas up to a third less or half more than there are: each cell gets its own within 5 %, in one piece."""
    cells, cores = _grid()
    wanted = np.array(wanted_km2) * 1e6
    traded = trade_areas(cells, wanted, cores, np.full(6, LAND), LAND)
    assert shapely.area(traded) == pytest.approx(wanted, rel=0.05)
    assert shapely.coverage_is_valid(traded)
    assert shapely.contains(traded, shapely.centroid(cores)).all()
    assert (shapely.get_num_geometries(traded) == 1).all()


def test_areas_that_fit_are_left_alone() -> None:
    """Cells with the areas that are wanted come back as they were."""
    cells, cores = _grid()
    traded = trade_areas(cells, shapely.area(cells), cores, np.full(6, LAND), LAND)
    assert shapely.equals(traded, cells).all()


def test_excess_goes_through_a_neighbour() -> None:
    """The left cell grows though only the right one has too much; the one between keeps its area."""
    cells = np.array([shapely.box(4 * KM * x, 0, 4 * KM * (x + 1), 4 * KM) for x in range(3)], dtype=object)
    cores = shapely.buffer(shapely.centroid(cells), 0.5 * KM)
    wanted = np.array([19.0, 16.0, 13.0]) * 1e6
    whole = shapely.union_all(cells)
    traded = trade_areas(cells, wanted, cores, np.full(3, whole), whole)
    assert shapely.area(traded) == pytest.approx(wanted, rel=0.04)
    assert shapely.bounds(traded[1])[2] < 8 * KM + 4 * KM


def test_gaps_on_land_go_to_a_neighbour() -> None:
    """A hole between cells is filled where there is land, and stays where there is sea."""
    cells, cores = _grid()
    hole = shapely.box(3.8 * KM, 3.8 * KM, 4.2 * KM, 4.2 * KM)
    holed = shapely.difference(cells, hole)
    on_land = trade_areas(holed, shapely.area(cells), cores, np.full(6, LAND), LAND)
    sea = LAND.difference(hole)
    at_sea = trade_areas(holed, shapely.area(holed), cores, np.full(6, sea), sea)
    assert shapely.union_all(on_land).area == pytest.approx(96e6)
    assert shapely.union_all(at_sea).area == pytest.approx(96e6 - hole.area)


def test_ground_bounds_growth() -> None:
    """A cell without neighbours grows on its ground only."""
    cell = np.array([shapely.box(0, 0, 4 * KM, 4 * KM)], dtype=object)
    ground = np.array([shapely.box(0, 0, 4 * KM, 5 * KM)], dtype=object)
    core = shapely.buffer(shapely.centroid(cell), 0.5 * KM)
    traded = trade_areas(cell, np.array([24e6]), core, ground, ground[0])
    assert shapely.equals(traded[0], ground[0])
