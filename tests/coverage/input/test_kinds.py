"""Every kind of file that operators send, written by GDAL's own drivers: read alike, refused alike."""

from __future__ import annotations

import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas
import pyogrio
import pytest
import shapely

from phusong.coverage.errors import VectorFileError
from phusong.coverage.input import dataset_file
from phusong.coverage.input.vector_file import VectorFile, read_vector_file

SQUARE = shapely.box(107.0, 21.0, 107.1, 21.1)
OTHER = shapely.box(107.2, 21.0, 107.3, 21.1)
AREAS_KM2 = [115.1, 115.1]
"""On the ellipsoid, by pyproj.Geod."""
DRIVERS = {
    ".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile", ".fgb": "FlatGeobuf", ".kml": "LIBKML",
    ".tab": "MapInfo File", ".mif": "MapInfo File", ".parquet": "",
}  # fmt: skip
VN2000_MIF = """Version 300
Charset "Neutral"
Delimiter ","
CoordSys {coordsys}
Columns 1
  ten Char(20)
Data

Region 1
  5
422000 2323000
432000 2323000
432000 2333000
422000 2333000
422000 2323000
"""


def write(path: Path, crs: int = 4326, shapes: tuple[shapely.Geometry, ...] = (SQUARE, OTHER)) -> Path:
    names = ["Hạ Long", "Cô Tô"][: len(shapes)]
    frame = geopandas.GeoDataFrame({"ten": names}, geometry=list(shapes), crs=4326).to_crs(crs)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path, driver=DRIVERS[path.suffix], engine="pyogrio")
    return path


def areas_km2(file: VectorFile) -> list[float]:
    return [round(float(area) / 1e6, 1) for area in shapely.area(file.polygons)]


def zipped(path: Path) -> Path:
    """Pack a file and those of its name, then remove them."""
    archive = path.with_name("packed.zip")
    with zipfile.ZipFile(archive, "w") as packed:
        for part in sorted(path.parent.glob(f"{path.stem}.*")):
            packed.write(part, f"folder/{part.name}")
            part.unlink()
    return archive


@pytest.mark.parametrize(
    ("suffix", "packed"), [(s, p) for s in DRIVERS for p in (False, True) if (s, p) != (".parquet", True)]
)
def test_every_kind_is_read_alike(suffix: str, packed: bool, tmp_path: Path) -> None:
    """The same polygons, areas and Vietnamese attributes from each kind, also out of an archive."""
    path = write(tmp_path / f"a{suffix}")
    file = read_vector_file(zipped(path) if packed else path)
    assert areas_km2(file) == AREAS_KM2
    assert sorted(file.columns["ten"]) == ["Cô Tô", "Hạ Long"]
    assert file.crs == "WGS 84"


def test_kmz(tmp_path: Path) -> None:
    """KMZ is a KML in an archive."""
    kml = write(tmp_path / "doc.kml")
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as packed:
        packed.write(kml, "doc.kml")
        packed.writestr("files/picture.png", b"\x89PNG")
    assert len(read_vector_file(tmp_path / "a.kmz").polygons) == 2


@pytest.mark.parametrize("suffix", [".tab", ".mif"])
def test_mapinfo_loses_the_datum_of_vn2000(suffix: str, tmp_path: Path) -> None:
    """Written by GDAL, VN-2000 comes back as WGS 84, 224.5 m off: refused, until the CRS is said."""
    path = write(tmp_path / f"a{suffix}", crs=5899)
    with pytest.raises(VectorFileError, match=r"is a VN-2000 zone with the datum .* 224.5 m off"):
        read_vector_file(path)
    assert [
        round(area / 1e6, 1) for area in shapely.area(read_vector_file(path, crs="EPSG:5899").polygons)
    ] == AREAS_KM2


