"""Boundaries become light for drawing and stay whole."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from phusong.maps.display_geometry import METRIC_CRS, BoundaryError, DisplayGeometry, simplify_for_display


def _shapes(drawn: DisplayGeometry) -> gpd.GeoSeries:
    polygons = [shapely.MultiPolygon([(rings[0], rings[1:]) for rings in polygons]) for polygons in drawn.communes]
    return gpd.GeoSeries(polygons, crs="EPSG:4326").to_crs(METRIC_CRS)


def _overlap_km2(shapes: gpd.GeoSeries) -> float:
    return float((shapes.area.sum() - shapes.union_all().area) / 1e6)


def test_boxes_stay_boxes(boxes: gpd.GeoDataFrame) -> None:
    """A clean coverage keeps its shapes, its order and its neighbours; each district has one name inside it."""
    drawn = simplify_for_display(boxes)
    shapes = _shapes(drawn)
    assert np.allclose(shapes.area, boxes.to_crs(METRIC_CRS).area, rtol=1e-3)
    assert _overlap_km2(shapes) < 0.01
    assert {label.name for label in drawn.district_labels} == {"Thử 0", "Thử 1"}
    for label in drawn.district_labels:
        district = boxes[boxes.district == f"Huyện {label.name}"]
        assert district.union_all().contains(shapely.Point(label.lon, label.lat))
    # Two districts side by side: the line between them runs from south to north at 107.1.
    assert {x for line in drawn.district_borders for x, _ in line} == {107.1}


def test_real_communes(real_communes: gpd.GeoDataFrame) -> None:
    """The real 177, which overlap and gape, all stay, without visible overlap, 13 districts named once."""
    drawn = simplify_for_display(real_communes)
    shapes = _shapes(drawn)
    true_areas = real_communes.to_crs(METRIC_CRS).area
    assert len(drawn.communes) == 177
    assert all(drawn.communes)
    assert _overlap_km2(shapes) < 0.5
    assert abs(shapes.area.sum() / true_areas.sum() - 1) < 0.002
    assert len(drawn.district_labels) == 13


def test_neighbours_with_noise_are_joined(boxes: gpd.GeoDataFrame) -> None:
    """Communes digitised separately (2 m of jitter) are drawn without overlap."""
    rng = np.random.default_rng(1)

    def jitter(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        noise = rng.normal(0, 2, xy.shape)
        noise[-1] = noise[0]
        return xy + noise

    metric = boxes.to_crs(METRIC_CRS)
    metric.geometry = [shapely.transform(shapely.segmentize(shape, 300), jitter) for shape in metric.geometry]
    before = _overlap_km2(metric.geometry)
    after = _overlap_km2(_shapes(simplify_for_display(metric)))
    assert before > 0.05
    assert after < before / 5


def test_many_vertices_are_thinned(boxes: gpd.GeoDataFrame) -> None:
    """Survey density fits the page: the tolerance grows until the vertices do."""
    dense = boxes.to_crs(METRIC_CRS)
    wiggle = lambda xy: xy + 30 * np.sin(xy[:, ::-1] / 70)  # noqa: E731
    dense.geometry = [shapely.transform(shapely.segmentize(shape, 10), wiggle) for shape in dense.geometry]
    assert shapely.get_num_coordinates(dense.geometry.array).sum() > 20_000
    drawn = simplify_for_display(dense, max_vertices=3_000)
    assert drawn.tolerance_m > 10
    assert sum(len(ring) for polygons in drawn.communes for rings in polygons for ring in rings) <= 3_000


def test_odd_rows_are_kept(boxes: gpd.GeoDataFrame) -> None:
    """A row without geometry stays a row; a bow-tie, a stray line and a missing district are no reason to fail."""
    odd = boxes.copy()
    x, y = 107.0, 21.0
    bow_tie = shapely.Polygon([(x, y), (x + 0.05, y + 0.05), (x + 0.05, y), (x, y + 0.05)])
    mixed = shapely.GeometryCollection([odd.geometry.iloc[1], shapely.LineString([(107, 21), (107.3, 21.3)])])
    odd.geometry = [bow_tie, mixed, None, shapely.Polygon(), *odd.geometry.iloc[4:]]
    odd.loc[odd.index[5], "district"] = None
    drawn = simplify_for_display(odd)
    assert [bool(polygons) for polygons in drawn.communes[:5]] == [True, True, False, False, True]


def test_unusable_boundaries(boxes: gpd.GeoDataFrame) -> None:
    """No CRS and no polygons are errors that say what to do."""
    with pytest.raises(BoundaryError, match="set_crs"):
        simplify_for_display(boxes.set_crs(None, allow_override=True))
    points = boxes.copy()
    points.geometry = points.geometry.representative_point()
    with pytest.raises(BoundaryError, match="boundary layer"):
        simplify_for_display(points)
