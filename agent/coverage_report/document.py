"""Titled tables, and what they stand on, as a workbook and as a page: plans, comparisons, other editions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook

from phusong.coverage.output.same_bytes import write_bytes, write_text
from phusong.coverage.output.tables import Table, Value
from phusong.coverage.summary import LayerSource
from phusong.maps.text import escape_html

from .html_parts import html_page, html_section, html_table
from .wording import SHEETS
from .workbook import fill_sheet, finish_book

_LISTED = 60


@dataclass(frozen=True, slots=True)
class Part:
    """One table: whole in the workbook; in the page its first rows, or those of ``page_rows``.

    ``page_columns`` are those of the page, all without it. Columns without any value are in neither.
    """

    title: str
    table: Table
    page_rows: tuple[dict[str, Value], ...] | None = None
    page_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """``file`` is the name without ending; ``layers`` give the workbook its date."""

    file: str
    title: str
    basis: str
    notices: tuple[str, ...]
    parts: tuple[Part, ...]
    notes: tuple[str, ...]
    layers: tuple[LayerSource, ...]


def write_document(document: Document, folder: Path) -> None:
    """Write the document as ``.xlsx`` and ``.html``; the same document gives the same bytes.

    Raises
    ------
    OSError
        A file cannot be written.
    """
    write_bytes(folder / f"{document.file}.xlsx", as_book(document))
    write_text(folder / f"{document.file}.html", as_html(document))


def as_book(document: Document) -> bytes:
    """Return the workbook, a sheet per table."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for part in document.parts:
        lines = (f"{document.title}: {part.title}", document.basis, *document.notices)
        fill_sheet(book, part.title, part.table, lines, _empty_columns(part.table))
    return finish_book(book, document.title, (document.basis, *document.notes), document.layers)


def as_html(document: Document) -> str:
    """Return the page, a section per table."""
    notes = "".join(f"<li>{escape_html(text, 500)}</li>" for text in document.notes)
    sections = [html_section(part.title, _contents(part)) for part in document.parts]
    sections.append(html_section(SHEETS["notes"], [f"<ul>{notes}</ul>"]))
    return html_page(document.title, document.basis, document.notices, sections)


def _contents(part: Part) -> list[str]:
    rows = part.table.dictionaries() if part.page_rows is None else list(part.page_rows)
    if not rows:
        return ["<p>Không có.</p>"]
    more = len(rows) - _LISTED
    whole = f"<p>và {more} dòng khác (xem tệp {part.table.name}.csv).</p>" if more > 0 else ""
    return [html_table(part.table, part.page_columns or part.table.columns, rows[:_LISTED]), whole]


def _empty_columns(table: Table) -> set[str]:
    """Return the columns without any value; none of a table without rows, which keeps its headings."""
    values = zip(*table.rows, strict=True)
    return {
        name
        for name, column in zip(table.columns, values, strict=bool(table.rows))
        if all(value in (None, "") for value in column)
    }
