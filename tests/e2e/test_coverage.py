"""A planner's day by command: operators' odd files to figures, report and plan; the report in Debian's Chromium.

The screenshot is left in ``out/screenshots/``.
"""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import openpyxl
import pytest
import rasterio
import shapely
from affine import Affine
from chromium import chromium, open_offline
from processes import run_cli

from phusong.coverage.editions import load_edition
from phusong.coverage.summary import read_summary

SCREENSHOTS = Path(__file__).parents[2] / "out" / "screenshots"
TABLES = {"population": "people.tif", "schools": "schools.xlsx", "sites": "sites.csv"}
FINE = Affine(0.001, 0, 106.3, 0, -0.001, 21.7)
HOSTILE = "<img src=x onerror=alert(1)>"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files as they come: a KMZ, a MapInfo table, a raster, people as WorldPop has them, a workbook of schools."""
    folder = tmp_path_factory.mktemp("planner")
    communes = list(load_edition("2020-01").communes.values())
    random = np.random.default_rng(5)
    discs = [shapely.Point(c.lon, c.lat).buffer(random.uniform(0.01, 0.06)) for c in communes]
    lost = [disc for disc, commune in zip(discs, communes, strict=True) if commune.district != "Huyện Cô Tô"]
    frame = geopandas.GeoDataFrame(
        {"LOAI": ["strong", "weak"] * (len(lost) // 2)}, geometry=lost[: len(lost) // 2 * 2], crs=4326
    )
    frame.to_file(folder / "doc.kml", driver="LIBKML")
    with zipfile.ZipFile(folder / "a.kmz", "w") as packed:
        packed.write(folder / "doc.kml", "doc.kml")
    frame.to_file(folder / "b.tab", driver="MapInfo File")
    levels = np.full((60, 90), -130.0, dtype="float32")
    levels[10:50, 10:70] = -100.0
    grid = {"driver": "GTiff", "crs": "EPSG:4326", "count": 1, "dtype": "float32", "nodata": -99999}
    with rasterio.open(
        folder / "c.tif", "w", height=60, width=90, transform=Affine(0.02, 0, 106.4, 0, -0.02, 21.7), **grid
    ) as raster:
        raster.write(levels, 1)
    people = np.full((1200, 1900), -99999, dtype="float32")
    for commune in communes:
        row, column = int((21.7 - commune.lat) / 0.001), int((commune.lon - 106.3) / 0.001)
        people[row - 3 : row + 3, column - 3 : column + 3] = commune.population / 36
    with rasterio.open(
        folder / "people.tif",
        "w",
        height=1200,
        width=1900,
        transform=Affine(0.001, 0, 106.3, 0, -0.001, 21.7),
        **grid,
    ) as raster:
        raster.write(people, 1)
    book = openpyxl.Workbook()
    for cells in (["Mã trường", "Vĩ độ", "Kinh độ"], *([f"T{n}", c.lat, c.lon] for n, c in enumerate(communes))):
        book.active.append(cells)
    book.save(folder / "schools.xlsx")
    (folder / "sites.csv").write_text(
        "site_id,lat,lon,commune_code\n"
        + "".join(f"{c.code}{HOSTILE},{c.lat},{c.lon},{c.code}\n" for c in communes),
        encoding="utf-8",
    )
    (folder / "layers.yaml").write_text(
        f"""layers:
  - file: a.kmz
    operator: "{HOSTILE}"
    technology: 4G
    class_column: LOAI
    values: {{strong: -95, weak: -115}}
    date: 2026-06-30
  - {{file: b.tab, operator: Mạng B, technology: 2G}}
  - {{file: c.tif, operator: Mạng C, technology: 4G, thresholds: [-95, -105]}}
""",
        encoding="utf-8",
    )
    return folder


@pytest.fixture(scope="module")
def measured(folder: Path) -> Path:
    tables = (
        "--population",
        folder / "people.tif",
        "--schools",
        folder / "schools.xlsx",
        "--sites",
        folder / "sites.csv",
    )
    done = run_cli("coverage", "--layers", folder / "layers.yaml", *tables, "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    assert "4G, any operator" in done.stdout
    return folder / "out"


def test_figures_from_odd_files(measured: Path) -> None:
    """Every file is used, and the levels come out as they were said."""
    summary = read_summary(measured / "coverage.json")
    assert {(layer.file, layer.min_dbm) for layer in summary.layers} == {
        ("a.kmz", -95.0), ("a.kmz", -115.0), ("b.tab", None), ("c.tif", -95.0), ("c.tif", -105.0),
    }  # fmt: skip
    assert summary.population_method == "raster"
    province = next(unit for unit in summary.units if unit.level == "province")
    assert province.places[1].number == 177
    best = [i for i in province.indicators if (i.technology, i.operator) == ("4G", "any")][-1]
    assert 0.5 < best.area_ratio < best.population_ratio < 1
    dark = [
        row for row in _rows(measured / "fallback.csv") if row["technology"] == "4G" and row["covered"] == "false"
    ]
    assert dark
    assert all(float(row["distance_m"]) > 0 for row in dark)


def test_report_in_a_browser(measured: Path) -> None:
    """No request, no word on the console, no breach of the policy; nothing hostile ran; maps are there."""
    with chromium() as browser, browser.new_context(viewport={"width": 1200, "height": 1600}) as context:
        watched = open_offline(context, measured / "report.html", drawn=False)
        page = watched.page
        assert page.locator("h1").inner_text() == "Vùng phủ sóng di động tỉnh Quảng Ninh"
        assert page.locator(".maps figure").count() == 3
        assert page.locator(".maps path title").count() == 3 * 177
        assert page.locator("img").count() == 0
        assert HOSTILE in page.locator("body").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / "coverage-report.png", full_page=True)
        watched.assert_silent()


def test_a_plan(folder: Path, measured: Path) -> None:
    """The first choice reaches most people; the layers come from the cache of the measurement."""
    done = run_cli(
        "coverage", "plan", "--layers", folder / "layers.yaml", "--population", folder / "people.tif",
        "--cache", measured / ".cache", "--number", 5, "--out", folder / "plan",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "are unchanged: taken from" in done.stdout + done.stderr
    ranking = _rows(folder / "plan/ranking.csv")
    assert ranking[0]["rank"] == "1"
    assert float(ranking[0]["people_gained"]) > 0
    assert len(_rows(folder / "plan/gaps.csv")) > 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "phusong coverage: --out is missing: name the folder to write to"),
        (("--out", "x"), "no coverage layer is given; add --layer"),
        (("--out", "x", "--layers", "none.yaml"), "none.yaml: cannot be read"),
        (
            ("--out", "x", "--layer", "none.gpkg,operator=A,technology=4G"),
            "none.gpkg: no such file; check the path",
        ),
        (("plan", "--out", "x"), "no coverage layer is given; add --layer"),
    ],
)
def test_wrong_use(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    """One line that says what is wrong, exit code 2, nothing written."""
    done = run_cli("coverage", *words, cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []
