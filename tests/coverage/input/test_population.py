"""People from grids and tables, and grids that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
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
