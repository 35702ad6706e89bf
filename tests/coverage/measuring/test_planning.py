"""The ranking of candidates: what each adds, the greedy order and its bound, circles true to scale."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.coverage.measuring.demand import PEOPLE, Demand, demand_in, demand_outside
from phusong.coverage.measuring.planning import Ranking, rank_candidates
from phusong.coverage.measuring.reach import Reach, discs, reach_of_discs, reach_of_polygons
from phusong.coverage.projection import EQUAL_AREA, METRIC, project_points, reproject

EAST, NORTH = 430_000.0, 2_330_000.0
"""A place in the bay, in EPSG:5899."""


def _places(offsets_m: list[tuple[float, float]]) -> np.ndarray:
    """Return points in EPSG:6933 by metres east and north of a place, on the ground."""
    local = np.array([shapely.Point(EAST + x, NORTH + y) for x, y in offsets_m] + [None], dtype=object)[:-1]
    return reproject(local, METRIC, EQUAL_AREA)


def _reach(sets: list[list[int]]) -> Reach:
    return Reach(
        np.cumsum([0, *map(len, sets)]),
        np.array([point for of_one in sets for point in sorted(of_one)], dtype=np.intp),
    )


def _people(amounts: list[float], weight: float = 1.0) -> Demand:
    return Demand(PEOPLE, _places([(0, 0)] * len(amounts)), np.array(amounts, dtype=float), weight)


def _order(ranking: Ranking) -> list[int]:
    return [choice.candidate for choice in ranking.choices]


def _slow_greedy(ids: list[str], sets: list[list[int]], weights: list[float], number: int) -> list[int]:
    """Count every candidate anew in every round."""
    chosen: list[int] = []
    reached: set[int] = set()
    while len(chosen) < number:
        gains = {
            row: math.fsum(weights[point] for point in set(of_one) - reached)
            for row, of_one in enumerate(sets)
            if row not in chosen
        }
        best = min(gains, key=lambda row: (-gains[row], ids[row]), default=None)
        if best is None or gains[best] <= 0:
            break
        chosen.append(best)
        reached |= set(sets[best])
    return chosen


@st.composite
def _instances(draw: st.DrawFn) -> tuple[list[str], list[list[int]], list[float], int]:
    points = draw(st.integers(1, 12))
    # Whole numbers: sums are exact, so that equal gains are equal whoever sums them.
    weights = draw(st.lists(st.integers(0, 5).map(float), min_size=points, max_size=points))
    sets = draw(st.lists(st.sets(st.integers(0, points - 1)).map(sorted), min_size=1, max_size=8))
    ids = draw(st.permutations([f"m{n}" for n in range(len(sets))]))
    return list(ids), sets, weights, draw(st.integers(1, 5))


@settings(max_examples=400, deadline=None)
@given(_instances())
def test_the_order_is_that_of_the_slow_greedy(instance) -> None:
    """Counting lazily changes nothing: the same candidates in the same order, ties by id."""
    ids, sets, weights, number = instance
    ranking = rank_candidates(ids, _reach(sets), [_people(weights)], number)
    assert _order(ranking) == _slow_greedy(ids, sets, weights, number)
    assert ranking.exhausted == (len(ranking.choices) < number)


def test_the_order_is_that_of_the_slow_greedy_for_many() -> None:
    """Amounts of any size, thousands of points: bit by bit the order of counting all candidates in each round."""
    random = np.random.default_rng(7)
    where, whom = random.uniform(0, 40_000, (400, 2)), random.uniform(0, 40_000, (5000, 2))
    reach = reach_of_discs(_places(where.tolist()), random.uniform(500, 4000, 400), _places(whom.tolist()))
    demand = Demand(PEOPLE, _places(whom.tolist()), random.lognormal(0, 3, 5000))
    ids = [f"m{n}" for n in random.permutation(400)]
    left, slow = demand.amounts.copy(), list[int]()
    for _ in range(60):
        gains = [float(left[reach.of(row)].sum()) for row in range(400)]
        slow.append(min(range(400), key=lambda row: (-gains[row], ids[row])))
        left[reach.of(slow[-1])] = 0.0
    ranking = rank_candidates(ids, reach, [demand], 60)
    assert _order(ranking) == slow
    assert ranking.choices[-1].weighted.together == pytest.approx(demand.total - left.sum())


@settings(max_examples=150, deadline=None)
@given(_instances())
def test_no_choice_is_much_better(instance) -> None:
    """At least 1 - (1 - 1/k)^k, so 1 - 1/e, of what the best of all choices of k would reach."""
    ids, sets, weights, number = instance
    ranking = rank_candidates(ids, _reach(sets), [_people(weights)], number)
    reached = ranking.choices[-1].weighted.together if ranking.choices else 0.0
    best = max(
        sum(weights[point] for point in set().union(*chosen))
        for chosen in itertools.combinations(sets, min(number, len(sets)))
    )
    assert reached <= best
    assert reached >= (1 - (1 - 1 / number) ** number) * best - 1e-9


@settings(max_examples=100, deadline=None)
@given(_instances(), st.lists(st.floats(0.001, 1e6), min_size=12, max_size=12), st.randoms(use_true_random=False))
def test_gains_fall_and_add_up(instance, people, chance) -> None:
    """Ragged amounts: no gain exceeds the one before, gains add up, and the input's order does not matter."""
    ids, sets, weights, number = instance
    demand = _people(people[: len(weights)])
    ranking = rank_candidates(ids, _reach(sets), [demand], number)
    gains = [choice.weighted.gained for choice in ranking.choices]
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in itertools.pairwise(gains))
    for choice in ranking.choices:
        assert choice.weighted.together == pytest.approx(sum(gains[: choice.rank]))
        assert choice.gains[0].share == pytest.approx(choice.gains[0].together / demand.total)
    mixed = list(range(len(ids)))
    chance.shuffle(mixed)
    again = rank_candidates([ids[n] for n in mixed], _reach([sets[n] for n in mixed]), [demand], number)
    assert [ids[mixed[row]] for row in _order(again)] == [ids[row] for row in _order(ranking)]
    assert [choice.gains for choice in again.choices] == [choice.gains for choice in ranking.choices]


