"""What the province map's script gets to draw: finished numbers of a summary and a snapshot, in its own shape.

Nothing is computed but positions in lists: geometry once, and one list of values per technology, operator and
threshold beside it. Names of the keys are a contract with ``assets/province_*.js``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phusong.coverage.summary import PLACE_KINDS
from phusong.maps.measures import measures_of
from phusong.maps.palette import palette_data
from phusong.maps.state_history import history_data
from phusong.maps.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phusong.coverage.summary import CommuneCoverage, CoverageSummary, Indicator, LayerSource, PlaceCount
    from phusong.exporters.snapshot import EndpointRow, LinkRow, SiteInfo, Snapshot
    from phusong.maps.display_geometry import DisplayGeometry
    from phusong.maps.display_layers import CoverageShapes, GapShapes, LandShape
    from phusong.maps.state_history import StateHistory
    from phusong.maps.text import Json

UTC_OFFSET_S = 7 * 3600
"""Asia/Ho_Chi_Minh: UTC+7 all year, and no time zone database is needed to know it."""


@dataclass(frozen=True, slots=True)
class TileServer:
    """A raster tile server of one's own: the only address that a page may ask besides the agent."""

    url: str
    """With ``{z}``, ``{x}`` and ``{y}``."""
    attribution: str
    max_zoom: int = 18


@dataclass(frozen=True, slots=True)
class CommuneName:
    """One row of the boundary layer without its geometry."""

    code: str
    name: str
    district: str


@dataclass(frozen=True, slots=True)
class OtherRun:
    """Another run of ``phusong coverage`` to compare with.

    ``geometry`` and ``names`` are those of its own communes, ``None`` where it has the same ones.
    """

    summary: CoverageSummary
    file: str
    names: tuple[CommuneName, ...] | None = None
    geometry: DisplayGeometry | None = None


@dataclass(frozen=True, slots=True)
class Extras:
    """What a page may have beside communes, figures and states; each is drawn when it is there."""

    land: tuple[LandShape, ...] = ()
    land_source: str = ""
    coverage: CoverageShapes | None = None
    gaps: GapShapes | None = None
    history: StateHistory | None = None
    other: OtherRun | None = None
    tiles: TileServer | None = None


def province_data(
    *,
    names: Sequence[CommuneName],
    geometry: DisplayGeometry,
    summary: CoverageSummary | None,
    snapshot: Snapshot | None,
    lang: str,
    extras: Extras,
) -> dict[str, Json]:
    """Return the data of one map page; ``names`` and ``geometry.communes`` go together row by row."""
    tiles = extras.tiles
    return {
        "lang": lang,
        "words": {each: dict(words) for each, words in WORDS.items()},
        "palette": palette_data(),
        "utcOffset": UTC_OFFSET_S,
        "asOf": snapshot.taken_at if snapshot else None,
        "edition": summary.edition if summary else snapshot.edition if snapshot else "",
        "fallbackTechnology": snapshot.fallback_technology if snapshot else "4G",
        "schematic": bool(summary and summary.schematic),
        "synthetic": bool(summary and summary.synthetic),
        "sources": {
            "boundaries": summary.boundaries_file if summary else "",
            "tolerance": geometry.tolerance_m,
            "layers": _layers(summary.layers if summary else ()),
            "land": extras.land_source,
            "coverageTolerance": extras.coverage.tolerance_m if extras.coverage else 0,
            "moreGaps": extras.gaps.left_out if extras.gaps else 0,
        },
        "measures": list(measures_of(summary)),
        "groups": sorted({each for commune in (summary.communes if summary else ()) for each in commune.classes}),
        "communes": _communes(names, geometry, summary),
        "districts": {
            "borders": geometry.district_borders,
            "outline": geometry.outline,
            "labels": [
                {"name": label.name, "lat": label.lat, "lon": label.lon, "radius": label.radius_m}
                for label in geometry.district_labels
            ],
        },
        "series": _series([name.code for name in names], summary),
        "populationMethod": summary.population_method if summary else "",
        "land": [
            {
                "name": part.name,
                "polygons": part.polygons,
                "lines": part.lines,
                "label": [part.label.lat, part.label.lon] if part.name and part.label else None,
            }
            for part in extras.land
        ],
        "coverage": _coverage(extras.coverage),
        "gaps": _gaps(extras.gaps),
        "sites": _sites(snapshot, summary) if snapshot else [],
        "links": _links(snapshot) if snapshot else [],
        "endpoints": [_endpoint(row) for row in snapshot.endpoints] if snapshot else [],
        "history": _history(extras.history, snapshot),
        "compared": _other_run(extras.other, names),
        "tiles": {"url": tiles.url, "attribution": tiles.attribution, "maxZoom": tiles.max_zoom}
        if tiles
        else None,
    }


def _layers(layers: Iterable[LayerSource]) -> list[Json]:
    return [
        {
            "technology": layer.technology,
            "operator": layer.operator,
            "minDbm": layer.min_dbm,
            "date": layer.date,
            "file": layer.file,
        }
        for layer in layers
    ]


def _communes(
    names: Sequence[CommuneName], geometry: DisplayGeometry, summary: CoverageSummary | None
) -> list[Json]:
    covered = _by_code(summary)
    return [
        {
            **_commune(name, covered.get(name.code)),
            "polygons": polygons,
            "label": {"lat": label.lat, "lon": label.lon, "radius": label.radius_m} if label else None,
        }
        for name, polygons, label in zip(names, geometry.communes, geometry.commune_labels, strict=True)
    ]


