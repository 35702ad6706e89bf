"""A coverage run as an XLSX workbook: a sheet per level, and sheets for what the figures rest on.

The values are those of the CSV files (``phusong.coverage.output.tables``), as numbers; the same run gives the same
bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from phusong.agent.report.xlsx import finish_sheet, put_headings, put_lines, put_text, with_fixed_times
from phusong.coverage.output.tables import (
    Table,
    claims_table,
    communes_table,
    fallback_table,
    sdg_table,
    sources_table,
    units_table,
)
from phusong.coverage.summary import CoverageSummary, LayerSource

from .headings import HEADINGS, number_format
from .wording import DEFINITIONS, SHEETS, TITLE, basis, notices, shown

_WIDE: Final = {
    "commune_name": 26, "district": 24, "name": 26, "operator": 24, "operators": 34, "file": 34, "sha256": 24,
    "crs": 28, "claim": 36, "what": 60, "layer": 30, "classes": 20, "population_method": 24,
    "layer_dates": 24, "layer_files": 40,
    "commune_names": 34, "commune_codes": 20, "nearest": 24, "status": 28, "change": 26, "sum": 40, "sources": 26,
    "split_sources": 20, "shares": 26, "people_shares": 26,
}  # fmt: skip
_NARROW = 13
_DROPPED: Final = {"district": {"level", "edition"}, "class": {"level", "edition"}, "province": {"level", "name"}}
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)


def as_workbook(summary: CoverageSummary, repairs: Sequence[Mapping[str, str]]) -> bytes:
    """Return the workbook; ``repairs`` are the rows of ``repairs.csv``."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for level in ("province", "district", "class"):
        table = units_table(summary, level)
        if table.rows:
            _fill(book, SHEETS[level], table, summary, _DROPPED[level])
    _fill(book, SHEETS["communes"], communes_table(summary), summary, {"edition"})
    for table in (fallback_table(summary), claims_table(summary), sdg_table(summary), sources_table(summary)):
        if table.rows:
            _fill(book, SHEETS[table.name], table, summary, set())
    changes = tuple((r["layer"], r["feature"], r["what"], float(r["km2"])) for r in repairs)
    _fill(book, SHEETS["repairs"], Table("repairs", ("layer", "feature", "what", "km2"), changes), summary, set())
    return finish_book(book, TITLE, (basis(summary), *DEFINITIONS), summary.layers)


def finish_book(book: Workbook, title: str, notes: Sequence[str], layers: Sequence[LayerSource]) -> bytes:
    """Add the sheet of notes and return the file, dated as the newest layer is."""
    sheet = book.create_sheet(SHEETS["notes"])
    put_lines(sheet, 1, [(title,), *((line,) for line in notes)], {title})
    sheet.column_dimensions["A"].width = 110
    book.properties.title = title
    book.properties.creator = "phusong"
    return with_fixed_times(book, _date_of(layers))


def _fill(book: Workbook, title: str, table: Table, summary: CoverageSummary, dropped: set[str]) -> None:
    fill_sheet(book, title, table, (f"{TITLE}: {title}", basis(summary), *notices(summary)), dropped)


def fill_sheet(
    book: Workbook, title: str, table: Table, lines: Sequence[str], dropped: Collection[str] = ()
) -> None:
    """Add a sheet: ``lines`` (what it is, on what it stands, notices), then the table without ``dropped``."""
    sheet: Worksheet = book.create_sheet(title)
    head = [(line,) for line in lines]
    put_lines(sheet, 1, head, {line for line in lines if line != lines[1]})
    for line in range(1, len(head) + 1):
        sheet.cell(line, 1).alignment = Alignment(wrap_text=False)
    head_row = len(head) + 1
    kept = [(place, column) for place, column in enumerate(table.columns) if column not in dropped]
    names = [column for _, column in kept]
    widths = [_WIDE.get(name, _NARROW) for name in names]
    put_headings(sheet, head_row, [HEADINGS[name] for name in names], widths)
    for number, row in enumerate(table.rows, start=head_row + 1):
        for place_in_sheet, (place, column) in enumerate(kept, start=1):
            value = shown(column, row[place])
            if value is None or value == "":
                continue
            if isinstance(value, str):
                put_text(sheet, number, place_in_sheet, value)
            else:
                sheet.cell(number, place_in_sheet, value).number_format = number_format(column)
    finish_sheet(sheet, head_row, len(kept), len(table.rows))


def _date_of(layers: Sequence[LayerSource]) -> datetime:
    """Return the date of the newest layer; no moment of writing."""
    dates = [layer.date for layer in layers if layer.date]
    return datetime.combine(date.fromisoformat(max(dates)), time(), UTC) if dates else _NO_DATE
