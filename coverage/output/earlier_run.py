"""A run of before, read back from its folder to be compared or carried over."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from phusong.coverage.errors import CoverageError
from phusong.coverage.input.dataset_file import check_dataset
from phusong.coverage.input.sealed_gdal import sealed_gdal
from phusong.coverage.measuring.change_facts import CoverageRun, Key
from phusong.coverage.output.files import COVERAGE_GPKG, COVERAGE_JSON
from phusong.coverage.output.tables import sources_table
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject
from phusong.coverage.summary import MAX_OPERATOR, read_summary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_SAME_KM2 = 0.01


def read_run(folder: Path) -> CoverageRun:
    """Read what ``phusong coverage`` left in a folder.

    Raises
    ------
    CoverageError, SummaryError
        ``coverage.json`` or ``coverage.gpkg`` is missing or damaged, or they are of different runs.
    """
    summary = read_summary(folder / COVERAGE_JSON)
    path = folder / COVERAGE_GPKG
    dataset = check_dataset(path)
    try:
        with warnings.catch_warnings(), sealed_gdal():
            # What GDAL warns of in a damaged file shows in what it reads, or fails to.
            warnings.simplefilter("ignore")
            communes = geopandas.read_file(dataset.source, layer="communes", engine="pyogrio")
            coverage = geopandas.read_file(dataset.source, layer="coverage", engine="pyogrio")
            sources = pyogrio.read_dataframe(dataset.source, layer="sources", read_geometry=False)
        codes = [str(code) for code in communes["code"]]
        keys = [
            Key(str(row.technology), str(row.operator), None if math.isnan(row.min_dbm) else float(row.min_dbm))
            for row in coverage.itertuples()
        ]
        hashes = [str(value) for value in sources["sha256"]]
        polygons, shapes = _shapes(communes), _shapes(coverage)
    except (
        DataSourceError, DataLayerError, shapely.errors.GEOSException, OSError, ValueError, KeyError,
        TypeError, AttributeError,
    ) as error:  # fmt: skip
        raise CoverageError(f"{path}: cannot be read ({error}); run 'phusong coverage' again") from error
    run = CoverageRun(folder.name, summary, polygons, dict(zip(keys, shapes, strict=True)))
    _check_same_run(path, run, codes, hashes)
    return run


def _shapes(frame: Any) -> NDArray[np.object_]:
    """Return the geometries of a layer in EPSG:6933; a way there and back may have crossed two edges."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    if frame.crs is None or frame.crs.to_epsg() != 4326:
        raise ValueError("a layer is not in WGS 84")
    if shapely.is_missing(shapes).any() or not np.isfinite(shapely.get_coordinates(shapes)).all():
        raise ValueError("a geometry is missing or has no numbers as coordinates")
    moved = reproject(shapely.force_2d(shapes), WGS84, EQUAL_AREA)
    broken = ~shapely.is_valid(moved)
    moved[broken] = shapely.make_valid(moved[broken], method="structure", keep_collapsed=False)
    return moved


def _check_same_run(path: Path, run: CoverageRun, codes: Sequence[str], hashes: Sequence[str]) -> None:
    """Refuse a ``coverage.gpkg`` of another run than its ``coverage.json``."""
    summary = run.summary
    of_summary = {
        Key(i.technology, i.operator, i.min_dbm)
        for commune in summary.communes
        for i in commune.indicators
        if i.operator != MAX_OPERATOR
    }
    same = (
        codes == [commune.code for commune in summary.communes]
        and set(run.unions) == of_summary
        and hashes == [str(row["sha256"]) for row in sources_table(summary).dictionaries()]
        and np.allclose(
            shapely.area(run.polygons) / 1e6, [c.area_km2 for c in summary.communes], rtol=0, atol=_SAME_KM2
        )
    )
    if not same:
        raise CoverageError(
            f"{path}: is of another run than the {COVERAGE_JSON} beside it; run 'phusong coverage' again"
        )
