"""Coverage as a raster: levels and classes become polygons along the cells' edges; nothing is guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from phusong.coverage.errors import CoverageError
from phusong.coverage.input.layer_spec import parse_layer_spec
from phusong.coverage.input.layers import Layer, read_layers
from phusong.coverage.projection import EQUAL_AREA, WGS84, reproject

SIDE = 0.01
NORTH_UP = Affine(SIDE, 0, 107.0, 0, -SIDE, 21.2)


@pytest.fixture
def read(tmp_path: Path):
    """Read a raster with these values, rows from the north, as described by flags."""

    def make(values, flags: str, **more: Any) -> dict[float | None, Layer]:
        array = np.atleast_2d(np.asarray(values, dtype=more.pop("dtype", "float32")))
        options = {"crs": "EPSG:4326", "transform": NORTH_UP, "nodata": -9999, **more}
        path = tmp_path / "signal.tif"
        with rasterio.open(
            path, "w", driver="GTiff", count=1, height=array.shape[0], width=array.shape[1], dtype=array.dtype,
            **options,
        ) as raster:  # fmt: skip
            raster.write(array, 1)
        layers = read_layers(parse_layer_spec(f"{path},operator=X,technology=4G,{flags}"))
        assert {layer.source.crs for layer in layers} <= {"WGS 84", "VN-2000 / TM-3 107-45"}
        return {layer.source.min_dbm: layer for layer in layers}

    return make


def boxes(layer: Layer) -> shapely.Geometry:
    """Return the layer's land in WGS 84."""
    return shapely.set_precision(shapely.union_all(reproject(layer.polygons, EQUAL_AREA, WGS84)), 1e-9)


def test_levels(read) -> None:
    """At or above a threshold is covered; nodata and NaN are not; edges are those of the cells."""
    layers = read([[-90, -100, -9999], [-95, np.nan, -120]], "thresholds=-105/-95")
    assert list(layers) == [-95.0, -105.0]
    strong = shapely.box(107.0, 21.18, 107.01, 21.2)
    assert (
        boxes(layers[-95.0]).equals_exact(strong.normalize(), 1e-7)
        or boxes(layers[-95.0]).equals(strong)
        or (shapely.symmetric_difference(boxes(layers[-95.0]), strong).area < 1e-9)
    )
    weak = shapely.union(strong, shapely.box(107.01, 21.19, 107.02, 21.2))
    assert shapely.symmetric_difference(boxes(layers[-105.0]), weak).area < 1e-9


def test_classes(read) -> None:
    """GSMA's classes: 1 strong, 2 variable, 0 nothing; a skipped class is no coverage."""
    layers = read([[1, 2, 0, 3]], "values=1:-95/2:-115/3:skip", dtype="uint8", nodata=None)
    assert {level: round(boxes(layer).area / SIDE**2) for level, layer in layers.items()} == {-95.0: 1, -115.0: 1}
    claimed = read([[1, 2]], "values=1:none/2:none", dtype="uint8", nodata=None)
    assert {level: round(boxes(layer).area / SIDE**2) for level, layer in claimed.items()} == {None: 2}


def test_scaled_integers(read, tmp_path: Path) -> None:
    """Tenths of a dBm with their scale are levels; another CRS has other cells."""
    path = tmp_path / "scaled.tif"
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=1, width=2, dtype="int16", crs="EPSG:5899",
        transform=Affine(1000, 0, 430_000, 0, -1000, 2_330_000),
    ) as raster:  # fmt: skip
        raster.write(np.array([[-950, -1100]], dtype="int16"), 1)
        raster.scales = (0.1,)
    (layer,) = read_layers(parse_layer_spec(f"{path},operator=X,technology=4G,thresholds=-105"))
    assert layer.polygons[0].area == pytest.approx(1e6, rel=1e-3)


@pytest.mark.parametrize(
    ("values", "flags", "more", "message"),
    [
        (
            [[-90.0]],
            "date=2026-01-01",
            {},
            "say what the raster's cells mean, by one of thresholds=-95/-105",
        ),
        ([[200.0]], "thresholds=-95", {}, "has values from 200 to 200, which are no levels in dBm; say what"),
        (
            [[1, 2, 7]],
            "values=1:-95",
            {"dtype": "uint8", "nodata": None},
            r"has 2 values of .* nothing is said .2, 7.",
        ),
        ([[1]], "values=strong:-95", {"dtype": "uint8", "nodata": None}, "the values of a raster are numbers"),
        ([[-120.0]], "thresholds=-95", {}, "no cell near the province is covered; are the thresholds"),
        ([[-90.0]], "thresholds=-95", {"crs": None}, "the CRS is missing"),
        ([[-90.0]], "thresholds=-95", {"transform": Affine(0.01, 0, 2, 0, -0.01, 48)}, "nothing lies in or near"),
        ([[-90.0]], "thresholds=-95", {"transform": Affine(0.01, 0.001, 107, 0, -0.01, 21)}, "is rotated or not"),
    ],
)
def test_bad_rasters(values, flags: str, more, message: str, read) -> None:
    """Each fault is named with the remedy."""
    with pytest.raises(CoverageError, match=message):
        read(values, flags, **more)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            "operator_column=O,technology=4G,thresholds=-95",
            "a raster makes no use of operator_column; leave",
        ),
        ("operator=X,technology=4G,thresholds=-95,values=1:-95", "by one of thresholds=.* or values="),
        ("operator=X,technology=4G,min_dbm=-95", "a raster makes no use of min_dbm; leave it out"),
    ],
)
def test_a_raster_has_no_columns(flags: str, message: str) -> None:
    """What says nothing of a raster is refused before it is opened."""
    with pytest.raises(CoverageError, match=message):
        parse_layer_spec(f"a.tif,{flags}")


def test_a_crs_for_a_raster_without(read) -> None:
    """The user's word counts where the file has none."""
    layers = read([[-90.0]], "thresholds=-95,crs=EPSG:4326", crs=None)
    assert len(layers[-95.0].polygons) == 1
