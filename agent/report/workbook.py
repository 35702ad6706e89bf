"""A report as an XLSX workbook: a sheet for every level, and one that says what the figures mean.

The same report gives the same bytes. Texts are never formulas: they are stored as texts, and marked so that they
stay texts where somebody edits the cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from .availability import Level, Report
from .columns import Kind, Value
from .shown import heading, provenance, range_lines, shown_value
from .tables import columns_of, levels_of, rows_of
from .wording import WORDS, definitions
from .xlsx import finish_sheet, put_headings, put_lines, put_text, with_fixed_times

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
    return with_fixed_times(book, report.range.end)


def _fill_level(sheet: Worksheet, report: Report, level: Level, lang: str) -> None:
    columns = columns_of(level)
    put_headings(
        sheet,
        _HEADER_ROW,
        [heading(name, lang) for name, _ in columns],
        [_TEXT_WIDTH if kind in (Kind.TEXT, Kind.TIME) else _NUMBER_WIDTH for _, kind in columns],
    )
    rows = rows_of(report, level)
    for row_number, row in enumerate(rows, start=_HEADER_ROW + 1):
        for number, (name, kind) in enumerate(columns, start=1):
            _put_value(sheet, row_number, number, row[name], kind, lang)
    finish_sheet(sheet, _HEADER_ROW, len(columns), len(rows))


def _fill_notes(sheet: Worksheet, report: Report, source: str, lang: str) -> None:
    words = WORDS[lang]
    lines: list[Sequence[str]] = [(words["title"],), *((line,) for line in range_lines(report, lang)), ()]
    lines += [(words["definitions"],), *((text,) for text in definitions(words)), ()]
    lines += [(words["provenance"],), *provenance(report, source, lang)]
    heads = {words["title"], words["definitions"], words["provenance"]}
    put_lines(sheet, 1, lines, heads)
    sheet.column_dimensions["A"].width = 90
    sheet.column_dimensions["B"].width = 70


def _put_value(sheet: Worksheet, row: int, column: int, value: Value, kind: Kind, lang: str) -> None:
    """Write a value as what it is; a missing one leaves the cell empty."""
    if value is None or value == "":
        return
    if isinstance(value, str):
        put_text(sheet, row, column, shown_value(value, kind, lang))
        return
    number = value / _DAY_S if kind is Kind.SECONDS else value
    sheet.cell(row, column, number).number_format = _FORMATS[kind]
