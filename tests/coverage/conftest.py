"""Fixtures of the coverage tests: an edition, its schematic boundaries, and a writer of small vector files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely

from phusong.coverage.editions import Edition, load_edition
from phusong.coverage.input.boundaries import Boundaries
from phusong.coverage.input.layers import Layer
from phusong.coverage.input.schematic import draw_schematic
from phusong.coverage.projection import reproject
from phusong.coverage.summary import LayerSource

DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile", ".fgb": "FlatGeobuf"}

WriteVectors = Callable[..., Path]
MakeLayer = Callable[..., Layer]


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """``../shared/geo``: real boundaries under licences of their own, never part of the project."""
    folder = Path(__file__).parents[2].parent / "shared" / "geo"
    if not folder.is_dir():
        pytest.skip("../shared is absent: no real boundaries to test with")
    return folder


@pytest.fixture(scope="session")
def edition() -> Edition:
    return load_edition("2020-01")


@pytest.fixture(scope="session")
def schematic(edition: Edition) -> Boundaries:
    return draw_schematic(edition)


@pytest.fixture
def write_vectors(tmp_path: Path) -> WriteVectors:
    """Write geometries (in WGS 84 degrees unless ``crs`` says otherwise) to a file of the kind of its name."""

    def write(
        name: str,
        geometries: Sequence[shapely.Geometry | None],
        columns: Mapping[str, Sequence[Any]] | None = None,
        crs: str | None = "EPSG:4326",
        layer: str | None = None,
        mode: str = "w",
    ) -> Path:
        path = tmp_path / name
        frame = geopandas.GeoDataFrame(columns or {"id": range(len(geometries))}, geometry=list(geometries))
        options = {"layer": layer} if layer else {}
        if crs is not None:
            frame = frame.set_crs(crs)
        frame.to_file(path, driver=DRIVERS[path.suffix], engine="pyogrio", mode=mode, **options)
        return path

    return write


@pytest.fixture
def make_layer() -> MakeLayer:
    """Return a layer made of polygons in WGS 84 degrees, without a file."""

    def make(
        polygons: Sequence[shapely.Geometry],
        operator: str = "A",
        technology: str = "4G",
        min_dbm: float | None = -105.0,
    ) -> Layer:
        source = LayerSource("test", "", operator, technology, min_dbm, "")
        array = np.array([*polygons, None], dtype=object)[:-1]
        return Layer(source, reproject(array, "EPSG:4326"), synthetic=False, repairs=())

    return make
