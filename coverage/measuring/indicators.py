"""Coverage indicators of each commune: the share of its land that is covered, and whether its centre is.

Measured on merged coverage (``unions``) in EPSG:6933; the divisor is the land area of the commune's own polygon
(ITU i271Land).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.measuring.unions import signal_strength
from phusong.coverage.projection import project_points
from phusong.coverage.repairs import M2_PER_KM2
from phusong.coverage.summary import ANY_OPERATOR, MAX_OPERATOR, CommuneCoverage, Indicator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from phusong.coverage.input.boundaries import Boundaries
    from phusong.coverage.measuring.unions import CoverageUnion

AREA_DECIMALS = 4
RATIO_DECIMALS = 6


def measure_communes(boundaries: Boundaries, unions: Sequence[CoverageUnion]) -> tuple[CommuneCoverage, ...]:
    """Return the indicators of each commune.

    ``max`` is, figure by figure, the best that any single operator reaches in the commune at that class or a
    stronger one (SDG 9.c.1). Population covered is ``None``: without a population grid nobody knows it.
    """
    communes = tuple(boundaries.edition.communes.values())
    areas = shapely.area(boundaries.polygons)
    centres = project_points(np.array([c.lon for c in communes]), np.array([c.lat for c in communes]))
    measured = [(union, *_measure(union.shape, boundaries.polygons, areas, centres)) for union in unions]
    rows: list[list[Indicator]] = [[] for _ in communes]
    for technology in sorted({union.technology for union in unions}):
        of_technology = [entry for entry in measured if entry[0].technology == technology]
        single = [entry for entry in of_technology if entry[0].operator != ANY_OPERATOR]
        for union, covered, inside in of_technology:
            _append(rows, technology, union.operator, union.min_dbm, covered, inside, areas)
        for level in sorted({entry[0].min_dbm for entry in single}, key=signal_strength, reverse=True):
            counted = [entry for entry in single if signal_strength(entry[0].min_dbm) >= signal_strength(level)]
            covered = np.max([entry[1] for entry in counted], axis=0)
            inside = np.any([entry[2] for entry in counted], axis=0)
            _append(rows, technology, MAX_OPERATOR, level, covered, inside, areas)
    return tuple(
        CommuneCoverage(
            code=commune.code,
            name=commune.name,
            district=commune.district,
            area_km2=round(float(area) / M2_PER_KM2, AREA_DECIMALS),
            population=commune.population,
            indicators=tuple(indicators),
        )
        for commune, area, indicators in zip(communes, areas, rows, strict=True)
    )


def _measure(
    shape: shapely.Geometry,
    polygons: NDArray[np.object_],
    areas: NDArray[np.float64],
    centres: NDArray[np.object_],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the covered area of each polygon in square metres and whether its centre is covered."""
    parts = shapely.get_parts(shape)
    shapely.prepare(parts)
    part_of, polygon_of = shapely.STRtree(polygons).query(parts, predicate="intersects")
    whole = shapely.covers(parts[part_of], polygons[polygon_of])
    covered = np.where(whole, areas[polygon_of], 0.0)
    cut = ~whole
    covered[cut] = shapely.area(shapely.intersection(parts[part_of[cut]], polygons[polygon_of[cut]]))
    total = np.bincount(polygon_of, weights=covered, minlength=len(polygons))
    _, centre_of = shapely.STRtree(centres).query(parts, predicate="intersects")
    inside = np.zeros(len(polygons), dtype=bool)
    inside[centre_of] = True
    return np.minimum(total, areas), inside


def _append(
    rows: list[list[Indicator]],
    technology: str,
    operator: str,
    min_dbm: float | None,
    covered: NDArray[np.float64],
    inside: NDArray[np.bool_],
    areas: NDArray[np.float64],
) -> None:
    for row, covered_m2, centre, area in zip(rows, covered.tolist(), inside.tolist(), areas.tolist(), strict=True):
        row.append(
            Indicator(
                technology=technology,
                operator=operator,
                min_dbm=min_dbm,
                covered_km2=round(covered_m2 / M2_PER_KM2, AREA_DECIMALS),
                area_ratio=round(covered_m2 / area, RATIO_DECIMALS),
                population_covered=None,
                population_ratio=None,
                centre_covered=centre,
            )
        )
