"""Imported boundaries as a GeoPackage that every tool reads, and what was changed in them as CSV.

The same input gives the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import shapely

from phusong.coverage.output.geometry import multipolygons
from phusong.coverage.output.same_bytes import dated_alike, write_text
from phusong.coverage.output.tables import REPAIR_COLUMNS, Table, csv_of
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject
from phusong.coverage.repairs import M2_PER_KM2

if TYPE_CHECKING:
    from pathlib import Path

    from phusong.coverage.input.boundaries import Boundaries


def write_boundaries(boundaries: Boundaries, path: Path) -> Path:
    """Write the communes to ``path`` and their repairs beside it; return the name of the latter.

    Raises
    ------
    OSError
        A file cannot be written.
    """
    communes = tuple(boundaries.edition.communes.values())
    frame = geopandas.GeoDataFrame(
        {
            "edition": [boundaries.edition.name] * len(communes),
            "code": [commune.code for commune in communes],
            "name": [commune.name for commune in communes],
            "type": [commune.kind for commune in communes],
            "district": [commune.district for commune in communes],
            "area_km2": shapely.area(boundaries.polygons) / M2_PER_KM2,
            "source": [boundaries.file] * len(communes),
            "source_sha256": [boundaries.sha256] * len(communes),
        },
        geometry=multipolygons(reproject(boundaries.polygons, EQUAL_AREA, WGS84)),
        crs=WGS84,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(".new-" + path.name)
    scratch.unlink(missing_ok=True)
    with dated_alike():
        frame.to_file(scratch, layer="communes", driver="GPKG", engine="pyogrio")
    scratch.replace(path)
    changes = tuple((r.layer, r.feature, r.what, f"{r.km2:.6f}") for r in boundaries.repairs)
    beside = path.with_name(f"{path.stem}-repairs.csv")
    write_text(beside, csv_of(Table("repairs", REPAIR_COLUMNS, changes)))
    return beside
