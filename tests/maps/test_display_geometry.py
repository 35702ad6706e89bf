"""Boundaries become light for drawing and stay whole."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from phusong.maps.display_geometry import BoundaryError, DisplayGeometry, simplify_for_display
from phusong.maps.metric_shapes import METRIC_CRS
from phusong.maps.short_coordinates import line_points


def _shapes(drawn: DisplayGeometry) -> gpd.GeoSeries:
    shapes = [
        shapely.MultiPolygon(
            [(line_points(shell), [line_points(hole) for hole in holes]) for shell, *holes in polygons]
        )
        for polygons in drawn.communes
    ]
    return gpd.GeoSeries(shapes, crs="EPSG:4326").to_crs(METRIC_CRS)


def _to_border_m(shape: shapely.Geometry, lon: float, lat: float) -> float:
    """Return how far a point in a metric shape is from the border; negative when it is outside."""
    point = gpd.GeoSeries([shapely.Point(lon, lat)], crs="EPSG:4326").to_crs(METRIC_CRS).iloc[0]
    distance = float(shape.boundary.distance(point))
    return distance if shape.contains(point) else -distance


def _overlap_km2(shapes: gpd.GeoSeries) -> float:
    return float((shapes.area.sum() - shapes.union_all().area) / 1e6)


def test_boxes_stay_boxes(boxes: gpd.GeoDataFrame) -> None:
    """A clean coverage keeps its shapes, its order and its neighbours; each district has one name inside it."""
    drawn = simplify_for_display(boxes)
    shapes = _shapes(drawn)
    assert np.allclose(shapes.area, boxes.to_crs(METRIC_CRS).area, rtol=1e-3)
    assert _overlap_km2(shapes) < 0.01
    assert {label.name for label in drawn.district_labels} == {"Thử 0", "Thử 1"}
    for district in drawn.district_labels:
        whole = boxes[boxes.district == f"Huyện {district.name}"].to_crs(METRIC_CRS).union_all()
        assert _to_border_m(whole, district.lon, district.lat) == pytest.approx(district.radius_m, abs=15)
    # Two districts side by side: the line between them runs from south to north at 107.1.
    assert {x for line in drawn.district_borders for x, _ in line_points(line).tolist()} == {107.1}
    # The outline comes back to where it began.
    (outline,) = (line_points(line).tolist() for line in drawn.outline)
    assert outline[0] == outline[-1]
    assert {tuple(point) for point in outline} >= {(107.0, 21.0), (107.2, 21.0), (107.2, 21.15), (107.0, 21.15)}


def test_names_stand_where_there_is_most_room(real_communes: gpd.GeoDataFrame) -> None:
    """Each commune's name is inside it, at the told distance from the border, and nowhere is much more room."""
    drawn = simplify_for_display(real_communes)
    shapes = _shapes(drawn)
    parts = [max(shapely.get_parts(shape), key=lambda part: part.area) for shape in shapes]
    best = shapely.length(shapely.maximum_inscribed_circle(parts, tolerance=1.0))
    for label, part, radius_m in zip(drawn.commune_labels, parts, best.tolist(), strict=True):
        assert label is not None
        assert _to_border_m(part, label.lon, label.lat) == pytest.approx(label.radius_m, abs=3)
        assert label.radius_m == pytest.approx(radius_m, abs=0.02 * part.area**0.5 + 3)
    assert all(label.radius_m > 1_000 for label in drawn.district_labels)


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
    rings = [ring for polygons in drawn.communes for rings in polygons for ring in rings]
    assert 0 < sum(len(ring) // 2 for ring in rings) <= 3_000


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
    assert [label is not None for label in drawn.commune_labels] == [bool(each) for each in drawn.communes]


def test_unusable_boundaries(boxes: gpd.GeoDataFrame) -> None:
    """No CRS and no polygons are errors that say what to do."""
    with pytest.raises(BoundaryError, match="set_crs"):
        simplify_for_display(boxes.set_crs(None, allow_override=True))
    points = boxes.copy()
    points.geometry = points.geometry.representative_point()
    with pytest.raises(BoundaryError, match="boundary layer"):
        simplify_for_display(points)
    metres = boxes.to_crs(METRIC_CRS).set_crs("EPSG:4326", allow_override=True)
    with pytest.raises(BoundaryError, match=r"is EPSG:4326 their CRS\?"):
        simplify_for_display(metres)
    far_out = boxes.set_crs(None, allow_override=True).set_crs("EPSG:5899")
    far_out.geometry = far_out.scale(1e9, 1e9, origin=(0, 0))
    with pytest.raises(BoundaryError, match=r"is EPSG:5899 their CRS\?"):
        simplify_for_display(far_out)
