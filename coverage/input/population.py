"""People: a grid of them (WorldPop, HRSL, GHSL as GeoTIFF) or a table of settlements with their inhabitants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.errors import TableError, VectorFileError
from phusong.coverage.input.file_hash import file_sha256
from phusong.coverage.input.geotiff import read_window
from phusong.coverage.input.table_file import POSITION_COLUMNS, plain_number, read_table, refuse_problems
from phusong.coverage.projection import EQUAL_AREA, PROVINCE, WGS84, project_points, reproject
from phusong.coverage.summary import Source

if TYPE_CHECKING:
    from pathlib import Path

    import pyproj
    from numpy.typing import NDArray

RASTER = "raster"
POINTS = "points"

_MOST_PEOPLE = 100_000_000
_COLUMNS = {
    **POSITION_COLUMNS,
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
            lat, lon, people = (plain_number(row.cells[name]) for name in _COLUMNS)
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
    window = read_window(path, "the persons per cell")
    values = np.ma.filled(window.values, 0).astype(float)
    values = np.nan_to_num(values, nan=0.0, posinf=-1.0, neginf=-1.0)
    if values.min() < 0:
        raise VectorFileError(
            f"{path}: {int((values < 0).sum())} cells have fewer than no people; is its nodata value the one in "
            "the file? Set it, e.g. gdal_edit.py -a_nodata -99999"
        )
    people = float(values.sum())
    if not 0 < people <= _MOST_PEOPLE:
        raise VectorFileError(f"{path}: holds {people:,.0f} people here; is it a grid of persons per cell?")
    grid = Grid(values, window.west, window.south, window.east, window.north, window.crs)
    rows, columns = np.nonzero(values)
    height, width = values.shape
    x = grid.west + (columns + 0.5) * (grid.east - grid.west) / width
    y = grid.north - (rows + 0.5) * (grid.north - grid.south) / height
    points = reproject(np.asarray(shapely.points(x, y), dtype=object), grid.crs, EQUAL_AREA)
    source = Source("population", path.name, file_sha256(path), len(rows), grid.crs.name)
    return People(RASTER, source, points, values[rows, columns], grid)