def test_mapinfo_without_an_earth(tmp_path: Path) -> None:
    """NonEarth coordinates lie nowhere until somebody says where."""
    path = tmp_path / "a.mif"
    path.write_text(VN2000_MIF.format(coordsys='NonEarth Units "m" Bounds (0, 0) (9000000, 9000000)'))
    path.with_suffix(".mid").write_text('"a"\n')
    with pytest.raises(VectorFileError, match=r"a.mif: the CRS "):
        read_vector_file(path)
    (area,) = shapely.area(read_vector_file(path, crs="EPSG:5899").polygons) / 1e6
    assert area == pytest.approx(100.0, rel=1e-3)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ("EPSG:5899", "its CRS is 'WGS 84', but crs= says 'VN-2000 / TM-3 107-45'; correct one of them"),
        ("EPSG:999999", "crs=EPSG:999999: no such CRS; give an EPSG code, e.g. EPSG:5899"),
    ],
)
def test_a_crs_that_contradicts(told: str, message: str, tmp_path: Path) -> None:
    """What the file says well is not overruled."""
    with pytest.raises(VectorFileError, match=message):
        read_vector_file(write(tmp_path / "a.gpkg"), crs=told)
    assert len(read_vector_file(tmp_path / "a.gpkg", crs="EPSG:4326").polygons) == 2


def test_one_layer_of_several(tmp_path: Path) -> None:
    """A file of several layers needs the name of one."""
    frame = geopandas.GeoDataFrame({"ten": ["x"]}, geometry=[SQUARE], crs=4326)
    for name, mode in (("4g", "w"), ("5g", "a")):
        frame.to_file(tmp_path / "a.gpkg", layer=name, driver="GPKG", mode=mode)
    with pytest.raises(VectorFileError, match=r"has 2 layers with geometry \(4g, 5g\); name one with layer="):
        read_vector_file(tmp_path / "a.gpkg")
    assert len(read_vector_file(tmp_path / "a.gpkg", layer="5g").polygons) == 1
    with pytest.raises(VectorFileError, match=r"has no layer '3g' with geometry \(there are: 4g, 5g\)"):
        read_vector_file(tmp_path / "a.gpkg", layer="3g")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.kml", b"PK\x03\x04", "is no .kml file by its first bytes"),
        ("a.kml", b"<kml><Document><Placemark>", "cannot be read|has no features|has 0 layers"),
        ("a.kmz", b"PK\x03\x04junk", "is a damaged or encrypted archive"),
        (
            "a.tab",
            b"!table\n!version 300\nDefinition Table\n  Type NATIVE\n",
            "its .dat or .map or .id is missing",
        ),
        ("a.tab", b"!table\n!version 100\nOpen Table x\n  Type LINKED\n", "is a view, link or raster table"),
        ("a.mif", b"Version 300\n", "its .mid is missing"),
        ("a.parquet", b"PAR1 and no more", "cannot be read"),
        ("a.dxf", b"0\nSECTION", "files of the kind '.dxf' are not read; use GeoPackage"),
        ("a.vrt", b"<OGRVRTDataSource/>", "files of the kind '.vrt' are not read"),
        ("a.kml", b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", "is no .kml file by its first bytes"),
        ("a.geojson", b'{"type":"FeatureCollection","features":[{"type":"Feature"', "cannot be read|has no"),
    ],
)
def test_broken_files(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    """Each fault is named with the file and the remedy."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(VectorFileError, match=message):
        read_vector_file(tmp_path / name)


def test_a_truncated_parquet(tmp_path: Path) -> None:
    """Cut anywhere, it is refused."""
    path = write(tmp_path / "a.parquet")
    content = path.read_bytes()
    for kept in (0.3, 0.9, 0.999):
        path.write_bytes(content[: int(kept * len(content))])
        with pytest.raises(VectorFileError, match=r"a.parquet: cannot be read"):
            read_vector_file(path)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"a.kml": b"<kml/>", "b.kml": b"<kml/>"}, "holds 2 datasets; give an archive with exactly one"),
        ({"a.txt": b"x"}, "holds 0 datasets"),
        ({"inner.zip": b"PK\x03\x04"}, "holds 0 datasets"),
        ({"a.geojson": b"<kml/>"}, "is no .geojson file by its first bytes"),
        ({f"{n}.txt": b"" for n in range(1001)}, "holds 1001 files; give an archive of one dataset"),
    ],
)
def test_archives(members: dict[str, bytes], message: str, tmp_path: Path) -> None:
    """Exactly one dataset, that is what its name says; an archive in an archive is not opened."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    with pytest.raises(VectorFileError, match=message):
        read_vector_file(tmp_path / "a.zip")


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive over the limit is refused by what it says of itself."""
    monkeypatch.setattr(dataset_file, "LARGEST_UNPACKED_BYTES", 100_000)
    with zipfile.ZipFile(tmp_path / "a.kmz", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("doc.kml", b"<kml>" + bytes(1_000_000))
    with pytest.raises(VectorFileError, match="unpacks to 1 MB, over the limit of 0 MB; give the unpacked files"):
        read_vector_file(tmp_path / "a.kmz")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.geojson", '{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read OTHER"}'),
        ("a.json", '{"a": 1, "type":"GDAL_STREAMED_ALG", "command_line": "gdal vector read OTHER"}'),
        ("a.kml", '<?xml version="1.0"?><OGRVRTDataSource><OGRVRTLayer name="x"/></OGRVRTDataSource>'),
        ("a.kml", '<?xml version="1.0"?><!-- <kml> --><ogrvrtdatasource/>'),
        ("a.kml", "<kml/><OGRWFSDataSource><URL>http://127.0.0.1:9/</URL></OGRWFSDataSource>"),
        ("a.tab", "!table\nType NATIVE\n<OGRVRTDataSource/>"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_that_leads_elsewhere(name: str, content: str, packed: bool, tmp_path: Path) -> None:
    """What GDAL would take for a virtual dataset, a pipeline or a service is refused under any name."""
    other = write(tmp_path / "other.geojson")
    path = tmp_path / name
    path.write_text(content.replace("OTHER", str(other)), encoding="utf-8")
    for suffix in (".dat", ".map", ".id"):
        path.with_suffix(suffix).touch()
    with pytest.raises(VectorFileError, match="is a virtual dataset or service of GDAL, which leads"):
        read_vector_file(zipped(path) if packed else path)


@contextmanager
def _listening() -> Iterator[tuple[int, list[bytes]]]:
    """Listen on loopback, and note what anybody sends."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    heard.append(connection.recv(200))

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], heard
        stop.set()
        thread.join()


