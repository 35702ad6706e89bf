"""Merging layers: overlaps once, classes that contain each other, nothing implied."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phusong.coverage.measuring.unions import CoverageUnion, unite, unite_layers
from phusong.coverage.measuring.workers import Threads

WEST = shapely.box(107.0, 21.0, 107.2, 21.1)
EAST = shapely.box(107.1, 21.0, 107.3, 21.1)
FAR = shapely.box(107.5, 21.0, 107.6, 21.1)
BOXES = st.lists(
    st.tuples(st.floats(106.8, 107.6), st.floats(20.9, 21.3), st.floats(0.01, 0.3), st.floats(0.01, 0.3)),
    min_size=1,
    max_size=8,
)


def _tenths(unions: tuple[CoverageUnion, ...]) -> dict[tuple[str, str, float | None], float]:
    """Return areas in boxes of a tenth of a degree."""
    return {(u.technology, u.operator, u.min_dbm): round(u.shape.area / 115.0752196e6, 3) for u in unions}


def test_overlap_counts_once(make_layer) -> None:
    """Two operators that overlap: each has its own area, together they have the union."""
    unions = unite_layers([make_layer([WEST], "A"), make_layer([EAST], "B")])
    assert _tenths(unions) == {("4G", "A", -105): 2, ("4G", "B", -105): 2, ("4G", "any", -105): 3}


def test_weaker_classes_contain_stronger_ones(make_layer) -> None:
    """What is covered at -95 dBm is covered at -105 dBm, and at a class without a level."""
    unions = unite_layers(
        [make_layer([WEST], min_dbm=-95.0), make_layer([FAR], min_dbm=-105.0), make_layer([EAST], min_dbm=None)]
    )
    own = {key: area for key, area in _tenths(unions).items() if key[1] == "A"}
    assert own == {("4G", "A", -95): 2, ("4G", "A", -105): 3, ("4G", "A", None): 4}
    assert list(own) == [("4G", "A", -95), ("4G", "A", -105), ("4G", "A", None)]


def test_any_knows_only_what_is_said(make_layer) -> None:
    """Known at -115 dBm only adds nothing at -105 dBm; known at -105 dBm counts at -115 dBm."""
    unions = unite_layers([make_layer([WEST], "A", min_dbm=-105.0), make_layer([FAR], "B", min_dbm=-115.0)])
    assert _tenths(unions) == {
        ("4G", "A", -105): 2, ("4G", "B", -115): 1, ("4G", "any", -105): 2, ("4G", "any", -115): 3,
    }  # fmt: skip


def test_5g_implies_no_4g(make_layer) -> None:
    """A 5G layer makes 5G rows and nothing else."""
    unions = unite_layers([make_layer([WEST], technology="5G")])
    assert {union.technology for union in unions} == {"5G"}


def test_layers_without_polygons_do_not_disturb(make_layer) -> None:
    """An operator without any polygon has an empty union."""
    assert _tenths(unite_layers([make_layer([])])) == {("4G", "A", -105): 0, ("4G", "any", -105): 0}


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=BOXES, second=BOXES)
def test_union_is_between_its_largest_part_and_the_sum(first, second, make_layer) -> None:
    """A union is never larger than the sum of its parts and never smaller than any of them."""
    layers = [
        make_layer([shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes], operator)
        for operator, boxes in (("A", first), ("B", second))
    ]
    areas = {union.operator: union.shape.area for union in unite_layers(layers)}
    parts = {layer.source.operator: shapely.area(layer.polygons) for layer in layers}
    slack = 1 + 1e-9
    for operator in ("A", "B"):
        assert parts[operator].max() <= areas[operator] * slack
        assert areas[operator] <= parts[operator].sum() * slack
    assert max(areas["A"], areas["B"]) <= areas["any"] * slack
    assert areas["any"] <= (areas["A"] + areas["B"]) * slack


def test_parallel_merge_is_the_plain_merge() -> None:
    """Many polygons, merged in parallel, give what one plain union gives, and the same bytes each time."""
    random = np.random.default_rng(1)
    points = shapely.points(random.uniform(0, 40_000, (900, 2)))
    polygons = shapely.buffer(points, random.uniform(200, 1_500, 900))
    merged = unite(polygons, Threads(1))
    assert merged.area == pytest.approx(shapely.union_all(polygons).area, rel=1e-9)
    assert shapely.to_wkb(unite(polygons, Threads(4))) == shapely.to_wkb(merged)
