"""Boundary files as others publish them: recognised by their columns, merged, matched, cleaned, or refused."""

from __future__ import annotations

import csv
import re
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


def _gadm(drawn, *, leave_out: str = "") -> tuple[dict[str, list[str]], list[shapely.Geometry]]:
    """Return all 186 units of 2019 as GADM 4.1 publishes them: names and types in one word."""
    text = (files("phusong.coverage") / "data/crosswalk_2019-01_2020-01_2024-11.csv").read_text(encoding="utf-8")
    names: dict[str, list[str]] = {}
    for row in csv.DictReader(text.splitlines()):
        names.setdefault(row["code_2020_01"], []).append(row["name_2019_01"])
    columns: dict[str, list[str]] = {"GID_3": [], "NAME_1": [], "NAME_2": [], "NAME_3": [], "TYPE_3": []}
    shapes = []
    for commune in drawn.itertuples():
        west, south, east, north = commune.geometry.bounds
        parts = names[commune.code]
        for number, name in enumerate(parts):
            if name == leave_out:
                continue
            kind = next(word for word in ("Phường", "Xã", "Thị trấn") if name.startswith(word))
            left, right = (west + (east - west) * n / len(parts) for n in (number, number + 1))
            values = (
                f"VNM.49.{len(shapes)}_1",
                "QuảngNinh",
                re.sub("^(Thành phố|Thị xã|Huyện) ", "", commune.district).replace(" ", ""),
                name.removeprefix(kind).replace(" ", ""),
                kind.replace(" ", ""),
            )
            for column, value in zip(columns.values(), values, strict=True):
                column.append(value)
            shapes.append(commune.geometry.intersection(shapely.box(left, south, right, north)))
    return columns, shapes


@pytest.mark.parametrize("dropped", ["", "NAME_2", "TYPE_3"])
def test_gadm_with_types_in_one_word(drawn, imported, dropped: str) -> None:
    """``Thịtrấn`` ``Trới`` is found too, and two names of one district are told by their types or places."""
    columns, shapes = _gadm(drawn)
    result = imported({name: values for name, values in columns.items() if name != dropped}, shapes)
    assert (len(shapes), result.merged) == (186, 9)
    truth = shapely.area(reproject(np.array(drawn.geometry, dtype=object), WGS84, EQUAL_AREA))
    assert shapely.area(result.boundaries.polygons) == pytest.approx(truth, rel=1e-6)


def test_a_part_of_2019_that_is_missing_is_named(drawn, imported) -> None:
    """A commune is never made of some of its units without a word."""
    with pytest.raises(BoundaryError, match="06958 Xã Phú Hải of 2019 is missing; it is a part of 06922 Thị trấn"):
        imported(*_gadm(drawn, leave_out="Xã Phú Hải"))


def test_islands_of_one_commune_are_joined(drawn, imported) -> None:
    """A file with a row per island gives the same communes; the same land twice is refused."""
    parts = drawn.explode()
    result = imported({"code": list(parts["code"]), "name": list(parts["full"])}, parts.geometry)
    assert result.elsewhere == 0
    truth = shapely.area(reproject(np.array(drawn.geometry, dtype=object), WGS84, EQUAL_AREA))
    assert shapely.area(result.boundaries.polygons) == pytest.approx(truth, rel=1e-6)
    again = drawn.geometry.iloc[[0]].translate(0.001, 0)
    with pytest.raises(
        BoundaryError, match=r"features 1, 178: all are 06649 .*, and overlap; remove the wrong ones"
    ):
        imported({"code": [*drawn["code"], "06649"]}, [*drawn.geometry, *again])


def test_namesakes_of_a_neighbour_are_left_out(drawn, imported) -> None:
    """Without a column of provinces, a commune of our name in another province stays out, and a note says so."""
    names = [*drawn["full"], "Phường Hà Khánh", "Xã Hoà Bình"]
    result = imported({"shapeName": names, "shapeType": ["ADM3"] * 179}, [*drawn.geometry, FAR, FAR.buffer(0.01)])
    assert result.elsewhere == 2
    notes = [repair.what for repair in result.boundaries.repairs if repair.feature in ("178", "179")]
    assert [note.partition(" from ")[2] for note in notes] == [
        "Phường Hà Khánh, whose name it bears",
        "Xã Hòa Bình, whose name it bears",
    ]


