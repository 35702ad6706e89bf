"""Layers: the text of --layer, and layers that contradict it."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from phusong.coverage.errors import LayerError, LayerSpecError
from phusong.coverage.input.layer_spec import LayerSpec, parse_layer_spec
from phusong.coverage.input.layers import check_layers, read_layers

SQUARE = shapely.box(107.0, 21.0, 107.1, 21.1)
FAR_AWAY = shapely.box(105.0, 10.0, 105.1, 10.1)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("a.gpkg,operator=X,technology=4G", LayerSpec(Path("a.gpkg"), "X", "4G", None, "")),
        (
            "d/a.gpkg, operator=Mạng A, technology=5g, min_dbm=-110.5, date=2026-06-30",
            LayerSpec(Path("d/a.gpkg"), "Mạng A", "5G", -110.5, "2026-06-30"),
        ),
        ("a,b.gpkg,technology=2G,operator=X, Y", LayerSpec(Path("a,b.gpkg"), "X, Y", "2G", None, "")),
    ],
)
def test_good_specs(text: str, spec: LayerSpec) -> None:
    """Keys come in any order, technologies in any case; file and operator may contain commas."""
    assert parse_layer_spec(text) == spec


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.gpkg", "operator and technology missing"),
        ("a.gpkg,operator=X", "technology missing"),
        ("operator=X,technology=4G", "the file is missing"),
        (",operator=X,technology=4G", "the file is missing"),
        ("a.gpkg,operator=X,technology=LTE", "technology 'LTE' is none of 2G, 3G, 4G, 5G"),
        ("a.gpkg,operator=X,technology=4G,min_dBm=-105", "'min_dBm' is not known"),
        ("a.gpkg,operator=X,technology=4G,min_dbm=105", "must be from -150 to below 0, e.g. -105"),
        ("a.gpkg,operator=X,technology=4G,min_dbm=-105dBm", "min_dbm '-105dBm' is no number"),
        ("a.gpkg,operator=X,technology=4G,min_dbm=nan", "must be from -150"),
        (
            "a.gpkg,operator=X,technology=4G,date=30/6/2026",
            "date '30/6/2026' is none that we read",
        ),
        ("a.gpkg,operator=X,operator=Y,technology=4G", "operator is given twice"),
        ("a.gpkg,operator=,technology=4G", "operator is empty"),
        ("a.gpkg,operator=any,technology=4G", "cannot be called 'any'"),
        ("a.gpkg,operator=Max,technology=4G", "cannot be called 'Max'"),
        ("a.gpkg,operator=X\x07,technology=4G", "control character"),
    ],
)
def test_bad_specs(text: str, message: str) -> None:
    """Each wrong option is quoted with what is wrong and the form to write."""
    with pytest.raises(LayerSpecError, match=message) as caught:
        parse_layer_spec(text)
    assert str(caught.value).startswith(f"--layer {text}: ")
    assert str(caught.value).endswith("write FILE,operator=NAME,technology=4G[,min_dbm=-105][,date=2026-06-30]")


def test_no_layer_and_double_layers_are_refused(tmp_path: Path) -> None:
    """Without layers there is nothing to measure; the same layer twice is a mistake, as is a missing one."""
    with pytest.raises(LayerSpecError, match="no coverage layer is given; add --layer"):
        check_layers([])
    (tmp_path / "a.gpkg").touch()
    spec = parse_layer_spec(f"{tmp_path / 'a.gpkg'},operator=X,technology=4G")
    with pytest.raises(LayerSpecError, match="given twice for X 4G; remove one"):
        check_layers([spec, spec])
    with pytest.raises(LayerError, match=r"none.gpkg: no such file; check the path"):
        check_layers([parse_layer_spec(f"{tmp_path / 'none.gpkg'},operator=X,technology=4G")])


@pytest.mark.parametrize(("column", "value"), [("operator", "Y"), ("technology", "3G"), ("OPERATOR", "Y")])
def test_a_file_that_says_otherwise_is_refused(column: str, value: str, write_vectors) -> None:
    """A file whose own attribute names another operator or technology was mixed up."""
    told = {"operator": "X", "technology": "4G"}
    path = write_vectors("a.gpkg", [SQUARE, SQUARE.buffer(0.1)], {column: [told[column.lower()].lower(), value]})
    with pytest.raises(LayerError, match=f"feature 2: {column.lower()} is {value!r}, but --layer says"):
        read_layers(LayerSpec(path, "X", "4G", None, ""))


def test_polygons_elsewhere_are_left_out(write_vectors) -> None:
    """Of a national layer only the polygons near the province are kept, and none is an error."""
    (layer,) = read_layers(LayerSpec(write_vectors("a.gpkg", [SQUARE, FAR_AWAY]), "X", "4G", None, ""))
    assert len(layer.polygons) == 1
    elsewhere = [FAR_AWAY, shapely.box(109, 21, 110, 21.2), shapely.box(107, 19, 108, 20)]
    with pytest.raises(LayerError, match="no polygon lies in or near the province"):
        read_layers(LayerSpec(write_vectors("b.gpkg", elsewhere), "X", "4G", None, ""))


@pytest.mark.parametrize(
    ("columns", "synthetic"), [({"synthetic": [1]}, True), ({"synthetic": [0]}, False), ({}, False)]
)
def test_synthetic_layers_say_so(columns: dict[str, list[int]], synthetic: bool, write_vectors) -> None:
    """The mark of made-up layers is read from the file itself."""
    (layer,) = read_layers(LayerSpec(write_vectors("a.gpkg", [SQUARE], columns), "X", "4G", None, ""))
    assert layer.synthetic is synthetic
