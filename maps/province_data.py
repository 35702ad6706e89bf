"""What the province map's script gets to draw: finished numbers of a summary and a snapshot, in its own shape.

Nothing is computed but positions in lists: geometry once, and one list of values per technology, operator and
threshold beside it. Names of the keys are a contract with ``assets/province_*.js``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phusong.maps.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phusong.coverage.summary import CommuneCoverage, CoverageSummary, Indicator
    from phusong.exporters.snapshot import EndpointRow, LinkRow, SiteInfo, Snapshot
    from phusong.maps.display_geometry import DisplayGeometry
    from phusong.maps.text import Json

UTC_OFFSET_S = 7 * 3600
"""Asia/Ho_Chi_Minh: UTC+7 all year, and no time zone database is needed to know it."""


@dataclass(frozen=True, slots=True)
class CommuneName:
    """One row of the boundary layer without its geometry."""

    code: str
    name: str
    district: str


def province_data(
    *,
    names: Sequence[CommuneName],
    geometry: DisplayGeometry,
    summary: CoverageSummary | None,
    snapshot: Snapshot | None,
    lang: str,
) -> dict[str, Json]:
    """Return the data of one map page; ``names`` and ``geometry.communes`` go together row by row."""
    return {
        "lang": lang,
        "words": dict(WORDS[lang]),
        "utcOffset": UTC_OFFSET_S,
        "asOf": snapshot.taken_at if snapshot else None,
        "edition": summary.edition if summary else snapshot.edition if snapshot else "",
        "fallbackTechnology": snapshot.fallback_technology if snapshot else "4G",
        "schematic": bool(summary and summary.schematic),
        "synthetic": bool(summary and summary.synthetic),
        "sources": _sources(summary, geometry),
        "communes": _communes(names, geometry, summary),
        "districts": {
            "borders": geometry.district_borders,
            "outline": geometry.outline,
            "labels": [
                {"name": label.name, "lat": label.lat, "lon": label.lon} for label in geometry.district_labels
            ],
        },
        "series": _series(names, summary),
        "sites": _sites(snapshot, summary) if snapshot else [],
        "links": _links(snapshot) if snapshot else [],
        "endpoints": [_endpoint(row) for row in snapshot.endpoints] if snapshot else [],
    }


def _sources(summary: CoverageSummary | None, geometry: DisplayGeometry) -> dict[str, Json]:
    layers = summary.layers if summary else ()
    return {
        "boundaries": summary.boundaries_file if summary else "",
        "tolerance": geometry.tolerance_m,
        "layers": [
            {
                "technology": layer.technology,
                "operator": layer.operator,
                "minDbm": layer.min_dbm,
                "date": layer.date,
                "file": layer.file,
            }
            for layer in layers
        ],
    }


def _communes(
    names: Sequence[CommuneName], geometry: DisplayGeometry, summary: CoverageSummary | None
) -> list[Json]:
    covered = _by_code(summary)
    communes: list[Json] = []
    for name, polygons in zip(names, geometry.communes, strict=True):
        known = covered.get(name.code)
        communes.append(
            {
                "code": name.code,
                "name": name.name,
                "district": name.district,
                "area": known.area_km2 if known else None,
                "population": known.population if known else None,
                "polygons": polygons,
            }
        )
    return communes


def _series(names: Sequence[CommuneName], summary: CoverageSummary | None) -> list[Json]:
    """Return one entry per technology, operator and threshold, its values in the order of ``names``."""
    covered = _by_code(summary)
    indicators = {
        code: {_series_key(indicator): indicator for indicator in commune.indicators}
        for code, commune in covered.items()
    }
    keys = dict.fromkeys(key for by_key in indicators.values() for key in by_key)
    series: list[Json] = []
    for technology, operator, min_dbm in keys:
        values = [indicators.get(name.code, {}).get((technology, operator, min_dbm)) for name in names]
        series.append(
            {
                "technology": technology,
                "operator": operator,
                "minDbm": min_dbm,
                # An overlay that fills a commune gives 1 - 1e-9; six decimals are one square metre in a km2.
                "area": [None if value is None else round(value.area_ratio, 6) for value in values],
                "centre": [None if value is None else value.centre_covered for value in values],
            }
        )
    return series


def _series_key(indicator: Indicator) -> tuple[str, str, float | None]:
    return indicator.technology, indicator.operator, indicator.min_dbm


def _by_code(summary: CoverageSummary | None) -> dict[str, CommuneCoverage]:
    return {commune.code: commune for commune in summary.communes} if summary else {}


def _sites(snapshot: Snapshot, summary: CoverageSummary | None) -> list[Json]:
    mobile: dict[str, dict[str, Json]] = {}
    for site in summary.sites if summary else ():
        mobile.setdefault(site.site_id, {})[site.technology] = list(site.operators)
    return [
        {
            "id": row.info.site_id,
            "name": row.info.name,
            "kind": row.info.kind,
            "commune": row.info.commune_code,
            "position": _position(row.info),
            "isolation": row.isolation.value,
            "fallback": row.fallback,
            "mobile": mobile.get(row.info.site_id, {}),
        }
        for row in snapshot.sites
    ]


def _position(info: SiteInfo) -> list[Json] | None:
    """Return ``[lat, lon]``, or nothing when the inventory has no position that a map can show."""
    if info.lat is None or info.lon is None or not (math.isfinite(info.lat) and math.isfinite(info.lon)):
        return None
    if abs(info.lat) > 85 or abs(info.lon) > 180:
        return None
    return [round(info.lat, 5), round(info.lon, 5)]


def _links(snapshot: Snapshot) -> list[Json]:
    site_of_device = {device.device_id: device.site_id for device in snapshot.devices}
    hub = next((site.info.site_id for site in snapshot.sites if site.info.kind == "province"), "")
    return [_link(row, site_of_device.get(row.info.near_device, hub)) for row in snapshot.links]


def _link(row: LinkRow, hub: str) -> dict[str, Json]:
    ping = row.ping
    return {
        "id": row.info.link_id,
        "hub": hub,
        "site": row.info.site_id,
        "carrier": row.info.carrier,
        "role": row.info.role,
        "down": row.info.contracted_down_bytes_per_s,
        "up": row.info.contracted_up_bytes_per_s,
        "verdict": row.verdict.value,
        "since": row.since,
        "rtt": ping.rtt_avg_s if ping else None,
        "loss": ping.loss_ratio if ping else None,
        "lastSuccess": row.last_success,
        "problem": row.problem,
    }


def _endpoint(row: EndpointRow) -> dict[str, Json]:
    return {
        "id": row.info.endpoint_id,
        "site": row.info.site_id,
        "name": row.info.name,
        "device": row.system.sys_name if row.system else "",
        "verdict": row.verdict.value,
        "since": row.since,
        "rtt": row.ping.rtt_avg_s if row.ping else None,
        "loss": row.ping.loss_ratio if row.ping else None,
        "lastSuccess": row.last_success,
        "problem": row.problem,
    }
