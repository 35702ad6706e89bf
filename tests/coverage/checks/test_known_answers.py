"""Figures that anybody can work out by hand: squares, discs, holes, overlaps, islands, classes, edges."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from made_up_communes import four_communes, layer, square

from phusong.coverage.input.boundaries import Boundaries
from phusong.coverage.input.layers import LayerSpec
from phusong.coverage.input.places import communes_of, read_places
from phusong.coverage.measuring.indicators import About, LocatedPlaces, measure_communes
from phusong.coverage.measuring.levels import add_up
from phusong.coverage.measuring.unions import unite_layers
from phusong.coverage.merged import merge_layers
from phusong.coverage.projection import EQUAL_AREA, WGS84, project_points, reproject
from phusong.coverage.summary import Indicator, PlaceCount, UnitIndicator

COMMUNES = four_communes()
DISC_QUAD_SEGS = 2_000
"""The polygon of so many corners lacks a ten-millionth of the disc's area."""


def _disc(x: float, y: float, radius_km: float) -> shapely.Polygon:
    return shapely.centroid(square(x - 0.5, y - 0.5, 1)).buffer(1000 * radius_km, quad_segs=DISC_QUAD_SEGS)


def _covered(*layers, boundaries: Boundaries = COMMUNES, operator: str = "any", level: float | None = -105.0):
    """Return the covered square kilometres of the four communes."""
    return [
        next(i.covered_km2 for i in commune.indicators if (i.operator, i.min_dbm) == (operator, level))
        for commune in measure_communes(boundaries, unite_layers(layers))
    ]


@pytest.mark.parametrize(
    ("shapes", "answer"),
    [
        pytest.param([square(2, 2, 3)], [9, 0, 0, 0], id="a square"),
        pytest.param([square(0, 0, 10)], [100, 0, 0, 0], id="exactly a commune; its neighbours have none of it"),
        pytest.param([square(-5, -5, 30)], [100, 100, 100, 100], id="everything"),
        pytest.param([square(5, 5, 10)], [25, 25, 25, 25], id="over four communes"),
        pytest.param([square(9, 2, 4, 5)], [5, 15, 0, 0], id="over two communes"),
        pytest.param([square(1, 1, 4), square(3, 1, 4), square(3, 1, 4)], [24, 0, 0, 0], id="overlaps count once"),
        pytest.param(
            [square(1, 1, 4), square(1, 1, 4), square(2, 2, 1)], [16, 0, 0, 0], id="one inside the other"
        ),
        pytest.param([square(1, 1, 4), square(5, 1, 4)], [32, 0, 0, 0], id="side by side"),
        pytest.param([square(1, 1, 1), square(2, 2, 1)], [2, 0, 0, 0], id="touching in a corner"),
        pytest.param([square(1, 1, 6).difference(square(2, 2, 3))], [27, 0, 0, 0], id="a hole"),
        pytest.param(
            [square(1, 1, 6).difference(square(2, 2, 3)), square(3, 3, 1)], [28, 0, 0, 0], id="in a hole"
        ),
        pytest.param([square(1, 1, 6).difference(square(2, 2, 3)), square(2, 2, 3)], [36, 0, 0, 0], id="filled"),
        pytest.param([square(-5, -5, 30).difference(square(2, 2, 16))], [36, 36, 36, 36], id="a hole over four"),
        pytest.param([square(0, 4.9995, 20, 0.001)], [0.01, 0.01, 0, 0], id="a metre wide over two communes"),
        pytest.param([square(0, 5, 20, 1e-6)], [0, 0, 0, 0], id="a millimetre wide: less than is printed"),
        pytest.param([square(-1, 2, 1, 5)], [0, 0, 0, 0], id="touching from outside"),
        pytest.param([square(200, 200, 5)], [0, 0, 0, 0], id="far away"),
        pytest.param([square(2, 2, 1), square(200, 200, 5)], [1, 0, 0, 0], id="one here, one far away"),
        pytest.param(
            [shapely.union_all([square(2, 2, 1), square(12, 2, 2), square(2, 12, 3)])],
            [1, 4, 9, 0],
            id="multipart",
        ),
    ],
)
def test_land(shapes, answer) -> None:
    """Square kilometres in each of four communes of 100 km2, whoever it is asked of."""
    for operator in ("A", "any", "max"):
        assert _covered(layer(*shapes), operator=operator) == answer


def test_discs() -> None:
    """A disc is pi r2; in the corner of four communes each has a quarter, and two that touch have both."""
    assert _covered(layer(_disc(5, 5, 4))) == pytest.approx([16 * math.pi, 0, 0, 0], abs=2e-4)
    assert _covered(layer(_disc(10, 10, 8))) == pytest.approx([16 * math.pi] * 4, abs=2e-4)
    ring = _disc(5, 5, 4).difference(_disc(5, 5, 3))
    assert _covered(layer(ring)) == pytest.approx([7 * math.pi, 0, 0, 0], abs=2e-4)


