"""A coverage run as an XLSX workbook: a sheet per level, and sheets for what the figures rest on.

The values are those of the CSV files (``phusong.coverage.output.tables``), as numbers; the same run gives the same
bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from phusong.agent.report.xlsx import finish_sheet, put_headings, put_lines, put_text, with_fixed_times
from phusong.coverage.output.tables import (
    Table,
    Value,
    claims_table,
    communes_table,
    fallback_table,
    sdg_table,
    sources_table,
    units_table,
)
from phusong.coverage.summary import CoverageSummary
from phusong.maps.text import clean_text

from .wording import (
    CLAIM_WORDS,
    DEFINITIONS,
    HEADINGS,
    METHODS,
    NOTES,
    OPERATORS,
    ROLES,
    SHEETS,
    TITLE,
    VERDICTS,
    basis,
    notices,
)

_WIDE: Final = {
    "commune_name": 26, "district": 24, "name": 26, "operator": 24, "operators": 34, "file": 34, "sha256": 24,
    "crs": 28, "claim": 36, "what": 60, "layer": 30, "classes": 20, "population_method": 24,
}  # fmt: skip
_NARROW = 13
_FORMATS: Final = {
    "area_ratio": "0.0%", "population_ratio": "0.0%", "share": "0.0%", "claimed": "0%",
    "area_km2": "#,##0.00", "covered_km2": "#,##0.00", "km2": "#,##0.000000", "population": "#,##0",
    "population_covered": "#,##0", "distance_m": "#,##0", "reached": "#,##0", "whole": "#,##0",
}  # fmt: skip
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
    notes = book.create_sheet(SHEETS["notes"])
    put_lines(notes, 1, [(TITLE,), (basis(summary),), *((line,) for line in DEFINITIONS)], {TITLE})
    notes.column_dimensions["A"].width = 110
    book.properties.title = TITLE
    book.properties.creator = "phusong"
    return with_fixed_times(book, _date_of(summary))


def shown(column: str, value: Value) -> Value:
    """Return a value in Vietnamese words where it is one of ours, else as it is."""
    if column == "holds":
        return VERDICTS[value if isinstance(value, bool) else None]
    if isinstance(value, bool):
        return "Có" if value else "Không"
    words = {
        "operator": OPERATORS, "claim": CLAIM_WORDS, "role": ROLES, "population_method": METHODS, "note": NOTES,
    }.get(column)  # fmt: skip
    if isinstance(value, str):
        return words[value] if words and value in words else clean_text(value)
    return value


def _fill(book: Workbook, title: str, table: Table, summary: CoverageSummary, dropped: set[str]) -> None:
    sheet: Worksheet = book.create_sheet(title)
    head = [(f"{TITLE}: {title}",), (basis(summary),), *((line,) for line in notices(summary))]
    put_lines(sheet, 1, head, {head[0][0], *notices(summary)})
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
                sheet.cell(number, place_in_sheet, value).number_format = _FORMATS.get(column, "General")
    finish_sheet(sheet, head_row, len(kept), len(table.rows))


def _date_of(summary: CoverageSummary) -> datetime:
    """Return the date of the newest layer, which the file bears; no moment of writing."""
    dates = [layer.date for layer in summary.layers if layer.date]
    return datetime.combine(date.fromisoformat(max(dates)), time(), UTC) if dates else _NO_DATE
