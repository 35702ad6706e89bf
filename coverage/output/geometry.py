"""Communes, districts and merged coverage for a GIS: GeoPackage and GeoJSON, WGS 84, with where they come from.

The same input gives the same bytes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely

from phusong.coverage.output.same_bytes import dated_alike
from phusong.coverage.output.tables import communes_table, sources_table
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject
from phusong.coverage.repairs import M2_PER_KM2
from phusong.coverage.summary import ANY_OPERATOR, MAX_OPERATOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from phusong.coverage.input.boundaries import Boundaries
    from phusong.coverage.measuring.unions import CoverageUnion
    from phusong.coverage.summary import CoverageSummary

_DEGREE_DECIMALS = 7
"""About a centimetre."""
_OF_THE_COMMUNE = (
    "edition", "commune_code", "commune_name", "district", "classes", "area_km2", "population",
    "population_method", "sites", "schools", "hospitals", "broadband_connected", "broadband_units",
)  # fmt: skip
_OF_THE_INDICATOR = (
    "technology", "operator", "min_dbm", "covered_km2", "area_ratio", "population_covered", "population_ratio",
    "centre_covered", "sites_covered", "schools_covered", "hospitals_covered",
)  # fmt: skip


def write_geopackage(
    path: Path, summary: CoverageSummary, boundaries: Boundaries, unions: Sequence[CoverageUnion]
) -> None:
    """Write layers ``communes``, ``districts`` and ``coverage`` and the table ``sources``."""
    scratch = path.with_name(".new-" + path.name)
    scratch.unlink(missing_ok=True)
    communes = tuple(boundaries.edition.communes.values())
    shapes = np.array([union.shape for union in unions] + [None], dtype=object)[:-1]
    layers = {
        "communes": geopandas.GeoDataFrame(
            {
                "edition": [boundaries.edition.name] * len(communes),
                "code": [commune.code for commune in communes],
                "name": [commune.name for commune in communes],
                "district": [commune.district for commune in communes],
                "area_km2": shapely.area(boundaries.polygons) / M2_PER_KM2,
                "schematic": [int(boundaries.schematic)] * len(communes),
            }
            | _ratios(summary),
            geometry=multipolygons(reproject(boundaries.polygons, EQUAL_AREA, WGS84)),
            crs=WGS84,
        ),
        "coverage": geopandas.GeoDataFrame(
            {
                "technology": [union.technology for union in unions],
                "operator": [union.operator for union in unions],
                "min_dbm": np.array([union.min_dbm for union in unions], dtype=float),
                "area_km2": shapely.area(shapes) / M2_PER_KM2,
            },
            geometry=multipolygons(reproject(shapes, EQUAL_AREA, WGS84)),
            crs=WGS84,
        ),
    }
    districts = sorted({commune.district for commune in communes} - {""})
    if districts:
        of = np.array([commune.district for commune in communes])
        merged = np.array([shapely.union_all(boundaries.polygons[of == name]) for name in districts], dtype=object)
        layers["districts"] = geopandas.GeoDataFrame(
            {"name": districts, "area_km2": shapely.area(merged) / M2_PER_KM2},
            geometry=multipolygons(reproject(merged, EQUAL_AREA, WGS84)),
            crs=WGS84,
        )
    sources = sources_table(summary)
    with dated_alike():
        for mode, (name, frame) in zip("waa", layers.items(), strict=False):
            frame.to_file(scratch, layer=name, driver="GPKG", engine="pyogrio", mode=mode)
        table = pd.DataFrame(list(sources.rows), columns=list(sources.columns)).astype({"rows": "Int64"})
        pyogrio.write_dataframe(table, scratch, layer="sources", driver="GPKG", append=True)
    scratch.replace(path)


def write_geojson(path: Path, summary: CoverageSummary, boundaries: Boundaries) -> None:
    """Write a feature per commune (RFC 7946) with its figures in ``indicators``; ``metadata`` has the sources."""
    shapes = shapely.orient_polygons(
        shapely.set_precision(reproject(boundaries.polygons, EQUAL_AREA, WGS84), 10**-_DEGREE_DECIMALS)
    )
    by_commune: dict[object, list[dict[str, Any]]] = {}
    for row in communes_table(summary).dictionaries():
        by_commune.setdefault(row["commune_code"], []).append(row)
    features = []
    for code, shape in zip(boundaries.edition.communes, shapes, strict=True):
        rows = by_commune[code]
        about = {name: rows[0][name] for name in _OF_THE_COMMUNE if rows[0][name] not in (None, "")}
        about["indicators"] = [
            {name: row[name] for name in _OF_THE_INDICATOR if row[name] is not None} for row in rows
        ]
        geometry = json.loads(shapely.to_geojson(shape))
        features.append({"type": "Feature", "id": code, "properties": about, "geometry": geometry})
    metadata = {
        "edition": summary.edition,
        "schematic": summary.schematic,
        "synthetic": summary.synthetic,
        "population_method": summary.population_method,
        "repairs": summary.repairs,
        "sources": [
            {name: value for name, value in row.items() if value not in (None, "")}
            for row in sources_table(summary).dictionaries()
        ],
    }
    text = json.dumps(
        {"type": "FeatureCollection", "metadata": metadata, "features": features}, ensure_ascii=False
    )
    scratch = path.with_name(path.name + ".new")
    scratch.write_text(text + "\n", encoding="utf-8")
    scratch.replace(path)


def _ratios(summary: CoverageSummary) -> dict[str, list[float | None]]:
    """Return a column per technology for any and the best operator, at the weakest class: ``4g_any_area`` ..."""
    columns: dict[str, list[float | None]] = {}
    for technology in sorted({layer.technology for layer in summary.layers}):
        for operator in (ANY_OPERATOR, MAX_OPERATOR):
            weakest = [
                [i for i in commune.indicators if (i.technology, i.operator) == (technology, operator)][-1]
                for commune in summary.communes
            ]
            name = f"{technology.lower()}_{operator}"
            columns[f"{name}_area"] = [indicator.area_ratio for indicator in weakest]
            columns[f"{name}_people"] = [indicator.population_ratio for indicator in weakest]
    return columns


def multipolygons(geometries: Iterable[shapely.Geometry] | NDArray[np.object_]) -> list[shapely.MultiPolygon]:
    """Return the polygons of each geometry as a multipolygon."""
    return [
        shapely.MultiPolygon([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])
        for shape in geometries
    ]
