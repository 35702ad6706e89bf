"""People: a grid of them (WorldPop, HRSL, GHSL as GeoTIFF) or a table of settlements with their inhabitants."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import rasterio
import rasterio.errors
import rasterio.windows
import shapely

from phusong.coverage.errors import TableError, VectorFileError
from phusong.coverage.input.file_hash import file_sha256
from phusong.coverage.input.table_file import read_table, refuse_problems
from phusong.coverage.projection import EQUAL_AREA, PROVINCE, WGS84, check_crs, project_points, reproject
from phusong.coverage.summary import Source

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RASTER = "raster"
POINTS = "points"

_TIFF_BYTES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_LARGEST_GRID = 200_000_000
"""Cells in the window of the province: a grid of 4 m would have so many."""
_MOST_PEOPLE = 100_000_000
_COLUMNS = {
    "lat": ("latitude", "vi do", "y"),
    "lon": ("lng", "long", "longitude", "kinh do", "x"),
    "people": ("population", "pop", "inhabitants", "dan so", "so dan", "nhan khau"),
}


@dataclass(frozen=True, slots=True)
class Grid:
    """A north-up window of a raster; ``values`` are persons per cell, rows from the north, never negative."""

    values: NDArray[np.float64]
    west: float
    south: float
    east: float
    north: float
    crs: pyproj.CRS


@dataclass(frozen=True, slots=True)
class People:
    """Where how many people live.

    ``points`` (EPSG:6933) and ``weights`` (persons) are settlements or the centres of cells that are not empty. Of
    a raster the ``grid`` is there too, by which people are counted in parts of cells.
    """

    method: str
    source: Source
    points: NDArray[np.object_]
    weights: NDArray[np.float64]
    grid: Grid | None = None


def read_population(path: Path) -> People:
    """Read a GeoTIFF of persons per cell, or a CSV file or workbook with columns lat, lon and people.

    Raises
    ------
    VectorFileError, TableError
        The file cannot be used as it is; the message names what is wrong and what to do.
    """
    if path.suffix.lower() in (".tif", ".tiff"):
        return _read_grid(path)
    return _read_settlements(path)


def _read_settlements(path: Path) -> People:
    table = read_table(path, _COLUMNS, required=tuple(_COLUMNS))
    values: list[tuple[float, float, float]] = []
    problems: list[str] = []
    for row in table.rows:
        try:
            lat, lon, people = (float(row.cells[name]) for name in _COLUMNS)
        except ValueError:
            problems.append(f"{row.where}: lat, lon and people must be numbers with a point, e.g. 21.004")
            continue
        if not (abs(lat) <= 90 and abs(lon) <= 180 and 0 <= people <= _MOST_PEOPLE):
            problems.append(f"{row.where}: {lat}, {lon} is no place in degrees or {people} no number of people")
            continue
        values.append((lat, lon, people))
    refuse_problems(problems)
    array = np.array(values, dtype=float).reshape(-1, 3)
    west, south, east, north = PROVINCE
    near = (array[:, 1] >= west) & (array[:, 1] <= east) & (array[:, 0] >= south) & (array[:, 0] <= north)
    array = array[near & (array[:, 2] > 0)]
    if not len(array):
        raise TableError(f"{path}: no people in or near the province; are lat and lon swapped?")
    source = Source("population", path.name, table.sha256, len(array), WGS84)
    return People(POINTS, source, project_points(array[:, 1], array[:, 0]), array[:, 2])


def _read_grid(path: Path) -> People:
    if not path.is_file():
        raise VectorFileError(f"{path}: no such file; check the path (only local files are read)")
    with path.open("rb") as handle:
        if not handle.read(4).startswith(_TIFF_BYTES):
            raise VectorFileError(f"{path}: is no GeoTIFF by its first bytes; export it again")
    try:
        with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"), rasterio.open(path, driver="GTiff") as raster:
            grid = _window(path, raster)
    except rasterio.errors.RasterioError as error:
        raise VectorFileError(f"{path}: cannot be read ({error}); export or copy it again") from error
    rows, columns = np.nonzero(grid.values)
    height, width = grid.values.shape
    x = grid.west + (columns + 0.5) * (grid.east - grid.west) / width
    y = grid.north - (rows + 0.5) * (grid.north - grid.south) / height
    points = reproject(np.asarray(shapely.points(x, y), dtype=object), grid.crs, EQUAL_AREA)
    source = Source("population", path.name, file_sha256(path), len(rows), grid.crs.name)
    return People(RASTER, source, points, grid.values[rows, columns], grid)


def _window(path: Path, raster: Any) -> Grid:
    """Return the part of the raster around the province."""
    if raster.count != 1:
        raise VectorFileError(f"{path}: has {raster.count} bands; give a GeoTIFF with the persons per cell alone")
    transform = raster.transform
    if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        raise VectorFileError(f"{path}: is rotated or not north-up; warp it first, e.g. gdalwarp -t_srs EPSG:4326")
    crs = check_crs(None if raster.crs is None else pyproj.CRS.from_wkt(raster.crs.to_wkt()), path)
    west, south, east, north = pyproj.Transformer.from_crs(WGS84, crs, always_xy=True).transform_bounds(*PROVINCE)
    x0, y0, width, height = transform.c, transform.f, transform.a, -transform.e
    columns = max(0, math.floor((west - x0) / width)), min(raster.width, math.ceil((east - x0) / width))
    rows = max(0, math.floor((y0 - north) / height)), min(raster.height, math.ceil((y0 - south) / height))
    if columns[0] >= columns[1] or rows[0] >= rows[1]:
        raise VectorFileError(
            f"{path}: nothing lies in or near the province; is it another region, or a wrong CRS ({crs.name})?"
        )
    if (columns[1] - columns[0]) * (rows[1] - rows[0]) > _LARGEST_GRID:
        raise VectorFileError(f"{path}: has over {_LARGEST_GRID:,} cells here; aggregate it to 30 m or coarser")
    window = rasterio.windows.Window.from_slices(rows, columns)
    values = raster.read(1, window=window, masked=True).filled(0).astype(float)
    values = np.nan_to_num(values, nan=0.0, posinf=-1.0, neginf=-1.0) * raster.scales[0]
    if values.size and values.min() < 0:
        raise VectorFileError(
            f"{path}: {int((values < 0).sum())} cells have fewer than no people; is its nodata value "
            f"({raster.nodata}) the one in the file? Set it, e.g. gdal_edit.py -a_nodata -99999"
        )
    people = float(values.sum())
    if not 0 < people <= _MOST_PEOPLE:
        raise VectorFileError(f"{path}: holds {people:,.0f} people here; is it a grid of persons per cell?")
    return Grid(
        values,
        west=x0 + columns[0] * width,
        south=y0 - rows[1] * height,
        east=x0 + columns[1] * width,
        north=y0 - rows[0] * height,
        crs=crs,
    )