def test_a_file_makes_no_request(tmp_path: Path) -> None:
    """Links in KML, virtual paths and virtual files in disguise reach nobody; a listener proves it."""
    with _listening() as (port, heard):
        url = f"http://127.0.0.1:{port}/x"
        link = f"<NetworkLink><Link><href>{url}.kml</href></Link></NetworkLink>"
        ring = "107,21 107.1,21 107.1,21.1 107,21"
        place = (
            f"<Placemark><name>a</name><styleUrl>{url}#s</styleUrl><Polygon><outerBoundaryIs><LinearRing>"
            f"<coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        )
        (tmp_path / "a.kml").write_text(
            f'<?xml version="1.0"?><!DOCTYPE kml SYSTEM "{url}.dtd"><kml xmlns="http://www.opengis.net/kml/2.2">'
            f"<Document>{link}{place}</Document></kml>"
        )
        try:
            assert len(read_vector_file(tmp_path / "a.kml").polygons) == 1
        except VectorFileError as error:
            assert "cannot be read" in str(error)  # noqa: PT017 - either is right, a request is not
        virtual = (
            f"<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/vsicurl/{url}</SrcDataSource></OGRVRTLayer>"
        )
        for name in ("b.geojson", "b.gpkg", "b.kml", "b.shp"):
            (tmp_path / name).write_text(virtual)
            with pytest.raises(VectorFileError, match="by its first bytes"):
                read_vector_file(tmp_path / name)
        for name in (f"/vsicurl/{url}.geojson", f"{url}.geojson", f"GeoJSON:{url}.geojson"):
            with pytest.raises(VectorFileError, match="no such file"):
                read_vector_file(Path(name))
        with pytest.raises(pyogrio.errors.DataSourceError):
            pyogrio.read_info(f"/vsicurl/{url}.geojson")  # GDAL itself was told not to
        with socket.create_connection(("127.0.0.1", port)) as probe:
            probe.sendall(b"somebody does")
    assert heard == [b"somebody does"]
