"""Reading a file of polygons strictly: what comes out is complete, valid, and in the equal-area projection.

Boundaries and coverage layers both come in here; what the polygons mean is decided by them. Which file GDAL opens
is decided in ``dataset_file``.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from pyarrow import parquet
from pyogrio.errors import DataLayerError, DataSourceError

from phusong.coverage.errors import VectorFileError
from phusong.coverage.input.dataset_file import LARGEST_UNPACKED_BYTES, DatasetFile, dataset_sha256, opened_dataset
from phusong.coverage.input.geojson_crs import crs_is_guessed
from phusong.coverage.input.sealed_gdal import sealed_gdal
from phusong.coverage.input.told_crs import told_crs
from phusong.coverage.projection import check_place, reproject
from phusong.coverage.repairs import Repair, repair_polygons

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_POLYGON_TYPES = (int(shapely.GeometryType.POLYGON), int(shapely.GeometryType.MULTIPOLYGON))
_JSON = (".geojson", ".json")
_SHOWN_FEATURES = 10
LARGEST_INVALID_SHARE = 0.2
FEWEST_INVALID = 20
"""A file with more invalid polygons than this and that share of all is damaged, not dirty."""
_UNREADABLE = (
    DataSourceError, DataLayerError, UnicodeDecodeError, shapely.errors.GEOSException, pa.ArrowException,
    OSError, ValueError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class VectorFile:
    """The polygons of one file in EPSG:6933 with their attributes as cleaned text, row by row."""

    path: Path
    sha256: str
    crs: str
    """The name of its coordinate system."""
    columns: dict[str, tuple[str, ...]]
    polygons: NDArray[np.object_]
    features: tuple[int, ...]
    """The number of each polygon in the file, from 1."""
    repairs: tuple[Repair, ...]


def read_vector_file(path: Path, layer: str = "", crs: str = "") -> VectorFile:
    """Read one layer of polygons from a file of any kind that ``dataset_file`` knows.

    Parameters
    ----------
    path
        The file, or a .zip that holds it.
    layer
        Which layer, where a file has several.
    crs
        The CRS of a file that names none, or whose datum was lost, as an EPSG code.

    Raises
    ------
    VectorFileError
        The file is missing, damaged, truncated or of another kind; its CRS is missing or has lost its datum; a
        geometry is missing, empty, no polygon or not finite; or nothing lies in the province.
    """
    with opened_dataset(path) as dataset:
        frame, notes = _read_frame(path, dataset, layer)
        found = None if dataset.kind in _JSON and crs_is_guessed(Path(dataset.source)) else frame.crs
    if not len(frame):
        raise VectorFileError(f"{path}: has no features; export it again")
    geometries = np.asarray(frame.geometry.array, dtype=object)
    _check_geometries(path, geometries)
    known = told_crs(path, found, crs)
    check_place(geometries, known, path)
    polygons = reproject(shapely.force_2d(geometries), known)
    repaired = repair_polygons(path.name, polygons)
    if repaired.invalid > max(FEWEST_INVALID, LARGEST_INVALID_SHARE * len(polygons)):
        raise VectorFileError(
            f"{path}: {repaired.invalid} of {len(polygons)} polygons are invalid, over the limit of "
            f"{LARGEST_INVALID_SHARE:.0%}; export it again, or repair it first (QGIS: Fix geometries)"
        )
    if not len(repaired.polygons):
        raise VectorFileError(f"{path}: no polygon encloses any area; export it again")
    table = frame.drop(columns=frame.geometry.name)
    columns = {
        str(name): tuple(_text(value) for value in table[name].iloc[repaired.rows]) for name in table.columns
    }
    if dataset.kind == ".shp":
        columns, note = _utf8_again(path, columns, dataset.code_page_said)
        notes = [*notes, *note]
    return VectorFile(
        path=path,
        sha256=dataset_sha256(path),
        crs=known.name,
        columns=columns,
        polygons=repaired.polygons,
        features=tuple(int(row) + 1 for row in repaired.rows),
        repairs=(
            *(Repair(path.name, "", f"read with a warning: {note}", 0.0) for note in notes),
            *repaired.repairs,
        ),
    )


def name_features(numbers: Iterable[int]) -> str:
    """Return feature numbers for a message, the first few of them."""
    listed = list(numbers)
    shown = ", ".join(str(number) for number in listed[:_SHOWN_FEATURES])
    more = f" and {len(listed) - _SHOWN_FEATURES} more" if len(listed) > _SHOWN_FEATURES else ""
    return f"feature{'s' if len(listed) > 1 else ''} {shown}{more}"


def _read_frame(path: Path, dataset: DatasetFile, layer: str) -> tuple[Any, list[str]]:
    """Read one layer of a file; GDAL's own warnings come back as text, once each."""
    with warnings.catch_warnings(record=True) as caught, sealed_gdal() as addresses:
        warnings.simplefilter("always")
        try:
            if dataset.kind == ".parquet":
                frame, declared = _read_parquet(path, dataset.source, layer)
            else:
                name = _layer_name(path, dataset, layer)
                frame = geopandas.read_file(dataset.source, layer=name, engine="pyogrio")
                info = pyogrio.read_info(dataset.source, layer=name, force_feature_count=True)
                declared = max(int(info["features"]), dataset.records)
        except VectorFileError:
            raise
        except _UNREADABLE as error:
            raise VectorFileError(f"{path}: cannot be read ({error}); export it again") from error
        asked = list(addresses)
    if asked:
        raise VectorFileError(
            f"{path}: says that a part of it is at {asked[0][:100]!r}, and nothing is fetched; export it whole"
        )
    if declared != len(frame):
        raise VectorFileError(
            f"{path}: {len(frame)} of {declared} features could be read; copy or export it again"
        )
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise VectorFileError(f"{path}: has no geometry; export it with its polygons")
    return frame, sorted({str(warning.message) for warning in caught})


