"""What changed between two runs: squares by hand, cells counted another way, slivers apart, like with like."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_communes import CLASSES, four_communes, layer, square

from phusong.coverage.errors import CoverageError
from phusong.coverage.input.boundaries import Boundaries
from phusong.coverage.input.layers import Layer
from phusong.coverage.input.population import POINTS, People
from phusong.coverage.measuring.change_facts import (
    AreaChanges,
    Change,
    Changes,
    CoverageRun,
    Key,
    PlaceChange,
    SiteChange,
)
from phusong.coverage.measuring.changes import compare_runs, split_difference
from phusong.coverage.measuring.indicators import About, LocatedPlaces, measure_communes
from phusong.coverage.measuring.inhabitants import ByArea, inhabitants_of
from phusong.coverage.measuring.levels import add_up
from phusong.coverage.measuring.matched_keys import Match, match_keys
from phusong.coverage.measuring.unions import unite_layers
from phusong.coverage.measuring.workers import Threads
from phusong.coverage.summary import CoverageSummary, SiteCoverage, Source

FOUR = (("4G", "A", -105.0), ("4G", "any", -105.0), ("4G", "max", -105.0))


def run(
    *layers: Layer, boundaries: Boundaries | None = None, people: People | None = None, places=(), **more
) -> CoverageRun:
    """Return a run as ``phusong coverage`` computes it, without files."""
    boundaries = boundaries or four_communes()
    unions = unite_layers(layers)
    census = [commune.population for commune in boundaries.edition.communes.values()]
    inhabitants = ByArea(census) if people is None else inhabitants_of(people, census, boundaries.polygons)
    communes = measure_communes(boundaries, unions, About(inhabitants, places, CLASSES))
    values = {
        "edition": boundaries.edition.name,
        "boundaries_file": boundaries.file,
        "boundaries_sha256": boundaries.sha256,
        "schematic": boundaries.schematic,
        "synthetic": False,
        "layers": tuple(each.source for each in layers),
        "communes": communes,
        "sites": (),
        "fallback_min_dbm": -105.0,
        "units": add_up(communes),
        "population_method": inhabitants.method,
        "sources": () if people is None else (people.source,),
    }
    summary = CoverageSummary(**{**values, **more})
    shapes = {Key(union.technology, union.operator, union.min_dbm): union.shape for union in unions}
    return CoverageRun("run", summary, boundaries.polygons, shapes)


def area_of(changes: Changes, level: str = "province", name: str = "") -> AreaChanges:
    return next(area for area in changes.areas if (area.level, area.name) == (level, name))


def change_of(
    changes: Changes,
    operator: str = "A",
    level: str = "province",
    name: str = "",
    min_dbm: float | None = -105.0,
    technology: str = "4G",
) -> Change:
    key = Key(technology, operator, min_dbm)
    return next(change for change in area_of(changes, level, name).changes if change.key == key)


def figures(change: Change) -> tuple[float | None, ...]:
    return change.old_km2, change.new_km2, change.net_km2, change.gained_km2, change.lost_km2


def settlements(*places: tuple[float, float, float], sha256: str = "p") -> People:
    """Return people at kilometres from the corner of the communes."""
    corner = shapely.get_coordinates(square(0, 0, 1)).min(axis=0)
    points = np.array(
        [shapely.Point(corner + 1000 * np.array((x, y))) for x, y, _ in places] + [None], dtype=object
    )
    source = Source("population", "people.csv", sha256, len(places))
    return People(POINTS, source, points[:-1], np.array([number for _, _, number in places], dtype=float))


def test_gained_and_lost_though_the_total_stays() -> None:
    """A square that moved gains and loses as much: the difference of totals alone would say nothing happened."""
    changes = compare_runs(run(layer(square(0, 0, 8, 10))), run(layer(square(8, 0, 8, 10))))
    assert figures(change_of(changes)) == (80.0, 80.0, 0.0, 80.0, 80.0)
    assert figures(change_of(changes, level="commune", name="Xã 1")) == (80.0, 20.0, -60.0, 20.0, 80.0)
    assert figures(change_of(changes, level="commune", name="Xã 2")) == (0.0, 60.0, 60.0, 60.0, 0.0)
    assert figures(change_of(changes, level="district", name="A")) == (80.0, 80.0, 0.0, 80.0, 80.0)
    assert figures(change_of(changes, level="district", name="B")) == (0.0, 0.0, 0.0, 0.0, 0.0)
    assert figures(change_of(changes, level="class", name="island")) == (80.0, 20.0, -60.0, 20.0, 80.0)
    assert sorted((piece.key[1], piece.commune, piece.gained, piece.km2) for piece in changes.pieces) == [
        (operator, *rest)
        for operator in ("A", "any")
        for rest in ((0, False, 80.0), (0, True, 20.0), (1, True, 60.0))
    ]


def test_nothing_changed() -> None:
    """The same layers twice: everything is compared, nothing gained, lost or listed."""
    same = run(layer(square(3, 3, 9)), layer(square(1, 1, 5), operator="B", min_dbm=None))
    changes = compare_runs(same, same)
    assert {change.status for area in changes.areas for change in area.changes} == {"compared"}
    assert {
        (change.net_km2, change.people_net, change.centres_gained, change.centres_lost)
        for area in changes.areas
        for change in area.changes
    } == {(0.0, 0.0, (), ())}
    assert (changes.pieces, changes.sites) == ((), ())


rectangles = st.lists(
    st.tuples(st.integers(-2, 21), st.integers(-2, 21), st.integers(1, 9), st.integers(1, 9)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=15, deadline=None)
@given(st.tuples(rectangles, rectangles), st.tuples(rectangles, rectangles))
def test_against_counted_cells(
    old: tuple[list[tuple[int, ...]], ...], new: tuple[list[tuple[int, ...]], ...]
) -> None:
    """Rectangles on a grid, counted as sets of cells: each figure of each commune and unit is that count."""
    before, after = (
        run(
            *(layer(*(square(*each) for each in own), operator=name) for name, own in zip("AB", both, strict=True))
        )
        for both in (old, new)
    )
    changes = compare_runs(before, after)
    cells = [{name: _cells(own) for name, own in zip("AB", both, strict=True)} for both in (old, new)]
    for both in cells:
        both["any"] = both["A"] | both["B"]
    land = {
        (level, name): set().union(*(_cells([(10 * (n % 2), 10 * (n // 2), 10, 10)]) for n in communes))
        for level, name, communes in (
            ("commune", "Xã 1", [0]), ("commune", "Xã 4", [3]), ("district", "A", [0, 1]),
            ("class", "island", [0, 3]), ("province", "", [0, 1, 2, 3]),
        )
    }  # fmt: skip
    for (level, name), own in land.items():
        for operator in ("A", "B", "any"):
            was, now = (both[operator] & own for both in cells)
            counted = (len(was), len(now), len(now) - len(was), len(now - was), len(was - now))
            assert figures(change_of(changes, operator, level, name)) == pytest.approx(counted, abs=1e-3)


def _cells(rectangles: Sequence[tuple[int, ...]]) -> set[tuple[int, int]]:
    return {(x + i, y + j) for x, y, width, height in rectangles for i in range(width) for j in range(height)}


ragged = st.lists(
    st.tuples(*[st.floats(-1, 19, allow_subnormal=False)] * 2, *[st.floats(0.005, 9, allow_subnormal=False)] * 2),
    min_size=1,
    max_size=4,
)


@settings(max_examples=15, deadline=None)
@given(ragged, ragged, ragged, ragged)
def test_sums(first: list[tuple[float, ...]], second, third, fourth) -> None:
    """Gained - lost, with the slivers, is new - old; both are the runs' own figures, for units too; people too."""
    runs = [
        run(
            layer(*(square(*each) for each in strong), min_dbm=-95.0), layer(*(square(*each) for each in weak)),
            layer(*(square(*each) for each in weak[:1]), operator="B"),
        )
        for strong, weak in ((first, second), (third, fourth))
    ]  # fmt: skip
    changes = compare_runs(*runs)
    for area in changes.areas:
        number = len(runs[0].summary.communes) if area.level != "commune" else 1
        for change in area.changes:
            if change.key.operator == "max":
                continue
            net = change.gained_km2 - change.lost_km2 + change.sliver_gained_km2 - change.sliver_lost_km2
            assert net == pytest.approx(change.new_km2 - change.old_km2, abs=3e-4 * number)
            people = change.people_gained - change.people_lost + change.people_slivers
            assert people == pytest.approx(change.people_net, abs=0.3 * number)
    for place, summary in enumerate(each.summary for each in runs):
        for unit in summary.units:
            own = area_of(changes, unit.level, unit.name)
            assert own.area_km2 == unit.area_km2
            assert len(own.changes) == len(unit.indicators)
            for indicator, change in zip(unit.indicators, own.changes, strict=True):
                assert change.key == (indicator.technology, indicator.operator, indicator.min_dbm)
                assert (change.old_km2, change.new_km2)[place] == pytest.approx(indicator.covered_km2, abs=1e-6)
                people = (change.people_old, change.people_new)[place]
                assert people == pytest.approx(indicator.population_covered, abs=0.05)


