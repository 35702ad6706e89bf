"""Tables of planners: CSV in all its dialects, workbooks, and what is wrong with them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest

from phusong.coverage.errors import TableError
from phusong.coverage.input.table_file import read_table, whole_number

COLUMNS = {"id": ("ma",), "people": ("population", "dan so")}


@pytest.mark.parametrize(
    "content",
    [
        "id,people\na,5\n\nb,7\n",
        "\ufeffMã;Dân số;ghi chú\r\na;5;x\r\nb;7;y\r\n",
        "people\tid\n5\ta\n7\tb\n",
        'id,people\n"a",5\nb,7',
        "id , People\n a , 5 \nb,7\n",
    ],
)
def test_dialects(content: str, tmp_path: Path) -> None:
    """Separators, a byte-order mark, Vietnamese headers, any order, further columns and empty lines are fine."""
    path = tmp_path / "t.csv"
    path.write_bytes(content.encode())
    table = read_table(path, COLUMNS, ("id", "people"))
    assert [dict(row.cells) for row in table.rows] == [{"id": "a", "people": "5"}, {"id": "b", "people": "7"}]


def test_line_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    """A line broken inside quotes and empty lines count, as an editor counts."""
    path = tmp_path / "t.csv"
    path.write_text('id,people,note\na,1,"two\nlines"\n\nb,2,\n', encoding="utf-8")
    assert [row.where for row in read_table(path, COLUMNS, ("id",)).rows] == [f"{path}:3", f"{path}:5"]


def test_workbook(tmp_path: Path) -> None:
    """The first sheet; numbers are text again, an empty row is none, a short row has empty cells."""
    book = openpyxl.Workbook()
    sheet = book.active
    for cells in (["Mã", "Dân số"], [6649, 5.0], [None, None], ["=1+1"]):
        sheet.append(cells)
    path = tmp_path / "t.xlsx"
    book.save(path)
    rows = read_table(path, COLUMNS, ("id",)).rows
    # What Excel never computed has no value: the formula itself is never taken for one.
    assert [dict(row.cells) for row in rows] == [{"id": "6649", "people": "5"}]
    assert rows[0].where == f"{path}:2"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"people\n1\n", "t.csv:1: column id missing; give it in the header .found: people"),
        ("t.csv", b"", "t.csv:1: column id missing; give it in the header .found: nothing"),
        ("t.csv", b"id,ma\na,b\n", "t.csv:1: 'id' and 'ma' both mean id; remove one column"),
        ("t.csv", "id\nHạ\n".encode("utf-16"), "t.csv: is not UTF-8 .byte 1.; save it as 'CSV UTF-8'"),
        ("t.csv", b'id\n"a\n', "t.csv:2: unexpected end of data; correct the quotes of this line"),
        ("t.xlsx", b"PK not really", "t.xlsx: is no workbook of Excel"),
        ("t.ods", b"x", "t.ods: tables of the kind '.ods' are not read; use .csv or .xlsx"),
    ],
)
def test_bad_tables(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    """Each fault is named with its place and the remedy."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TableError, match=message):
        read_table(tmp_path / name, COLUMNS, ("id",))


def test_missing_table(tmp_path: Path) -> None:
    """A path that is no file is named."""
    with pytest.raises(TableError, match=r"none.csv: no such file; check the path"):
        read_table(tmp_path / "none.csv", COLUMNS, ("id",))


def test_counts() -> None:
    """Counts are whole, not negative, without separators."""
    assert (whole_number("12"), whole_number("12.0"), whole_number("0")) == (12, 12, 0)
    for text in ("-1", "1.5", "1,000", "", "x", "nan", "inf", "1e3", "٣"):
        with pytest.raises(ValueError, match="is no count"):
            whole_number(text)


SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def edited(tmp_path: Path):
    """Return a workbook of a header and one row in which one part is changed; one that becomes None is missing."""

    def edit(part: str, change: Callable[[bytes], bytes | None]) -> Path:
        book = openpyxl.Workbook()
        for cells in (["id", "people"], ["a", 5]):
            book.active.append(cells)
        book.save(tmp_path / "whole.xlsx")
        with (
            zipfile.ZipFile(tmp_path / "whole.xlsx") as whole,
            zipfile.ZipFile(tmp_path / "t.xlsx", "w", zipfile.ZIP_DEFLATED) as changed,
        ):
            for name in whole.namelist():
                content = change(whole.read(name)) if name == part else whole.read(name)
                if content is not None:
                    changed.writestr(name, content)
        return tmp_path / "t.xlsx"

    return edit


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        (SHEET, lambda xml: xml[: len(xml) // 2], "unclosed token"),
        (SHEET, lambda _: b"<a><b></a>", "mismatched tag"),
        (SHEET, lambda _: None, "list index out of range"),
        (SHEET, lambda xml: xml.replace(b"<v>5</v>", b"<v>five</v>"), "could not convert string to float: 'five'"),
        (SHEET, lambda xml: xml.replace(b'r="A2"', b'r="ZZZZ2"'), "'ZZZZ' is not a valid column name"),
        (SHEET, lambda xml: _with_entities(xml), "amplification"),
        ("xl/workbook.xml", lambda _: None, "There is no item named 'xl/workbook.xml'"),
        ("xl/workbook.xml", lambda xml: xml[:50], "unclosed token"),
        ("xl/styles.xml", lambda xml: xml[:80], "unclosed token"),
        ("[Content_Types].xml", lambda _: None, "There is no item named"),
    ],
)
def test_damaged_workbooks(part: str, change, message: str, edited) -> None:
    """Wherever it is damaged, it is one kind of error, with the remedy."""
    with pytest.raises(
        TableError, match=rf"t.xlsx: is no workbook of Excel \(.*{message}.*; save it again as .xlsx"
    ):
        read_table(edited(part, change), COLUMNS, ("id",))


def _with_entities(xml: bytes) -> bytes:
    """Return the sheet with an entity that unfolds to ten thousand million letters."""
    names = "abcdefghij"
    entities = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise(names))
    bomb = xml.replace(b"<sheetData>", b"<sheetData><row><c t='inlineStr'><is><t>&j;</t></is></c></row>")
    return f'<!DOCTYPE worksheet [<!ENTITY a "xxxxxxxxxx">{entities}]>'.encode() + bomb


def test_a_workbook_that_unpacks_to_too_much(edited) -> None:
    """A file of kilobytes that would take gigabytes is refused before it is unpacked."""
    bomb = edited(SHEET, lambda xml: xml.replace(b"<sheetData>", b"<sheetData>" + b" " * 101_000_000))
    assert bomb.stat().st_size < 1_000_000
    with pytest.raises(TableError, match=r"t.xlsx: unpacks to 101 MB, over 100 MB; save its first sheet as .csv"):
        read_table(bomb, COLUMNS, ("id",))


def test_a_sheet_that_lies_about_its_size(edited) -> None:
    """Many programs write a dimension of one cell; the rows beyond it are there all the same."""
    path = edited(SHEET, lambda xml: xml.replace(b'<dimension ref="A1:B2" />', b'<dimension ref="A1" />'))
    assert [dict(row.cells) for row in read_table(path, COLUMNS, ("id",)).rows] == [{"id": "a", "people": "5"}]


def test_formulas_count_by_what_excel_computed(edited) -> None:
    """A formula's last value is its value; an error of the sheet is text, which whoever asks then refuses."""
    computed = edited(SHEET, lambda xml: xml.replace(b"<v>5</v>", b"<f>2+3</f><v>5</v>"))
    assert read_table(computed, COLUMNS, ("id",)).rows[0].cells["people"] == "5"
    broken = edited(SHEET, lambda xml: xml.replace(b't="n"', b't="e"').replace(b"<v>5</v>", b"<v>#REF!</v>"))
    assert read_table(broken, COLUMNS, ("id",)).rows[0].cells["people"] == "#REF!"


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    """Formulas, HTML and control characters come in as they stand: who shows them escapes them."""
    hostile = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "@SUM(1+1)", "\u202etxt.exe", "a\x07b", "-1+1"]
    (tmp_path / "t.csv").write_text("id\n" + "\n".join(hostile) + "\n", encoding="utf-8")
    found = [row.cells["id"] for row in read_table(tmp_path / "t.csv", COLUMNS, ("id",)).rows]
    assert found == hostile


@pytest.mark.parametrize(
    "text", ["1_000", "1,000", "1e3", "٣", "0x10", "inf", "nan", "1.5", "+5", "-0", "", "9" * 400]
)
def test_what_is_no_count(text: str) -> None:
    """What Python or a spreadsheet would let pass as a number but nobody writes is refused."""
    with pytest.raises(ValueError, match=r"is no count; write a whole number without separators, e\.g\. 1234"):
        whole_number(text)
