"""Fallback: which operators cover a site, how well, and how far the next coverage is."""

from __future__ import annotations

import pyproj
import pytest
import shapely

from phusong.coverage.input.places import Place
from phusong.coverage.measuring.fallback import cover_sites
from phusong.coverage.measuring.unions import unite_layers

INSIDE = Place("in", 21.05, 107.05)
OUTSIDE = Place("out", 21.5, 107.8)
SQUARE = shapely.box(107.0, 21.0, 107.1, 21.1)
AWAY = shapely.box(107.4, 21.0, 107.5, 21.1)


def test_operators_of_each_site(make_layer) -> None:
    """Every site has one row per technology that has layers, also when nobody covers it."""
    layers = [
        make_layer([SQUARE], "B"),
        make_layer([SQUARE], "A"),
        make_layer([AWAY], "C"),
        make_layer([AWAY], "A", "2G"),
    ]
    assert [
        (s.site_id, s.technology, s.operators) for s in cover_sites([INSIDE, OUTSIDE], unite_layers(layers))
    ] == [
        ("in", "2G", ()),
        ("in", "4G", ("A", "B")),
        ("out", "2G", ()),
        ("out", "4G", ()),
    ]


def test_best_class_of_each_operator(make_layer) -> None:
    """Each operator that reaches the site is named with the strongest class that does."""
    inner = shapely.box(107.04, 21.04, 107.06, 21.06)
    layers = [
        make_layer([SQUARE], "A", min_dbm=-105.0),
        make_layer([inner], "A", min_dbm=-95.0),
        make_layer([AWAY], "A", min_dbm=-85.0),
        make_layer([SQUARE], "B", min_dbm=-105.0),
        make_layer([SQUARE], "C", min_dbm=None),
    ]
    (site,) = cover_sites([INSIDE], unite_layers(layers))
    assert dict(zip(site.operators, site.best_dbm, strict=True)) == {"A": -95.0, "B": -105.0, "C": None}
    edge = Place("edge", 21.09, 107.09)
    (site,) = cover_sites([edge], unite_layers(layers))
    assert dict(zip(site.operators, site.best_dbm, strict=True))["A"] == -105.0


def test_way_to_the_next_coverage(make_layer) -> None:
    """The way is that over the ground, within a thousandth, to the nearest operator; inside it is 0."""
    unions = unite_layers([make_layer([SQUARE], "A"), make_layer([AWAY], "B")])
    west = Place("west", 21.05, 106.9)
    inside, outside = cover_sites([INSIDE, west], unions)
    assert inside.distance_m == 0.0
    _, _, ground_m = pyproj.Geod(ellps="WGS84").inv(106.9, 21.05, 107.0, 21.05)
    assert outside.distance_m == pytest.approx(ground_m, rel=1e-3)


@pytest.mark.parametrize(
    ("classes", "needed", "operators"),
    [
        ([-95.0], -105.0, ("A",)),
        ([-105.0], -105.0, ("A",)),
        ([-115.0], -105.0, None),
        ([-115.0], None, ("A",)),
        ([None], -105.0, ("A",)),
        ([None, -95.0], -105.0, ("A",)),
    ],
)
def test_weak_coverage_does_not_count(
    classes: list[float | None], needed: float | None, operators: tuple[str, ...] | None, make_layer
) -> None:
    """Coverage weaker than needed is no fallback; a claim without a level counts when there is no better one."""
    unions = unite_layers([make_layer([SQUARE], min_dbm=level) for level in classes])
    found = cover_sites([INSIDE], unions, needed)
    assert [site.operators for site in found] == ([] if operators is None else [operators])


def test_claim_without_a_level_adds_nothing_to_a_known_level(make_layer) -> None:
    """An operator with a -95 dBm layer is believed for that one only, not for its layer without a level."""
    unions = unite_layers([make_layer([SQUARE], min_dbm=None), make_layer([AWAY], min_dbm=-95.0)])
    assert [site.operators for site in cover_sites([INSIDE], unions, -105.0)] == [()]
