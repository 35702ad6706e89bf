"""Coverage per commune by ours and by geopandas, from the same dirty polygons, for every benchmark of it.

The peer is what its documentation leads to: ``gpd.overlay(make_valid=True)``, then ``dissolve`` by commune, so
that overlapping polygons are not counted twice. Both start from the same polygons in EPSG:6933 and end with the
covered area per commune. Its repair leaves a hole where a ring overlaps itself, ours does not: that is how far the
answers are apart, and on repaired polygons they differ by the rounding to four decimals.
"""

from __future__ import annotations

import math
import time
import warnings
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import shapely

from phusong.coverage.input.layers import Layer
from phusong.coverage.measuring.indicators import measure_communes
from phusong.coverage.measuring.unions import unite_layers
from phusong.coverage.projection import EQUAL_AREA
from phusong.coverage.repairs import repair_polygons
from phusong.coverage.summary import CommuneCoverage, LayerSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from phusong.coverage.input.boundaries import Boundaries

Areas = dict[str, float]
"""Square kilometres by commune code."""


def dirty_polygons(count: int, vertices: int, land: NDArray[np.object_], seed: int) -> NDArray[np.object_]:
    """Return overlapping blobs around masts on land: one in 8 crosses itself, one in 33 is double."""
    random = np.random.default_rng(seed)
    bounds = shapely.total_bounds(land)
    places = random.uniform(bounds[:2], bounds[2:], (20 * count, 2))
    on_land = np.unique(shapely.STRtree(shapely.points(places)).query(land, predicate="contains")[1])
    angles = np.linspace(0, 2 * math.pi, vertices, endpoint=False)
    blobs: list[shapely.Polygon] = []
    for number, (x, y) in enumerate(places[on_land[:count]]):
        if number % 33 == 32:
            blobs.append(blobs[-1])
            continue
        waves = sum(
            random.uniform(0, 0.25) * np.sin(k * angles + random.uniform(0, 2 * math.pi)) for k in (2, 3, 5, 9)
        )
        radius = random.uniform(400, 2_200) * (1 + waves)
        ring = np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)])
        if number % 8 == 0:
            a, b = sorted(random.integers(0, vertices, 2))
            ring[[a, b]] = ring[[b, a]]
        blobs.append(shapely.Polygon(ring))
    return np.array(blobs, dtype=object)


def measure_ours(boundaries: Boundaries, blobs: NDArray[np.object_]) -> tuple[float, float, Areas]:
    """Return the seconds for repair and union, those for measuring, and the areas."""
    started = time.perf_counter()
    repaired = repair_polygons("bench", blobs)
    source = LayerSource("bench", "", "A", "4G", None, "")
    unions = unite_layers([Layer(source, repaired.polygons, synthetic=True, repairs=repaired.repairs)])
    united = time.perf_counter()
    communes = measure_communes(boundaries, unions)
    done = time.perf_counter()
    return united - started, done - united, areas_of(communes)


def areas_of(communes: Sequence[CommuneCoverage]) -> Areas:
    """Return what any operator covers."""
    return {c.code: next(i.covered_km2 for i in c.indicators if i.operator == "any") for c in communes}


def measure_peer(boundaries: Boundaries, blobs: NDArray[np.object_]) -> tuple[float, Areas]:
    """Return the seconds of overlay and dissolve, and the areas; communes without coverage are not in them."""
    communes = geopandas.GeoDataFrame(
        {"commune": list(boundaries.edition.communes)}, geometry=boundaries.polygons, crs=EQUAL_AREA
    )
    coverage = geopandas.GeoDataFrame(geometry=blobs, crs=EQUAL_AREA)
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        overlay = geopandas.overlay(communes, coverage, how="intersection", keep_geom_type=True, make_valid=True)
        areas = overlay.dissolve(by="commune").area / 1e6
    return time.perf_counter() - started, areas.to_dict()


def largest_difference_km2(ours: Areas, peer: Areas) -> float:
    """Return how far the two answers are apart in the worst commune."""
    return max(abs(km2 - peer.get(code, 0.0)) for code, km2 in ours.items())
