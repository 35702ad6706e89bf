"""Coverage as a GeoTIFF: received levels in dBm, or classes such as 1 strong and 2 variable (GSMA).

Cells become polygons along their edges (GDAL's polygonise), so that everything after it is as for a vector file.
The raster is read in strips, twice: what its values are, and what is covered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio.features
import shapely
from affine import Affine

from phusong.coverage.errors import LayerError
from phusong.coverage.input.file_hash import file_sha256
from phusong.coverage.input.geotiff import OpenWindow, opened_window
from phusong.coverage.input.layers import Layer, near_province
from phusong.coverage.projection import EQUAL_AREA, reproject
from phusong.coverage.repairs import Repair
from phusong.coverage.summary import LayerSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from phusong.coverage.input.layer_spec import LayerSpec

_LEVELS = (-160.0, 0.0)
"""Received levels in dBm lie here; a raster of 0 to 255 has classes or grey tones."""
STRIP_CELLS = 4_000_000
"""So many cells are in memory at a time."""
MOST_POLYGONS = 500_000
"""A raster of more is noise, and its polygons would fill the memory."""
_LONGEST_EDGE = 16
"""Cells: a longer straight edge gets more corners, since it is not straight in another CRS."""
_SHOWN = 10
_MOST_UNKNOWN = 1_000

Mask = Callable[["np.ma.MaskedArray[Any, Any]"], "NDArray[np.bool_]"]


def read_raster_layers(spec: LayerSpec) -> tuple[Layer, ...]:
    """Read a layer per threshold or class of a GeoTIFF.

    Raises
    ------
    VectorFileError
        The file cannot be used as it is, see ``opened_window``.
    LayerError
        A value means nothing that was said, or nothing is covered.
    """
    with opened_window(spec.path, "levels or classes", spec.crs, spec.layer) as window:
        masks, notes = _masks_of_levels(spec, window) if spec.thresholds else _masks_of_classes(spec, window)
        found = {level: _polygons(spec, window, mask) for level, mask in masks.items()}
        crs = window.crs
    if not any(len(polygons) for polygons in found.values()):
        raise LayerError(f"{spec.path}: no cell near the province is covered; are the thresholds or values right?")
    sha256 = file_sha256(spec.path)
    repairs = tuple(Repair(spec.path.name, "", note, 0.0) for note in notes)
    return tuple(
        Layer(
            LayerSource(spec.path.name, sha256, spec.operator, spec.technology, level, spec.date, crs=crs.name),
            polygons,
            synthetic=False,
            repairs=repairs,
        )
        for level, polygons in found.items()
    )


def _masks_of_levels(spec: LayerSpec, window: OpenWindow) -> tuple[dict[float | None, Mask], list[str]]:
    weakest, strongest = np.inf, -np.inf
    for first, last in _strips(window):
        levels = window.read(first, last).compressed()
        levels = levels[~np.isnan(levels) & (levels != -np.inf)]
        if len(levels):
            weakest, strongest = min(weakest, float(levels.min())), max(strongest, float(levels.max()))
    if weakest <= strongest and not (weakest >= _LEVELS[0] and strongest < _LEVELS[1]):
        raise LayerError(
            f"{spec.path}: has values from {weakest:g} to {strongest:g}, which are no levels in dBm; say what "
            "its classes mean, e.g. values=1:-95/2:-115, or which value is none, e.g. gdal_edit.py -a_nodata -9999"
        )

    def at_or_above(threshold: float) -> Mask:
        return lambda values: np.asarray(np.ma.filled(values >= threshold, fill_value=False), dtype=bool)

    return {threshold: at_or_above(threshold) for threshold in spec.thresholds}, []


def _masks_of_classes(spec: LayerSpec, window: OpenWindow) -> tuple[dict[float | None, Mask], list[str]]:
    try:
        meaning = {float(word): level for word, level in spec.values}
        skipped = {float(word) for word in spec.skipped}
    except ValueError:
        raise LayerError(f"{spec.path}: the values of a raster are numbers, e.g. values=1:-95/2:-115") from None
    unknown: set[float] = set()
    zeros = 0
    for first, last in _strips(window):
        values = window.read(first, last).compressed()
        unknown |= {float(value) for value in np.unique(values[~np.isnan(values)])} - meaning.keys() - skipped
        zeros += int((values == 0).sum()) if 0.0 in unknown else 0
        if len(unknown) > _MOST_UNKNOWN:
            break
    if unknown - {0.0}:
        listed = ", ".join(f"{value:g}" for value in sorted(unknown - {0.0})[:_SHOWN])
        raise LayerError(
            f"{spec.path}: has {len(unknown - {0.0})} values of which nothing is said ({listed}); add them to "
            "values, or 'skip' them, e.g. values=1:-95/2:skip"
        )

    def one_of(level: float | None) -> Mask:
        classes = [word for word, own in meaning.items() if own == level]
        return lambda values: np.asarray(np.isin(np.ma.getdata(values), classes) & ~np.ma.getmaskarray(values))

    notes = [f"{zeros} cells have the value 0, of which nothing is said: taken for no coverage"] if zeros else []
    return {level: one_of(level) for level in dict.fromkeys(meaning.values())}, notes


def _strips(window: OpenWindow) -> Iterator[tuple[int, int]]:
    """Yield the first row of each strip and the one behind its last."""
    rows = max(1, STRIP_CELLS // window.width)
    for first in range(0, window.height, rows):
        yield first, min(first + rows, window.height)


def _polygons(spec: LayerSpec, window: OpenWindow, covered: Mask) -> NDArray[np.object_]:
    """Return the covered cells as polygons in EPSG:6933; cells that touch at a corner only stay apart."""
    shapes: list[shapely.Geometry | None] = []
    seams = []
    for first, last in _strips(window):
        seams.append(last)
        mask = covered(window.read(first, last))
        for geometry, _ in rasterio.features.shapes(
            mask.astype(np.uint8), mask=mask, connectivity=4, transform=Affine.translation(0, first)
        ):
            shapes.append(shapely.geometry.shape(geometry))
            if len(shapes) > MOST_POLYGONS:
                raise LayerError(
                    f"{spec.path}: makes over {MOST_POLYGONS:,} polygons; remove its noise, e.g. by gdal_sieve.py"
                )
    cells = _joined(np.array([*shapes, None], dtype=object)[:-1], seams[:-1])
    polygons = _placed(cells, window) if len(cells) else cells
    return polygons[near_province(polygons)] if len(polygons) else polygons


def _joined(cells: NDArray[np.object_], seams: Sequence[int]) -> NDArray[np.object_]:
    """Join what meets at the seams between strips, while coordinates are whole numbers and every edge is exact."""
    if not len(cells) or not seams:
        return cells
    _, top, _, bottom = shapely.bounds(cells).T
    meets = np.isin(top, seams) | np.isin(bottom, seams)
    joined = shapely.simplify(shapely.get_parts(shapely.disjoint_subset_union_all(cells[meets])), 0)
    return np.concatenate([cells[~meets], joined])


def _placed(cells: NDArray[np.object_], window: OpenWindow) -> NDArray[np.object_]:
    """Move polygons from columns and rows of the window to EPSG:6933."""
    west, north, width, height = window.edges()
    there = shapely.transform(
        shapely.segmentize(cells, _LONGEST_EDGE),
        lambda p: np.column_stack([west + p[:, 0] * width, north - p[:, 1] * height]),
    )
    return reproject(np.asarray(there, dtype=object), window.crs, EQUAL_AREA)
