"""The files that ``phusong coverage`` leaves behind: tables, geometry, repairs and the summary for the agent.

Every file is written beside its place and moved there, so a reader never sees half of one. The same input gives
the same bytes.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pyogrio
import shapely

from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject
from phusong.coverage.repairs import M2_PER_KM2
from phusong.coverage.summary import write_summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from phusong.coverage.input.boundaries import Boundaries
    from phusong.coverage.measuring.unions import CoverageUnion
    from phusong.coverage.repairs import Repair
    from phusong.coverage.summary import CoverageSummary

COMMUNES_CSV = "communes.csv"
REPAIRS_CSV = "repairs.csv"
COVERAGE_GPKG = "coverage.gpkg"
COVERAGE_JSON = "coverage.json"

COMMUNE_COLUMNS = (
    "edition", "commune_code", "commune_name", "technology", "operator", "min_dbm", "area_km2", "covered_km2",
    "area_ratio", "population", "population_covered", "population_ratio", "centre_covered",
)  # fmt: skip
REPAIR_COLUMNS = ("layer", "feature", "what", "km2")

_GPKG_DATE = "2000-01-01T00:00:00.000Z"
"""Written as the date of change, so that the file does not differ from run to run."""


def write_report(
    summary: CoverageSummary,
    boundaries: Boundaries,
    unions: Sequence[CoverageUnion],
    repairs: Sequence[Repair],
    out_dir: Path,
) -> None:
    """Write all files; ``coverage.json``, which the agent watches, comes last."""
    out_dir.mkdir(parents=True, exist_ok=True)
    _write_csv(out_dir / COMMUNES_CSV, COMMUNE_COLUMNS, _commune_rows(summary))
    _write_csv(
        out_dir / REPAIRS_CSV, REPAIR_COLUMNS, ((r.layer, r.feature, r.what, f"{r.km2:.6f}") for r in repairs)
    )
    _write_geopackage(out_dir / COVERAGE_GPKG, boundaries, unions)
    write_summary(summary, out_dir / COVERAGE_JSON)


def _commune_rows(summary: CoverageSummary) -> Iterator[Sequence[str]]:
    for commune in summary.communes:
        for indicator in commune.indicators:
            yield (
                summary.edition,
                commune.code,
                commune.name,
                indicator.technology,
                indicator.operator,
                _number(indicator.min_dbm, "g"),
                f"{commune.area_km2:.4f}",
                f"{indicator.covered_km2:.4f}",
                f"{indicator.area_ratio:.6f}",
                _number(commune.population, ".1f"),
                _number(indicator.population_covered, ".1f"),
                _number(indicator.population_ratio, ".6f"),
                "" if indicator.centre_covered is None else str(indicator.centre_covered).lower(),
            )


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    scratch = path.with_name(path.name + ".new")
    scratch.write_text(text.getvalue(), encoding="utf-8", newline="")
    scratch.replace(path)


def _write_geopackage(path: Path, boundaries: Boundaries, unions: Sequence[CoverageUnion]) -> None:
    scratch = path.with_name(".new-" + path.name)
    scratch.unlink(missing_ok=True)
    communes = tuple(boundaries.edition.communes.values())
    areas = shapely.area(boundaries.polygons) / M2_PER_KM2
    shapes = np.array([union.shape for union in unions], dtype=object)
    layers = {
        "communes": geopandas.GeoDataFrame(
            {
                "edition": [boundaries.edition.name] * len(communes),
                "code": [commune.code for commune in communes],
                "name": [commune.name for commune in communes],
                "district": [commune.district for commune in communes],
                "area_km2": areas,
                "schematic": [int(boundaries.schematic)] * len(communes),
            },
            geometry=_multipolygons(reproject(boundaries.polygons, EQUAL_AREA, WGS84)),
            crs=WGS84,
        ),
        "coverage": geopandas.GeoDataFrame(
            {
                "technology": [union.technology for union in unions],
                "operator": [union.operator for union in unions],
                "min_dbm": np.array([union.min_dbm for union in unions], dtype=float),
                "area_km2": shapely.area(shapes) / M2_PER_KM2,
            },
            geometry=_multipolygons(reproject(shapes, EQUAL_AREA, WGS84)),
            crs=WGS84,
        ),
    }
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _GPKG_DATE})
    try:
        for mode, (name, frame) in zip("wa", layers.items(), strict=True):
            frame.to_file(scratch, layer=name, driver="GPKG", engine="pyogrio", mode=mode)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    scratch.replace(path)


def _multipolygons(geometries: Iterable[shapely.Geometry]) -> list[shapely.MultiPolygon]:
    return [
        shapely.MultiPolygon([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])
        for shape in geometries
    ]