def _read_parquet(path: Path, source: str, layer: str) -> tuple[Any, int]:
    if layer:
        raise VectorFileError(f"{path}: a .parquet has one layer without a name; leave out layer=")
    about = parquet.read_metadata(source)
    size = sum(about.row_group(number).total_byte_size for number in range(about.num_row_groups))
    if size > LARGEST_UNPACKED_BYTES:
        raise VectorFileError(
            f"{path}: unpacks to {size / 1e6:.0f} MB, over the limit of {LARGEST_UNPACKED_BYTES / 1e6:.0f} MB; "
            "keep the province only"
        )
    return geopandas.read_parquet(source), int(about.num_rows)


def _utf8_again(
    path: Path, columns: dict[str, tuple[str, ...]], code_page_said: bool
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Undo what a missing .cpg does: GDAL takes the UTF-8 of a .dbf for ISO 8859-1 (``Háº¡`` for ``Hạ``)."""
    try:
        mended = {
            name.encode("latin-1").decode(): tuple(value.encode("latin-1").decode() for value in values)
            for name, values in columns.items()
        }
    except UnicodeError:
        if code_page_said:
            return columns, []
        odd = next(text for texts in columns.items() for text in (texts[0], *texts[1]) if not text.isascii())
        raise VectorFileError(
            f"{path}: nothing says in which code page its text is ({odd[:40]!r}); add a .cpg with its name, such "
            "as windows-1251, or export it again in UTF-8"
        ) from None
    if mended == columns:
        return columns, []
    return mended, ["the .cpg is missing or wrong: attributes were taken for UTF-8"]


def _layer_name(path: Path, dataset: DatasetFile, wanted: str) -> str:
    names = [str(name) for name, kind in pyogrio.list_layers(dataset.source) if kind is not None]
    listed = ", ".join(names) or "none"
    if wanted:
        if wanted not in names:
            raise VectorFileError(f"{path}: has no layer {wanted!r} with geometry (there are: {listed})")
        return wanted
    if len(names) != 1:
        raise VectorFileError(
            f"{path}: has {len(names)} layers with geometry ({listed}); name one with layer=, or give a file with "
            "exactly one"
        )
    return names[0]


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