def test_an_operator_of_one_run_is_listed_and_not_counted() -> None:
    """B came with the new run: its land is no gain, neither its own nor that of any; A alone is compared there."""
    old = run(layer(square(0, 0, 10)))
    new = run(layer(square(0, 0, 11, 10)), layer(square(0, 10, 20, 10), operator="B"))
    changes = compare_runs(old, new)
    province = area_of(changes).changes
    assert [(change.key.operator, change.status) for change in province] == [
        ("A", "compared"), ("B", "only_new"), ("any", "common_operators"), ("max", "common_operators"),
    ]  # fmt: skip
    assert figures(change_of(changes, "any")) == (100.0, 110.0, 10.0, 10.0, 0.0)
    assert figures(change_of(changes, "B")) == (None, 200.0, None, None, None)
    assert figures(change_of(changes, "max")) == (100.0, 110.0, 10.0, None, None)
    assert change_of(changes, "any").centres_gained == ()
    assert change_of(changes, "any").people_net == pytest.approx(200.0, abs=0.1)
    back = compare_runs(new, old)
    assert change_of(back, "B").status == "only_old"
    assert figures(change_of(back, "any")) == (110.0, 100.0, -10.0, 0.0, 10.0)
    assert {piece.key.operator for piece in (*changes.pieces, *back.pieces)} == {"A", "any"}


