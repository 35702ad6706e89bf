"""The workbook and the printed report of a coverage run: the numbers of the CSV files, in Vietnamese, harmless."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import geopandas
import pytest
from openpyxl import load_workbook

from phusong.agent.coverage_report.headings import HEADINGS
from phusong.agent.coverage_report.page import as_page
from phusong.agent.coverage_report.pictures import CLASSES, colour_of, percent
from phusong.agent.coverage_report.wording import CLAIM_WORDS, SHEETS
from phusong.agent.coverage_report.workbook import as_workbook
from phusong.agent.coverage_report.write import write_coverage_report
from phusong.coverage.measuring.claims import CLAIMS
from phusong.coverage.output import change_files, planning_tables, tables
from phusong.coverage.run import CoverageRequest, compute_coverage
from phusong.coverage.summary import CoverageSummary
from phusong.coverage.synthetic import write_synthetic_layers
from phusong.maps.display_geometry import simplify_for_display

HOSTILE = "=1+1<img src=x onerror=alert(1)>\x07`${x}"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[CoverageSummary, Path]:
    folder = tmp_path_factory.mktemp("report")
    sites = folder / "sites.csv"
    sites.write_text("site_id,lat,lon\ntown,20.951,107.08\nisland,20.98,107.76\n", encoding="utf-8")
    classes = folder / "classes.csv"
    classes.write_text("commune_code,class\n06649,biên giới\n06652,đảo\n", encoding="utf-8")
    layers = tuple(s for s in write_synthetic_layers(folder / "layers") if s.technology in ("2G", "4G"))
    request = CoverageRequest(layers, folder / "out", sites=sites, classes=classes)
    summary = compute_coverage(request, lambda _line: None)
    write_coverage_report(summary, folder / "out")
    return summary, folder / "out"


class _Cells(HTMLParser):
    """Collects the raw values of all cells, and every tag and attribute that could act."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.values += [value or "" for name, value in attrs if name == "data-value"]


def _parsed(page: str) -> _Cells:
    cells = _Cells()
    cells.feed(page)
    return cells


@pytest.mark.parametrize("name", ["communes", "fallback", "claims", "sdg_9c1", "sources"])
def test_workbook_has_the_numbers_of_the_csv_files(name: str, run) -> None:
    """Row by row; numbers are numbers, under their Vietnamese headings."""
    _, folder = run
    sheet = load_workbook(folder / "coverage.xlsx")[SHEETS[name]]
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    start = next(n for n, row in enumerate(cells) if set(row) & {HEADINGS["technology"], HEADINGS["sha256"]})
    columns = {heading: place for place, heading in enumerate(cells[start]) if heading}
    assert len(cells) - start - 1 == len(rows)
    compared = 0
    for shown, row in zip(cells[start + 1 :], rows, strict=True):
        for column, text in row.items():
            value = shown[columns[HEADINGS[column]]] if HEADINGS[column] in columns else None
            if isinstance(value, int | float):
                assert value == pytest.approx(float(text), abs=1e-6), column
                compared += 1
            elif text == "" and column != "holds":  # which says that nobody knows
                assert value is None, column
    assert compared > len(rows) or name == "sources"


def test_levels_have_sheets(run) -> None:
    """Province, districts, classes and communes, frozen, filtered, and with the notices on top."""
    book = load_workbook(run[1] / "coverage.xlsx")
    assert book.sheetnames[:4] == ["Tỉnh", "Huyện", "Nhóm xã", "Xã"]
    for name in book.sheetnames[:4]:
        top = [row[0].value or "" for row in book[name].iter_rows(max_row=5)]
        assert any("SƠ ĐỒ" in text for text in top)
        assert any("MÔ PHỎNG" in text for text in top)
        assert any("ƯỚC TÍNH" in text for text in top)
        assert any("2020-01" in text and "-105 dBm" in text and "2026-06-30" in text for text in top)
        assert book[name].freeze_panes
        assert book[name].auto_filter.ref


