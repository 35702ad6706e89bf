"""Coverage as a raster: levels and classes become polygons along the cells' edges; nothing is guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from phusong.coverage.errors import CoverageError
from phusong.coverage.input import raster_file
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
        ([[-90.0, np.inf]], "thresholds=-95", {}, "has values from -90 to inf, which are no levels in dBm"),
        (
            [[-90.0, -9999.0]],
            "thresholds=-95",
            {"nodata": None},
            "has values from -9999 .* gdal_edit.py -a_nodata",
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


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=hnp.arrays(
        "float32", st.tuples(st.integers(1, 7), st.integers(1, 5)), elements=st.sampled_from([-90, -120])
    ),
    crs=st.sampled_from([4326, 5899]),
)
def test_strips_leave_no_seam(values: np.ndarray, crs: int, read, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read row by row or as a whole, the land is the same, without a gap or a hole between strips."""
    values[0, 0] = -90
    transform = NORTH_UP if crs == 4326 else Affine(1000, 0, 430_000, 0, -1000, 2_330_000)
    unions = []
    for cells in (1, 1_000):
        monkeypatch.setattr(raster_file, "STRIP_CELLS", cells)
        layers = read(values, "thresholds=-100", crs=f"EPSG:{crs}", transform=transform)
        unions.append(shapely.union_all(layers[-100.0].polygons))
    assert shapely.symmetric_difference(*unions).area < 1e-6 * unions[1].area
    assert len(shapely.get_parts(unions[0])) == len(shapely.get_parts(unions[1]))
    assert sum(map(shapely.get_num_interior_rings, shapely.get_parts(unions[0]))) == sum(
        map(shapely.get_num_interior_rings, shapely.get_parts(unions[1]))
    )


def test_long_edges_are_true_in_another_crs(read) -> None:
    """A straight edge of a raster in VN-2000 is not straight in degrees: its middle lies where the raster says."""
    transform = Affine(1000, 0, 400_000, 0, -1000, 2_330_000)
    layer = read(np.full((2, 130), -90.0), "thresholds=-95", crs="EPSG:5899", transform=transform)[-95.0]
    middle = reproject(np.array([shapely.Point(400_000 + 64_000, 2_330_000)]), "EPSG:5899", EQUAL_AREA)[0]
    assert shapely.distance(shapely.boundary(shapely.union_all(layer.polygons)), middle) < 3


def test_one_band_of_several(tmp_path: Path) -> None:
    """A band is named by its number or its description."""
    path = tmp_path / "bands.tif"
    with rasterio.open(
        path, "w", driver="GTiff", count=2, height=1, width=1, dtype="float32", crs="EPSG:4326", transform=NORTH_UP
    ) as raster:
        raster.write(np.array([[[-90.0]], [[-120.0]]], dtype="float32"))
        raster.descriptions = ("RSRP", "SINR")
    flags = f"{path},operator=X,technology=4G,thresholds=-95"
    for band in ("1", "RSRP"):
        assert len(read_layers(parse_layer_spec(f"{flags},layer={band}"))[0].polygons) == 1
    with pytest.raises(CoverageError, match="no cell near the province is covered"):
        read_layers(parse_layer_spec(f"{flags},layer=SINR"))
    with pytest.raises(
        CoverageError, match=r"has 2 bands; give .* alone, or name one with layer= .1 RSRP, 2 SINR."
    ):
        read_layers(parse_layer_spec(flags))
    with pytest.raises(CoverageError, match=r"has no band '3' .it has 2.; give its number, from 1"):
        read_layers(parse_layer_spec(f"{flags},layer=3"))


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("crs=EPSG:5899", "its CRS is 'WGS 84', but crs= says 'VN-2000 / TM-3 107-45'; correct one of them"),
        ("crs=EPSG:999999", "crs=EPSG:999999: no such CRS; give an EPSG code, e.g. EPSG:5899"),
    ],
)
def test_a_crs_that_contradicts(flags: str, message: str, read) -> None:
    """What the file says well is not overruled."""
    with pytest.raises(CoverageError, match=message):
        read([[-90.0]], f"thresholds=-95,{flags}")


def test_zeros_of_which_nothing_is_said(read) -> None:
    """In a raster of classes 0 is no coverage, and that it was taken so is said."""
    (layer,) = read([[1, 0, 0]], "values=1:-95", dtype="uint8", nodata=None).values()
    assert [repair.what for repair in layer.repairs] == [
        "2 cells have the value 0, of which nothing is said: taken for no coverage"
    ]
    (layer,) = read([[1, 0, 0]], "values=1:-95/0:skip", dtype="uint8", nodata=None).values()
    assert layer.repairs == ()


def test_noise_is_refused(read, monkeypatch: pytest.MonkeyPatch) -> None:
    """More polygons than memory is for."""
    monkeypatch.setattr(raster_file, "MOST_POLYGONS", 3)
    chequered = np.where(np.indices((4, 4)).sum(axis=0) % 2, -90.0, -120.0)
    with pytest.raises(CoverageError, match=r"makes over 3 polygons; remove its noise, e.g. by gdal_sieve.py"):
        read(chequered, "thresholds=-95")


def test_truncated(read, tmp_path: Path) -> None:
    """A GeoTIFF that was cut off is refused, wherever it was cut."""
    values = np.random.default_rng(1).uniform(-120, -80, (300, 200))
    read(values, "thresholds=-95", transform=Affine(0.001, 0, 107, 0, -0.001, 21.2))
    path = tmp_path / "signal.tif"
    content = path.read_bytes()
    for kept in (0.001, 0.5, 0.99):
        path.write_bytes(content[: int(kept * len(content))])
        with pytest.raises(
            CoverageError, match=r"signal.tif: (cannot be read|is no GeoTIFF|does not say where it lies)"
        ):
            read_layers(parse_layer_spec(f"{path},operator=X,technology=4G,thresholds=-95"))
