"""The forms of a report say the same: CSV, JSON, XLSX, page and terminal. None of them runs what a name says."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeAlias

import pytest
from histories import FORMULA_CARRIER, HOSTILE_LINK, MATHS_CARRIER, SCRIPT_CARRIER
from openpyxl import load_workbook
from rich.console import Console

from phusong.agent.report import terminal
from phusong.agent.report.availability import Level, Report
from phusong.agent.report.columns import Kind, Value
from phusong.agent.report.page import as_page
from phusong.agent.report.plots import draw_plots
from phusong.agent.report.shown import heading, shown_value
from phusong.agent.report.tables import as_csv, as_json, columns_of, levels_of, rows_of
from phusong.agent.report.wording import LANGUAGES, WORDS, definitions
from phusong.agent.report.workbook import as_workbook

GOLDEN = Path(__file__).parent / "golden"
SOURCE = "phusong.db"
LOADING = {"src", "href", "srcset", "data", "poster", "action", "xlink:href", "srcdoc", "background"}
Pages: TypeAlias = dict[str, str]
each_level = pytest.mark.parametrize("level", list(Level))
each_language = pytest.mark.parametrize("lang", LANGUAGES)


class Cells(HTMLParser):
    """Collects the tables of a page: rows of (data-value, text) by the id of the table."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[tuple[str, str]]]] = {}
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self._rows: list[list[tuple[str, str]]] = []
        self._value: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag == "table":
            self._rows = self.tables.setdefault(given.get("id") or "", [])
        elif tag == "tr":
            self._rows.append([])
        elif tag == "td":
            self._value = given.get("data-value")
            self._rows[-1].append((self._value or "", ""))

    def handle_data(self, data: str) -> None:
        if self._value is not None:
            value, text = self._rows[-1][-1]
            self._rows[-1][-1] = (value, text + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self._value = None


def page_of(report: Report, lang: str) -> str:
    return as_page(report, draw_plots(report, lang), SOURCE, lang)


@pytest.fixture(scope="session")
def pages(report: Report) -> Pages:
    return {lang: page_of(report, lang) for lang in LANGUAGES}


def test_golden_csv(report: Report) -> None:
    """Names and order of the columns, and how numbers are written, are an interface to programs."""
    assert as_csv(report, Level.LINK) == (GOLDEN / "links.csv").read_bytes().decode()
    assert as_csv(report, Level.CARRIER) == (GOLDEN / "carriers.csv").read_bytes().decode()


@each_level
def test_the_same_numbers_everywhere(report: Report, pages: Pages, level: Level) -> None:
    """Cell by cell: CSV and workbook have all columns of JSON, the page those that it shows."""
    rows: list[dict[str, Value]] = json.loads(as_json(report, level, SOURCE))["rows"]
    names = [name for name, _ in columns_of(level)]
    kinds = dict(columns_of(level))
    assert [list(row) for row in rows] == [names] * len(rows)

    from_csv = list(csv.DictReader(io.StringIO(as_csv(report, level).removeprefix("\ufeff"))))
    for row, cells in zip(rows, from_csv, strict=True):
        for name, value in row.items():
            if isinstance(value, int | float):
                assert float(cells[name]) == value
            else:
                assert cells[name].replace("'", "") == (value or "").replace("'", "")

    sheet = load_workbook(io.BytesIO(as_workbook(report, SOURCE, "en")))[WORDS["en"][f"level.{level}"]]
    head, *lines = sheet.iter_rows(values_only=True)
    assert list(head) == [heading(name, "en") for name in names]
    for row, line in zip(rows, lines, strict=True):
        for (name, value), cell in zip(row.items(), line, strict=True):
            if isinstance(cell, timedelta):
                assert cell.total_seconds() == pytest.approx(value, abs=0.001)
            elif kinds[name] is Kind.SECONDS and value is not None:
                assert cell == 0 == value
            elif isinstance(value, str) and value:
                assert cell == shown_value(value, kinds[name], "en")
            else:
                assert cell == (value if value != "" else None)

    table = Cells(pages["en"]).tables[level][1:]
    for row, tds in zip(rows, table, strict=True):
        shown = [value for value, _ in tds]
        wanted = ["" if row[name] is None else str(row[name]) for name in names]
        assert all(value in wanted for value in shown)
        assert tds[0][0] == wanted[1 if level is Level.COMMUNE else 0]
        assert any(value == str(row["carrier_availability_ratio"] or "") for value in shown)


@each_language
@each_level
def test_the_page_shows_what_its_cells_hold(pages: Pages, level: Level, lang: str) -> None:
    """The text of a cell is its value in the language; a missing one is a dash."""
    heads = [heading(name, lang) for name, _ in columns_of(level)]
    page = pages[lang]
    names = re.findall(r"<th[^>]*>([^<]*)</th>", page.partition(f'id="{level}"')[2].partition("</thead>")[0])
    assert set(names) <= set(heads)
    kinds = {heading(name, lang): kind for name, kind in columns_of(level)}
    for row in Cells(page).tables[level][1:]:
        for number, (name, (value, text)) in enumerate(zip(names, row, strict=True)):
            kind = kinds[name]
            parsed: Value = value if kind in (Kind.TEXT, Kind.WORD, Kind.TIME) else float(value) if value else None
            if kind is Kind.COUNT and parsed is not None:
                parsed = int(parsed)
            if number or value:
                assert text == shown_value(parsed, kind, lang)
            else:
                assert text == WORDS[lang]["not_in_inventory"]


@each_language
def test_hostile_names_are_text(report: Report, pages: Pages, lang: str) -> None:
    """No name of an inventory or a record becomes an element, a formula or mathematics."""
    page = pages[lang]
    assert Cells(page).tags <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "dl", "div", "dt", "dd", "figure",
        "figcaption", "img", "section", "table", "thead", "tbody", "tr", "th", "td", "ul", "li",
    }  # fmt: skip
    assert page.count("<img ") == page.count('src="data:image/svg+xml;base64,') == 4
    texts = {text for rows in Cells(page).tables.values() for row in rows for _, text in row}
    assert {SCRIPT_CARRIER, FORMULA_CARRIER, MATHS_CARRIER, HOSTILE_LINK} <= texts
    book = load_workbook(io.BytesIO(as_workbook(report, SOURCE, lang)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    formulas = [cell for cell in cells if str(cell.value).startswith("=")]
    assert len(formulas) == 4
    assert all(cell.quotePrefix for cell in formulas)
    for level in levels_of(report):
        for row in csv.reader(io.StringIO(as_csv(report, level))):
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


def test_the_same_report_gives_the_same_bytes(report: Report, pages: Pages) -> None:
    """Nothing of the moment of writing is in any file; the workbook bears the end of the range."""
    assert as_workbook(report, SOURCE, "vi") == as_workbook(report, SOURCE, "vi")
    assert page_of(report, "vi") == pages["vi"]
    assert b"<dc:date>" not in b"".join(svg for _, svg in draw_plots(report, "vi"))
    properties = load_workbook(io.BytesIO(as_workbook(report, SOURCE, "vi"))).properties
    assert properties.created.isoformat() == properties.modified.isoformat() == "2026-10-31T17:00:00"


def test_the_page_fetches_nothing(report: Report, pages: Pages) -> None:
    """What it loads is in it, and its pictures refer to themselves only; no script, no style outside its own."""
    for page in pages.values():
        loads = [(name, value) for name, value in Cells(page).attributes if name in LOADING]
        assert len(loads) == 4
        assert all(value.startswith("data:image/svg+xml;base64,") for _, value in loads)
        assert not any(name == "style" or name.startswith("on") for name, _ in Cells(page).attributes)
    for _, svg in draw_plots(report, "vi"):
        loads = re.findall(r"""(?:\bhref|\bsrc)="([^"]*)"|url\(([^)]*)\)""", svg.decode())
        assert loads
        assert all("".join(found).startswith("#") for found in loads)
        assert b"<script" not in svg


def test_sheets_for_people(report: Report) -> None:
    """A sheet a level and one of definitions; headings stay in sight and filter, percentages look like them."""
    book = load_workbook(io.BytesIO(as_workbook(report, SOURCE, "vi")))
    words = WORDS["vi"]
    assert book.sheetnames == [*(words[f"level.{level}"] for level in levels_of(report)), words["definitions"]]
    sheet = book[words["level.link"]]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == (
        "B2",
        f"A1:{sheet.cell(1, sheet.max_column).column_letter}8",
    )
    formats = {sheet.cell(1, n).value: sheet.cell(3, n).number_format for n in range(1, sheet.max_column + 1)}
    assert formats[heading("carrier_availability_ratio", "vi")] == "0.000%"
    assert formats[heading("fault_seconds", "vi")] == "[h]:mm:ss"
    notes = [str(cell) for row in book[words["definitions"]].iter_rows(values_only=True) for cell in row if cell]
    assert set(definitions(words)) <= set(notes)
    assert {report.fingerprint, report.edition, SOURCE} <= set(notes)


@each_language
@each_level
def test_the_terminal_has_room_for_it(report: Report, level: Level, lang: str) -> None:
    """In 100 columns no line is longer, and the figure that counts is whole on the row of its line."""
    console = Console(width=100, record=True, file=io.StringIO(), color_system=None)
    console.print(terminal.as_table(report, level, lang))
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= 100
    for row in rows_of(report, level):
        figure = shown_value(row["carrier_availability_ratio"], Kind.RATIO, lang)
        assert any(figure in line for line in lines)
    notes = " ".join(terminal.notes(report, lang))
    assert "01/10/2026" in notes
    assert shown_value(report.total.times.carrier_availability_ratio, Kind.RATIO, lang) in notes


def test_both_languages_say_the_same() -> None:
    """The same keys with the same blanks, and a word for every column."""
    vietnamese, english = WORDS["vi"], WORDS["en"]
    assert vietnamese.keys() == english.keys()
    for key, text in vietnamese.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english[key])), key
    for level in Level:
        assert {f"column.{name}" for name, _ in columns_of(level)} <= english.keys()
    used = {f"column.{name}" for level in Level for name, _ in columns_of(level)}
    assert {key for key in english if key.startswith("column.")} == used


