"""The same land and people counted on a raster, which knows nothing of merging and clipping.

A cell counts by its centre. It can count wrongly only where the edge of what is counted runs through it, and then
by at most its whole area, so an area is off by no more than h2 for each cell that its edge touches. A curve of the
length L touches at most sqrt(2) L / h + 4 cells of side h (it moves |dx| + |dy| <= sqrt(2) L, each side crossed
adds a cell; touching corners and its beginning add the rest). For people the same with what lives in these cells.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.features
import shapely
from affine import Affine
from numpy.typing import NDArray

from phusong.coverage.editions import load_edition
from phusong.coverage.input.boundaries import Boundaries, read_boundaries
from phusong.coverage.input.layers import Layer, read_layers
from phusong.coverage.input.population import People, read_population
from phusong.coverage.input.schematic import draw_schematic
from phusong.coverage.measuring.indicators import About, measure_communes
from phusong.coverage.measuring.inhabitants import inhabitants_of
from phusong.coverage.measuring.unions import unite_layers
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject
from phusong.coverage.summary import CommuneCoverage, Indicator
from phusong.coverage.synthetic import write_synthetic_layers

CELL_M = 50.0
WORLDPOP_DEGREES = 0.000_833_333_333_3
NODATA = -99_999.0


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> list[Layer]:
    """Read the 4G layers of three made-up operators: dirty, overlapping, in two formats and systems."""
    folder = tmp_path_factory.mktemp("layers")
    specs = [spec for spec in write_synthetic_layers(folder) if spec.technology == "4G"]
    return [layer for spec in specs for layer in read_layers(spec)]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Make a grid as WorldPop does: villages along a few hundred places, nobody at sea or in between."""
    random = np.random.default_rng(3)
    west, north = 106.35, 21.75
    columns, rows = 2_150, 1_300
    values = np.full((rows, columns), NODATA, dtype="float32")
    for commune in load_edition("2020-01").communes.values():
        spread = random.normal(0, 0.02, (400, 2)) + np.array([commune.lon, commune.lat])
        column = np.floor((spread[:, 0] - west) / WORLDPOP_DEGREES).astype(int)
        row = np.floor((north - spread[:, 1]) / WORLDPOP_DEGREES).astype(int)
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        values[row[inside], column[inside]] = random.gamma(1.5, commune.population / 600, inside.sum())
    path = tmp_path_factory.mktemp("people") / "vnm_ppp_2020.tif"
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=rows, width=columns, dtype="float32", crs=WGS84, nodata=NODATA,
        transform=Affine(WORLDPOP_DEGREES, 0, west, 0, -WORLDPOP_DEGREES, north), compress="lzw",
    ) as raster:  # fmt: skip
        raster.write(values, 1)
    return read_population(path)


def _schematic(_: Path) -> Boundaries:
    return draw_schematic(load_edition("2020-01"))


def _real_177(folder: Path) -> Boundaries:
    return read_boundaries(folder / "quangninh_communes_gadm41_177.geojson", load_edition("2020-01"))


def _real_54(folder: Path) -> Boundaries:
    return read_boundaries(folder / "quangninh_units54_2025_simplified.geojson", load_edition("2025-07"))


BOUNDARIES = pytest.mark.parametrize("read", [_schematic, _real_177, _real_54])


def _of(commune: CommuneCoverage, operator: str) -> Indicator:
    return next(i for i in commune.indicators if i.operator == operator)


def _burnt(shapes: NDArray[np.object_], transform: Affine, size: tuple[int, int]) -> NDArray[np.int32]:
    """Return the number of the shape, from 1, that contains each cell's centre; 0 for none."""
    numbered = [(shape, number) for number, shape in enumerate(shapes, start=1)]
    return rasterio.features.rasterize(numbered, out_shape=size, transform=transform, dtype="int32")


