"""Editions that are not among ours: those of a user's table, and the units of 2019 that were merged into 2020-01.

Both serve to recognise the communes of a boundary file. What a table does not say is not known: ``lat``, ``lon``
and ``area_km2`` are NaN then, and the population is 0 without meaning it.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from math import nan
from typing import TYPE_CHECKING

from phusong.coverage.editions import Commune, Edition, folded, load_edition
from phusong.coverage.errors import TableError
from phusong.coverage.input.matching import commune_code
from phusong.coverage.input.table_file import plain_number, read_table, refuse_problems, whole_number
from phusong.coverage.projection import PROVINCE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_COLUMNS = {
    "code": ("commune code", "ma", "ma xa", "ma dvhc"),
    "name": ("commune", "commune name", "ten", "ten xa"),
    "type": ("kind", "loai"),
    "district_name": ("district", "huyen", "ten huyen"),
    "lat": ("latitude", "vi do"),
    "lon": ("longitude", "kinh do"),
    "area_km2": ("area", "dien tich"),
    "population": ("people", "dan so"),
}
_KINDS = {"phuong": "Phường", "xa": "Xã", "thi tran": "Thị trấn", "dac khu": "Đặc khu"}
_LARGEST_KM2 = 6000.0


def read_edition_table(path: Path, name: str) -> Edition:
    """Read the communes of an edition of the user's own.

    Columns are ``code``, ``name``, ``type`` (or the name begins with it), ``district_name``, ``lat``, ``lon``,
    ``area_km2`` and ``population``; the last four may be empty.

    Raises
    ------
    TableError
        The table cannot be read; a code or type is none, a code is there twice, or a number is out of range. All
        problems are told at once, with their lines.
    """
    table = read_table(path, _COLUMNS, ("code", "name"))
    communes: dict[str, Commune] = {}
    problems: list[str] = []
    for row in table.rows:
        try:
            commune = _commune(row.cells)
        except ValueError as error:
            problems.append(f"{row.where}: {error}")
            continue
        if commune.code in communes:
            problems.append(f"{row.where}: code {commune.code} is there twice; remove one")
        communes[commune.code] = commune
    refuse_problems(problems)
    if not communes:
        raise TableError(f"{path}: has no rows; write one per commune")
    return Edition(name, dict(sorted(communes.items())))


@cache
def units_of_2019() -> tuple[Edition, Mapping[str, str]]:
    """Return the 186 units before 2020-01-01, and which commune of 2020-01 each became part of.

    They were merged whole. Each has the centre of its commune of 2020-01.
    """
    now = load_edition("2020-01").communes
    text = (files("phusong.coverage") / "data" / "crosswalk_2019-01_2020-01_2024-11.csv").read_text(
        encoding="utf-8"
    )
    units, became = {}, {}
    for row in csv.DictReader(text.splitlines()):
        code, name, later = row["code_2019_01"], row["name_2019_01"], now[row["code_2020_01"]]
        kind = _kind("", name)
        units[code] = Commune(code, name, kind, later.district, later.lat, later.lon, nan, 0)
        became[code] = later.code
    return Edition("2019-01", units), became


def _commune(cells: Mapping[str, str]) -> Commune:
    code = commune_code(cells["code"])
    if not (code.isascii() and code.isdigit() and len(code) == 5):
        raise ValueError(f"{cells['code']!r} is no code; write five digits, e.g. 06649")
    name = cells["name"]
    if not name or not name.isprintable():
        raise ValueError("the name is empty or no text; write it with its type, e.g. Phường Hà Khánh")
    kind = _kind(cells["type"], name)
    if not folded(name).startswith(folded(kind) + " "):
        name = f"{kind} {name}"
    return Commune(
        code=code,
        name=name,
        kind=kind,
        district=cells["district_name"],
        lat=_number("lat", cells["lat"], PROVINCE.south, PROVINCE.north),
        lon=_number("lon", cells["lon"], PROVINCE.west, PROVINCE.east),
        area_km2=_number("area_km2", cells["area_km2"], 0.0, _LARGEST_KM2),
        population=whole_number(cells["population"]) if cells["population"] else 0,
    )


def _kind(text: str, name: str) -> str:
    """Return the type that is written, or that the name begins with."""
    words = folded(text) or folded(name)
    for word, kind in _KINDS.items():
        if words == word or (not text and words.startswith(word + " ")):
            return kind
    raise ValueError(
        f"{text or name!r} is no type; write one of {', '.join(_KINDS.values())} into the column 'type'"
    )


def _number(name: str, text: str, lowest: float, highest: float) -> float:
    if not text:
        return nan
    try:
        value = plain_number(text)
    except ValueError:
        value = nan
    if not lowest <= value <= highest:
        raise ValueError(
            f"{name} {text!r} is no number from {lowest:g} to {highest:g}; correct it or leave it empty"
        )
    return value