def test_a_technology_and_a_class_of_one_run() -> None:
    """5G and a stronger class of the new run are listed with their figures; at the old class all is compared."""
    old = run(layer(square(0, 0, 10)))
    new = run(
        layer(square(0, 0, 12, 10)), layer(square(0, 0, 5), min_dbm=-95.0), layer(square(0, 0, 2), technology="5G")
    )
    changes = compare_runs(old, new)
    status = {tuple(change.key): change.status for change in area_of(changes).changes}
    assert status == {
        **dict.fromkeys(FOUR, "compared"),
        **{("4G", name, -95.0): "only_new" for name in ("A", "any", "max")},
        **{("5G", name, -105.0): "only_new" for name in ("A", "any", "max")},
    }
    assert figures(change_of(changes, "any", min_dbm=-95.0)) == (None, 25.0, None, None, None)
    assert figures(change_of(changes, "max", technology="5G")) == (None, 4.0, None, None, None)
    assert figures(change_of(changes, "any")) == (100.0, 120.0, 20.0, 20.0, 0.0)


def test_other_operators_altogether() -> None:
    """When no operator is in both runs, any has two figures and no change between them."""
    changes = compare_runs(run(layer(square(0, 0, 10))), run(layer(square(0, 0, 5), operator="B")))
    any_ = change_of(changes, "any")
    assert (any_.status, figures(any_)) == ("other_operators", (100.0, 25.0, None, None, None))
    best = change_of(changes, "max")
    assert (best.status, figures(best), best.people_net) == (
        "other_operators",
        (100.0, 25.0, None, None, None),
        None,
    )
    assert (any_.people_net, changes.pieces) == (None, ())


