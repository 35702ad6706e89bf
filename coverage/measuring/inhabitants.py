"""How many people live in each commune, and how many of them in its covered part.

Of a grid, parts of cells count by their area (exactextract); a settlement counts whole, in one commune. Without
either, people are an estimate: the commune's total by the covered share of its land.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import geopandas
import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource

from phusong.coverage.input.population import RASTER
from phusong.coverage.projection import EQUAL_AREA, reproject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from phusong.coverage.input.population import Grid, People

AREA = "area"
"""The method of an estimate by area."""


class Inhabitants(Protocol):
    """Counts people; ``total`` has one number per commune."""

    method: str
    total: NDArray[np.float64]

    def covered(
        self, ratios: NDArray[np.float64], pieces: NDArray[np.object_], rows: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return how many people of each commune live in its covered part.

        Parameters
        ----------
        ratios
            The covered share of each commune's land.
        pieces, rows
            The covered parts that are less than a commune (polygons in EPSG:6933, none overlapping another of the
            same commune), and the row of the commune of each. Communes covered wholly have no piece and ratio 1.
        """


class ByArea:
    """An estimate: people spread evenly over the land; where nobody says how many, they are NaN."""

    method = AREA

    def __init__(self, population: Sequence[int]) -> None:
        self.total = np.array([people or np.nan for people in population], dtype=float)

    def covered(
        self, ratios: NDArray[np.float64], pieces: NDArray[np.object_], rows: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the same share of the people as of the land."""
        del pieces, rows
        return self.total * ratios


class BySettlement:
    """Settlements, each in the first commune that contains it; those in none are not counted."""

    def __init__(self, people: People, polygons: NDArray[np.object_]) -> None:
        self.method = people.method
        self._people = people
        polygon_of, point_of = shapely.STRtree(people.points).query(polygons, predicate="intersects")
        self._commune_of = np.full(len(people.points), -1, dtype=np.intp)
        order = np.argsort(polygon_of, kind="stable")[::-1]
        self._commune_of[point_of[order]] = polygon_of[order]
        inside = self._commune_of >= 0
        self.total = np.bincount(
            self._commune_of[inside], weights=people.weights[inside], minlength=len(polygons)
        ).astype(float)

    def covered(
        self, ratios: NDArray[np.float64], pieces: NDArray[np.object_], rows: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the people of the settlements that lie in a piece of their commune."""
        piece_of, point_of = shapely.STRtree(self._people.points).query(pieces, predicate="intersects")
        own = point_of[rows[piece_of] == self._commune_of[point_of]]
        found = np.unique(own)
        counted = np.bincount(
            self._commune_of[found], weights=self._people.weights[found], minlength=len(self.total)
        )
        return np.where(ratios >= 1.0, self.total, counted)


class ByGrid:
    """Cells of a raster, each by the share of it that lies inside."""

    def __init__(self, people: People, grid: Grid, polygons: NDArray[np.object_]) -> None:
        self.method = people.method
        self._grid = grid
        self.total = self._people_in(polygons)

    def covered(
        self, ratios: NDArray[np.float64], pieces: NDArray[np.object_], rows: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the people of all pieces of each commune."""
        counted = np.bincount(rows, weights=self._people_in(pieces), minlength=len(self.total))
        return np.where(ratios >= 1.0, self.total, np.minimum(counted, self.total))

    def _people_in(self, shapes: NDArray[np.object_]) -> NDArray[np.float64]:
        # Coverage that also touches a commune from outside leaves lines in the intersection; they hold nobody.
        parts, owners = shapely.get_parts(shapes, return_index=True)
        solid = shapely.area(parts) > 0
        parts, owners = parts[solid], owners[solid]
        if not len(parts):
            return np.zeros(len(shapes))
        grid = self._grid
        source = NumPyRasterSource(
            grid.values, grid.west, grid.south, grid.east, grid.north, srs_wkt=grid.crs.to_wkt()
        )
        frame = geopandas.GeoDataFrame(geometry=reproject(parts, EQUAL_AREA, grid.crs.to_wkt()), crs=grid.crs)
        sums = exact_extract(source, frame, ["sum"], output="pandas")["sum"].to_numpy(dtype=float)
        people = np.bincount(owners, weights=np.nan_to_num(sums, nan=0.0), minlength=len(shapes))
        return people.astype(float)


def inhabitants_of(people: People | None, population: Sequence[int], polygons: NDArray[np.object_]) -> Inhabitants:
    """Return what counts people in these polygons; ``population`` is each commune's own total."""
    if people is None:
        return ByArea(population)
    if people.method == RASTER and people.grid is not None:
        return ByGrid(people, people.grid, polygons)
    return BySettlement(people, polygons)
