"""What every workbook of ours has: texts that are never formulas, sheets fit to be printed, no time of writing."""

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

CORE_PROPERTIES: Final = "docProps/core.xml"
HEAD_FONT: Final = Font(bold=True)
_HEAD_FILL: Final = PatternFill("solid", fgColor="DDE7F0")
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)


def put_text(sheet: Worksheet, row: int, column: int, text: str) -> Cell:
    """Write a text as a text, whatever it begins with."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)  # noqa: S101 - no cells are merged here
    cell.value = text
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell


def put_headings(sheet: Worksheet, row: int, headings: Sequence[str], widths: Sequence[float]) -> None:
    """Write the row of headings and set the columns' widths, in characters."""
    for number, (text, width) in enumerate(zip(headings, widths, strict=True), start=1):
        cell = put_text(sheet, row, number, text)
        cell.font, cell.fill = HEAD_FONT, _HEAD_FILL
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(number)].width = width


def finish_sheet(sheet: Worksheet, head_row: int, columns: int, rows: int) -> None:
    """Freeze the headings, let them filter, and print them on every page, A4 across."""
    sheet.freeze_panes = f"B{head_row + 1}"
    sheet.auto_filter.ref = f"A{head_row}:{get_column_letter(columns)}{head_row + rows}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = Worksheet.PAPERSIZE_A4
    sheet.print_title_rows = f"{head_row}:{head_row}"


def put_lines(sheet: Worksheet, first_row: int, lines: Iterable[Sequence[str]], heads: set[str]) -> None:
    """Write lines of texts, each in cells side by side; those in ``heads`` bold."""
    for row_number, texts in enumerate(lines, start=first_row):
        for number, text in enumerate(texts, start=1):
            cell = put_text(sheet, row_number, number, text)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if text in heads:
                cell.font = HEAD_FONT


def with_fixed_times(book: Workbook, moment: datetime) -> bytes:
    """Return the file with ``moment`` as its date, and no time of writing in it.

    openpyxl stamps the moment of saving into the properties and into the archive.
    """
    saved = io.BytesIO()
    book.save(saved)
    stamp = (moment - (moment.utcoffset() or timedelta())).replace(tzinfo=None, microsecond=0)
    book.properties.created = book.properties.modified = stamp
    result = io.BytesIO()
    with zipfile.ZipFile(saved) as written, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in written.namelist():
            part = tostring(book.properties.to_tree()) if name == CORE_PROPERTIES else written.read(name)
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), part, zipfile.ZIP_DEFLATED)
    return result.getvalue()
