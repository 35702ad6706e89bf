"""Tables by commune: classes and broadband."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from phusong.coverage.editions import Edition
from phusong.coverage.errors import TableError
from phusong.coverage.input.commune_tables import read_broadband, read_classes
from phusong.coverage.summary import Broadband


def _table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_classes(tmp_path: Path, edition: Edition) -> None:
    """Several rows and several words make several classes; Excel's code without its zero is understood."""
    path = _table(tmp_path, "Mã xã,Phân loại\n06649,đảo; biên giới\n6649,xa\n06652,đảo\n")
    classes, source = read_classes(path, edition)
    assert classes == {"06649": ("biên giới", "xa", "đảo"), "06652": ("đảo",)}
    assert (source.role, source.rows) == ("classes", 3)


def test_broadband(tmp_path: Path, edition: Edition) -> None:
    """Connected units, and of how many where it is known."""
    broadband, source = read_broadband(_table(tmp_path, "code,connected,units\n6649,5,7\n06652,0,\n"), edition)
    assert broadband == {"06649": Broadband(5, 7), "06652": Broadband(0, None)}
    assert (source.role, source.rows) == ("broadband", 2)


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (
            read_classes,
            "code,class\n99999,x\n",
            "t.csv:2: commune '99999' is not in edition 2020-01; is it",
        ),
        (read_classes, "code,class\n06649,\n", "t.csv:2: the class is empty or no text; write one, e.g. island"),
        (read_classes, "code,class\n06649,a\x07\n", "t.csv:2: the class is empty or no text"),
        (read_broadband, "code,connected\n06649,1\n6649,2\n", "t.csv:3: commune 06649 is there twice; remove one"),
        (read_broadband, "code,connected\n06649,many\n", "t.csv:2: 'many' is no count"),
        (read_broadband, "code,connected\n06649,-1\n", "t.csv:2: '-1' is no count"),
        (read_broadband, "code,connected,units\n06649,8,7\n", "t.csv:2: 8 of 7 units connected; correct one"),
        (read_broadband, "code,units\n06649,8\n", "t.csv:1: column connected missing"),
        (read_broadband, "code,connected\n06649,1_000\n", "t.csv:2: '1_000' is no count; write a whole number"),
        (read_broadband, "code,connected,units\n06649,1,1.5\n", "t.csv:2: '1.5' is no count"),
        (
            read_broadband,
            "code;connected\n06649;1\n99999;1\n6652;x\n",
            "t.csv:3: commune '99999'.*\n.*t.csv:4: 'x'",
        ),
        (read_broadband, "code,connected\n=A1,1\n", "t.csv:2: commune '=A1' is not in edition 2020-01; is it"),
        (read_classes, "ma,ma xa,class\n1,2,x\n", "t.csv:1: 'ma' and 'ma xa' both mean commune_code; remove one"),
        (read_classes, "code,class\n06649, ; | \n", "t.csv:2: the class is empty or no text"),
    ],
)
def test_bad_tables(read, text: str, message: str, tmp_path: Path, edition: Edition) -> None:
    """Each fault is named with its line and the remedy."""
    with pytest.raises(TableError, match=message):
        read(_table(tmp_path, text), edition)


def test_codes_from_excel(tmp_path: Path, edition: Edition) -> None:
    """A code that Excel made a number, in a workbook or in its CSV, is the code."""
    book = openpyxl.Workbook()
    for cells in (["Mã xã", "Loại"], [6649, "đảo"], ["06652", "đảo"], [6655.0, "đảo"]):
        book.active.append(cells)
    book.save(tmp_path / "t.xlsx")
    assert set(read_classes(tmp_path / "t.xlsx", edition)[0]) == {"06649", "06652", "06655"}
    path = _table(tmp_path, "\ufeffMã xã;Loại\n6649.0;đảo\n")
    assert read_classes(path, edition)[0] == {"06649": ("đảo",)}
