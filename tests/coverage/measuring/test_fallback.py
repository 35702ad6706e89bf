"""Fallback: which operators cover a site, and tables of sites that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from phusong.coverage.errors import SitesError
from phusong.coverage.measuring.fallback import SitePoint, cover_sites, read_site_points
from phusong.coverage.measuring.unions import unite_layers
from phusong.coverage.summary import SiteCoverage

INSIDE = SitePoint("in", 21.05, 107.05)
OUTSIDE = SitePoint("out", 21.5, 107.8)
SQUARE = shapely.box(107.0, 21.0, 107.1, 21.1)
AWAY = shapely.box(107.4, 21.0, 107.5, 21.1)


def test_operators_of_each_site(make_layer) -> None:
    """Every site has one row per technology that has layers, also when nobody covers it."""
    layers = [
        make_layer([SQUARE], "B"),
        make_layer([SQUARE], "A"),
        make_layer([AWAY], "C"),
        make_layer([AWAY], "A", "2G"),
    ]
    assert cover_sites([INSIDE, OUTSIDE], unite_layers(layers)) == (
        SiteCoverage("in", "2G", ()),
        SiteCoverage("in", "4G", ("A", "B")),
        SiteCoverage("out", "2G", ()),
        SiteCoverage("out", "4G", ()),
    )


@pytest.mark.parametrize(
    ("classes", "needed", "operators"),
    [
        ([-95.0], -105.0, ("A",)),
        ([-105.0], -105.0, ("A",)),
        ([-115.0], -105.0, None),
        ([-115.0], None, ("A",)),
        ([None], -105.0, ("A",)),
        ([None, -95.0], -105.0, ("A",)),
    ],
)
def test_weak_coverage_does_not_count(
    classes: list[float | None], needed: float | None, operators: tuple[str, ...] | None, make_layer
) -> None:
    """Coverage weaker than needed is no fallback; a claim without a level counts when there is no better one."""
    unions = unite_layers([make_layer([SQUARE], min_dbm=level) for level in classes])
    expected = () if operators is None else (SiteCoverage("in", "4G", operators),)
    assert cover_sites([INSIDE], unions, needed) == expected


def test_claim_without_a_level_adds_nothing_to_a_known_level(make_layer) -> None:
    """An operator with a -95 dBm layer is believed for that one only, not for its layer without a level."""
    unions = unite_layers([make_layer([SQUARE], min_dbm=None), make_layer([AWAY], min_dbm=-95.0)])
    assert cover_sites([INSIDE], unions, -105.0) == (SiteCoverage("in", "4G", ()),)


@pytest.mark.parametrize("text", [
    "site_id,name,lat,lon\na,Trụ sở,21.05,107.05\nb,no position,,\n",
    "\ufeffsite_id;lon;lat;name\r\na;107.05;21.05;Trụ sở\r\nb;;;x\r\n",
])  # fmt: skip
def test_sites_are_read(text: str, tmp_path: Path) -> None:
    """A byte-order mark, semicolons and any order of columns are fine; sites without a position are left out."""
    path = tmp_path / "sites.csv"
    path.write_bytes(text.encode())
    assert read_site_points(path) == (SitePoint("a", 21.05, 107.05),)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"site_id,lat\na,21\n", "sites.csv:1: column lon missing; the header must name site_id, lat, lon"),
        (b"", "sites.csv:1: column site_id, lat, lon missing"),
        (b"site_id,lat,lon\na,21.0,\n", "sites.csv:2: only one of lat and lon is given; give both or none"),
        (b"site_id,lat,lon\na,21.0,x\n", "sites.csv:2: 'x' is no number; give degrees with a point"),
        (b"site_id,lat,lon\na,107.1,21.0\n", "sites.csv:2: 107.1 is not in degrees of ±90; check lat and lon"),
        (b"site_id,lat,lon\na,nan,21.0\n", "sites.csv:2: nan is not in degrees"),
        (b"site_id,lat,lon\na,21,107\na,21,107\n", "sites.csv:3: site_id 'a' is there twice; remove one"),
        ("site_id,lat,lon,name\na,21,107,Trụ\n".encode("utf-16"), "is not UTF-8 .* save it as 'CSV UTF-8'"),
    ],
)
def test_bad_tables_of_sites(content: bytes, message: str, tmp_path: Path) -> None:
    """Each fault is named with its line and the remedy."""
    path = tmp_path / "sites.csv"
    path.write_bytes(content)
    with pytest.raises(SitesError, match=message):
        read_site_points(path)


def test_missing_table_of_sites(tmp_path: Path) -> None:
    """A path that is no file is named."""
    with pytest.raises(
        SitesError, match=r"none.csv: cannot be read \(No such file or directory\); check the path"
    ):
        read_site_points(tmp_path / "none.csv")
