"""The land that maps show around the province: Viet Nam and China, generalised, in the public domain.

For drawing only. Nothing is measured on it; what the schematic communes stand on is read by ``schematic``.
"""

from __future__ import annotations

import json
from importlib.resources import files

import geopandas

from phusong.coverage.projection import WGS84

_FILE = "neighbours_natural_earth_10m.geojson"


def read_neighbours() -> geopandas.GeoDataFrame:
    """Return the land of Viet Nam and China between 105.9 and 109.0 E, 20.2 and 22.2 N, as two rows in WGS 84.

    Columns: ``country`` (English), ``iso_n3`` (ISO 3166-1 numeric), ``name`` (Vietnamese) and ``geometry``. Where
    it is from stands in ``data/SOURCES.md``.
    """
    text = (files("phusong.coverage") / "data" / _FILE).read_text(encoding="utf-8")
    frame = geopandas.GeoDataFrame.from_features(json.loads(text)["features"], crs=WGS84)
    return frame[["country", "iso_n3", "name", "geometry"]]
