"""The land around the province is that of the schematic communes, reaches beyond the border, and is small."""

from __future__ import annotations

from importlib.resources import files

import pytest
import shapely

from phusong.coverage.input.background_land import read_neighbours

DATA = files("phusong.coverage") / "data"
FILE = "neighbours_natural_earth_10m.geojson"


@pytest.mark.parametrize(
    ("place", "lon", "lat", "country"),
    [
        ("Hải Phòng", 106.68, 20.85, "Việt Nam"),
        ("Lạng Sơn", 106.76, 21.85, "Việt Nam"),
        ("Cô Tô", 107.765, 20.985, "Việt Nam"),
        ("Đông Hưng, over the river from Móng Cái", 107.98, 21.56, "Trung Quốc"),
        ("Phòng Thành Cảng", 108.35, 21.77, "Trung Quốc"),
        ("the Gulf of Tonkin", 108.4, 20.6, None),
    ],
)
def test_whose_land(place: str, lon: float, lat: float, country: str | None) -> None:
    """Known places lie on the land of their country."""
    land = read_neighbours()
    assert land.crs == "EPSG:4326"
    assert land["name"][land.contains(shapely.Point(lon, lat))].tolist() == ([country] if country else []), place


def test_shapes() -> None:
    """Valid, five decimals, nothing beyond the box, one border for both countries."""
    land = read_neighbours()
    assert list(land.columns) == ["country", "iso_n3", "name", "geometry"]
    assert land["iso_n3"].tolist() == ["704", "156"]
    shapes = land.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    points = shapely.get_coordinates(shapes)
    assert (points == points.round(5)).all()
    assert tuple(points.min(axis=0)) == (105.9, 20.2)
    assert tuple(points.max(axis=0)) == (109.0, 22.2)
    assert shapely.intersection(*shapes).length > 1.5


def test_the_same_coast_as_the_schematic_communes() -> None:
    """Inside the smaller box of the schematic boundaries both files have the same land, to rounding."""
    text = (DATA / "land_natural_earth_10m.geojson").read_text(encoding="utf-8")
    schematic = shapely.union_all(shapely.get_parts(shapely.from_geojson(text)))
    vietnam = shapely.intersection(read_neighbours().geometry.iloc[0], shapely.box(106.3, 20.6, 108.2, 21.75))
    assert shapely.symmetric_difference(schematic, vietnam).area < 1e-7


def test_small_and_accounted_for() -> None:
    """The file fits into a page and its source is written down."""
    assert len((DATA / FILE).read_bytes()) <= 60_000
    rows = (DATA / "SOURCES.md").read_text(encoding="utf-8").splitlines()
    (row,) = (row for row in rows if row.startswith(f"| `{FILE}`"))
    assert all(word in row for word in ("world-atlas", "2.0.2", "public domain", "3bc6f1d367a9bcec"))
