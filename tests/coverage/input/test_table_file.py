"""Tables of planners: CSV in all its dialects, workbooks, and what is wrong with them."""

from __future__ import annotations

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
