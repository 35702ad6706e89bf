"""Whose boundary file it is, by its columns, and what each column says: GADM, geoBoundaries, OCHA COD, OSM, plain.

Pure functions on text. The result is four columns in our own words (code, name, type, district), whatever the file
called them; which commune a row is, is decided in ``matching``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from phusong.coverage.editions import folded

PROVINCE = "Quảng Ninh"
_TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
_CODE = re.compile(r"(\d{5})(?!.*\d)")
_CODE_TAGS = ("ref:GSO", "gso_code", "ref:gso", "ref")


@dataclass(frozen=True, slots=True)
class Roles:
    """Which column says what; empty where none does."""

    code: str = ""
    name: str = ""
    kind: str = ""
    district: str = ""
    province: str = ""


@dataclass(frozen=True, slots=True)
class BoundaryKind:
    """Whose file it is, and what its columns say."""

    title: str
    roles: Roles


KINDS = (
    BoundaryKind("GADM level 3", Roles("", "NAME_3", "TYPE_3", "NAME_2", "NAME_1")),
    BoundaryKind("OCHA COD-AB level 3", Roles("ADM3_PCODE", "ADM3_VI", "", "ADM2_VI", "ADM1_VI")),
    BoundaryKind("OCHA COD-AB level 3", Roles("ADM3_PCODE", "ADM3_EN", "", "ADM2_EN", "ADM1_EN")),
    BoundaryKind("geoBoundaries", Roles("", "shapeName", "", "", "")),
    BoundaryKind("OpenStreetMap", Roles("other_tags", "name", "", "", "")),
    BoundaryKind("the state's file of 2025", Roles("ma_xa", "ten_xa", "loai", "", "ten_tinh")),
)
"""From the most to the least particular; a file is of the first kind whose name column and any other it has."""
_PLAIN = (
    ("code", ("code", "commune_code", "ward_code", "ma", "ma xa", "maxa", "ma dvhc", "madvhc", "gso code")),
    ("name", ("name", "commune", "commune name", "ward", "ward name", "ten", "ten xa", "tenxa", "xa")),
    ("kind", ("type", "kind", "loai", "loai xa")),
    ("district", ("district", "district name", "huyen", "ten huyen", "tenhuyen")),
    ("province", ("province", "province name", "tinh", "ten tinh", "tentinh")),
)


def recognise(columns: Sequence[str], told: Roles) -> BoundaryKind:
    """Return whose file it is; what the user ``told`` comes first.

    Raises
    ------
    ValueError
        A column that was told is not there, or no column has names or codes.
    """
    own = {column.casefold(): column for column in columns}
    for field in fields(Roles):
        column = getattr(told, field.name)
        if column and column.casefold() not in own:
            raise ValueError(f"has no column {column!r}; it has {', '.join(columns) or 'none'}")
    kind = _known(own) or BoundaryKind("a plain file", _plain(columns))
    roles = Roles(
        **{field.name: getattr(told, field.name) or getattr(kind.roles, field.name) for field in fields(Roles)}
    )
    if not roles.name and not roles.code:
        raise ValueError(
            f"has no column of names or codes among {', '.join(columns) or 'none'}; say which with --name-column "
            "or --code-column"
        )
    present = {field.name: own.get(getattr(roles, field.name).casefold(), "") for field in fields(Roles)}
    return BoundaryKind(kind.title if told == Roles() else "the columns that were named", Roles(**present))


def in_our_words(columns: Mapping[str, Sequence[str]], roles: Roles) -> dict[str, tuple[str, ...]]:
    """Return the columns code, name, type and district; a name of squeezed words is left to ``matching``."""
    count = len(next(iter(columns.values()), ()))

    def values(column: str) -> Sequence[str]:
        return columns[column] if column else [""] * count

    codes = [_code(text) for text in values(roles.code)]
    return {
        "code": tuple(codes),
        "name": tuple(values(roles.name)),
        "type": tuple(values(roles.kind)),
        "district": tuple(values(roles.district)),
    }


def is_of_province(text: str, province: str = PROVINCE) -> bool:
    """Tell whether a province's name means ours, with or without Tỉnh and diacritics."""
    squeezed = folded(text).removeprefix("tinh ").replace(" ", "")
    return squeezed == folded(province).removeprefix("tinh ").replace(" ", "")


def _known(own: Mapping[str, str]) -> BoundaryKind | None:
    for kind in KINDS:
        wanted = [getattr(kind.roles, field.name).casefold() for field in fields(Roles)]
        there = [column for column in wanted if column and column in own]
        if kind.roles.name.casefold() in own and (len(there) > 1 or kind.title == "geoBoundaries"):
            return kind
    return None


def _plain(columns: Sequence[str]) -> Roles:
    by_word = {folded(column): column for column in columns}
    return Roles(**{role: next((by_word[w] for w in words if w in by_word), "") for role, words in _PLAIN})


def _code(text: str) -> str:
    """Return the five digits of a code: ``VN2519306649`` and OSM's ``"ref"=>"06649"`` have them last."""
    if "=>" in text:
        tags = dict(_TAG.findall(text))
        text = next((tags[tag] for tag in _CODE_TAGS if tag in tags), "")
    if text.removesuffix(".0").isdigit() and len(text.removesuffix(".0")) < 5:
        return text
    found = _CODE.search(text.removesuffix(".0"))
    return found.group(1) if found else text