def test_a_lens() -> None:
    """Two discs of 4 km, 4 km apart: both together without their common lens."""
    lens = 2 * 16 * math.acos(0.5) - 0.5 * 4 * math.sqrt(4 * 16 - 16)
    discs = layer(_disc(8, 10, 4), _disc(12, 10, 4))
    assert sum(_covered(discs)) == pytest.approx(32 * math.pi - lens, abs=4e-4)


def test_many_slivers_make_a_whole() -> None:
    """A thousand strips that overlap by a metre each cover the commune exactly once."""
    strips = [square(0.01 * number, 0, 0.011, 10) for number in range(1000)]
    assert _covered(layer(*strips))[:2] == [100, 0.01]


def test_islands() -> None:
    """An island far from the rest of its commune counts for it: land, cover, and nobody else has it."""
    boundaries = four_communes(square(40, 3, 5), square(50, 3, 5))
    (first, *_) = measure_communes(boundaries, unite_layers([layer(square(39, 2, 8))]))
    assert (first.area_km2, first.indicators[0].covered_km2, first.indicators[0].area_ratio) == (
        150, 25, round(1 / 6, 6),
    )  # fmt: skip
    assert _covered(layer(square(0, 0, 10), square(40, 3, 5)), boundaries=boundaries) == [125, 0, 0, 0]
    everything = layer(square(-1, -1, 12), square(39, 2, 8), square(49, 2, 8))
    (first, *_) = measure_communes(boundaries, unite_layers([everything]))
    assert {i.area_ratio for i in first.indicators} == {1.0}


def test_classes_within_classes() -> None:
    """Strong in 1 km2, good in 9, weak in 36, as claimed in 81: each class holds the stronger ones."""
    drawn = {-85.0: square(4, 4, 1), -95.0: square(3, 3, 3), -105.0: square(2, 2, 6), None: square(1, 1, 9)}
    nested = [layer(shape, min_dbm=level) for level, shape in drawn.items()]
    rings = [
        layer(shape if stronger is None else shape.difference(stronger), min_dbm=level)
        for (level, shape), stronger in zip(drawn.items(), (None, *list(drawn.values())[:-1]), strict=True)
    ]
    for layers in (nested, rings, nested[::-1]):
        for operator in ("A", "any", "max"):
            found = [_covered(*layers, operator=operator, level=level)[0] for level in drawn]
            assert found == [1, 9, 36, 81]


def test_operators() -> None:
    """Of three operators, any has what at least one has; max the largest, figure by figure."""
    layers = [
        layer(square(0, 0, 10, 6), operator="A"),
        layer(square(0, 4, 10, 6), operator="B"),
        layer(square(4.5, 4.5, 1), operator="C"),
    ]
    (first, *_) = measure_communes(COMMUNES, unite_layers(layers))
    land = {i.operator: i.covered_km2 for i in first.indicators}
    assert land == {"A": 60, "B": 60, "C": 1, "any": 100, "max": 60}
    assert {i.operator: i.population_covered for i in first.indicators}["any"] == 1000
    assert all(i.centre_covered for i in first.indicators)


def test_a_technology_is_only_itself() -> None:
    """4G here and 5G there: no row of one has anything of the other."""
    layers = [layer(square(0, 0, 10)), layer(square(10, 0, 10), technology="5G")]
    communes = measure_communes(COMMUNES, unite_layers(layers))
    found = [{(i.technology, i.operator): i.area_ratio for i in commune.indicators} for commune in communes[:2]]
    assert found[0] == {
        (technology, operator): ratio
        for technology, ratio in (("4G", 1), ("5G", 0))
        for operator in ("A", "any", "max")
    }
    assert found[1]["4G", "any"] == 0
    assert found[1]["5G", "any"] == 1


def test_a_centre_on_the_edge_is_covered() -> None:
    """Coverage that ends exactly at the centre reaches it; a millimetre short of it does not."""
    first = next(iter(COMMUNES.edition.communes.values()))
    (point,) = project_points(np.array([first.lon]), np.array([first.lat]))

    def centre(reach_m: float) -> bool | None:
        shape = shapely.box(point.x - 1000, point.y - 1000, point.x + reach_m, point.y + 1000)
        return measure_communes(COMMUNES, unite_layers([layer(shape)]))[0].indicators[0].centre_covered

    assert (centre(0.0), centre(-0.001)) == (True, False)


