"""Workbook and page of plans, comparisons and other editions: the numbers of the CSV files, harmless."""

from __future__ import annotations

import csv
import inspect
import re
from pathlib import Path

import geopandas
import pytest
from openpyxl import load_workbook
from rich.console import Console

from phusong.agent.commands.coverage_compare import run_coverage_compare, run_coverage_crosswalk
from phusong.agent.coverage_report.document import write_document
from phusong.agent.coverage_report.documents import changes_document, crosswalk_document, plan_document
from phusong.agent.coverage_report.headings import HEADINGS
from phusong.agent.coverage_report.wording import CAVEATS, SHEETS, shown
from phusong.coverage.input.layer_spec import LayerSpec
from phusong.coverage.measuring.change_facts import Changes
from phusong.coverage.measuring.crosswalk import Carried
from phusong.coverage.output import change_caveats
from phusong.coverage.output.earlier_run import read_run
from phusong.coverage.output.planning_tables import Plan
from phusong.coverage.planning_request import PlanRequest
from phusong.coverage.planning_run import compute_plan
from phusong.coverage.run import CoverageRequest, compute_coverage

HOSTILE = "=1+1<img src=x onerror=alert(1)>"
SETTLEMENTS = f'name,lat,lon\n"{HOSTILE}",20.95,107.08\n'
CONSOLE = Console(quiet=True)


def _quiet(_line: str) -> None:
    pass


def _layer(folder: Path, name: str, width: float) -> LayerSpec:
    """Write a layer of one square of ``width`` degrees."""
    square = geopandas.GeoSeries.from_wkt(
        [f"POLYGON((107 20.9, {107 + width} 20.9, {107 + width} 21.2, 107 21.2, 107 20.9))"], crs=4326
    )
    geopandas.GeoDataFrame(geometry=square).to_file(folder / name)
    return LayerSpec(folder / name, operator=HOSTILE, technology="4G", min_dbm=-105.0, date="2026-06-30")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan, Changes, Carried]:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "settlements.csv").write_text(SETTLEMENTS, encoding="utf-8")
    before, after = _layer(folder, "before.gpkg", 0.2), _layer(folder, "after.gpkg", 0.3)
    for name, layer in (("old", before), ("new", after)):
        compute_coverage(CoverageRequest((layer,), folder / name), _quiet)
    request = PlanRequest(
        (before,), folder / "plan", operator=HOSTILE, number=5, settlements=folder / "settlements.csv"
    )
    plan = compute_plan(request, _quiet)
    write_document(plan_document(plan), folder / "plan")
    changes = run_coverage_compare(
        folder / "old", folder / "new", folder / "changes", console=CONSOLE, tell=_quiet
    )
    carried = run_coverage_crosswalk(folder / "old", folder / "crosswalk", console=CONSOLE, tell=_quiet)
    return folder, plan, changes, carried


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("plan", "ranking"),
        ("plan", "gaps"),
        ("changes", "changes"),
        ("changes", "site_changes"),
        ("crosswalk", "crosswalk"),
    ],
)
def test_the_workbook_has_the_numbers_of_the_csv(results, folder: str, name: str) -> None:
    """Every value of every row, under a Vietnamese heading, after what it stands on."""
    sheet = load_workbook(results[0] / folder / f"{folder}.xlsx")[SHEETS[name]]
    with (results[0] / folder / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        expected = list(csv.DictReader(handle))
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    head = next(n for n, row in enumerate(rows) if row[0] in HEADINGS.values())
    assert "2020-01" in str(rows[1][0])
    columns = {heading: column for column, heading in HEADINGS.items() if column in next(iter(expected), {})}
    assert len(rows) - head - 1 == len(expected)
    for found, row in zip(rows[head + 1 :], expected, strict=True):
        kept = {columns[str(heading)]: value for heading, value in zip(rows[head], found, strict=True)}
        assert all(value == "" for column, value in row.items() if column not in kept)
        for column, value in kept.items():
            if isinstance(value, int | float):
                assert float(row[column]) == pytest.approx(value, abs=1e-9)
            else:
                assert (value or "") == shown(column, row[column].removeprefix("'"))


def test_a_text_is_never_a_formula_and_never_a_tag(results) -> None:
    """Names of operators and settlements come from files of others."""
    for name in ("plan", "changes", "crosswalk"):
        for sheet in load_workbook(results[0] / name / f"{name}.xlsx"):
            assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
        page = (results[0] / name / f"{name}.html").read_text(encoding="utf-8")
        assert "<img" not in page
        assert "&lt;img" in page
        assert "default-src 'none'" in page
        assert "<script" not in page


def test_every_page_says_what_it_stands_on(results) -> None:
    """Edition, date, source with its hash; schematic boundaries are a notice."""
    for name in ("plan", "changes", "crosswalk"):
        page = (results[0] / name / f"{name}.html").read_text(encoding="utf-8")
        assert "2020-01" in page
        assert "2026-06-30" in page
        assert "SƠ ĐỒ" in page
        assert re.search(r"[0-9a-f]{64}", page)


def test_again_is_the_same_bytes(results, tmp_path: Path) -> None:
    """Nothing of the moment of writing is in the files."""
    folder, plan, changes, carried = results
    summary = read_run(folder / "old").summary
    for document in (plan_document(plan), changes_document(changes), crosswalk_document(carried, summary)):
        write_document(document, tmp_path)
        for ending in (".xlsx", ".html"):
            name = document.file + ending
            assert (tmp_path / name).read_bytes() == (folder / document.file / name).read_bytes()


def test_every_caveat_has_words() -> None:
    """The codes are those in the source of the caveats; four come from the statuses of changes."""
    codes = set(re.findall(r'Caveat\(\s*"(\w+)"', inspect.getsource(change_caveats)))
    assert set(CAVEATS) == codes | {"only_old", "only_new", "common_operators", "other_operators"}