A95, A105, B105, ANY95, ANY105 = (
    Key("4G", name, level) for name, level in (("A", -95), ("A", -105), ("B", -105), ("any", -95), ("any", -105))
)


@pytest.mark.parametrize(
    ("old", "new", "matches"),
    [
        ({A105, ANY105}, {A105, ANY105}, [(A105, "compared", 1), (ANY105, "compared", 1)]),
        (
            {A105, ANY105},
            {B105, ANY105},
            [(A105, "only_old", 0), (B105, "only_new", 0), (ANY105, "other_operators", 0)],
        ),
        (
            {A95, A105, ANY95, ANY105},
            {A105, ANY105},
            [(A95, "only_old", 0), (A105, "compared", 1), (ANY95, "only_old", 0), (ANY105, "compared", 1)],
        ),
        (
            {A95, A105, ANY95, ANY105},
            {A95, ANY95},
            [(A95, "compared", 1), (A105, "only_old", 0), (ANY95, "compared", 1), (ANY105, "only_old", 0)],
        ),
        (
            {A95, A105, ANY95, ANY105},
            {A95, B105, ANY95, ANY105},
            [
                (A95, "compared", 1), (A105, "only_old", 0), (B105, "only_new", 0), (ANY95, "compared", 1),
                (ANY105, "common_operators", 1),
            ],
        ),
    ],
)  # fmt: skip
def test_matching(old: set[Key], new: set[Key], matches: list[tuple[Key, str, int]]) -> None:
    """What is compared of every key, and by how many single operators' keys."""
    found = match_keys(old, new)
    assert [(match.key, match.status, len(match.counted)) for match in found] == matches
    assert all(isinstance(match, Match) for match in found)


def test_slivers_are_summed_apart() -> None:
    """An edge drawn 10 m further is noise, a strip of 200 m is a gain, and noise beside a gain stays noise."""
    old = run(layer(square(0, 0, 10, 20)))
    noise = change_of(compare_runs(old, run(layer(square(0, 0, 10.01, 20)))))
    assert (noise.gained_km2, noise.lost_km2) == (0.0, 0.0)
    assert (noise.sliver_gained_km2, noise.sliver_lost_km2) == (pytest.approx(0.2), 0.0)
    assert noise.net_km2 == pytest.approx(0.2)
    strip = change_of(compare_runs(old, run(layer(square(0, 0, 10.2, 20)))))
    assert (strip.gained_km2, strip.sliver_gained_km2) == (pytest.approx(4.0), 0.0)
    both = compare_runs(old, run(layer(square(0, 0, 10.01, 20), square(10, 5, 3, 4))))
    change = change_of(both)
    assert change.gained_km2 == pytest.approx(12.0, abs=0.01)
    assert change.sliver_gained_km2 == pytest.approx(0.16, abs=0.01)
    assert {piece.commune for piece in both.pieces} == {1}
    everything = change_of(compare_runs(old, run(layer(square(0, 0, 10.01, 20))), sliver_m=0))
    assert (everything.gained_km2, everything.sliver_gained_km2) == (pytest.approx(0.2), 0.0)


def test_a_border_makes_no_sliver() -> None:
    """A gain that reaches 5 m into the next commune is a gain there too: borders cut it after slivers were."""
    changes = compare_runs(run(layer(square(0, 0, 5, 10))), run(layer(square(0, 0, 10.005, 10))))
    neighbour = change_of(changes, level="commune", name="Xã 2")
    assert (neighbour.gained_km2, neighbour.sliver_gained_km2) == (pytest.approx(0.05), 0.0)


