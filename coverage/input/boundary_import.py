"""Any boundary file to the communes of one edition: recognised, cut to the province, merged, matched, cleaned.

What comes out is written by ``output.boundary_file`` in the form that ``phusong coverage --boundaries`` takes.
Nothing is guessed in silence: what was recognised, merged and changed is in the result.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from phusong.coverage.editions import KNOWN_EDITIONS, Edition, folded, load_edition
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
from phusong.coverage.input.matching import match_communes
from phusong.coverage.input.neighbours import close_seams
from phusong.coverage.input.vector_file import read_vector_file
from phusong.coverage.projection import project_points
from phusong.coverage.repairs import M2_PER_KM2, Repair

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from phusong.coverage.input.vector_file import VectorFile

LARGEST_SEAMS = 0.02
"""Overlaps and gaps together may be this share of the land: the worst public set has 0.5 %."""
NOT_TOLD = Roles()
_ENOUGH = 0.9
"""When so much of an edition is matched by codes and full names, rows that are not are mistakes."""
_SHOWN_PROBLEMS = 40


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What is to be imported; ``edition`` is found out where it is empty, ``columns`` where they are."""

    path: Path
    edition: str = ""
    columns: Roles = NOT_TOLD
    province: str = PROVINCE
    layer: str = ""
    crs: str = ""


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
        are listed), or overlaps and gaps are too large.
    """
    path = request.path
    file = read_vector_file(path, request.layer, request.crs)
    try:
        kind = recognise(tuple(file.columns), request.columns)
    except ValueError as error:
        raise BoundaryError(f"{path}: {error}") from error
    rows = _rows_of_province(file, kind.roles, request.province)
    words = {
        name: [values[row] for row in rows] for name, values in in_our_words(file.columns, kind.roles).items()
    }
    polygons = [file.polygons[row] for row in rows]
    features = [file.features[row] for row in rows]
    edition = _edition_of(path, request.edition, _Units(words, polygons, features, 0))
    units = _as_edition(_Units(words, polygons, features, 0), edition)
    words, polygons, features, merged = units
    match = match_communes(words, features, edition)
    if match.problems:
        raise BoundaryError(_said(path, edition, match.problems))
    row_of = {code: row for row, code in enumerate(match.codes)}
    ordered = np.array([*(polygons[row_of[code]] for code in edition.communes), None], dtype=object)[:-1]
    cleaned, seams = close_seams(path.name, tuple(edition.communes), ordered)
    seams_km2 = sum(seam.km2 for seam in seams)
    land_km2 = float(shapely.area(ordered).sum()) / M2_PER_KM2
    if seams_km2 > LARGEST_SEAMS * land_km2:
        raise BoundaryError(
            f"{path}: neighbours overlap or leave gaps on {seams_km2:.1f} km2, {seams_km2 / land_km2:.1%} of the "
            f"land (the limit is {LARGEST_SEAMS:.0%}); were they drawn apart? Clean them first (QGIS: Coverage "
            "clean), or use another file"
        )
    notes = [Repair(path.name, "", f"recognised as {kind.title}, edition {edition.name}", 0.0)]
    if merged:
        notes.append(Repair(path.name, "", f"{merged} units of 2019 merged into those of 2020-01", 0.0))
    repairs = (*notes, *file.repairs, *seams)
    return ImportedBoundaries(
        boundaries=Boundaries(edition, path.name, file.sha256, False, cleaned, repairs),
        kind=kind,
        features=len(file.features),
        elsewhere=len(file.features) - len(features) - merged,
        merged=merged,
        seams_km2=seams_km2,
        parts=(int(shapely.get_num_geometries(ordered).sum()), int(shapely.get_num_geometries(cleaned).sum())),
    )


def _rows_of_province(file: VectorFile, roles: Roles, province: str) -> list[int]:
    """Return the rows in the province: by the column that names it, else all."""
    if not roles.province:
        return list(range(len(file.features)))
    names = file.columns[roles.province]
    rows = [row for row, name in enumerate(names) if is_of_province(name, province)]
    if not rows:
        found = ", ".join(sorted({name for name in names if name})[:10])
        raise BoundaryError(
            f"{file.path}: no row is in {province!r} by the column {roles.province}; it has {found or 'no names'}"
        )
    return rows


class _Units(NamedTuple):
    """Rows that are to become communes: columns in our words, polygons, feature numbers; how many were merged."""

    words: dict[str, list[str]]
    polygons: list[shapely.Geometry]
    features: list[int]
    merged: int

    def matched(self, edition: Edition) -> int:
        """Return how many communes of the edition are among them."""
        return len(set(match_communes(self.words, self.features, edition).codes) - {None})


def _as_edition(units: _Units, edition: Edition) -> _Units:
    """Return the rows as far as they can be brought to the edition: merged, or by name and place."""
    if edition.name == "2020-01":
        units = _merge_units_of_2019(units)
    if units.matched(edition) > _ENOUGH * len(edition.communes):
        return units
    placed = _nearest_of_one_name(units, edition)
    return placed if placed.matched(edition) > units.matched(edition) else units


def _edition_of(path: Path, told: str, units: _Units) -> Edition:
    """Return the edition that was told, or the one that most rows belong to."""
    if told:
        return load_edition(told)
    found = {}
    for name in KNOWN_EDITIONS:
        edition = load_edition(name)
        found[name] = _as_edition(units, edition).matched(edition)
    best = max(found, key=lambda name: found[name] / KNOWN_EDITIONS[name])
    if found[best] < 0.5 * KNOWN_EDITIONS[best]:
        counts = ", ".join(f"{count} of {KNOWN_EDITIONS[name]} of {name}" for name, count in found.items())
        raise BoundaryError(
            f"{path}: is of no known edition ({counts} matched); name the columns (--code-column, --name-column, "
            "--type-column, --district-column) or the edition"
        )
    return load_edition(best)


def _merge_units_of_2019(units: _Units) -> _Units:
    """Join the units that were merged on 1 January 2020; they were merged whole."""
    words, polygons, features, _ = units
    renamed = _merged_units()
    edition = load_edition("2020-01").communes
    groups: dict[str | int, list[int]] = {}
    into: dict[int, str] = {}
    for row, (name, kind) in enumerate(zip(words["name"], words["type"], strict=True)):
        full = folded(name if not kind or folded(name).startswith(folded(kind)) else f"{kind} {name}")
        target = renamed.get(full.replace(" ", ""))
        if target:
            into[row] = target
    targets = set(into.values())
    for row in range(len(features)):
        groups.setdefault(into.get(row) or _code_of(words, row, targets) or row, []).append(row)
    joined: dict[str, list[str]] = {name: [] for name in words}
    shapes: list[shapely.Geometry] = []
    numbers: list[int] = []
    for code, rows in groups.items():
        # The unit that kept its name stands for all; without it, the edition's own words do.
        keeper = next((row for row in rows if row not in into), None)
        for name, values in joined.items():
            values.append(words[name][keeper if keeper is not None else rows[0]])
        if keeper is None and isinstance(code, str):
            commune = edition[code]
            for name, value in (
                ("code", code),
                ("name", commune.name),
                ("type", ""),
                ("district", commune.district),
            ):
                joined[name][-1] = value
        shapes.append(polygons[rows[0]] if len(rows) == 1 else shapely.union_all([polygons[row] for row in rows]))
        numbers.append(features[keeper if keeper is not None else rows[0]])
    return _Units(joined, shapes, numbers, len(into))


def _code_of(words: dict[str, list[str]], row: int, wanted: set[str]) -> str | None:
    """Return the row's commune of 2020-01 when it is one of ``wanted``, into which others are merged."""
    one = {name: [values[row]] for name, values in words.items()}
    code = match_communes(one, [row], load_edition("2020-01")).codes[0]
    return code if code in wanted else None


