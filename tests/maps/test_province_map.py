"""The page of the province: what is in it, what is refused. What a browser makes of it is in tests/e2e."""

from __future__ import annotations

import dataclasses
import json
import re
from types import ModuleType
from typing import Any

import geopandas as gpd
import pytest

from phusong.maps.province_map import MapError, build_province_map


def _data(html: str) -> dict[str, Any]:
    block = re.search(r'<script type="application/json" id="province-data">(.*?)</script>', html)
    assert block is not None
    data: dict[str, Any] = json.loads(block[1])
    return data


def test_page_carries_the_given_numbers(fleet: ModuleType, boxes: gpd.GeoDataFrame) -> None:
    """Every ratio, state and time in the page is the one of summary and snapshot; a missing one is null."""
    snapshot = fleet.snapshot_of(boxes, sites=20, links=22, endpoints=10)
    summary = fleet.summary_of(boxes, snapshot.sites)
    data = _data(build_province_map(communes=boxes, summary=summary, snapshot=snapshot))
    series = {(each["technology"], each["operator"]): each for each in data["series"]}
    assert len(series) == 4 * 5
    for row, commune in enumerate(summary.communes):
        for indicator in commune.indicators:
            shown = series[indicator.technology, indicator.operator]["area"][row]
            assert shown == pytest.approx(indicator.area_ratio, abs=1e-6)
    assert {each["area"][-1] for each in data["series"]} == {None}
    assert [(link["id"], link["verdict"], link["since"], link["hub"]) for link in data["links"]] == [
        (row.info.link_id, row.verdict, row.since, "S0000") for row in snapshot.links
    ]
    assert [site["isolation"] for site in data["sites"]] == [row.isolation for row in snapshot.sites]
    assert data["asOf"] == fleet.TAKEN_AT
    assert data["synthetic"]
    assert data["schematic"]


def test_same_inputs_same_bytes(fleet: ModuleType, boxes: gpd.GeoDataFrame) -> None:
    """A page that did not change is the same file: it can be compared and cached."""
    snapshot = fleet.snapshot_of(boxes, sites=5, links=5, endpoints=5)
    pages = {build_province_map(communes=boxes, summary=None, snapshot=snapshot) for _ in range(2)}
    assert len(pages) == 1


def test_real_province_fits(fleet: ModuleType, real_communes: gpd.GeoDataFrame) -> None:
    """The real boundaries with 345 lines, 342 offices, 239 endpoints stay below 2 MB."""
    snapshot = fleet.snapshot_of(real_communes)
    summary = fleet.summary_of(real_communes, snapshot.sites)
    html = build_province_map(communes=real_communes, summary=summary, snapshot=snapshot)
    assert len(html.encode("utf-8")) < 2_000_000


def test_hub_is_where_the_near_device_stands(fleet: ModuleType, boxes: gpd.GeoDataFrame) -> None:
    """A line starts at its near device's site; where that is not known, at the site of kind province."""
    snapshot = fleet.snapshot_of(boxes, sites=4, links=4, endpoints=0)
    moved = dataclasses.replace(snapshot.devices[0], site_id="S0002")
    data = _data(
        build_province_map(communes=boxes, summary=None, snapshot=dataclasses.replace(snapshot, devices=(moved,)))
    )
    assert {link["hub"] for link in data["links"]} == {"S0002"}
    data = _data(
        build_province_map(communes=boxes, summary=None, snapshot=dataclasses.replace(snapshot, devices=()))
    )
    assert {link["hub"] for link in data["links"]} == {"S0000"}


@pytest.mark.parametrize("position", [(None, 107.0), (21.0, None), (float("nan"), 107.0), (95.0, 107.0)])
def test_positions_that_cannot_be_drawn(
    fleet: ModuleType, boxes: gpd.GeoDataFrame, position: tuple[float | None, float | None]
) -> None:
    """An office without a usable position stays in the data and is not put anywhere."""
    snapshot = fleet.snapshot_of(boxes, sites=2, links=2, endpoints=2)
    info = dataclasses.replace(snapshot.sites[1].info, lat=position[0], lon=position[1])
    sites = (snapshot.sites[0], dataclasses.replace(snapshot.sites[1], info=info))
    data = _data(
        build_province_map(communes=boxes, summary=None, snapshot=dataclasses.replace(snapshot, sites=sites))
    )
    assert [site["position"] is None for site in data["sites"]] == [False, True]


def test_what_does_not_belong_together_is_refused(fleet: ModuleType, boxes: gpd.GeoDataFrame) -> None:
    """A missing column, an unknown language, mixed editions and foreign commune codes are errors with a remedy."""
    snapshot = fleet.snapshot_of(boxes, sites=2, links=2, endpoints=2)
    summary = fleet.summary_of(boxes)
    with pytest.raises(MapError, match=r"lack district.*coverage\.gpkg"):
        build_province_map(communes=boxes.drop(columns="district"), summary=None, snapshot=None)
    with pytest.raises(MapError, match="'fr' is not known: use one of en, vi"):
        build_province_map(communes=boxes, summary=None, snapshot=None, lang="fr")
    other = dataclasses.replace(snapshot, edition="2025-07")
    with pytest.raises(MapError, match=r"edition '2020-01'.*'2025-07'"):
        build_province_map(communes=boxes, summary=summary, snapshot=other)
    foreign = boxes.assign(code=[f"x{code}" for code in boxes.code])
    with pytest.raises(MapError, match="no commune code"):
        build_province_map(communes=foreign, summary=summary, snapshot=None)
