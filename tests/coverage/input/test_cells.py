"""OpenCelliD: circles by technology, operators by network code, labelled an estimate; and its odd answers."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyproj
import pytest
import shapely

from phusong.coverage.errors import CoverageError
from phusong.coverage.input import cells
from phusong.coverage.input.layer_spec import parse_layer_spec
from phusong.coverage.input.layers import read_layers
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject

ROW = "{radio},{mcc},{net},1,2,,{lon},{lat},1000,5,1,1459813819,1459813819,-95\n"


def cell(radio: str = "LTE", net: int = 4, lon: float = 107.1, lat: float = 21.0, mcc: int = 452) -> str:
    return ROW.format(radio=radio, mcc=mcc, net=net, lon=lon, lat=lat)


def read(path: Path, flags: str = "date=2026-06-30"):
    return {
        (layer.source.operator, layer.source.technology): layer
        for layer in read_layers(parse_layer_spec(f"{path},{flags}"))
    }


def test_cells_become_circles(tmp_path: Path) -> None:
    """4 km for LTE and UMTS, 12 km for GSM, true on the ground; the same place counts once."""
    path = tmp_path / "452.csv"
    path.write_text(cell() + cell() + cell("GSM", 1) + cell("UMTS", 2) + cell("NR", 99) + cell(lon=2.3, lat=48.9))
    layers = read(path)
    assert set(layers) == {("Viettel", "4G"), ("MobiFone", "2G"), ("VinaPhone", "3G"), ("452-99", "5G")}
    assert all(layer.source.estimate and layer.source.min_dbm is None for layer in layers.values())
    for key, radius_m in ((("Viettel", "4G"), 4000), (("MobiFone", "2G"), 12_000), (("452-99", "5G"), 2000)):
        (circle,) = reproject(layers[key].polygons, EQUAL_AREA, WGS84)
        edge = shapely.get_coordinates(circle)
        count = len(edge)
        _, _, ways = pyproj.Geod(ellps="WGS84").inv([107.1] * count, [21.0] * count, edge[:, 0], edge[:, 1])
        assert min(ways) == pytest.approx(radius_m, rel=1e-3)
        assert max(ways) == pytest.approx(radius_m, rel=1e-3)


def test_packed_with_a_header_and_other_names(tmp_path: Path) -> None:
    """A .csv.gz as downloaded; flags choose operator, technology, radius and names."""
    path = tmp_path / "452.csv.gz"
    header = "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal\n"
    path.write_bytes(gzip.compress((header + cell() + cell(net=5) + cell("GSM")).encode()))
    layers = read(path, "operator=Ours,operators=05:Ours,technology=4G,radius_km=1")
    assert list(layers) == [("Ours", "4G")]
    assert layers["Ours", "4G"].polygons[0].area == pytest.approx(3.14e6, rel=0.02)


def test_a_few_bad_lines_are_dropped_and_listed(tmp_path: Path) -> None:
    """Crowds send nonsense: below one line in a hundred it is dropped, each line a repair."""
    path = tmp_path / "a.csv"
    path.write_text(cell() * 150 + "LTE,452,4,1,2,,x,21\n")
    (layer,) = read(path).values()
    assert [(repair.feature, repair.what) for repair in layer.repairs] == [
        ("151", "dropped: no cell of OpenCelliD")
    ]


def test_a_quotation_mark_swallows_nothing(tmp_path: Path) -> None:
    """One stray mark spoils its own line, not those behind it."""
    path = tmp_path / "a.csv"
    path.write_text("\ufeff" + cell() + '"' + cell() + cell("GSM") + cell("UMTS"), encoding="utf-8")
    layers = read(path)
    assert set(layers) == {("Viettel", "4G"), ("Viettel", "2G"), ("Viettel", "3G")}
    assert {repair.feature for layer in layers.values() for repair in layer.repairs} == {"2"}
    assert {layer.source.crs for layer in layers.values()} == {"WGS 84"}


def test_of_many_bad_lines_the_first_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list stays short, the number of the others is said."""
    monkeypatch.setattr(cells, "_LISTED_BAD", 2)
    path = tmp_path / "a.csv"
    path.write_text("x\n" * 5 + cell() * 600)
    (layer,) = read(path).values()
    assert [(repair.feature, repair.what) for repair in layer.repairs] == [
        ("1", "dropped: no cell of OpenCelliD"),
        ("2", "dropped: no cell of OpenCelliD"),
        ("", "dropped: 3 more lines that are no cells of OpenCelliD"),
    ]


@pytest.mark.parametrize("flags", ["layer=x", "crs=EPSG:4326", "min_dbm=-95", "operator_column=net"])
def test_what_says_nothing_of_cells(flags: str) -> None:
    """A description that would change nothing is refused."""
    with pytest.raises(CoverageError, match="a file of cells makes no use of"):
        parse_layer_spec(f"a.csv,{flags}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"RATE_LIMITED", "is OpenCelliD's answer 'RATE_LIMITED', no cells; download it again"),
        (b"INVALID_TOKEN\n", "is OpenCelliD's answer 'INVALID_TOKEN'"),
        (cell(mcc=460).encode(), "has no cell of Viet Nam .452. in or near the province"),
        (cell(lon=21.0, lat=107.0).encode() * 3, "3 of 3 lines are no cells of OpenCelliD .lines 1, 2, 3."),
        (b"id,lat,lon\na,1,2\nb,1,2\nc,1,2\n", "4 of 4 lines are no cells of OpenCelliD"),
        (b"\x1f\x8b\x08\0junk", "cannot be read"),
        (gzip.compress(cell().encode() * 500)[:-30], "cannot be read"),
        (
            b"radio,mcc,net,area,cell,unit,lat,lon\n",
            r"its columns are .*,lat,lon, not .*,lon,lat,...; put them in",
        ),
        (cell().encode() + b"x" * 20_000, "line 2 is too long for a cell; is it OpenCelliD's CSV"),
        (cell(lon="nan").encode() * 2, "2 of 2 lines are no cells"),  # type: ignore[arg-type]
        (cell("LTE\xe9").encode("latin-1"), "cannot be read"),
        (b"", "has no cell of Viet Nam"),
    ],
)
def test_bad_files(content: bytes, message: str, tmp_path: Path) -> None:
    """Each fault is named with the remedy."""
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(CoverageError, match=message):
        read(tmp_path / "a.csv")
