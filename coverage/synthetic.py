"""Coverage layers of three operators that do not exist, for the demonstration; the same files for the same seed.

Towns are covered well and by all, the countryside in parts; the emptiest communes and the islands of Cô Tô have
no 4G. The geometry is as dirty as operators' files are (bow-ties, spikes, duplicates, overlaps, a sliver without
area), in two formats and two coordinate systems. Every feature carries ``synthetic = 1``, so that whatever is made
of it says so.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas
import shapely

from phusong.coverage.editions import load_edition
from phusong.coverage.input.layer_spec import LayerSpec
from phusong.coverage.output.same_bytes import dated_alike

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from phusong.coverage.editions import Commune

    Ring = list[tuple[float, float]]

SEED = 22
DARK_SHARE = 1 / 18
"""The emptiest of so many communes have no mast for 4G or 5G whose reach comes near their centre."""
DARK_ISLANDS = "Cô Tô"
"""A district (today a special zone) without one either: with its lines cut, its offices are isolated."""

_DATE = "2026-06-30"
_KM_PER_DEGREE = 111.32
_TOWN_DENSITY = 450.0
"""People per square kilometre above which a commune is served like a town."""


@dataclass(frozen=True, slots=True)
class _Technology:
    name: str
    radius_km: float
    min_dbm: float
    in_town: float
    """Probability of a mast in a commune served like a town."""
    in_country: float


@dataclass(frozen=True, slots=True)
class _Operator:
    name: str
    reach: float
    """Factor on radii and on the probability of a mast in the country."""
    suffix: str
    crs: str
    technologies: tuple[str, ...]


_TECHNOLOGIES = (
    _Technology("2G", 7.5, -100.0, 0.6, 0.7),
    _Technology("3G", 5.0, -100.0, 0.85, 0.75),
    _Technology("4G", 4.6, -105.0, 1.0, 0.95),
    _Technology("5G", 1.6, -105.0, 0.6, 0.0),
)
_OPERATORS = (
    _Operator("Synthetic A", 1.0, ".gpkg", "EPSG:5899", ("2G", "3G", "4G", "5G")),
    _Operator("Synthetic B", 0.85, ".geojson", "EPSG:4326", ("2G", "3G", "4G", "5G")),
    _Operator("Synthetic C", 0.65, ".gpkg", "EPSG:4326", ("2G", "3G", "4G")),
)


def write_synthetic_layers(out_dir: Path, edition: str = "2020-01", seed: int = SEED) -> tuple[LayerSpec, ...]:
    """Write the files of all layers into ``out_dir`` and return what ``--layer`` would say about them."""
    out_dir.mkdir(parents=True, exist_ok=True)
    communes = tuple(load_edition(edition).communes.values())
    islands = [c for c in communes if DARK_ISLANDS in f"{c.name} {c.district}"]
    dark = [
        *islands,
        *sorted(communes, key=lambda c: (c.population / c.area_km2, c.code))[: round(DARK_SHARE * len(communes))],
    ]
    specs = []
    for operator in _OPERATORS:
        for technology in _TECHNOLOGIES:
            if technology.name not in operator.technologies:
                continue
            name = f"{operator.name}_{technology.name}".lower().replace(" ", "_")
            path = out_dir / (name + operator.suffix)
            rings = _rings(communes, dark, operator, technology, random.Random(f"{seed} {name}"))
            _write(path, rings, operator, technology)
            specs.append(LayerSpec(path, operator.name, technology.name, technology.min_dbm, _DATE))
    return tuple(specs)


def _rings(
    communes: Sequence[Commune],
    dark: Sequence[Commune],
    operator: _Operator,
    technology: _Technology,
    dice: random.Random,
) -> list[Ring]:
    rings: list[Ring] = []
    kept_dark = dark if technology.name in ("4G", "5G") else ()
    for commune in communes:
        extent_km = math.sqrt(commune.area_km2 / math.pi)
        in_town = commune.population / commune.area_km2 > _TOWN_DENSITY or commune.kind in ("Phường", "Thị trấn")
        chance = technology.in_town if in_town else technology.in_country * operator.reach
        for mast in range(1 if in_town else 1 + int(extent_km / 4)):
            away_km = (0.1 if mast == 0 else 0.9) * extent_km * math.sqrt(dice.random())
            bearing = dice.uniform(0, 2 * math.pi)
            radius_km = technology.radius_km * operator.reach * dice.uniform(0.8, 1.15)
            lat = commune.lat + away_km * math.cos(bearing) / _KM_PER_DEGREE
            lon = commune.lon + away_km * math.sin(bearing) / (
                _KM_PER_DEGREE * math.cos(math.radians(commune.lat))
            )
            ring = _blob(lon, lat, radius_km, dice)
            if dice.random() < chance and not any(_reaches(lon, lat, radius_km, shadow) for shadow in kept_dark):
                rings.append(ring)
    return _dirty(rings, dice)


def _blob(lon: float, lat: float, radius_km: float, dice: random.Random) -> Ring:
    """Return an uneven disc, as terrain makes it, with five decimals."""
    waves = [(k, dice.uniform(0, 0.12), dice.uniform(0, 2 * math.pi)) for k in (2, 3, 5, 7)]
    ring = []
    for step in range(40):
        angle = 2 * math.pi * step / 40
        reach = (
            radius_km * (1 + sum(size * math.sin(k * angle + phase) for k, size, phase in waves)) / _KM_PER_DEGREE
        )
        x = lon + reach * math.cos(angle) / math.cos(math.radians(lat))
        ring.append((round(x, 5), round(lat + reach * math.sin(angle), 5)))
    return ring


def _reaches(lon: float, lat: float, radius_km: float, commune: Commune) -> bool:
    dx = (lon - commune.lon) * math.cos(math.radians(lat))
    distance_km = math.hypot(dx, lat - commune.lat) * _KM_PER_DEGREE
    return distance_km < 1.1 * radius_km + 0.7 * math.sqrt(commune.area_km2 / math.pi)


def _dirty(rings: Sequence[Ring], dice: random.Random) -> list[Ring]:
    """Return the rings with the faults that operators' files have."""
    dirty: list[Ring] = []
    for number, ring in enumerate(rings):
        if number % 13 == 5:
            a, b = sorted(dice.sample(range(len(ring)), 2))
            dirty.append([*ring[:a], ring[b], *ring[a + 1 : b], ring[a], *ring[b + 1 :]])
        elif number % 17 == 9:
            (ax, ay), (bx, by) = ring[0], ring[1]
            spike = (round(2 * bx - ax, 5), round(2 * by - ay, 5))
            dirty.append([ring[0], ring[1], spike, *ring[1:]])
        else:
            dirty.append(ring)
        if number % 29 == 3:
            dirty.append(dirty[-1])
    if dirty:
        dirty.append([dirty[0][0], dirty[0][20], dirty[0][0], dirty[0][20]])
    return dirty


def _write(path: Path, rings: Iterable[Ring], operator: _Operator, technology: _Technology) -> None:
    polygons = [shapely.Polygon(ring) for ring in rings]
    frame = geopandas.GeoDataFrame(
        {
            "operator": [operator.name] * len(polygons),
            "technology": [technology.name] * len(polygons),
            "synthetic": [1] * len(polygons),
        },
        geometry=polygons,
        crs="EPSG:4326",
    ).to_crs(operator.crs)
    path.unlink(missing_ok=True)
    # A fixed date of change, so that the file and its hash are the same every time.
    with dated_alike():
        driver = "GPKG" if path.suffix == ".gpkg" else "GeoJSON"
        frame.to_file(path, driver=driver, layer=path.stem, engine="pyogrio")
