"""Places on the map that matter to planners: sites, schools, hospitals, as points with an id.

A row may name its commune. Where it does, the place is counted there, wherever its point lies; how far the point
is from that commune is told in ``repairs.csv``, since official lists have offices pinned 95 km away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.errors import TableError
from phusong.coverage.input.matching import commune_code
from phusong.coverage.input.table_file import POSITION_COLUMNS, plain_number, read_table, refuse_problems
from phusong.coverage.projection import EQUAL_AREA, METRIC, WGS84, project_points, reproject
from phusong.coverage.repairs import Repair
from phusong.coverage.summary import Source

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from phusong.coverage.input.boundaries import Boundaries
    from phusong.coverage.input.table_file import TableRow

TOLERATED_M = 250.0
"""A point so near its commune counts as inside it: coasts are drawn about so well."""

_FAR_M = 1e6
_COLUMNS = {
    **POSITION_COLUMNS,
    "commune_code": ("commune", "ma xa", "ma phuong xa", "ward code"),
}
_IDS = ("site_id", "school_id", "hospital_id", "place_id", "id", "code", "ma", "ma truong", "ma co so")


@dataclass(frozen=True, slots=True)
class Place:
    """A point in WGS 84 degrees; ``commune_code`` is empty where the row names none."""

    place_id: str
    lat: float
    lon: float
    commune_code: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """All places of one kind (``summary.PLACE_KINDS``) that have a position."""

    kind: str
    source: Source
    places: tuple[Place, ...]

    @property
    def points(self) -> NDArray[np.object_]:
        """Their points in EPSG:6933."""
        return project_points(
            np.array([p.lon for p in self.places], dtype=float),
            np.array([p.lat for p in self.places], dtype=float),
        )


def read_places(path: Path, kind: str) -> Places:
    """Read the places of a table that have a position; those without one are left out.

    Raises
    ------
    TableError
        The table cannot be read, an id is there twice, or a position is impossible; all such rows are listed.
    """
    table = read_table(path, {"id": _IDS, **_COLUMNS}, required=("id", "lat", "lon"))
    places: dict[str, Place] = {}
    seen: set[str] = set()
    problems: list[str] = []
    for row in table.rows:
        try:
            place = _place(row)
        except ValueError as error:
            problems.append(f"{row.where}: {error}")
            continue
        place_id = row.cells["id"]
        if place_id in seen:
            problems.append(f"{row.where}: {place_id!r} is there twice; remove one")
        seen.add(place_id)
        if place is not None:
            places[place_id] = place
    refuse_problems(problems)
    source = Source(kind, path.name, table.sha256, len(places), WGS84)
    return Places(kind, source, tuple(places.values()))


def communes_of(places: Places, boundaries: Boundaries) -> tuple[NDArray[np.intp], tuple[Repair, ...]]:
    """Return the row of each place's commune, -1 for none, and what is odd about the places.

    A place that names its commune belongs to it; any other to the commune that its point lies in, or else to the
    nearest one within ``TOLERATED_M``.

    Raises
    ------
    TableError
        A place names a commune that is not in the edition.
    """
    codes = {code: row for row, code in enumerate(boundaries.edition.communes)}
    stated = [codes.get(commune_code(p.commune_code), -1) for p in places.places]
    unknown = [p for p, row in zip(places.places, stated, strict=True) if p.commune_code and row < 0]
    if unknown:
        raise TableError(
            f"{places.source.file}: {unknown[0].place_id!r} and {len(unknown) - 1} others name communes that are "
            f"not in edition {boundaries.edition.name} ({unknown[0].commune_code!r}); is it another edition?"
        )
    rows = np.array(stated, dtype=np.intp)
    if not len(rows):
        return rows, ()
    points = _finite(reproject(places.points, EQUAL_AREA, METRIC))
    polygons = reproject(boundaries.polygons, EQUAL_AREA, METRIC)
    point_of, found = shapely.STRtree(polygons).query_nearest(points, all_matches=False)
    nearest = np.full(len(rows), -1, dtype=np.intp)
    nearest[point_of] = found
    distances = shapely.distance(points, polygons[nearest])
    rows = np.where((rows < 0) & (distances <= TOLERATED_M), nearest, rows)
    odd: list[Repair] = []
    for number, place in enumerate(places.places):
        row = int(rows[number])
        if row < 0:
            odd.append(_odd(places, place, "lies in no commune, not counted"))
            continue
        away_m = float(shapely.distance(points[number], polygons[row]))
        if away_m > TOLERATED_M:
            away = f"{away_m / 1000:.1f} km" if away_m < _FAR_M else "far"
            odd.append(_odd(places, place, f"lies {away} outside its commune, counted there"))
    return rows, tuple(odd)


def _finite(points: NDArray[np.object_]) -> NDArray[np.object_]:
    """Put what the projection does not reach, on the other side of the earth, where it is merely far away."""
    coordinates = shapely.get_coordinates(points)
    coordinates[~np.isfinite(coordinates).all(axis=1)] = 10 * _FAR_M
    return np.asarray(shapely.points(coordinates), dtype=object)


def _odd(places: Places, place: Place, what: str) -> Repair:
    return Repair(places.source.file, place.place_id, f"{places.kind} {what}", 0.0)


def _place(row: TableRow) -> Place | None:
    cells = row.cells
    if not cells["id"]:
        raise ValueError("the id is empty; give every row one")
    if bool(cells["lat"]) != bool(cells["lon"]):
        raise ValueError("only one of lat and lon is given; give both or none")
    if not cells["lat"]:
        return None
    return Place(cells["id"], _degrees(cells["lat"], 90.0), _degrees(cells["lon"], 180.0), cells["commune_code"])


def _degrees(text: str, limit: float) -> float:
    try:
        value = plain_number(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number; give degrees with a point, e.g. 21.004") from None
    if abs(value) > limit:
        raise ValueError(f"{text} is not in degrees of ±{limit:.0f}; check lat and lon")
    return value
