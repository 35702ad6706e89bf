"""Coverage layers: from a described file to polygons, one layer per operator, technology, level and date in it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import shapely

from phusong.coverage.errors import LayerError, LayerSpecError
from phusong.coverage.input.layer_spec import CELLS, FORM, RASTERS, LayerSpec
from phusong.coverage.input.layer_values import check_operator, check_technology, parse_date, parse_dbm
from phusong.coverage.input.vector_file import VectorFile, name_features, read_vector_file
from phusong.coverage.projection import EQUAL_AREA, PROVINCE, WGS84, reproject
from phusong.coverage.summary import LayerSource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from phusong.coverage.repairs import Repair

_SYNTHETIC_COLUMN = "synthetic"
_MOST_CLASSES = 20
_SHOWN = 5

T = TypeVar("T")
Key = tuple[str, str, float | None, str]
"""Operator, technology, level and date of a layer."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The polygons of one layer near the province, valid and in EPSG:6933; they may overlap each other."""

    source: LayerSource
    polygons: NDArray[np.object_]
    synthetic: bool
    repairs: tuple[Repair, ...]


def read_layers(spec: LayerSpec) -> tuple[Layer, ...]:
    """Read the layers of one file; polygons that lie wholly away from the province are left out.

    Raises
    ------
    VectorFileError
        The file cannot be used as it is.
    LayerError
        Its attributes contradict the description or mean nothing that it says, or no polygon is near.
    """
    name = spec.path.name.lower()
    if name.endswith(RASTERS):
        from phusong.coverage.input.raster_file import read_raster_layers

        return read_raster_layers(spec)
    if name.endswith(CELLS):
        from phusong.coverage.input.cells import read_cell_layers

        return read_cell_layers(spec)
    return _read_vector_layers(spec)


def check_layers(specs: Sequence[LayerSpec]) -> None:
    """Refuse an empty list, a layer that is there twice, and a file that is not there.

    Raises
    ------
    LayerSpecError, LayerError
    """
    if not specs:
        raise LayerSpecError(f"no coverage layer is given; add --layer {FORM}")
    seen: set[tuple[object, ...]] = set()
    for spec in specs:
        key = (spec.path.resolve(), spec.layer, spec.operator, spec.technology, spec.min_dbm, spec.columns)
        if key in seen:
            raise LayerSpecError(
                f"--layer {spec.path}: given twice for {spec.operator} {spec.technology}; remove one"
            )
        seen.add(key)
        if not spec.path.is_file():
            raise LayerError(f"{spec.path}: no such file; check the path (only local files are read)")


