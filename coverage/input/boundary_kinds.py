"""Whose boundary file it is, by its columns, and what each column says: GADM, geoBoundaries, OCHA COD, OSM, plain.

Pure functions on text. The result is rows in our own words (code, name, type, district), whatever the file called
them; which commune a row is, is decided in ``matching``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from phusong.coverage.editions import folded
from phusong.coverage.input import commune_columns

PROVINCE = "Quảng Ninh"
_TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
_CODE = re.compile(r"(\d{5})(?!.*\d)")
_CODE_TAGS = ("ref:GSO", "ref:gso", "gso:code", "gso_code", "gso_ref", "ref")
_NAME_TAG = "name:vi"


@dataclass(frozen=True, slots=True)
class Roles:
    """Which column says what; empty where none does."""

    code: str = ""
    name: str = ""
    kind: str = ""
    district: str = ""
    province: str = ""
    level: str = ""
    """Which kind of unit a row is, where a file has several: communes beside their districts."""


@dataclass(frozen=True, slots=True)
class BoundaryKind:
    """Whose file it is, and what its columns say."""

    title: str
    roles: Roles
    own_codes: bool = False
    """Whether its codes may be the publisher's own."""


KINDS = (
    BoundaryKind("GADM level 3", Roles("", "NAME_3", "TYPE_3", "NAME_2", "NAME_1")),
    BoundaryKind("OCHA COD-AB level 3", Roles("ADM3_PCODE", "ADM3_VI", "ADM3_TYPE", "ADM2_VI", "ADM1_VI"), True),
    BoundaryKind("OCHA COD-AB level 3", Roles("ADM3_PCODE", "ADM3_EN", "ADM3_TYPE", "ADM2_EN", "ADM1_EN"), True),
    BoundaryKind("geoBoundaries", Roles("", "shapeName", "", "", "", "shapeType")),
    *(
        BoundaryKind("OpenStreetMap", Roles(code, name, "", "", "", "admin_level"))
        for name in ("name:vi", "name_vi", "name")
        for code in ("ref:GSO", "gso:code", "gso_code", "ref", "other_tags", "osm_id")
    ),
    BoundaryKind("the state's file of 2025", Roles("ma_xa", "ten_xa", "loai", "", "ten_tinh")),
    BoundaryKind("the state's file of 2025", Roles("ma", "tenhc", "loai", "", "tentinh")),
)
"""From the most to the least particular."""


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
    title = kind.title if told == Roles() else "the columns that were named"
    return BoundaryKind(title, Roles(**present), kind.own_codes and not told.code)


def in_our_words(columns: Mapping[str, Sequence[str]], roles: Roles) -> list[tuple[str, str, str, str]]:
    """Return code, name, type and district of each row; a name of squeezed words is left to ``matching``."""
    count = len(next(iter(columns.values()), ()))

    def values(column: str) -> Sequence[str]:
        return columns[column] if column else [""] * count

    # OSM's own id is no code of a commune.
    codes = [_code(text) for text in values("" if roles.code.casefold() == "osm_id" else roles.code)]
    names = [
        _tags(text).get(_NAME_TAG) or name
        for name, text in zip(values(roles.name), values(roles.code), strict=True)
    ]
    return list(zip(codes, names, values(roles.kind), values(roles.district), strict=True))


def is_of_province(text: str, province: str = PROVINCE) -> bool:
    """Tell whether a province's name means ours, with or without Tỉnh and diacritics."""
    squeezed = folded(text).removeprefix("tinh ").replace(" ", "")
    return squeezed == folded(province).removeprefix("tinh ").replace(" ", "")


def _known(own: Mapping[str, str]) -> BoundaryKind | None:
    """Return the kind of which most columns are there, among them its names and another one."""
    found: list[tuple[int, BoundaryKind]] = []
    for kind in KINDS:
        wanted = [getattr(kind.roles, field.name).casefold() for field in fields(Roles)]
        there = sum(column != "" and column in own for column in wanted)
        if kind.roles.name.casefold() in own and (there > 1 or kind.title == "geoBoundaries"):
            found.append((there, kind))
    return max(found, key=lambda item: item[0])[1] if found else None


def _plain(columns: Sequence[str]) -> Roles:
    own = commune_columns
    roles = (own.CODE, own.NAME, own.KIND, own.DISTRICT, own.PROVINCE)
    return Roles(*(own.column_of(columns, headers) for headers in roles))


def _tags(text: str) -> dict[str, str]:
    """Return the tags of OSM as GDAL writes them: ``"ref"=>"06649","name:vi"=>"..."``."""
    return dict(_TAG.findall(text)) if "=>" in text else {}


def _code(text: str) -> str:
    """Return the five digits of a code: ``VN2519306649`` and OSM's ``"ref"=>"06649"`` have them last."""
    if "=>" in text:
        tags = _tags(text)
        text = next((tags[tag] for tag in _CODE_TAGS if tag in tags), "")
    if text.removesuffix(".0").isdigit() and len(text.removesuffix(".0")) < 5:
        return text
    found = _CODE.search(text.removesuffix(".0"))
    return found.group(1) if found else text
