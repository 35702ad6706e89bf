"""Which commune of an edition each row of a boundary file is: by code, else by names.

Pure functions on text; no geometry. Names are compared folded (``editions.folded``) and without spaces, because
some public files write ``HàKhánh``. A bare name with its district is never enough by itself: Thị trấn Đầm Hà and
Xã Đầm Hà lie in the same district.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phusong.coverage.editions import KNOWN_EDITIONS, district_key, folded
from phusong.coverage.input import commune_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from phusong.coverage.editions import Commune, Edition

# The last ones are GADM's. They mean this in files whose rows are known to be communes; elsewhere programs number
# columns of the same name so.
_ROLES = (
    commune_columns.CODE,
    (*commune_columns.NAME, "name 3"),
    (*commune_columns.KIND, "type 3"),
    (*commune_columns.DISTRICT, "name 2"),
)
_KINDS = {
    "Phường": ("phuong", "ward", "p"),
    "Xã": ("xa", "commune", "x"),
    "Thị trấn": ("thi tran", "townlet", "town", "tt"),
    "Đặc khu": ("dac khu", "special zone", "dk"),
}
_KIND_OF = {word: own for own, words in _KINDS.items() for word in words}
_WRITTEN_TOGETHER = {"phuong": "Phường", "thitran": "Thị trấn", "dackhu": "Đặc khu", "xa": "Xã"}
_LIKE = 0.7
"""How alike (difflib) a name must be to be suggested."""


@dataclass(frozen=True, slots=True)
class Match:
    """The code of each row, and every reason why the rows are not the edition; empty when they are."""

    codes: tuple[str | None, ...]
    problems: tuple[str, ...]


def match_communes(columns: Mapping[str, Sequence[str]], features: Sequence[int], edition: Edition) -> Match:
    """Find the commune of each row.

    Parameters
    ----------
    columns
        Attributes of the file as text, one value per row.
    features
        How the rows are numbered in messages.
    edition
        The communes that the rows must be, each exactly once.
    """
    matcher = CommuneMatcher(edition)
    found = [commune_columns.column_of(columns, headers) for headers in _ROLES]
    rows = list(zip(*(columns[column] if column else [""] * len(features) for column in found), strict=True))
    codes = [matcher.find(*row) for row in rows]
    problems = [
        f"feature {feature}: {matcher.explain(*row)}"
        for row, code, feature in zip(rows, codes, features, strict=True)
        if code is None
    ]
    problems += _doubled(codes, features, edition)
    problems += missing_communes(codes, edition)
    if problems and len(features) != len(edition.communes):
        other = [name for name, count in KNOWN_EDITIONS.items() if count == len(features) and name != edition.name]
        problems += [f"the file has {len(features)} features: is it edition {name}?" for name in other]
    return Match(tuple(codes), tuple(problems))


def missing_communes(codes: Collection[str | None], edition: Edition) -> list[str]:
    """Return the problem that communes of the edition are not among the codes, as a list of one or none."""
    missing = [f"{code} {commune.name}" for code, commune in edition.communes.items() if code not in codes]
    if not missing:
        return []
    shown = ", ".join(missing[:10]) + (f" and {len(missing) - 10} more" if len(missing) > 10 else "")
    return [f"{len(missing)} of {len(edition.communes)} communes are missing: {shown}"]


def commune_code(text: str) -> str:
    """Return a commune code as text of five digits: ``6649`` and ``6649.0`` are ``06649``."""
    digits = text.removesuffix(".0")
    return digits.zfill(5) if digits.isdigit() else text


class CommuneMatcher:
    """An edition's communes, prepared for look-ups by code and folded names.

    With ``bare_names``, a name without its type is enough where the edition has it once, in the district if one is
    given: for files whose rows are known to lie in the province.
    """

    def __init__(self, edition: Edition, *, bare_names: bool = False) -> None:
        self._edition = edition
        self._bare_names = bare_names
        self._by_bare_name: dict[str, list[Commune]] = {}
        for commune in edition.communes.values():
            self._by_bare_name.setdefault(_squeezed(commune.bare_name), []).append(commune)

    def find(self, code: str, name: str, kind: str, district: str) -> str | None:
        """Return the code of the commune that a row is, if it is one without doubt."""
        readings = _readings(name, kind)
        coded = self._edition.communes.get(commune_code(code)) if code else None
        if coded is not None:
            return coded.code if not name or _is_read(coded, readings) else None
        best, own_kind, in_district = self._best(readings, district)
        sure = own_kind or (self._bare_names and (in_district or not district))
        return best[0].code if len(best) == 1 and sure else None

    def named(self, name: str, kind: str) -> tuple[Commune, ...]:
        """Return all communes that bear a name, whatever their type."""
        return tuple(
            {c.code: c for bare, _ in _readings(name, kind) for c in self._by_bare_name.get(bare, [])}.values()
        )

    def is_certain(self, found: str, code: str, district: str) -> bool:
        """Whether a row's code or district says that it is the commune ``found``, not its name alone."""
        own = self._edition.communes[found]
        return commune_code(code) == found or bool(
            district and district_key(own.district) == district_key(district)
        )

    def explain(self, code: str, name: str, kind: str, district: str) -> str:
        """Return why a row is no commune without doubt, and which it may be."""
        readings = _readings(name, kind)
        coded = self._edition.communes.get(commune_code(code)) if code else None
        if coded is not None:
            return (
                f"code {coded.code} is {coded.name} in edition {self._edition.name}, but the file calls it "
                f"{name!r}; is it another edition?"
            )
        if not name:
            return (
                f"code {code!r} is not in edition {self._edition.name}"
                if code
                else "neither code nor name; give a column 'code' or 'name' and 'type'"
            )
        best, _, _ = self._best(readings, district)
        if best:
            candidates = ", ".join(map(_described, best))
            return f"{name!r} is ambiguous without its type: {candidates}; add a column 'code' or 'type'"
        unknown = f"code {code!r}, " if code else ""
        full = (kind + " " + name).strip()
        return f"{unknown}{full!r} is no commune of edition {self._edition.name}{self._alike(readings)}"

    def _best(self, readings: Sequence[tuple[str, str]], district: str) -> tuple[Sequence[Commune], str, bool]:
        """Return the communes of the first reading that has any, its type, and whether the district agrees."""
        for bare, own_kind in readings:
            of_kind = [c for c in self._by_bare_name.get(bare, []) if own_kind in ("", c.kind)]
            in_district = [c for c in of_kind if district and district_key(c.district) == district_key(district)]
            if of_kind:
                return in_district or of_kind, own_kind, bool(in_district)
        return (), "", False

    def _alike(self, readings: Sequence[tuple[str, str]]) -> str:
        """Return the communes whose names are nearest, as the end of a message."""
        near: dict[str, Commune] = {}
        for bare, _ in readings:
            for found in difflib.get_close_matches(bare, self._by_bare_name, n=3, cutoff=_LIKE):
                near |= {commune.code: commune for commune in self._by_bare_name[found]}
        listed = ", ".join(_described(commune) for commune in list(near.values())[:4])
        return f"; is it {listed}?" if listed else ""