@cache
def _merged_units() -> dict[str, str]:
    """Return the squeezed full names of the units of 2019 that are no more, with the code that they went into."""
    text = (files("phusong.coverage") / "data" / "crosswalk_2019-01_2020-01_2024-11.csv").read_text(
        encoding="utf-8"
    )
    return {
        folded(row["name_2019_01"]).replace(" ", ""): row["code_2020_01"]
        for row in csv.DictReader(text.splitlines())
        if row["code_2019_01"] != row["code_2020_01"]
    }


def _nearest_of_one_name(units: _Units, edition: Edition) -> _Units:
    """Give rows the code of the commune of their name whose centre they contain.

    Files such as geoBoundaries have names alone, those of other provinces too, and several of one name. A row that
    contains no centre of its name is left out.
    """
    words, polygons, features, merged = units
    communes = list(edition.communes.values())
    centres = project_points(np.array([c.lon for c in communes]), np.array([c.lat for c in communes]))
    shapes = np.array([*polygons, None], dtype=object)[:-1]
    codes = [""] * len(features)
    for row, centre in shapely.STRtree(centres).query(shapes, "intersects").T.tolist():
        commune = communes[centre]
        named = folded(words["name"][row]).replace(" ", "")
        if named in (folded(commune.bare_name).replace(" ", ""), folded(commune.name).replace(" ", "")):
            codes[row] = commune.code
    kept = [row for row, code in enumerate(codes) if code]
    placed = {
        name: [codes[row] if name == "code" else values[row] for row in kept] for name, values in words.items()
    }
    return _Units(placed, [polygons[row] for row in kept], [features[row] for row in kept], merged)


def _said(path: Path, edition: Edition, problems: Sequence[str]) -> str:
    shown = list(problems[:_SHOWN_PROBLEMS])
    if len(problems) > _SHOWN_PROBLEMS:
        shown.append(f"and {len(problems) - _SHOWN_PROBLEMS} more")
    return (
        f"{path}: is not edition {edition.name} with its {len(edition.communes)} communes:\n  "
        + "\n  ".join(shown)
        + "\nname the columns (--code-column, --name-column, --type-column, --district-column) or the --edition"
    )


def area_differences(boundaries: Boundaries) -> list[tuple[str, str, float, float]]:
    """Return code, name, measured and stated area in km2 of each commune, the largest difference first."""
    areas: NDArray[np.float64] = shapely.area(boundaries.polygons) / M2_PER_KM2
    rows = [
        (commune.code, commune.name, float(area), commune.area_km2)
        for commune, area in zip(boundaries.edition.communes.values(), areas, strict=True)
    ]
    return sorted(rows, key=lambda row: -abs(row[2] / row[3] - 1))
