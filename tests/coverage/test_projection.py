"""Coordinate systems: which files are trusted, and that places and areas are right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely

from phusong.coverage.errors import VectorFileError
from phusong.coverage.projection import check_crs, check_place, project_points, reproject

FILE = Path("a.gpkg")
TM3 = "+proj=tmerc +lat_0=0 +lon_0=107.75 +k=0.9999 +x_0=500000 +y_0=0 +units=m +no_defs"
TO_WGS84 = "+towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278"


def _esri_tm3(datum: str) -> str:
    return (
        f'PROJCS["VN_2000_TM3",GEOGCS["GCS_VN_2000",DATUM["{datum}",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
        'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
        'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",107.75],'
        'PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )


@pytest.mark.parametrize(
    "crs",
    [
        "EPSG:4326", "EPSG:5899", "EPSG:9217", "EPSG:3405", "EPSG:4756", "EPSG:32648", "EPSG:3857",
        _esri_tm3("D_Vietnam_2000"), _esri_tm3("D_VN_2000"), f"{TM3} +ellps=WGS84 {TO_WGS84}",
    ],
)  # fmt: skip
def test_trusted_crs(crs: str) -> None:
    """A CRS with a known datum is taken as it is."""
    assert check_crs(pyproj.CRS(crs), FILE) == pyproj.CRS(crs)


@pytest.mark.parametrize(
    ("crs", "message"),
    [
        (None, "a.gpkg: the CRS is missing; .* EPSG:5899"),
        (
            _esri_tm3("D_WGS_1984"),
            "VN-2000 zone with the datum 'World Geodetic System 1984', which is 224.5 m off",
        ),
        (_esri_tm3("D_unknown"), "224.5 m off; .* -a_srs EPSG:5899"),
        (f"{TM3} +ellps=WGS84", "224.5 m off"),
        (f"{TM3} +datum=WGS84", "224.5 m off"),
        ("+proj=longlat +ellps=bessel +no_defs", "no known datum"),
    ],
)
def test_refused_crs(crs: str | None, message: str) -> None:
    """A CRS that is missing or has lost VN-2000 is refused with the remedy."""
    with pytest.raises(VectorFileError, match=message):
        check_crs(None if crs is None else pyproj.CRS(crs), FILE)


@pytest.mark.parametrize(
    ("box", "crs", "message"),
    [
        ((21.0, 107.0, 21.1, 107.1), "EPSG:4326", "the axes are swapped"),
        ((450_000, 2_300_000, 451_000, 2_301_000), "EPSG:4326", "is in degrees, but the coordinates are not"),
        ((2.0, 48.0, 2.1, 48.1), "EPSG:4326", "nothing lies in or near the province"),
        ((107.0, 21.0, 107.1, 21.1), "EPSG:5899", "nothing lies in or near the province"),
        ((650_000, 2_300_000, 700_000, 2_390_000), "EPSG:5899", "wrong zone"),
    ],
)
def test_refused_place(box: tuple[float, ...], crs: str, message: str) -> None:
    """Coordinates that do not fit their CRS, or another part of the world, are refused."""
    with pytest.raises(VectorFileError, match=message):
        check_place(np.array([shapely.box(*box)]), pyproj.CRS(crs), FILE)


def test_vn2000_is_shifted() -> None:
    """EPSG:5899 comes out 224.5 m from where its numbers would lie without the datum shift."""
    point = np.array([shapely.Point(450_000, 2_300_000)])
    right = reproject(point, "EPSG:5899")[0]
    without = reproject(point, f"{TM3} +datum=WGS84")[0]
    # EPSG:6933 stretches: distances are only nearly true in it.
    assert right.distance(without) == pytest.approx(224.5, rel=0.1)


def test_areas_are_true() -> None:
    """A square of a tenth of a degree at Hạ Long has its geodesic area within 0.001 %."""
    square = shapely.segmentize(shapely.box(107.0, 20.9, 107.1, 21.0), 0.001)
    geodesic = abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(square)[0])
    assert reproject(np.array([square]), "EPSG:4326")[0].area == pytest.approx(geodesic, rel=1e-5)


def test_points_and_polygons_share_one_plane() -> None:
    """A site's point and a polygon's corner of the same degrees are the same place."""
    corner = reproject(np.array([shapely.Point(107.1, 21.0)]), "EPSG:4326")[0]
    assert project_points(np.array([107.1]), np.array([21.0]))[0].equals(corner)