def test_page_has_the_numbers_of_the_csv_files(run) -> None:
    """Every value of the province and the claims stands behind its cell."""
    summary, folder = run
    values = _parsed((folder / "report.html").read_text(encoding="utf-8")).values
    for row in tables.units_table(summary, "province").dictionaries():
        for column in ("area_ratio", "population_ratio", "population_covered", "centres_covered"):
            assert str(row[column]) in values
    for row in tables.claims_table(summary).dictionaries():
        assert str(row["claimed"]) in values
    for layer in summary.layers:
        assert layer.sha256 in values


def test_page_is_inert(run) -> None:
    """No script, no link, no address but the names of SVG; a policy that allows one style sheet."""
    page = (run[1] / "report.html").read_text(encoding="utf-8")
    parsed = _parsed(page)
    assert not parsed.tags & {"script", "link", "img", "iframe", "a", "object", "form"}
    assert not [name for name in parsed.attributes if name.startswith("on") or name in {"href", "src", "style"}]
    assert set(re.findall(r"https?://[^\"' ]+", page)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in page
    assert len(page) < 1_500_000


def test_hostile_texts_are_texts(run) -> None:
    """Names of operators, files, districts and repairs neither act in the page nor compute in the workbook."""
    summary, folder = run
    hostile = replace(
        summary,
        layers=tuple(replace(layer, operator=HOSTILE, file=HOSTILE) for layer in summary.layers),
        communes=tuple(replace(c, name=HOSTILE, district=HOSTILE) for c in summary.communes),
        units=tuple(replace(u, name=HOSTILE) for u in summary.units),
        sites=tuple(replace(s, site_id=HOSTILE) for s in summary.sites),
        boundaries_file=HOSTILE,
    )
    repairs = [{"layer": HOSTILE, "feature": HOSTILE, "what": HOSTILE, "km2": "1.0"}]
    geometry = simplify_for_display(geopandas.read_file(folder / "coverage.gpkg", layer="communes"), 8000)
    parsed = _parsed(as_page(hostile, geometry, repairs))
    assert "img" not in parsed.tags
    assert not [name for name in parsed.attributes if name.startswith("on")]
    book = load_workbook(io.BytesIO(as_workbook(hostile, repairs)))
    for sheet in book:
        for row in sheet.iter_rows():
            assert not [cell for cell in row if cell.data_type == "f"]


def test_again_is_the_same_bytes(run, tmp_path: Path) -> None:
    """Nothing of the moment of writing is in the files."""
    summary, folder = run
    for name in ("repairs.csv", "coverage.gpkg"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    write_coverage_report(summary, tmp_path)
    for name in ("coverage.xlsx", "report.html"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_every_column_and_claim_has_words() -> None:
    """No heading is a name for programs."""
    columns = {
        *tables.COMMUNE_COLUMNS, *tables.UNIT_COLUMNS, *tables.FALLBACK_COLUMNS, *tables.SDG_COLUMNS,
        *tables.CLAIM_COLUMNS, *tables.SOURCE_COLUMNS, "layer", "feature", "what", "km2", "run", "sum", "parts",
        *change_files.CHANGE_COLUMNS, *change_files.SITE_COLUMNS, *change_files.CROSSWALK_COLUMNS,
        *planning_tables.RANKING_COLUMNS, *planning_tables.GAP_COLUMNS, *planning_tables.PROVENANCE_COLUMNS,
    }  # fmt: skip
    assert set(HEADINGS) == columns
    assert set(CLAIM_WORDS) == {claim.key for claim in CLAIMS}


@pytest.mark.parametrize(
    ("ratio", "word"),
    [
        (None, "không biết"),
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.9999, "99,9 %"),
        (0.0001, "< 0,1 %"),
        (0.4567, "45,7 %"),
    ],
)
def test_percentages(ratio: float | None, word: str) -> None:
    """A comma, one decimal; 100 is said of nothing less."""
    assert percent(ratio) == word


def test_classes_of_the_map() -> None:
    """Everything has a colour of its own, also nothing and what is not known."""
    colours = [colour_of(ratio) for ratio in (1.0, 0.99, 0.8, 0.5, 0.001, 0.0, None)]
    assert colours == [*(colour for _, colour, _ in CLASSES), "url(#h)"]
