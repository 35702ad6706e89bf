"""A province for tests: boundaries (real where they are at hand, else boxes), coverage figures and a snapshot.

345 links of 342 sites and 239 endpoints with every verdict and every isolation in it; the same each time.
"""

from __future__ import annotations

import random
from pathlib import Path

import geopandas as gpd
import shapely
from endpoint_readings import room

from phusong.collectors.readings import PingReading
from phusong.coverage.summary import (
    CommuneCoverage,
    CoverageSummary,
    Indicator,
    LayerSource,
    SiteCoverage,
)
from phusong.exporters.snapshot import (
    ENDPOINT_VERDICTS,
    LINK_VERDICTS,
    DeviceRow,
    EndpointInfo,
    EndpointRow,
    Isolation,
    LinkInfo,
    LinkRow,
    SiteInfo,
    SiteRow,
    Snapshot,
    Verdict,
)

SHARED = Path(__file__).parents[2].parent / "shared"
REAL_BOUNDARIES = SHARED / "geo" / "quangninh_communes_gadm41_177.geojson"
EDITION = "2020-01"
TAKEN_AT = 1_795_330_800.0
"""2026-11-22 14:00 in Viet Nam."""
OPERATORS = ("Viettel", "VinaPhone", "MobiFone")


def real_communes() -> gpd.GeoDataFrame:
    """Read the 177 communes of ../shared/geo with the columns of ``coverage.gpkg``."""
    communes = gpd.read_file(REAL_BOUNDARIES)
    return communes.rename(columns={"district_name": "district"})[["code", "name", "district", "geometry"]]


