"""The map of offices, coloured by the state of their lines and the coverage of their points.

The background comes from Grafana itself (``public/maps/countries.geojson``), so that the map works in a network
without internet; docs/grafana.md says how to use a tile server or better boundaries instead.
"""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import common, geomap
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.geomap import MapCenterID

from phusong.exporters.grafana import states
from phusong.exporters.grafana.panels import framed
from phusong.exporters.grafana.queries import CHOSEN_SITES, place, rows
from phusong.exporters.grafana.words import Words
from phusong.exporters.snapshot import Isolation

STATES: Final = (
    Isolation.CONNECTED,
    Isolation.UNKNOWN,
    Isolation.AT_RISK,
    Isolation.ON_FALLBACK,
    Isolation.ISOLATED,
)
"""From the best to the worst, as the map colours them."""
BACKGROUND: Final = "public/maps/countries.geojson"


def sites_map(words: Words, *, width: int, height: int) -> geomap.Panel:
    """Return the map: three queries joined by site into position, state and name."""
    say = words.say
    latitude, longitude, state = say("Latitude"), say("Longitude"), say("State")
    queries = [
        rows(f"max by (site) (site_latitude_degrees and on (site) {CHOSEN_SITES})"),
        rows(f"max by (site) (site_longitude_degrees and on (site) {CHOSEN_SITES})"),
        rows(
            f"{place('site_state', 'state', STATES, 'site')} "
            f"* on (site) group_left (name, district) max by (site, name, district) ({CHOSEN_SITES})"
        ),
    ]
    panel = framed(
        geomap.Panel(),
        say("Offices on the map"),
        say("Offices by the state of their lines and the mobile coverage of their point; worst colours last."),
        queries,
        width=width,
        height=height,
    )
    panel.with_transformation(dashboard.DataTransformerConfig("merge", options={}))
    renamed = {
        "site": say("Office"),
        "name": say("Name"),
        "district": say("District"),
        "Value #A": latitude,
        "Value #B": longitude,
        "Value #C": state,
    }
    panel.with_transformation(
        dashboard.DataTransformerConfig(
            "organize", options={"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": renamed}
        )
    )
    levels = ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(states.thresholds(STATES))
    panel.override_by_name(
        state,
        [
            dashboard.DynamicConfigValue("mappings", [states.by_place(words, STATES)]),
            dashboard.DynamicConfigValue("thresholds", levels.build()),
            dashboard.DynamicConfigValue("color", {"mode": "thresholds"}),
        ],
    )
    layer = "offices"
    panel.view(geomap.MapViewConfig().id(MapCenterID.FIT).layer(layer).all_layers(False).padding(8).zoom(12))
    panel.basemap(common.MapLayerOptions().type("geojson").name("background").config(_background()))
    panel.layers([_marks(layer, latitude, longitude, state)])
    return panel.controls(geomap.ControlsOptions().show_zoom(True).show_scale(True).mouse_wheel_zoom(False))


def _background() -> dict[str, object]:
    style = {
        "color": {"fixed": "#7a8a99"},
        "opacity": 0.25,
        "lineWidth": 1,
        "size": {"fixed": 1, "min": 1, "max": 1},
    }
    return {"src": BACKGROUND, "rules": [], "style": style}


def _marks(name: str, latitude: str, longitude: str, state: str) -> common.MapLayerOptions:
    style = {
        "color": {"field": state, "fixed": "#6e6e6e"},
        "opacity": 0.9,
        "size": {"fixed": 5, "min": 3, "max": 9},
        "symbol": {"fixed": "img/icons/marker/circle.svg", "mode": "fixed"},
    }
    where = common.FrameGeometrySource().mode(looks.FrameGeometrySourceMode.COORDS)
    where.latitude(latitude).longitude(longitude)
    layer = common.MapLayerOptions().type("markers").name(name).location(where).tooltip(True)
    return layer.config({"showLegend": True, "style": style})
