"""People from grids and tables, and grids that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import rasterio
import shapely
from affine import Affine

from phusong.coverage.errors import CoverageError
from phusong.coverage.input.population import read_population
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject

NORTH_UP = Affine(0.01, 0, 107.0, 0, -0.01, 21.2)


@pytest.fixture
def write_grid(tmp_path: Path):
    """Write a GeoTIFF; ``values`` are rows from the north."""

    def write(values, **more: Any) -> Path:
        array = np.atleast_3d(np.asarray(values, dtype=more.pop("dtype", "float32")).T).T
        options = {"crs": "EPSG:4326", "transform": NORTH_UP, "nodata": -99999, **more}
        path = tmp_path / "people.tif"
        with rasterio.open(
            path, "w", driver="GTiff", count=len(array), height=array.shape[1], width=array.shape[2],
            dtype=array.dtype, **options,
        ) as raster:  # fmt: skip
            raster.write(array)
        return path

    return write


def test_a_grid(write_grid) -> None:
    """Persons per cell with nodata and NaN as nobody; points are the centres of cells with people."""
    people = read_population(write_grid([[1.5, -99999, 2.5], [0.0, np.nan, 4.0]]))
    assert people.grid is not None
    assert people.grid.values.tolist() == [[1.5, 0, 2.5], [0, 0, 4.0]]
    assert (people.method, people.source.rows, people.weights.tolist()) == ("raster", 3, [1.5, 2.5, 4.0])
    centres = shapely.get_coordinates(reproject(people.points, EQUAL_AREA, WGS84))
    assert centres == pytest.approx(np.array([[107.005, 21.195], [107.025, 21.195], [107.025, 21.185]]))


def test_only_the_province_is_read(write_grid) -> None:
    """A national grid is cut to a window around the province; nobody elsewhere is counted."""
    values = np.ones((200, 100))
    people = read_population(write_grid(values, transform=Affine(0.02, 0, 105.0, 0, -0.02, 23.0)))
    assert people.grid is not None
    assert (people.grid.west, people.grid.north) == pytest.approx((106.2, 21.9))
    assert people.weights.sum() == pytest.approx(people.grid.values.sum())
    assert 0 < len(people.weights) < values.size


def test_a_table(tmp_path: Path) -> None:
    """Settlements with their inhabitants; those far away and empty ones are left out."""
    path = tmp_path / "people.csv"
    path.write_text("Vĩ độ,Kinh độ,Dân số\n21.0,107.1,850\n21.1,107.2,0\n10.8,106.7,9e6\n", encoding="utf-8")
    people = read_population(path)
    assert (people.method, people.weights.tolist(), people.grid) == ("points", [850.0], None)


@pytest.mark.parametrize(
    ("values", "more", "message"),
    [
        ([[[1.0]], [[1.0]]], {}, "has 2 bands; give a GeoTIFF with the persons per cell alone"),
        (
            [[1.0]],
            {"transform": Affine(0.01, 0.002, 107, 0.002, -0.01, 21)},
            "is rotated or not north-up; warp",
        ),
        ([[1.0]], {"transform": Affine(0.01, 0, 107, 0, 0.01, 21)}, "is rotated or not north-up"),
        ([[1.0]], {"crs": None}, "the CRS is missing"),
        ([[1.0]], {"transform": Affine(0.01, 0, 2, 0, -0.01, 48)}, "nothing lies in or near the province"),
        ([[1.0, -99999]], {"nodata": None}, "1 cells have fewer than no people; is its nodata value the one"),
        ([[0.0]], {}, "holds 0 people here; is it a grid of persons per cell"),
        ([[5e8]], {}, "holds 500,000,000 people here; is it a grid"),
        ([[np.inf]], {}, "1 cells have fewer than no people"),
    ],
)
def test_bad_grids(values, more, message: str, write_grid) -> None:
    """Each fault is named with the remedy."""
    with pytest.raises(CoverageError, match=message):
        read_population(write_grid(values, **more))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.tif", b"GIF89a", "p.tif: is no GeoTIFF by its first bytes; export it again"),
        ("p.tif", b"II*\0\x08\0\0\0junk", "p.tif: cannot be read .*export or copy it again"),
        ("p.csv", b"lat,lon\n21,107\n", "p.csv:1: column people missing"),
        ("p.csv", b"lat,lon,people\n21,107,1_000\n", "p.csv:2: lat, lon and people must be numbers"),
        ("p.csv", b"lat,lon,people\n21,x,5\n", "p.csv:2: lat, lon and people must be numbers with a point"),
        ("p.csv", b"lat,lon,people\n21,107,-5\n", "p.csv:2: .*or -5.0 no number of people"),
        ("p.csv", b"lat,lon,people\n107,21,5\n", "p.csv:2: 107.0, 21.0 is no place in degrees"),
        (
            "p.csv",
            b"lat,lon,people\n21,17,5\n",
            "p.csv: no people in or near the province; are lat and lon swapped",
        ),
        ("p.json", b"{}", "p.json: tables of the kind '.json' are not read"),
    ],
)
def test_bad_files(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    """Each fault is named with its place and the remedy."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CoverageError, match=message):
        read_population(tmp_path / name)


