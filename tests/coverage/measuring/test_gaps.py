"""Uncovered land: squares, discs, islands and holes by hand, nothing lost, slivers apart, one order."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_communes import four_communes, square

from phusong.coverage.editions import Edition, load_edition
from phusong.coverage.input.boundaries import Boundaries, read_boundaries
from phusong.coverage.input.settlements import Settlements, centres_of
from phusong.coverage.measuring.demand import CENTRE, PEOPLE, Demand, people_by_area
from phusong.coverage.measuring.gaps import Gap, Gaps, find_gaps
from phusong.coverage.measuring.reach import discs
from phusong.coverage.projection import EQUAL_AREA, METRIC, project_points, reproject

LAND = square(0, 0, 20)
NOTHING = shapely.MultiPolygon()
NOBODY = Settlements((), np.empty(0), np.empty(0))


def _find(covered: shapely.Geometry, *demands: Demand, boundaries: Boundaries | None = None, **options) -> Gaps:
    return find_gaps(boundaries or four_communes(), covered, demands, NOBODY, **options)


def _at(kind: str, places: list[tuple[float, float]], amounts: list[float] | None = None) -> Demand:
    """Return points at kilometres from the corner of the four communes."""
    corner = shapely.get_coordinates(square(0, 0, 1)).min(axis=0)
    points = np.array([shapely.Point(corner + 1000 * np.array(place)) for place in places] + [None], dtype=object)
    return Demand(kind, points[:-1], np.array(amounts or [1.0] * len(places)))


def _areas(gaps: Gaps) -> list[float]:
    return [round(gap.area_km2, 6) for gap in gaps.pieces]


def _sum_km2(gaps: Gaps) -> float:
    return sum(gap.area_km2 for gap in gaps.pieces) + gaps.small.area_km2 + gaps.slivers.area_km2


def test_a_hole_in_the_coverage() -> None:
    """It is one piece, in the communes that it lies in, the largest share first."""
    gaps = _find(LAND.difference(square(9, 8, 4, 3)))
    (gap,) = gaps.pieces
    assert (gap.area_km2, gaps.uncovered_km2, gaps.land_km2) == pytest.approx((12, 12, 400))
    assert [(part.commune, pytest.approx(part.share)) for part in gap.parts] == [
        (1, 6 / 12), (3, 3 / 12), (0, 2 / 12), (2, 1 / 12),
    ]  # fmt: skip
    assert (gaps.small.parts, gaps.slivers.parts) == (0, 0)


def test_a_neighbour_that_is_only_touched() -> None:
    """A piece that ends at a commune's border has no part in the next one."""
    (gap,) = _find(LAND.difference(square(8, 8, 2))).pieces
    assert [(part.commune, part.share) for part in gap.parts] == [(0, pytest.approx(1))]


def test_a_disc_of_coverage() -> None:
    """Around a disc remains the square without pi r^2, in one piece; its point lies in it, not in its hole."""
    centre = shapely.centroid(LAND)
    radius = 4000.0
    (disc,) = discs(np.array([centre], dtype=object), np.array([radius]))
    (gap,) = _find(disc).pieces
    assert gap.area_km2 == pytest.approx(400 - math.pi * 16, rel=1e-3)
    point = project_points(np.array([gap.lon]), np.array([gap.lat]))[0]
    assert LAND.contains(point)
    assert not disc.intersects(point)


def test_islands_are_pieces_of_their_own() -> None:
    """Each uncovered island counts for itself; coverage of the sea between them is no matter."""
    islands = (square(-3, 0, 1.5), square(-3, 4, 1, 2), square(-6, 0, 0.5))
    sea = shapely.union_all([LAND, square(-1.4, -1, 1.4, 30)])
    gaps = _find(sea, boundaries=four_communes(*islands))
    assert _areas(gaps) == [2.25, 2.0]
    assert (gaps.small.parts, round(gaps.small.area_km2, 6)) == (1, 0.25)
    assert [part.commune for gap in gaps.pieces for part in gap.parts] == [0, 0]
    assert _areas(_find(sea, boundaries=four_communes(*islands), min_km2=0.25)) == [2.25, 2.0, 0.25]


def test_all_or_nothing_covered() -> None:
    """Nothing is left where everything is covered, and the whole land where nothing is."""
    everything = _find(LAND, _at(PEOPLE, [(1, 1)]))
    assert (everything.pieces, everything.uncovered_km2, everything.slivers.parts) == ((), 0.0, 0)
    assert everything.offshore[0].number == 0
    assert _areas(_find(NOTHING)) == [400.0]


def _width_km(ground_m: float) -> float:
    """Return the width in EPSG:6933, in km, of what is so wide from west to east on the ground."""
    west, _, east, _ = shapely.bounds(reproject(np.array([square(0, 0, 0.01)], dtype=object), EQUAL_AREA, METRIC))[
        0
    ]
    return 0.01 * ground_m / float(east - west)


