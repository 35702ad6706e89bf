"""Faults of files as measured on the libraries: what pyogrio and shapely pass in silence is refused or said.

Each case names the file, the feature and the remedy.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from phusong.coverage.errors import CoverageError, LayerError, VectorFileError
from phusong.coverage.input.layer_spec import parse_layer_spec
from phusong.coverage.input.layers import read_layers
from phusong.coverage.input.vector_file import read_vector_file

SQUARES = [shapely.box(107 + 0.02 * n, 21.0, 107.01 + 0.02 * n, 21.01) for n in range(6)]
BOW_TIE = shapely.Polygon([(107, 21), (107.1, 21.1), (107.1, 21), (107, 21.1)])


# --- corrupt files -----------------------------------------------------------------------------------------


def test_overwritten_bytes_in_a_shapefile(write_vectors) -> None:
    """GDAL reads records whose type was overwritten as features without geometry: they are named."""
    path = write_vectors("a.shp", SQUARES)
    content = bytearray(path.read_bytes())
    second = 100 + 8 + 2 * struct.unpack(">i", content[104:108])[0]
    content[second + 8 : second + 12] = struct.pack("<i", 0)
    path.write_bytes(content)
    with pytest.raises(VectorFileError, match=r"a.shp: feature 2: no geometry; the file may be truncated"):
        read_vector_file(path)


def test_a_shapefile_without_its_crs(write_vectors) -> None:
    """Without its .prj nobody knows where it lies."""
    path = write_vectors("a.shp", SQUARES)
    path.with_suffix(".prj").unlink()
    with pytest.raises(
        VectorFileError, match=r"a.shp: the CRS is missing; write the file with one .a shapefile needs"
    ):
        read_vector_file(path)
    assert len(read_vector_file(path, crs="EPSG:4326").polygons) == 6


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text[: len(text) // 2], r"a.geojson: cannot be read .*Unterminated array.; export it again"),
        (lambda text: text[:-1], r"a.geojson: cannot be read .*Unterminated object.; export it again"),
        (lambda _: "", r"a.geojson: is no .geojson file by its first bytes; export it again"),
        (lambda text: text.replace("107.0,", '"x",', 1), r"a.geojson: feature 1: no geometry; the file may be"),
        (lambda text: text.replace("107.03,", '"x",', 1), r"a.geojson: feature 2: no geometry; the file may be"),
        (lambda text: text.replace("107.0,", "1e400,"), r"a.geojson: cannot be read .*Unrecognized number: 1e400"),
        (lambda text: text.replace("107.03,", "NaN,"), r"a.geojson: cannot be read .*; export it again"),
        (lambda text: text.replace("107.0,", "null,", 1), r"a.geojson: feature 1: no geometry; the file may be"),
        (lambda text: text.replace('"Polygon"', '"Point"', 1), r"a.geojson: feature 1: no geometry; the file may"),
    ],
)
def test_damaged_geojson(spoil, message: str, write_vectors) -> None:
    """Cut off, empty, and coordinates that are no numbers."""
    path = write_vectors("a.geojson", SQUARES)
    text = json.dumps(json.loads(path.read_text(encoding="utf-8")), separators=(",", ":"))
    spoilt = spoil(text)
    assert spoilt != text
    path.write_text(spoilt, encoding="utf-8")
    with pytest.raises(VectorFileError, match=message):
        read_vector_file(path)


FRACTIONS = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.995)


@pytest.mark.parametrize("kind", ["gpkg", "geojson", "shp", "fgb", "kml", "tab", "mif", "parquet"])
def test_a_truncated_file_loses_nothing_in_silence(kind: str, tmp_path: Path) -> None:
    """Every part of every kind, cut anywhere: it is refused, or all of it was read."""
    squares = [shapely.box(106.5 + n / 100, 21.0, 106.505 + n / 100, 21.005) for n in range(150)]
    names = [f"Hạ Long {n}" for n in range(150)]
    frame = geopandas.GeoDataFrame({"ten": names}, geometry=squares, crs=4326)
    path = tmp_path / f"a.{kind}"
    drivers = {"gpkg": "GPKG", "geojson": "GeoJSON", "shp": "ESRI Shapefile", "fgb": "FlatGeobuf", "kml": "LIBKML"}
    if kind == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path, driver=drivers.get(kind, "MapInfo File"))
    refused = 0
    for part in sorted(tmp_path.glob("a.*")):
        whole = part.read_bytes()
        for fraction in FRACTIONS:
            part.write_bytes(whole[: int(fraction * len(whole))])
            try:
                file = read_vector_file(path)
            except VectorFileError as error:
                assert str(error).startswith(f"{path}: ")  # noqa: PT017 - it may be read as well
                refused += 1
            else:
                assert sorted(file.columns["ten"]) == sorted(names), (part.name, fraction)
        part.write_bytes(whole)
    assert refused >= len(FRACTIONS) - 1


# --- invalid geometry --------------------------------------------------------------------------------------

OUTER = [(107, 21), (107.1, 21), (107.1, 21.1), (107, 21.1), (107, 21)]
AWAY = [(107.2, 21), (107.3, 21), (107.3, 21.1), (107.2, 21)]
INVALID = {
    "bow-tie": (BOW_TIE, "made valid (self-intersection)"),
    "hole outside": (shapely.Polygon(OUTER, [AWAY]), "made valid (hole lies outside shell)"),
    "doubled ring": (shapely.Polygon(OUTER, [OUTER]), "made valid (duplicate rings)"),
    "spike": (shapely.Polygon([*OUTER[:-1], (107, 21.2), (107, 21.1)]), "made valid (ring self-intersection)"),
}


@pytest.mark.parametrize(("shape", "what"), INVALID.values(), ids=INVALID)
def test_invalid_polygons_are_repaired_and_said(shape: shapely.Polygon, what: str, write_vectors) -> None:
    """What comes out is valid; the repair is named with its feature."""
    file = read_vector_file(write_vectors("a.gpkg", [SQUARES[5], shape]))
    assert shapely.is_valid(file.polygons).all()
    repairs = [(repair.feature, repair.what) for repair in file.repairs]
    assert ("2", what) in repairs or ("2", "dropped: it encloses no area") in repairs, repairs


def test_an_edge_walked_three_times_loses_no_land(write_vectors) -> None:
    """GEOS makes nothing of such a ring where it begins there: it is repaired the other way round."""
    ring = shapely.Polygon([(107, 21.1), (107.2, 21), (107, 21.1), (107.1, 21), (107.2, 21)])
    file = read_vector_file(write_vectors("a.gpkg", [ring]))
    plain = read_vector_file(write_vectors("b.gpkg", [shapely.Polygon([(107, 21.1), (107.2, 21), (107.1, 21)])]))
    assert file.polygons[0].area == pytest.approx(plain.polygons[0].area)


def test_a_collapsed_polygon_is_dropped_and_said(write_vectors) -> None:
    """A polygon that became a line has no area."""
    line = shapely.Polygon([(107, 21), (107.1, 21.1), (107, 21)])
    file = read_vector_file(write_vectors("a.gpkg", [SQUARES[5], line]))
    assert (len(file.polygons), file.repairs[-1].what) == (1, "dropped: it encloses no area")


def test_a_damaged_file_is_no_dirty_one(write_vectors) -> None:
    """Over a fifth invalid, and over twenty: it is refused; up to that it is repaired."""
    good = [shapely.box(106.5 + 0.01 * n, 21.0, 106.505 + 0.01 * n, 21.005) for n in range(80)]
    small = shapely.transform(BOW_TIE, lambda p: np.array([106.4, 20.9]) + (p - [107, 21]) / 20)
    ties = [shapely.transform(small, lambda p, n=n: p + np.array([0.01 * n, 0])) for n in range(30)]
    assert len(read_vector_file(write_vectors("a.gpkg", [*good, *ties[:20]])).polygons) == 100
    with pytest.raises(VectorFileError, match=r"b.gpkg: 30 of 110 polygons are invalid, over the limit of 20%"):
        read_vector_file(write_vectors("b.gpkg", [*good, *ties]))


# --- another place -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "crs", "message"),
    [
        (
            shapely.box(430_000, 2_323_000, 440_000, 2_333_000),
            "EPSG:4326",
            "is in degrees, but the coordinates are not",
        ),
        (
            shapely.box(21.0, 107.0, 21.1, 107.1),
            "EPSG:4326",
            "the axes are swapped .*; write longitude",
        ),
        (
            shapely.box(430_000, 2_323_000, 440_000, 2_333_000),
            "EPSG:32631",
            "nothing lies in or near the province",
        ),
        (SQUARES[0], "EPSG:5899", "nothing lies in or near the province|do not fit the CRS"),
    ],
)
def test_wrong_places(shape: shapely.Polygon, crs: str, message: str, write_vectors) -> None:
    """Metres called degrees, swapped axes, another zone, degrees called metres."""
    with pytest.raises(VectorFileError, match=f"a.gpkg: .*{message}|{message}"):
        read_vector_file(write_vectors("a.gpkg", [shape], crs=crs))


# --- attributes --------------------------------------------------------------------------------------------


def test_vietnamese_without_its_code_page(tmp_path: Path) -> None:
    """GDAL takes the UTF-8 of a .dbf without .cpg for Latin 1: it is put right, and said."""
    frame = geopandas.GeoDataFrame({"tên": ["Hạ Long", "Cô Tô"]}, geometry=SQUARES[:2], crs=4326)
    path = tmp_path / "a.shp"
    frame.to_file(path, driver="ESRI Shapefile", encoding="UTF-8")
    path.with_suffix(".cpg").unlink()
    file = read_vector_file(path)
    assert file.columns == {"tên": ("Hạ Long", "Cô Tô")}
    assert file.repairs[0].what.endswith("the .cpg is missing or wrong: attributes were taken for UTF-8")


def test_latin_letters_stay_what_they_are(tmp_path: Path) -> None:
    """Text that is no UTF-8 underneath is left alone."""
    frame = geopandas.GeoDataFrame({"ten": ["é", "plain"]}, geometry=SQUARES[:2], crs=4326)
    frame.to_file(tmp_path / "a.shp", driver="ESRI Shapefile", encoding="ISO-8859-1")
    file = read_vector_file(tmp_path / "a.shp")
    assert (file.columns["ten"], file.repairs) == (("é", "plain"), ())


def test_a_code_page_that_gdal_cuts_short(tmp_path: Path) -> None:
    """In windows-1258 GDAL drops the last letter of every text and column name: refused with the remedy."""
    frame = geopandas.GeoDataFrame({"ten": ["Hạ Long"]}, geometry=SQUARES[:1], crs=4326)
    frame.to_file(tmp_path / "a.shp", driver="ESRI Shapefile", encoding="CP1258")
    with pytest.raises(
        VectorFileError, match=r"a.shp: its text is in code page 1258, .*; export it again in UTF-8"
    ):
        read_vector_file(tmp_path / "a.shp")


@pytest.mark.parametrize(
    ("encoding", "text", "read"), [("CP1251", "Москва", "Ìîñêâà"), ("CP1258", "Hạ Long", "Haò")]
)
def test_a_code_page_that_nobody_says(encoding: str, text: str, read: str, tmp_path: Path) -> None:
    """Without a .cpg GDAL takes such text for Latin 1: what would be garbage is refused, with the remedy."""
    path = tmp_path / "a.shp"
    geopandas.GeoDataFrame({"ten": [text]}, geometry=SQUARES[:1], crs=4326).to_file(path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    with pytest.raises(
        VectorFileError,
        match=f"a.shp: nothing says in which code page its text is .'{read}.*; add a .cpg with its",
    ):
        read_vector_file(path)
    path.with_suffix(".cpg").write_text("windows-1251")
    if encoding == "CP1251":
        assert read_vector_file(path).columns == {"ten": (text,)}


@pytest.mark.parametrize(
    ("values", "flags", "message"),
    [
        (
            ["-95,5", "-100"],
            "dbm_column=RSRP",
            "feature 1: RSRP: level '-95,5' is no number .write .* with a point",
        ),
        (
            ["strong", None],
            "dbm_column=RSRP",
            "feature 1: RSRP: level 'strong' .*\n.*feature 2: RSRP: level ''",
        ),
        (["-95", "95"], "dbm_column=RSRP", "feature 2: RSRP: level 95 is no received level in dBm"),
        (["-95", "-100"], "dbm_column=RSPR", "has no column 'RSPR'; did you mean 'RSRP'"),
    ],
)
def test_attributes_of_another_kind(values: list[str | None], flags: str, message: str, write_vectors) -> None:
    """Decimal commas, words for numbers, missing values, positive levels, a misspelt column: all at once."""
    path = write_vectors("a.gpkg", SQUARES[:2], {"RSRP": values})
    with pytest.raises(LayerError, match=message):
        read_layers(parse_layer_spec(f"{path},operator=X,technology=4G,{flags}"))


def test_the_kinds_of_errors_are_one_tree() -> None:
    """Whoever catches CoverageError has them all."""
    assert issubclass(VectorFileError, CoverageError)
    assert issubclass(LayerError, VectorFileError)
