"""Strict reading: what is refused, what is repaired, and that both are said."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phusong.coverage.errors import VectorFileError
from phusong.coverage.input import dataset_file
from phusong.coverage.input.dataset_file import dataset_sha256
from phusong.coverage.input.vector_file import read_vector_file

SQUARE = shapely.box(107.0, 21.0, 107.1, 21.1)
BOW_TIE = shapely.Polygon([(107.2, 21.0), (107.3, 21.1), (107.3, 21.0), (107.2, 21.1)])
KM2_OF_SQUARE = 115.075
"""Geodesic area."""


def _geojson(coordinates: str, kind: str = "Polygon") -> str:
    return (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
        f'"geometry":{{"type":"{kind}","coordinates":{coordinates}}}}}]}}'
    )


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp", "a.fgb"])
def test_formats_read_alike(name: str, write_vectors) -> None:
    """The same polygon comes out of every format with its attributes as text."""
    path = write_vectors(name, [SQUARE], {"code": ["06649"], "number": [6649.0]})
    file = read_vector_file(path)
    assert file.polygons[0].area / 1e6 == pytest.approx(KM2_OF_SQUARE, abs=0.01)
    assert file.columns == {"code": ("06649",), "number": ("6649",)}
    assert (file.features, file.repairs) == ((1,), ())


def test_zipped_shapefile(write_vectors, tmp_path: Path) -> None:
    """A zip with one shapefile is read; one with two is refused."""
    for name in ("a", "b"):
        write_vectors(f"{name}.shp", [SQUARE])
    for count, archive in ((1, tmp_path / "one.zip"), (2, tmp_path / "two.zip")):
        with zipfile.ZipFile(archive, "w") as bundle:
            for stem in ("a", "b")[:count]:
                for part in sorted(tmp_path.glob(f"{stem}.*")):
                    bundle.write(part, part.name)
    assert len(read_vector_file(tmp_path / "one.zip").polygons) == 1
    with pytest.raises(VectorFileError, match=r"two.zip: holds 2 datasets; give an archive with exactly one"):
        read_vector_file(tmp_path / "two.zip")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.geojson", _geojson('[[["x",21],[107.1,21],[107.1,21.1],["x",21]]]'), "feature 1: no geometry"),
        ("a.geojson", _geojson("[[[1e400,21],[107.1,21],[107.1,21.1],[1e400,21]]]"), "cannot be read"),
        ("a.geojson", _geojson("[[[107,21],[107.1,21],[107.1,21.1],[107,21]]]")[:-40], "cannot be read"),
        ("a.geojson", _geojson("[107,21]", "Point"), "feature 1: no polygon; give polygons only"),
        ("a.geojson", _geojson("[]"), "feature 1: an empty geometry; delete them or draw them"),
        (
            "a.geojson",
            '{"type":"FeatureCollection","features":[]}',
            "(has no features|has 0 layers|cannot be read)",
        ),
        ("a.geojson", "<html>Not found</html>", "is no .geojson file by its first bytes"),
        ("a.gpkg", "<OGRVRTDataSource/>", "is no .gpkg file by its first bytes"),
        ("a.gpkg", "SQLite format 3\0 and nothing else", "cannot be read"),
        ("a.fgb", "", "is no .fgb file by its first bytes"),
        ("a.zip", "PK\x03\x04 and nothing else", "damaged or encrypted archive"),
        ("a.vrt", "<OGRVRTDataSource/>", "files of the kind '.vrt' are not read; use GeoPackage"),
        ("a", "", "without a suffix"),
    ],
)
def test_refused_files(name: str, content: str, message: str, tmp_path: Path) -> None:
    """Damaged, foreign and disguised files are refused; the message names the file and the remedy."""
    path = tmp_path / name
    path.write_text(content, encoding="latin-1")
    with pytest.raises(VectorFileError, match=message) as caught:
        read_vector_file(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert ";" in str(caught.value)


@pytest.mark.parametrize("name", ["missing.gpkg", "/vsicurl/http://127.0.0.1/a.gpkg", "http://127.0.0.1/a.gpkg"])
def test_only_existing_local_files(name: str) -> None:
    """A path that is no local file is refused before GDAL sees it."""
    with pytest.raises(VectorFileError, match="no such file"):
        read_vector_file(Path(name))


def test_missing_geometry_is_refused_with_its_feature(write_vectors) -> None:
    """A feature without geometry may be a truncated file, so it is never skipped."""
    with pytest.raises(VectorFileError, match="features 2, 3: no geometry; the file may be truncated"):
        read_vector_file(write_vectors("a.gpkg", [SQUARE, None, None]))


def test_missing_crs_is_refused(write_vectors) -> None:
    """A shapefile without .prj is refused: nobody guesses a CRS."""
    path = write_vectors("a.shp", [SQUARE])
    path.with_suffix(".prj").unlink()
    with pytest.raises(VectorFileError, match="the CRS is missing; write the file with one"):
        read_vector_file(path)


def test_lost_datum_in_a_shapefile_is_refused(write_vectors) -> None:
    """A VN-2000 shapefile whose .prj says WGS 84, as some programs write it, is refused."""
    path = write_vectors("a.shp", [shapely.box(450_000, 2_300_000, 460_000, 2_310_000)], crs="EPSG:5899")
    prj = path.with_suffix(".prj")
    text = prj.read_text()
    assert "D_Vietnam_2000" in text
    prj.write_text(text.replace("D_Vietnam_2000", "D_WGS_1984"))
    with pytest.raises(VectorFileError, match=r"224\.5 m off"):
        read_vector_file(path)


@pytest.mark.parametrize("kept", [0.5, 0.95])
def test_truncated_shapefile_is_refused(kept: float, write_vectors) -> None:
    """A .shp shorter than its header says is refused: GDAL reads it in silence."""
    path = write_vectors("a.shp", [SQUARE] * 20)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(VectorFileError, match=r"is truncated \(\d+ bytes of \d+\); copy it again"):
        read_vector_file(path)


@pytest.mark.parametrize("part", [".shx", ".dbf"])
def test_incomplete_shapefile_is_refused(part: str, write_vectors) -> None:
    """A shapefile without its index or its attributes is refused."""
    path = write_vectors("a.shp", [SQUARE])
    path.with_suffix(part).unlink()
    with pytest.raises(VectorFileError, match=rf"its {part} is missing; copy all parts of the .shp file"):
        read_vector_file(path)


def test_several_layers_are_refused(write_vectors) -> None:
    """A GeoPackage with two layers is refused with their names; nobody picks one in silence."""
    write_vectors("a.gpkg", [SQUARE], layer="first")
    path = write_vectors("a.gpkg", [SQUARE], layer="second", mode="a")
    with pytest.raises(VectorFileError, match=r"has 2 layers with geometry \(first, second\)"):
        read_vector_file(path)


def test_dirty_geometry_is_repaired_and_listed(write_vectors) -> None:
    """A bow-tie keeps both wings, a duplicate and a sliver are dropped; each is a row with its feature."""
    sliver = shapely.Polygon([(107, 21), (107.1, 21), (107, 21)])
    file = read_vector_file(write_vectors("a.gpkg", [SQUARE, BOW_TIE, SQUARE, sliver]))
    assert [(r.layer, r.feature, r.what) for r in file.repairs] == [
        ("a.gpkg", "2", "made valid (self-intersection)"),
        ("a.gpkg", "4", "made valid (too few points in geometry component)"),
        ("a.gpkg", "4", "dropped: it encloses no area"),
        ("a.gpkg", "3", "dropped: the same as feature 1"),
    ]
    assert file.features == (1, 2)
    assert file.polygons[1].area == pytest.approx(file.polygons[0].area / 2, rel=1e-3)
    assert file.repairs[0].km2 == pytest.approx(KM2_OF_SQUARE / 2, rel=1e-3)


def test_hash_covers_all_parts_of_a_shapefile(write_vectors) -> None:
    """A change in the attributes of a shapefile changes its hash."""
    path = write_vectors("a.shp", [SQUARE])
    before = dataset_sha256(path)
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes() + b"\0")
    assert dataset_sha256(path) != before


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    crs=st.sampled_from(["EPSG:5899", "EPSG:3405", "EPSG:4756", "EPSG:32648", "EPSG:3857", "EPSG:6933"]),
    west=st.floats(106.5, 107.9),
    south=st.floats(20.8, 21.5),
    size=st.floats(0.005, 0.1),
)
def test_area_does_not_depend_on_the_crs(crs: str, west: float, south: float, size: float, write_vectors) -> None:
    """The same ground measures the same, whatever CRS the file is in."""
    square = shapely.segmentize(shapely.box(west, south, west + size, south + size), size / 10)
    there = geopandas.GeoSeries([square], crs="EPSG:4326").to_crs(crs)
    measured = [
        read_vector_file(write_vectors(name, shapes, crs=used)).polygons[0].area
        for name, shapes, used in (("degrees.gpkg", [square], "EPSG:4326"), ("other.gpkg", list(there), crs))
    ]
    assert measured[1] == pytest.approx(measured[0], rel=1e-4)


def test_a_zip_that_unpacks_to_too_much_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive is judged by what it says it holds, before anything of it is unpacked."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("layer.shp", b"\0" * 100_000)
    monkeypatch.setattr(dataset_file, "LARGEST_UNPACKED_BYTES", 50_000)
    monkeypatch.setattr(zipfile.ZipFile, "testzip", lambda _: pytest.fail("it was unpacked"))
    with pytest.raises(VectorFileError, match="unpacks to"):
        read_vector_file(path)