@BOUNDARIES
def test_land(read: Callable[[Path], Boundaries], reference_data: Path, layers: list[Layer]) -> None:
    """On cells of 50 m every commune has the land and the cover, of each operator and of any, within the bound."""
    boundaries = read(reference_data)
    communes = measure_communes(boundaries, unite_layers(layers))
    west, south, east, north = shapely.total_bounds(boundaries.polygons)
    transform = Affine(CELL_M, 0, west, 0, -CELL_M, north)
    size = math.ceil((north - south) / CELL_M), math.ceil((east - west) / CELL_M)
    owner = _burnt(boundaries.polygons, transform, size)
    masks = {
        layer.source.operator: _burnt(layer.polygons, transform, size) > 0  # each polygon by itself, unmerged
        for layer in layers
    }
    masks["any"] = np.logical_or.reduce(list(masks.values()))
    shapes = {
        name: shapely.union_all(np.concatenate([x.polygons for x in layers if name in ("any", x.source.operator)]))
        for name in masks
    }
    cell_km2 = CELL_M**2 / 1e6
    for name, mask in masks.items():
        counted = np.bincount(owner[mask], minlength=len(communes) + 1)[1:] * cell_km2
        pieces = shapely.intersection(boundaries.polygons, shapes[name])
        bounds = _edge_cells(pieces) * cell_km2
        found = np.array([_of(commune, name).covered_km2 for commune in communes])
        assert (np.abs(found - counted) <= bounds + 1e-4).all()
        # Centres err to both sides: together the communes are far nearer than their bounds.
        assert abs(found.sum() - counted.sum()) < 0.002 * bounds.sum()
        assert found.sum() > 500
    land = np.bincount(owner.ravel(), minlength=len(communes) + 1)[1:] * cell_km2
    area = np.array([commune.area_km2 for commune in communes])
    assert (np.abs(area - land) <= _edge_cells(boundaries.polygons) * cell_km2 + 1e-4).all()
    assert abs(area.sum() - land.sum()) < 1


def _edge_cells(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return how many cells the edge of each shape touches at most."""
    rings = np.array([len(shapely.get_rings(shape)) for shape in shapes])
    return math.sqrt(2) * shapely.length(shapely.boundary(shapes)) / CELL_M + 4 * rings


@BOUNDARIES
def test_people(
    read: Callable[[Path], Boundaries], reference_data: Path, layers: list[Layer], people: People
) -> None:
    """Counted by whole cells, by their centres, people differ at most by those of the cells on the edge."""
    boundaries = read(reference_data)
    assert people.grid is not None
    grid = people.grid
    about = About(inhabitants_of(people, [], boundaries.polygons))
    communes = measure_communes(boundaries, unite_layers(layers), about)
    size = grid.values.shape
    side = (grid.east - grid.west) / size[1], (grid.north - grid.south) / size[0]
    transform = Affine(side[0], 0, grid.west, 0, -side[1], grid.north)
    polygons = reproject(boundaries.polygons, EQUAL_AREA, WGS84)
    union = shapely.union_all(np.concatenate([layer.polygons for layer in layers]))
    pieces = reproject(shapely.intersection(boundaries.polygons, union), EQUAL_AREA, WGS84)
    off = doubt = 0.0
    for commune, polygon, piece in zip(communes, polygons, pieces, strict=True):
        for found, shape in ((commune.population, polygon), (_of(commune, "any").population_covered, piece)):
            counted, bound = _count(shape, grid.values, transform)
            assert found == pytest.approx(counted, abs=bound + 0.06)
            off += (found or 0) - counted
            doubt += bound
    everybody = sum(commune.population or 0 for commune in communes)
    covered = sum(_of(commune, "any").population_covered or 0 for commune in communes)
    assert 0.3 * everybody < covered < everybody < people.weights.sum()
    assert abs(off) < 0.02 * doubt


def _count(shape: shapely.Geometry, values: NDArray[np.float64], transform: Affine) -> tuple[float, float]:
    """Return the people of the cells whose centre lies in the shape, and of those that its edge touches."""
    polygons = [part for part in shapely.get_parts(shape) if part.area > 0]
    if not polygons:
        return 0.0, 0.0
    west, south, east, north = shapely.total_bounds(polygons)
    top = max(0, math.floor((north - transform.f) / transform.e))
    left = max(0, math.floor((west - transform.c) / transform.a))
    bottom = math.ceil((south - transform.f) / transform.e)
    right = math.ceil((east - transform.c) / transform.a)
    window = values[top : max(0, bottom), left : max(0, right)]
    if not window.size:
        return 0.0, 0.0
    moved = Affine(
        transform.a, 0, transform.c + left * transform.a, 0, transform.e, transform.f + top * transform.e
    )
    inside = rasterio.features.rasterize(polygons, out_shape=window.shape, transform=moved)
    edges = rasterio.features.rasterize(
        [shapely.boundary(part) for part in polygons], out_shape=window.shape, transform=moved, all_touched=True
    )
    return float(window[inside > 0].sum()), float(window[edges > 0].sum())
