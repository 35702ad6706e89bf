"""Reading a file of polygons strictly: what comes out is complete, valid, and in the equal-area projection.

Boundaries and coverage layers both come in here; what the polygons mean is decided by them. Only existing local
files are opened, and only those that are by their first bytes what their name says, so that GDAL never follows a
virtual file to another place.
"""

from __future__ import annotations

import hashlib
import struct
import warnings
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from phusong.coverage.errors import VectorFileError
from phusong.coverage.projection import check_crs, check_place, reproject
from phusong.coverage.repairs import Repair, repair_polygons

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

_FIRST_BYTES = {
    ".gpkg": (b"SQLite format 3\0",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".zip": (b"PK\x03\x04",),
    ".fgb": (b"fgb",),
    ".geojson": (b"{",),
    ".json": (b"{",),
}
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_POLYGON_TYPES = (int(shapely.GeometryType.POLYGON), int(shapely.GeometryType.MULTIPOLYGON))
_SHOWN_FEATURES = 10

LARGEST_UNPACKED_BYTES = 1_000_000_000
"""An archive that says it holds more is not even tested: it may be a trap, and testing it takes its time."""


@dataclass(frozen=True, slots=True)
class VectorFile:
    """The polygons of one file in EPSG:6933 with their attributes as cleaned text, row by row."""

    path: Path
    sha256: str
    columns: dict[str, tuple[str, ...]]
    polygons: NDArray[np.object_]
    features: tuple[int, ...]
    """The number of each polygon in the file, from 1."""
    repairs: tuple[Repair, ...]


def read_vector_file(path: Path) -> VectorFile:
    """Read GeoJSON, GeoPackage, Shapefile (also zipped) or FlatGeobuf with one layer of polygons.

    Raises
    ------
    VectorFileError
        The file is missing, damaged, truncated or of another kind; its CRS is missing or has lost its datum; a
        geometry is missing, empty, no polygon or not finite; or nothing lies in the province.
    """
    source = _checked_source(path)
    frame, notes = _read_frame(path, source)
    if not len(frame):
        raise VectorFileError(f"{path}: has no features; export it again")
    geometries = np.asarray(frame.geometry.array, dtype=object)
    _check_geometries(path, geometries)
    crs = check_crs(frame.crs, path)
    check_place(geometries, crs, path)
    polygons = reproject(shapely.force_2d(geometries), crs)
    repaired = repair_polygons(path.name, polygons)
    if not len(repaired.polygons):
        raise VectorFileError(f"{path}: no polygon encloses any area; export it again")
    table = frame.drop(columns=frame.geometry.name)
    columns = {
        str(name): tuple(_text(value) for value in table[name].iloc[repaired.rows]) for name in table.columns
    }
    return VectorFile(
        path=path,
        sha256=file_sha256(path),
        columns=columns,
        polygons=repaired.polygons,
        features=tuple(int(row) + 1 for row in repaired.rows),
        repairs=(
            *(Repair(path.name, "", f"read with a warning: {note}", 0.0) for note in notes),
            *repaired.repairs,
        ),
    )


def file_sha256(path: Path) -> str:
    """Return the SHA-256 in hex; for a shapefile, of its .shp, .shx, .dbf, .prj and .cpg in this order."""
    digest = hashlib.sha256()
    parts = [path]
    if path.suffix.lower() == ".shp":
        parts = [part for suffix in _SHAPEFILE_PARTS if (part := _sibling(path, suffix)) is not None]
    for part in parts:
        with part.open("rb") as handle:
            while chunk := handle.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def name_features(numbers: Iterable[int]) -> str:
    """Return feature numbers for a message, the first few of them."""
    listed = list(numbers)
    shown = ", ".join(str(number) for number in listed[:_SHOWN_FEATURES])
    more = f" and {len(listed) - _SHOWN_FEATURES} more" if len(listed) > _SHOWN_FEATURES else ""
    return f"feature{'s' if len(listed) > 1 else ''} {shown}{more}"


def _sibling(path: Path, suffix: str) -> Path | None:
    candidates = (path.with_suffix(suffix), path.with_suffix(suffix.upper()))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _checked_source(path: Path) -> str:
    """Return what GDAL is to open, once the file is what its name says."""
    suffix = path.suffix.lower()
    if suffix not in _FIRST_BYTES:
        raise VectorFileError(
            f"{path}: files of the kind {suffix or 'without a suffix'!r} are not read; use GeoPackage (.gpkg), "
            "GeoJSON (.geojson), Shapefile (.shp or .zip) or FlatGeobuf (.fgb)"
        )
    if not path.is_file():
        raise VectorFileError(f"{path}: no such file; check the path (only local files are read)")
    try:
        with path.open("rb") as handle:
            head = handle.read(512)
    except OSError as error:
        raise VectorFileError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n").startswith(_FIRST_BYTES[suffix]):
        raise VectorFileError(f"{path}: is no {suffix} file by its first bytes; export it again")
    if suffix == ".shp":
        _check_shapefile_length(path, head)
    if suffix == ".zip":
        return _zipped_shapefile(path)
    return str(path.resolve())


def _check_shapefile_length(path: Path, head: bytes) -> None:
    """Refuse a truncated .shp: GDAL reads what is cut off as features without geometry."""
    if len(head) < 100:
        raise VectorFileError(f"{path}: is truncated ({len(head)} bytes); copy it again")
    expected = 2 * int(struct.unpack(">i", head[24:28])[0])
    found = path.stat().st_size
    if found < expected:
        raise VectorFileError(f"{path}: is truncated ({found} bytes of {expected}); copy it again")
    if _sibling(path, ".shx") is None or _sibling(path, ".dbf") is None:
        raise VectorFileError(f"{path}: its .shx or .dbf is missing; copy all parts of the shapefile")


def _zipped_shapefile(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
            if unpacked > LARGEST_UNPACKED_BYTES:
                raise VectorFileError(
                    f"{path}: unpacks to {unpacked / 1e6:.0f} MB, over the limit of "
                    f"{LARGEST_UNPACKED_BYTES / 1e6:.0f} MB; give the unpacked shapefile"
                )
            broken = archive.testzip()
            names = [name for name in archive.namelist() if name.lower().endswith(".shp")]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise VectorFileError(f"{path}: is a damaged or encrypted archive ({error}); copy it again") from error
    if broken is not None:
        raise VectorFileError(f"{path}: {broken} in it is damaged; copy it again")
    if len(names) != 1:
        raise VectorFileError(f"{path}: holds {len(names)} shapefiles; give an archive with exactly one")
    return f"/vsizip/{path.resolve()}/{names[0]}"


def _read_frame(path: Path, source: str) -> tuple[Any, list[str]]:
    """Read the one layer of a file; GDAL's own warnings come back as text, once each."""
    # GDAL must not reach for the network whatever a file says.
    pyogrio.set_gdal_config_options({"CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none"})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            layers = [str(name) for name, kind in pyogrio.list_layers(source) if kind is not None]
            if len(layers) != 1:
                raise VectorFileError(
                    f"{path}: has {len(layers)} layers with geometry ({', '.join(layers) or 'none'}); give a file "
                    "with exactly one"
                )
            frame = geopandas.read_file(source, layer=layers[0], engine="pyogrio")
            declared = int(pyogrio.read_info(source, layer=layers[0], force_feature_count=True)["features"])
        except (DataSourceError, DataLayerError, UnicodeDecodeError, shapely.errors.GEOSException) as error:
            raise VectorFileError(f"{path}: cannot be read ({error}); export it again") from error
    if declared != len(frame):
        raise VectorFileError(
            f"{path}: {len(frame)} of {declared} features could be read; copy or export it again"
        )
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise VectorFileError(f"{path}: has no geometry; export it with its polygons")
    return frame, sorted({str(warning.message) for warning in caught})


def _check_geometries(path: Path, geometries: NDArray[np.object_]) -> None:
    def refuse(bad: NDArray[np.bool_], what: str, remedy: str) -> None:
        if bad.any():
            numbers = (np.flatnonzero(bad) + 1).tolist()
            raise VectorFileError(f"{path}: {name_features(numbers)}: {what}; {remedy}")

    refuse(
        shapely.is_missing(geometries), "no geometry", "the file may be truncated: copy it again, or delete them"
    )
    refuse(shapely.is_empty(geometries), "an empty geometry", "delete them or draw them")
    kinds = shapely.get_type_id(geometries)
    refuse(~np.isin(kinds, _POLYGON_TYPES), "no polygon", "give polygons only (points and lines have no area)")
    bounds = shapely.bounds(geometries)
    coordinates, owners = shapely.get_coordinates(geometries, return_index=True)
    finite = np.isfinite(bounds).all(axis=1)
    finite[owners[~np.isfinite(coordinates).all(axis=1)]] = False
    refuse(~finite, "a coordinate that is no number", "export the file again")


def _text(value: object) -> str:
    """Return an attribute as text: missing is empty, and a code that became a float is whole again."""
    if value is None or value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()
