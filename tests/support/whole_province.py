"""The whole province with all that its page can have: people, classes, coverage, gaps, history, a second run."""

from __future__ import annotations

import dataclasses
import random
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import map_province
import shapely

from phusong.coverage.summary import CoverageSummary, PlaceCount
from phusong.exporters.snapshot import Isolation, Snapshot, Verdict
from phusong.maps.display_layers import coverage_for_display, gaps_for_display
from phusong.maps.province_data import Extras, OtherRun
from phusong.maps.province_map import build_province_map, write_page
from phusong.maps.state_history import StateHistory, StatePeriod

DAY_S = 86_400.0
GROUPS = ("border", "island", "remote")


@dataclass(frozen=True)
class Province:
    """The files and the numbers of one province."""

    path: Path
    communes: gpd.GeoDataFrame
    summary: CoverageSummary
    snapshot: Snapshot
    history: StateHistory
    other: CoverageSummary


def write_province(path: Path) -> Province:
    """Write the page of the province on the real boundaries; on 177 boxes where ../shared is absent."""
    real = map_province.REAL_BOUNDARIES.exists()
    communes = map_province.real_communes() if real else map_province.box_communes(177)
    snapshot = map_province.snapshot_of(communes)
    summary = with_people(map_province.summary_of(communes, snapshot.sites))
    other = with_people(shifted(summary, 0.1))
    history = history_of(snapshot)
    extras = Extras(
        coverage=coverage_for_display(coverage_of(communes)),
        gaps=gaps_for_display(gaps_of(communes)),
        history=history,
        other=OtherRun(other, "coverage-2025.json"),
    )
    write_page(build_province_map(communes=communes, summary=summary, snapshot=snapshot, extras=extras), path)
    return Province(path, communes, summary, snapshot, history, other)


def with_people(summary: CoverageSummary) -> CoverageSummary:
    """Give every commune people, offices, schools and classes, and every indicator its part of them."""
    rows = []
    for number, commune in enumerate(summary.communes):
        people = 1_000.0 + 37 * number
        indicators = tuple(
            dataclasses.replace(
                each,
                population_covered=round(people * each.area_ratio**2, 1),
                population_ratio=round(each.area_ratio**2, 6),
                places_covered=(PlaceCount("site", round(2 * each.area_ratio)), PlaceCount("school", 0)),
            )
            for each in commune.indicators
        )
        rows.append(
            dataclasses.replace(
                commune,
                population=people,
                indicators=indicators,
                classes=tuple(name for step, name in enumerate(GROUPS, start=5) if number % step == 0),
                places=(PlaceCount("site", 2), PlaceCount("school", number % 3)),
            )
        )
    return dataclasses.replace(summary, communes=tuple(rows), population_method="area")


def shifted(summary: CoverageSummary, by: float) -> CoverageSummary:
    """Give another run of the same communes, every share larger or smaller by up to ``by``."""
    rng = random.Random(11)
    communes = tuple(
        dataclasses.replace(
            commune,
            indicators=tuple(
                dataclasses.replace(each, area_ratio=min(1.0, max(0.0, each.area_ratio + rng.uniform(-by, by))))
                for each in commune.indicators
            ),
        )
        for commune in summary.communes
    )
    return dataclasses.replace(summary, communes=communes)


def history_of(snapshot: Snapshot) -> StateHistory:
    """Give a week in which every thirtieth line goes down for a while, and its office with it; a gap of a day."""
    end = snapshot.taken_at
    begin = end - 7 * DAY_S
    links, sites = {}, {}
    for number, link in enumerate(snapshot.links):
        down = begin + 5 * DAY_S + 600.0 * (number % 40)
        fine = (StatePeriod(begin, None, Verdict.UP),)
        broken = (
            StatePeriod(begin, down, Verdict.UP),
            StatePeriod(down, down + 7_200.0, Verdict.DOWN),
            StatePeriod(down + 7_200.0, None, Verdict.UP),
        )
        links[link.info.link_id] = broken if number % 30 == 4 else fine
        if number < len(snapshot.sites):
            states = (Isolation.CONNECTED, Isolation.ISOLATED, Isolation.CONNECTED)
            sites[link.info.site_id] = tuple(
                StatePeriod(period.begin, period.end, state)
                for period, state in zip(links[link.info.link_id], states, strict=False)
            )
    endpoints = {row.info.endpoint_id: (StatePeriod(begin, None, Verdict.READY),) for row in snapshot.endpoints}
    gaps = ((begin + 2 * DAY_S, begin + 3 * DAY_S),)
    return StateHistory(begin, end, links, endpoints, sites, gaps)


def coverage_of(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give coverage polygons as ``coverage.gpkg`` has them: discs around communes, per technology and operator."""
    points = communes.geometry.representative_point()
    rows = []
    for nth, technology in enumerate(("2G", "3G", "4G", "5G")):
        for step, operator in enumerate((*map_province.OPERATORS, "any"), start=2):
            discs = shapely.union_all(shapely.buffer(points.array[:: step + nth], 0.04))
            rows.append({"technology": technology, "operator": operator, "min_dbm": -105.0, "geometry": discs})
    return gpd.GeoDataFrame(rows, crs="EPSG:4326")


def gaps_of(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give three gaps as layer ``gaps`` of ``plan.gpkg`` has them, most people first."""
    points = communes.geometry.representative_point()
    rows = [
        {
            "gap": number,
            "area_km2": 12.5 - number,
            "people": 300.0 - 50 * number,
            "centres": 1,
            "sites": 2,
            "schools": 1,
            "hospitals": 0,
            "lat": points.iloc[number].y,
            "lon": points.iloc[number].x,
            "commune_codes": communes.code.iloc[number],
            "commune_names": communes.name.iloc[number],
            "first_share": 1.0,
            "nearest": "Thôn Một",
            "nearest_m": 1_250.0,
            "bearing_deg": 45.0,
            "geometry": points.iloc[number].buffer(0.02),
        }
        for number in (1, 2, 3)
    ]
    return gpd.GeoDataFrame(rows, crs="EPSG:4326")
