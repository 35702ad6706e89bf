"""Reading one CSV text by a table of its columns: header, quoting, cells, ids; every problem with its place.

What the columns of each file are stands in ``inventory_columns``; what rows mean together in ``inventory_files``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .inventory_cells import CellError
from .problems import Problem, name_hint, shown

MAX_PROBLEMS = 1000
_QUOTING = ("the quotes in this row do not match", "close every quote, and write a quote inside a cell twice")
_TOO_LONG = ("a cell is longer than 131072 characters", "look for a quote that is never closed")


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column: its parser, and what an empty or absent optional cell means.

    ``partner`` is a column without which this one says nothing. ``refers_to`` names the kind of thing that must
    exist elsewhere. A ``hidden`` cell is not repeated in messages.
    """

    name: str
    parse: Callable[[str], Any]
    required: bool = False
    default: object = ""
    partner: str = ""
    refers_to: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A file: its columns, which of them is the id (may be none), and whether the file must be there."""

    file: str
    columns: tuple[ColumnSpec, ...]
    id_column: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A row: stripped texts of all known columns, and the values of the sound cells (or their defaults)."""

    line: int
    texts: dict[str, str]
    values: dict[str, Any]
    cell_lines: Mapping[str, int]
    """Lines of the cells where a cell before them has a line break."""

    def line_of(self, column: str) -> int:
        """Return the line on which a cell starts."""
        return self.cell_lines.get(column, self.line)


@dataclass(slots=True)
class Table:
    """What one file says; ``declared`` has the line of every id, also of rows that are wrong otherwise."""

    spec: TableSpec
    file: str
    rows: list[Row] = field(default_factory=list)
    declared: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    sound: bool = True
    """Whether all ids could be read, so that a reference to none of them is an error of its own."""
    header_sound: bool = True

    def report(self, line: int, column: str, what: str, remedy: str) -> None:
        """Add a problem at a place of this file, up to a limit that is then told."""
        if self.full:
            self.report_limit(line)
        else:
            self.problems.append(Problem(self.file, line, column, what, remedy))

    def report_limit(self, line: int) -> None:
        """Say once that there is more than is listed."""
        if len(self.problems) == MAX_PROBLEMS:
            what = f"more than {MAX_PROBLEMS} problems, the others are not listed"
            self.problems.append(Problem(self.file, line, "", what, "correct these first"))

    @property
    def full(self) -> bool:
        """Whether so much is wrong that reading on is of no use."""
        return len(self.problems) >= MAX_PROBLEMS


def read_table(spec: TableSpec, file: str, text: str) -> Table:
    """Read the text of a CSV file; ``file`` is its name in messages."""
    table = Table(spec, file)
    body, skipped_lines = _without_separator_line(text)
    delimiter = _delimiter(body)
    if delimiter is None:
        table.sound = False
        table.report(
            1 + skipped_lines, "", "the columns are separated by tabs", "save the file as comma-separated CSV"
        )
        return table
    records = _records(body, delimiter, skipped_lines)
    header = _read_header(table, records)
    if header is None:
        table.sound = False
        return table
    for line, cells in records:
        if table.full:
            table.sound = False
            table.report_limit(line)
            break
        if isinstance(cells, csv.Error):
            table.sound = False
            table.report(line, "", *_words(cells))
        elif any(cell.strip() for cell in cells):
            _read_row(table, header, line, cells)
    return table


def _without_separator_line(text: str) -> tuple[str, int]:
    """Drop the line ``sep=;`` that Excel understands and some programs write."""
    first, newline, rest = text.partition("\n")
    return (rest, 1) if newline and first.strip().lower() in {"sep=;", "sep=,"} else (text, 0)


def _delimiter(text: str) -> str | None:
    """Return the separator of the header line, ``None`` when it is a tab."""
    first = text.lstrip().partition("\n")[0]
    if first.count(";") > first.count(","):
        return ";"
    return None if first.count("\t") > first.count(",") else ","


