"""Boundary files: every commune matched, seams closed and listed, wrong files refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from phusong.coverage.editions import Edition, load_edition
from phusong.coverage.errors import BoundaryError
from phusong.coverage.input.boundaries import Boundaries, read_boundaries
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject


@pytest.fixture(scope="module")
def real(reference_data: Path, edition: Edition) -> Boundaries:
    return read_boundaries(reference_data / "quangninh_communes_gadm41_177.geojson", edition)


def test_real_communes_are_all_matched(real: Boundaries) -> None:
    """The real 177 communes are read with areas as in the edition (0.1 km2 and closed seams apart)."""
    areas = shapely.area(real.polygons) / 1e6
    assert not real.schematic
    assert len(areas) == 177
    for area, commune in zip(areas, real.edition.communes.values(), strict=True):
        assert area == pytest.approx(commune.area_km2, abs=0.3)


def test_real_seams_are_listed_and_closed(real: Boundaries) -> None:
    """The 6.1 km2 of overlaps and 6.8 km2 of holes of the real file are in the repairs, and gone afterwards."""
    overlaps = [repair.km2 for repair in real.repairs if repair.what.startswith("overlap with")]
    holes = [repair.km2 for repair in real.repairs if repair.what.startswith(("gap between", "hole"))]
    assert len(overlaps) > 200
    assert sum(overlaps) == pytest.approx(6.13, abs=0.05)
    assert sum(holes) == pytest.approx(6.80, abs=0.05)
    assert shapely.coverage_is_valid(real.polygons)
    assert shapely.area(real.polygons).sum() == pytest.approx(shapely.union_all(real.polygons).area, rel=1e-9)


def test_real_units_of_2025_are_all_matched(reference_data: Path) -> None:
    """The real 54 units are clean: all matched, nothing to repair."""
    units = read_boundaries(reference_data / "quangninh_units54_2025_simplified.geojson", load_edition("2025-07"))
    assert len(units.polygons) == 54
    assert units.repairs == ()
    assert shapely.area(units.polygons).sum() / 1e6 == pytest.approx(5_819, abs=5)


def test_real_file_of_another_edition_is_refused(reference_data: Path, edition: Edition) -> None:
    """The 54 units are refused as edition 2020-01, with reused codes named."""
    with pytest.raises(BoundaryError, match=r"06799 is Xã Cộng Hòa in edition 2020-01.*'Xã Hải Hoà'"):
        read_boundaries(reference_data / "quangninh_units54_2025_simplified.geojson", edition)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda codes: codes[:-1], "1 of 177 communes are missing: 07198 Xã Thanh Lân"),
        (lambda codes: ["99999", *codes[1:]], "feature 1: code '99999' is not in edition 2020-01"),
        (lambda codes: [codes[1], *codes[1:]], "features 1, 2: all are 06652 Phường Hà Phong; merge them"),
    ],
)
def test_incomplete_files_are_refused(change, message: str, schematic: Boundaries, write_vectors) -> None:
    """A missing, unknown or double commune is refused by name, with the remedy."""
    codes = change(list(schematic.edition.communes))
    shapes = list(reproject(schematic.polygons, EQUAL_AREA, WGS84))[: len(codes)]
    path = write_vectors("communes.gpkg", shapes, {"code": codes})
    with pytest.raises(BoundaryError, match=message) as caught:
        read_boundaries(path, schematic.edition)
    assert str(caught.value).startswith(f"{path}: is not edition 2020-01 with its 177 communes")
    assert "correct the file's columns" in str(caught.value)


def test_rows_may_come_in_any_order(schematic: Boundaries, write_vectors) -> None:
    """Polygons come back in the edition's order, whatever the file's order is."""
    shapes = list(reproject(schematic.polygons, EQUAL_AREA, WGS84))[::-1]
    codes = list(schematic.edition.communes)[::-1]
    read = read_boundaries(write_vectors("communes.gpkg", shapes, {"code": codes}), schematic.edition)
    assert shapely.area(read.polygons).tolist() == pytest.approx(
        shapely.area(schematic.polygons).tolist(), rel=1e-3
    )
