"""Editions of a user's table, and the units of 2019."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from phusong.coverage.editions import load_edition
from phusong.coverage.errors import TableError
from phusong.coverage.input.edition_table import read_edition_table, units_of_2019

HEADER = "code,name,type,district_name,lat,lon,area_km2,population\n"


def _read(tmp_path: Path, text: str, name: str = "2024-11"):
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return read_edition_table(path, name)


def test_what_the_table_says_and_does_not_say(tmp_path: Path) -> None:
    """Full rows are taken as they are; empty numbers are not known; the type may stand in the name."""
    edition = _read(
        tmp_path,
        HEADER + "6652,Hà Phong,phường,Hạ Long,20.966,107.160,19.0,12238\n06649,Phường Hà Khánh,,,,,,\n",
    )
    assert edition.name == "2024-11"
    first, second = edition.communes.values()
    assert (first.code, first.name, first.kind, first.district) == ("06649", "Phường Hà Khánh", "Phường", "")
    assert math.isnan(first.lat)
    assert math.isnan(first.area_km2)
    assert (second.code, second.name, second.area_km2, second.population) == (
        "06652",
        "Phường Hà Phong",
        19.0,
        12238,
    )


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("X1,Phường A,,,,,,", ":2: 'X1' is no code; write five digits"),
        ("06649,,Xã,,,,,", ":2: the name is empty or no text"),
        ("06649,Hà Khánh,,,,,,", ":2: 'Hà Khánh' is no type; write one of Phường, Xã, Thị trấn, Đặc khu"),
        ("06649,Hà Khánh,làng,,,,,", ":2: 'làng' is no type"),
        ("06649,Phường A,,,107.1,21.0,,", ":2: lat '107.1' is no number from 20.4 to 21.9"),
        ("06649,Phường A,,,,,1_0,", ":2: area_km2 '1_0' is no number"),
        ("06649,Phường A,,,,,nan,", ":2: area_km2 'nan' is no number"),
        ("06649,Phường A,,,,,,x", ":2: 'x' is no count"),
        ("06649,Phường A,,,,,,\n6649,Phường B,,,,,,", ":3: code 06649 is there twice; remove one"),
        ("", "has no rows"),
    ],
)
def test_mistakes_are_named_with_their_lines(row: str, problem: str, tmp_path: Path) -> None:
    """Every mistake names its line and what to write."""
    with pytest.raises(TableError) as caught:
        _read(tmp_path, HEADER + row + "\n")
    assert problem in str(caught.value)


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    """Two wrong rows are both told."""
    with pytest.raises(TableError, match=r":2: 'a' is no code.*\n.*:3: 'b' is no code"):
        _read(tmp_path, HEADER + "a,Phường A,,,,,,\nb,Phường B,,,,,,\n")


def test_units_of_2019_became_all_communes_of_2020() -> None:
    """186 units, nine of which are no more, make the 177 communes."""
    units, became = units_of_2019()
    assert len(units.communes) == 186
    assert set(became.values()) == set(load_edition("2020-01").communes)
    assert sum(old != new for old, new in became.items()) == 9
    assert units.communes["07030"].name == "Thị trấn Trới"
    assert units.communes["07030"].kind == "Thị trấn"
