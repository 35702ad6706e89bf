"""Coverage keeps its area when its edges get coarse, and none of it vanishes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from phusong.coverage.synthetic import write_synthetic_layers
from phusong.maps.metric_shapes import polygons_of, to_metres
from phusong.maps.thinning import LARGEST_CHANGE, thin


def array(*shapes: shapely.Geometry) -> NDArray[np.object_]:
    return np.array([*shapes, None], dtype=object)[:-1]


def vertices(shapes: NDArray[np.object_]) -> int:
    return int(shapely.get_num_coordinates(shapes).sum())


def discs(number: int, radius_m: float, seed: int = 5) -> shapely.Geometry:
    """Give so many cells of a radio network, where they overlap merged."""
    rng = np.random.default_rng(seed)
    points = shapely.points(rng.uniform(430_000, 560_000, number), rng.uniform(2_300_000, 2_390_000, number))
    return shapely.union_all(shapely.buffer(points, radius_m, quad_segs=8))


def raster(seed: int, cell_m: float = 200.0, size: int = 200) -> shapely.Geometry:
    """Give the edges of cells with a signal, with islands and lakes of every size, as planning tools make them."""
    rng = np.random.default_rng(seed)
    waves = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None])
    waves[0, 0] = 1
    signal = np.fft.ifft2(np.fft.fft2(rng.normal(size=(size, size))) / waves**1.2).real
    rows, columns = np.nonzero(signal > 0)
    x, y = 430_000 + cell_m * columns, 2_300_000 + cell_m * rows
    return shapely.coverage_union_all(shapely.box(x, y, x + cell_m, y + cell_m))


@pytest.fixture(scope="module")
def operators(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.object_]:
    """Give the merged layers of the demonstration: three operators, 2G to 5G."""
    folder = tmp_path_factory.mktemp("layers")
    merged = []
    for layer in write_synthetic_layers(folder):
        polygons = polygons_of(to_metres(gpd.read_file(layer.path), "the layer"))
        merged.append(shapely.union_all(polygons))
    return array(*merged)


@pytest.mark.parametrize("max_vertices", [20_000, 8_000, 4_000])
def test_coverage_of_operators(operators: NDArray[np.object_], max_vertices: int) -> None:
    """Every budget is kept, every area to 2 %, and the edge is nowhere farther off than three tolerances."""
    assert vertices(operators) > 20_000
    thinned = thin(operators, max_vertices)
    assert vertices(thinned.shapes) <= max_vertices
    assert shapely.is_valid(thinned.shapes).all()
    changes = np.abs(shapely.area(thinned.shapes) / shapely.area(operators) - 1)
    assert changes.max() == pytest.approx(thinned.area_change)
    assert changes.max() <= LARGEST_CHANGE
    apart = shapely.symmetric_difference(thinned.shapes, operators)
    assert shapely.is_empty(shapely.buffer(apart, -1.5 * thinned.tolerance_m)).all()
    # Bends left out without moving the edge back: what this would do to the areas.
    naive = shapely.area(shapely.simplify(operators, thinned.tolerance_m)) / shapely.area(operators) - 1
    assert np.abs(naive).max() > 3 * changes.max()


def test_smaller_budgets_are_coarser(operators: NDArray[np.object_]) -> None:
    """What may have more vertices is drawn finer, and never coarser than it must."""
    found = [thin(operators, budget).tolerance_m for budget in (100_000, 20_000, 8_000, 4_000)]
    assert found == sorted(found)
    assert found[0] == 25
    assert found[-1] >= 200


def test_raster_edges() -> None:
    """Staircases of cells with thousands of islands and lakes fit, and keep their area."""
    rasters = array(*(raster(seed) for seed in range(3)))
    assert vertices(rasters) > 15_000
    thinned = thin(rasters, 5_000)
    assert vertices(thinned.shapes) <= 5_000
    assert shapely.is_valid(thinned.shapes).all()
    assert np.abs(shapely.area(thinned.shapes) / shapely.area(rasters) - 1).max() <= LARGEST_CHANGE


@pytest.mark.parametrize("max_vertices", [700, 1_000, 2_000])
@pytest.mark.parametrize(
    "small", [shapely.Point(500_000, 2_300_000).buffer(radius) for radius in (0.5, 5, 30, 300)]
)
def test_small_shapes_stay(small: shapely.Geometry, max_vertices: int) -> None:
    """A single cell beside a province of coverage does not vanish, nor does it grow."""
    thinned = thin(array(discs(400, 4_000), small), max_vertices)
    assert thinned.tolerance_m >= 100
    assert shapely.area(thinned.shapes[1]) == pytest.approx(shapely.area(small), rel=LARGEST_CHANGE)


def test_small_cells_stay_together() -> None:
    """Fifty cells of 100 m are fifty cells, though the tolerance of the others would leave none."""
    cells = discs(50, 100)
    thinned = thin(array(discs(400, 4_000), cells), 1_500)
    assert thinned.tolerance_m > 100
    assert shapely.get_num_geometries(thinned.shapes[1]) == shapely.get_num_geometries(cells)
    assert thinned.area_change <= LARGEST_CHANGE


def test_what_the_budget_forbids_is_told() -> None:
    """Where no tolerance keeps both, the budget goes first and the change is told; something always stays."""
    cells = array(discs(2_000, 100))
    thinned = thin(cells, 1_000)
    assert vertices(thinned.shapes) <= 1_000
    change = abs(shapely.area(thinned.shapes)[0] / shapely.area(cells)[0] - 1)
    assert thinned.area_change == pytest.approx(change)
    assert LARGEST_CHANGE < change <= 1
    everything = thin(array(*(discs(1, 3_000, seed) for seed in range(40))), 40)
    assert everything.tolerance_m == 1600
    assert not shapely.is_empty(everything.shapes).any()


def test_holes() -> None:
    """A hole that is seen stays, one that is smaller than a bend does not."""
    outer = shapely.box(500_000, 2_300_000, 520_000, 2_320_000)
    lake, pond = (shapely.Point(510_000, 2_310_000 + 5_000 * i).buffer(r) for i, r in enumerate((2_000, 10)))
    (found,) = shapely.get_parts(thin(array(outer - lake - pond), 1_000).shapes)
    assert len(found.interiors) == 1
    assert shapely.Polygon(found.interiors[0]).area == pytest.approx(lake.area, rel=0.02)


def test_nothing() -> None:
    """No shapes and empty shapes are no reason to fail."""
    nothing = thin(array(), 100)
    assert (len(nothing.shapes), nothing.area_change) == (0, 0.0)
    (empty,) = thin(array(shapely.Polygon()), 100).shapes
    assert empty.is_empty
