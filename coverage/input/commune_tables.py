"""Tables with rows per commune: the classes that it belongs to, and its broadband."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phusong.coverage.input.matching import commune_code
from phusong.coverage.input.table_file import read_table, refuse_problems, whole_number
from phusong.coverage.summary import Broadband, Source

if TYPE_CHECKING:
    from pathlib import Path

    from phusong.coverage.editions import Edition
    from phusong.coverage.input.table_file import Table

_CODE = {"commune_code": ("code", "ma", "ma xa", "ma phuong xa", "ma dvhc", "ward code")}


def read_classes(path: Path, edition: Edition) -> tuple[dict[str, tuple[str, ...]], Source]:
    """Read which classes (remote, border, island, ...) the communes belong to.

    A row has ``commune_code`` and ``class``; a commune of several classes has several rows, or several words
    separated by ``;`` or ``|``.

    Raises
    ------
    TableError
        The table cannot be read, a code is not in the edition, or a class is empty or not printable.
    """
    table = read_table(
        path, {**_CODE, "class": ("area class", "classes", "loai", "nhom", "phan loai")}, ("commune_code", "class")
    )
    classes: dict[str, set[str]] = {}
    problems = _unknown_codes(table, edition)
    for row in table.rows:
        words = {word.strip() for word in row.cells["class"].replace("|", ";").split(";")} - {""}
        if not words or not all(word.isprintable() for word in words):
            problems.append(f"{row.where}: the class is empty or no text; write one, e.g. island")
        classes.setdefault(commune_code(row.cells["commune_code"]), set()).update(words)
    refuse_problems(problems)
    source = Source("classes", path.name, table.sha256, len(table.rows))
    return {code: tuple(sorted(words)) for code, words in classes.items()}, source


def read_broadband(path: Path, edition: Edition) -> tuple[dict[str, Broadband], Source]:
    """Read how many units (households, offices, hamlets) of each commune have fixed broadband.

    A row has ``commune_code``, ``connected`` and, where known, ``units``.

    Raises
    ------
    TableError
        The table cannot be read, a code is not in the edition or there twice, or a number is none.
    """
    columns = {
        **_CODE,
        "connected": ("connected units", "co bang rong", "da ket noi", "so da ket noi"),
        "units": ("total", "households", "tong so", "so ho"),
    }
    table = read_table(path, columns, ("commune_code", "connected"))
    broadband: dict[str, Broadband] = {}
    problems = _unknown_codes(table, edition)
    for row in table.rows:
        code = commune_code(row.cells["commune_code"])
        if code in broadband:
            problems.append(f"{row.where}: commune {code} is there twice; remove one")
        try:
            units = whole_number(row.cells["units"]) if row.cells["units"] else None
            broadband[code] = Broadband(whole_number(row.cells["connected"]), units)
        except ValueError as error:
            problems.append(f"{row.where}: {error}")
            continue
        if units is not None and broadband[code].connected > units:
            problems.append(f"{row.where}: {broadband[code].connected} of {units} units connected; correct one")
    refuse_problems(problems)
    return broadband, Source("broadband", path.name, table.sha256, len(table.rows))


def _unknown_codes(table: Table, edition: Edition) -> list[str]:
    return [
        f"{row.where}: commune {row.cells['commune_code']!r} is not in edition {edition.name}; is it another one?"
        for row in table.rows
        if commune_code(row.cells["commune_code"]) not in edition.communes
    ]
