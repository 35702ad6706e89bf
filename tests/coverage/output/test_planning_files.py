"""The files of a plan: the same numbers everywhere, the same bytes, texts that stay texts, and the sources."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import pytest
import shapely
from made_up_communes import four_communes, square

from phusong.coverage.editions import Commune
from phusong.coverage.input.candidates import Candidate
from phusong.coverage.input.settlements import Settlements
from phusong.coverage.measuring.demand import CENTRE, PEOPLE, Demand, demand_outside
from phusong.coverage.measuring.gaps import find_gaps
from phusong.coverage.measuring.planning import rank_candidates
from phusong.coverage.measuring.reach import reach_of, shapes_of
from phusong.coverage.output.planning_files import write_plan
from phusong.coverage.output.planning_tables import (
    GAP_COLUMNS,
    RANKING_COLUMNS,
    Plan,
    cell_text,
    gaps_table,
    ranking_table,
)
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject
from phusong.coverage.summary import LayerSource, Source

HOSTILE = "=HYPERLINK(\"http://x\";1)<script>alert('1')</script>"
FILES = ["gaps.csv", "gaps.geojson", "plan.gpkg", "plan.json", "ranking.csv", "ranking.geojson"]


def _degrees(shape: shapely.Geometry) -> tuple[float, float]:
    lon, lat = shapely.get_coordinates(reproject(np.array([shape.centroid], dtype=object), EQUAL_AREA, WGS84))[0]
    return float(lat), float(lon)


def make_plan(number: int = 3) -> Plan:
    """Return a plan over four communes: two holes, two masts of which one is a polygon, hostile names."""
    boundaries = four_communes()
    holes = square(2, 2, 2), square(9, 9, 3)
    covered = square(0, 0, 20).difference(shapely.union_all(holes))
    points = np.array([hole.centroid for hole in holes] + [square(15, 15, 1).centroid], dtype=object)
    demands = [
        Demand(PEOPLE, points, np.array([500.25, 80.0, 1000.0]), 1.0),
        Demand("school", points[1:], np.ones(2), 10.0),
        Demand(CENTRE, points[:0], np.ones(0)),
    ]
    candidates = [
        Candidate("-a", "@SUM(1)", *_degrees(holes[0]), 1500.0),
        Candidate(HOSTILE, "+1", *_degrees(holes[1]), None, square(9.5, 9.5, 2)),
        Candidate("none", "", *_degrees(square(18, 1, 1)), 100.0),
    ]
    gaps = find_gaps(
        boundaries, covered, demands, Settlements(("=cmd|' /C calc'!A0",), np.array([20.9]), np.array([107.2]))
    )
    left = [demand_outside(demand, covered) for demand in demands[:2]]
    reach = reach_of(candidates, np.concatenate([demand.points for demand in left]))
    ranking = rank_candidates([c.candidate_id for c in candidates], reach, left, number)
    chosen = tuple(candidates[choice.candidate] for choice in ranking.choices)
    communes: tuple[Commune | None, ...] = tuple(boundaries.edition.communes.values())
    return Plan(
        boundaries=boundaries,
        technology="4G",
        operator=HOSTILE,
        min_dbm=-105.0,
        method="points",
        candidates=len(candidates),
        radius_km=1.5,
        step_m=None,
        number=number,
        weights={PEOPLE: 1.0, "school": 10.0},
        min_gap_km2=1.0,
        sliver_m=50.0,
        population_method="points",
        synthetic=False,
        layers=(LayerSource("a.gpkg", "ab" * 32, HOSTILE, "4G", -105.0, "2026-06-30", "WGS 84"),),
        sources=(Source("candidates", "masts.csv", "cd" * 32, 3),),
        ranking=ranking,
        chosen=chosen,
        communes=(communes[0], None)[: len(chosen)],
        shapes=shapes_of(chosen),
        gaps=gaps,
    )


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan()


@pytest.fixture(scope="module")
def folder(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plan") / "new"
    write_plan(plan, folder)
    return folder


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_the_ranking(folder: Path) -> None:
    """Best first, each kind newly reached, together, and its share of what was open; unknown is empty."""
    first, second = _rows(folder / "ranking.csv")
    assert list(first) == list(RANKING_COLUMNS)
    assert (first["rank"], first["candidate_id"], first["name"]) == ("1", "'-a", "'@SUM(1)")
    assert (first["gain"], first["gain_together"], first["gain_share"]) == ("500.2", "500.2", "0.847522")
    assert (first["people_gained"], first["people_share"]) == ("500.2", "0.862128")
    assert (first["schools_gained"], first["schools_together"], first["schools_share"]) == ("0", "0", "0.000000")
    assert (first["hospitals_gained"], first["sites_share"]) == ("", "")
    assert (first["radius_km"], first["commune_code"], first["commune_name"]) == ("1.500", "00001", "Xã 1")
    assert (second["gain"], second["gain_together"], second["gain_share"]) == ("90", "590.2", "1.000000")
    assert (second["radius_km"], second["commune_code"], second["schools_gained"]) == ("", "", "1")


def test_the_gaps(folder: Path) -> None:
    """Most people first, with communes, what is in them and the nearest settlement."""
    first, second = _rows(folder / "gaps.csv")
    assert list(first) == list(GAP_COLUMNS)
    assert (first["gap"], first["area_km2"], first["people"], first["schools"]) == ("1", "4.0000", "500.2", "0")
    assert (second["area_km2"], second["people"], second["schools"], second["sites"]) == ("9.0000", "80", "1", "")
    assert (second["commune_codes"], second["first_share"]) == ("00004|00002|00003|00001", "0.444444")
    assert second["commune_names"].split("|")[0] == "Xã 4"
    assert first["nearest"].startswith("'=cmd")
    assert 0 <= int(first["bearing_deg"]) < 360


def test_the_same_numbers_everywhere(plan: Plan, folder: Path) -> None:
    """GeoJSON and GeoPackage repeat the tables; positions are those of the shapes."""
    for table, layers in ((ranking_table(plan), ("ranking", "reach")), (gaps_table(plan), ("gaps",))):
        features = json.loads((folder / f"{table.name}.geojson").read_text(encoding="utf-8"))["features"]
        rows = [
            {name: value for name, value in row.items() if value not in (None, "")} for row in table.dictionaries()
        ]
        assert [feature["properties"] for feature in features] == rows
        for layer in layers:
            frame = geopandas.read_file(folder / "plan.gpkg", layer=layer)
            assert list(frame.columns) == [*table.columns, "geometry"]
            assert frame.crs.to_epsg() == 4326
            for (_, found), row in zip(frame.iterrows(), rows, strict=True):
                known = {name: found[name] for name in table.columns if found[name] == found[name]}
                assert {name: value for name, value in known.items() if value not in (None, "")} == row
    reach = geopandas.read_file(folder / "plan.gpkg", layer="reach").to_crs(EQUAL_AREA)
    assert reach.area.tolist() == pytest.approx(shapely.area(plan.shapes).tolist(), rel=1e-6)
    gaps = geopandas.read_file(folder / "plan.gpkg", layer="gaps").to_crs(EQUAL_AREA)
    assert gaps.area.tolist() == pytest.approx([gap.area_km2 * 1e6 for gap in plan.gaps.pieces], rel=1e-6)
    masts = geopandas.read_file(folder / "plan.gpkg", layer="ranking")
    assert [(point.x, point.y) for point in masts.geometry] == [(c.lon, c.lat) for c in plan.chosen]


def test_geojson_is_rfc_7946(folder: Path) -> None:
    """Longitude first in WGS 84, outer rings anticlockwise, at most seven decimals."""
    for name in ("ranking", "gaps"):
        data = json.loads((folder / f"{name}.geojson").read_text(encoding="utf-8"))
        assert data["type"] == "FeatureCollection"
        assert "crs" not in data
        for feature in data["features"]:
            shape = shapely.geometry.shape(feature["geometry"])
            assert shape.is_valid
            assert 106 < shape.bounds[0] <= shape.bounds[2] < 109
            assert all(part.exterior.is_ccw for part in shapely.get_parts(shape) if part.geom_type == "Polygon")
            numbers = json.dumps(feature["geometry"]["coordinates"]).replace("[", "").replace("]", "")
            assert max(len(number.strip().partition(".")[2]) for number in numbers.split(",")) <= 7


def test_where_it_comes_from(folder: Path) -> None:
    """Every file says what was asked and which files, by their hashes, it stands on."""
    plan_json = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert (plan_json["edition"], plan_json["technology"], plan_json["min_dbm"]) == ("made up", "4G", -105.0)
    assert plan_json["candidates"] == {"method": "points", "number": 3, "radius_km": 1.5}
    assert (plan_json["asked"], plan_json["ranked"], plan_json["exhausted"]) == (3, 2, True)
    assert plan_json["uncovered"] == {"land_km2": 13.0, "people": 580.2, "schools": 1.0}
    assert plan_json["gaps"]["pieces"] == {"parts": 2, "area_km2": 13.0, "people": 580.2}
    assert plan_json["gaps"]["slivers"]["parts"] == 0
    assert [source["role"] for source in plan_json["sources"]] == ["boundaries", "coverage", "candidates"]
    for name in ("ranking", "gaps"):
        data = json.loads((folder / f"{name}.geojson").read_text(encoding="utf-8"))
        assert data["metadata"] == plan_json
    listed = pyogrio.read_dataframe(folder / "plan.gpkg", layer="provenance")
    assert listed["sha256"].tolist() == ["", "ab" * 32, "cd" * 32]
    assert listed["file"].tolist() == ["made up", "a.gpkg", "masts.csv"]
    settings = pyogrio.read_dataframe(folder / "plan.gpkg", layer="settings")
    asked = {key: json.loads(value) for key, value in zip(settings["key"], settings["value"], strict=True)}
    assert asked == {key: value for key, value in plan_json.items() if key != "sources"}


def test_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    """The same plan again gives the same files, over old ones too; nothing half-written stays."""
    assert sorted(path.name for path in folder.iterdir()) == FILES
    for _ in range(2):
        write_plan(make_plan(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_texts_stay_texts(folder: Path) -> None:
    """A spreadsheet computes no id, no name and no settlement; other programs read them as they are."""
    for name in ("ranking.csv", "gaps.csv"):
        for row in _rows(folder / name):
            assert not [text for text in row.values() if text.startswith(("=", "+", "-", "@", "\t"))], name
    ranking = json.loads((folder / "ranking.geojson").read_text(encoding="utf-8"))
    assert ranking["features"][1]["properties"]["candidate_id"] == HOSTILE


def test_nothing_found(plan: Plan, tmp_path: Path) -> None:
    """Without a gap and without a candidate there are empty tables and layers, and files that can be read."""
    boundaries = four_communes()
    gaps = find_gaps(boundaries, square(-1, -1, 30), [], Settlements((), np.empty(0), np.empty(0)))
    ranking = rank_candidates([], reach_of([], np.empty(0, dtype=object)), [], 3)
    nothing = replace(plan, gaps=gaps, ranking=ranking, chosen=(), communes=(), shapes=shapes_of([]))
    write_plan(nothing, tmp_path)
    assert _rows(tmp_path / "ranking.csv") == _rows(tmp_path / "gaps.csv") == []
    kinds: dict[str, Any] = {}
    for layer in ("ranking", "reach", "gaps"):
        assert len(geopandas.read_file(tmp_path / "plan.gpkg", layer=layer)) == 0
        kinds[layer] = pyogrio.read_info(tmp_path / "plan.gpkg", layer=layer)["geometry_type"]
    assert kinds == {"ranking": "Point", "reach": "MultiPolygon", "gaps": "MultiPolygon"}
    assert json.loads((tmp_path / "gaps.geojson").read_text(encoding="utf-8"))["features"] == []
    full = pyogrio.read_info(tmp_path / "plan.gpkg", layer="ranking")
    write_plan(plan, tmp_path)
    assert pyogrio.read_info(tmp_path / "plan.gpkg", layer="ranking")["dtypes"].tolist() == full["dtypes"].tolist()


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("lat", 21.0, "21.000000"),
        ("people_share", 0.5, "0.500000"),
        ("nearest_m", 4200.0, "4200"),
        ("people", 12.5, "12.5"),
        ("people", 12.0, "12"),
        ("gap", 3, "3"),
        ("name", "-1+2", "'-1+2"),
        ("radius_km", None, ""),
    ],
)
def test_how_values_are_written(column: str, value: float | str | None, text: str) -> None:
    """Each column has its digits; unknown is empty."""
    assert cell_text(column, value) == text


def test_every_column_is_documented() -> None:
    """The page has all columns of both tables as they are written, and no others."""
    page = (Path(__file__).parents[3] / "docs" / "planning.md").read_text(encoding="utf-8")
    section = page.partition("## What comes out\n")[2].partition("\n## ")[0]
    names = [name for name in re.findall(r"^\| `([^`]+)`", section, re.MULTILINE) if "." not in name]
    assert names == list(dict.fromkeys(names))
    assert set(names) == {*RANKING_COLUMNS, *GAP_COLUMNS}
    files = [name for name in re.findall(r"`([^`]+)`", section.partition("\n\n| column")[0]) if "." in name]
    assert set(FILES) <= set(files)
