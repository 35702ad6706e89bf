"""The commune polygons of one edition, from a user's file; the schematic ones come from ``schematic``.

Matching names is the work of ``matching``, closing seams that of ``neighbours``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isnan
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.editions import Edition
from phusong.coverage.errors import BoundaryError
from phusong.coverage.input.matching import match_communes
from phusong.coverage.input.neighbours import close_seams
from phusong.coverage.input.vector_file import read_vector_file
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject
from phusong.coverage.repairs import M2_PER_KM2

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from phusong.coverage.repairs import Repair

_SHOWN_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Boundaries:
    """One polygon per commune in EPSG:6933, in the order of ``edition.communes``."""

    edition: Edition
    file: str
    sha256: str
    schematic: bool
    polygons: NDArray[np.object_]
    repairs: tuple[Repair, ...]


def read_boundaries(path: Path, edition: Edition) -> Boundaries:
    """Read a boundary file, match every commune and close the seams between neighbours.

    Raises
    ------
    VectorFileError
        The file cannot be used as it is, see ``read_vector_file``.
    BoundaryError
        A commune of the edition is missing or there twice, or a feature is none of them; all of them are listed.
    """
    file = read_vector_file(path)
    match = match_communes(file.columns, file.features, edition)
    if match.problems:
        shown = list(match.problems[:_SHOWN_PROBLEMS])
        if len(match.problems) > _SHOWN_PROBLEMS:
            shown.append(f"and {len(match.problems) - _SHOWN_PROBLEMS} more")
        raise BoundaryError(
            f"{path}: is not edition {edition.name} with its {len(edition.communes)} communes:\n  "
            + "\n  ".join(shown)
            + "\ncorrect the file's columns (code, name, type, district) or name another edition"
        )
    row_of = {code: row for row, code in enumerate(match.codes)}
    ordered = file.polygons[np.array([row_of[code] for code in edition.communes])]
    polygons, seams = close_seams(path.name, tuple(edition.communes), ordered)
    return Boundaries(
        edition=edition,
        file=path.name,
        sha256=file.sha256,
        schematic=False,
        polygons=polygons,
        repairs=(*file.repairs, *seams),
    )


def with_facts(boundaries: Boundaries) -> Boundaries:
    """Return the boundaries with what their edition does not say: a centre inside, the area of the polygon."""
    edition = boundaries.edition
    if not any(isnan(commune.lat) or isnan(commune.area_km2) for commune in edition.communes.values()):
        return boundaries
    inside = shapely.get_coordinates(reproject(shapely.point_on_surface(boundaries.polygons), EQUAL_AREA, WGS84))
    areas = shapely.area(boundaries.polygons) / M2_PER_KM2
    communes = {
        code: replace(
            commune,
            lon=float(lon) if isnan(commune.lon) else commune.lon,
            lat=float(lat) if isnan(commune.lat) else commune.lat,
            area_km2=float(area) if isnan(commune.area_km2) else commune.area_km2,
        )
        for (code, commune), (lon, lat), area in zip(edition.communes.items(), inside, areas, strict=True)
    }
    return replace(boundaries, edition=Edition(edition.name, communes))
