"""Candidates for a mast or a line: points with a radius, polygons of predicted coverage, or the communes.

A grid of them is made in ``measuring.candidate_grid``; which are best is decided in ``measuring.planning``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.editions import folded
from phusong.coverage.errors import CoverageError, TableError, VectorFileError
from phusong.coverage.input.table_file import POSITION_COLUMNS, plain_number, read_table, refuse_problems
from phusong.coverage.input.vector_file import name_features, read_vector_file
from phusong.coverage.projection import EQUAL_AREA, PROVINCE, WGS84, project_points, reproject
from phusong.coverage.summary import Source

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from phusong.coverage.input.boundaries import Boundaries
    from phusong.coverage.input.table_file import TableRow

ROLE = "candidates"
LARGEST_RADIUS_KM = 100.0

_IDS = ("candidate_id", "site_id", "mast_id", "office_id", "code", "ma", "ma tram")
_NAMES = ("title", "ten", "ten tram", "site_name")
_COLUMNS = {
    "id": _IDS,
    "name": _NAMES,
    **POSITION_COLUMNS,
    "radius_km": ("radius", "ban kinh", "ban kinh km"),
}
_TABLES = (".csv", ".txt", ".xlsx")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somewhere to build: WGS 84 degrees, and what it would reach.

    That is what lies within ``radius_m``, or in ``shape`` (EPSG:6933) when a planning tool predicted it.
    """

    candidate_id: str
    name: str
    lat: float
    lon: float
    radius_m: float | None
    shape: shapely.Geometry | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """All candidates of one file, of the communes or of a grid; ``sources`` are the files."""

    all: tuple[Candidate, ...]
    sources: tuple[Source, ...] = ()

    @property
    def points(self) -> NDArray[np.object_]:
        """Their points in EPSG:6933."""
        return project_points(
            np.array([each.lon for each in self.all], dtype=float),
            np.array([each.lat for each in self.all], dtype=float),
        )


def read_candidates(path: Path, radius_km: float, role: str = ROLE) -> Candidates:
    """Read a table with id, lat, lon and, where they differ, name and radius_km; or a file of polygons.

    Polygons with the same id are one candidate. Without a column for the id, their numbers in the file are taken.

    Parameters
    ----------
    radius_km
        The radius of each row of a table that names none.
    role
        What the file is called among the sources.

    Raises
    ------
    CoverageError
        The file cannot be used as it is; all rows that are wrong are named.
    """
    if path.suffix.lower() in _TABLES:
        return _read_points(path, radius_km, role)
    return _read_polygons(path, role)


def commune_candidates(boundaries: Boundaries) -> Candidates:
    """Return the communes as candidates: each reaches what lies in it."""
    communes = boundaries.edition.communes.values()
    return Candidates(
        tuple(
            Candidate(commune.code, commune.name, commune.lat, commune.lon, None, polygon)
            for commune, polygon in zip(communes, boundaries.polygons, strict=True)
        )
    )


def check_radius(radius_km: float) -> None:
    """Refuse a radius that no mast has.

    Raises
    ------
    CoverageError
    """
    if not (math.isfinite(radius_km) and 0 < radius_km <= LARGEST_RADIUS_KM):
        raise CoverageError(
            f"a radius of {radius_km} km: give one above 0 and at most {LARGEST_RADIUS_KM:g} km, e.g. 3"
        )


def _read_points(path: Path, radius_km: float, role: str) -> Candidates:
    table = read_table(path, _COLUMNS, required=("id", "lat", "lon"))
    candidates: dict[str, Candidate] = {}
    problems: list[str] = []
    for row in table.rows:
        try:
            candidate = _point(row, radius_km)
        except ValueError as error:
            problems.append(f"{row.where}: {error}")
            continue
        if candidate.candidate_id in candidates:
            problems.append(f"{row.where}: {candidate.candidate_id!r} is there twice; remove one")
        candidates[candidate.candidate_id] = candidate
    refuse_problems(problems)
    if not candidates:
        raise TableError(f"{path}: has no rows; give at least one candidate")
    source = Source(role, path.name, table.sha256, len(candidates), WGS84)
    return Candidates(tuple(candidates.values()), (source,))


def _point(row: TableRow, radius_km: float) -> Candidate:
    cells = row.cells
    if not cells["id"]:
        raise ValueError("the id is empty; give every row one")
    if not (cells["id"] + cells["name"]).isprintable():
        raise ValueError("the id or the name has a control character; remove it")
    try:
        lat, lon = plain_number(cells["lat"]), plain_number(cells["lon"])
        radius_km = plain_number(cells["radius_km"]) if cells["radius_km"] else radius_km
    except ValueError:
        raise ValueError("lat, lon and radius_km must be numbers with a point, e.g. 21.004") from None
    check_radius(radius_km)
    west, south, east, north = PROVINCE
    if not (south <= lat <= north and west <= lon <= east):
        raise ValueError(f"{lat}, {lon} is not in or near the province; check lat and lon")
    return Candidate(cells["id"], cells["name"], lat, lon, radius_km * 1000)


def _read_polygons(path: Path, role: str) -> Candidates:
    file = read_vector_file(path)
    ids = _column(file.columns, ("id", *_IDS)) or tuple(str(number) for number in file.features)
    names = _column(file.columns, ("name", *_NAMES)) or ("",) * len(ids)
    bad = [
        number
        for number, candidate_id, name in zip(file.features, ids, names, strict=True)
        if not candidate_id or not (candidate_id + name).isprintable()
    ]
    if bad:
        raise VectorFileError(
            f"{path}: {name_features(bad)}: the id is empty, or it or the name has a control character; correct it"
        )
    rows: dict[str, list[int]] = {}
    for row, candidate_id in enumerate(ids):
        rows.setdefault(candidate_id, []).append(row)
    shapes = np.array([shapely.union_all(file.polygons[own]) for own in rows.values()] + [None], dtype=object)[:-1]
    points = shapely.get_coordinates(reproject(shapely.point_on_surface(shapes), EQUAL_AREA, WGS84))
    candidates = tuple(
        Candidate(candidate_id, names[own[0]], float(lat), float(lon), None, shape)
        for (candidate_id, own), shape, (lon, lat) in zip(rows.items(), shapes, points, strict=True)
    )
    return Candidates(candidates, (Source(role, path.name, file.sha256, len(candidates), file.crs),))


def _column(columns: dict[str, tuple[str, ...]], names: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the column whose folded name comes first among ``names``."""
    by_name = {folded(name): values for name, values in reversed(columns.items())}
    return next((by_name[folded(name)] for name in names if folded(name) in by_name), None)
