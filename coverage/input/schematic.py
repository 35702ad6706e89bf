"""Schematic commune boundaries: drawn from centres, areas and a public-domain coastline, no survey.

Surveyed polygons are licensed, so the project ships none. The drawing has each commune in its place, with its
neighbours and its area; everything that shows it says that it is schematic. Recipe:

1. province: the land of Natural Earth 1:10m joined with a disc around each centre, since small islands are
   missing there and some centres lie off the generalised coast, within reach of any centre;
2. cells: of 2020-01 the power diagram of the centres (``power_diagram``); of a later edition the drawn communes
   that its own were formed from;
3. neighbours trade slivers until the areas fit (``area_trading``).

Communes never overlap, and each keeps the ground around its centre.
"""

from __future__ import annotations

import csv
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from phusong.coverage.editions import load_edition
from phusong.coverage.input.area_trading import trade_areas
from phusong.coverage.input.boundaries import Boundaries
from phusong.coverage.input.neighbours import GAP_WIDTH_M
from phusong.coverage.input.power_diagram import draw_power_diagram
from phusong.coverage.projection import EQUAL_AREA, METRIC, WGS84, reproject
from phusong.coverage.repairs import M2_PER_KM2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from phusong.coverage.editions import Edition

SCHEMATIC_FILE = "schematic"
"""What stands where a boundary file would be named."""


_FIRST_EDITION = "2020-01"
"""Drawn from its centres; its 177 communes say more about the land than the 54 of 2025."""

# Radii, in radii of a disc with the commune's area.
_REACH_OF_PROVINCE = 1.35
_DISC_OFF_COAST = 1.1
_DISC_ON_LAND = 0.8
_SPARE_DISC = 0.4
"""How much farther the ground reaches for communes that find too little of it."""
_REACH_OF_GROUND = 4.0
_CORE = 0.25
_CORE_OF_WAY = 0.4
"""A core is at most 0.4 of the way to the next centre wide, so that cores never meet."""

_FILLED_BAY_M = 4000.0


class _Communes(NamedTuple):
    """What an edition says of its communes, in metres of the drawing."""

    codes: tuple[str, ...]
    points: NDArray[np.object_]
    areas: NDArray[np.float64]
    radii: NDArray[np.float64]
    """Of a disc with the commune's area."""
    text: bytes


def draw_schematic(edition: Edition) -> Boundaries:
    """Return schematic boundaries: valid, without overlaps, each with its centre inside; the same every time."""
    land = _land()
    communes = _communes(load_edition(_FIRST_EDITION))
    polygons = _draw_first(communes, land)
    used = _outline() + communes.text
    if edition.name != _FIRST_EDITION:
        crosswalk = _data(f"crosswalk_{_FIRST_EDITION}_{edition.name}.csv")
        older, communes = communes, _communes(edition)
        polygons = _draw_later(communes, older, polygons, crosswalk, land)
        used += communes.text + crosswalk
    # Rounding in another projection parts what was one edge.
    polygons = shapely.coverage_clean(reproject(polygons, METRIC, EQUAL_AREA), gap_width=GAP_WIDTH_M)
    return Boundaries(
        edition=edition,
        file=SCHEMATIC_FILE,
        sha256=hashlib.sha256(used).hexdigest(),
        schematic=True,
        polygons=np.asarray(polygons, dtype=object),
        repairs=(),
    )


