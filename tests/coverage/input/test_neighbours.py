"""Seams between communes: closed where that is safe, and always listed."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from phusong.coverage.input.neighbours import GAP_WIDTH_M, close_seams

KM = 1000.0
LEFT = shapely.box(0, 0, 10 * KM, 10 * KM)


def _close(*polygons: shapely.Polygon):
    codes = [f"0000{number}" for number in range(len(polygons))]
    cleaned, repairs = close_seams("f", codes, np.array(polygons, dtype=object))
    return cleaned, [(repair.feature, repair.what, round(repair.km2, 3)) for repair in repairs]


def test_clean_neighbours_are_left_alone() -> None:
    """Polygons that share an edge come back as they are, without a repair."""
    cleaned, repairs = _close(LEFT, shapely.box(10 * KM, 0, 20 * KM, 10 * KM))
    assert repairs == []
    assert shapely.area(cleaned).tolist() == [100 * KM * KM, 100 * KM * KM]


def test_overlap_goes_to_one_of_them() -> None:
    """An overlap is counted once afterwards, and its area is listed."""
    cleaned, repairs = _close(LEFT, shapely.box(9.9 * KM, 0, 20 * KM, 10 * KM))
    assert repairs == [("00000", "overlap with 00001 given to one of them", 1.0)]
    assert shapely.area(cleaned).sum() == pytest.approx(200 * KM * KM)
    assert shapely.intersection(*cleaned).area == 0


@pytest.mark.parametrize(
    ("width", "outcome"), [(0.5 * GAP_WIDTH_M, "closed"), (4 * GAP_WIDTH_M, "left open: too wide")]
)
def test_gaps_by_width(width: float, outcome: str) -> None:
    """A narrow gap is closed, a wide one is taken for a lake; both are listed."""
    right = shapely.box(10 * KM, 0, 20 * KM, 10 * KM)
    gap = shapely.box(10 * KM - width / 2, 4 * KM, 10 * KM + width / 2, 6 * KM)
    cleaned, repairs = _close(LEFT.difference(gap), right.difference(gap))
    assert repairs == [("00000", f"gap between 00000 and 00001 {outcome}", round(width * 2 / KM, 3))]
    assert (shapely.union_all(cleaned).area == pytest.approx(200 * KM * KM)) is (outcome == "closed")


def test_closing_that_would_change_too_much_is_not_done() -> None:
    """Two drawings of the same ground are left as they were, and the repair says why."""
    drawn = (LEFT, shapely.box(4 * KM, 0, 14 * KM, 10 * KM))
    cleaned, repairs = _close(*drawn)
    assert [polygon.equals(before) for polygon, before in zip(cleaned, drawn, strict=True)] == [True, True]
    assert len(repairs) == 1
    assert "left as drawn: closing the seams would change" in repairs[0][1]
    assert repairs[0][2] == 60.0
