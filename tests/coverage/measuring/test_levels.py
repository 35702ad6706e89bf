"""Districts, classes and the province; answers known by hand, and the best single operator of a whole unit."""

from __future__ import annotations

import numpy as np
import shapely
from made_up_communes import CLASSES, four_communes, layer, square

from phusong.coverage.measuring.indicators import About, LocatedPlaces, measure_communes
from phusong.coverage.measuring.levels import add_up
from phusong.coverage.measuring.unions import unite_layers
from phusong.coverage.summary import Broadband, PlaceCount, UnitCoverage, UnitIndicator


def _units(*layers, **more) -> dict[tuple[str, str], UnitCoverage]:
    about = About(classes=CLASSES, **more)
    communes = measure_communes(four_communes(), unite_layers(layers), about)
    return {(unit.level, unit.name): unit for unit in add_up(communes, broadband_known="broadband" in more)}


def _of(unit: UnitCoverage, operator: str, min_dbm: float | None = -105.0) -> UnitIndicator:
    return next(i for i in unit.indicators if (i.operator, i.min_dbm) == (operator, min_dbm))


def test_sums() -> None:
    """Two communes, wholly and half covered: areas, people and centres of the district are their sums."""
    units = _units(layer(square(0, 0, 15, 10)))
    assert list(units) == [
        ("district", "A"), ("district", "B"), ("class", "border"), ("class", "island"), ("province", ""),
    ]  # fmt: skip
    district = units["district", "A"]
    assert (district.communes, district.area_km2, district.population) == (2, 200.0, 3000.0)
    own = _of(district, "A")
    assert (own.covered_km2, own.area_ratio, own.population_covered) == (150.0, 0.75, 2000.0)
    assert (own.population_ratio, own.centres_covered) == (round(2000 / 3000, 6), 2)
    assert _of(units["district", "B"], "A").area_ratio == 0
    island = units["class", "island"]
    assert (island.communes, island.population, _of(island, "A").covered_km2) == (2, 5000.0, 100.0)
    assert _of(units["province", ""], "A").area_ratio == 150 / 400


def test_best_operator_of_the_whole() -> None:
    """A covers commune 1, B commune 4: each commune's best adds up to two, the province's best is one of them."""
    units = _units(layer(square(0, 0, 10)), layer(square(10, 10, 10), operator="B"))
    province = units["province", ""]
    assert (_of(province, "any").covered_km2, _of(province, "max").covered_km2) == (200.0, 100.0)
    assert (_of(province, "max").population_covered, _of(province, "max").centres_covered) == (4000.0, 1)


def test_best_operator_at_a_weaker_class() -> None:
    """What an operator has at a strong class it has at a weak one too, also for larger units."""
    units = _units(
        layer(square(0, 0, 20), operator="A", min_dbm=-95.0), layer(square(0, 0, 5), operator="B", min_dbm=-115.0)
    )
    assert _of(units["province", ""], "max", -115.0).area_ratio == 1.0
    assert _of(units["province", ""], "max", -95.0).area_ratio == 1.0
    claimed = _units(layer(square(0, 0, 20), min_dbm=None), layer(square(0, 0, 10), operator="B"))
    assert _of(claimed["province", ""], "max").area_ratio == 0.25
    assert _of(claimed["province", ""], "max", None).area_ratio == 1.0


def test_places_and_broadband() -> None:
    """Places count by kind; communes without a row of broadband are communes without broadband."""
    centres = shapely.centroid(np.array([square(0, 0, 10), square(10, 10, 10)], dtype=object))
    places = (
        LocatedPlaces("school", centres, np.array([0, 3])),
        LocatedPlaces("hospital", centres[:1], np.array([-1])),
    )
    broadband = {"00001": Broadband(5, 10), "00002": Broadband(0, 10), "00004": Broadband(7, None)}
    units = _units(layer(square(0, 0, 10)), places=places, broadband=broadband)
    province = units["province", ""]
    assert province.places == (PlaceCount("school", 2), PlaceCount("hospital", 0))
    assert _of(province, "A").places_covered == (PlaceCount("school", 1), PlaceCount("hospital", 0))
    assert (province.broadband, province.broadband_communes) == (Broadband(12, None), 2)
    assert units["district", "A"].broadband == Broadband(5, 20)
    assert _units(layer(square(0, 0, 1)))["province", ""].broadband_communes is None
