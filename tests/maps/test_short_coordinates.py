"""Short coordinates say the same place as long ones, to half a unit, at any length of a line."""

from __future__ import annotations

import json
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from phusong.maps.short_coordinates import line_points, short_line, short_polygons, short_ring

HALF_A_UNIT = 0.5e-5 + 1e-12

lines = st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=60)
near_lines = st.lists(st.tuples(st.floats(107, 107.0001), st.floats(21, 21.0001)), max_size=30)


def decoded(short: list[int]) -> list[tuple[int, int]]:
    """Read short coordinates as ``assets/province_shapes.js`` does, in whole units."""
    points, x, y = [], 0, 0
    for i in range(0, len(short), 2):
        x, y = x + short[i], y + short[i + 1]
        points.append((x, y))
    return points


def rounded(line: list[tuple[float, float]]) -> list[tuple[int, int]]:
    """Round every point and drop those that repeat the one before: what a short line must say."""
    units = [(round(x * 1e5), round(y * 1e5)) for x, y in line]
    return [*units[:1], *(b for a, b in pairwise(units) if a != b)]


@given(st.one_of(lines, near_lines))
def test_round_trip(line: list[tuple[float, float]]) -> None:
    """Whole numbers, every point within half a unit of its own, the last as near as the first, no repeats."""
    short = short_line(line)
    assert all(type(number) is int for number in short)
    assert decoded(short) == rounded(line)
    if line:
        assert np.abs(np.array(decoded(short)[-1]) / 1e5 - line[-1]).max() <= HALF_A_UNIT


def test_a_long_line_does_not_drift() -> None:
    """A hundred thousand points, each half a unit off in the same direction, end where they end."""
    line = np.column_stack([106 + np.arange(100_000) * 1.49e-5, np.full(100_000, 21.000004)])
    points = np.array(decoded(short_line(line))) / 1e5
    assert len(points) == len(line)
    assert np.abs(points - line).max() <= HALF_A_UNIT


@given(lines)
def test_python_reads_what_the_page_reads(line: list[tuple[float, float]]) -> None:
    """``line_points`` gives the places of the units."""
    points = line_points(short_line(line))
    assert points.shape == (len(rounded(line)), 2)
    assert (points * 1e5).round().astype(int).tolist() == [list(point) for point in rounded(line)]


@given(st.one_of(lines, near_lines), st.booleans())
def test_rings_are_open(line: list[tuple[float, float]], closed: bool) -> None:
    """The closing point is left to the reader, written or not; no ring has fewer than three points."""
    ring = decoded(short_ring([*line, *line[:1]] if closed else line))
    expected = rounded(line)
    while len(expected) > 1 and expected[0] == expected[-1]:
        expected.pop()
    assert ring == (expected if len(set(expected)) >= 3 else [])


@pytest.mark.parametrize(
    "points", [[], [(0, 0)], [(0, 0)] * 4, [(0, 0), (1, 1), (0, 0)], [(0, 0), (1, 1), (0, 0), (1, 1), (0, 0)]]
)
def test_no_ring_of_two_points(points: list[tuple[int, int]]) -> None:
    """What goes to and fro between two points encloses nothing."""
    assert short_ring(points) == []


def test_polygons() -> None:
    """Shell first, then holes; what is smaller than a unit and what is no polygon is left out."""
    shell, hole = shapely.box(107, 21, 107.5, 21.5), shapely.box(107.1, 21.1, 107.2, 21.2)
    speck = shapely.box(106, 20, 106.000001, 20.000001)
    pierced = shapely.Polygon(shell.exterior, [speck.exterior, hole.exterior])
    other = shapely.box(108, 21, 108.1, 21.1)
    shapes = shapely.GeometryCollection([pierced, speck, shapely.Point(1, 1), other])
    found = short_polygons(shapes)
    assert found == short_polygons(shapely.GeometryCollection([shapely.Point(0, 0), shapes]))
    again = [shapely.Polygon(line_points(shell), [line_points(ring) for ring in holes]) for shell, *holes in found]
    assert [len(polygon.interiors) for polygon in again] == [1, 0]
    assert again[0].equals(shapely.Polygon(shell.exterior, [hole.exterior]))
    assert again[1].equals(other)
    assert short_polygons(shapely.Polygon()) == short_polygons(None) == []


def test_heights_are_left_out() -> None:
    """A third coordinate is not drawn."""
    flat = shapely.box(107, 21, 107.5, 21.5)
    assert short_polygons(shapely.force_3d(flat, 5.0)) == short_polygons(flat)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_no_place(bad: float) -> None:
    """What is no place is refused instead of becoming one."""
    with pytest.raises(ValueError, match="not finite"):
        short_line([(107.0, 21.0), (bad, 21.0)])


def test_real_communes_take_less_than_half(real_communes: gpd.GeoDataFrame) -> None:
    """The text in the page is less than half of pairs of decimals; the shapes are the same to a metre."""
    shapes: NDArray[np.object_] = shapely.simplify(np.asarray(real_communes.geometry.array, dtype=object), 1e-4)
    short = [short_polygons(shape) for shape in shapes.tolist()]
    long = [[shapely.get_coordinates(part).round(5).tolist() for part in shapely.get_parts(s)] for s in shapes]
    sizes = [len(json.dumps(each, separators=(",", ":"))) for each in (short, long)]
    assert sizes[0] < 0.5 * sizes[1]
    for polygons, shape in zip(short, shapes.tolist(), strict=True):
        points = np.concatenate([line_points(ring) for rings in polygons for ring in rings])
        tree = shapely.STRtree(shapely.points(shapely.get_coordinates(shape)))
        assert tree.query_nearest(shapely.points(points), max_distance=1e-5).shape[1] >= len(points)
