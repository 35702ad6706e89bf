"""Coverage indicators of each commune: land, people and places covered, and whether its centre is.

Measured on merged coverage (``unions``) in EPSG:6933. Divisors are the land area of the commune's own polygon (ITU
i271Land) and the people that live in it by the same count (ITU i271pop).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.measuring.inhabitants import ByArea
from phusong.coverage.measuring.tiles import cut_tiles
from phusong.coverage.measuring.unions import points_inside, signal_strength
from phusong.coverage.measuring.workers import Threads
from phusong.coverage.projection import project_points
from phusong.coverage.repairs import M2_PER_KM2
from phusong.coverage.summary import (
    ANY_OPERATOR,
    MAX_OPERATOR,
    Broadband,
    CommuneCoverage,
    Indicator,
    PlaceCount,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from phusong.coverage.input.boundaries import Boundaries
    from phusong.coverage.measuring.inhabitants import Inhabitants
    from phusong.coverage.measuring.unions import CoverageUnion
    from phusong.coverage.measuring.workers import Workers

AREA_DECIMALS = 4
RATIO_DECIMALS = 6
PEOPLE_DECIMALS = 1
_PAIRS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class LocatedPlaces:
    """Points of one kind in EPSG:6933 and the row of each one's commune, -1 for none."""

    kind: str
    points: NDArray[np.object_]
    rows: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class About:
    """What is known of the communes besides their polygons; classes and broadband by commune code."""

    inhabitants: Inhabitants | None = None
    places: Sequence[LocatedPlaces] = ()
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    broadband: Mapping[str, Broadband] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What one operator covers at one class in every commune: square metres, people, centres, places by kind."""

    operator: str
    min_dbm: float | None
    covered_m2: NDArray[np.float64]
    people: NDArray[np.float64]
    centres: NDArray[np.bool_]
    places: Mapping[str, NDArray[np.intp]]


def measure_communes(
    boundaries: Boundaries,
    unions: Sequence[CoverageUnion],
    about: About | None = None,
    workers: Workers | None = None,
) -> tuple[CommuneCoverage, ...]:
    """Return the indicators of each commune.

    ``max`` is, figure by figure, the best that any single operator reaches in the commune at that class or a
    stronger one (SDG 9.c.1). Without ``about.inhabitants`` people are estimated by area,
    without ``workers`` it is done in threads.
    """
    workers = workers or Threads()
    about = about or About()
    communes = tuple(boundaries.edition.communes.values())
    inhabitants = about.inhabitants or ByArea([commune.population for commune in communes])
    areas = shapely.area(boundaries.polygons)
    centres = project_points(np.array([c.lon for c in communes]), np.array([c.lat for c in communes]))
    rows: list[list[Indicator]] = [[] for _ in communes]
    by_shape: dict[shapely.Geometry, _Measured] = {}
    for technology in sorted({union.technology for union in unions}):
        own = [union for union in unions if union.technology == technology]
        for union in own:
            if union.shape not in by_shape:
                by_shape[union.shape] = _measure(
                    union, boundaries.polygons, areas, centres, inhabitants, about.places, workers
                )
        measured = [
            replace(by_shape[union.shape], operator=union.operator, min_dbm=union.min_dbm) for union in own
        ]
        for entry in (*measured, *_best_single(measured)):
            _append(rows, technology, entry, areas, inhabitants.total)
    counts = {located.kind: _per_row(located.rows, len(communes)) for located in about.places}
    return tuple(
        CommuneCoverage(
            code=commune.code,
            name=commune.name,
            district=commune.district,
            area_km2=round(float(areas[row]) / M2_PER_KM2, AREA_DECIMALS),
            population=_known(inhabitants.total[row], PEOPLE_DECIMALS),
            indicators=tuple(rows[row]),
            classes=about.classes.get(commune.code, ()),
            places=tuple(PlaceCount(kind, int(count[row])) for kind, count in counts.items()),
            broadband=about.broadband.get(commune.code),
        )
        for row, commune in enumerate(communes)
    )


def _best_single(measured: Sequence[_Measured]) -> list[_Measured]:
    """Return ``max`` at every class, strong ones first."""
    single = [entry for entry in measured if entry.operator != ANY_OPERATOR]
    best: list[_Measured] = []
    for level in sorted({entry.min_dbm for entry in single}, key=signal_strength, reverse=True):
        counted = [entry for entry in single if signal_strength(entry.min_dbm) >= signal_strength(level)]
        best.append(
            _Measured(
                MAX_OPERATOR,
                level,
                np.max([entry.covered_m2 for entry in counted], axis=0),
                np.max([entry.people for entry in counted], axis=0),
                np.any([entry.centres for entry in counted], axis=0),
                {kind: np.max([entry.places[kind] for entry in counted], axis=0) for kind in counted[0].places},
            )
        )
    return best


def _measure(
    union: CoverageUnion,
    polygons: NDArray[np.object_],
    areas: NDArray[np.float64],
    centres: NDArray[np.object_],
    inhabitants: Inhabitants,
    places: Sequence[LocatedPlaces],
    workers: Workers,
) -> _Measured:
    """Measure one union in each polygon."""
    parts = shapely.get_parts(union.shape)
    shapely.prepare(parts)
    part_of, polygon_of = shapely.STRtree(polygons).query(parts, predicate="intersects")
    whole = shapely.covers(parts[part_of], polygons[polygon_of])
    partly = np.unique(polygon_of[~whole])
    tiles = cut_tiles(parts[np.unique(part_of[~whole])])
    tile_of, commune_of = shapely.STRtree(tiles).query(polygons[partly], predicate="intersects")[::-1]
    rows = partly[commune_of]
    pieces = _intersections(tiles[tile_of], polygons[rows], workers)
    covered = np.bincount(rows, weights=shapely.area(pieces), minlength=len(polygons)).astype(float)
    covered[polygon_of[whole]] = areas[polygon_of[whole]]
    covered = np.minimum(covered, areas)
    people = inhabitants.covered(covered / areas, pieces, rows)
    return _Measured(
        union.operator,
        union.min_dbm,
        covered,
        people,
        points_inside(union.shape, centres),
        {
            located.kind: _per_row(located.rows[points_inside(union.shape, located.points)], len(polygons))
            for located in places
        },
    )


def _intersections(left: NDArray[np.object_], right: NDArray[np.object_], workers: Workers) -> NDArray[np.object_]:
    """Return the intersection of each pair."""
    if not len(left):
        return np.empty(0, dtype=object)
    places = np.array_split(np.arange(len(left)), math.ceil(len(left) / _PAIRS_AT_ONCE))
    found = workers.map(_intersect, [(left[place], right[place]) for place in places])
    return np.concatenate(found)


def _intersect(pair: tuple[NDArray[np.object_], NDArray[np.object_]]) -> NDArray[np.object_]:
    return np.asarray(shapely.intersection(*pair), dtype=object)


def _per_row(rows: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    return np.bincount(rows[rows >= 0], minlength=count)


def _known(value: float, decimals: int) -> float | None:
    return None if np.isnan(value) else round(float(value), decimals)


def _append(
    rows: list[list[Indicator]],
    technology: str,
    entry: _Measured,
    areas: NDArray[np.float64],
    total: NDArray[np.float64],
) -> None:
    people = np.minimum(entry.people, total)
    shares = np.divide(people, total, out=np.full(len(total), np.nan), where=total > 0)
    for number, row in enumerate(rows):
        row.append(
            Indicator(
                technology=technology,
                operator=entry.operator,
                min_dbm=entry.min_dbm,
                covered_km2=round(float(entry.covered_m2[number]) / M2_PER_KM2, AREA_DECIMALS),
                area_ratio=round(float(entry.covered_m2[number] / areas[number]), RATIO_DECIMALS),
                population_covered=_known(people[number], PEOPLE_DECIMALS),
                population_ratio=_known(shares[number], RATIO_DECIMALS),
                centre_covered=bool(entry.centres[number]),
                places_covered=tuple(PlaceCount(kind, int(count[number])) for kind, count in entry.places.items()),
            )
        )
