"""Two runs from files to files: what compares is written the same every time, says where it comes from."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas
import pyogrio
import pytest
import shapely
from rich.console import Console

from phusong.agent.commands.coverage_compare import run_coverage_compare, run_coverage_crosswalk
from phusong.coverage.errors import CoverageError
from phusong.coverage.input.layer_spec import LayerSpec
from phusong.coverage.measuring.change_facts import Changes
from phusong.coverage.measuring.changes import compare_runs
from phusong.coverage.output.change_caveats import caveats_of
from phusong.coverage.output.change_files import (
    CHANGE_COLUMNS,
    CROSSWALK_COLUMNS,
    PIECE_COLUMNS,
    SITE_COLUMNS,
    write_changes,
)
from phusong.coverage.output.earlier_run import read_run
from phusong.coverage.run import CoverageRequest, compute_coverage
from phusong.coverage.summary import CoverageSummary, SummaryError, write_summary

DOCS = Path(__file__).parents[3] / "docs" / "changes.md"
HOSTILE = "=cmd()|'\x1b[31m<b>&"
TOWN = shapely.Point(107.137, 21.004)
FILES = ["changes.csv", "changes.gpkg", "changes.json", "site_changes.csv"]


def measure(out: Path, *layers: LayerSpec, **more: object) -> CoverageSummary:
    """Do what ``phusong coverage`` does."""
    return compute_coverage(CoverageRequest(layers, out, **more), lambda _line: None)


def disc(folder: Path, name: str, radius: float, east: float = 0.0) -> LayerSpec:
    """Write a layer of one disc of 4G around the first commune's centre; sizes in degrees."""
    path = folder / f"{name}.geojson"
    shape = shapely.Point(TOWN.x + east, TOWN.y).buffer(radius)
    geopandas.GeoDataFrame(geometry=[shape], crs="EPSG:4326").to_file(path, driver="GeoJSON")
    return LayerSpec(path, "A", "4G", -105.0, "2026-06-30")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs: ``old``; ``new``, moved east with a second operator; ``fifty_four`` says it is of 2025-07."""
    folder = tmp_path_factory.mktemp("runs")
    sites = folder / "sites.csv"
    sites.write_text("site_id,lat,lon\n=west,21.004,107.08\neast,21.004,107.215\n", encoding="utf-8")
    old, new = disc(folder, "old", 0.06), disc(folder, "new", 0.06, 0.03)
    measure(folder / "old", old, sites=sites)
    measure(folder / "new", replace(new, date="2026-12-31"), replace(old, operator=HOSTILE), sites=sites)
    shutil.copytree(folder / "old", folder / "fifty_four")
    summary = read_run(folder / "old").summary
    write_summary(replace(summary, edition="2025-07"), folder / "fifty_four" / "coverage.json")
    return folder


@pytest.fixture(scope="module")
def changes(runs: Path) -> Changes:
    return compare_runs(read_run(runs / "old"), read_run(runs / "new"))


@pytest.fixture(scope="module")
def written(changes: Changes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("changes")
    write_changes(changes, folder)
    return folder


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_a_run_is_read_back(runs: Path) -> None:
    """Polygons and unions come back in the order and with the areas that they had."""
    run = read_run(runs / "new")
    areas = shapely.area(run.polygons) / 1e6
    assert areas.tolist() == pytest.approx([commune.area_km2 for commune in run.summary.communes], abs=1e-4)
    assert {key.operator for key in run.unions} == {"A", HOSTILE, "any"}


def test_every_row_adds_up_with_the_files_of_the_runs(runs: Path, written: Path) -> None:
    """Old and new figures are those of communes.csv and units.csv; gained - lost with slivers is the rest."""
    rows = rows_of(written / "changes.csv")
    assert tuple(rows[0]) == CHANGE_COLUMNS
    assert len(rows) == (177 + 13 + 1) * 4
    known = [
        {
            (row.get("commune_code", ""), row.get("level", "commune"), row.get("name", ""), row["operator"]): row
            for name in ("communes.csv", "units.csv")
            for row in rows_of(runs / run / name)
        }
        for run in ("old", "new")
    ]
    compared = [row for row in rows if row["status"] == "compared"]
    assert {row["operator"] for row in compared} == {"A"}
    for row in compared:
        name = "" if row["level"] == "commune" else row["name"]
        old, new = (of[row["commune_code"], row["level"], name, row["operator"]] for of in known)
        assert (row["old_km2"], row["new_km2"]) == (old["covered_km2"], new["covered_km2"])
        assert (row["people_old"], row["people_new"]) == (old["population_covered"], new["population_covered"])
        assert float(row["old_ratio"]) == pytest.approx(float(old["area_ratio"]), abs=1e-4)
        parts = [float(row[f"{name}_km2"]) for name in ("gained", "lost", "sliver_gained", "sliver_lost")]
        net = parts[0] - parts[1] + parts[2] - parts[3]
        assert net == pytest.approx(float(row["net_km2"]), abs=0.01)
    province = [row for row in compared if row["level"] == "province"]
    assert float(province[0]["gained_km2"]) > 30


def test_what_one_run_has_alone(written: Path) -> None:
    """The second operator is listed without a change, and any is that of the common one."""
    province = {row["operator"]: row for row in rows_of(written / "changes.csv") if row["level"] == "province"}
    assert {name: row["status"] for name, row in province.items()} == {
        "A": "compared", f"'{HOSTILE}": "only_new", "any": "common_operators", "max": "common_operators",
    }  # fmt: skip
    alone = province[f"'{HOSTILE}"]
    assert (alone["old_km2"], alone["net_km2"], alone["gained_km2"], alone["people_net"]) == ("", "", "", "")
    assert province["any"]["gained_km2"] == province["A"]["gained_km2"]
    assert float(alone["new_km2"]) > 100


def test_sites(written: Path) -> None:
    """Sites that lost and gained their fallback, and texts that a spreadsheet would compute are texts."""
    rows = rows_of(written / "site_changes.csv")
    assert tuple(rows[0]) == SITE_COLUMNS
    assert [tuple(row.values()) for row in rows] == [("'=west", "4G", "lost", "A"), ("east", "4G", "gained", "A")]


def test_geopackage(changes: Changes, written: Path) -> None:
    """What was gained and lost lies where it should, with the areas of the table; sources are beside."""
    path = written / "changes.gpkg"
    layers = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    assert layers == {
        "gained": "MultiPolygon", "lost": "MultiPolygon", "sources": None, "caveats": None, "site_changes": None,
    }  # fmt: skip
    areas = {}
    for name in ("gained", "lost"):
        frame = geopandas.read_file(path, layer=name)
        assert tuple(frame.columns[:-1]) == PIECE_COLUMNS
        assert frame.crs.to_epsg() == 4326
        assert set(frame["operator"]) == {"A", "any"}
        own = frame[frame["operator"] == "A"]
        areas[name] = own.to_crs("EPSG:6933").area.sum() / 1e6
        assert own["km2"].sum() == pytest.approx(areas[name], abs=0.01)
        west = own.union_all().representative_point().x < TOWN.x
        assert west is (name == "lost")
    province = next(change for change in changes.areas[-1].changes if change.key.operator == "A")
    assert (province.gained_km2, province.lost_km2) == pytest.approx((areas["gained"], areas["lost"]), abs=0.01)
    sources = pyogrio.read_dataframe(path, layer="sources")
    assert sorted(sources["run"].unique()) == ["new", "old"]
    assert set(sources.loc[sources["role"] == "coverage", "date"]) == {"2026-06-30", "2026-12-31"}


def test_json(runs: Path, written: Path) -> None:
    """For programs: a version, where both runs come from, every row, names of centres and all caveats."""
    data = json.loads((written / "changes.json").read_text(encoding="utf-8"))
    assert (data["format"], data["edition"], data["sliver_m"], data["people_by"]) == (1, "2020-01", 20.0, "area")
    for name in ("old", "new"):
        layer = next(source for source in data["runs"][name]["sources"] if source.get("operator") == "A")
        assert layer["sha256"] == hashlib.sha256((runs / f"{name}.geojson").read_bytes()).hexdigest()
    assert (data["runs"]["old"]["newest_layer"], data["runs"]["new"]["newest_layer"]) == (
        "2026-06-30",
        "2026-12-31",
    )
    assert len(data["changes"]) == (177 + 13 + 1) * 4
    assert all(None not in row.values() and "" not in row.values() for row in data["changes"])
    province = next(row for row in data["changes"] if row["level"] == "province" and row["operator"] == "A")
    assert len(province["centres_gained_names"]) == province["centres_gained"] > 0
    assert {caveat["code"] for caveat in data["caveats"]} >= {"schematic", "only_new", "common_operators"}
    assert {site["change"] for site in data["sites"]} == {"gained", "lost"}


def test_again_is_the_same_bytes(runs: Path, written: Path, tmp_path: Path) -> None:
    """Read, compared and written again in place of older files: the same bytes, and no scratch beside them."""
    for name in FILES:
        (tmp_path / name).write_text("of last year")
    write_changes(compare_runs(read_run(runs / "old"), read_run(runs / "new")), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES
    assert digests(tmp_path) == digests(written)


def test_nothing_gained_or_lost(runs: Path, tmp_path: Path) -> None:
    """Empty layers are layers too."""
    same = read_run(runs / "old")
    write_changes(compare_runs(same, same), tmp_path)
    for name in ("gained", "lost"):
        assert len(geopandas.read_file(tmp_path / "changes.gpkg", layer=name)) == 0
    assert {caveat.code for caveat in caveats_of(compare_runs(same, same))} == {
        "schematic", "same_layers", "people_estimate",
    }  # fmt: skip


def test_columns_are_documented() -> None:
    """Every column of every file has its line in docs/changes.md."""
    text = DOCS.read_text(encoding="utf-8")
    for column in (*CHANGE_COLUMNS, *SITE_COLUMNS, *PIECE_COLUMNS, *CROSSWALK_COLUMNS):
        assert f"`{column}`" in text, f"{column} is not explained"


def _edit(change: Callable[[CoverageSummary], CoverageSummary]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        write_summary(change(read_run(folder).summary), folder / "coverage.json")

    return edit


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "coverage.json").unlink(), "run 'phusong coverage'"),
        (lambda folder: (folder / "coverage.gpkg").unlink(), r"coverage.gpkg: no such file"),
        (
            lambda folder: (folder / "coverage.gpkg").write_bytes(b"SQLite format 3\0" + b"x" * 5000),
            "cannot be read",
        ),
        (lambda folder: (folder / "coverage.gpkg").write_text("<OGRVRTDataSource/>"), "is no .gpkg file"),
        (lambda folder: _without(folder, "sources"), "cannot be read"),
        (lambda folder: _without(folder, "coverage"), "cannot be read"),
        (_edit(lambda s: replace(s, layers=(replace(s.layers[0], sha256="0"),))), "is of another run"),
        (_edit(lambda s: replace(s, communes=s.communes[::-1])), "is of another run"),
        (
            _edit(lambda s: replace(s, communes=(replace(s.communes[0], code="0"), *s.communes[1:]))),
            "is of another run",
        ),
        (
            _edit(lambda s: replace(s, communes=tuple(replace(c, indicators=()) for c in s.communes))),
            "is of another run",
        ),
        (
            _edit(lambda s: replace(s, communes=(replace(s.communes[0], area_km2=1.0), *s.communes[1:]))),
            "is of another run",
        ),
    ],
)
def test_damaged_runs(damage: Callable[[Path], object], message: str, runs: Path, tmp_path: Path) -> None:
    """A folder whose files are missing, damaged or of different runs is refused with the remedy."""
    shutil.copytree(runs / "old", tmp_path / "old")
    damage(tmp_path / "old")
    with pytest.raises((CoverageError, SummaryError), match=message):
        read_run(tmp_path / "old")


def _without(folder: Path, table: str) -> None:
    with sqlite3.connect(folder / "coverage.gpkg") as connection:
        connection.execute(f"DELETE FROM gpkg_contents WHERE table_name = '{table}'")
        connection.execute(f'ALTER TABLE "{table}" RENAME TO "gone"')
    connection.close()


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"population_method": "points"}, {"people_method"}),
        ({"fallback_min_dbm": -95.0}, {"fallback"}),
        ({"boundaries_sha256": "0"}, {"boundaries"}),
        ({"schematic": False}, {"schematic"}),
        ({"sources": ()}, {"places"}),
    ],
)
def test_caveats(change: dict[str, object], codes: set[str], runs: Path) -> None:
    """What makes figures less than they look is said by a code and in words."""
    old = read_run(runs / "old")
    found = caveats_of(compare_runs(old, replace(old, summary=replace(old.summary, **change))))
    assert codes <= {caveat.code for caveat in found}
    assert all(caveat.text for caveat in found)


@pytest.mark.parametrize(
    ("old_layer", "new_layer", "codes"),
    [
        ({"date": "2026-12-31"}, {"date": "2026-06-30"}, {"dates"}),
        ({"estimate": True}, {}, {"estimate"}),
    ],
)
def test_caveats_of_layers(old_layer, new_layer, codes: set[str], runs: Path) -> None:
    """Runs given the wrong way round, and circles around cells, are named."""
    run = read_run(runs / "old")
    old, new = (
        replace(run, summary=replace(run.summary, layers=(replace(run.summary.layers[0], **change),)))
        for change in (old_layer, new_layer)
    )
    assert codes <= {caveat.code for caveat in caveats_of(compare_runs(old, new))}


def printed(run: Callable[..., object], *paths: Path, **options: object) -> str:
    """Return what a command shows, tables and lines."""
    console = Console(width=200, record=True, file=(paths[0].parent / "terminal").open("w", encoding="utf-8"))
    try:
        run(*paths, console=console, tell=lambda line: console.print(line, markup=False), **options)
    finally:
        console.file.close()
    return console.export_text()


def test_compare_command(runs: Path, tmp_path: Path) -> None:
    """The province, the largest losses and gains and the sites are shown; hostile names stay text."""
    text = printed(run_coverage_compare, runs / "old", runs / "new", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        [*FILES, "changes.html", "changes.xlsx"]
    )
    for said in ("Largest losses", "Largest gains", "4G of A, -105 dBm", "Phường", "only the new run has"):
        assert said in text
    assert "1 sites gained their fallback, 1 lost it" in text
    assert "\x1b" not in text
    assert "=cmd()|'[31m<b>&" in text


def test_crosswalk_command(runs: Path, tmp_path: Path) -> None:
    """54 units with their bounds, by the table; the least certain are shown."""
    text = printed(run_coverage_crosswalk, runs / "old", tmp_path / "out")
    rows = rows_of(tmp_path / "out" / "crosswalk.csv")
    assert tuple(rows[0]) == CROSSWALK_COLUMNS
    assert len(rows) == 54 * 3
    assert "54 communes of 2025-07 from 177 of 2020-01: 19 of them have parts of divided ones" in text
    for row in rows:
        for value in ("covered{}_km2", "area_ratio{}", "population_covered{}", "population_ratio{}"):
            low, middle, high = (float(row[value.format(which)]) for which in ("_low", "", "_high"))
            assert low <= middle <= high
    assert {(row["shares"], row["people_shares"]) for row in rows} == {("table", "table")}
    assert "draw the same land" in text
    before = digests(tmp_path / "out")
    printed(run_coverage_crosswalk, runs / "old", tmp_path / "out")
    assert digests(tmp_path / "out") == before


def test_crosswalk_by_boundaries(runs: Path, reference_data: Path, tmp_path: Path) -> None:
    """A run on real boundaries goes over by those of the other edition; a drawn one cannot."""
    layer = LayerSpec(runs / "old.geojson", "A", "4G", -105.0, "")
    measure(tmp_path / "run", layer, boundaries=reference_data / "quangninh_communes_gadm41_177.geojson")
    target = reference_data / "quangninh_units54_2025_simplified.geojson"
    printed(run_coverage_crosswalk, tmp_path / "run", tmp_path / "out", boundaries=target)
    rows = rows_of(tmp_path / "out" / "crosswalk.csv")
    assert {(row["shares"], row["people_shares"]) for row in rows} == {("boundaries", "table")}
    with pytest.raises(CoverageError, match="its boundaries are schematic"):
        printed(run_coverage_crosswalk, runs / "old", tmp_path / "no", boundaries=target)
    assert not (tmp_path / "no").exists()


def test_refused_commands(runs: Path, tmp_path: Path) -> None:
    """Another edition leads to the crosswalk; no run is written over; nothing is written after an error."""
    old, out = runs / "old", tmp_path / "out"
    with pytest.raises(CoverageError, match="carry the older figures over with the crosswalk"):
        printed(run_coverage_compare, old, runs / "fifty_four", out)
    with pytest.raises(CoverageError, match="is of edition 2020-01 already"):
        printed(run_coverage_crosswalk, old, out, edition="2020-01")
    with pytest.raises(CoverageError, match="no table leads from edition 2025-07 to 2020-01"):
        printed(run_coverage_crosswalk, runs / "fifty_four", out, edition="2020-01")
    with pytest.raises(CoverageError, match="give --boundaries"):
        printed(run_coverage_crosswalk, old, out, population=runs / "sites.csv")
    assert not out.exists()
    with pytest.raises(CoverageError, match="is the folder of a run"):
        printed(run_coverage_compare, old, runs / "new", old)
    (tmp_path / "file").touch()
    with pytest.raises(CoverageError, match="is no folder"):
        printed(run_coverage_compare, old, runs / "new", tmp_path / "file")