def _commune(name: CommuneName, known: CommuneCoverage | None) -> dict[str, Json]:
    return {
        "code": name.code,
        "name": name.name,
        "district": name.district,
        "area": known.area_km2 if known else None,
        "population": known.population if known else None,
        "places": _places(known.places) if known else {},
        "classes": list(known.classes) if known else [],
    }


def _places(counts: Iterable[PlaceCount]) -> dict[str, Json]:
    return {count.kind: count.number for count in counts}


def _series(codes: Sequence[str], summary: CoverageSummary | None) -> list[Json]:
    """Return one entry per technology, operator and threshold, its values in the order of ``codes``."""
    covered = _by_code(summary)
    indicators = {
        code: {_series_key(indicator): indicator for indicator in commune.indicators}
        for code, commune in covered.items()
    }
    keys = dict.fromkeys(key for by_key in indicators.values() for key in by_key)
    kinds = [kind for kind in PLACE_KINDS if kind in measures_of(summary)]
    series: list[Json] = []
    for technology, operator, min_dbm in keys:
        values = [indicators.get(code, {}).get((technology, operator, min_dbm)) for code in codes]
        series.append(
            {
                "technology": technology,
                "operator": operator,
                "minDbm": min_dbm,
                # An overlay that fills a commune gives 1 - 1e-9; six decimals are one square metre in a km2.
                "area": [None if value is None else round(value.area_ratio, 6) for value in values],
                "covered": [None if value is None else round(value.covered_km2, 4) for value in values],
                "population": [None if value is None else value.population_ratio for value in values],
                "people": [None if value is None else value.population_covered for value in values],
                "centre": [None if value is None else value.centre_covered for value in values],
                "places": {
                    kind: [None if value is None else _places(value.places_covered).get(kind) for value in values]
                    for kind in kinds
                },
            }
        )
    return series


def _series_key(indicator: Indicator) -> tuple[str, str, float | None]:
    return indicator.technology, indicator.operator, indicator.min_dbm


def _by_code(summary: CoverageSummary | None) -> dict[str, CommuneCoverage]:
    return {commune.code: commune for commune in summary.communes} if summary else {}


def _coverage(shapes: CoverageShapes | None) -> list[Json]:
    return [
        {
            "technology": shape.technology,
            "operator": shape.operator,
            "minDbm": shape.min_dbm,
            "polygons": shape.polygons,
        }
        for shape in (shapes.shapes if shapes else ())
    ]


def _gaps(gaps: GapShapes | None) -> list[Json]:
    return [
        {
            "number": gap.number,
            "communes": gap.communes,
            "near": gap.near,
            "area": gap.area_km2,
            "people": gap.people,
            "sites": gap.sites,
            "schools": gap.schools,
            "hospitals": gap.hospitals,
            "polygons": gap.polygons,
        }
        for gap in (gaps.gaps if gaps else ())
    ]


def _history(history: StateHistory | None, snapshot: Snapshot | None) -> Json:
    if history is None or snapshot is None:
        return None
    return history_data(
        history,
        links=[row.info.link_id for row in snapshot.links],
        sites=[row.info.site_id for row in snapshot.sites],
        endpoints=[row.info.endpoint_id for row in snapshot.endpoints],
    )


def _other_run(other: OtherRun | None, names: Sequence[CommuneName]) -> Json:
    """Return the run to compare with, in the order of this page's communes where it has the same ones."""
    if other is None:
        return None
    rows = names if other.names is None else other.names
    covered = _by_code(other.summary)
    communes = [_commune(name, covered.get(name.code)) for name in rows]
    if other.geometry is not None:
        communes = [
            {**row, "polygons": polygons} for row, polygons in zip(communes, other.geometry.communes, strict=True)
        ]
    return {
        "edition": other.summary.edition,
        "file": other.file,
        "sameUnits": other.names is None,
        "synthetic": other.summary.synthetic,
        "schematic": other.summary.schematic,
        "layers": _layers(other.summary.layers),
        "communes": communes,
        "series": _series([name.code for name in rows], other.summary),
    }


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
            "since": row.since,
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
    return {
        "id": row.info.link_id,
        "hub": hub,
        "site": row.info.site_id,
        "carrier": row.info.carrier,
        "role": row.info.role,
        "down": row.info.contracted_down_bytes_per_s,
        "up": row.info.contracted_up_bytes_per_s,
        **_state(row),
    }


def _endpoint(row: EndpointRow) -> dict[str, Json]:
    return {
        "id": row.info.endpoint_id,
        "site": row.info.site_id,
        "name": row.info.name,
        "device": row.system.sys_name if row.system else "",
        **_state(row),
    }


def _state(row: LinkRow | EndpointRow) -> dict[str, Json]:
    """Return what changes between polls: the same that ``/api/v1/states`` tells a served page."""
    return {
        "verdict": row.verdict.value,
        "since": row.since,
        "rtt": row.ping.rtt_avg_s if row.ping else None,
        "loss": row.ping.loss_ratio if row.ping else None,
        "lastSuccess": row.last_success,
        "problem": row.problem,
        "cause": row.cause,
    }
