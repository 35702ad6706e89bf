"""Figures carried between editions: the table as it is to be read, and the truth within the bounds, always."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from made_up_communes import square
from numpy.typing import NDArray

from phusong.coverage.editions import Commune, Edition, load_edition
from phusong.coverage.errors import CoverageError
from phusong.coverage.input.boundaries import Boundaries, read_boundaries
from phusong.coverage.input.layers import Layer
from phusong.coverage.input.population import POINTS, RASTER, Grid, People
from phusong.coverage.measuring.crosswalk import (
    Carried,
    Estimate,
    Parts,
    carry,
    crosswalk_by_boundaries,
    crosswalk_by_table,
    read_shares,
    spread,
)
from phusong.coverage.measuring.indicators import About, measure_communes
from phusong.coverage.measuring.inhabitants import inhabitants_of
from phusong.coverage.measuring.unions import CoverageUnion, unite_layers
from phusong.coverage.merged import merge_layers
from phusong.coverage.projection import EQUAL_AREA, project_points
from phusong.coverage.summary import CommuneCoverage, CoverageSummary, Indicator, LayerSource, Source
from phusong.coverage.synthetic import write_synthetic_layers

SIDE_KM = 20


def boundaries_of(name: str, polygons: list[shapely.Geometry]) -> Boundaries:
    communes = {
        f"{n:05d}": Commune(f"{n:05d}", f"{name} {n}", "Xã", "", 21.0, 107.0, 1.0, 100 * n)
        for n in range(1, len(polygons) + 1)
    }
    shapes = np.array([*polygons, None], dtype=object)[:-1]
    return Boundaries(Edition(name, communes), name, "", False, shapes, ())


def summary_of(
    boundaries: Boundaries, unions: tuple[CoverageUnion, ...], people: People | None = None
) -> CoverageSummary:
    census = [commune.population for commune in boundaries.edition.communes.values()]
    inhabitants = inhabitants_of(people, census, boundaries.polygons)
    communes = measure_communes(boundaries, unions, About(inhabitants))
    sources = () if people is None else (people.source,)
    return CoverageSummary(
        boundaries.edition.name, boundaries.file, "", False, False, (), communes, (),
        population_method=inhabitants.method, sources=sources,
    )  # fmt: skip


def layer(shapes: list[shapely.Geometry], operator: str) -> Layer:
    source = LayerSource("made up", "", operator, "4G", -105.0, "")
    return Layer(source, np.array([*shapes, None], dtype=object)[:-1], synthetic=False, repairs=())


def within(estimate: Estimate | None, truth: float | None, slack: float) -> bool:
    if estimate is None or truth is None:
        return estimate is None or truth is None
    return estimate.low - slack <= truth <= estimate.high + slack


def known_by_measuring(summary: CoverageSummary, carried: Carried) -> list[tuple[Indicator, object]]:
    """Return what was measured in the new units beside what was carried there."""
    pairs = []
    for measured, estimated in zip(summary.communes, carried.communes, strict=True):
        assert measured.code == estimated.code
        by_key = {(i.technology, i.operator, i.min_dbm): i for i in measured.indicators}
        assert len(by_key) == len(estimated.indicators)
        if not estimated.sources:
            assert all(i.area_ratio is None and i.covered_km2.low == 0 for i in estimated.indicators)
            continue
        pairs += [(by_key[i.technology, i.operator, i.min_dbm], i) for i in estimated.indicators]
    return pairs


# --- the table ---------------------------------------------------------------------------------------------------


def test_the_table_goes_from_all_to_all() -> None:
    """Every commune of 2020 goes somewhere, every unit of 2025 comes from somewhere, and shares sum to 1."""
    shares = read_shares("2020-01", "2025-07")
    assert {share.source for share in shares} == set(load_edition("2020-01").communes)
    assert {share.target for share in shares} == set(load_edition("2025-07").communes)
    sums: dict[str, float] = {}
    for share in shares:
        sums[share.source] = sums.get(share.source, 0.0) + share.share
    assert list(sums.values()) == pytest.approx([1.0] * 177)
    assert all(share.share == 1.0 for share in shares if share.is_whole)


def test_two_of_the_fourteen_divided_are_whole() -> None:
    """Cẩm Hải and Đông Triều are called partial for what they were merged with in 2024: nothing went elsewhere."""
    shares = read_shares("2020-01", "2025-07")
    whole = {share.source: share.target for share in shares if share.is_whole}
    assert (whole["06802"], whole["07072"]) == ("06799", "07093")
    assert len({share.source for share in shares if not share.is_whole}) == 12


def test_a_reused_code_is_another_commune() -> None:
    """06922 is Thị trấn Quảng Hà before and Xã Quảng Hà after; Xã Quảng Long is divided between it and another."""
    shares = {(share.source, share.target): share.share for share in read_shares("2020-01", "2025-07")}
    assert shares["06946", "06922"] == pytest.approx(0.0201 / 0.9954)
    assert shares["06946", "06946"] == pytest.approx(0.9753 / 0.9954)


@pytest.mark.parametrize("editions", [("2025-07", "2020-01"), ("2020-01", "2020-01"), ("../x", "2025-07")])
def test_no_table(editions: tuple[str, str]) -> None:
    """There is one direction; the message says what else can be done."""
    with pytest.raises(CoverageError, match="give the boundaries of both editions"):
        read_shares(*editions)


def _table_summary(covered: dict[str, float]) -> CoverageSummary:
    """Return a run of 2020-01 in which every commune has 10 km2 and 1000 people; ``covered`` are shares."""
    communes = tuple(
        CommuneCoverage(
            code, commune.name, commune.district, 10.0, 1000.0,
            (Indicator("4G", "A", None, 10 * share, share, 1000 * share, share, None),
             Indicator("4G", "any", None, 10 * share, share, 1000 * share, share, None),
             Indicator("4G", "max", None, 10 * share, share, 1000 * share, share, None)),
        )
        for code, commune in load_edition("2020-01").communes.items()
        for share in [covered.get(code, 0.0)]
    )  # fmt: skip
    return CoverageSummary("2020-01", "f", "", False, False, (), communes, (), population_method="area")


def test_whole_communes_have_no_error() -> None:
    """Cao Xanh is made of two whole communes: one half covered makes a quarter, exactly."""
    summary = _table_summary({"06649": 0.5})
    carried = carry(summary, crosswalk_by_table(summary, load_edition("2025-07")))
    unit = next(commune for commune in carried.communes if commune.code == "06658")
    assert (unit.sources, unit.split_sources, unit.area_km2, unit.population) == (
        ("06649", "06658"),
        (),
        20.0,
        2000.0,
    )
    for indicator in unit.indicators:
        assert indicator.covered_km2 == Estimate(5.0, 5.0, 5.0)
        assert indicator.area_ratio == Estimate(0.25, 0.25, 0.25)
        assert indicator.population_covered == Estimate(500.0, 500.0, 500.0)
        assert indicator.population_ratio == Estimate(0.25, 0.25, 0.25)


def test_a_divided_commune_by_hand() -> None:
    """Đồng Lâm, half covered, goes to two units by 0.468 and 0.532, to 0.03; where people live is not known."""
    summary = _table_summary({"07042": 0.5})
    carried = carry(summary, crosswalk_by_table(summary, load_edition("2025-07")))
    unit = next(commune for commune in carried.communes if commune.code == "07030")
    share = 0.4631 / (0.4631 + 0.5256)
    covered = unit.indicators[0].covered_km2
    assert covered.value == pytest.approx(10 * share * 0.5, abs=1e-4)
    assert covered.low == 0.0
    assert covered.high == pytest.approx(10 * (share + 0.03), abs=1e-4)
    people = unit.indicators[0].population_covered
    assert people is not None
    assert (people.value, people.low, people.high) == (pytest.approx(500 * share, abs=0.1), 0.0, 500.0)
    assert unit.split_sources == ("07042",)


def test_nothing_is_lost_by_the_table() -> None:
    """The values of all new units sum to the covered land and people of all old ones."""
    summary = _table_summary({code: place % 7 / 7 for place, code in enumerate(load_edition("2020-01").communes)})
    carried = carry(summary, crosswalk_by_table(summary, load_edition("2025-07")))
    for name, get in (("covered_km2", "covered_km2"), ("population_covered", "population_covered")):
        values = [getattr(unit.indicators[1], name).value for unit in carried.communes]
        before = sum(getattr(commune.indicators[1], get) for commune in summary.communes)
        assert sum(values) == pytest.approx(before, abs=0.06 * 54)


# --- bounds ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "covered", "part", "value", "low", "high"),
    [
        (10.0, 5.0, 5.0, 2.5, 0.0, 5.0),
        (10.0, 8.0, 5.0, 4.0, 3.0, 5.0),
        (10.0, 2.0, 5.0, 1.0, 0.0, 2.0),
        (10.0, 10.0, 5.0, 5.0, 5.0, 5.0),
        (10.0, 0.0, 5.0, 0.0, 0.0, 0.0),
        (10.0, 7.0, 10.0, 7.0, 7.0, 7.0),
    ],
)
def test_bounds_by_hand(total: float, covered: float, part: float, value: float, low: float, high: float) -> None:
    """Between what cannot lie in the rest and what fits into the part."""
    amounts = np.array([part])
    parts = Parts(np.array([0]), np.array([0]), amounts, amounts, amounts, np.zeros(1))
    found = spread(np.array([total]), np.array([covered]), parts)
    assert found.covered[:, 0].tolist() == pytest.approx([value, low, high])
    assert found.ratio[:, 0].tolist() == pytest.approx([value / part, low / part, high / part])


def test_land_of_no_source() -> None:
    """Of 4 km2 that the older edition does not have nothing is known: they widen the bounds and not the share."""
    amounts = np.array([6.0])
    parts = Parts(np.array([0]), np.array([0]), amounts, amounts, amounts, np.array([4.0]))
    found = spread(np.array([6.0]), np.array([3.0]), parts)
    assert found.covered[:, 0].tolist() == pytest.approx([5.0, 3.0, 7.0])
    assert found.ratio[:, 0].tolist() == pytest.approx([0.5, 0.3, 0.7])


def test_nobody_lives_there() -> None:
    """Without people there is no share of them; with all of them covered it is certain wherever they live."""
    nobody = Parts(np.array([0]), np.array([0]), np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1))
    assert np.isnan(spread(np.zeros(1), np.zeros(1), nobody).ratio[0, 0])
    anywhere = Parts(np.array([0]), np.array([0]), np.array([4.0]), np.zeros(1), np.array([9.0]), np.zeros(1))
    assert spread(np.array([9.0]), np.array([9.0]), anywhere).ratio[:, 0].tolist() == [1.0, 1.0, 1.0]
    assert spread(np.array([9.0]), np.zeros(1), anywhere).ratio[:, 0].tolist() == [0.0, 0.0, 0.0]


cuts = st.lists(st.integers(1, SIDE_KM - 1), max_size=2, unique=True).map(sorted)
blots = st.lists(
    st.tuples(st.floats(-2, 21), st.floats(-2, 21), st.floats(0.5, 12), st.floats(0.5, 12)), min_size=1, max_size=4
)
people_at = st.lists(st.tuples(st.floats(-1, 21), st.floats(-1, 21), st.integers(1, 500)), min_size=1, max_size=25)


def _stripes(x_cuts: list[int], y_cuts: list[int], shift: float = 0.0) -> list[shapely.Geometry]:
    columns, rows = [0, *x_cuts, SIDE_KM], [0, *y_cuts, SIDE_KM]
    return [
        square(west + shift, south, east - west, north - south)
        for west, east in pairwise(columns)
        for south, north in pairwise(rows)
    ]


@settings(max_examples=100, deadline=None)
@given(cuts, cuts, cuts, cuts, st.floats(-3, 3), blots, blots, people_at)
@example([1], [], [], [], 1.0, [(0.0, 0.0, 1.0, 1.0)], [(0.0, 0.0, 1.0, 1.0)], [(1.0, 0.0, 40)]).via(
    "a settlement on the border of two old units"
)
def test_the_truth_lies_within_the_bounds(
    x_old: list[int], y_old: list[int], x_new: list[int], y_new: list[int], shift: float,
    first: list[tuple[float, ...]], second: list[tuple[float, ...]], living: list[tuple[float, float, int]],
) -> None:  # fmt: skip
    """Whatever the partitions, also when one edition has land that the other has not: every figure, people too."""
    old, new = boundaries_of("old", _stripes(x_old, y_old)), boundaries_of("new", _stripes(x_new, y_new, shift))
    unions = unite_layers(
        [layer([square(*each) for each in own], name) for name, own in (("A", first), ("B", second))]
    )
    people = _people(np.array(living, dtype=float))
    before, after = summary_of(old, unions, people), summary_of(new, unions, people)
    carried = carry(before, crosswalk_by_boundaries(before, old.polygons, new, people))
    for measured, estimated in known_by_measuring(after, carried):
        assert within(estimated.covered_km2, measured.covered_km2, 2e-3)
        assert within(estimated.area_ratio, measured.area_ratio, 1e-3)
        assert within(estimated.population_covered, measured.population_covered, 3.0)
        for estimate in (estimated.covered_km2, estimated.area_ratio, estimated.population_covered):
            assert estimate.low - 1e-4 <= estimate.value <= estimate.high + 1e-4


def _people(living: NDArray[np.float64]) -> People:
    corner = shapely.get_coordinates(square(0, 0, 1)).min(axis=0)
    points = shapely.points(corner + 1000 * living[:, :2])
    return People(POINTS, Source("population", "p.csv", "p", len(living)), points, living[:, 2])


def test_a_grid_of_people_is_counted_by_parts_of_cells() -> None:
    """A border through a cell gives each side the people of its part: a quarter and three."""
    west, south, east, north = square(0, 0, 20).bounds
    crs = pyproj.CRS(EQUAL_AREA)
    cells = np.zeros((20, 20))
    cells[19, 4], cells[19, 12] = 60.0, 40.0
    points = np.array([shapely.Point(west + 4500, south + 500), shapely.Point(west + 12500, south + 500)])
    people = People(
        RASTER, Source("population", "p.tif", "p", 2), points, np.array([60.0, 40.0]),
        Grid(cells, west, south, east, north, crs),
    )  # fmt: skip
    old = boundaries_of("old", [square(0, 0, 10, 20), square(10, 0, 10, 20)])
    new = boundaries_of("new", [square(0, 0, 4.25, 20), square(4.25, 0, 15.75, 20)])
    before = summary_of(old, unite_layers([layer([square(0, 0, 4, 20), square(10, 0, 10, 20)], "A")]), people)
    units = carry(before, crosswalk_by_boundaries(before, old.polygons, new, people)).communes
    assert [unit.population for unit in units] == [15.0, 85.0]
    covered = [unit.indicators[0].population_covered for unit in units]
    assert covered == [Estimate(0.0, 0.0, 0.0), Estimate(40.0, 40.0, 40.0)]


def test_the_best_operator_of_the_new_unit() -> None:
    """A covers one old unit and B the other: of their union each has half, and max says half, with bounds."""
    old = boundaries_of("old", [square(0, 0, 10), square(10, 0, 10)])
    new = boundaries_of("new", [square(0, 0, 20, 10)])
    unions = unite_layers([layer([square(0, 0, 10)], "A"), layer([square(10, 0, 10)], "B")])
    before = summary_of(old, unions)
    (unit,) = carry(before, crosswalk_by_boundaries(before, old.polygons, new)).communes
    ratios = {indicator.operator: indicator.area_ratio for indicator in unit.indicators}
    assert ratios["max"] == Estimate(0.5, 0.5, 0.5)
    assert ratios["any"] == Estimate(1.0, 1.0, 1.0)


def test_people_without_points_are_as_uncertain_as_can_be() -> None:
    """By land alone nobody knows in which half people live: all or none of them, wherever a unit is divided."""
    old = boundaries_of("old", [square(0, 0, 10)])
    new = boundaries_of("new", [square(0, 0, 5, 10), square(5, 0, 5, 10)])
    before = summary_of(old, unite_layers([layer([square(0, 0, 5, 10)], "A")]))
    crosswalk = crosswalk_by_boundaries(before, old.polygons, new)
    unit = carry(before, crosswalk).communes[0]
    assert crosswalk.people_by == "boundaries"
    assert unit.indicators[0].population_covered == Estimate(25.0, 0.0, 50.0)
    assert unit.indicators[0].population_ratio == Estimate(0.5, 0.0, 1.0)


def test_people_of_another_file_are_refused() -> None:
    """Shares of one count say nothing of another."""
    old = boundaries_of("old", [square(0, 0, 10)])
    people = _people(np.array([[1.0, 1.0, 10.0]]))
    before = summary_of(old, unite_layers([layer([square(0, 0, 5)], "A")]), people)
    other = replace(people, source=replace(people.source, sha256="other"))
    with pytest.raises(CoverageError, match=r"p\.csv: is not what the run counted people by"):
        crosswalk_by_boundaries(before, old.polygons, old, other)


# --- the province ------------------------------------------------------------------------------------------------


def test_on_the_real_boundaries(reference_data: Path, tmp_path: Path) -> None:
    """177 carried to 54 and measured there: within the bounds without exception, land and people, both ways."""
    editions = {
        name: read_boundaries(reference_data / file, load_edition(name))
        for name, file in (
            ("2020-01", "quangninh_communes_gadm41_177.geojson"),
            ("2025-07", "quangninh_units54_2025_simplified.geojson"),
        )
    }
    specs = [spec for spec in write_synthetic_layers(tmp_path) if spec.technology == "4G"]
    unions = merge_layers(specs, None, lambda _line: None).unions
    random = np.random.default_rng(3)
    centres = np.array([(c.lon, c.lat, c.population) for c in load_edition("2020-01").communes.values()])
    lived = np.repeat(centres, 20, axis=0)
    lived[:, :2] += random.normal(0, 0.02, (len(lived), 2))
    points = project_points(lived[:, 0], lived[:, 1])
    people = People(POINTS, Source("population", "p.csv", "p", len(lived)), points, lived[:, 2] / 20)
    measured = {name: summary_of(boundaries, unions, people) for name, boundaries in editions.items()}
    for source, target in (("2020-01", "2025-07"), ("2025-07", "2020-01")):
        crosswalk = crosswalk_by_boundaries(measured[source], editions[source].polygons, editions[target], people)
        pairs = known_by_measuring(measured[target], carry(measured[source], crosswalk))
        assert len(pairs) == len(editions[target].polygons) * 5
        for truth, estimate in pairs:
            assert within(estimate.area_ratio, truth.area_ratio, 1e-4)
            assert within(estimate.covered_km2, truth.covered_km2, 1e-2)
            assert within(estimate.population_covered, truth.population_covered, 1.0)
        errors = [abs(e.area_ratio.value - t.area_ratio) for t, e in pairs if e.operator == "any"]
        forth = source == "2020-01"
        assert np.median(errors) < (0.005 if forth else 0.06)
