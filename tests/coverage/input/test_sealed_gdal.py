"""No content of a file makes GDAL send a request or open another file; a listener on loopback proves it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyogrio
import pytest
import shapely

from phusong.coverage.errors import VectorFileError
from phusong.coverage.input.sealed_gdal import DRIVERS, sealed_gdal
from phusong.coverage.input.vector_file import read_vector_file

RING = [[[107, 21], [107.1, 21], [107.1, 21.1], [107, 21]]]
FEATURES = [{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": RING}}]


@dataclass
class Listener:
    """Whoever sends something to ``url`` is noted in ``heard``."""

    url: str
    heard: list[bytes] = field(default_factory=list)


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        found = Listener(f"http://127.0.0.1:{server.getsockname()[1]}/x")
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(1)
                    found.heard.append(connection.recv(200))

        thread = threading.Thread(target=listen)
        thread.start()
        yield found
        with socket.create_connection(server.getsockname()) as probe:
            probe.sendall(b"the probe")
        while b"the probe" not in found.heard:
            thread.join(0.01)
        stop.set()
        thread.join()
        assert found.heard == [b"the probe"]


def vrt(source: str) -> str:
    layer = f'<OGRVRTLayer name="other"><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer>'
    return f'<?xml version="1.0"?><OGRVRTDataSource>{layer}</OGRVRTDataSource>'


def pipeline(command: str) -> str:
    return json.dumps({"type": "gdal_streamed_alg", "command_line": f"gdal vector {command}"})


CONTENTS = {
    "a VRT of a URL": ("a.kml", vrt("{url}.geojson")),
    "a VRT of /vsicurl": ("a.kml", vrt("/vsicurl/{url}.geojson")),
    "a VRT of /vsicurl_streaming": ("a.kml", vrt("/vsicurl_streaming/{url}.geojson")),
    "a VRT of a WFS": ("a.kml", vrt("WFS:{url}")),
    "a VRT of a local file": ("a.kml", vrt("{local}")),
    "a WFS": ("a.kml", '<?xml version="1.0"?><OGRWFSDataSource><URL>{url}</URL></OGRWFSDataSource>'),
    "a pipeline of a URL": ("a.geojson", pipeline("pipeline read {url}.geojson ! reproject --dst-crs=EPSG:4326")),
    "a pipeline of a local file": ("a.json", pipeline("convert {local} --output-format=stream x")),
    "an entity": ("a.kml", '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "{url}">]><kml>&x;</kml>'),
}


@pytest.mark.parametrize(("name", "content"), CONTENTS.values(), ids=CONTENTS)
def test_nothing_leads_elsewhere(name: str, content: str, tmp_path: Path, listener: Listener) -> None:
    """A file that is in truth something else is refused by us, and opened by GDAL neither."""
    local = tmp_path / "local.geojson"
    local.write_text(json.dumps({"type": "FeatureCollection", "features": FEATURES}))
    assert len(read_vector_file(local).polygons) == 1
    path = tmp_path / name
    path.write_text(content.replace("{url}", listener.url).replace("{local}", str(local)))
    with pytest.raises(VectorFileError, match=rf"{name}: (is a virtual dataset or service|cannot be read)"):
        read_vector_file(path)
    with sealed_gdal(), pytest.raises(pyogrio.errors.DataSourceError):
        pyogrio.read_dataframe(path)


@pytest.mark.parametrize("key", ["crs", "cr\\u0073"])
def test_a_crs_at_an_address(key: str, tmp_path: Path, listener: Listener) -> None:
    """GDAL would fetch it, or take WGS 84 in silence: the address is named, and the user may say the CRS."""
    path = tmp_path / "a.geojson"
    crs = json.dumps({"type": "link", "properties": {"href": f"{listener.url}.wkt", "type": "esriwkt"}})
    features = json.dumps(FEATURES)
    path.write_text(f'{{"type": "FeatureCollection", "{key}": {crs}, "features": {features}}}')
    with pytest.raises(
        VectorFileError,
        match=rf"a.geojson: says that a part of it is at '{listener.url}.wkt', and nothing is fetched",
    ):
        read_vector_file(path)


def test_links_of_a_kml_are_not_followed(tmp_path: Path, listener: Listener) -> None:
    """The polygons of the file itself are read, what it links to is not."""
    link = f"<NetworkLink><Link><href>{listener.url}.kml</href></Link></NetworkLink>"
    ring = "<LinearRing><coordinates>107,21 107.1,21 107.1,21.1 107,21</coordinates></LinearRing>"
    place = (
        f"<Placemark><styleUrl>{listener.url}#s</styleUrl><Polygon><outerBoundaryIs>{ring}</outerBoundaryIs>"
        "</Polygon></Placemark>"
    )
    (tmp_path / "a.kml").write_text(
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{link}{place}</Document></kml>'
    )
    assert len(read_vector_file(tmp_path / "a.kml").polygons) == 1


def test_gdal_itself_is_sealed(listener: Listener) -> None:
    """Only our drivers are left, on every thread, also for whoever does not come through us."""
    with sealed_gdal() as addresses:
        assert set(pyogrio.list_drivers()) == set(DRIVERS)
    failed: list[Exception] = []

    def read() -> None:
        for path in (f"/vsicurl/{listener.url}.geojson", f"{listener.url}.geojson", f"WFS:{listener.url}"):
            try:
                pyogrio.read_info(path)
            except pyogrio.errors.DataSourceError as error:
                failed.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert (len(failed), addresses) == (3, [])


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ('{"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4756"}}', "VN-2000"),
        ('{"type": "EPSG", "properties": {"code": 4756}}', "VN-2000"),
        ('{"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}', "WGS 84"),
        ('{"type": "name", "properties": {"name": "VN-2000 as we know it"}}', None),
        ('{"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::99999"}}', None),
        ('"EPSG:4756"', None),
        ("null", None),
    ],
)
@pytest.mark.parametrize("behind", [False, True])
def test_a_crs_that_nobody_knows(stated: str, read: str | None, behind: bool, tmp_path: Path) -> None:
    """GDAL takes WGS 84 for it, 224.5 m off where VN-2000 was meant: refused, until the user says it."""
    path = tmp_path / "a.geojson"
    features = f'"features": {json.dumps(FEATURES)}'
    members = [features, f'"crs": {stated}'] if behind else [f'"crs": {stated}', features]
    path.write_text(f'{{"type": "FeatureCollection", {", ".join(members)}}}')
    if read is not None:
        assert read in read_vector_file(path).crs
        return
    with pytest.raises(VectorFileError, match=r"a.geojson: the CRS is missing"):
        read_vector_file(path)
    moved = read_vector_file(path, crs="EPSG:4756").polygons[0].centroid
    path.write_text(f'{{"type": "FeatureCollection", {features}}}')
    assert moved.distance(read_vector_file(path).polygons[0].centroid) == pytest.approx(224.5, abs=25)
    assert shapely.is_valid(moved)
