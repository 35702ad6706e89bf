"""Named places by which people know where something is: a table of villages, or the communes' centres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phusong.coverage.errors import TableError
from phusong.coverage.input.table_file import POSITION_COLUMNS, plain_number, read_table, refuse_problems
from phusong.coverage.projection import PROVINCE, WGS84
from phusong.coverage.summary import Source

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from phusong.coverage.editions import Edition

ROLE = "settlements"

_COLUMNS = {
    "name": ("settlement", "village", "ten", "ten thon", "thon", "ban", "khu"),
    **POSITION_COLUMNS,
}


@dataclass(frozen=True, slots=True)
class Settlements:
    """Named points in WGS 84 degrees, by which people know where a piece is."""

    names: tuple[str, ...]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]


def centres_of(edition: Edition) -> Settlements:
    """Return the communes' centres as settlements."""
    communes = tuple(edition.communes.values())
    return Settlements(
        tuple(commune.name for commune in communes),
        np.array([commune.lat for commune in communes]),
        np.array([commune.lon for commune in communes]),
    )


def read_settlements(path: Path) -> tuple[Settlements, Source]:
    """Read a table of settlements; those far from the province are left out.

    Raises
    ------
    TableError
        The table cannot be read, a row has no name or no position, or all lie elsewhere.
    """
    table = read_table(path, _COLUMNS, required=tuple(_COLUMNS))
    names: list[str] = []
    places: list[tuple[float, float]] = []
    problems: list[str] = []
    west, south, east, north = PROVINCE
    for row in table.rows:
        name = row.cells["name"]
        try:
            lat, lon = plain_number(row.cells["lat"]), plain_number(row.cells["lon"])
        except ValueError:
            problems.append(f"{row.where}: lat and lon must be numbers with a point, e.g. 21.004")
            continue
        if not name or not name.isprintable():
            problems.append(f"{row.where}: the name is empty or has a control character; correct it")
        if south <= lat <= north and west <= lon <= east:
            names.append(name)
            places.append((lat, lon))
    refuse_problems(problems)
    if not places:
        raise TableError(f"{path}: no settlement lies in or near the province; are lat and lon swapped?")
    degrees = np.array(places)
    source = Source(ROLE, path.name, table.sha256, len(names), WGS84)
    return Settlements(tuple(names), degrees[:, 0], degrees[:, 1]), source
