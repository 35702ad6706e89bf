"""Matching a boundary file to an edition: by code, else by type, name and district."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import pytest

from phusong.coverage.editions import Edition, load_edition
from phusong.coverage.input.matching import Match, commune_code, match_communes


def _rows(edition: Edition) -> dict[str, list[str]]:
    communes = edition.communes.values()
    return {
        "code": [commune.code for commune in communes],
        "type": [commune.kind for commune in communes],
        "name": [commune.name for commune in communes],
        "district": [commune.district for commune in communes],
    }


def _match(columns: Mapping[str, Sequence[str]], edition: Edition) -> Match:
    count = len(next(iter(columns.values())))
    return match_communes(columns, range(1, count + 1), edition)


@pytest.mark.parametrize("name", ["2020-01", "2025-07"])
@pytest.mark.parametrize("columns", [("code",), ("type", "name", "district"), ("name",), ("code", "name")])
def test_every_commune_is_found(name: str, columns: tuple[str, ...]) -> None:
    """Codes alone, full names alone, and all together find every commune of both editions."""
    edition = load_edition(name)
    rows = _rows(edition)
    match = _match({column: rows[column] for column in columns}, edition)
    assert match.codes == tuple(edition.communes)
    assert match.problems == ()


@pytest.mark.parametrize(
    "respell",
    [
        str.upper,
        lambda name: unicodedata.normalize("NFD", name),
        lambda name: name.replace("oà", "òa").replace("oá", "óa"),
        lambda name: name.replace(" ", ""),
    ],
    ids=["upper", "NFD", "tone", "squeezed"],
)
def test_respelt_names_are_found(respell, edition: Edition) -> None:
    """Names in other spellings, even without spaces as GADM writes them, are still found with their type."""
    communes = edition.communes.values()
    columns = {
        "NAME_3": [respell(commune.bare_name) for commune in communes],
        "TYPE_3": [commune.kind for commune in communes],
        "NAME_2": [commune.district.replace("Thành phố ", "").replace("Huyện ", "") for commune in communes],
    }
    match = _match(columns, edition)
    assert match.codes == tuple(edition.communes)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"code": "6649"}, "06649"),
        ({"code": "6649.0"}, "06649"),
        ({"type": "Xã", "name": "Đầm Hà"}, "06916"),
        ({"type": "TT", "name": "Đầm Hà", "district": "Đầm Hà"}, "06895"),
        ({"name": "thi tran dam ha"}, "06895"),
        ({"name": "ThịtrấnĐầmHà"}, "06895"),
        ({"name": "Dam Ha Townlet"}, "06895"),
        ({"name": "BắcSơn", "type": "Xã", "district": "MóngCái"}, "06727"),
        ({"type": "Thịtrấn", "name": "ĐầmHà"}, "06895"),
        ({"name": "Phương Đông", "type": "Phường"}, "06832"),
        ({"type": "Phường", "name": "Hoành Bồ", "district": "Hoành Bồ"}, "07030"),
    ],
)
def test_one_row_is_found(row: dict[str, str], found: str, edition: Edition) -> None:
    """Codes that lost their zero, abbreviated types and former districts still lead to the commune."""
    match = _match({column: [value] for column, value in row.items()}, edition)
    assert match.codes == (found,)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            {"code": "06799", "name": "Xã Hải Hoà"},
            "code 06799 is Xã Cộng Hòa in edition 2020-01, .* another edition?",
        ),
        ({"code": "99999"}, "feature 1: code '99999' is not in edition 2020-01"),
        ({"name": "Đầm Hà", "district": "Đầm Hà"}, "ambiguous without its type: 06895 .*, 06916 .*; add a column"),
        ({"name": "Bắc Sơn"}, "ambiguous without its type"),
        ({"name": "Xã Không Có"}, "'Xã Không Có' is no commune of edition 2020-01"),
        ({"name": "Hà Khánh", "district": "Hạ Long"}, "ambiguous without its type: 06649 Phường Hà Khánh"),
        ({"name": "Phường Hà Khanhh"}, "no commune of edition 2020-01; is it 06649 Phường Hà Khánh"),
        ({"name": "Quan Lạng", "type": "Xã"}, "is it .*07024 Xã Quan Lạn"),
        ({"colour": "red"}, "neither code nor name; give a column 'code' or 'name' and 'type'"),
    ],
)
def test_what_is_not_found_is_said(row: dict[str, str], problem: str, edition: Edition) -> None:
    """A row that is no commune, or could be two, is named with its feature and the reason."""
    match = _match({column: [value] for column, value in row.items()}, edition)
    assert match.codes == (None,)
    assert re.search(problem, "\n".join(match.problems))


def test_missing_and_double_communes_are_listed(edition: Edition) -> None:
    """A commune that is there twice is named with both features, and the one that is missing by its name."""
    codes = list(edition.communes)
    codes[1] = codes[0]
    match = _match({"code": codes}, edition)
    assert match.problems == (
        "features 1, 2: all are 06649 Phường Hà Khánh; merge them into one",
        "1 of 177 communes are missing: 06652 Phường Hà Phong",
    )


def test_another_edition_is_recognised_by_its_count(edition: Edition) -> None:
    """The 54 units of 2025 given as edition 2020-01 are called by their edition."""
    match = _match(_rows(load_edition("2025-07")), edition)
    assert "the file has 54 features: is it edition 2025-07?" in match.problems


@pytest.mark.parametrize(
    ("text", "code"), [("6649", "06649"), ("06649", "06649"), ("6649.0", "06649"), ("x", "x")]
)
def test_codes_get_their_zero_back(text: str, code: str) -> None:
    """Spreadsheets drop leading zeros; codes have five digits."""
    assert commune_code(text) == code
