"""Coverage layers: the text of a ``--layer`` option, and the polygons of its file.

A layer says where one operator claims one technology at one signal level or better. Nothing is implied: 5G counts
for 4G only if a 4G layer says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.errors import LayerError, LayerSpecError
from phusong.coverage.input.vector_file import name_features, read_vector_file
from phusong.coverage.projection import EQUAL_AREA, PROVINCE, WGS84, reproject
from phusong.coverage.summary import ANY_OPERATOR, MAX_OPERATOR, TECHNOLOGIES, LayerSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from phusong.coverage.input.vector_file import VectorFile
    from phusong.coverage.repairs import Repair

_FORM = "FILE,operator=NAME,technology=4G[,min_dbm=-105][,date=2026-06-30]"
_KEYS = ("operator", "technology", "min_dbm", "date")
_DBM_RANGE = (-150.0, 0.0)
_SYNTHETIC_COLUMN = "synthetic"


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """What a user says about one file; ``min_dbm`` is the weakest level in it, ``date`` is ISO 8601 or empty."""

    path: Path
    operator: str
    technology: str
    min_dbm: float | None
    date: str


@dataclass(frozen=True, slots=True)
class Layer:
    """The polygons of one layer near the province, valid and in EPSG:6933; they may overlap each other."""

    source: LayerSource
    polygons: NDArray[np.object_]
    synthetic: bool
    repairs: tuple[Repair, ...]


def parse_layer_spec(text: str) -> LayerSpec:
    """Read ``FILE,operator=NAME,technology=4G[,min_dbm=-105][,date=2026-06-30]``.

    The file's name may contain commas; it ends at the first ``,key=``.

    Raises
    ------
    LayerSpecError
        A part is missing, unknown, there twice, or has an impossible value.
    """

    def wrong(what: str) -> LayerSpecError:
        return LayerSpecError(f"--layer {text}: {what}; write {_FORM}")

    name, *parts = re.split(r",(?=\s*[A-Za-z_]+\s*=)", text)
    values: dict[str, str] = {}
    for part in parts:
        key, value = (side.strip() for side in part.split("=", 1))
        if key not in _KEYS:
            raise wrong(f"{key!r} is not known")
        if key in values:
            raise wrong(f"{key} is given twice")
        if not value:
            raise wrong(f"{key} is empty")
        values[key] = value
    if not name.strip() or re.match(r"\s*[A-Za-z_]+\s*=", name):
        raise wrong("the file is missing")
    missing = [key for key in ("operator", "technology") if key not in values]
    if missing:
        raise wrong(f"{' and '.join(missing)} missing")
    if values["operator"].casefold() in (ANY_OPERATOR, MAX_OPERATOR):
        raise wrong(f"the operator cannot be called {values['operator']!r}: that name stands for a computed row")
    if any(not c.isprintable() for c in values["operator"]):
        raise wrong("the operator's name has a control character")
    technology = values["technology"].upper()
    if technology not in TECHNOLOGIES:
        raise wrong(f"technology {values['technology']!r} is none of {', '.join(TECHNOLOGIES)}")
    try:
        min_dbm = _parse_dbm(values["min_dbm"]) if "min_dbm" in values else None
        day = date.fromisoformat(values["date"]).isoformat() if "date" in values else ""
    except ValueError as error:
        raise wrong(str(error)) from error
    return LayerSpec(Path(name.strip()), values["operator"], technology, min_dbm, day)


def read_layer(spec: LayerSpec) -> Layer:
    """Read the file of one layer; polygons that lie wholly away from the province are left out.

    Raises
    ------
    VectorFileError
        The file cannot be used as it is, see ``read_vector_file``.
    LayerError
        An ``operator`` or ``technology`` column of the file contradicts the description, or no polygon is near.
    """
    file = read_vector_file(spec.path)
    _check_description(file, spec)
    source = LayerSource(spec.path.name, file.sha256, spec.operator, spec.technology, spec.min_dbm, spec.date)
    window = shapely.bounds(reproject(np.array([shapely.box(*PROVINCE)], dtype=object), WGS84, EQUAL_AREA))[0]
    west, south, east, north = shapely.bounds(file.polygons).T
    near = (west <= window[2]) & (east >= window[0]) & (south <= window[3]) & (north >= window[1])
    if not near.any():
        raise LayerError(f"{spec.path}: no polygon lies in or near the province; is it another region's layer?")
    return Layer(
        source=source,
        polygons=file.polygons[near],
        synthetic=any(value in ("1", "True", "true") for value in file.columns.get(_SYNTHETIC_COLUMN, ())),
        repairs=file.repairs,
    )


def check_layers(specs: Sequence[LayerSpec]) -> None:
    """Refuse an empty list and a layer that is there twice.

    Raises
    ------
    LayerSpecError
        No layer, or the same file twice for one operator, technology and level.
    """
    if not specs:
        raise LayerSpecError(f"no coverage layer is given; add --layer {_FORM}")
    seen: set[tuple[object, ...]] = set()
    for spec in specs:
        key = (spec.path.resolve(), spec.operator, spec.technology, spec.min_dbm)
        if key in seen:
            raise LayerSpecError(
                f"--layer {spec.path}: given twice for {spec.operator} {spec.technology}; remove one"
            )
        seen.add(key)


def _parse_dbm(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"min_dbm {text!r} is no number (levels are in dBm, e.g. -105)") from None
    if not _DBM_RANGE[0] <= value < _DBM_RANGE[1]:
        raise ValueError(f"min_dbm {text} is no received level in dBm: it must be from -150 to below 0, e.g. -105")
    return value


def _check_description(file: VectorFile, spec: LayerSpec) -> None:
    for column, told in (("operator", spec.operator), ("technology", spec.technology)):
        values = file.columns.get(column, ())
        other = [
            feature
            for feature, value in zip(file.features, values, strict=False)
            if value and value.casefold() != told.casefold()
        ]
        if other:
            found = next(value for value in values if value and value.casefold() != told.casefold())
            raise LayerError(
                f"{file.path}: {name_features(other)}: {column} is {found!r}, but --layer says {told!r}; "
                "split the file or correct the option"
            )