@pytest.mark.parametrize(
    ("value", "kind", "vietnamese", "english"),
    [
        (0.99999, Kind.RATIO, "99,999 %", "99.999 %"),
        (1.0, Kind.RATIO, "100,000 %", "100.000 %"),
        (None, Kind.RATIO, "–", "–"),
        (0.0, Kind.RATIO, "0,000 %", "0.000 %"),
        (0.034, Kind.SHARE, "3,4 %", "3.4 %"),
        (0, Kind.COUNT, "0", "0"),
        (3661.4, Kind.SECONDS, "1:01:01", "1:01:01"),
        (360_000.0, Kind.SECONDS, "100:00:00", "100:00:00"),
        (12.5, Kind.NUMBER, "12,50", "12.50"),
        ("missed", Kind.WORD, "không đạt", "missed"),
        ("", Kind.TEXT, "–", "–"),
        ("2026-10-03T00:00:05+07:00", Kind.TIME, "00:00:05 03/10/2026", "00:00:05 03/10/2026"),
    ],
)
def test_how_values_are_written(value: Value, kind: Kind, vietnamese: str, english: str) -> None:
    """What is not known is a dash, never 0 or 100 %."""
    assert (shown_value(value, kind, "vi"), shown_value(value, kind, "en")) == (vietnamese, english)
