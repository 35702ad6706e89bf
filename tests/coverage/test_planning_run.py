"""Plans from files to files: what counts as covered and served, and requests that cannot be met."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from phusong.coverage import planning_run
from phusong.coverage.errors import CoverageError
from phusong.coverage.input.boundaries import Boundaries
from phusong.coverage.input.layer_spec import LayerSpec, parse_layer_spec
from phusong.coverage.output.planning_tables import Plan
from phusong.coverage.planning_request import PlanRequest, parse_weights
from phusong.coverage.planning_run import compute_plan
from phusong.coverage.projection import EQUAL_AREA, METRIC, WGS84, project_points, reproject

EAST_HALF = shapely.box(107.3, 20.4, 108.5, 21.9)
FILES = ["gaps.csv", "gaps.geojson", "plan.gpkg", "plan.json", "ranking.csv", "ranking.geojson"]
MakePlan = Callable[..., Plan]


@pytest.fixture
def layer(write_vectors) -> LayerSpec:
    """Make a layer of 4G over the east of the province."""
    path = write_vectors("east.geojson", [EAST_HALF])
    return parse_layer_spec(f"{path},operator=A,technology=4G,min_dbm=-105")


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, Path]:
    """Place people and schools in the west (open), in the east (covered) and in a neighbouring province."""
    texts = {
        "population": "lat,lon,people\n20.998,106.783,900\n21.004,107.137,500\n21.331,107.395,5000\n"
        "20.86,106.68,90000\n",
        "schools": "id,lat,lon\ns1,21.004,107.137\ns2,21.331,107.395\n",
        "candidates": "id,lat,lon,name\nhalong,21.004,107.137,Hạ Long\nuongbi,20.998,106.783,\n"
        "east,21.331,107.395,\nhaiphong,20.86,106.68,\n",
    }
    paths = {name: tmp_path / f"{name}.csv" for name in texts}
    for name, text in texts.items():
        paths[name].write_text(text, encoding="utf-8")
    return paths


@pytest.fixture
def plan(
    layer: LayerSpec,
    tables: dict[str, Path],
    tmp_path: Path,
    schematic: Boundaries,
    monkeypatch: pytest.MonkeyPatch,
) -> MakePlan:
    """Plan with the boundaries of all tests, which would be drawn the same every time."""
    monkeypatch.setattr(planning_run, "draw_schematic", lambda _edition: schematic)
    request = PlanRequest((layer,), tmp_path / "out", **tables)  # type: ignore[arg-type]
    return lambda **changes: compute_plan(replace(request, **changes), lambda _line: None)


def _chosen(plan: Plan) -> list[tuple[str, float]]:
    return [
        (candidate.candidate_id, choice.weighted.gained)
        for candidate, choice in zip(plan.chosen, plan.ranking.choices, strict=True)
    ]


def test_what_is_covered_or_elsewhere_counts_for_nothing(plan: MakePlan, tmp_path: Path) -> None:
    """The covered town and the big city over the border bring nothing; the files are there."""
    made = plan()
    assert _chosen(made) == [("uongbi", 900), ("halong", 500)]
    assert made.ranking.exhausted
    assert [(a.kind, a.number) for a in made.ranking.open] == [("people", 1400), ("school", 1)]
    assert [c.name for c in made.communes if c] == [made.communes[0].name, "Phường Hà Khánh"]  # type: ignore[union-attr]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES
    rows = list(csv.DictReader((tmp_path / "out" / "ranking.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["candidate_id"], row["people_gained"], row["schools_gained"]) for row in rows] == [
        ("uongbi", "900", "0"), ("halong", "500", "1"),
    ]  # fmt: skip
    about = json.loads((tmp_path / "out" / "plan.json").read_text(encoding="utf-8"))
    assert [source["role"] for source in about["sources"]] == [
        "boundaries", "coverage", "candidates", "school", "population",
    ]  # fmt: skip
    assert about["population_method"] == "points"


def test_weights_and_number(plan: MakePlan) -> None:
    """A school that counts for 1,000 people changes the order; no more are chosen than wanted."""
    made = plan(weights=parse_weights("people=1,schools=1000"), number=1)
    assert _chosen(made) == [("halong", 1500)]
    assert not made.ranking.exhausted
    assert made.ranking.choices[0].gains[1].share == 1.0


def test_what_is_served_by_other_means(plan: MakePlan, tmp_path: Path) -> None:
    """Demand around an office with a line is served; without layers, that alone counts."""
    served = tmp_path / "served.csv"
    served.write_text("site_id,lat,lon,radius_km\nline,21.0,106.79,2\n", encoding="utf-8")
    assert _chosen(plan(served=served)) == [("halong", 500)]
    without = plan(served=served, layers=())
    assert _chosen(without) == [("east", 5000), ("halong", 500)]
    assert (without.technology, without.layers) == ("", ())
    assert 1 < without.gaps.land_km2 - without.gaps.uncovered_km2 < 4 * 3.1416


def test_the_edge_of_what_is_served(plan: MakePlan, tmp_path: Path) -> None:
    """Who lives between a circle and the polygon that is drawn for it is served."""
    (centre,) = reproject(project_points(np.array([107.137]), np.array([21.004])), EQUAL_AREA, METRIC)
    turn = math.radians(90 / 64)
    people = [
        shapely.Point(centre.x + r * math.cos(turn), centre.y + r * math.sin(turn)) for r in (1999.7, 2000.3)
    ]
    degrees = shapely.get_coordinates(reproject(np.array(people, dtype=object), METRIC, WGS84)).tolist()
    rows = [f"{lat:.9f},{lon:.9f},{number}\n" for (lon, lat), number in zip(degrees, (10, 7), strict=True)]
    (tmp_path / "edge.csv").write_text("lat,lon,people\n" + "".join(rows))
    served = tmp_path / "served.csv"
    served.write_text("site_id,lat,lon,radius_km\nline,21.004,107.137,2\n", encoding="utf-8")
    made = plan(population=tmp_path / "edge.csv", served=served, layers=())
    assert made.ranking.open[0].number == 7
    assert sum(gap.people for gap in made.gaps.pieces) + made.gaps.small.amounts[0].number == 7


def test_communes_and_grids(plan: MakePlan) -> None:
    """Communes reach their people; a grid is laid over the uncovered land alone."""
    communes = plan(candidates=None, by_commune=True)
    assert [gained for _, gained in _chosen(communes)] == [900, 500]
    assert communes.chosen[1].candidate_id == "06649"
    grid = plan(candidates=None, step_m=2000.0)
    assert sum(gained for _, gained in _chosen(grid)) == pytest.approx(1400)
    assert not EAST_HALF.buffer(-0.01).intersects(shapely.MultiPoint([(c.lon, c.lat) for c in grid.chosen]))
    assert (grid.method, grid.step_m) == ("grid", 2000.0)
    estimated = plan(candidates=None, population=None, number=3)
    assert (estimated.population_method, estimated.step_m, len(estimated.chosen)) == ("area", 1000.0, 3)


def test_classes_and_operators(plan: MakePlan, layer: LayerSpec, write_vectors) -> None:
    """At least: a weaker class than asked does not count, a stronger one does; each operator for itself."""
    west = write_vectors("west.geojson", [shapely.box(106.2, 20.4, 106.9, 21.9)])
    layers = (layer, parse_layer_spec(f"{west},operator=B,technology=4G,min_dbm=-115"))
    assert _chosen(plan(layers=layers)) == [("halong", 500)]
    assert _chosen(plan(layers=layers, min_dbm=-110.0)) == [("uongbi", 900), ("halong", 500)]
    only_b = plan(layers=layers, operator="B")
    assert _chosen(only_b) == [("east", 5000), ("halong", 500)]
    assert [source.operator for source in only_b.layers] == ["B"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": ()}, "no coverage layer is given"),
        ({"technology": "5G"}, r"no layer shows 5G of operator 'any'; there is 4G of 'A', -105 dBm; 4G of 'any'"),
        ({"min_dbm": -90.0}, "no layer shows 4G of operator 'any' at -90 dBm or better"),
        ({"operator": "Z"}, "no layer shows 4G of operator 'Z'"),
        ({"by_commune": True}, "candidates: give a file, the communes or the step of a grid, one of them only"),
        ({"radius_km": 0.0}, "a radius of 0.0 km"),
        ({"number": 0}, "0 candidates to choose: give 1 or more"),
        ({"min_gap_km2": -1.0}, r"the least size of a gap is -1.0: give a number, 0 or more"),
        ({"sliver_m": float("nan")}, "the width of slivers is nan"),
        ({"weights": {"people": 1.0, "hospital": 2.0}}, "hospital counts 2, but no file of hospitals is given"),
        ({"edition": "1999"}, "edition '1999' is not known"),
        ({"schools": Path("nowhere.csv")}, r"nowhere\.csv: no such file"),
        ({"candidates": None, "step_m": 5.0}, "a grid of 5 m would have over 200,000 points"),
    ],
)
def test_what_cannot_be_planned(changes: dict[str, object], message: str, plan: MakePlan, tmp_path: Path) -> None:
    """It is said with the remedy, and nothing is written."""
    with pytest.raises(CoverageError, match=message):
        plan(**changes)
    assert not (tmp_path / "out").exists()


def test_the_folder_is_a_file(plan: MakePlan, tmp_path: Path) -> None:
    """Another place is asked for before any work is done."""
    (tmp_path / "out").write_text("x")
    with pytest.raises(CoverageError, match="is no folder; choose another --out"):
        plan()


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("people=1,school=200", {"people": 1, "site": 0, "school": 200, "hospital": 0}),
        (" schools = 5 , people=0", {"people": 0, "site": 0, "school": 5, "hospital": 0}),
        ("sites=3", {"people": 1, "site": 3, "school": 0, "hospital": 0}),
    ],
)
def test_weights(text: str, weights: dict[str, float]) -> None:
    """Kinds may be written in the plural; those that are not named keep their default."""
    assert parse_weights(text) == weights


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not known or there twice; write e.g. people=1,school=200 with people, site, school, hospital"),
        ("church=1", "'church' is not known"),
        ("people=1,people=2", "'people' is not known or there twice"),
        ("people=-1", "'-1' is no weight; give a number, 0 or more"),
        ("people=nan", "'nan' is no weight"),
        ("people", "'' is no weight"),
        ("people=0", "every weight is 0"),
    ],
)
def test_bad_weights(text: str, message: str) -> None:
    """What is wrong is said with an example."""
    with pytest.raises(CoverageError, match=message):
        parse_weights(text)
