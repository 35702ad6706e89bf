"""The share of each measure: what is known, what is not, and that the two are never mixed up."""

from __future__ import annotations

import dataclasses
import math
from types import ModuleType

import geopandas as gpd
import pytest

from phusong.coverage.summary import PLACE_KINDS, CommuneCoverage, Indicator, PlaceCount
from phusong.maps.measures import MEASURES, measured, measures_of

NOTHING = Indicator("4G", "any", None, 0.0, 0.0, None, None, None)
COMMUNE = CommuneCoverage("06652", "Xã Thử", "Huyện Thử", 33.8, None, ())


@pytest.mark.parametrize(
    ("measure", "known", "places", "share"),
    [
        ("area", {"area_ratio": 0.25}, (), 0.25),
        ("area", {"area_ratio": 1 - 1e-9}, (), 1.0),
        ("area", {"area_ratio": 0.999998}, (), 0.999998),
        ("area", {"area_ratio": math.nan}, (), None),
        ("population", {"population_ratio": 0.75}, (), 0.75),
        ("population", {"population_ratio": 0.0}, (), 0.0),
        ("population", {"area_ratio": 1.0}, (), None),
        ("centre", {"centre_covered": True}, (), 1.0),
        ("centre", {"centre_covered": False}, (), 0.0),
        ("centre", {"area_ratio": 1.0}, (), None),
        ("site", {"places_covered": (PlaceCount("site", 2),)}, (PlaceCount("site", 3),), 0.666667),
        ("school", {"places_covered": (PlaceCount("school", 0),)}, (PlaceCount("school", 3),), 0.0),
        ("school", {"places_covered": (PlaceCount("site", 2),)}, (PlaceCount("school", 3),), None),
        ("hospital", {"places_covered": (PlaceCount("hospital", 0),)}, (PlaceCount("hospital", 0),), None),
        ("hospital", {"places_covered": (PlaceCount("hospital", 0),)}, (), None),
    ],
)
def test_shares(
    measure: str, known: dict[str, object], places: tuple[PlaceCount, ...], share: float | None
) -> None:
    """A share where there are figures, zero only where it was measured, else nothing."""
    indicator = dataclasses.replace(NOTHING, **known)  # type: ignore[arg-type]
    found = measured(dataclasses.replace(COMMUNE, places=places), indicator, measure)
    assert found == share
    assert type(found) is type(share)


def test_unknown_measure() -> None:
    """The error lists what there is."""
    with pytest.raises(
        ValueError, match="'people': choose one of area, population, centre, site, school, hospital"
    ):
        measured(COMMUNE, NOTHING, "people")


def test_measures_that_have_figures(fleet: ModuleType, boxes: gpd.GeoDataFrame) -> None:
    """Only what some commune has a figure for; the area is always there, it says "no data"."""
    assert measures_of(None) == ("area",)
    summary = fleet.summary_of(boxes)
    assert measures_of(summary) == ("area", "centre")
    first, *others = summary.communes
    indicators = tuple(dataclasses.replace(each, population_ratio=0.5) for each in first.indicators)
    places = tuple(PlaceCount(kind, 1) for kind in reversed(PLACE_KINDS))
    whole = (dataclasses.replace(first, indicators=indicators, places=places), *others)
    assert measures_of(dataclasses.replace(summary, communes=whole)) == MEASURES