def test_the_greedy_trap() -> None:
    """The textbook case: the middle one comes first, so that three are needed where two would do."""
    sets = [[0, 1, 2, 3], [4, 5, 6, 7], [1, 2, 3, 5, 6, 7]]
    ranking = rank_candidates(["left", "right", "middle"], _reach(sets), [_people([1.0] * 8)], 2)
    assert [(c.candidate, c.weighted.gained, c.weighted.together) for c in ranking.choices] == [
        (2, 6, 6),
        (0, 1, 7),
    ]


def test_kinds_and_weights() -> None:
    """A school for 500 people outweighs 400 people; what each brings of every kind is told."""
    people, schools = _people([400.0, 30.0]), Demand("school", _places([(0, 0)]), np.array([1.0]), 500.0)
    ranking = rank_candidates(["a", "b"], _reach([[0], [1, 2]]), [people, schools], 5)
    first, second = ranking.choices
    assert (first.candidate, first.weighted.gained) == (1, 530.0)
    assert [(g.kind, g.gained, g.together) for g in first.gains] == [("people", 30.0, 30.0), ("school", 1.0, 1.0)]
    assert [(g.gained, g.together, g.share) for g in second.gains] == [(400.0, 430.0, 1.0), (0.0, 1.0, 1.0)]
    assert [(a.kind, a.number) for a in ranking.open] == [("people", 430.0), ("school", 1.0)]
    unweighted = rank_candidates(
        ["a", "b"], _reach([[0], [1, 2]]), [people, Demand("school", schools.points, schools.amounts, 0.0)], 5
    )
    assert _order(unweighted) == [0, 1]
    assert unweighted.choices[1].gains[1].gained == 1.0


def test_the_end() -> None:
    """Who adds nothing is not listed, and the ranking says that it ended early; the unreachable is told."""
    ranking = rank_candidates(["a", "b", "c"], _reach([[0, 1], [1], []]), [_people([5.0, 3.0, 7.0])], 3)
    assert _order(ranking) == [0]
    assert ranking.exhausted
    assert [a.number for a in ranking.reachable] == [8.0]
    full = rank_candidates(["a"], _reach([[0]]), [_people([5.0])], 1)
    assert not full.exhausted
    nothing = rank_candidates(["a"], _reach([[]]), [_people([])], 1)
    assert (nothing.choices, nothing.exhausted) == ((), True)
    assert rank_candidates([], _reach([]), [], 3).choices == ()


def test_a_radius_is_true_to_scale() -> None:
    """Who lives exactly on the radius is reached, in each direction; half a metre beyond is not."""
    turns = np.radians(np.arange(0, 360, 15))
    on = _places([(3000 * math.sin(turn), 3000 * math.cos(turn)) for turn in turns])
    beyond = _places([(3000.5 * math.sin(turn), 3000.5 * math.cos(turn)) for turn in turns])
    centre, radius = _places([(0, 0)]), np.array([3000.0])
    assert reach_of_discs(centre, radius, np.concatenate([on, beyond])).of(0).tolist() == list(range(24))
    (disc,) = discs(centre, radius)
    assert disc.area == pytest.approx(math.pi * 3000**2, rel=1e-3)
    assert shapely.bounds(disc)[2] - shapely.bounds(disc)[0] != pytest.approx(6000, rel=0.05)


