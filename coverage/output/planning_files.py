"""The files of a plan: ranking and gaps as CSV, GeoPackage and GeoJSON, and what they stand on.

Every file is written beside its place and moved there. The same input gives the same bytes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely

from phusong.coverage.output.planning_tables import (
    about,
    cell_text,
    gaps_table,
    provenance_table,
    ranking_table,
)
from phusong.coverage.output.same_bytes import dated_alike, write_text
from phusong.coverage.output.tables import csv_of
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from phusong.coverage.output.planning_tables import Plan
    from phusong.coverage.output.tables import Table

PLAN_JSON = "plan.json"
PLAN_GPKG = "plan.gpkg"

_DEGREE_DECIMALS = 7
"""About a centimetre."""
_WHOLE = ("rank", "gap", "rows")
_TEXTS = (
    "candidate_id", "name", "commune_code", "commune_name", "commune_codes", "commune_names", "nearest", "role",
    "file", "sha256", "crs", "operator", "technology", "date",
)  # fmt: skip


def write_plan(plan: Plan, out_dir: Path) -> None:
    """Write ``ranking`` and ``gaps`` as ``.csv`` and ``.geojson``, ``plan.gpkg`` and, last, ``plan.json``."""
    out_dir.mkdir(parents=True, exist_ok=True)
    ranking, gaps, provenance = ranking_table(plan), gaps_table(plan), provenance_table(plan)
    reached = _degrees(plan.shapes)
    pieces = _degrees([gap.shape for gap in plan.gaps.pieces])
    masts = np.array([shapely.Point(each.lon, each.lat) for each in plan.chosen] + [None], dtype=object)[:-1]
    metadata = about(plan) | {"sources": [_known(row) for row in provenance.dictionaries()]}
    for table in (ranking, gaps):
        write_text(out_dir / f"{table.name}.csv", csv_of(table, cell_text))
    write_text(out_dir / "ranking.geojson", _geojson(ranking, masts, metadata))
    write_text(out_dir / "gaps.geojson", _geojson(gaps, pieces, metadata))
    layers = {"ranking": (ranking, masts), "reach": (ranking, reached), "gaps": (gaps, pieces)}
    _write_geopackage(out_dir / PLAN_GPKG, layers, provenance, metadata)
    write_text(out_dir / PLAN_JSON, json.dumps(metadata, ensure_ascii=False, indent=1) + "\n")


def _geojson(table: Table, shapes: NDArray[np.object_], metadata: dict[str, object]) -> str:
    """Return a feature per row (RFC 7946); what the figures stand on is under ``metadata``."""
    drawn = shapely.orient_polygons(shapely.set_precision(shapes, 10**-_DEGREE_DECIMALS))
    features = [
        {"type": "Feature", "properties": _known(row), "geometry": json.loads(shapely.to_geojson(shape))}
        for row, shape in zip(table.dictionaries(), drawn, strict=True)
    ]
    collection = {"type": "FeatureCollection", "name": table.name, "metadata": metadata, "features": features}
    return json.dumps(collection, ensure_ascii=False) + "\n"


def _write_geopackage(
    path: Path,
    layers: dict[str, tuple[Table, NDArray[np.object_]]],
    provenance: Table,
    metadata: dict[str, object],
) -> None:
    scratch = path.with_name(".new-" + path.name)
    scratch.unlink(missing_ok=True)
    with dated_alike():
        for mode, (name, (table, shapes)) in zip("waa", layers.items(), strict=True):
            geopandas.GeoDataFrame(_frame(table), geometry=shapes, crs=WGS84).to_file(
                scratch,
                layer=name,
                driver="GPKG",
                engine="pyogrio",
                mode=mode,
                geometry_type="Point" if name == "ranking" else "MultiPolygon",
                promote_to_multi=name != "ranking",
            )
        settings = pd.DataFrame(
            [(key, json.dumps(value, ensure_ascii=False)) for key, value in metadata.items() if key != "sources"],
            columns=["key", "value"],
        )
        pyogrio.write_dataframe(_frame(provenance), scratch, layer="provenance", driver="GPKG", append=True)
        pyogrio.write_dataframe(settings, scratch, layer="settings", driver="GPKG", append=True)
    scratch.replace(path)


def _frame(table: Table) -> Any:
    """Return a table as a data frame: text, whole numbers, or numbers with NaN for what is not known."""
    frame = pd.DataFrame(list(table.rows), columns=list(table.columns))
    for column in table.columns:
        if column in _WHOLE:
            frame[column] = frame[column].astype("Int64")
        elif column not in _TEXTS:
            frame[column] = frame[column].astype(float)
    return frame


def _degrees(shapes: Sequence[object] | NDArray[np.object_]) -> NDArray[np.object_]:
    return reproject(np.array([*shapes, None], dtype=object)[:-1], EQUAL_AREA, WGS84)


def _known(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value not in (None, "")}
