"""Attributes that say what differs between features, by flags and by YAML, and every way to say it wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from phusong.coverage.errors import LayerError, LayerSpecError
from phusong.coverage.input.layer_list import read_layer_list
from phusong.coverage.input.layer_spec import Columns, LayerSpec, parse_layer_spec
from phusong.coverage.input.layers import read_layers

SQUARES = [shapely.box(107 + 0.01 * n, 21.0, 107.005 + 0.01 * n, 21.005) for n in range(5)]
MESSY = {
    "NHA_MANG": ["VTL", "VTL", "VNP", "vtl", "VNP"],
    "CN": ["LTE", "LTE", "LTE", "3g", "LTE"],
    "LOAI": ["strong", "weak", "Strong", "weak", "none"],
    "RSRP": [-90.0, -101.5, -105.0, -114.9, -130.0],
    "NGAY": ["2026-06-30", "2026-06-30", "2026-05-31", "2026-06-30", "2026-05-31"],
}


def found(spec: LayerSpec) -> list[tuple[str, str, float | None, str, int]]:
    return [
        (each.source.operator, each.source.technology, each.source.min_dbm, each.source.date, len(each.polygons))
        for each in read_layers(spec)
    ]


@pytest.fixture
def messy(write_vectors) -> Path:
    return write_vectors("messy.gpkg", SQUARES, MESSY)


@pytest.fixture
def layer_list(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "layers.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_columns_by_yaml(messy: Path, layer_list) -> None:
    """Operator, technology, class and date of each feature, translated; 'skip' leaves features out."""
    (spec,) = read_layer_list(
        layer_list(
            "layers:\n"
            f"  - file: {messy.name}\n"
            "    operator_column: nha_mang\n"
            "    operators: {VTL: Viettel, VNP: VinaPhone}\n"
            "    technology_column: CN\n"
            "    technologies: {LTE: 4G}\n"
            "    class_column: LOAI\n"
            "    values: {strong: -95, weak: -115, none: skip}\n"
            "    date_column: NGAY\n"
        )
    )
    assert found(spec) == [
        ("Viettel", "3G", -115.0, "2026-06-30", 1),
        ("Viettel", "4G", -95.0, "2026-06-30", 1),
        ("Viettel", "4G", -115.0, "2026-06-30", 1),
        ("VinaPhone", "4G", -95.0, "2026-05-31", 1),
    ]
    assert {each.source.crs for each in read_layers(spec)} == {"WGS 84"}


def test_levels_by_flags(messy: Path) -> None:
    """A level belongs to the strongest threshold that it reaches; one below all of them is left out."""
    spec = parse_layer_spec(
        f"{messy},operator=X,technology_column=CN,technologies=LTE:4G,dbm_column=RSRP,thresholds=-105/-95"
    )
    assert spec.columns == Columns(technology="CN", dbm="RSRP")
    assert found(spec) == [("X", "4G", -95.0, "", 1), ("X", "4G", -105.0, "", 2)]


def test_levels_as_they_are(messy: Path) -> None:
    """A column of a few levels makes a class of each."""
    spec = parse_layer_spec(f"{messy},operator=X,technology=4G,dbm_column=RSRP")
    assert [level for _, _, level, _, _ in found(spec)] == [-90.0, -101.5, -105.0, -114.9, -130.0]


def test_several_files_of_one_operator(write_vectors, layer_list) -> None:
    """Paths are relative to the list; the same operator may have any number of files."""
    for name in ("a.gpkg", "b.geojson"):
        write_vectors(name, SQUARES[:1])
    text = "layers:\n" + "".join(
        f"  - {{file: {name}, operator: X, technology: 4G}}\n" for name in ("a.gpkg", "b.geojson")
    )
    assert [spec.path.name for spec in read_layer_list(layer_list(text))] == ["a.gpkg", "b.geojson"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("operator_column=NHAMANG,technology=4G", "has no column 'NHAMANG'; did you mean 'NHA_MANG'"),
        ("operator_column=zzz,technology=4G", "has no column 'zzz'; the file has NHA_MANG, CN, LOAI"),
        (
            "operator=X,technology_column=CN",
            "features 1, 2, 3, 5: CN: technology 'LTE' is none of 2G, .*\n.*say what these values mean, or 'skip'",
        ),
        (
            "operator=X,technology=4G,dbm_column=LOAI",
            "feature 1: LOAI: level 'strong' is no number .*\n  features 2, 4: LOAI: level 'weak' is no number",
        ),
        (
            "operator=X,technology=4G,class_column=LOAI,values=strong:-95",
            "features 2, 4: LOAI: class 'weak' is none of strong",
        ),
        ("operator=X,technology=4G,date_column=CN", "features 1, 2, 3, 5: CN: date 'LTE' is none that we read"),
        ("operator=X,technology=4G,dbm_column=RSRP,thresholds=-50", "every feature near the province is skipped"),
    ],
)
def test_values_that_mean_nothing(flags: str, message: str, messy: Path) -> None:
    """Nothing is dropped in silence: the features and their values are named."""
    with pytest.raises(LayerError, match=message):
        read_layers(parse_layer_spec(f"{messy},{flags}"))


def test_what_is_skipped_need_not_mean_anything(write_vectors, layer_list) -> None:
    """A feature that is left out may have any operator, an empty class is ``null``; what is kept may not."""
    columns = {"op": ["V", "?", ""], "class": ["strong", "no", None]}
    write_vectors("a.gpkg", SQUARES[:3], columns)
    text = (
        "layers:\n  - {file: a.gpkg, operator_column: op, operators: {V: Viettel}, technology: 4G,"
        " class_column: class, values: {strong: -95, no: skip, null: %s}}\n"
    )
    (spec,) = read_layer_list(layer_list(text % "skip"))
    assert found(spec) == [("Viettel", "4G", -95.0, "", 1)]
    (spec,) = read_layer_list(layer_list(text % "-115"))
    with pytest.raises(LayerError, match=r"a.gpkg: feature 3: op: the operator is empty"):
        read_layers(spec)


def test_too_many_levels(write_vectors) -> None:
    """A column of measured levels needs thresholds."""
    squares = [shapely.box(107 + 0.01 * n, 21.0, 107.005 + 0.01 * n, 21.005) for n in range(30)]
    path = write_vectors("a.gpkg", squares, {"dbm": [-90.0 - n / 10 for n in range(30)]})
    with pytest.raises(LayerError, match=r"dbm has over 20 levels; say which classes they make"):
        read_layers(parse_layer_spec(f"{path},operator=X,technology=4G,dbm_column=dbm"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("operator=X,operator_column=O,technology=4G", "operator and operator_column are both given; keep one"),
        (
            "operator=X,technology=4G,min_dbm=-95,dbm_column=L",
            "of min_dbm, dbm_column and class_column one is enough",
        ),
        ("operator=X,technology=4G,class_column=L", "class_column needs values, e.g. values=strong:-95"),
        ("operator=X,technology=4G,thresholds=-95/-95", "a threshold is given twice"),
        ("operator=X,technology=4G,thresholds=95", "must be from -150 to below 0"),
        ("operator=X,technology=4G,values=1", "values must be pairs, e.g. values=1:-95/2:-115"),
        ("operator=X,technology=4G,values=a:-95/A:-90", "values: a word is there twice"),
        ("technology=4G,operator_column=O,operators=V:any", "cannot be called 'any'"),
        ("operator=X,technology_column=T,technologies=LTE:6G", "technology '6G' is none of"),
        ("operator=X,technology=4G,radius_km=5", "a file of polygons makes no use of radius_km; leave it out"),
        (
            "operator=X,technology=4G,thresholds=-95",
            "thresholds is of use with dbm_column only; add that",
        ),
        ("operator=X,technology=4G,values=a:-95", "values is of use with class_column only"),
        ("operator=X,technology=4G,operators=V:X", "operators is of use with operator_column only"),
        ("operator=X,technology=4G,technologies=L:4G", "technologies is of use with technology_column only"),
        ("operator=X,technology=4G,dbm_column=D,min_dbm=-95", "of min_dbm, dbm_column and class_column one"),
        ("operator=X,technology=4G,radius_km=0", "radius_km 0 must be above 0 and at most 100"),
    ],
)
def test_bad_flags(text: str, message: str) -> None:
    """What contradicts itself is refused before any file is opened."""
    with pytest.raises(LayerSpecError, match=message):
        parse_layer_spec(f"a.gpkg,{text}")


GOOD = "layers:\n  - {file: a.gpkg, operator: X, technology: 4G}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"layers.yaml:1: must have one key, 'layers', with a list"),
        ("layers: []\n", r"layers.yaml:1: the list of layers is empty"),
        ("layers: 5\n", r"layers.yaml:1: must have one key"),
        (GOOD + "more: 1\n", r"layers.yaml:1: must have one key"),
        (GOOD + "  - {operator: X, technology: 4G}\n", r"layers.yaml:3: file is missing"),
        (GOOD + "  - a.gpkg\n", r"layers.yaml:3: a layer must have keys: file, operator, technology"),
        (GOOD + "  - {file: b.gpkg, operator: X}\n", r"layers.yaml:3: technology missing"),
        (GOOD + "  - {file: b.gpkg, operator: X, technology: 4G, dBm: 1}\n", r"layers.yaml:3: 'dBm' is not known"),
        (GOOD + "  - {file: b.gpkg, operator: , technology: 4G}\n", r"layers.yaml:3: operator is empty"),
        (GOOD + "  - {file: b.gpkg, operator: [X], technology: 4G}\n", r"layers.yaml:3: operator is a list"),
        (GOOD + "  - {file: b, operator: X, operator: Y}\n", r"layers.yaml:3: found duplicate key"),
        (GOOD + "  - {file: b.gpkg\n", r"layers.yaml:\d: "),
        ("layers:\n  - &a {file: a.gpkg}\n  - *a\n", r"layers.yaml:3: has an alias .*; write the values out"),
        ("layers:\n  - {file: a, operator: !x Y}\n", r"layers.yaml:2: has a tag .*; write the values out"),
        ("layers: " + "[" * 500_000, r"layers.yaml:1: is nested too deeply; is it a list of layers?"),
        (GOOD + "  - {file: b.gpkg, operator: X}\n  - {file: c}\n", r"layers.yaml:3: .*\n.*layers.yaml:4: "),
    ],
)
def test_bad_lists(text: str, message: str, layer_list) -> None:
    """Each fault is named with its line, all layers at once."""
    with pytest.raises(LayerSpecError, match=message):
        read_layer_list(layer_list(text))


def test_lists_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, other letters, and something huge."""
    with pytest.raises(LayerSpecError, match=r"none.yaml: cannot be read"):
        read_layer_list(tmp_path / "none.yaml")
    (tmp_path / "a.yaml").write_bytes("layers: Hạ".encode("utf-16"))
    with pytest.raises(LayerSpecError, match=r"a.yaml: is not UTF-8 .byte 1."):
        read_layer_list(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(LayerSpecError, match=r"b.yaml: is larger than 1 MB"):
        read_layer_list(tmp_path / "b.yaml")
