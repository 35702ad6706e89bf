"""The power diagram: centres in their cells, no overlaps, about the areas that are wanted."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.coverage.input.power_diagram import draw_power_diagram

KM = 1000.0
PROVINCE = shapely.box(0, 0, 12 * KM, 12 * KM)
_coordinate = st.integers(1, 11)


@settings(max_examples=20, deadline=None)
@given(st.sets(st.tuples(_coordinate, _coordinate), min_size=4, max_size=12), st.randoms(use_true_random=False))
def test_centres_lie_in_cells_that_never_overlap(places, random) -> None:
    """For any centres and areas, cells do not overlap and stay in the province."""
    centres = np.array(sorted(places), dtype=float) * KM
    shares = np.array([random.uniform(0.5, 2.0) for _ in places])
    cells = draw_power_diagram(centres, 144e6 * shares / shares.sum(), PROVINCE)
    assert shapely.area(cells).sum() == pytest.approx(shapely.union_all(cells).area)
    assert shapely.within(cells, PROVINCE.buffer(1e-6)).all()


def test_equal_areas_of_a_grid_are_met() -> None:
    """Centres on a grid with equal areas get squares."""
    centres = np.array([(x, y) for x in (2, 6, 10) for y in (2, 6, 10)], dtype=float) * KM
    cells = draw_power_diagram(centres, np.full(9, 16e6), PROVINCE)
    assert shapely.area(cells) == pytest.approx(np.full(9, 16e6), rel=1e-6)
    assert shapely.contains(cells, shapely.points(centres)).all()


def test_a_larger_commune_gets_more() -> None:
    """Of two centres, the one that wants three quarters of the ground gets about as much."""
    centres = np.array([(4.0, 6.0), (10.0, 6.0)]) * KM
    cells = draw_power_diagram(centres, np.array([108e6, 36e6]), PROVINCE)
    assert shapely.area(cells) == pytest.approx([108e6, 36e6], rel=0.15)
