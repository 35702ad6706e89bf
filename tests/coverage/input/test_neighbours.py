"""Seams between communes: closed where that is safe, and always listed."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from phusong.coverage.errors import BoundaryError
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


def test_two_drawings_of_one_ground_are_refused() -> None:
    """Overlaps over 2 % of the land are refused, with the largest and what to do."""
    with pytest.raises(BoundaryError) as caught:
        _close(LEFT, shapely.box(4 * KM, 0, 14 * KM, 10 * KM), shapely.box(14 * KM, 0, 20 * KM, 10 * KM))
    assert str(caught.value) == (
        "f: neighbours overlap or leave gaps on 60.0 km2, 23.1% of the land (the limit is 2%); the largest: 00000 "
        "overlap with 00001 60.000 km2; draw common edges once (QGIS: Clean coverage), or use another file"
    )


def test_a_lake_is_no_seam() -> None:
    """A wide hole stays open however large it is, and does not count against the limit."""
    lake = shapely.box(8 * KM, 3 * KM, 12 * KM, 7 * KM)
    right = shapely.box(10 * KM, 0, 20 * KM, 10 * KM)
    _, repairs = _close(LEFT.difference(lake), right.difference(lake))
    assert repairs == [("00000", "gap between 00000 and 00001 left open: too wide", 16.0)]


@pytest.mark.parametrize(("overlap_km", "refused"), [(0.12, False), (0.4, True)])
def test_small_communes_may_change_a_quarter_of_a_square_kilometre(overlap_km: float, refused: bool) -> None:
    """A commune of 2 km2 may change by 12 %, which is 0.24 km2, but not by 40 %."""
    small = shapely.box(20 * KM, 0, 21 * KM, 2 * KM)
    other = shapely.box((21 - overlap_km) * KM, 0, (22 - overlap_km) * KM, 2 * KM)
    if refused:
        with pytest.raises(
            BoundaryError, match=r"would change 1 of 3 communes by more than 10% and 0.25 km2: 0000"
        ):
            _close(LEFT, small, other)
    else:
        cleaned, repairs = _close(LEFT, small, other)
        assert repairs == [("00001", "overlap with 00002 given to one of them", round(overlap_km * 2, 3))]
        assert shapely.intersection(*cleaned[1:]).area == 0