def near_province(polygons: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which polygons (EPSG:6933) lie in or near the province, by their boxes."""
    window = shapely.bounds(reproject(np.array([shapely.box(*PROVINCE)], dtype=object), WGS84, EQUAL_AREA))[0]
    west, south, east, north = shapely.bounds(polygons).T
    near = (west <= window[2]) & (east >= window[0]) & (south <= window[3]) & (north >= window[1])
    return np.asarray(near, dtype=bool)


def _read_vector_layers(spec: LayerSpec) -> tuple[Layer, ...]:
    file = read_vector_file(spec.path, spec.layer, spec.crs)
    _check_description(file, spec)
    near = near_province(file.polygons)
    if not near.any():
        raise LayerError(f"{spec.path}: no polygon lies in or near the province; is it another region's layer?")
    synthetic = any(value in ("1", "True", "true") for value in file.columns.get(_SYNTHETIC_COLUMN, ()))
    keys = _keys(file, spec)
    rows: dict[Key, list[int]] = {}
    for row, key in enumerate(keys):
        if key is not None and near[row]:
            rows.setdefault(key, []).append(row)
    if not rows:
        raise LayerError(
            f"{spec.path}: every feature near the province is skipped; is there a level or class left?"
        )
    if len({key[2] for key in rows}) > _MOST_CLASSES:
        raise LayerError(
            f"{spec.path}: {spec.columns.dbm} has over {_MOST_CLASSES} levels; say which classes they make, e.g. "
            "thresholds=-95/-105/-115"
        )
    return tuple(
        Layer(
            source=LayerSource(spec.path.name, file.sha256, *key, crs=file.crs),
            polygons=file.polygons[np.array(rows[key])],
            synthetic=synthetic,
            repairs=file.repairs,
        )
        for key in sorted(rows, key=lambda key: (key[0], key[1], -(key[2] or -999.0), key[3]))
    )


def _keys(file: VectorFile, spec: LayerSpec) -> list[Key | None]:
    """Return the layer of each row; ``None`` where the row is to be left out."""
    names = spec.columns
    operators = {word.casefold(): own for word, own in spec.operators}
    technologies = {word.casefold(): own for word, own in spec.technologies}
    values = {word.casefold(): level for word, level in spec.values}
    skipped = {word.casefold() for word in spec.skipped}

    def translate(words: dict[str, str], check: Callable[[str], str]) -> Callable[[str], str]:
        return lambda text: words.get(text.casefold()) or check(text)

    def level(text: str) -> float | None:
        if spec.thresholds:
            return threshold_of(parse_dbm(text), spec.thresholds)
        return parse_dbm(text)

    def class_level(text: str) -> float | None:
        if text.casefold() not in values:
            raise ValueError(f"class {text!r} is none of {', '.join([*values, *skipped])}")
        return values[text.casefold()]

    levels: list[float | None] = [spec.min_dbm] * len(file.features)
    kept = [True] * len(file.features)
    if names.dbm:
        levels = _read(file, names.dbm, level, None)
        kept = [not spec.thresholds or value is not None for value in levels]
    elif names.signal_class:
        kept = [word.casefold() not in skipped for word in _column(file, names.signal_class)]
        levels = _read(file, names.signal_class, class_level, None, kept)
    own_operators = _read(file, names.operator, translate(operators, check_operator), spec.operator, kept)
    own_technologies = _read(
        file, names.technology, translate(technologies, check_technology), spec.technology, kept
    )
    dates = _read(file, names.date, parse_date, spec.date, kept)
    rows = zip(own_operators, own_technologies, levels, dates, kept, strict=True)
    return [(a, b, c, d) if keep else None for a, b, c, d, keep in rows]


def threshold_of(level: float, thresholds: Sequence[float]) -> float | None:
    """Return the strongest threshold that a level reaches; ``None`` when it reaches none."""
    return next((threshold for threshold in thresholds if level >= threshold), None)


def _column(file: VectorFile, name: str) -> tuple[str, ...]:
    """Return a column, by its name in any case."""
    for own, values in file.columns.items():
        if own.casefold() == name.casefold():
            return values
    near = get_close_matches(name, file.columns, 1, 0.6)
    hint = f"did you mean {near[0]!r}?" if near else f"the file has {', '.join(file.columns) or 'none'}"
    raise LayerError(f"{file.path}: has no column {name!r}; {hint}")


def _read(
    file: VectorFile, name: str, read: Callable[[str], T], otherwise: T, kept: Sequence[bool] | None = None
) -> list[T]:
    """Return a column's values as they are meant; ``otherwise`` for rows that are not kept, or without a column.

    Every feature whose value means nothing is named in the error.
    """
    if not name:
        return [otherwise] * len(file.features)
    found: list[T] = []
    bad: dict[str, list[int]] = {}
    for row, text in enumerate(_column(file, name)):
        if kept is not None and not kept[row]:
            found.append(otherwise)
            continue
        try:
            found.append(read(text))
        except ValueError as error:
            bad.setdefault(str(error), []).append(file.features[row])
            found.append(otherwise)
    if bad:
        shown = [f"{name_features(features)}: {name}: {problem}" for problem, features in bad.items()]
        more = f"\n  and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
        raise LayerError(
            f"{file.path}: " + "\n  ".join(shown[:_SHOWN]) + more + "\nsay what these values mean, or 'skip' them"
        )
    return found


def _check_description(file: VectorFile, spec: LayerSpec) -> None:
    mapped = {spec.columns.operator.casefold(), spec.columns.technology.casefold()}
    for column, told in (("operator", spec.operator), ("technology", spec.technology)):
        own = next((name for name in file.columns if name.casefold() == column), "")
        values = file.columns.get(own, ()) if told and column not in mapped else ()
        other = [
            feature
            for feature, value in zip(file.features, values, strict=False)
            if value and value.casefold() != told.casefold()
        ]
        if other:
            found = next(value for value in values if value and value.casefold() != told.casefold())
            raise LayerError(
                f"{file.path}: {name_features(other)}: {column} is {found!r}, but --layer says {told!r}; "
                f"split the file, correct the option, or say {column}_column={column}"
            )
