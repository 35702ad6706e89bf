"""Any boundary file to the communes of one edition: recognised, cut to the province, merged, matched, cleaned.

What comes out is written by ``output.boundary_file`` in the form that ``phusong coverage --boundaries`` takes.
Nothing is guessed in silence: what was recognised, merged and changed is in the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.editions import KNOWN_EDITIONS, load_edition
from phusong.coverage.errors import BoundaryError
from phusong.coverage.input.boundaries import Boundaries
from phusong.coverage.input.boundary_kinds import (
    PROVINCE,
    BoundaryKind,
    Roles,
    in_our_words,
    is_of_province,
    recognise,
)
from phusong.coverage.input.boundary_units import Units, identify_units
from phusong.coverage.input.edition_table import read_edition_table
from phusong.coverage.input.neighbours import close_seams
from phusong.coverage.input.vector_file import read_vector_file
from phusong.coverage.projection import project_points
from phusong.coverage.repairs import M2_PER_KM2, Repair

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from phusong.coverage.editions import Edition
    from phusong.coverage.input.boundary_units import Identified
    from phusong.coverage.input.vector_file import VectorFile

_ENOUGH = 0.5
"""With fewer of an edition's communes, a file is not that edition, and its problems would be noise."""
_OUTSIDE_KM = 1.0
_MOST_OUTSIDE = 0.1
"""Of a true file hardly any commune is away from its centre."""
NOT_TOLD = Roles()


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What is to be imported; ``edition`` is found out where it is empty, ``columns`` where they are.

    ``edition_table`` has the communes of an edition that is not among ours, which ``edition`` then names.
    """

    path: Path
    edition: str = ""
    columns: Roles = NOT_TOLD
    province: str = PROVINCE
    layer: str = ""
    crs: str = ""
    edition_table: Path | None = None


@dataclass(frozen=True, slots=True)
class ImportedBoundaries:
    """The communes, and what was found on the way.

    ``seams_km2`` is the area of overlaps and gaps before they were closed, ``parts`` how many polygons the
    communes have together before and after: islands are kept.
    """

    boundaries: Boundaries
    kind: BoundaryKind
    features: int
    elsewhere: int
    merged: int
    seams_km2: float
    parts: tuple[int, int]


def import_boundaries(request: ImportRequest) -> ImportedBoundaries:
    """Read a boundary file of any known kind as the communes of an edition.

    Raises
    ------
    VectorFileError
        The file cannot be used as it is, see ``read_vector_file``.
    BoundaryError
        Its columns say nothing, no row is in the province, rows are not the communes of an edition (all of them
        are listed), or overlaps and gaps are too large (see ``close_seams``).
    EditionError, TableError
        The edition is not known, or its table cannot be used.
    """
    path = request.path
    file = read_vector_file(path, request.layer, request.crs)
    try:
        kind = recognise(tuple(file.columns), request.columns)
    except ValueError as error:
        raise BoundaryError(f"{path}: {error}") from error
    rows = _rows_of_province(file, kind.roles, request.province)
    identified, rows = _identify(path, _editions(request), file, kind, rows)
    if identified.problems:
        raise BoundaryError(_said(path, identified))
    edition = identified.edition
    drawn = _joined(identified, file.polygons[rows])
    outside = _outside(path, edition, drawn)
    cleaned, seams = close_seams(path.name, tuple(edition.communes), drawn)
    notes = [Repair(path.name, "", f"recognised as {kind.title}, edition {edition.name}", 0.0)]
    if identified.merged:
        merged = f"{identified.merged} units of 2019 merged into those of {edition.name}"
        notes.append(Repair(path.name, "", merged, 0.0))
    notes += [Repair(path.name, str(feature), text, 0.0) for feature, text in identified.notes]
    notes += outside
    ours = {str(file.features[row]) for row in rows} | {""}
    repaired = [repair for repair in file.repairs if repair.feature in ours]
    return ImportedBoundaries(
        boundaries=Boundaries(edition, path.name, file.sha256, False, cleaned, (*notes, *repaired, *seams)),
        kind=kind,
        features=len(file.features),
        elsewhere=len(file.features) - len(rows) + identified.elsewhere,
        merged=identified.merged,
        seams_km2=sum(seam.km2 for seam in seams),
        parts=(int(shapely.get_num_geometries(drawn).sum()), int(shapely.get_num_geometries(cleaned).sum())),
    )


def _editions(request: ImportRequest) -> list[Edition]:
    """Return the editions that the file may be."""
    if request.edition_table is not None:
        return [read_edition_table(request.edition_table, request.edition or request.edition_table.stem)]
    return [load_edition(name) for name in ([request.edition] if request.edition else KNOWN_EDITIONS)]


def _rows_of_province(file: VectorFile, roles: Roles, province: str) -> list[int]:
    """Return the rows in the province: by the column that names it, else all."""
    if not roles.province:
        return list(range(len(file.features)))
    names = file.columns[roles.province]
    rows = [row for row, name in enumerate(names) if is_of_province(name, province)]
    if not rows:
        found = ", ".join(sorted({name for name in names if name and name.isprintable()})[:10])
        raise BoundaryError(
            f"{file.path}: no row is in {province!r} by the column {roles.province}; it has {found or 'no names'}"
        )
    return rows


def _identify(
    path: Path, editions: Sequence[Edition], file: VectorFile, kind: BoundaryKind, rows: Sequence[int]
) -> tuple[Identified, list[int]]:
    """Return the edition, and the level of units, that most rows belong to, with these rows."""
    words = in_our_words(file.columns, kind.roles)
    levels = file.columns[kind.roles.level] if kind.roles.level else [""] * len(words)
    attempts = []
    for level in sorted({levels[row] for row in rows}):
        here = [row for row in rows if levels[row] == level]
        units = Units(
            [words[row] for row in here],
            file.polygons[here],
            [file.features[row] for row in here],
            bool(kind.roles.province),
            kind.own_codes,
        )
        attempts += [(identify_units(units, edition), here) for edition in editions]
    best = max(attempts, key=lambda attempt: attempt[0].share)
    if best[0].share < _ENOUGH:
        counts = ", ".join(
            f"{round(found.share * len(found.edition.communes))} of {len(found.edition.communes)} of "
            f"{found.edition.name}"
            for found, _ in attempts
        )
        raise BoundaryError(
            f"{path}: is of no known edition ({counts} matched); name the columns (--code-column, --name-column, "
            "--type-column, --district-column) or the edition"
        )
    return best


def _joined(identified: Identified, polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return one polygon per commune, in the edition's order."""
    rows_of: dict[str, list[int]] = {code: [] for code in identified.edition.communes}
    for row, code in enumerate(identified.codes):
        if code is not None:
            rows_of[code].append(row)
    joined = [
        polygons[rows[0]] if len(rows) == 1 else shapely.union_all(polygons[rows]) for rows in rows_of.values()
    ]
    return np.array([*joined, None], dtype=object)[:-1]