def test_slivers_are_no_pieces() -> None:
    """A strip along the coast that is 49 m wide is a sliver whatever its length; one of 51 m is a piece."""
    strip = square(0, 0, _width_km(49), 20)
    gaps = _find(LAND.difference(strip), min_km2=0.5)
    assert gaps.pieces == ()
    assert gaps.slivers.parts == 1
    assert gaps.slivers.area_km2 == pytest.approx(gaps.uncovered_km2) == pytest.approx(_width_km(49) * 20)
    wider = _find(LAND.difference(square(0, 0, _width_km(51), 20)), min_km2=0.5)
    assert _areas(wider) == pytest.approx([_width_km(51) * 20], rel=1e-5)
    uncut = _find(LAND.difference(strip), min_km2=0.5, sliver_m=0)
    assert (len(uncut.pieces), uncut.slivers.parts) == (1, 0)


def test_what_hangs_together_by_a_thread() -> None:
    """Two squares joined by a path of 20 m are two pieces; the path is a sliver; the squares stay as drawn."""
    path = square(4, 4.99, 6, 0.02)
    gaps = _find(LAND.difference(shapely.union_all([square(2, 4, 2), square(10, 4, 3), path])))
    assert [gap.area_km2 for gap in gaps.pieces] == pytest.approx([9, 4], abs=1e-4)
    assert gaps.slivers.area_km2 == pytest.approx(0.12, abs=1e-3)
    assert _sum_km2(gaps) == pytest.approx(gaps.uncovered_km2, rel=1e-9)
    small, large = sorted((gap.shape for gap in gaps.pieces), key=shapely.area)
    assert small.bounds == pytest.approx(square(2, 4, 2).bounds, abs=1.5)
    assert large.symmetric_difference(square(10, 4, 3)).area < 100


def test_who_is_in_a_piece() -> None:
    """People, centres and schools count in the piece that they lie in; the covered ones in none."""
    covered = LAND.difference(shapely.union_all([square(1, 1, 3), square(12, 12, 2), square(18, 1, 0.5)]))
    people = _at(
        PEOPLE, [(2, 2), (3, 3), (13, 13), (8, 8), (4, 2), (18.2, 1.2), (-5, 5)], [5, 6, 70, 900, 800, 3, 2]
    )
    gaps = _find(covered, people, _at("school", [(2, 3), (9, 9)]), _at(CENTRE, [(12.5, 12.5)]))
    assert [(gap.people, [(a.kind, a.number) for a in gap.amounts]) for gap in gaps.pieces] == [
        (70, [("people", 70), ("school", 0), ("centre", 1)]),
        (11, [("people", 11), ("school", 1), ("centre", 0)]),
    ]
    assert [a.number for a in gaps.small.amounts] == [3, 0, 0]
    assert [(a.kind, a.number) for a in gaps.offshore] == [("people", 2), ("school", 0), ("centre", 0)]


def test_most_people_first_then_the_largest() -> None:
    """The order is that of people, then of area, then from south to north."""
    holes = [square(1, 1, 3), square(6, 1, 1.2), square(10, 1, 1.2), square(6, 11, 2)]
    covered = LAND.difference(shapely.union_all(holes))
    gaps = _find(covered, _at(PEOPLE, [(6.5, 1.5)], [10]))
    assert _areas(gaps) == [1.44, 9.0, 4.0, 1.44]
    assert gaps.pieces[0].people == 10
    assert gaps.pieces[0].lon < gaps.pieces[3].lon


def test_the_nearest_settlement() -> None:
    """Named with the geodesic way and the direction in which the piece lies from there."""
    (gap,) = _find(LAND.difference(square(9, 9, 2))).pieces
    geod = pyproj.Geod(ellps="WGS84")
    for bearing in (0.0, 45.0, 135.0, 271.5):
        lon, lat, _ = geod.fwd(gap.lon, gap.lat, bearing + 180, 4200)
        other_lon, other_lat, _ = geod.fwd(gap.lon, gap.lat, bearing, 4300)
        settlements = Settlements(
            ("B", "A", "A'"), np.array([other_lat, lat, lat]), np.array([other_lon, lon, lon])
        )
        (found,) = find_gaps(four_communes(), LAND.difference(square(9, 9, 2)), [], settlements).pieces
        assert found.nearest is not None
        assert found.nearest.name == "A"
        assert found.nearest.distance_m == pytest.approx(4200, abs=0.01)
        assert (found.nearest.bearing_deg - bearing + 180) % 360 == pytest.approx(180, abs=0.05)
        assert 0 <= found.nearest.bearing_deg < 360
    assert gap.nearest is None


BOXES = st.lists(
    st.tuples(st.floats(-2, 20), st.floats(-2, 20), st.floats(0.01, 9), st.floats(0.01, 9)), min_size=0, max_size=8
)