def test_a_sliver_is_measured_on_the_ground() -> None:
    """In EPSG:6933 a metre from west to east is 7 % too long here; 30 m and 10 m are told apart both ways."""
    for width, height in ((10.03, 10.0), (10.0, 10.03)):
        real, thin = split_difference((square(0, 0, width, height), square(0, 0, 10)), 20.0)
        assert (len(real), len(thin)) == (1, 0)
    for width, height in ((10.01, 10.0), (10.0, 10.01)):
        real, thin = split_difference((square(0, 0, width, height), square(0, 0, 10)), 20.0)
        assert (len(real), len(thin)) == (0, 1)


def test_people_by_area_are_an_estimate_of_gains_too() -> None:
    """Spread evenly: half of commune 1 gained is half its people."""
    changes = compare_runs(run(layer(square(0, 0, 5, 10))), run(layer(square(5, 0, 5, 10))))
    change = change_of(changes)
    assert (change.people_old, change.people_new, change.people_net) == (500.0, 500.0, 0.0)
    assert (change.people_gained, change.people_lost, changes.people_by) == (500.0, 500.0, "area")


def test_people_counted_where_they_live() -> None:
    """With the file of the runs settlements are counted in what was gained and lost; without it only net."""
    people = settlements((1, 1, 100), (7, 7, 30), (15, 5, 5))
    old, new = run(layer(square(0, 0, 5, 10)), people=people), run(layer(square(5, 0, 15, 10)), people=people)
    counted = change_of(compare_runs(old, new, people=people))
    assert (counted.people_old, counted.people_new, counted.people_net) == (100.0, 35.0, -65.0)
    assert (counted.people_gained, counted.people_lost, counted.people_slivers) == (35.0, 100.0, 0.0)
    net = compare_runs(old, new)
    assert (change_of(net).people_net, change_of(net).people_gained, net.people_by) == (-65.0, None, "")


def test_people_in_slivers_are_net() -> None:
    """A settlement in a strip of 10 m that was lost, another in one that was gained: neither is gained or lost."""
    people = settlements((9.995, 5, 7), (0.005, 5, 2))
    old = run(layer(square(0.01, 0, 9.99, 10)), people=people)
    new = run(layer(square(0, 0, 9.99, 10)), people=people)
    change = change_of(compare_runs(old, new, people=people))
    assert (change.people_gained, change.people_lost) == (0.0, 0.0)
    assert (change.people_slivers, change.people_net) == (-5.0, -5.0)


def test_people_counted_in_other_ways_are_not_compared() -> None:
    """An estimate and a count have no difference; with a file what was gained and lost is counted by it."""
    people = settlements((1, 1, 100), (7, 7, 30))
    old, new = run(layer(square(0, 0, 5, 10))), run(layer(square(5, 0, 5, 10)), people=people)
    change = change_of(compare_runs(old, new))
    assert (change.people_old, change.people_new, change.people_net, change.people_gained) == (None,) * 4
    change = change_of(compare_runs(old, new, people=people))
    assert (change.people_old, change.people_gained, change.people_lost, change.people_net) == (
        None,
        30.0,
        100.0,
        -70.0,
    )
    other = settlements((1, 1, 7), sha256="another")
    change = change_of(compare_runs(new, new, people=other))
    assert (change.people_old, change.people_net) == (None, 0.0)


def test_centres_by_name() -> None:
    """The centre of commune 1 was lost and that of 2 gained; units name them, max names none."""
    changes = compare_runs(run(layer(square(0, 0, 8, 10))), run(layer(square(8, 0, 8, 10))))
    for operator in ("A", "any"):
        for level, name in (("district", "A"), ("province", "")):
            change = change_of(changes, operator, level, name)
            assert (change.centres_gained, change.centres_lost) == (("Xã 2",), ("Xã 1",))
    assert change_of(changes, "max").centres_lost == ()
    assert change_of(changes, level="commune", name="Xã 2").centres_gained == ("Xã 2",)


