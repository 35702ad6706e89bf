"""Coordinate systems: which ones are trusted, and the one in which everything is measured.

Areas are measured in EPSG:6933 (EASE-Grid 2.0, cylindrical equal-area, WGS 84), in metres. Web Mercator would be
15.7 % wrong in this province. A file is refused when its CRS is missing or has lost the datum VN-2000, which moves
everything by 224.5 m without a sign of it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyproj
import shapely

from phusong.coverage.errors import VectorFileError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

EQUAL_AREA = "EPSG:6933"
WGS84 = "EPSG:4326"
METRIC = "EPSG:5899"
"""VN-2000 / TM-3 107-45: distances and shapes in it are true to 1 in 5,000 in the province."""

_TM3_SCALE = 0.9999
"""The scale factor of the three-degree zones of VN-2000; UTM has 0.9996."""
_VIETNAM_MERIDIANS = (102.0, 110.0)


class Bounds(NamedTuple):
    """A box in WGS 84 degrees."""

    west: float
    south: float
    east: float
    north: float

    def touches(self, other: Bounds) -> bool:
        """Whether the boxes have a point in common."""
        return (
            self.west <= other.east
            and other.west <= self.east
            and self.south <= other.north
            and other.south <= self.north
        )


PROVINCE = Bounds(106.2, 20.4, 108.5, 21.9)
"""Quảng Ninh with its islands (106.43 to 108.09 E, 20.71 to 21.67 N) and a margin for generous drawings."""


@cache
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def reproject(
    geometries: NDArray[np.object_], source: pyproj.CRS | str, target: str = EQUAL_AREA
) -> NDArray[np.object_]:
    """Move geometries from one CRS to another; coordinates are x, y (longitude, latitude)."""
    wkt = source if isinstance(source, str) else source.to_wkt()
    transformer = _transformer(wkt, target)
    return np.asarray(
        shapely.transform(geometries, lambda x, y: transformer.transform(x, y), interleaved=False), dtype=object
    )


def project_points(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return points in the equal-area projection for WGS 84 degrees."""
    x, y = _transformer(WGS84, EQUAL_AREA).transform(lon, lat)
    return np.asarray(shapely.points(x, y), dtype=object)


def check_crs(crs: pyproj.CRS | None, file: Path) -> pyproj.CRS:
    """Return the CRS of ``file`` when its datum is known.

    Raises
    ------
    VectorFileError
        The CRS is missing, has no known datum, or is a VN-2000 zone whose datum was lost.
    """
    if crs is None:
        raise VectorFileError(
            f"{file}: the CRS is missing; write the file with one (a shapefile needs its .prj), VN-2000 / TM-3 "
            "107-45 is EPSG:5899"
        )
    if crs.is_bound:
        return crs
    datum = "" if crs.datum is None else crs.datum.name
    known_as_vn2000 = "vietnam" in datum.casefold()
    if not known_as_vn2000 and (_is_vn2000_zone(crs) or "vn2000" in _letters(crs.name)):
        raise VectorFileError(
            f"{file}: the CRS {crs.name!r} is a VN-2000 zone with the datum {datum!r}, which is 224.5 m off; "
            "give the file its true CRS (EPSG:5899 for VN-2000 / TM-3 107-45), e.g. ogr2ogr -a_srs EPSG:5899"
        )
    if not datum or "unknown" in datum.casefold():
        raise VectorFileError(
            f"{file}: the CRS {crs.name!r} has no known datum; give the file a CRS with an EPSG code, e.g. "
            "ogr2ogr -a_srs EPSG:4326"
        )
    return crs


def check_place(geometries: NDArray[np.object_], crs: pyproj.CRS, file: Path) -> None:
    """Refuse coordinates that do not fit their CRS or lie nowhere near the province.

    Raises
    ------
    VectorFileError
        Degrees out of range, swapped axes, a wrong zone, or another part of the world.
    """
    west, south, east, north = (float(value) for value in shapely.total_bounds(geometries))
    place = f"{west:.6g} to {east:.6g}, {south:.6g} to {north:.6g}"
    if crs.is_geographic:
        if Bounds(south, west, north, east).touches(PROVINCE) and not Bounds(west, south, east, north).touches(
            PROVINCE
        ):
            raise VectorFileError(f"{file}: the axes are swapped ({place}); write longitude before latitude")
        if west < -180 or east > 180 or south < -90 or north > 90:
            raise VectorFileError(
                f"{file}: the CRS {crs.name!r} is in degrees, but the coordinates are not ({place}); give the "
                "file its true CRS"
            )
    corners = np.array([[west, south], [east, south], [east, north], [west, north]])
    lon, lat = _transformer(crs.to_wkt(), WGS84).transform(corners[:, 0], corners[:, 1])
    if not np.isfinite([lon, lat]).all():
        raise VectorFileError(
            f"{file}: the coordinates ({place}) do not fit the CRS {crs.name!r}; give it its true CRS"
        )
    found = Bounds(float(min(lon)), float(min(lat)), float(max(lon)), float(max(lat)))
    if not found.touches(PROVINCE):
        raise VectorFileError(
            f"{file}: nothing lies in or near the province ({found.west:.3f} to {found.east:.3f} E, "
            f"{found.south:.3f} to {found.north:.3f} N); is it another region, or the wrong zone in its CRS?"
        )


def _is_vn2000_zone(crs: pyproj.CRS) -> bool:
    operation = crs.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return False
    values = {parameter.name: parameter.value for parameter in operation.params}
    meridian = float(values.get("Longitude of natural origin", 0.0))
    scale = float(values.get("Scale factor at natural origin", 0.0))
    return abs(scale - _TM3_SCALE) < 1e-9 and _VIETNAM_MERIDIANS[0] <= meridian <= _VIETNAM_MERIDIANS[1]


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
