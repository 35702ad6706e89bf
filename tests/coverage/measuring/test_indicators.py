"""Indicators: shares of land and covered centres, per operator, of any and of the best one."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.coverage.input.boundaries import Boundaries
from phusong.coverage.measuring.indicators import measure_communes
from phusong.coverage.measuring.unions import unite_layers
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject
from phusong.coverage.summary import CommuneCoverage, Indicator

EVERYWHERE = shapely.box(106.0, 20.0, 109.0, 22.0)
NOWHERE = shapely.box(108.3, 20.5, 108.4, 20.6)
ROUNDING = 2e-6
"""Ratios have six decimals, and a sum of two adds their errors."""
BOXES = st.lists(
    st.tuples(st.floats(106.4, 107.9), st.floats(20.7, 21.6), st.floats(0.005, 0.5), st.floats(0.005, 0.5)),
    min_size=1,
    max_size=6,
)


def _by_operator(commune: CommuneCoverage) -> dict[tuple[str, float | None], Indicator]:
    return {(indicator.operator, indicator.min_dbm): indicator for indicator in commune.indicators}


@pytest.mark.parametrize(("shape", "ratio", "centre"), [(EVERYWHERE, 1.0, True), (NOWHERE, 0.0, False)])
def test_all_or_nothing(shape, ratio: float, centre: bool, schematic: Boundaries, make_layer) -> None:
    """Where everything is covered every ratio is exactly 1, where nothing is it is 0, in all 177 communes."""
    measured = measure_communes(schematic, unite_layers([make_layer([shape])]))
    assert len(measured) == 177
    for commune in measured:
        for operator in ("A", "any", "max"):
            indicator = _by_operator(commune)[operator, -105.0]
            assert (indicator.area_ratio, indicator.centre_covered) == (ratio, centre)
            assert indicator.covered_km2 == pytest.approx(ratio * commune.area_km2, abs=1e-4)


def test_two_halves_make_a_whole(schematic: Boundaries, make_layer) -> None:
    """Two operators with half a commune each: any has it all, max has the larger half."""
    polygon = reproject(schematic.polygons[:1], EQUAL_AREA, WGS84)[0]
    west, south, east, north = polygon.bounds
    middle = west + 0.4 * (east - west)
    halves = (
        shapely.box(west - 1, south - 1, middle, north + 1),
        shapely.box(middle, south - 1, east + 1, north + 1),
    )
    unions = unite_layers([make_layer([halves[0]], "A"), make_layer([halves[1]], "B")])
    rows = _by_operator(measure_communes(schematic, unions)[0])
    a, b = rows["A", -105.0].area_ratio, rows["B", -105.0].area_ratio
    assert 0 < a < b < 1
    assert a + b == pytest.approx(1, abs=2e-6)
    assert rows["any", -105.0].area_ratio == 1.0
    assert rows["max", -105.0].area_ratio == b


def test_best_single_operator_at_each_class(schematic: Boundaries, make_layer) -> None:
    """An operator known at a strong class counts for the best one at weaker classes too, never the other way."""
    layers = [make_layer([EVERYWHERE], "A", min_dbm=-95.0), make_layer([NOWHERE], "B", min_dbm=-115.0)]
    rows = _by_operator(measure_communes(schematic, unite_layers(layers))[0])
    assert {key: row.area_ratio for key, row in rows.items()} == {
        ("A", -95.0): 1.0, ("B", -115.0): 0.0, ("any", -95.0): 1.0, ("any", -115.0): 1.0,
        ("max", -95.0): 1.0, ("max", -115.0): 1.0,
    }  # fmt: skip
    layers = [make_layer([EVERYWHERE], "A", min_dbm=-115.0), make_layer([NOWHERE], "B", min_dbm=-95.0)]
    rows = _by_operator(measure_communes(schematic, unite_layers(layers))[0])
    assert rows["max", -95.0].area_ratio == rows["any", -95.0].area_ratio == 0.0


def test_centre_and_area_are_two_facts(schematic: Boundaries, make_layer) -> None:
    """A small disc on a centre covers the centre and next to nothing of the land."""
    commune = next(iter(schematic.edition.communes.values()))
    disc = shapely.Point(commune.lon, commune.lat).buffer(0.001)
    row = _by_operator(measure_communes(schematic, unite_layers([make_layer([disc])]))[0])["A", -105.0]
    assert row.centre_covered
    assert 0 < row.area_ratio < 0.002


def test_people_without_a_grid_are_spread_over_the_land(schematic: Boundaries, make_layer) -> None:
    """The census is the divisor, and the covered share of the people is that of the land."""
    disc = shapely.Point(107.137, 21.004).buffer(0.02)
    commune = measure_communes(schematic, unite_layers([make_layer([disc])]))[0]
    assert commune.population == 8505
    for indicator in commune.indicators:
        assert 0 < indicator.area_ratio < 1
        assert indicator.population_ratio == pytest.approx(indicator.area_ratio, abs=1e-6)
        assert indicator.population_covered == pytest.approx(8505 * indicator.area_ratio, abs=0.1)


def test_ratios_hold_together(schematic: Boundaries, make_layer) -> None:
    """Ratios are 0 to 1; each operator is at most max, max at most any, any at most the sum."""

    # The fixtures stay out of the property's arguments: hypothesis would print all boundaries with a failure.
    @settings(max_examples=25)
    @given(first=BOXES, second=BOXES)
    def check(first, second) -> None:
        layers = [
            make_layer([shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes], operator)
            for operator, boxes in (("A", first), ("B", second))
        ]
        for commune in measure_communes(schematic, unite_layers(layers)):
            rows = _by_operator(commune)
            a, b, either, best = (rows[name, -105.0].area_ratio for name in ("A", "B", "any", "max"))
            assert min(a, b) >= 0
            assert best == max(a, b)
            assert best <= either + ROUNDING
            assert either <= min(1.0, a + b) + ROUNDING

    check()


def test_clipping_first_gives_the_same(schematic: Boundaries, make_layer) -> None:
    """Another way, clipping each polygon to the commune before merging, covers the same area on dirty layers."""
    random = np.random.default_rng(7)
    discs = shapely.buffer(
        shapely.points(random.uniform([106.5, 20.8], [107.9, 21.6], (150, 2))), 0.06, quad_segs=6
    )
    layer = make_layer([*discs, *discs[:20], *shapely.envelope(discs[:30])])
    covered = measure_communes(schematic, unite_layers([layer]))
    for commune, polygon in zip(covered, schematic.polygons, strict=True):
        clipped = shapely.union_all(shapely.intersection(layer.polygons, polygon)).area / 1e6
        assert _by_operator(commune)["any", -105.0].covered_km2 == pytest.approx(clipped, abs=1e-4)


def test_province_adds_up(schematic: Boundaries, make_layer) -> None:
    """What the communes have of a layer is what their union has of it."""
    unions = unite_layers([make_layer([shapely.Point(107.2, 21.1).buffer(0.3)])])
    covered = sum(
        _by_operator(commune)["any", -105.0].covered_km2 for commune in measure_communes(schematic, unions)
    )
    whole = shapely.intersection(shapely.union_all(schematic.polygons), unions[0].shape).area / 1e6
    assert covered == pytest.approx(whole, abs=177 * 1e-4)
