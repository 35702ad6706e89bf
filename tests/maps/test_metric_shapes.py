"""Shapes of any file become valid polygons in metres, or an error that says what to do."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from phusong.maps.metric_shapes import METRIC_CRS, ShapeError, labels_in, polygons_of, to_degrees, to_metres

BOX = shapely.box(0, 0, 10, 10)
FAR_BOX = shapely.box(50, 50, 60, 60)
BOW_TIE = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        (BOX, 100),
        (shapely.MultiPolygon([BOX, FAR_BOX]), 200),
        (BOW_TIE, 50),
        (shapely.GeometryCollection([shapely.Point(1, 1), BOX, shapely.LineString([(0, 0), (99, 99)])]), 100),
        (shapely.GeometryCollection([shapely.GeometryCollection([BOX]), shapely.MultiPolygon([FAR_BOX])]), 200),
        (shapely.GeometryCollection([BOX, shapely.box(5, 0, 15, 10)]), 150),
        *(
            (nothing, 0)
            for nothing in (None, shapely.Polygon(), shapely.Point(1, 1), shapely.LineString([(0, 0), (1, 1)]))
        ),
    ],
)
def test_polygonal_part(shape: shapely.Geometry | None, area: float) -> None:
    """Only polygons are left, valid and once; where there are none, an empty polygon."""
    (found,) = polygons_of(np.array([shape, None], dtype=object)[:-1])
    assert found.geom_type in ("Polygon", "MultiPolygon")
    assert found.is_valid
    assert found.area == pytest.approx(area)
    assert found.is_empty == (area == 0)


def test_there_and_back() -> None:
    """From degrees to metres and back is the same place; rows without a shape stay rows."""
    point = shapely.Point(107.08, 20.95)
    frame = gpd.GeoDataFrame(geometry=[point, None], crs="EPSG:4326")
    metric = to_metres(frame, "the points")
    assert metric[1] is None
    assert metric[0].distance(shapely.Point(430_100, 2_317_600)) < 1_000
    assert to_degrees(metric[0]).distance(point) < 1e-8
    assert len(to_metres(gpd.GeoDataFrame(geometry=[], crs="EPSG:4326"), "nothing")) == 0


def test_no_place() -> None:
    """Without a CRS, or with one that the numbers cannot be of, nothing is drawn."""
    frame = gpd.GeoDataFrame(geometry=[shapely.box(508_000, 2_316_000, 509_000, 2_317_000)])
    with pytest.raises(ShapeError, match=r"^the lakes have no CRS: say which one .*set_crs"):
        to_metres(frame, "the lakes")
    with pytest.raises(ShapeError, match=rf"^the lakes lie where {METRIC_CRS} has no places: is EPSG:4326 their"):
        to_metres(frame.set_crs("EPSG:4326"), "the lakes")


def test_label_stands_in_the_largest_part() -> None:
    """A name goes where the largest circle fits, not into the middle of everything."""
    square = shapely.box(500_000, 2_300_000, 502_000, 2_302_000)
    islet = shapely.box(510_000, 2_300_000, 510_100, 2_300_100)
    tail = shapely.box(502_000, 2_300_900, 509_000, 2_300_950)
    (label,) = labels_in(np.array([shapely.union_all([square, islet, tail]), None], dtype=object)[:-1])
    (place,) = to_metres(
        gpd.GeoDataFrame(geometry=[shapely.Point(label.lon, label.lat)], crs="EPSG:4326"), "the label"
    )
    assert place.distance(shapely.Point(501_000, 2_301_000)) < 100
    assert label.radius_m == pytest.approx(1_000, rel=0.03)
