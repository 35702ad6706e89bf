"""Opening a GeoTIFF strictly, and its window around the province; people and coverage both come in here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyproj
import rasterio
import rasterio.errors
import rasterio.windows

from phusong.coverage.errors import VectorFileError
from phusong.coverage.projection import PROVINCE, WGS84, check_crs

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

    def edges(self) -> tuple[float, float, float, float, float, float]:
        """Return the affine transform from columns and rows to coordinates, as GDAL orders it for rasterio."""
        height, width = self.values.shape
        return (self.east - self.west) / width, 0.0, self.west, 0.0, (self.south - self.north) / height, self.north


def read_window(path: Path, content: str, crs: str = "") -> Window:
    """Read the part of a one-band GeoTIFF that lies around the province.

    Parameters
    ----------
    path
        The file.
    content
        What its cells should be, for messages.
    crs
        The CRS of a file that names none, as an EPSG code.

    Raises
    ------
    VectorFileError
        The file is missing, damaged, of another kind, rotated, of several bands, without a trustworthy CRS, too
        fine, or of another region.
    """
    with _opened(path) as raster:
        if raster.count != 1:
            raise VectorFileError(f"{path}: has {raster.count} bands; give a GeoTIFF with {content} alone")
        transform = raster.transform
        if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
            raise VectorFileError(
                f"{path}: is rotated or not north-up; warp it first, e.g. gdalwarp -t_srs EPSG:4326"
            )
        own = None if raster.crs is None else pyproj.CRS.from_wkt(raster.crs.to_wkt())
        known = check_crs(pyproj.CRS.from_user_input(crs) if own is None and crs else own, path)
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
        values = raster.read(1, window=rasterio.windows.Window.from_slices(rows, columns), masked=True)
        scale, offset = raster.scales[0], raster.offsets[0]
        if (scale, offset) != (1.0, 0.0):
            values = values * scale + offset
    return Window(
        values,
        west=x0 + columns[0] * width,
        south=y0 - rows[1] * height,
        east=x0 + columns[1] * width,
        north=y0 - rows[0] * height,
        crs=known,
    )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    if not path.is_file():
        raise VectorFileError(f"{path}: no such file; check the path (only local files are read)")
    with path.open("rb") as handle:
        if not handle.read(4).startswith(_TIFF_BYTES):
            raise VectorFileError(f"{path}: is no GeoTIFF by its first bytes; export it again")
    try:
        # No sidecar files and no network: only this file is opened.
        with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"), rasterio.open(path, driver="GTiff") as raster:
            yield raster
    except rasterio.errors.RasterioError as error:
        raise VectorFileError(f"{path}: cannot be read ({error}); export or copy it again") from error
