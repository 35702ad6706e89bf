"""The CRS of a file, and what a user says about it with ``crs=``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyproj

from phusong.coverage.errors import VectorFileError
from phusong.coverage.projection import check_crs

if TYPE_CHECKING:
    from pathlib import Path


def told_crs(path: Path, found: pyproj.CRS | None, told: str) -> pyproj.CRS:
    """Return the file's CRS; what the user says counts where the file says nothing or has lost its datum.

    Raises
    ------
    VectorFileError
        No CRS can be trusted, ``told`` is none, or it contradicts the file.
    """
    if not told:
        return check_crs(found, path)
    try:
        crs = pyproj.CRS.from_user_input(told)
    except pyproj.exceptions.CRSError as error:
        raise VectorFileError(f"{path}: crs={told}: no such CRS; give an EPSG code, e.g. EPSG:5899") from error
    try:
        own = check_crs(found, path)
    except VectorFileError:
        return check_crs(crs, path)
    if not own.equals(crs, ignore_axis_order=True):
        raise VectorFileError(f"{path}: its CRS is {own.name!r}, but crs= says {crs.name!r}; correct one of them")
    return own
