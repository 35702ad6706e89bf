"""Every figure of communes.csv and of the larger units, against a slow count by another way, on dirty input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_communes import CLASSES, four_communes, square
from shapely.geometry.base import BaseGeometry
from slow_coverage import Figures, Key, SlowCell, SlowInput, SlowLayer, SlowPlace, add, slow_coverage

from phusong.coverage.editions import Edition
from phusong.coverage.input.boundaries import Boundaries
from phusong.coverage.input.layers import Layer
from phusong.coverage.input.population import Grid, People
from phusong.coverage.measuring.indicators import About, LocatedPlaces, measure_communes
from phusong.coverage.measuring.inhabitants import inhabitants_of
from phusong.coverage.measuring.levels import add_up
from phusong.coverage.measuring.unions import unite_layers
from phusong.coverage.projection import EQUAL_AREA, WGS84, project_points, reproject
from phusong.coverage.repairs import repair_polygons
from phusong.coverage.summary import CommuneCoverage, Indicator, LayerSource, Source, UnitCoverage, UnitIndicator

KM = st.floats(-3, 23)
ROUND_KM = st.integers(-1, 21).map(float)
"""On these, edges lie on edges of communes, of cells and of each other."""
SIZE = st.one_of(st.floats(0.0001, 9), st.integers(1, 12).map(float))
ANYWHERE = st.one_of(KM, ROUND_KM)
FAR_AWAY = square(900, 300, 5)


def _ring(points: Sequence[tuple[float, float]]) -> shapely.Polygon:
    west, south, *_ = square(0, 0, 1).bounds
    return shapely.Polygon([(west + 1000 * x, south + 1000 * y) for x, y in points])


def _spike(x: float, y: float, size: float) -> shapely.Polygon:
    corners = [(x, y), (x + size, y), (x + size, y + size), (x + 2 * size, y + 2 * size)]
    return _ring([*corners, (x + size, y + size), (x, y + size)])


def _holed(x: float, y: float, size: float, hole: float) -> shapely.Polygon:
    """Return a square with a hole, which may be a metre wide or as large as the square itself."""
    outer, inner = square(x, y, size), square(x + size * (1 - hole) / 2, y + size * (1 - hole) / 2, size * hole)
    return shapely.Polygon(outer.exterior, [inner.exterior])


POLYGONS = st.one_of(
    st.builds(square, ANYWHERE, ANYWHERE, SIZE, SIZE),
    st.builds(square, ANYWHERE, ANYWHERE, st.just(12.0), st.just(1e-5)),
    st.builds(_spike, ANYWHERE, ANYWHERE, SIZE),
    st.builds(_holed, ANYWHERE, ANYWHERE, SIZE, st.sampled_from([1e-4, 0.3, 0.9])),
    st.lists(st.tuples(KM, KM), min_size=3, max_size=9).map(_ring),
    st.lists(st.tuples(ROUND_KM, ROUND_KM), min_size=3, max_size=7).map(_ring),
    st.just(FAR_AWAY),
)
LAYERS = st.lists(
    st.tuples(
        st.sampled_from("ABC"),
        st.sampled_from(["3G", "4G"]),
        st.sampled_from([-95.0, -105.0, None]),
        st.lists(POLYGONS, min_size=1, max_size=5),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)
POINTS = st.lists(st.tuples(ANYWHERE, ANYWHERE), max_size=6)


def _points(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    west, south, *_ = square(0, 0, 1).bounds
    return [(west + 1000 * x, south + 1000 * y) for x, y in places]


def _array(shapes: Sequence[BaseGeometry]) -> np.ndarray:
    return np.array([*shapes, None], dtype=object)[:-1]


def _fast_layers(layers: Sequence[SlowLayer]) -> list[Layer]:
    return [
        Layer(
            LayerSource("x", "", layer.operator, layer.technology, layer.min_dbm, ""),
            repair_polygons("x", _array(layer.polygons)).polygons,
            synthetic=False,
            repairs=(),
        )
        for layer in layers
    ]


def _centres(edition: Edition) -> list[tuple[float, float]]:
    communes = edition.communes.values()
    points = project_points(np.array([c.lon for c in communes]), np.array([c.lat for c in communes]))
    return [(x, y) for x, y in shapely.get_coordinates(points).tolist()]


def _located(places: Sequence[SlowPlace]) -> list[LocatedPlaces]:
    return [
        LocatedPlaces(
            kind,
            _array([shapely.Point(place.point) for place in places if place.kind == kind]),
            np.array([place.commune for place in places if place.kind == kind], dtype=np.intp),
        )
        for kind in sorted({place.kind for place in places})
    ]


def _check(question: SlowInput, boundaries: Boundaries, people: People | None, slack: float) -> None:
    """Compare every figure; ``slack`` is the share of the people by which cells may differ."""
    slow, totals = slow_coverage(question)
    about = About(inhabitants_of(people, list(question.census), boundaries.polygons), _located(question.places),
                  CLASSES)  # fmt: skip
    fast = measure_communes(boundaries, unite_layers(_fast_layers(question.layers)), about)
    areas = [polygon.area / 1e6 for polygon in question.communes]
    for commune, figures, total, area in zip(fast, slow, totals, areas, strict=True):
        assert commune.area_km2 == pytest.approx(area, abs=6e-5)
        assert commune.population == pytest.approx(total, abs=0.06 + slack * sum(totals))
        _check_indicators(commune, figures, total, area, 1, slack * sum(totals))
    for unit in add_up(fast):
        members = [n for n, commune in enumerate(fast) if _belongs(commune, unit)]
        _check_indicators(
            unit, add([slow[n] for n in members]), sum(totals[n] for n in members),
            sum(areas[n] for n in members), len(members), slack * sum(totals),
        )  # fmt: skip


def _belongs(commune: CommuneCoverage, unit: UnitCoverage) -> bool:
    if unit.level == "province":
        return True
    return commune.district == unit.name if unit.level == "district" else unit.name in commune.classes


def _check_indicators(
    found: CommuneCoverage | UnitCoverage, wanted: dict[Key, Figures], total: float, area: float, parts: int,
    people_slack: float,
) -> None:  # fmt: skip
    indicators: dict[Key, Any] = {(i.technology, i.operator, i.min_dbm): i for i in found.indicators}
    assert set(indicators) == set(wanted)
    assert len(indicators) == len(found.indicators)
    for key, figures in wanted.items():
        indicator: Indicator | UnitIndicator = indicators[key]
        assert indicator.covered_km2 == pytest.approx(figures.area / 1e6, abs=6e-5 * parts), key
        assert indicator.area_ratio == pytest.approx(figures.area / 1e6 / area, abs=2e-6 * parts), key
        off = 0.06 * parts + people_slack + figures.unsure_people
        assert indicator.population_covered == pytest.approx(figures.people, abs=off), key
        if total > 1:
            assert indicator.population_ratio == pytest.approx(figures.people / total, abs=2e-6 + 2 * off / total)
        centres = indicator.centres_covered if isinstance(indicator, UnitIndicator) else indicator.centre_covered
        assert abs(int(centres or 0) - figures.centres) <= figures.unsure_centres, key
        counted = {count.kind: count.number for count in indicator.places_covered}
        assert set(counted) == set(figures.places)
        for kind, count in figures.places.items():
            assert abs(counted[kind] - count) <= figures.unsure_places[kind], (key, kind)


def _slow_layers(drawn: Sequence[tuple[str, str, float | None, list[shapely.Polygon], bool]]) -> list[SlowLayer]:
    """Return layers, some with a polygon twice."""
    return [
        SlowLayer(operator, technology, level, [*polygons, polygons[0]] if twice else polygons)
        for operator, technology, level, polygons, twice in drawn
    ]


ISLAND = square(-2.5, 3, 1.5)
BOUNDARIES = four_communes(ISLAND)
CENSUS = [commune.population for commune in BOUNDARIES.edition.communes.values()]


@settings(max_examples=60, deadline=None)
@given(layers=LAYERS, schools=POINTS, sites=POINTS, rows=st.lists(st.integers(-1, 3), min_size=12, max_size=12))
def test_land_places_and_people_by_area(layers, schools, sites, rows) -> None:
    """Land, centres, places, and people spread over the land."""
    places = [
        SlowPlace(kind, point, row)
        for (kind, point), row in zip(
            [*(("school", p) for p in _points(schools)), *(("site", p) for p in _points(sites))],
            rows,
            strict=False,
        )
    ]
    question = SlowInput(
        list(BOUNDARIES.polygons), _centres(BOUNDARIES.edition), _slow_layers(layers), CENSUS, places=places
    )
    _check(question, BOUNDARIES, None, 0.0)


@settings(max_examples=40, deadline=None)
@given(
    layers=LAYERS,
    settlements=st.lists(st.tuples(ANYWHERE, ANYWHERE, st.floats(0.5, 5000)), min_size=1, max_size=12),
)
def test_people_in_settlements(layers, settlements) -> None:
    """Settlements, on edges between communes too: each whole, in one commune, in or out."""
    points = _points([(x, y) for x, y, _ in settlements])
    weights = [people for *_, people in settlements]
    question = SlowInput(
        list(BOUNDARIES.polygons), _centres(BOUNDARIES.edition), _slow_layers(layers), CENSUS,
        settlements=list(zip(points, weights, strict=True)),
    )  # fmt: skip
    people = People("points", Source("population", "x", "", 0), shapely.points(points), np.array(weights))
    _check(question, BOUNDARIES, people, 0.0)


@settings(max_examples=30, deadline=None)
@given(
    layers=LAYERS,
    values=st.lists(st.one_of(st.just(0.0), st.floats(0, 3000)), min_size=80, max_size=80),
    offset=st.floats(0, 0.02),
)
def test_people_in_cells(layers, values, offset) -> None:
    """A grid in degrees, not aligned with anything: each cell by the part of it that is covered."""
    rows, columns, side = 8, 10, 0.025
    west, _, _, north = reproject(_array([square(0, 0, 20)]), EQUAL_AREA, WGS84)[0].bounds
    west, north = west - offset, north + offset
    array = np.array(values).reshape(rows, columns)
    grid = Grid(array, west, north - rows * side, west + columns * side, north, pyproj.CRS(WGS84))
    corners = [
        (west + column * side, north - (row + 1) * side, west + (column + 1) * side, north - row * side)
        for row in range(rows)
        for column in range(columns)
    ]
    # A cell between meridians and parallels is a rectangle in this cylindrical projection too.
    boxes = reproject(_array([shapely.box(*corner) for corner in corners]), WGS84, EQUAL_AREA)
    cells = [SlowCell(box, people) for box, people in zip(boxes, values, strict=True)]
    question = SlowInput(
        list(BOUNDARIES.polygons), _centres(BOUNDARIES.edition), _slow_layers(layers), CENSUS, cells=cells
    )
    people = People("raster", Source("population", "x", "", 0), _array([]), array.ravel(), grid)
    # Half of such a cell's height is half of its area but for 3e-5.
    _check(question, BOUNDARIES, people, math.radians(side) / 8)


def test_all_communes_of_the_schematic_edition(schematic: Boundaries) -> None:
    """One dirty set of blobs over the whole province, islands and all, in three classes of two operators."""
    random = np.random.default_rng(11)
    bounds = shapely.total_bounds(schematic.polygons)
    angles = np.linspace(0, 2 * math.pi, 24, endpoint=False)
    layers = []
    for operator, level in (("A", -95.0), ("A", -105.0), ("B", -105.0), ("B", None)):
        blobs = []
        for number in range(60):
            reach = random.uniform(1_000, 9_000) * random.uniform(0.5, 1.5, 24)
            ring = (
                random.uniform(bounds[:2], bounds[2:])
                + np.column_stack([np.cos(angles), np.sin(angles)]) * (reach[:, None])
            )
            if number % 5 == 0:
                ring[[3, 11]] = ring[[11, 3]]
            blobs.append(shapely.Polygon(ring))
        layers.append(SlowLayer(operator, "4G", level, [*blobs, *blobs[:4]]))
    census = [commune.population for commune in schematic.edition.communes.values()]
    question = SlowInput(list(schematic.polygons), _centres(schematic.edition), layers, census)
    _check(question, schematic, None, 0.0)