def _records(text: str, delimiter: str, skipped_lines: int) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Yield each record with the line on which it starts; after an error the reader goes on with the next line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        line = reader.line_num + 1 + skipped_lines
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, error
        else:
            yield line, cells


def _words(error: csv.Error) -> tuple[str, str]:
    return _TOO_LONG if "field larger" in str(error) else _QUOTING


def _read_header(table: Table, records: Iterator[tuple[int, list[str] | csv.Error]]) -> list[str] | None:
    """Return the names of the columns as they stand, or ``None`` when there is no header to go by."""
    known = [column.name for column in table.spec.columns]
    for line, cells in records:
        if isinstance(cells, csv.Error):
            table.report(line, "", *_words(cells))
            return None
        header = [cell.strip() for cell in cells]
        if not any(header):
            continue
        if not set(header) & set(known):
            table.report(line, "", "this is no header", f"write the column names first: {','.join(known)}")
            return None
        _check_header(table, line, header)
        table.header_sound = not table.problems
        return header
    table.report(1, "", "the file is empty", f"write the column names first: {','.join(known)}")
    return None


def _check_header(table: Table, line: int, header: Sequence[str]) -> None:
    known = [column.name for column in table.spec.columns]
    absent = [name for name in known if name not in header]
    for number, name in enumerate(header, 1):
        if not name:
            table.report(line, str(number), "a column without a name", "name it, or remove the column")
        elif name not in known:
            otherwise = f"remove it; known are {', '.join(known)}"
            table.report(line, str(number), f"unknown column {shown(name)}", name_hint(name, absent, otherwise))
        elif name in header[: number - 1]:
            table.report(line, str(number), f"column {name} stands here twice", "remove one of the two")
    for column in table.spec.columns:
        if column.required and column.name in absent:
            remedy = "add it to the header and to every row"
            table.report(line, column.name, f"the required column {column.name} is missing", remedy)
            table.sound = table.sound and column.name != table.spec.id_column
    if table.problems:
        return
    for column in table.spec.columns:
        if column.name in header and column.partner and column.partner not in header:
            what = f"the column {column.name} needs a column {column.partner} beside it"
            table.report(line, column.partner, what, f"add {column.partner}, or remove {column.name}")


def _read_row(table: Table, header: Sequence[str], line: int, cells: Sequence[str]) -> None:
    texts = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
    id_text = texts.get(table.spec.id_column, "")
    _declare(table, line, id_text)
    if len(cells) != len(header):
        count = "cell" if len(cells) == 1 else "cells"
        what = f"the row has {len(cells)} {count}, the header {len(header)}"
        remedy = "correct the separators, and put quotes around a cell with a separator in it"
        table.report(line, str(min(len(cells), len(header)) + 1), what, remedy)
        return
    row = Row(line, texts, {}, _cell_lines(header, line, cells))
    for column in table.spec.columns:
        _read_cell(table, row, column)
    table.rows.append(row)


def _declare(table: Table, line: int, id_text: str) -> None:
    if not id_text:
        return
    first = table.declared.setdefault(id_text, line)
    if first != line:
        column = table.spec.id_column
        what = f"duplicate {column} {shown(id_text)}, first on line {first}"
        table.report(line, column, what, "give every row an id of its own, or remove one of the two")


def _cell_lines(header: Sequence[str], line: int, cells: Sequence[str]) -> dict[str, int]:
    if not any("\n" in cell or "\r" in cell for cell in cells):
        return {}
    lines = {}
    for name, cell in zip(header, cells, strict=True):
        lines[name] = line
        line += cell.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    return lines


def _read_cell(table: Table, row: Row, column: ColumnSpec) -> None:
    text = row.texts.get(column.name)
    if not text:
        if not column.required:
            row.values[column.name] = column.default
        elif text is not None:
            table.report(row.line_of(column.name), column.name, f"{column.name} is empty", "fill it in")
        return
    try:
        row.values[column.name] = column.parse(text)
    except CellError as error:
        table.report(row.line_of(column.name), column.name, error.what, error.remedy)
