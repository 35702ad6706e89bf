"""Coverage as a GeoTIFF: received levels in dBm, or classes such as 1 strong and 2 variable (GSMA).

Cells become polygons along their edges (GDAL's polygonise), so that everything after it is as for a vector file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import rasterio.features
import shapely
from affine import Affine

from phusong.coverage.errors import LayerError
from phusong.coverage.input.file_hash import file_sha256
from phusong.coverage.input.geotiff import Window, read_window
from phusong.coverage.input.layers import Layer, near_province
from phusong.coverage.projection import EQUAL_AREA, reproject
from phusong.coverage.summary import LayerSource

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from phusong.coverage.input.layer_spec import LayerSpec

_LEVELS = (-160.0, 0.0)
"""Received levels in dBm lie here; a raster of 0 to 255 has classes or grey tones."""
_SHOWN = 10


def read_raster_layers(spec: LayerSpec) -> tuple[Layer, ...]:
    """Read a layer per threshold or class of a GeoTIFF.

    Raises
    ------
    VectorFileError
        The file cannot be used as it is, see ``read_window``.
    LayerError
        It is not said what its cells mean, a value means nothing that was said, or nothing is covered.
    """
    if not spec.operator or not spec.technology:
        raise LayerError(f"{spec.path}: a raster has no columns; say operator= and technology=")
    window = read_window(spec.path, "levels or classes", spec.crs)
    masks = _masks_of_levels(spec, window) if spec.thresholds else _masks_of_classes(spec, window)
    sha256 = file_sha256(spec.path)
    layers = []
    for level, mask in masks:
        polygons = _polygons(mask, window)
        polygons = polygons[near_province(polygons)] if len(polygons) else polygons
        source = LayerSource(
            spec.path.name, sha256, spec.operator, spec.technology, level, spec.date, crs=window.crs.name
        )
        layers.append(Layer(source, polygons, synthetic=False, repairs=()))
    if not any(len(layer.polygons) for layer in layers):
        raise LayerError(f"{spec.path}: no cell near the province is covered; are the thresholds or values right?")
    return tuple(layers)


def _masks_of_levels(spec: LayerSpec, window: Window) -> list[tuple[float | None, NDArray[np.bool_]]]:
    found = window.values.compressed()
    found = found[np.isfinite(found)]
    if len(found) and not (found.min() >= _LEVELS[0] and found.max() < _LEVELS[1]):
        raise LayerError(
            f"{spec.path}: has values from {found.min():g} to {found.max():g}, which are no levels in dBm; "
            "say what its classes mean, e.g. values=1:-95/2:-115"
        )
    levels = np.where(np.ma.getmaskarray(window.values), -np.inf, np.ma.getdata(window.values))
    return [(threshold, np.nan_to_num(levels, nan=-np.inf) >= threshold) for threshold in spec.thresholds]


def _masks_of_classes(spec: LayerSpec, window: Window) -> list[tuple[float | None, NDArray[np.bool_]]]:
    if not spec.values:
        raise LayerError(
            f"{spec.path}: say what its cells mean: thresholds=-95/-105 for levels in dBm, or "
            "values=1:-95/2:-115 for classes"
        )
    try:
        meaning = {float(word): level for word, level in spec.values}
        skipped = {float(word) for word in spec.skipped}
    except ValueError:
        raise LayerError(f"{spec.path}: the values of a raster are numbers, e.g. values=1:-95/2:-115") from None
    found = window.values.compressed()
    unknown = sorted(
        {float(value) for value in np.unique(found[np.isfinite(found)])} - meaning.keys() - skipped - {0.0}
    )
    if unknown:
        listed = ", ".join(f"{value:g}" for value in unknown[:_SHOWN])
        raise LayerError(
            f"{spec.path}: has {len(unknown)} values of which nothing is said ({listed}); add them to values, or "
            "'skip' them, e.g. values=1:-95/2:skip"
        )
    data = np.where(np.ma.getmaskarray(window.values), np.nan, np.ma.getdata(window.values).astype(float))
    levels = dict.fromkeys(meaning.values())
    return [(level, np.isin(data, [word for word, own in meaning.items() if own == level])) for level in levels]


def _polygons(mask: NDArray[np.bool_], window: Window) -> NDArray[np.object_]:
    """Return the covered cells as polygons in EPSG:6933; cells that touch at a corner only stay apart."""
    shapes = [
        shapely.geometry.shape(geometry)
        for geometry, _ in rasterio.features.shapes(
            mask.astype(np.uint8), mask=mask, connectivity=4, transform=Affine(*window.edges())
        )
    ]
    array = np.array([*shapes, None], dtype=object)[:-1]
    return reproject(array, window.crs, EQUAL_AREA) if len(array) else array
