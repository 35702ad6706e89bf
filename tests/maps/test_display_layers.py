"""Coverage, gaps and the land around are drawn lightly, as what they are, where they are."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from phusong.coverage.output.planning_tables import GAP_COLUMNS
from phusong.maps.display_layers import (
    MARGIN_DEGREES,
    MAX_LAND_VERTICES,
    GapShape,
    LandShape,
    coverage_for_display,
    gaps_for_display,
    land_for_display,
)
from phusong.maps.metric_shapes import METRIC_CRS, ShapeError
from phusong.maps.short_coordinates import ShortPolygons, line_points

AROUND = (106.4, 20.7, 108.1, 21.7)
NAN = float("nan")


def shape_of(polygons: ShortPolygons) -> shapely.Geometry:
    """Return short polygons in metres."""
    parts = [(line_points(shell), [line_points(hole) for hole in holes]) for shell, *holes in polygons]
    return gpd.GeoSeries([shapely.MultiPolygon(parts)], crs="EPSG:4326").to_crs(METRIC_CRS).iloc[0]


def coverage(*rows: tuple[str, str, float, shapely.Geometry | None]) -> gpd.GeoDataFrame:
    columns = dict(zip(("technology", "operator", "min_dbm", "geometry"), zip(*rows, strict=True), strict=True))
    return gpd.GeoDataFrame(columns, crs="EPSG:4326")


def gap(number: int, **others: object) -> dict[str, object]:
    """Return a row as ``plan.gpkg`` has it."""
    row: dict[str, object] = dict.fromkeys(GAP_COLUMNS, NAN) | {
        "gap": number,
        "area_km2": 12.3456,
        "commune_names": "Xã Thanh Lân",
        "nearest": None,
        "geometry": shapely.box(107.0 + number / 1000, 21.0, 107.0005 + number / 1000, 21.01),
    }
    assert set(others) <= set(row)
    return row | others


def gaps(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(list(rows), crs="EPSG:4326")


def test_coverage_says_what_it_is() -> None:
    """Each row is a shape of its technology, operator and level, in place; ``max`` and empty rows are none."""
    disc, box = shapely.Point(107.5, 21.2).buffer(0.1), shapely.box(107.0, 21.0, 107.1, 21.1)
    rows = coverage(
        ("4G", "Nhà mạng A", -105.0, disc),
        ("4G", "max", -105.0, disc),
        ("4G", "any", NAN, shapely.union_all([disc, box])),
        ("5G", "Nhà mạng A", -105.0, None),
    )
    for crs in ("EPSG:4326", "EPSG:6933"):
        found = coverage_for_display(rows.to_crs(crs))
        assert [(each.technology, each.operator, each.min_dbm) for each in found.shapes] == [
            ("4G", "Nhà mạng A", -105.0),
            ("4G", "any", None),
        ]
        assert (found.tolerance_m, found.area_change) == (25.0, pytest.approx(0, abs=0.02))
        true = rows.to_crs(METRIC_CRS).geometry
        for each, shape in zip(found.shapes, (true.iloc[0], true.iloc[2]), strict=True):
            apart = shapely.symmetric_difference(shape_of(each.polygons), shape)
            assert apart.area < 0.01 * shape.area
            assert apart.buffer(-25).is_empty


def test_coverage_keeps_the_budget() -> None:
    """All shapes together have at most so many vertices; bow-ties are mended first."""
    rng = np.random.default_rng(3)
    discs = [shapely.Point(x, y).buffer(0.02) for x, y in rng.uniform((106.5, 20.8), (108.0, 21.6), (300, 2))]
    bow_tie = shapely.Polygon([(107, 21), (107.2, 21.2), (107.2, 21), (107, 21.2)])
    rows = coverage(("4G", "A", -105.0, shapely.union_all(discs)), ("4G", "B", -95.0, bow_tie))
    found = coverage_for_display(rows, max_vertices=1_500)
    rings = [ring for each in found.shapes for polygon in each.polygons for ring in polygon]
    assert 0 < sum(len(ring) // 2 for ring in rings) <= 1_500
    assert found.tolerance_m > 25
    assert found.area_change <= 0.02
    assert len(found.shapes[1].polygons) == 2


def test_no_coverage() -> None:
    """A layer without rows draws nothing; one without its columns or its CRS is refused by name."""
    nothing = coverage(("4G", "max", -105.0, shapely.box(107, 21, 108, 22)))
    assert coverage_for_display(nothing).shapes == ()
    with pytest.raises(ShapeError, match=r"no column operator, min_dbm: take layer 'coverage' of coverage\.gpkg"):
        coverage_for_display(nothing.drop(columns=["operator", "min_dbm"]))
    with pytest.raises(ShapeError, match="the coverage polygons have no CRS"):
        coverage_for_display(nothing.set_crs(None, allow_override=True))


def test_gap_says_what_lies_in_it() -> None:
    """What was counted is told, what was not is not known; what is drawn is where the gap is."""
    rows = gaps(
        gap(
            1, people=56_621.9, sites=2.0, schools=0.0, nearest="Thôn Một", nearest_m=862.0, commune_names="A|B|C"
        ),
        gap(2, people=3.0, nearest="Thôn Hai", commune_names="|".join("ABCDEFGHI")),
        gap(3, people=2.0, commune_names=None),
    )
    first, second, third = gaps_for_display(rows).gaps
    polygons = first.polygons
    assert first == GapShape(1, "A, B, C", "Thôn Một (862 m)", 12.3456, 56_621.9, 2, 0, None, polygons)
    assert shape_of(polygons).area == pytest.approx(rows.to_crs(METRIC_CRS).area.iloc[0], rel=0.02)
    assert (second.communes, second.near, second.sites) == ("A, B, C, D, E, F … +3", "Thôn Hai", None)
    assert (third.communes, third.near) == ("", "")


def test_most_people_first() -> None:
    """Gaps come by people, then by area; those beyond the limit are counted, not drawn."""
    rows = gaps(
        gap(1, people=5.0),
        gap(2, people=NAN, area_km2=900.0),
        gap(3, people=500.0),
        gap(4, people=5.0, area_km2=20.0),
        gap(5, people=5.0),
    )
    found = gaps_for_display(rows, max_gaps=4)
    assert [each.number for each in found.gaps] == [3, 4, 1, 5]
    assert found.left_out == 1
    by_area = gaps_for_display(rows.drop(columns=["people", "sites"]))
    assert [each.number for each in by_area.gaps] == [2, 4, 1, 3, 5]
    assert {(each.people, each.sites) for each in by_area.gaps} == {(None, None)}
    assert by_area.left_out == 0
    assert gaps_for_display(rows.iloc[:0]).gaps == ()
    many = gaps_for_display(gaps(*(gap(number, people=1.0) for number in range(1, 251))))
    assert (len(many.gaps), many.left_out) == (200, 50)


def test_no_plan() -> None:
    """A file that is no plan is refused with what to take."""
    with pytest.raises(
        ShapeError, match=r"no column gap, area_km2, commune_names: take layer 'gaps' of plan\.gpkg"
    ):
        gaps_for_display(gpd.GeoDataFrame({"name": ["x"]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326"))


def test_land_is_cut_to_the_neighbourhood() -> None:
    """Land reaches as far as the page can show, no matter how far its file does; names stand in what is left."""
    world = gpd.GeoDataFrame(
        {"name": ["Việt Nam", "Trung Quốc", "Đảo xa", None]},
        geometry=[
            shapely.box(100, 8, 107, 21.5),
            shapely.box(70, 21.5, 130, 60),
            shapely.box(-60, -40, -50, -30),
            shapely.box(107.5, 21, 107.6, 21.1),
        ],
        crs="EPSG:4326",
    )
    for crs in ("EPSG:4326", "EPSG:3857"):
        vietnam, china, island = land_for_display(world.to_crs(crs), AROUND)
        assert [each.name for each in (vietnam, china, island)] == ["Việt Nam", "Trung Quốc", ""]
        points = np.concatenate([line_points(ring) for each in (vietnam, china) for (ring,) in each.polygons])
        west, south, east, north = AROUND
        assert points.min(axis=0) == pytest.approx((west - MARGIN_DEGREES, south - MARGIN_DEGREES), abs=1e-4)
        assert points.max(axis=0) == pytest.approx((east + MARGIN_DEGREES, north + MARGIN_DEGREES), abs=1e-4)
        assert china.label is not None
        assert china.label.lat == pytest.approx((21.5 + 22.2) / 2, abs=0.05)
        assert [each.lines for each in (vietnam, china, island)] == [[], [], []]
    (close,) = land_for_display(world, (108.0, 21.6, 108.1, 21.7), margin_degrees=0.01)
    assert close.name == "Trung Quốc"


def test_lines_are_drawn_as_lines() -> None:
    """Borders and roads stay lines, in pieces where they leave the box, also beside polygons; points stay out."""
    road = shapely.LineString([(100, 21), (107, 21), (107, 30), (107.5, 30), (107.5, 21.5)])
    park = shapely.box(107.2, 21.2, 107.3, 21.3)
    found = land_for_display(
        gpd.GeoDataFrame(
            {"name": ["Quốc lộ 18", "Trạm", "Vườn", ""]},
            geometry=[road, shapely.Point(107, 21), shapely.GeometryCollection([park, road]), None],
            crs="EPSG:4326",
        ),
        AROUND,
    )
    assert [each.name for each in found] == ["Quốc lộ 18", "Vườn"]
    assert [(len(each.polygons), len(each.lines), each.label is not None) for each in found] == [
        (0, 2, False),
        (1, 2, True),
    ]
    first = line_points(found[0].lines[0])
    assert first[0] == pytest.approx((AROUND[0] - MARGIN_DEGREES, 21.0), abs=1e-4)


def test_neighbours_share_their_border_and_the_budget() -> None:
    """A border of two neighbours is one line for both after it was thinned."""
    steps = np.linspace(20.5, 22.0, 9_000)
    border = np.column_stack([107.0 + 0.05 * np.sin(steps * 400), steps])
    west = shapely.Polygon([*border, (106.2, 22.0), (106.2, 20.5)])
    east = shapely.Polygon([*border, (108.2, 22.0), (108.2, 20.5)])
    found = land_for_display(gpd.GeoDataFrame(geometry=[west, east], crs="EPSG:4326"), AROUND)
    assert (
        sum(len(ring) // 2 for each in found for polygon in each.polygons for ring in polygon) <= MAX_LAND_VERTICES
    )
    left, right = (shape_of(each.polygons) for each in found)
    assert shapely.intersection(left, right).area < 1_000
    union = shapely.union(left, right)
    assert union.area == pytest.approx(left.area + right.area, rel=1e-6)
    assert not [ring for ring in union.interiors if shapely.Polygon(ring).area > 1_000]


def test_no_land() -> None:
    """Without a layer, or with one that lies elsewhere, nothing is drawn; without a CRS it is refused."""
    elsewhere = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    empty: tuple[LandShape, ...] = ()
    assert land_for_display(None, AROUND) == land_for_display(elsewhere, AROUND) == empty
    with pytest.raises(ShapeError, match="have no CRS"):
        land_for_display(elsewhere.set_crs(None, allow_override=True), AROUND)
    with pytest.raises(ShapeError, match="nowhere on earth"):
        land_for_display(
            elsewhere.set_crs("EPSG:5899", allow_override=True).scale(1e9).to_frame("geometry"), AROUND
        )