def test_a_district_has_its_own_best_operator() -> None:
    """The best operator of each commune is another one; the district's best is one of them, not their sum."""
    layers = [
        layer(square(0, 0, 9, 10), square(10, 0, 2, 10), operator="A"),
        layer(square(0, 0, 1, 10), square(10, 0, 8, 10), operator="B"),
    ]
    communes = measure_communes(COMMUNES, unite_layers(layers))
    assert _covered(*layers, operator="max")[:2] == [90, 80]
    units = {unit.name: _operators(unit.indicators) for unit in add_up(communes) if unit.level == "district"}
    assert {name: row.covered_km2 for name, row in units["A"].items()} == {
        "A": 110, "B": 90, "any": 90 + 80, "max": 110,
    }  # fmt: skip
    # By people commune 2 counts double, so that here B is the best.
    assert {name: row.population_covered for name, row in units["A"].items()} == {
        "A": 900 + 400, "B": 100 + 1600, "any": 900 + 1600, "max": 1700,
    }  # fmt: skip
    assert units["A"]["max"].population_ratio == round(1700 / 3000, 6)


def test_from_files(write_vectors, tmp_path: Path) -> None:
    """The same from files, in degrees and in metres, with a bow-tie, a double and a sliver without area."""
    shapes = [square(1, 1, 4), square(1, 1, 4), square(3, 3, 4)]
    west, south, *_ = square(6, 1, 1).bounds
    bow_tie = shapely.Polygon([(west + x, south + y) for x, y in ((0, 0), (2000, 2000), (2000, 0), (0, 2000))])
    flat = shapely.Polygon([(west, south), (west + 10, south), (west, south)])
    metres = write_vectors("a.gpkg", [*shapes, bow_tie, flat], crs=EQUAL_AREA)
    degrees = write_vectors("b.geojson", list(reproject(np.array(shapes, dtype=object), EQUAL_AREA, WGS84)))
    specs = (LayerSpec(metres, "A", "4G", -105.0, ""), LayerSpec(degrees, "B", "4G", -105.0, ""))
    unions = merge_layers(specs, None, [].append).unions
    found = _operators(measure_communes(COMMUNES, unions)[0].indicators)
    # Both wings of the bow-tie: two triangles of 1 km2.
    assert found["A"].covered_km2 == pytest.approx(16 + 16 - 4 + 2, abs=1e-4)
    assert found["B"].covered_km2 == pytest.approx(16 + 16 - 4, abs=1e-4)


def test_places_on_edges_and_elsewhere(tmp_path: Path) -> None:
    """A place counts once and where its row says; one in no commune is not counted, one on an edge is once."""
    where = {
        "inside": (2, 2, ""),
        "edge": (10, 5, ""),
        "corner": (10, 10, ""),
        "elsewhere": (15, 15, "00001"),
        "excel": (3, 3, "1"),
        "at sea": (15, -0.2, ""),
        "far at sea": (15, -0.6, ""),
    }
    points = {
        name: reproject(np.array([shapely.centroid(square(x - 1, y - 1, 2))], dtype=object), EQUAL_AREA, WGS84)[0]
        for name, (x, y, _) in where.items()
    }
    path = tmp_path / "schools.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["school_id", "lat", "lon", "commune_code"])
        writer.writerows([name, points[name].y, points[name].x, code] for name, (*_, code) in where.items())
    places = read_places(path, "school")
    rows, odd = communes_of(places, COMMUNES)
    commune_of = dict(zip(where, rows.tolist(), strict=True))
    assert {name: commune_of[name] for name in ("inside", "elsewhere", "excel", "at sea", "far at sea")} == {
        "inside": 0, "elsewhere": 0, "excel": 0, "at sea": 1, "far at sea": -1,
    }  # fmt: skip
    assert commune_of["edge"] in (0, 1)
    assert commune_of["corner"] in (0, 1, 2, 3)
    assert {repair.feature: repair.what for repair in odd} == {
        "elsewhere": "school lies 7.1 km outside its commune, counted there",
        "far at sea": "school lies in no commune, not counted",
    }
    # The edge and the corner are covered, whichever commune has them; so is what lies elsewhere but counts in 1.
    shapes = layer(square(14, 14, 2), square(9, 4, 2, 7))
    located = LocatedPlaces("school", places.points, rows)
    communes = measure_communes(COMMUNES, unite_layers([shapes]), About(places=[located]))
    (province,) = [unit for unit in add_up(communes) if unit.level == "province"]
    assert province.places == (PlaceCount("school", 6),)
    assert _operators(province.indicators)["A"].places_covered == (PlaceCount("school", 3),)
    expected = 1 + (commune_of["edge"] == 0) + (commune_of["corner"] == 0)
    assert communes[0].indicators[0].places_covered == (PlaceCount("school", expected),)


def test_nothing_at_all() -> None:
    """Without layers there are no rows; with a layer that has nothing left, rows of zero."""
    assert measure_communes(COMMUNES, ())[0].indicators == ()
    assert _covered(layer()) == [0, 0, 0, 0]


def _operators(indicators) -> dict[str, Indicator | UnitIndicator]:
    return {indicator.operator: indicator for indicator in indicators}
