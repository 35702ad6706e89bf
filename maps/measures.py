"""What communes are coloured by: one share, 0 to 1, of one indicator. For the page and for pictures alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from phusong.coverage.summary import PLACE_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phusong.coverage.summary import CommuneCoverage, CoverageSummary, Indicator, PlaceCount

MEASURES = ("area", "population", "centre", *PLACE_KINDS)
"""Share of the area, of the people, whether the centre is covered, and the share of the places of each kind."""

_DECIMALS = 6
"""An overlay that fills a commune gives 1 - 1e-9; six decimals are one square metre in a km2."""


def measured(commune: CommuneCoverage, indicator: Indicator, measure: str) -> float | None:
    """Return one of ``MEASURES`` of a commune, 0 to 1; ``None`` where it is not known, never 0 for that.

    A centre is 0 or 1. Of places it is the covered ones among those with a position; no such place, no share.

    Raises
    ------
    ValueError
        There is no such measure.
    """
    if measure == "area":
        return _known(indicator.area_ratio)
    if measure == "population":
        return _known(indicator.population_ratio)
    if measure == "centre":
        return _known(indicator.centre_covered)
    if measure not in PLACE_KINDS:
        raise ValueError(f"measure {measure!r}: choose one of {', '.join(MEASURES)}")
    covered, number = _count(indicator.places_covered, measure), _count(commune.places, measure)
    return None if covered is None or not number else _known(covered / number)


def measures_of(summary: CoverageSummary | None) -> tuple[str, ...]:
    """Return the measures that some commune has figures for, in the order of ``MEASURES``; the area always."""
    communes = summary.communes if summary else ()
    indicators = [indicator for commune in communes for indicator in commune.indicators]
    kinds = {place.kind for commune in communes for place in commune.places}
    found = {
        "area": True,
        "population": any(indicator.population_ratio is not None for indicator in indicators),
        "centre": any(indicator.centre_covered is not None for indicator in indicators),
    }
    return tuple(measure for measure in MEASURES if found.get(measure, measure in kinds))


def _known(share: float | None) -> float | None:
    return None if share is None or not math.isfinite(share) else round(float(share), _DECIMALS)


def _count(places: Iterable[PlaceCount], kind: str) -> int | None:
    return next((place.number for place in places if place.kind == kind), None)
