"""A report as rows of values for programs: CSV and JSON, of the one level that was asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from phusong.agent.spreadsheet_csv import csv_text

from .availability import Level, Report, ReportGroup, ReportLink
from .columns import GROUP_COLUMNS, LINK_COLUMNS, TOTAL_COLUMNS, Column, Kind, Value, values_of


def columns_of(level: Level) -> Sequence[tuple[str, Kind]]:
    """Return the names and kinds of the columns of a level, in order."""
    columns: Sequence[Column[ReportLink] | Column[ReportGroup]] = (
        LINK_COLUMNS if level is Level.LINK else GROUP_COLUMNS[level]
    )
    return [(column.name, column.kind) for column in columns]


def rows_of(report: Report, level: Level) -> list[dict[str, Value]]:
    """Return the rows of a level, worst first."""
    if level is Level.LINK:
        return [values_of(LINK_COLUMNS, link) for link in report.links]
    return [values_of(GROUP_COLUMNS[level], group) for group in report.groups[level]]


def levels_of(report: Report) -> list[Level]:
    """Return the levels that a report has, from the whole to the parts."""
    return [*report.groups, Level.LINK]


def total_of(report: Report) -> dict[str, Value]:
    """Return the figures of all lines together."""
    return values_of(TOTAL_COLUMNS, report.total)


def as_csv(report: Report, level: Level) -> str:
    """Return the rows as CSV: a missing value is an empty cell, ratios are 0 to 1, times are seconds."""
    names = [name for name, _ in columns_of(level)]
    rows = rows_of(report, level)
    return csv_text(names, [{name: _cell(value) for name, value in row.items()} for row in rows])


def _cell(value: Value) -> str:
    return "" if value is None else str(value)


def as_json(report: Report, level: Level, source: str) -> str:
    """Return one object: the range, all lines together, and the rows."""
    document: Mapping[str, object] = {
        "begin": report.range.begin.isoformat(timespec="seconds"),
        "end": report.range.end.isoformat(timespec="seconds"),
        "is_cut": report.is_cut,
        "source": source,
        "edition": report.edition,
        "only": report.only,
        "fingerprint": report.fingerprint,
        "by": level,
        "total": total_of(report),
        "rows": rows_of(report, level),
    }
    return json.dumps(document, ensure_ascii=False, indent=1)