@settings(max_examples=150, deadline=None)
@given(BOXES, st.sampled_from([0.0, 20.0, 50.0, 400.0]), st.floats(0.0, 5.0))
def test_nothing_is_lost(boxes: list[tuple[float, float, float, float]], sliver_m: float, min_km2: float) -> None:
    """Pieces, small ones and slivers are the uncovered land, by area and by people, and none overlaps another."""
    boundaries = four_communes(square(-4, 3, 2), square(-4, 8, 0.3))
    cover = shapely.union_all([square(*box).buffer(250 * (n % 2)) for n, box in enumerate(boxes)])
    people = people_by_area(boundaries)
    gaps = _find(cover, people, boundaries=boundaries, sliver_m=sliver_m, min_km2=min_km2)
    land = shapely.union_all(boundaries.polygons)
    assert gaps.uncovered_km2 == pytest.approx((land.area - land.intersection(cover).area) / 1e6, abs=1e-6)
    assert _sum_km2(gaps) == pytest.approx(gaps.uncovered_km2, rel=1e-9, abs=1e-9)
    counted = (
        sum(gap.people for gap in gaps.pieces) + gaps.small.amounts[0].number + gaps.slivers.amounts[0].number
    )
    outside = people.amounts[~shapely.intersects(cover, people.points)].sum()
    assert counted + gaps.offshore[0].number == pytest.approx(outside)
    assert gaps.offshore[0].number == pytest.approx(0, abs=1e-6)
    shapes = np.array([gap.shape for gap in gaps.pieces] + [None], dtype=object)[:-1]
    assert shapely.union_all(shapes).area == pytest.approx(shapely.area(shapes).sum(), rel=1e-9)
    assert sorted(gaps.pieces, key=lambda gap: (-gap.people, -gap.area_km2)) == list(gaps.pieces)
    for gap in gaps.pieces:
        assert gap.area_km2 >= min_km2
        point = project_points(np.array([gap.lon]), np.array([gap.lat]))[0]
        assert gap.shape.distance(point) < 1e-3
        assert sum(part.share for part in gap.parts) == pytest.approx(1, abs=1e-6)
        shares = [part.share for part in gap.parts]
        assert shares == sorted(shares, reverse=True)


def _without_shapes(gaps: Gaps) -> list[tuple[object, ...]]:
    def of(gap: Gap) -> tuple[object, ...]:
        return (round(gap.area_km2, 6), round(gap.people, 3), [part.commune for part in gap.parts])

    return [of(gap) for gap in gaps.pieces]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("quangninh_communes_gadm41_177.geojson", "2020-01"),
        ("quangninh_units54_2025_simplified.geojson", "2025-07"),
    ],
)
def test_real_boundaries(file: str, name: str, reference_data: Path) -> None:
    """With real coasts and islands: nothing is lost, and people add up to those of the edition."""
    boundaries = read_boundaries(reference_data / file, load_edition(name))
    communes = tuple(boundaries.edition.communes.values())
    masts = project_points(np.array([c.lon for c in communes]), np.array([c.lat for c in communes]))
    cover = shapely.union_all(discs(masts[::2], np.full(len(masts[::2]), 4000.0)))
    people = people_by_area(boundaries)
    gaps = find_gaps(boundaries, cover, [people], centres_of(boundaries.edition))
    assert len(gaps.pieces) > 5
    assert _sum_km2(gaps) == pytest.approx(gaps.uncovered_km2, rel=1e-9)
    assert people.total == pytest.approx(sum(commune.population for commune in communes))
    counted = [gap.people for gap in gaps.pieces] + [rest.amounts[0].number for rest in (gaps.small, gaps.slivers)]
    inside = people.amounts[shapely.intersects(cover, people.points)].sum()
    assert sum(counted) + inside == pytest.approx(people.total, rel=1e-6)
    again = find_gaps(boundaries, shapely.reverse(cover), [people], centres_of(boundaries.edition))
    assert _without_shapes(again) == _without_shapes(gaps)


def test_people_by_area(edition: Edition, schematic: Boundaries) -> None:
    """Every commune has its people inside it, the smallest too, evenly spread."""
    people = people_by_area(schematic, 2.0)
    assert (people.kind, people.weight) == (PEOPLE, 2.0)
    for commune, polygon in list(zip(edition.communes.values(), schematic.polygons, strict=True))[::11]:
        assert people.amounts[shapely.contains(polygon, people.points)].sum() == pytest.approx(commune.population)
    half = shapely.box(*shapely.total_bounds(np.array([square(0, 0, 20, 10)], dtype=object)))
    four = people_by_area(four_communes())
    assert four.amounts[shapely.contains(half, four.points)].sum() == pytest.approx(3000, rel=1e-9)
