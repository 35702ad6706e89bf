"""Writes the workbook and the report beside the other files of a coverage run."""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas

from phusong.coverage.output.files import COVERAGE_GPKG
from phusong.coverage.output.same_bytes import write_bytes, write_text
from phusong.coverage.summary import CoverageSummary
from phusong.maps.display_geometry import simplify_for_display

from .page import as_page
from .workbook import as_workbook

WORKBOOK = "coverage.xlsx"
PAGE = "report.html"
_MAX_VERTICES = 8_000
"""Of a small map; the page draws several."""


def write_coverage_report(summary: CoverageSummary, folder: Path) -> None:
    """Write ``coverage.xlsx`` and ``report.html`` into the folder of the run.

    Raises
    ------
    OSError
        A file cannot be written.
    """
    with (folder / "repairs.csv").open(encoding="utf-8", newline="") as handle:
        repairs = list(csv.DictReader(handle))
    communes = geopandas.read_file(folder / COVERAGE_GPKG, layer="communes")
    geometry = simplify_for_display(communes, _MAX_VERTICES)
    write_bytes(folder / WORKBOOK, as_workbook(summary, repairs))
    write_text(folder / PAGE, as_page(summary, geometry, repairs))
