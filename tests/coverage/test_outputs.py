"""What goes out: the same numbers in every file, texts that stay texts, GeoJSON as the standard has it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import geopandas
import pyogrio
import pytest
import shapely

from phusong.coverage.input.layer_spec import LayerSpec
from phusong.coverage.output import tables
from phusong.coverage.output.tables import Table, csv_text
from phusong.coverage.run import CoverageRequest, compute_coverage
from phusong.coverage.summary import CoverageSummary
from phusong.coverage.synthetic import write_synthetic_layers

HOSTILE = "=HYPERLINK(\"http://x\";1)<script>alert('1')</script>"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[CoverageSummary, Path]:
    folder = tmp_path_factory.mktemp("outputs")
    people = folder / "people.csv"
    people.write_text("lat,lon,people\n21.004,107.137,850\n20.966,107.16,1200\n", encoding="utf-8")
    schools = folder / "schools.csv"
    schools.write_text(f'id,lat,lon\n"{HOSTILE.replace(chr(34), chr(34) * 2)}",21.004,107.137\nb,20.98,107.76\n')
    classes = folder / "classes.csv"
    classes.write_text("commune_code,class\n06649,đảo\n06652,biên giới\n06652,đảo\n", encoding="utf-8")
    broadband = folder / "broadband.csv"
    broadband.write_text("commune_code,connected,units\n06649,80,100\n", encoding="utf-8")
    sites = folder / "sites.csv"
    sites.write_text("site_id,lat,lon\ntown,20.951,107.08\nisland,20.98,107.76\n", encoding="utf-8")
    layers = write_synthetic_layers(folder / "layers")
    hostile = replace(layers[-1], operator=HOSTILE)
    plain = [spec for spec in layers if spec.technology == "4G"][:2]
    request = CoverageRequest(
        (*plain, replace(plain[0], min_dbm=-115.0), _renamed(hostile, folder)), folder / "out", population=people,
        schools=schools, classes=classes, broadband=broadband, sites=sites,
    )  # fmt: skip
    return compute_coverage(request, lambda _line: None), folder / "out"


def _renamed(spec: LayerSpec, folder: Path) -> LayerSpec:
    """Return the layer in a file that does not name its operator."""
    frame = geopandas.read_file(spec.path)[["geometry"]]
    path = folder / "layers" / "hostile.geojson"
    frame.to_file(path, driver="GeoJSON")
    return replace(spec, path=path)


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_tables_have_every_number_of_the_summary(run) -> None:
    """Nothing is left out of the CSV files, and nothing is another number than in coverage.json."""
    summary, folder = run
    communes = _rows(folder, "communes")
    indicators = [(c, i) for c in summary.communes for i in c.indicators]
    assert len(communes) == len(indicators) == 177 * 8
    for row, (commune, indicator) in zip(communes, indicators, strict=True):
        assert (row["commune_code"], row["technology"]) == (commune.code, indicator.technology)
        assert float(row["covered_km2"]) == indicator.covered_km2
        assert float(row["area_ratio"]) == indicator.area_ratio
        assert float(row["population_covered"]) == indicator.population_covered
        assert row["population_ratio"] == (
            "" if indicator.population_ratio is None else f"{indicator.population_ratio:.6f}"
        )
        assert row["classes"].split("|") == list(commune.classes or ("",))
    units = _rows(folder, "units")
    assert len(units) == sum(len(unit.indicators) for unit in summary.units) == (13 + 2 + 1) * 8
    assert {row["level"] for row in units} == {"district", "class", "province"}
    province = [row for row in units if row["level"] == "province"]
    assert {row["population"] for row in province} == {"2050"}
    assert {(row["schools"], row["broadband_connected"], row["broadband_communes"]) for row in province} == {
        ("2", "80", "1")
    }
    fallback = {(row["site_id"], row["covered"]) for row in _rows(folder, "fallback")}
    assert fallback == {("town", "true"), ("island", "false")}
    assert [row["claim"] for row in _rows(folder, "claims")] == [
        "centres_4g", "mobile_2020", "mobile_2024", "broadband_communes",
    ]  # fmt: skip


def test_geometry_has_the_same_numbers(run) -> None:
    """GeoJSON and GeoPackage repeat communes.csv, and name every source."""
    summary, folder = run
    data = json.loads((folder / "coverage.geojson").read_text(encoding="utf-8"))
    rows = tables.communes_table(summary).dictionaries()
    found = [(f["id"], i) for f in data["features"] for i in f["properties"]["indicators"]]
    assert len(found) == len(rows)
    for (code, indicator), row in zip(found, rows, strict=True):
        assert code == row["commune_code"]
        assert indicator == {name: row[name] for name in indicator}
        assert {"area_ratio", "technology", "operator", "centre_covered"} <= indicator.keys()
    hashes = {source["sha256"] for source in data["metadata"]["sources"]}
    assert hashes == {s.sha256 for s in (*summary.layers, *summary.sources)} | {summary.boundaries_sha256}
    communes = geopandas.read_file(folder / "coverage.gpkg", layer="communes")
    by_code = {c.code: c for c in summary.communes}
    for code, share in zip(communes["code"], communes["4g_any_area"], strict=True):
        assert share == [i for i in by_code[code].indicators if i.operator == "any"][-1].area_ratio
    listed = pyogrio.read_dataframe(folder / "coverage.gpkg", layer="sources")
    assert set(listed["sha256"]) == hashes
    assert len(geopandas.read_file(folder / "coverage.gpkg", layer="districts")) == 13


def test_geojson_is_rfc_7946(run) -> None:
    """Longitude first in WGS 84, outer rings anticlockwise, holes clockwise, at most seven decimals."""
    data = json.loads((run[1] / "coverage.geojson").read_text(encoding="utf-8"))
    assert "crs" not in data
    for feature in data["features"]:
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid
        assert 106 < shape.bounds[0] < shape.bounds[2] < 109
        for polygon in shapely.get_parts(shape):
            assert polygon.exterior.is_ccw
            assert not any(hole.is_ccw for hole in polygon.interiors)
    numbers = json.dumps(data["features"][0]["geometry"]["coordinates"]).replace("[", "").replace("]", "")
    assert max(len(number.strip().partition(".")[2]) for number in numbers.split(",")) <= 7


def test_texts_stay_texts(run) -> None:
    """A spreadsheet computes no operator and no id."""
    folder = run[1]
    operators = {row["operator"] for row in _rows(folder, "communes")}
    assert f"'{HOSTILE}" in operators
    for name in ("communes", "units", "fallback", "sources", "repairs", "claims", "sdg_9c1"):
        for row in _rows(folder, name):
            for column, text in row.items():
                assert not text.startswith(("=", "+", "@")), (name, column, text)
                assert not text.startswith("-") or float(text) < 0, (name, column, text)


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("population", 8505.0, "8505"),
        ("population", 8505.25, "8505.2"),
        ("population", None, ""),
        ("min_dbm", -105.0, "-105"),
        ("area_ratio", 1, "1.000000"),
        ("centre_covered", True, "true"),
        ("operator", "-1+2", "'-1+2"),
        ("operator", "A", "A"),
        ("communes", 177, "177"),
    ],
)
def test_how_values_are_written(column: str, value: tables.Value, text: str) -> None:
    """Whole numbers stay whole, levels and ratios have their digits, unknown is empty."""
    assert csv_text(column, value) == text


def test_rows_by_column() -> None:
    """A table gives its rows by the names of its columns."""
    assert Table("t", ("a", "b"), ((1, None),)).dictionaries() == [{"a": 1, "b": None}]
