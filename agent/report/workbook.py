"""A report as an XLSX workbook: a sheet for every level, and one that says what the figures mean.

The same report gives the same bytes. Texts are never formulas: they are stored as texts, and marked so that they
stay texts where somebody edits the cell.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.functions import tostring

from .availability import Level, Report
from .columns import Kind, Value
from .shown import heading, provenance, range_lines, shown_value
from .tables import columns_of, levels_of, rows_of
from .wording import WORDS, definitions

CORE_PROPERTIES: Final = "docProps/core.xml"
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
_FORMATS: Final = {
    Kind.RATIO: "0.000%",
    Kind.SHARE: "0.0%",
    Kind.SECONDS: "[h]:mm:ss",
    Kind.COUNT: "0",
    Kind.NUMBER: "0.00",
}
_DAY_S: Final = 86_400
_TEXT_WIDTH: Final = 22
_NUMBER_WIDTH: Final = 14
_HEADER_ROW: Final = 1
_HEAD_FONT = Font(bold=True)
_HEAD_FILL = PatternFill("solid", fgColor="DDE7F0")


def as_workbook(report: Report, source: str, lang: str) -> bytes:
    """Return the workbook; ``source`` is the name of the file that the figures come from."""
    words = WORDS[lang]
    book = Workbook()
    book.remove(book.worksheets[0])
    for level in levels_of(report):
        _fill_level(book.create_sheet(words[f"level.{level}"]), report, level, lang)
    _fill_notes(book.create_sheet(words["definitions"]), report, source, lang)
    book.properties.title = words["title"]
    book.properties.creator = "phusong"
    return _with_fixed_times(book, report.range.end)


def _fill_level(sheet: Worksheet, report: Report, level: Level, lang: str) -> None:
    columns = columns_of(level)
    for number, (name, kind) in enumerate(columns, start=1):
        cell = _put(sheet, _HEADER_ROW, number, heading(name, lang))
        cell.font, cell.fill = _HEAD_FONT, _HEAD_FILL
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        width = _TEXT_WIDTH if kind in (Kind.TEXT, Kind.TIME) else _NUMBER_WIDTH
        sheet.column_dimensions[get_column_letter(number)].width = width
    rows = rows_of(report, level)
    for row_number, row in enumerate(rows, start=_HEADER_ROW + 1):
        for number, (name, kind) in enumerate(columns, start=1):
            _put_value(sheet, row_number, number, row[name], kind, lang)
    sheet.freeze_panes = f"B{_HEADER_ROW + 1}"
    sheet.auto_filter.ref = f"A{_HEADER_ROW}:{get_column_letter(len(columns))}{_HEADER_ROW + len(rows)}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = Worksheet.PAPERSIZE_A4
    sheet.print_title_rows = f"{_HEADER_ROW}:{_HEADER_ROW}"


def _fill_notes(sheet: Worksheet, report: Report, source: str, lang: str) -> None:
    words = WORDS[lang]
    lines: list[Sequence[str]] = [(words["title"],), *((line,) for line in range_lines(report, lang)), ()]
    lines += [(words["definitions"],), *((text,) for text in definitions(words)), ()]
    lines += [(words["provenance"],), *provenance(report, source, lang)]
    heads = {words["title"], words["definitions"], words["provenance"]}
    for row_number, texts in enumerate(lines, start=1):
        for number, text in enumerate(texts, start=1):
            cell = _put(sheet, row_number, number, text)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if text in heads:
                cell.font = _HEAD_FONT
    sheet.column_dimensions["A"].width = 90
    sheet.column_dimensions["B"].width = 70


def _put_value(sheet: Worksheet, row: int, column: int, value: Value, kind: Kind, lang: str) -> None:
    """Write a value as what it is; a missing one leaves the cell empty."""
    if value is None or value == "":
        return
    if isinstance(value, str):
        _put(sheet, row, column, shown_value(value, kind, lang))
        return
    number = value / _DAY_S if kind is Kind.SECONDS else value
    sheet.cell(row, column, number).number_format = _FORMATS[kind]


def _put(sheet: Worksheet, row: int, column: int, text: str) -> Cell:
    """Write a text as a text, whatever it begins with."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)  # noqa: S101 - no cells are merged here
    cell.value = text
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell


def _with_fixed_times(book: Workbook, moment: datetime) -> bytes:
    """Return the file with the end of the range as its date, and no time of writing in it.

    openpyxl stamps the moment of saving into the properties and into the archive.
    """
    saved = io.BytesIO()
    book.save(saved)
    stamp = (moment - (moment.utcoffset() or timedelta())).replace(tzinfo=None, microsecond=0)
    book.properties.created = book.properties.modified = stamp
    result = io.BytesIO()
    with zipfile.ZipFile(saved) as written, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _parts(written):
            part = tostring(book.properties.to_tree()) if name == CORE_PROPERTIES else content
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), part, zipfile.ZIP_DEFLATED)
    return result.getvalue()


def _parts(archive: zipfile.ZipFile) -> Iterable[tuple[str, bytes]]:
    return ((name, archive.read(name)) for name in archive.namelist())