def test_a_grid_in_metres(write_grid) -> None:
    """A grid in UTM keeps its own cells and its people; their centres are where they are on the ground."""
    transform = Affine(100, 0, 720_000, 0, -100, 2_330_000)
    people = read_population(write_grid(np.full((3, 4), 2.0), crs="EPSG:32648", transform=transform))
    assert people.grid is not None
    assert (people.grid.west, people.grid.north, people.weights.sum()) == (720_000, 2_330_000, 24)
    assert people.source.crs == "WGS 84 / UTM zone 48N"
    west, south, east, north = shapely.total_bounds(reproject(people.points, EQUAL_AREA, WGS84))
    assert (west, south, east, north) == pytest.approx((107.12, 21.05, 107.13, 21.06), abs=0.01)


def test_a_grid_that_is_too_fine(tmp_path: Path) -> None:
    """A sparse file of kilobytes with 300 million cells is refused before a cell is read."""
    path = tmp_path / "fine.tif"
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=15_000, width=20_000, dtype="float32", crs="EPSG:4326",
        transform=Affine(0.0001, 0, 106.3, 0, -0.0001, 21.9), nodata=-99999, SPARSE_OK=True, tiled=True,
    ):  # fmt: skip
        pass
    assert path.stat().st_size < 1_000_000
    with pytest.raises(CoverageError, match=r"fine.tif: has over 200,000,000 cells here; make it coarser"):
        read_population(path)


def test_a_truncated_grid(write_grid) -> None:
    """A file that was not copied to its end is no smaller grid but an error."""
    path = write_grid(np.ones((400, 400)), transform=Affine(0.001, 0, 107, 0, -0.001, 21.2))
    path.write_bytes(path.read_bytes()[:300_000])
    with pytest.raises(CoverageError, match=r"people.tif: cannot be read .*; export or copy it again"):
        read_population(path)


def test_every_bad_row_is_told_at_once(tmp_path: Path) -> None:
    """Twenty rows by their lines, and how many more."""
    rows = [f"21.{n},107.1,{'x' if n % 2 else n}" for n in range(60)]
    (tmp_path / "p.csv").write_text("lat,lon,people\n" + "\n".join(rows), encoding="utf-8")
    with pytest.raises(CoverageError) as caught:
        read_population(tmp_path / "p.csv")
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{tmp_path / 'p.csv'}:3: lat, lon and people must be numbers with a point, e.g. 21.004"
    assert (len(lines), lines[-1]) == (21, "and 10 more")


def test_a_workbook_of_settlements(tmp_path: Path) -> None:
    """Rows of a workbook are told by their number too; a formula that was never computed is no number."""
    book = openpyxl.Workbook()
    for cells in (["Vĩ độ", "Kinh độ", "Dân số"], [21.0, 107.1, 850], [None], [21.1, 107.2, "=C2*2"]):
        book.active.append(cells)
    book.save(tmp_path / "p.xlsx")
    with pytest.raises(CoverageError, match=r"^[^\n]*p.xlsx:4: lat, lon and people must be numbers with a point"):
        read_population(tmp_path / "p.xlsx")
    book.active.delete_rows(4)
    book.save(tmp_path / "p.xlsx")
    assert read_population(tmp_path / "p.xlsx").weights.tolist() == [850.0]
