"""Candidates from tables, polygons, communes and grids, and files that cannot be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from made_up_communes import four_communes, square

from phusong.coverage.errors import CoverageError
from phusong.coverage.input.candidates import commune_candidates, read_candidates
from phusong.coverage.measuring.candidate_grid import grid_candidates
from phusong.coverage.measuring.reach import reach_of, shapes_of
from phusong.coverage.projection import EQUAL_AREA, METRIC, project_points, reproject


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table(tmp_path: Path) -> None:
    """Headers may be Vietnamese; a row without a radius has the one that is given."""
    path = _write(
        tmp_path / "masts.csv",
        "Mã trạm;Tên trạm;Vĩ độ;Kinh độ;Bán kính\nm1;Đỉnh A;21.0;107.1;2.5\nm2;;21.1;107.2;\n",
    )
    found = read_candidates(path, 4.0)
    assert [(c.candidate_id, c.name, c.lat, c.lon, c.radius_m, c.shape) for c in found.all] == [
        ("m1", "Đỉnh A", 21.0, 107.1, 2500.0, None), ("m2", "", 21.1, 107.2, 4000.0, None),
    ]  # fmt: skip
    (source,) = found.sources
    assert (source.role, source.file, source.rows, len(source.sha256)) == ("candidates", "masts.csv", 2, 64)
    assert len(found.points) == 2


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "c.csv: has no rows; give at least one candidate"),
        (",x,21,107,", "c.csv:2: the id is empty; give every row one"),
        ("a,x,21,107,\na,y,21,107,", "c.csv:3: 'a' is there twice; remove one"),
        ("a,x,21,107,0", "c.csv:2: a radius of 0.0 km: give one above 0 and at most 100 km"),
        ("a,x,21,107,-3", "a radius of -3.0 km"),
        ("a,x,21,107,nan", "c.csv:2: lat, lon and radius_km must be numbers with a point"),
        ("a,x,21,107,1_0", "c.csv:2: lat, lon and radius_km must be numbers with a point"),
        ("a,x,21,107,3 km", "c.csv:2: lat, lon and radius_km must be numbers with a point"),
        ("a,x,,107,", "lat, lon and radius_km must be numbers"),
        ("a,x,107,21,", "c.csv:2: 107.0, 21.0 is not in or near the province; check lat and lon"),
        ("a,x,nan,107,", "lat, lon and radius_km must be numbers"),
        ("a,x\x1b[2J,21,107,", "c.csv:2: the id or the name has a control character; remove it"),
        ("a,x,1,2,\nb,y,1,2,", "c.csv:2: .*\n.*c.csv:3: "),
    ],
)
def test_bad_tables(rows: str, message: str, tmp_path: Path) -> None:
    """Each fault is named with its line and the remedy, all of them at once."""
    path = _write(tmp_path / "c.csv", f"id,name,lat,lon,radius_km\n{rows}\n")
    with pytest.raises(CoverageError, match=message):
        read_candidates(path, 3.0)


def test_predicted_polygons(write_vectors) -> None:
    """Polygons of one id are one candidate, with a point inside; what they reach is theirs, not a circle."""
    west, east = shapely.box(107.0, 21.0, 107.01, 21.01), shapely.box(107.02, 21.0, 107.03, 21.01)
    path = write_vectors(
        "p.gpkg", [west, shapely.box(107.5, 21.0, 107.6, 21.1), east], {"Site ID": ["a", "b", "a"]}
    )
    found = read_candidates(path, 3.0)
    assert [(c.candidate_id, c.radius_m) for c in found.all] == [("a", None), ("b", None)]
    first = found.all[0]
    assert shapely.union_all([west, east]).contains(shapely.Point(first.lon, first.lat))
    points = project_points(np.array([107.005, 107.015, 107.025, 107.55]), np.array([21.005] * 4))
    reach = reach_of(found.all, points)
    assert [reach.of(0).tolist(), reach.of(1).tolist()] == [[0, 2], [3]]
    assert shapes_of(found.all)[0].equals(first.shape)


def test_polygons_without_an_id_are_numbered(write_vectors) -> None:
    """Their numbers in the file, from 1, name them."""
    path = write_vectors("p.geojson", [shapely.box(107.0, 21.0, 107.1, 21.1)] * 1, {"DN": [7]})
    assert [c.candidate_id for c in read_candidates(path, 3.0).all] == ["1"]


@pytest.mark.parametrize("value", ["", "a\nb"])
def test_bad_polygons(value: str, write_vectors) -> None:
    """An id that is empty or has a control character is refused with the feature."""
    path = write_vectors(
        "p.gpkg",
        [shapely.box(107.0, 21.0, 107.1, 21.1), shapely.box(107.2, 21, 107.3, 21.1)],
        {"id": ["x", value]},
    )
    with pytest.raises(CoverageError, match=r"p\.gpkg: feature 2: the id is empty, or it or"):
        read_candidates(path, 3.0)


def test_communes_as_candidates() -> None:
    """Each commune reaches what lies in it."""
    found = commune_candidates(four_communes())
    centres = shapely.centroid(np.array([square(0, 0, 10), square(10, 10, 10)], dtype=object))
    reach = reach_of(found.all, centres)
    assert [reach.of(n).tolist() for n in range(4)] == [[0], [], [], [1]]
    assert [c.candidate_id for c in found.all] == ["00001", "00002", "00003", "00004"]


def test_a_grid() -> None:
    """Its points are whole steps of the national grid, lie in the area, and do not move when the area changes."""
    area = square(0, 0, 6).difference(square(2, 2, 2))
    found = grid_candidates(area, 500.0, 3.0)
    local = shapely.get_coordinates(reproject(found.points, EQUAL_AREA, METRIC))
    assert np.abs(local / 500 - np.round(local / 500)).max() < 1e-5
    assert shapely.distance(area, found.points).max() < 1e-3
    assert len(found.all) == pytest.approx(area.area / 500**2, rel=0.1)
    assert found.all[0].candidate_id == f"E{local[0][0]:06.0f}N{local[0][1]:07.0f}"
    assert {c.radius_m for c in found.all} == {3000.0}
    assert found.sources == ()
    part = grid_candidates(shapely.union_all([square(0, 0, 1), square(5, 5, 1)]), 500.0, 3.0)
    assert set(part.all) <= set(found.all)
    assert 4 <= len(part.all) < len(found.all)
    assert grid_candidates(shapely.MultiPolygon(), 500.0, 3.0).all == ()


@pytest.mark.parametrize(
    ("step_m", "radius_km", "message"),
    [
        (1.0, 3.0, r"a grid of 1 m would have over 200,000 points; take a larger step, at least 50 m"),
        (0.5, 3.0, "give the step in metres, 1 or more"),
        (float("nan"), 3.0, "give the step in metres"),
        (500.0, 101.0, "a radius of 101.0 km"),
    ],
)
def test_bad_grids(step_m: float, radius_km: float, message: str) -> None:
    """Too fine a grid is refused with one that would do."""
    with pytest.raises(CoverageError, match=message):
        grid_candidates(square(0, 0, 20), step_m, radius_km)
