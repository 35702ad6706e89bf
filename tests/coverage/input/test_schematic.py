"""Schematic boundaries: a drawing that holds what the indicators need."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from phusong.coverage.editions import load_edition
from phusong.coverage.input.boundaries import Boundaries
from phusong.coverage.input.schematic import draw_schematic
from phusong.coverage.projection import project_points


@pytest.fixture(scope="module", params=["2020-01", "2025-07"])
def drawn(request: pytest.FixtureRequest, schematic: Boundaries) -> Boundaries:
    return schematic if request.param == "2020-01" else draw_schematic(load_edition(request.param))


def test_every_commune_is_a_valid_polygon_with_its_centre(drawn: Boundaries) -> None:
    """Each commune of the edition is there, valid, and contains its centre."""
    communes = drawn.edition.communes.values()
    centres = project_points(np.array([c.lon for c in communes]), np.array([c.lat for c in communes]))
    assert drawn.schematic
    assert len(drawn.polygons) == len(drawn.edition.communes)
    assert shapely.is_valid(drawn.polygons).all()
    assert shapely.contains(drawn.polygons, centres).all()


def test_communes_do_not_overlap(drawn: Boundaries) -> None:
    """The areas add up to the area of the union."""
    total = shapely.area(drawn.polygons).sum()
    assert shapely.union_all(drawn.polygons).area == pytest.approx(total, rel=1e-9)


def test_areas_are_about_right(drawn: Boundaries) -> None:
    """Half of the communes are within 15 % of their area, the province within 6 %."""
    wanted = np.array([commune.area_km2 for commune in drawn.edition.communes.values()])
    found = shapely.area(drawn.polygons) / 1e6
    assert np.median(np.abs(found - wanted) / wanted) < 0.15
    assert found.sum() == pytest.approx(wanted.sum(), rel=0.06)


def test_the_drawing_is_the_same_every_time(schematic: Boundaries) -> None:
    """Two drawings are equal to the last bit and carry the same hash."""
    again = draw_schematic(schematic.edition)
    assert again.sha256 == schematic.sha256
    assert shapely.to_wkb(again.polygons).tolist() == shapely.to_wkb(schematic.polygons).tolist()
