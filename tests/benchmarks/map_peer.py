"""The province's map as people draw it: with folium's own layers and markers, and with plain Leaflet.

The folium page is saved and measured only: it needs a dozen addresses to be drawn. The plain Leaflet page has
Leaflet inside and one marker or line with a popup per object, so that it can be opened with the network cut.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import folium

from phusong.maps.text import script_json

if TYPE_CHECKING:
    import geopandas as gpd

    from phusong.coverage.summary import CoverageSummary
    from phusong.exporters.snapshot import Snapshot

TECHNOLOGIES = ("2G", "3G", "4G", "5G")


def folium_page(communes: gpd.GeoDataFrame, summary: CoverageSummary, snapshot: Snapshot, path: Path) -> None:
    """Save the province with a choropleth per technology, and a popup and a tooltip on every marker and line."""
    page = folium.Map(location=(21.1, 107.3), zoom_start=9)
    shapes = json.loads(communes[["code", "name", "geometry"]].to_json())
    for technology in TECHNOLOGIES:
        ratios = {
            commune.code: each.area_ratio
            for commune in summary.communes
            for each in commune.indicators
            if (each.technology, each.operator) == (technology, "any")
        }
        folium.Choropleth(shapes, data=ratios, key_on="feature.properties.code", name=technology).add_to(page)
    places = {row.info.site_id: (row.info.lat or 0.0, row.info.lon or 0.0) for row in snapshot.sites}
    hub = next(iter(places.values()))
    for site in snapshot.sites:
        folium.Marker(
            places[site.info.site_id],
            popup=f"<b>{site.info.name}</b><br>{site.isolation}",
            tooltip=site.info.name,
            icon=folium.Icon(color="green"),
        ).add_to(page)
    for link in snapshot.links:
        folium.PolyLine(  # type: ignore[no-untyped-call]  # folium's PolyLine has no annotations
            [hub, places[link.info.site_id]],
            popup=f"<b>{link.info.link_id}</b><br>{link.verdict}",
            tooltip=link.info.link_id,
        ).add_to(page)
    for endpoint in snapshot.endpoints:
        folium.Marker(
            places[endpoint.info.site_id],
            popup=f"<b>{endpoint.info.name}</b><br>{endpoint.verdict}",
            tooltip=endpoint.info.name,
            icon=folium.Icon(color="blue"),
        ).add_to(page)
    folium.LayerControl().add_to(page)
    page.save(path)


def leaflet_page(communes: gpd.GeoDataFrame, snapshot: Snapshot, path: Path) -> None:
    """Write a plain Leaflet page of communes, lines, offices and endpoints that needs no network."""
    assets = resources.files("phusong.maps") / "assets"
    places = {row.info.site_id: [row.info.lat, row.info.lon] for row in snapshot.sites}
    data = {
        "communes": json.loads(communes[["name", "geometry"]].to_json()),
        "hub": next(iter(places.values())),
        "links": [[row.info.link_id, row.verdict.value, places[row.info.site_id]] for row in snapshot.links],
        "marks": [
            *([row.info.name, row.isolation.value, places[row.info.site_id]] for row in snapshot.sites),
            *([row.info.name, row.verdict.value, places[row.info.site_id]] for row in snapshot.endpoints),
        ],
    }
    script = """
        const data = JSON.parse(document.getElementById("data").textContent);
        const map = L.map("map").setView([21.1, 107.3], 9);
        L.geoJSON(data.communes, { onEachFeature: (f, layer) => layer.bindPopup(f.properties.name) }).addTo(map);
        for (const [id, verdict, at] of data.links) {
          L.polyline([data.hub, at]).bindPopup(id + "<br>" + verdict).addTo(map);
        }
        const icon = L.divIcon({ className: "mark", iconSize: [10, 10] });
        for (const [name, state, at] of data.marks) {
          L.marker(at, { icon }).bindPopup("<b>" + name + "</b><br>" + state).bindTooltip(name).addTo(map);
        }
        document.documentElement.dataset.drawn = "true";
    """
    path.write_text(
        f"<!doctype html><meta charset=utf-8><style>{(assets / 'leaflet.css').read_text(encoding='utf-8')}"
        "html, body, #map { height: 100%; margin: 0 } .mark { background: green }</style><div id=map></div>"
        f"<script>{(assets / 'leaflet.js').read_text(encoding='utf-8')}</script>"
        f'<script type="application/json" id="data">{script_json(data)}</script><script>{script}</script>',
        encoding="utf-8",
    )
