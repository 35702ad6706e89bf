"""People: parts of cells, settlements on an edge, and the estimate by area; answers known by hand."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_communes import four_communes, layer, square

from phusong.coverage.input.population import Grid, People
from phusong.coverage.measuring.indicators import About, measure_communes
from phusong.coverage.measuring.inhabitants import inhabitants_of
from phusong.coverage.measuring.unions import unite_layers
from phusong.coverage.projection import EQUAL_AREA
from phusong.coverage.summary import CommuneCoverage, Source

SOURCE = Source("population", "made up", "", 0)
COMMUNES = four_communes()
TOTALS = [commune.population for commune in COMMUNES.edition.communes.values()]
WHOLE = square(0, 0, 20)


def grid(values: list[list[float]]) -> People:
    """Spread rows of cells, from the north, over the four communes."""
    array = np.array(values, dtype=float)
    west, south, east, north = WHOLE.bounds
    own = Grid(array, west, south, east, north, pyproj.CRS(EQUAL_AREA))
    return People("raster", SOURCE, np.array([], dtype=object), array.ravel(), own)


def settlements(*places: tuple[float, float, float]) -> People:
    """Put settlements at x, y in km, with their people."""
    points = np.array([shapely.Point(square(x, y, 1).bounds[:2]) for x, y, _ in places] + [None], dtype=object)[
        :-1
    ]
    return People("points", SOURCE, points, np.array([people for *_, people in places]))


def measured(people: People | None, *shapes: shapely.Geometry) -> list[CommuneCoverage]:
    about = About(inhabitants_of(people, TOTALS, COMMUNES.polygons))
    return list(measure_communes(COMMUNES, unite_layers([layer(*shapes)]), about))


def covered(commune: CommuneCoverage) -> tuple[float | None, float | None]:
    own = next(i for i in commune.indicators if i.operator == "A")
    return own.population_covered, own.population_ratio


def test_a_cell_counts_by_its_covered_share() -> None:
    """Cells of 5 km: a strip of 2.5 km over commune 1 has half of its western cells' people."""
    people = grid([[0, 0, 0, 0], [0, 0, 0, 0], [100, 20, 0, 0], [60, 20, 7, 0]])
    communes = measured(people, square(-1, -1, 3.5, 30))
    assert communes[0].population == pytest.approx(200)
    assert covered(communes[0]) == pytest.approx((80.0, 0.4))
    assert (communes[1].population, covered(communes[1])) == (7.0, (0.0, 0.0))
    assert (communes[2].population, covered(communes[2])) == (0.0, (0.0, None))


def test_a_cell_on_a_border_is_shared() -> None:
    """A cell over four communes counts a quarter in each; together nobody is lost or doubled."""
    communes = measured(grid([[0, 0, 0], [0, 400, 0], [0, 0, 0]]), WHOLE)
    assert [commune.population for commune in communes] == pytest.approx([100] * 4)
    assert [covered(commune)[1] for commune in communes] == [1.0] * 4


def test_a_settlement_counts_once_and_whole() -> None:
    """On the corner of four communes it belongs to the first; outside of all it is not counted."""
    people = settlements((10, 10, 50), (5, 5, 30), (15, 15, 20), (25, 25, 99))
    communes = measured(people, square(4, 4, 2), square(9, 9, 2))
    assert [commune.population for commune in communes] == [80, 0, 0, 20]
    assert covered(communes[0]) == (80.0, 1.0)
    assert covered(communes[3]) == (0.0, 0.0)


def test_estimate_by_area() -> None:
    """Without people they are spread over the land: a quarter of the land, a quarter of the total."""
    communes = measured(None, square(0, 0, 5))
    assert (communes[0].population, covered(communes[0])) == (1000, (250.0, 0.25))
    assert (communes[3].population, covered(communes[3])) == (4000, (0.0, 0.0))


@settings(max_examples=40)
@given(
    values=st.lists(st.lists(st.floats(0, 1000), min_size=7, max_size=7), min_size=7, max_size=7),
    boxes=st.lists(
        st.tuples(st.floats(-2, 19), st.floats(-2, 19), st.floats(0.1, 9), st.floats(0.1, 9)), max_size=5
    ),
)
def test_a_slow_count_gives_the_same(values, boxes) -> None:
    """Cell by cell, each by its area in the commune's covered part: the same people."""
    shapes = [square(*box) for box in boxes]
    communes = measured(grid(values), *shapes)
    union = shapely.union_all(shapes) if shapes else shapely.Polygon()
    side = 20 / 7
    for commune, polygon in zip(communes, COMMUNES.polygons, strict=True):
        everybody = reached = 0.0
        for row in range(7):
            for column in range(7):
                cell = square(column * side, (6 - row) * side, side)
                here = cell.intersection(polygon)
                everybody += values[row][column] * here.area / cell.area
                reached += values[row][column] * here.intersection(union).area / cell.area
        assert commune.population == pytest.approx(everybody, abs=0.06, rel=1e-6)
        assert covered(commune)[0] == pytest.approx(reached, abs=0.06, rel=1e-5)


def test_coverage_that_also_touches_the_border() -> None:
    """Where it reaches in and besides runs along the border, the line holds nobody and disturbs nobody."""
    bracket = shapely.union_all([square(-2, 2, 3, 1), square(-2, 2, 2, 6), square(-3, 6, 3, 2)])
    communes = measured(grid([[0, 0], [400, 0]]), bracket)
    assert covered(communes[0]) == (4.0, 0.01)


def test_a_settlement_where_two_parts_touch() -> None:
    """On the corner of two covered squares of one commune it is reached, and counts once."""
    communes = measured(settlements((2, 2, 50), (7, 7, 25)), square(1, 1, 1), square(2, 2, 1))
    assert covered(communes[0]) == (50.0, round(2 / 3, 6))