@pytest.mark.parametrize(("lon", "lat"), [(106.44, 20.72), (107.75, 21.2), (108.09, 21.67)])
def test_a_radius_is_that_on_the_ground(lon: float, lat: float) -> None:
    """In every corner of the province: geodesic metres, to 1 in 5,000."""
    turns = np.arange(0, 360, 30)
    geod = pyproj.Geod(ellps="WGS84")
    centre = project_points(np.array([lon]), np.array([lat]))
    for away_m, reached in ((4999.0, 12), (5001.0, 0)):
        x, y, _ = geod.fwd([lon] * 12, [lat] * 12, turns, [away_m] * 12)
        points = project_points(np.array(x), np.array(y))
        assert len(reach_of_discs(centre, np.array([5000.0]), points).of(0)) == reached


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 300), st.integers(1, 150))
def test_discs_by_counting_all_pairs(seed: int, candidates: int, points: int) -> None:
    """The tree finds for each candidate, in pieces, what comparing all pairs finds."""
    random = np.random.default_rng(seed)
    where, whom = random.uniform(0, 20_000, (candidates, 2)), random.uniform(0, 20_000, (points, 2))
    radii = random.uniform(10, 6000, candidates)
    reach = reach_of_discs(_places(where.tolist()), radii, _places(whom.tolist()))
    away = np.hypot(*(where[:, None] - whom[None]).transpose(2, 0, 1))
    clear = np.abs(away - radii[:, None]) > 0.01
    for row in range(candidates):
        found = np.zeros(points, dtype=bool)
        found[reach.of(row)] = True
        assert (found == (away[row] <= radii[row]))[clear[row]].all()
        assert np.diff(reach.of(row)).min(initial=1) > 0
    assert len(reach.starts) == candidates + 1


def test_polygons() -> None:
    """Predicted polygons reach what lies in them and on their edge, in none of their holes."""
    corners = _places([(0, 0), (100, 100)])
    west, south, east, north = shapely.total_bounds(corners)
    middle = shapely.Point((west + east) / 2, (south + north) / 2)
    points = np.array(
        [middle, shapely.Point(west, (south + north) / 2), shapely.Point(west - 5, south)], dtype=object
    )
    whole = shapely.box(west, south, east, north)
    shapes = np.array([whole, whole.difference(middle.buffer(5)), shapely.Polygon()], dtype=object)
    reach = reach_of_polygons(shapes, points)
    assert [reach.of(n).tolist() for n in range(3)] == [[0, 1], [1], []]


def test_only_the_province_counts() -> None:
    """Who lives in a commune or within 250 m on the ground of one is its demand; who lives farther away is not."""
    square_m = [(0, 0), (4000, 0), (4000, 4000), (0, 4000)]
    polygon = shapely.Polygon(shapely.get_coordinates(_places(square_m)))
    places = [(2000, 2000), (0, 0), (-240, 2000), (2000, 4240), (4240, 1000), (1000, -240)]
    beyond = [(-260, 2000), (2000, 4260), (4260, 1000), (1000, -260), (90_000, 0), (-240, -240)]
    demand = Demand(PEOPLE, _places(places + beyond), np.arange(12, dtype=float), 7.0)
    inside = demand_in(demand, np.array([polygon], dtype=object))
    assert (inside.amounts.tolist(), inside.weight) == ([0, 1, 2, 3, 4, 5], 7.0)
    assert demand_in(demand_in(demand, np.array([shapely.Polygon()])), np.array([polygon])).total == 0


def test_what_is_covered_counts_for_nothing() -> None:
    """Demand on the edge of coverage is covered; what is left keeps its amounts and weight."""
    points = _places([(0, 0), (500, 0), (1000, 0), (1001, 0)])
    west, south = shapely.get_coordinates(points[0])[0]
    edge = shapely.get_coordinates(points[2])[0][0]
    cover = shapely.box(west, south - 100, edge, south + 100)
    left = demand_outside(Demand(PEOPLE, points, np.array([1.0, 2.0, 4.0, 8.0]), 3.0), cover)
    assert (left.amounts.tolist(), left.weight, left.total) == ([8.0], 3.0, 8.0)
    everything = demand_outside(left, shapely.MultiPolygon())
    assert everything.total == 8.0
