"""Schematic boundaries: a drawing that holds what the indicators need."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from phusong.coverage.editions import load_edition
from phusong.coverage.input.boundaries import Boundaries, read_boundaries
from phusong.coverage.input.schematic import draw_schematic, lies_inland
from phusong.coverage.projection import project_points

REAL_FILES = {
    "2020-01": "quangninh_communes_gadm41_177.geojson",
    "2025-07": "quangninh_units54_2025_simplified.geojson",
}
FORMER_LIKENESS = {"2020-01": 0.4915, "2025-07": 0.5128}
"""Mean intersection over union with the real communes of the plain power diagram that was drawn before."""


@pytest.fixture(scope="module")
def later() -> Boundaries:
    return draw_schematic(load_edition("2025-07"))


@pytest.fixture(params=["2020-01", "2025-07"])
def drawn(request: pytest.FixtureRequest, schematic: Boundaries, later: Boundaries) -> Boundaries:
    return schematic if request.param == "2020-01" else later


def test_every_commune_is_a_valid_polygon_with_its_centre(drawn: Boundaries) -> None:
    """Each commune of the edition is there, valid, and has its centre at least 50 m inside."""
    communes = drawn.edition.communes.values()
    centres = project_points(np.array([c.lon for c in communes]), np.array([c.lat for c in communes]))
    assert drawn.schematic
    assert len(drawn.polygons) == len(drawn.edition.communes)
    assert shapely.is_valid(drawn.polygons).all()
    assert shapely.contains(drawn.polygons, centres).all()
    assert shapely.distance(shapely.boundary(drawn.polygons), centres).min() > 50


def test_communes_do_not_overlap(drawn: Boundaries) -> None:
    """The areas add up to the area of the union, and neighbours share their edges to the last vertex."""
    total = shapely.area(drawn.polygons).sum()
    assert shapely.union_all(drawn.polygons).area == pytest.approx(total, rel=1e-9)
    assert shapely.coverage_is_valid(drawn.polygons)


def test_inland_communes_have_their_areas(drawn: Boundaries) -> None:
    """No commune without coast is over 5 % off its stated area, and each is in one piece."""
    inland = lies_inland(drawn.polygons)
    stated = np.array([commune.area_km2 for commune in drawn.edition.communes.values()])
    error = np.abs(shapely.area(drawn.polygons) / 1e6 - stated) / stated
    assert inland.sum() >= {"2020-01": 75, "2025-07": 13}[drawn.edition.name]
    assert error[inland].max() < 0.05
    assert (shapely.get_num_geometries(drawn.polygons[inland]) == 1).all()


def test_land_areas_are_met_on_the_coast_too(schematic: Boundaries) -> None:
    """The stated areas of 2020-01 are land, so all 177 are within 5 %, islands included."""
    stated = np.array([commune.area_km2 for commune in schematic.edition.communes.values()])
    found = shapely.area(schematic.polygons) / 1e6
    assert (np.abs(found - stated) / stated).max() < 0.05
    assert found.sum() == pytest.approx(stated.sum(), rel=0.01)


def test_no_hole_stays_between_inland_communes(drawn: Boundaries) -> None:
    """What the communes enclose without touching the coast is theirs: there is no gap on land."""
    parts = shapely.get_parts(shapely.union_all(drawn.polygons))
    holes = [shapely.Polygon(ring) for part in parts for ring in shapely.get_rings(part)[1:]]
    assert not lies_inland(np.array([*holes, None], dtype=object)[:-1]).any()


def test_inland_is_told_from_the_coast(later: Boundaries) -> None:
    """The island zones are on the coast; communes at the border with China and Bac Giang are inland."""
    inland = dict(zip(later.edition.communes, lies_inland(later.polygons).tolist(), strict=True))
    names = {commune.bare_name: inland[code] for code, commune in later.edition.communes.items()}
    assert {name: names[name] for name in ("Vân Đồn", "Cô Tô", "Hạ Long", "Móng Cái 1")} == dict.fromkeys(
        ("Vân Đồn", "Cô Tô", "Hạ Long", "Móng Cái 1"), False
    )
    assert names["Bình Liêu"]
    assert names["Hoành Mô"]
    assert names["Lương Minh"]


def test_the_drawing_is_more_like_the_real_communes(drawn: Boundaries, reference_data: Path) -> None:
    """Cells share more with the real communes than those of the plain diagram did, on average."""
    real = read_boundaries(reference_data / REAL_FILES[drawn.edition.name], drawn.edition).polygons
    likeness = shapely.area(shapely.intersection(drawn.polygons, real)) / shapely.area(
        shapely.union(drawn.polygons, real)
    )
    assert likeness.mean() > FORMER_LIKENESS[drawn.edition.name] + 0.02


def test_the_drawing_is_the_same_every_time(schematic: Boundaries, later: Boundaries) -> None:
    """Two drawings are equal to the last bit and carry the same hash; another edition carries another one."""
    again = draw_schematic(schematic.edition)
    assert again.sha256 == schematic.sha256
    assert shapely.to_wkb(again.polygons).tolist() == shapely.to_wkb(schematic.polygons).tolist()
    assert later.sha256 != schematic.sha256