def test_centres_of_common_operators() -> None:
    """B, of the new run alone, gains no centre for any; A's gain counts."""
    old = run(layer(square(0, 0, 10)), layer(square(0, 0, 1), operator="C"))
    new = run(
        layer(square(0, 0, 20, 10)),
        layer(square(0, 10, 20, 10), operator="B"),
        layer(square(0, 0, 1), operator="C"),
    )
    assert change_of(compare_runs(old, new), "any").centres_gained == ("Xã 2",)


def test_places_by_kind() -> None:
    """Communes tell net changes of covered places, units sums both ways; kinds of one run are left out."""
    points = shapely.centroid(np.array([square(0, 0, 10), square(10, 10, 10)], dtype=object))
    schools = LocatedPlaces("school", points, np.array([0, 3]))
    sites = LocatedPlaces("site", points, np.array([0, 3]))
    old = run(layer(square(0, 0, 10)), places=(schools, sites))
    changes = compare_runs(old, run(layer(square(10, 10, 10)), places=(schools,)))
    assert change_of(changes).places == (PlaceChange("school", 1, 1, 1, 1),)
    assert change_of(changes, level="commune", name="Xã 4").places == (PlaceChange("school", 0, 1, 1, 0),)
    assert change_of(changes, level="district", name="A").places == (PlaceChange("school", 1, 0, 0, 1),)


def test_places_of_common_operators_are_not_known() -> None:
    """Which of a commune's schools several operators cover is not in their counts: any tells nothing then."""
    points = shapely.centroid(np.array([square(0, 0, 10)], dtype=object))
    schools = (LocatedPlaces("school", points, np.array([0])),)
    old = run(layer(square(0, 0, 10)), places=schools)
    new = run(layer(square(0, 0, 10)), layer(square(0, 0, 1), operator="B"), places=schools)
    changes = compare_runs(old, new)
    assert (change_of(changes).places, change_of(changes, "any").places) == (
        (PlaceChange("school", 1, 1, 0, 0),),
        (),
    )


def _sites(**operators: str) -> tuple[SiteCoverage, ...]:
    return tuple(
        SiteCoverage(site_id, "4G", tuple(names.split()), (-105.0,) * len(names.split()), 0.0)
        for site_id, names in operators.items()
    )


def test_sites_that_gained_or_lost_their_fallback() -> None:
    """By name, with the operators; another operator at the same site is no change; new sites are listed apart."""
    both = (layer(square(0, 0, 10)), layer(square(0, 0, 10), operator="B"))
    old = run(*both, sites=_sites(lost="A B", gained="", kept="A", never="", closed="A"))
    new = run(*both, sites=_sites(lost="", gained="B", kept="B", never="", opened="A"))
    changes = compare_runs(old, new)
    assert changes.sites == (SiteChange("gained", "4G", True, ("B",)), SiteChange("lost", "4G", False, ("A", "B")))
    assert (changes.sites_only_old, changes.sites_only_new) == (("closed",), ("opened",))


def test_a_site_of_an_operator_of_one_run() -> None:
    """Fallback by an operator whose layers the old run had not is no gain; nor is it a loss without them."""
    old = run(layer(square(0, 0, 10)), sites=_sites(town="A", island=""))
    more = (layer(square(0, 0, 10)), layer(square(0, 0, 20), operator="B"))
    new = run(*more, sites=_sites(town="B", island="B"))
    assert compare_runs(old, new).sites == (SiteChange("town", "4G", False, ("A",)),)
    assert compare_runs(new, old).sites == (SiteChange("town", "4G", True, ("A",)),)


def test_an_operator_too_weak_for_fallback_in_one_run() -> None:
    """A at -115 dBm does not count at sites: that its stronger layer is missing is no loss of fallback."""
    old = run(layer(square(0, 0, 10)), sites=_sites(town="A"))
    new = run(layer(square(0, 0, 10), min_dbm=-115.0), sites=_sites(town=""))
    assert compare_runs(old, new).sites == ()


