"""Opening a GeoTIFF strictly, and its window around the province; people and coverage both come in here."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyproj
import rasterio
import rasterio.errors
import rasterio.windows

from phusong.coverage.errors import VectorFileError
from phusong.coverage.input.told_crs import told_crs
from phusong.coverage.projection import PROVINCE, WGS84

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

_TIFF_BYTES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
LARGEST_WINDOW = 200_000_000
"""Cells in the window of the province: a grid of 4 m would have so many."""


@dataclass(frozen=True, slots=True)
class Window:
    """A north-up part of a raster: its masked values, row by row from the north, and its box in its own CRS."""

    values: np.ma.MaskedArray[Any, Any]
    west: float
    south: float
    east: float
    north: float
    crs: pyproj.CRS


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """The part of an open GeoTIFF around the province, to be read in strips of rows."""

    raster: Any
    band: int
    left: int
    top: int
    width: int
    height: int
    crs: pyproj.CRS

    def read(self, first: int, last: int) -> np.ma.MaskedArray[Any, Any]:
        """Return the masked values of the rows from ``first`` up to ``last``, counted from the window's north."""
        rows = (self.top + first, self.top + last)
        columns = (self.left, self.left + self.width)
        window = rasterio.windows.Window.from_slices(rows, columns)
        values: np.ma.MaskedArray[Any, Any] = self.raster.read(self.band, window=window, masked=True)
        scale, offset = self.raster.scales[self.band - 1], self.raster.offsets[self.band - 1]
        if (scale, offset) != (1.0, 0.0):
            values = values * scale + offset
        return values

    def edges(self) -> tuple[float, float, float, float]:
        """Return the west and north edge of the window, and the width and height of a cell, in its CRS."""
        transform = self.raster.transform
        width, height = transform.a, -transform.e
        return transform.c + self.left * width, transform.f - self.top * height, width, height


def read_window(path: Path, content: str, crs: str = "") -> Window:
    """Read the part of a one-band GeoTIFF that lies around the province at once.

    The parameters and errors are those of ``opened_window``.
    """
    with opened_window(path, content, crs) as window:
        values = window.read(0, window.height)
        west, north, width, height = window.edges()
    east, south = west + window.width * width, north - window.height * height
    return Window(values, west=west, south=south, east=east, north=north, crs=window.crs)


@contextmanager
def opened_window(path: Path, content: str, crs: str = "", band: str | None = None) -> Iterator[OpenWindow]:
    """Open the part of a GeoTIFF that lies around the province.

    Parameters
    ----------
    path
        The file.
    content
        What its cells should be, for messages.
    crs
        The CRS of a file that names none, as an EPSG code.
    band
        Which band, by its number from 1 or its description; empty for the only one, ``None`` where the user has no
        way to name one.

    Raises
    ------
    VectorFileError
        The file is missing, damaged, of another kind, rotated, of several bands of which none is named, without a
        trustworthy CRS, too fine, or of another region.
    """
    with _opened(path) as raster:
        number = _band_number(path, raster, content, band)
        transform = raster.transform
        if transform.is_identity:
            raise VectorFileError(f"{path}: does not say where it lies; export it as a GeoTIFF with its place")
        if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
            raise VectorFileError(
                f"{path}: is rotated or not north-up; warp it first, e.g. gdalwarp -t_srs EPSG:4326"
            )
        known = told_crs(path, None if raster.crs is None else pyproj.CRS.from_wkt(raster.crs.to_wkt()), crs)
        box = pyproj.Transformer.from_crs(WGS84, known, always_xy=True).transform_bounds(*PROVINCE)
        x0, y0, width, height = transform.c, transform.f, transform.a, -transform.e
        columns = max(0, math.floor((box[0] - x0) / width)), min(raster.width, math.ceil((box[2] - x0) / width))
        rows = max(0, math.floor((y0 - box[3]) / height)), min(raster.height, math.ceil((y0 - box[1]) / height))
        if columns[0] >= columns[1] or rows[0] >= rows[1]:
            raise VectorFileError(
                f"{path}: nothing lies in or near the province; is it another region, or a wrong CRS?"
            )
        if (columns[1] - columns[0]) * (rows[1] - rows[0]) > LARGEST_WINDOW:
            raise VectorFileError(
                f"{path}: has over {LARGEST_WINDOW:,} cells here; make it coarser, e.g. gdalwarp -tr"
            )
        yield OpenWindow(raster, number, columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0], known)


def _band_number(path: Path, raster: Any, content: str, band: str | None) -> int:
    names = [str(name or "") for name in raster.descriptions]
    if not band:
        if raster.count != 1:
            listed = ", ".join(f"{number} {name}".strip() for number, name in enumerate(names[:10], start=1))
            more = "" if band is None else f", or name one with layer= ({listed})"
            raise VectorFileError(f"{path}: has {raster.count} bands; give a GeoTIFF with {content} alone{more}")
        return 1
    found = [number for number, name in enumerate(names, start=1) if band in (str(number), name)]
    if len(found) != 1:
        raise VectorFileError(f"{path}: has no band {band!r} (it has {raster.count}); give its number, from 1")
    return found[0]


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    if not path.is_file():
        raise VectorFileError(f"{path}: no such file; check the path (only local files are read)")
    with path.open("rb") as handle:
        if not handle.read(4).startswith(_TIFF_BYTES):
            raise VectorFileError(f"{path}: is no GeoTIFF by its first bytes; export it again")
    try:
        # No sidecar files and no network: only this file is opened.
        with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"), _quietly_opened(path) as raster:
            yield raster
    except rasterio.errors.RasterioError as error:
        raise VectorFileError(f"{path}: cannot be read ({error}); export or copy it again") from error


def _quietly_opened(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        return rasterio.open(path, driver="GTiff")
