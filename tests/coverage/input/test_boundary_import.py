"""Boundary files as others publish them: recognised by their columns, merged, matched, cleaned, or refused."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from phusong.coverage.editions import Edition
from phusong.coverage.errors import BoundaryError
from phusong.coverage.input.boundaries import Boundaries, read_boundaries
from phusong.coverage.input.boundary_import import (
    ImportedBoundaries,
    ImportRequest,
    area_differences,
    import_boundaries,
)
from phusong.coverage.input.boundary_kinds import Roles, is_of_province, recognise
from phusong.coverage.output.boundary_file import write_boundaries
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject

FAR = shapely.box(106.4, 20.5, 106.5, 20.6)
"""Land of a neighbouring province, near enough to be read."""


@pytest.fixture(scope="module")
def drawn(schematic: Boundaries) -> geopandas.GeoDataFrame:
    """Return the schematic communes with their facts, in WGS 84."""
    communes = schematic.edition.communes.values()
    return geopandas.GeoDataFrame(
        {
            "code": [c.code for c in communes],
            "bare": [c.bare_name for c in communes],
            "full": [c.name for c in communes],
            "kind": [c.kind for c in communes],
            "district": [c.district for c in communes],
        },
        geometry=list(reproject(schematic.polygons, EQUAL_AREA, WGS84)),
        crs=WGS84,
    )


@pytest.fixture
def imported(tmp_path: Path):
    """Write columns and shapes to a file, and import it."""

    def run(attributes: dict[str, list[str]], shapes, **more) -> ImportedBoundaries:
        path = tmp_path / "theirs.gpkg"
        geopandas.GeoDataFrame(attributes, geometry=list(shapes), crs=WGS84).to_file(path, driver="GPKG")
        return import_boundaries(ImportRequest(path, **more))

    return run


def _merged_in_2020() -> list[dict[str, str]]:
    text = (files("phusong.coverage") / "data/crosswalk_2019-01_2020-01_2024-11.csv").read_text(encoding="utf-8")
    return [row for row in csv.DictReader(text.splitlines()) if row["code_2019_01"] != row["code_2020_01"]]


def test_gadm_with_the_units_of_2019(drawn, imported) -> None:
    """186 units, names in one word, types and districts beside them: nine are merged, a neighbour is left out."""
    columns: dict[str, list[str]] = {name: [] for name in ("GID_3", "NAME_1", "NAME_2", "NAME_3", "TYPE_3")}
    shapes: list[shapely.Geometry] = []

    def add(province: str, district: str, name: str, kind: str, shape: shapely.Geometry) -> None:
        values = (f"VNM.{len(shapes)}_1", province, district, name.replace(" ", ""), kind)
        for column, value in zip(columns, values, strict=True):
            columns[column].append(value)
        shapes.append(shape)

    old = {}
    for row in _merged_in_2020():
        old.setdefault(row["code_2020_01"], []).append(row["name_2019_01"])
    for commune in drawn.itertuples():
        rest = commune.geometry
        for name in old.get(commune.code, ()):
            west, south, east, north = rest.bounds
            middle = west + 0.3 * (east - west)
            add("QuảngNinh", commune.district, name.removeprefix("Xã "), "Xã",
                rest.intersection(shapely.box(west, south, middle, north)))  # fmt: skip
            rest = rest.intersection(shapely.box(middle, south, east, north))
        add("QuảngNinh", commune.district, commune.bare, commune.kind, rest)
    add("HảiPhòng", "Cát Hải", "Việt Hải", "Xã", FAR)
    assert len(shapes) == 187
    result = imported(columns, shapes)
    assert (result.kind.title, result.boundaries.edition.name) == ("GADM level 3", "2020-01")
    assert (result.features, result.elsewhere, result.merged) == (187, 1, 9)
    areas = shapely.area(result.boundaries.polygons)
    truth = shapely.area(reproject(np.array(drawn.geometry, dtype=object), WGS84, EQUAL_AREA))
    assert areas == pytest.approx(truth, rel=1e-6)
    assert any("9 units of 2019 merged" in repair.what for repair in result.boundaries.repairs)


def test_geoboundaries_has_names_alone(drawn, imported) -> None:
    """A national file with names only: the commune of a name is the one that contains its centre."""
    names = [*drawn["bare"], "Bắc Sơn", "Hà Nội"]
    shapes = [*drawn.geometry, FAR, shapely.box(105.8, 21.0, 105.9, 21.1)]
    result = imported({"shapeName": names, "shapeID": [f"x{n}" for n in range(len(names))]}, shapes)
    assert (result.kind.title, len(result.boundaries.polygons)) == ("geoBoundaries", 177)
    for commune, polygon in zip(drawn.itertuples(), result.boundaries.polygons, strict=True):
        theirs = reproject(np.array([commune.geometry], dtype=object), WGS84, EQUAL_AREA)[0]
        assert shapely.symmetric_difference(theirs, polygon).area < 1e-3 * polygon.area


def test_ocha_cod(drawn, imported) -> None:
    """P-codes have the code last; districts and provinces stand beside."""
    columns = {
        "ADM3_PCODE": [f"VN25193{code}" for code in drawn["code"]],
        "ADM3_VI": list(drawn["full"]),
        "ADM3_EN": list(drawn["bare"]),
        "ADM2_VI": list(drawn["district"]),
        "ADM1_VI": ["Tỉnh Quảng Ninh"] * 177,
    }
    result = imported(columns, drawn.geometry)
    assert (result.kind.title, result.elsewhere) == ("OCHA COD-AB level 3", 0)
    assert result.kind.roles.name == "ADM3_VI"


def test_openstreetmap(drawn, imported) -> None:
    """Codes stand among the other tags."""
    tags = [f'"boundary"=>"administrative","ref"=>"{code}","admin_level"=>"8"' for code in drawn["code"]]
    result = imported(
        {"osm_id": [str(n) for n in range(177)], "name": list(drawn["full"]), "other_tags": tags}, drawn.geometry
    )
    assert result.kind.title == "OpenStreetMap"


def test_columns_by_flags(drawn, imported) -> None:
    """Any names of columns will do once they are told."""
    columns = {"A": list(drawn["bare"]), "B": list(drawn["kind"]), "C": list(drawn["district"])}
    result = imported(columns, drawn.geometry, columns=Roles(name="a", kind="B", district="C"))
    assert result.kind.title == "the columns that were named"
    with pytest.raises(BoundaryError, match="has no column 'X'; it has A, B, C"):
        imported(columns, drawn.geometry, columns=Roles(name="X"))
    with pytest.raises(BoundaryError, match="has no column of names or codes among A, B, C; say which with"):
        imported(columns, drawn.geometry)


def test_what_is_written_is_taken(drawn, imported, edition: Edition, tmp_path: Path) -> None:
    """Phusong coverage reads the result without a word, and the same input gives the same bytes."""
    result = imported({"code": list(drawn["code"]), "name": list(drawn["full"])}, drawn.geometry)
    repairs = write_boundaries(result.boundaries, tmp_path / "ours.gpkg")
    first = (tmp_path / "ours.gpkg").read_bytes()
    again = read_boundaries(tmp_path / "ours.gpkg", edition)
    assert shapely.area(again.polygons) == pytest.approx(shapely.area(result.boundaries.polygons), rel=1e-9)
    assert all("left open: too wide" in repair.what for repair in again.repairs)  # bays of the drawing
    assert repairs.read_text(encoding="utf-8").startswith("layer,feature,what,km2\n")
    write_boundaries(result.boundaries, tmp_path / "ours.gpkg")
    assert (tmp_path / "ours.gpkg").read_bytes() == first


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.iloc[:170], r"7 of 177 communes are missing: "),
        (lambda f: f.assign(full=[*f["full"][:-1], "Xã Ở Đâu"], code=""), r"'Xã Ở Đâu' is no commune of edition"),
        (lambda f: f.iloc[:20], r"is of no known edition .20 of 177 of 2020-01, \d+ of 54 of 2025-07 matched"),
        (lambda f: f.assign(geometry=f.geometry.translate(0, 0.02).where(f.index % 2 == 0, f.geometry)),
         r"neighbours overlap or leave gaps on [\d.]+ km2, [\d.]+% of the land .the limit is 2%"),
    ],
)  # fmt: skip
def test_refused(change, message: str, drawn, imported) -> None:
    """Missing, unknown, too few, and drawn too badly: each with what to do."""
    frame = change(drawn)
    with pytest.raises(BoundaryError, match=message):
        imported({"code": list(frame["code"]), "name": list(frame["full"])}, frame.geometry)


def test_another_province(drawn, imported) -> None:
    """No row of ours: the provinces that are there are named."""
    columns = {"ten": list(drawn["full"]), "tinh": ["Tỉnh Lạng Sơn"] * 177}
    with pytest.raises(BoundaryError, match="no row is in 'Quảng Ninh' by the column tinh; it has Tỉnh Lạng Sơn"):
        imported(columns, drawn.geometry)


@pytest.mark.parametrize(
    "file", ["quangninh_communes_gadm41_177.geojson", "quangninh_units54_2025_simplified.geojson"]
)
def test_real_files(file: str, reference_data: Path) -> None:
    """Both real sets are recognised with their edition; islands stay, and areas are near the stated ones."""
    result = import_boundaries(ImportRequest(reference_data / file))
    assert result.boundaries.edition.name == ("2025-07" if "54" in file else "2020-01")
    assert result.parts[0] == result.parts[1] > 500
    assert result.seams_km2 < 0.003 * sum(row[2] for row in area_differences(result.boundaries))
    if "177" in file:
        assert result.seams_km2 == pytest.approx(6.13 + 6.80, abs=0.1)
        assert abs(area_differences(result.boundaries)[0][2] / area_differences(result.boundaries)[0][3] - 1) < 0.1


@pytest.mark.parametrize("text", ["Quảng Ninh", "QuảngNinh", "tỉnh Quảng Ninh", "Quang Ninh", "QUẢNG NINH"])
def test_the_province_in_any_spelling(text: str) -> None:
    """With and without its type, diacritics and spaces."""
    assert is_of_province(text)
    assert not is_of_province("Quảng Nam")


def test_plain_files() -> None:
    """English and Vietnamese headings in any case."""
    kind = recognise(("MA_XA", "Tên xã", "LOAI", "Huyện", "geom"), Roles())
    assert kind.roles == Roles("MA_XA", "Tên xã", "LOAI", "Huyện", "")
