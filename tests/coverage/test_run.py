"""A whole run, files to files: what is written, the same bytes every time, and nothing after an error."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from pathlib import Path

import geopandas
import pytest
import shapely

from phusong.coverage.errors import CoverageError, VectorFileError
from phusong.coverage.input.layer_spec import LayerSpec
from phusong.coverage.output.tables import COMMUNE_COLUMNS, REPAIR_COLUMNS
from phusong.coverage.run import CoverageRequest, compute_coverage
from phusong.coverage.summary import CoverageSummary, read_summary
from phusong.coverage.synthetic import write_synthetic_layers

GOLDEN = Path(__file__).parent / "golden" / "communes.csv"
FILES = [
    "claims.csv", "communes.csv", "coverage.geojson", "coverage.gpkg", "coverage.json", "fallback.csv",
    "repairs.csv", "sdg_9c1.csv", "sources.csv", "units.csv",
]  # fmt: skip


@pytest.fixture(scope="module")
def demo(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[CoverageSummary, Path, list[str], tuple[LayerSpec, ...]]:
    out = tmp_path_factory.mktemp("demo")
    sites = out / "sites.csv"
    sites.write_text("site_id,lat,lon\ntown,20.951,107.08\nisland,20.98,107.76\n", encoding="utf-8")
    told: list[str] = []
    specs = write_synthetic_layers(out / "layers")
    return compute_coverage(CoverageRequest(specs, out / "result", sites=sites), told.append), out, told, specs


def silent(_line: str) -> None:
    """Tell nobody."""


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_files_are_there_and_no_scratch(demo) -> None:
    """All files are written and nothing half-done stays beside them."""
    assert sorted(path.name for path in (demo[1] / "result").iterdir()) == FILES


def test_communes_csv(demo) -> None:
    """The columns are those of the design; each of 177 communes has every operator, any and max per technology."""
    with (demo[1] / "result/communes.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert tuple(rows[0]) == COMMUNE_COLUMNS
    four = [row for row in rows if row["technology"] == "4G"]
    assert len(four) == 177 * 5
    assert {row["operator"] for row in four} == {"Synthetic A", "Synthetic B", "Synthetic C", "any", "max"}
    assert {(row["edition"], row["min_dbm"]) for row in four} == {("2020-01", "-105")}
    assert all(row["population_ratio"] == row["area_ratio"] for row in four)
    assert [row["commune_code"] for row in rows] == sorted(row["commune_code"] for row in rows)


def test_coverage_json_is_the_contract(demo) -> None:
    """The agent reads back what was computed; schematic and synthetic are said, sites are joined."""
    summary, out, _, _ = demo
    assert read_summary(out / "result/coverage.json") == summary
    assert (summary.schematic, summary.synthetic, summary.boundaries_file) == (True, True, "schematic")
    assert len(summary.layers) == 11
    four = {site.site_id: site.operators for site in summary.sites if site.technology == "4G"}
    assert four == {"town": ("Synthetic A", "Synthetic B", "Synthetic C"), "island": ()}


def test_geopackage(demo) -> None:
    """Communes and merged coverage are there in WGS 84 with their names."""
    path = demo[1] / "result/coverage.gpkg"
    communes = geopandas.read_file(path, layer="communes")
    coverage = geopandas.read_file(path, layer="coverage")
    assert (len(communes), communes.crs.to_epsg()) == (177, 4326)
    assert communes["name"][0] == "Phường Hà Khánh"
    assert communes.geometry.is_valid.all()
    assert {("4G", "any"), ("5G", "Synthetic A")} <= set(
        zip(coverage["technology"], coverage["operator"], strict=True)
    )
    assert len(coverage) == 15


def test_repairs_csv(demo) -> None:
    """Every repair names its layer and feature and how much moved."""
    with (demo[1] / "result/repairs.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert tuple(rows[0]) == REPAIR_COLUMNS
    assert {row["layer"] for row in rows} == {layer.file for layer in demo[0].layers}
    assert all(float(row["km2"]) >= 0 and row["feature"] for row in rows)


def test_progress_is_told(demo) -> None:
    """Each layer is announced by number and name."""
    assert "reading layer 11 of 11: synthetic_c_4g.gpkg" in demo[2]


def test_again_is_the_same_bytes(demo, tmp_path: Path) -> None:
    """The same input gives the same bytes in all files, also in place of an older result."""
    _, out, _, layers = demo
    for name in FILES:
        (tmp_path / name).write_text("of last year")
    compute_coverage(CoverageRequest(layers, tmp_path, sites=out / "sites.csv"), silent)
    assert _digests(tmp_path) == _digests(out / "result")


def test_golden_communes_csv(write_vectors, tmp_path: Path) -> None:
    """Order and number formats of communes.csv are fixed: it begins with the golden file, byte for byte."""
    disc = shapely.Point(107.137, 21.004).buffer(0.03)
    path = write_vectors("x.geojson", [disc])
    layers = (LayerSpec(path, "X", "4G", -105.0, "2026-06-30"), LayerSpec(path, "Y", "3G", None, ""))
    compute_coverage(CoverageRequest(layers, tmp_path), silent)
    written = (tmp_path / "communes.csv").read_bytes()
    golden = GOLDEN.read_bytes()
    assert written[: len(golden)] == golden


def test_each_row_names_its_layers(write_vectors, tmp_path: Path) -> None:
    """Of the operator, or of all; a level stands on the layers of that level and on stronger ones."""
    disc = shapely.Point(107.137, 21.004).buffer(0.03)
    layers = (
        LayerSpec(write_vectors("x.geojson", [disc]), "X", "4G", -105.0, "2026-06-30"),
        LayerSpec(write_vectors("y.geojson", [disc]), "Y", "4G", -95.0, "2026-03-31"),
        LayerSpec(write_vectors("z.geojson", [disc]), "Y", "3G", None, ""),
    )
    compute_coverage(CoverageRequest(layers, tmp_path / "out"), silent)
    with (tmp_path / "out" / "communes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {(r["technology"], r["operator"], r["min_dbm"]): (r["layer_dates"], r["layer_files"]) for r in rows}
    assert found["4G", "X", "-105"] == ("2026-06-30", "x.geojson")
    assert found["4G", "Y", "-95"] == ("2026-03-31", "y.geojson")
    assert found["4G", "any", "-95"] == ("2026-03-31", "y.geojson")
    assert found["4G", "any", "-105"] == ("2026-03-31|2026-06-30", "x.geojson|y.geojson")
    assert found["3G", "any", ""] == ("", "z.geojson")


def test_real_boundaries(reference_data: Path, demo, tmp_path: Path) -> None:
    """On the real communes the run matches all 177 and lists their overlaps and gaps among the repairs."""
    layers = demo[3][:3]
    file = reference_data / "quangninh_communes_gadm41_177.geojson"
    summary = compute_coverage(CoverageRequest(layers, tmp_path, boundaries=file), silent)
    assert (len(summary.communes), summary.schematic, summary.boundaries_file) == (177, False, file.name)
    assert summary.boundaries_sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    with (tmp_path / "repairs.csv").open(encoding="utf-8", newline="") as handle:
        seams = [row for row in csv.DictReader(handle) if row["layer"] == file.name]
    assert sum(float(row["km2"]) for row in seams) == pytest.approx(6.13 + 6.80, abs=0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"edition": "2021"}, "edition '2021' is not known"),
        ({"layers": ()}, "no coverage layer is given"),
        ({"layers": (LayerSpec(Path("none.gpkg"), "X", "4G", None, ""),)}, "none.gpkg: no such file"),
        ({"sites": Path("none.csv")}, "none.csv: no such file"),
        ({"schools": Path("none.xlsx")}, "none.xlsx: no such file"),
        ({"population": Path("none.tif")}, "none.tif: no such file"),
        ({"broadband": Path("none.csv")}, "none.csv: no such file"),
        ({"classes": Path("none.txt")}, "none.txt: no such file"),
        ({"boundaries": Path("none.gpkg")}, "none.gpkg: no such file"),
    ],
)
def test_errors_write_nothing(change, message: str, demo, tmp_path: Path) -> None:
    """Whatever is wrong is one kind of error, and no file is written."""
    request = CoverageRequest(demo[3][:1], tmp_path / "result")
    with pytest.raises(CoverageError, match=message):
        compute_coverage(replace(request, **change), silent)
    assert not (tmp_path / "result").exists()


def test_output_that_is_a_file(demo, tmp_path: Path) -> None:
    """An --out that cannot be a folder is named with the remedy."""
    (tmp_path / "result").touch()
    layers = demo[3][:1]
    with pytest.raises(CoverageError, match="is no folder; choose another --out"):
        compute_coverage(CoverageRequest(layers, tmp_path / "result"), silent)


def test_errors_are_value_errors() -> None:
    """One tree: whoever catches CoverageError or ValueError catches them all."""
    assert issubclass(VectorFileError, CoverageError)
    assert issubclass(CoverageError, ValueError)


def test_an_edition_of_the_users_own(demo, write_vectors, tmp_path: Path) -> None:
    """Communes that are not among ours: their facts from the table, what it leaves out from the polygons."""
    table = tmp_path / "2027-01.csv"
    table.write_text(
        "code,name,type,district_name,population\n10001,Xã Một,Xã,,4000\n10002,Phường Hai,Phường,,\n",
        encoding="utf-8",
    )
    squares = [shapely.box(107.0, 21.0, 107.1, 21.1), shapely.box(107.1, 21.0, 107.2, 21.1)]
    file = write_vectors("own.gpkg", squares, {"code": ["10001", "10002"], "name": ["Xã Một", "Phường Hai"]})
    request = CoverageRequest(demo[3][:1], tmp_path / "out", edition_table=table, boundaries=file)
    summary = compute_coverage(request, silent)
    assert (summary.edition, [commune.population for commune in summary.communes]) == ("2027-01", [4000.0, None])
    assert summary.units[-1].population is None
    assert {i.population_ratio for i in summary.communes[1].indicators} == {None}
    assert read_summary(tmp_path / "out/coverage.json") == summary
    with pytest.raises(CoverageError, match=r"2027-01.csv: an edition of your own needs --boundaries"):
        compute_coverage(replace(request, boundaries=None), silent)