def test_a_misspelt_name_comes_with_candidates(drawn, imported) -> None:
    """What no row is called is named with the nearest names and with the centre that lies in it; all at once."""
    names = list(drawn["bare"])
    names[3], names[5] = "Cao Xang", "Hà Tuu"
    with pytest.raises(BoundaryError) as caught:
        imported({"shapeName": names}, drawn.geometry)
    text = str(caught.value)
    assert "feature 4: 'Cao Xang' is no commune of edition 2020-01; is it 06658 Phường Cao Xanh" in text
    assert "the centre of 06658 Phường Cao Xanh lies in it" in text
    assert "feature 6: 'Hà Tuu' is no commune" in text
    assert "2 of 177 communes are missing: 06658 Phường Cao Xanh, 06664 Phường Hà Tu" in text


def test_openstreetmap_with_districts_and_other_languages(drawn, imported) -> None:
    """Rows of districts stay out, and the Vietnamese name counts whatever ``name`` is."""
    districts = drawn.dissolve("district").reset_index()
    result = imported(
        {
            "name": [*("Somewhere" for _ in drawn["full"]), *districts["district"]],
            "admin_level": [*("8" for _ in drawn["full"]), *("6" for _ in districts["district"])],
            "other_tags": [
                *(f'"name:vi"=>"{name}"' for name in drawn["full"]),
                *('"a"=>"b"' for _ in districts["code"]),
            ],
        },
        [*drawn.geometry, *districts.geometry],
    )
    assert (result.kind.title, result.elsewhere) == ("OpenStreetMap", len(districts))


@pytest.mark.parametrize("pcode", ["VN225{n:05d}", "VN22506649", ""])
def test_ocha_codes_that_are_its_own(drawn, imported, pcode: str) -> None:
    """P-codes that end in digits of another commune do not count against the name."""
    columns = {
        "ADM3_PCODE": [pcode.format(n=n) for n in range(177)],
        "ADM3_EN": list(drawn["full"]),
        "ADM2_EN": list(drawn["district"]),
        "ADM1_EN": ["Quang Ninh"] * 177,
    }
    assert imported(columns, drawn.geometry).kind.title == "OCHA COD-AB level 3"


def test_polygons_away_from_their_communes_are_refused(drawn, imported) -> None:
    """Codes beside other communes' polygons, or all of it shifted, are no edition."""
    columns = {"code": list(drawn["code"])}
    with pytest.raises(
        BoundaryError, match=r"communes lie over 1 km away from their centres; are codes and names"
    ):
        imported(columns, [*drawn.geometry[1:], drawn.geometry[0]])


def test_an_edition_of_the_user(drawn, imported, tmp_path: Path) -> None:
    """A table makes an edition of its own: 176 communes, since two were merged; areas are known of one."""
    merged = [*drawn["code"]]
    merged[1] = merged[0]
    table = tmp_path / "mine.csv"
    rows = [
        f"{c.code},{c.full},{c.kind},{c.district},,,," for c in drawn.itertuples() if c.code != drawn["code"][1]
    ]
    table.write_text(
        "code,name,type,district_name,lat,lon,area_km2,population\n"
        + "\n".join([rows[0].replace(",,,,", ",21.0,107.1,50,1"), *rows[1:]])
        + "\n",
        encoding="utf-8",
    )
    result = imported({"code": merged}, drawn.geometry, edition_table=table, edition="2024-11")
    assert (result.boundaries.edition.name, len(result.boundaries.polygons)) == ("2024-11", 176)
    assert [row[0] for row in area_differences(result.boundaries)] == ["06649"]
    write_boundaries(result.boundaries, tmp_path / "out.gpkg")
    written = geopandas.read_file(tmp_path / "out.gpkg")
    assert list(written["code"]) == list(result.boundaries.edition.communes)


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
    kind = recognise(("Commune_Code", "ward_name", "province_name"), Roles())
    assert kind.roles == Roles("Commune_Code", "ward_name", "", "", "province_name")
    assert recognise(("name", "name_1", "name_2"), Roles()).roles == Roles("", "name")