def test_other_levels_at_sites_are_not_compared() -> None:
    """When the runs asked for another level at sites, what differs may be the question."""
    strong = layer(square(0, 0, 10), min_dbm=-95.0)
    old, new = run(strong, sites=_sites(town="A")), run(strong, sites=_sites(town=""))
    assert len(compare_runs(old, new).sites) == 1
    other = replace(new, summary=replace(new.summary, fallback_min_dbm=-100.0))
    assert compare_runs(old, other).sites == ()


def test_an_operator_without_levels_counts_at_sites() -> None:
    """Where layers name no level an operator counts as it claims, in both runs."""
    claimed = layer(square(0, 0, 10), min_dbm=None)
    changes = compare_runs(run(claimed, sites=_sites(town="A")), run(claimed, sites=_sites(town="")))
    assert changes.sites == (SiteChange("town", "4G", False, ("A",)),)


def test_the_best_operator_is_that_of_each_unit() -> None:
    """A covers commune 1, B commune 4 and then 3 and 4: max of the province goes from one of them to two."""
    a = layer(square(0, 0, 10))
    changes = compare_runs(
        run(a, layer(square(10, 10, 10), operator="B")), run(a, layer(square(0, 10, 20, 10), operator="B"))
    )
    assert figures(change_of(changes, "max")) == (100.0, 200.0, 100.0, None, None)
    assert figures(change_of(changes, "max", "district", "A")) == (100.0, 100.0, 0.0, None, None)
    assert figures(change_of(changes, "max", "commune", "Xã 3")) == (0.0, 100.0, 100.0, None, None)


def _moved(schematic: bool = False) -> Boundaries:
    """Return boundaries of another file, in which the border of communes 1 and 2 runs 2 km further east."""
    boundaries = four_communes()
    polygons = boundaries.polygons.copy()
    polygons[:2] = square(0, 0, 12, 10), square(12, 0, 8, 10)
    return replace(boundaries, polygons=polygons, sha256="another", file="another", schematic=schematic)


def test_other_boundaries_of_the_edition() -> None:
    """Both runs are measured on the new run's polygons, so that a moved border is no change of coverage."""
    covered = layer(square(0, 0, 11, 10))
    changes = compare_runs(run(covered), run(covered, boundaries=_moved()))
    assert changes.boundaries_of == "new"
    assert figures(change_of(changes, level="commune", name="Xã 1")) == (110.0, 110.0, 0.0, 0.0, 0.0)
    assert area_of(changes, "commune", "Xã 1").area_km2 == 120.0
    assert (change_of(changes).people_old, change_of(changes).people_net) == (None, 0.0)
    drawn = compare_runs(run(covered), run(covered, boundaries=_moved(schematic=True)))
    assert drawn.boundaries_of == "old"
    assert figures(change_of(drawn, level="commune", name="Xã 1")) == (100.0, 100.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("change", "tolerance", "message"),
    [
        ({"edition": "2025-07"}, 20.0, "carry the older figures over with the crosswalk"),
        ({"synthetic": True}, 20.0, "has synthetic layers, the other run has not"),
        ({"communes": ()}, 20.0, "have other communes"),
        ({}, -1.0, "is no width"),
        ({}, math.nan, "is no width"),
        ({}, math.inf, "is no width"),
    ],
)
def test_refused(change: dict[str, object], tolerance: float, message: str) -> None:
    """What would compare unlike things ends in one kind of error with a remedy."""
    old = run(layer(square(0, 0, 10)))
    new = replace(old, summary=replace(old.summary, **change))
    with pytest.raises(CoverageError, match=message):
        compare_runs(old, new, tolerance)


def test_the_same_by_any_number_of_workers() -> None:
    """Who computes it changes nothing."""
    old, new = (
        run(layer(square(0, 0, 8, 9)), layer(square(3, 3, 9), technology="5G")),
        run(layer(square(8, 0, 8, 10))),
    )
    one, three = (compare_runs(old, new, workers=Threads(jobs)) for jobs in (1, 3))
    assert one.areas == three.areas
    assert [shapely.to_wkb(p.shape) for p in one.pieces] == [shapely.to_wkb(p.shape) for p in three.pieces]