def _is_read(commune: Commune, readings: Sequence[tuple[str, str]]) -> bool:
    return _squeezed(commune.bare_name) in [bare for bare, _ in readings]


def _doubled(codes: Sequence[str | None], features: Sequence[int], edition: Edition) -> list[str]:
    owners: dict[str, list[int]] = {}
    for code, feature in zip(codes, features, strict=True):
        if code is not None:
            owners.setdefault(code, []).append(feature)
    return [
        f"features {', '.join(map(str, rows))}: all are {code} {edition.communes[code].name}; merge them into one"
        for code, rows in owners.items()
        if len(rows) > 1
    ]


def _described(commune: Commune) -> str:
    where = f" ({commune.district})" if commune.district else ""
    return f"{commune.code} {commune.name}{where}"


def _readings(name: str, kind: str) -> list[tuple[str, str]]:
    """Return the ways to read a name as (squeezed bare name, type as the editions write it).

    The whole text comes first: ``Phương Đông`` does not begin with the type ``Phường``. Then the type before the
    name, after it as English has it, or written together with it.
    """
    whole = folded(name)
    squeezed = _squeezed(name)
    own_kind = _KIND_OF.get(folded(kind)) or _WRITTEN_TOGETHER.get(_squeezed(kind), "")
    readings = [(squeezed, own_kind)]
    for word, own in sorted(_KIND_OF.items(), key=lambda item: -len(item[0])):
        if own_kind in ("", own):
            if whole.startswith(word + " "):
                readings.append((_squeezed(whole[len(word) + 1 :]), own))
            elif whole.endswith(" " + word):
                readings.append((_squeezed(whole[: -len(word)]), own))
    for word, own in _WRITTEN_TOGETHER.items():
        if squeezed.startswith(word) and own_kind in ("", own):
            readings.append((squeezed[len(word) :], own))
    return list(dict.fromkeys(reading for reading in readings if reading[0]))


def _squeezed(name: str) -> str:
    return folded(name).replace(" ", "")