def _outside(path: Path, edition: Edition, polygons: NDArray[np.object_]) -> list[Repair]:
    """Return a note for each commune that does not hold its centre; refuse a file where many do not."""
    communes = tuple(edition.communes.values())
    known = np.array([np.isfinite(c.lat) and np.isfinite(c.lon) for c in communes])
    centres = project_points(
        np.array([c.lon if has else 0.0 for c, has in zip(communes, known, strict=True)]),
        np.array([c.lat if has else 0.0 for c, has in zip(communes, known, strict=True)]),
    )
    away_km = np.where(known, shapely.distance(polygons, centres), 0.0) / 1000.0
    far = np.flatnonzero(away_km > _OUTSIDE_KM)
    if len(far) > _MOST_OUTSIDE * len(communes):
        raise BoundaryError(
            f"{path}: {len(far)} of {len(communes)} communes lie over {_OUTSIDE_KM:g} km away from their centres; "
            "are codes and names those of their polygons, and is the CRS the true one?"
        )
    return [
        Repair(path.name, communes[i].code, f"its centre lies {away_km[i]:.1f} km outside; left as drawn", 0.0)
        for i in far.tolist()
    ]


def _said(path: Path, identified: Identified) -> str:
    edition = identified.edition
    return (
        f"{path}: is not edition {edition.name} with its {len(edition.communes)} communes:\n  "
        + "\n  ".join(identified.problems)
        + "\nname the columns (--code-column, --name-column, --type-column, --district-column) or the --edition"
    )


def area_differences(boundaries: Boundaries) -> list[tuple[str, str, float, float]]:
    """Return code, name, measured and stated area in km2 of each commune, the largest difference first.

    Communes whose area nobody stated are left out.
    """
    areas: NDArray[np.float64] = shapely.area(boundaries.polygons) / M2_PER_KM2
    rows = [
        (commune.code, commune.name, float(area), commune.area_km2)
        for commune, area in zip(boundaries.edition.communes.values(), areas, strict=True)
        if commune.area_km2 > 0
    ]
    return sorted(rows, key=lambda row: -abs(row[2] / row[3] - 1))
