"""Tables that planners keep: CSV (from Excel too) or the first sheet of a workbook, as rows of text.

Columns are found by their names, folded, in English or Vietnamese; further columns are left alone. What the cells
mean is decided by who asks; every problem of a table is told at once, with its line.
"""

from __future__ import annotations

import csv
import io
import math
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from phusong.coverage.editions import folded
from phusong.coverage.errors import TableError
from phusong.coverage.input.file_hash import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

LARGEST_TABLE_BYTES = 200_000_000
LARGEST_UNPACKED_BYTES = 100_000_000
"""Of a workbook, which in memory is ten times as large."""
POSITION_COLUMNS = {
    "lat": ("latitude", "vi do", "y"),
    "lon": ("lng", "long", "longitude", "kinh do", "x"),
}
"""Headers of WGS 84 degrees, for ``read_table``."""
_SHOWN_PROBLEMS = 20
_DAMAGES = (
    zipfile.BadZipFile, zlib.error, ParseError, OSError, EOFError, KeyError, IndexError, ValueError, TypeError,
    AttributeError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What openpyxl raises, depending on where a workbook is damaged."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: where it stands, for messages (``file:line``), and its cells by the names that were asked for."""

    where: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one file; a column that is not there has empty cells."""

    path: Path
    sha256: str
    columns: frozenset[str]
    """Those that the file has, by the names that were asked for."""
    rows: tuple[TableRow, ...]


def read_table(path: Path, columns: Mapping[str, Sequence[str]], required: Iterable[str]) -> Table:
    """Read the named columns of a CSV file or workbook.

    Parameters
    ----------
    path
        ``.csv`` (UTF-8, separated by commas, semicolons or tabs) or ``.xlsx``.
    columns
        Names to answer with, each with the headers that mean it; its own name is one of them.
    required
        Names without which the table is of no use.

    Raises
    ------
    TableError
        The file cannot be read or a required column is missing or there twice.
    """
    if not path.is_file():
        raise TableError(f"{path}: no such file; check the path")
    if path.stat().st_size > LARGEST_TABLE_BYTES:
        raise TableError(f"{path}: is larger than {LARGEST_TABLE_BYTES / 1e6:.0f} MB; cut it to the province")
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        lines = _workbook_lines(path)
    elif suffix in (".csv", ".txt"):
        lines = _csv_lines(path)
    else:
        raise TableError(f"{path}: tables of the kind {suffix or 'no suffix'!r} are not read; use .csv or .xlsx")
    header_line, header = next(lines, (1, []))
    places = _places(f"{path}:{header_line}", header, columns)
    missing = [name for name in required if name not in places]
    if missing:
        found = ", ".join(text for text in header if text) or "nothing"
        raise TableError(
            f"{path}:{header_line}: column {' and '.join(missing)} missing; give it in the header (found: {found})"
        )
    rows = tuple(
        TableRow(
            f"{path}:{number}",
            {
                name: cells[places[name]].strip() if name in places and places[name] < len(cells) else ""
                for name in columns
            },
        )
        for number, cells in lines
        if any(cell.strip() for cell in cells)
    )
    return Table(path, file_sha256(path), frozenset(places), rows)


def refuse_problems(problems: Sequence[str]) -> None:
    """Raise the problems of a table, the first of them, when there are any.

    Raises
    ------
    TableError
    """
    if problems:
        more = [f"and {len(problems) - _SHOWN_PROBLEMS} more"] if len(problems) > _SHOWN_PROBLEMS else []
        raise TableError("\n".join([*problems[:_SHOWN_PROBLEMS], *more]))


def plain_number(text: str) -> float:
    """Return a number as people write it, with a point and without separators; ``1_000`` is none.

    Raises
    ------
    ValueError
        It is none, or not finite.
    """
    value = float(text) if "_" not in text else math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is no number; write it with a point, e.g. 21.004")
    return value


def whole_number(text: str) -> int:
    """Return a count as people write it: ``1234``, or ``1234.0`` from a spreadsheet.

    Raises
    ------
    ValueError
        It is none, or negative.
    """
    value = float(text) if text.replace(".", "", 1).isdigit() and text.isascii() else -1.0
    if value < 0 or not value.is_integer():
        raise ValueError(f"{text!r} is no count; write a whole number without separators, e.g. 1234")
    return int(value)


def _places(where: str, header: Sequence[str], columns: Mapping[str, Sequence[str]]) -> dict[str, int]:
    names = {folded(word): name for name, words in columns.items() for word in (name, *words)}
    places: dict[str, int] = {}
    for place, text in enumerate(header):
        name = names.get(folded(text))
        if name is None:
            continue
        if name in places:
            raise TableError(f"{where}: {header[places[name]]!r} and {text!r} both mean {name}; remove one column")
        places[name] = place
    return places


def _csv_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: is not UTF-8 (byte {error.start + 1}); save it as 'CSV UTF-8'") from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise TableError(f"{path}:{reader.line_num}: {error}; correct the quotes of this line") from error
        if cells is None:
            return
        yield reader.line_num, cells


def _workbook_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        rows = _first_sheet(path) if unpacked <= LARGEST_UNPACKED_BYTES else None
    except _DAMAGES as error:
        raise TableError(f"{path}: is no workbook of Excel ({error}); save it again as .xlsx") from error
    if rows is None:
        limit = f"{LARGEST_UNPACKED_BYTES / 1e6:.0f} MB"
        raise TableError(f"{path}: unpacks to {unpacked / 1e6:.0f} MB, over {limit}; save its first sheet as .csv")
    return enumerate(rows, start=1)


def _first_sheet(path: Path) -> list[list[str]]:
    # openpyxl takes its time to import, and a workbook is the exception.
    import openpyxl

    # Opened here, since openpyxl leaves a damaged file open.
    with path.open("rb") as handle, warnings.catch_warnings():
        # They are about styles and validation, which are not read here.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(handle, read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            # What a sheet says of its own size is wrong in the files of many programs, and would cut it.
            sheet.reset_dimensions()
            return [
                ["" if cell is None else _cell_text(cell) for cell in cells]
                for cells in sheet.iter_rows(values_only=True)
            ]
        finally:
            book.close()


def _cell_text(cell: object) -> str:
    """Return a cell's text: a code that became a number is whole again."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