def box_communes(count: int = 12) -> gpd.GeoDataFrame:
    """Make a grid of square communes of about 5 km in three districts, exactly edge to edge."""
    rows = []
    for i in range(count):
        x, y = round(107.0 + (i % 4) * 0.05, 2), round(21.0 + (i // 4) * 0.05, 2)
        rows.append(
            {
                "code": f"{6600 + i:05d}",
                "name": f"Xã Số {i}",
                "district": f"Huyện Thử {i % 4 // 2}",
                "geometry": shapely.box(x, y, round(x + 0.05, 2), round(y + 0.05, 2)),
            }
        )
    return gpd.GeoDataFrame(rows, crs="EPSG:4326")


def summary_of(communes: gpd.GeoDataFrame, sites: tuple[SiteRow, ...] = ()) -> CoverageSummary:
    """Make figures in every class, for three operators, ``any`` and ``max``; the last commune has none."""
    rng = random.Random(20)
    rows = []
    for position, (code, name, district) in enumerate(
        zip(communes.code, communes.name, communes.district, strict=True)
    ):
        base = rng.choice([0.0, 0.31, 0.62, 0.87, 0.93, 0.97, 0.99, 0.9996, 1.0, 1.0, 1.0])
        indicators = [] if position == len(communes) - 1 else list(_indicators(base, rng))
        rows.append(CommuneCoverage(code, name, district, 33.8, 7_250, tuple(indicators)))
    return CoverageSummary(
        edition=EDITION,
        boundaries_file="communes.gpkg",
        boundaries_sha256="0" * 64,
        schematic=True,
        synthetic=True,
        layers=tuple(
            LayerSource(f"{operator}-{technology}.gpkg", "0" * 64, operator, technology, -105.0, "2026-06-30")
            for operator in OPERATORS
            for technology in ("2G", "3G", "4G", "5G")
        ),
        communes=tuple(rows),
        sites=tuple(SiteCoverage(row.info.site_id, "4G", OPERATORS[:2] if row.fallback else ()) for row in sites),
    )


def _indicators(base: float, rng: random.Random) -> list[Indicator]:
    found = []
    for technology, share in (("2G", 1.0), ("3G", 0.98), ("4G", base), ("5G", base * 0.3)):
        each = [share * rng.uniform(0.6, 1.0) for _ in OPERATORS]
        for operator, ratio in (("any", share), ("max", max(each)), *zip(OPERATORS, each, strict=True)):
            found.append(Indicator(technology, operator, -105.0, ratio * 33.8, ratio, None, None, ratio > 0.3))
    return found


def snapshot_of(communes: gpd.GeoDataFrame, sites: int = 342, links: int = 345, endpoints: int = 239) -> Snapshot:
    """Make lines from one hub; every verdict and isolation occurs, most are fine."""
    rng = random.Random(7)
    points = communes.geometry.representative_point()
    site_rows = [_site(number, communes, points, rng) for number in range(sites)]
    link_rows = []
    for number in range(links):
        site = site_rows[number % sites]
        verdict = _verdict(number) if number % 13 == 5 else Verdict.UP
        if site.isolation in (Isolation.ISOLATED, Isolation.ON_FALLBACK):
            verdict = Verdict.DOWN if number % 2 else Verdict.UNREACHABLE
        link_rows.append(_link(number, site, verdict))
    endpoint_rows = [
        _endpoint(
            number,
            site_rows[number % sites],
            ENDPOINT_VERDICTS[number % len(ENDPOINT_VERDICTS)] if number % 17 == 3 else Verdict.READY,
        )
        for number in range(endpoints)
    ]
    return Snapshot(
        taken_at=TAKEN_AT,
        edition=EDITION,
        fallback_technology="4G",
        links=tuple(link_rows),
        endpoints=tuple(endpoint_rows),
        sites=tuple(site_rows),
        devices=(DeviceRow("hub-1", "S0000", 100, TAKEN_AT),),
        coverage=None,
    )


def _verdict(number: int) -> Verdict:
    return LINK_VERDICTS[number % len(LINK_VERDICTS)]


def _site(number: int, communes: gpd.GeoDataFrame, points: gpd.GeoSeries, rng: random.Random) -> SiteRow:
    row = number % len(communes)
    point = points.iloc[row]
    spread = 0.012 if number else 0.0
    isolation = Isolation.CONNECTED
    if number % 19 == 4:
        isolation = tuple(Isolation)[number // 19 % len(Isolation)]
    info = SiteInfo(
        site_id=f"S{number:04d}",
        name=f"Ủy ban nhân dân {communes.name.iloc[row]} ({number})"
        if number
        else "Trung tâm dữ liệu tỉnh Quảng Ninh",
        kind="commune" if number else "province",
        commune_code=communes.code.iloc[row],
        lat=point.y + rng.uniform(-spread, spread),
        lon=point.x + rng.uniform(-spread, spread),
    )
    fallback = isolation in (Isolation.CONNECTED, Isolation.ON_FALLBACK)
    return SiteRow(info, isolation, None if isolation is Isolation.UNKNOWN else fallback)


def _link(number: int, site: SiteRow, verdict: Verdict) -> LinkRow:
    up = {Verdict.UP: True, Verdict.DOWN: False}.get(verdict)
    info = LinkInfo(
        link_id=f"L{number:04d}",
        site_id=site.info.site_id,
        carrier=OPERATORS[number % 3],
        role="uplink" if number == 0 else "primary" if number < 342 else "backup",
        contracted_down_bytes_per_s=12.5e6,
        contracted_up_bytes_per_s=12.5e6,
        near_device="hub-1",
        far_device=f"cpe-{number}",
    )
    return LinkRow(
        info=info,
        verdict=verdict,
        up=up,
        since=TAKEN_AT - 3_600.0 * (number % 90),
        near=None,
        far=None,
        ping=PingReading(5, 5, 0.004, 0.0063, 0.009) if up else PingReading(5, 0, None, None, None),
        last_success=TAKEN_AT - 30.0,
        problem="" if up else "Timeout: 192.0.2.1 không trả lời trong 2 s",
    )


def _endpoint(number: int, site: SiteRow, verdict: Verdict) -> EndpointRow:
    return EndpointRow(
        info=EndpointInfo(f"E{number:04d}", site.info.site_id, f"Điểm cầu {site.info.name}"),
        verdict=verdict,
        up={Verdict.READY: True, Verdict.UNREACHABLE: False}.get(verdict),
        since=TAKEN_AT - 7_200.0,
        reading=room(f"vc-{number}", "Video codec", 5_000),
        ping=None,
        last_success=TAKEN_AT - 12.0,
        problem="",
    )