def lies_inland(polygons: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell of each polygon (EPSG:6933) whether it is on the generalised land and has none of its coast.

    The outlines towards China and the neighbouring provinces are no coast.
    """
    land = reproject(np.array([_land()], dtype=object), METRIC, EQUAL_AREA)[0]
    coast = reproject(np.array([_coast(_land())], dtype=object), METRIC, EQUAL_AREA)[0]
    return np.asarray(shapely.intersects(polygons, land) & ~shapely.intersects(polygons, coast))


def _data(name: str) -> bytes:
    return (files("phusong.coverage") / "data" / name).read_bytes()


def _outline() -> bytes:
    return _data("land_natural_earth_10m.geojson")


def _land() -> shapely.Geometry:
    parts = shapely.get_parts(shapely.from_geojson(_outline()))
    return shapely.union_all(reproject(parts, WGS84, METRIC))


def _coast(land: shapely.Geometry) -> shapely.Geometry:
    """Return the outline towards the sea.

    The mainland is cut off in the west and the south; its easternmost point is where the border meets the sea, so
    the coast goes from there, with the land on its right, to the southern cut.
    """
    *islands, mainland = sorted(shapely.get_parts(land), key=lambda part: float(part.area))
    ring = shapely.get_coordinates(shapely.get_exterior_ring(mainland))[:-1]
    if shapely.is_ccw(shapely.get_exterior_ring(mainland)):
        ring = ring[::-1]
    ring = np.roll(ring, -int(ring[:, 0].argmax()), axis=0)
    south = int(ring[:, 1].argmin())
    return shapely.union_all([shapely.linestrings(ring[: south + 1]), *(shapely.boundary(i) for i in islands)])


def _communes(edition: Edition) -> _Communes:
    communes = edition.communes.values()
    points = np.asarray(shapely.points([c.lon for c in communes], [c.lat for c in communes]), dtype=object)
    areas = np.array([c.area_km2 for c in communes]) * M2_PER_KM2
    return _Communes(
        codes=tuple(edition.communes),
        points=reproject(points, WGS84, METRIC),
        areas=areas,
        radii=np.sqrt(areas / np.pi),
        text=repr([(c.code, c.lon, c.lat, c.area_km2) for c in communes]).encode(),
    )


def _draw_first(communes: _Communes, land: shapely.Geometry) -> NDArray[np.object_]:
    """Draw an edition from its centres."""
    ground = _ground(communes, land, 0.0)
    reach = shapely.union_all(shapely.buffer(communes.points, _REACH_OF_PROVINCE * communes.radii, quad_segs=8))
    filled = shapely.buffer(shapely.buffer(reach, _FILLED_BAY_M), -_FILLED_BAY_M)
    whole = shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(filled)))
    province = shapely.intersection(ground, shapely.union_all(whole))
    shapely.prepare(province)
    cells = draw_power_diagram(shapely.get_coordinates(communes.points), communes.areas, province)
    return _with_areas(communes, cells, communes.areas, land)


def _draw_later(
    communes: _Communes,
    older: _Communes,
    older_cells: NDArray[np.object_],
    crosswalk: bytes,
    land: shapely.Geometry,
) -> NDArray[np.object_]:
    """Draw an edition from the communes of the older one.

    A commune that was divided goes whole to the one with most of it; the trade of slivers then sees to the areas.
    Official areas count mudflat and sea, so a commune on the coast gets the land of what it was formed from.
    """
    old, new = ({code: i for i, code in enumerate(c.codes)} for c in (older, communes))
    most = np.zeros(len(older.codes))
    owner = np.zeros(len(older.codes), dtype=np.intp)
    formed_land = np.zeros(len(communes.codes))
    for row in csv.DictReader(crosswalk.decode().splitlines()):
        share, here, there = float(row["area_share"]), old[row["code_2020_01"]], new[row["code_2025_07"]]
        formed_land[there] += share * older.areas[here]
        if share > most[here]:
            most[here], owner[here] = share, there
    cells = np.array(
        [shapely.union_all(older_cells[owner == i]) for i in range(len(communes.codes))], dtype=object
    )
    on_coast = shapely.intersects(cells, _coast(land)) | ~shapely.intersects(cells, land)
    return _with_areas(communes, cells, np.where(on_coast, formed_land, communes.areas), land)


def _with_areas(
    communes: _Communes, cells: NDArray[np.object_], areas: NDArray[np.float64], land: shapely.Geometry
) -> NDArray[np.object_]:
    """Let every cell have its centre and about its area."""
    centres = shapely.get_coordinates(communes.points)
    between = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))
    np.fill_diagonal(between, np.inf)
    widths = np.minimum(_CORE * communes.radii, _CORE_OF_WAY * between.min(axis=1))
    cores = shapely.buffer(communes.points, widths, quad_segs=3)
    near = shapely.buffer(communes.points, _REACH_OF_GROUND * communes.radii, quad_segs=4)
    ground = shapely.intersection(_ground(communes, land, _SPARE_DISC), near)
    return trade_areas(_with_cores(cells, cores), areas, cores, ground, land)


def _with_cores(cells: NDArray[np.object_], cores: NDArray[np.object_]) -> NDArray[np.object_]:
    """Give each cell its core, with a way to it when the core lies apart."""
    cells = cells.copy()
    for i in np.flatnonzero(~shapely.contains(cells, cores)).tolist():
        way = shapely.buffer(shapely.shortest_line(cells[i], cores[i]), np.sqrt(cores[i].area) / 2, quad_segs=2)
        others = np.arange(len(cells)) != i
        mine = shapely.difference(shapely.union(way, cores[i]), shapely.union_all(cores[others]))
        cells[others] = shapely.difference(cells[others], mine)
        cells[i] = shapely.union(cells[i], mine)
    return cells


def _ground(communes: _Communes, land: shapely.Geometry, spare: float) -> shapely.Geometry:
    """Return the land with a disc around each centre, ``spare`` radii wider than it is drawn at first."""
    on_land = shapely.contains(land, communes.points)
    widths = np.where(on_land, _DISC_ON_LAND, _DISC_OFF_COAST) + spare
    return shapely.union_all([land, *shapely.buffer(communes.points, widths * communes.radii, quad_segs=6)])
