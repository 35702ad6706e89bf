"""Editions of the province's communes: codes, names, centres, areas and populations, as plain values.

An edition is named by the month from which it is in force. Codes are text with a leading zero and are reused with
another meaning in later editions, so a code never goes without its edition. No geometry and no geopandas here: the
daemon imports this module. Where the facts come from stands in ``data/SOURCES.md``.
"""

from __future__ import annotations

import csv
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from phusong.coverage.errors import EditionError

if TYPE_CHECKING:
    from collections.abc import Mapping

KNOWN_EDITIONS = {"2020-01": 177, "2025-07": 54}
"""How many communes each edition has."""
_DISTRICT_KINDS = ("thanh pho", "thi xa", "huyen", "tp", "tx", "h")
_DISTRICT_KINDS_TOGETHER = ("thanhpho", "thixa", "huyen")


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune (xã, phường, thị trấn, đặc khu) of one edition.

    ``lat`` and ``lon`` are WGS 84 degrees of a point inside it; ``district`` is empty where districts no longer
    exist. ``area_km2`` is land area in 2020-01 and the official area in 2025-07; ``population`` is the census of
    2019 in 2020-01 and the published figure of 2025 in 2025-07.
    """

    code: str
    name: str
    kind: str
    district: str
    lat: float
    lon: float
    area_km2: float
    population: int

    @property
    def bare_name(self) -> str:
        """The name without its type: ``Hà Khánh`` of ``Phường Hà Khánh``."""
        return self.name.removeprefix(self.kind).strip()


@dataclass(frozen=True, slots=True)
class Edition:
    """All communes of one edition by code, in the order of their codes."""

    name: str
    communes: Mapping[str, Commune]

    @property
    def districts_by_commune(self) -> dict[str, str]:
        """The name of the district of each commune that has one, by the commune's code."""
        return {code: commune.district for code, commune in self.communes.items() if commune.district}


@cache
def load_edition(name: str) -> Edition:
    """Return one edition.

    Raises
    ------
    EditionError
        There is no edition of that name.
    """
    if name not in KNOWN_EDITIONS:
        known = ", ".join(f"{edition} ({count} communes)" for edition, count in KNOWN_EDITIONS.items())
        raise EditionError(f"edition {name!r} is not known; use one of {known}")
    text = (files("phusong.coverage") / "data" / f"communes_{name}.csv").read_text(encoding="utf-8")
    communes = (
        Commune(
            code=row["code"],
            name=row["name"],
            kind=row["type"],
            district=row.get("district_name", ""),
            lat=float(row["lat"]),
            lon=float(row["lon"]),
            area_km2=float(row.get("area_km2") or row["official_area_km2"]),
            population=int(row["population"]),
        )
        for row in csv.DictReader(text.splitlines())
    )
    return Edition(name, {commune.code: commune for commune in communes})


def folded(name: str) -> str:
    """Return ``name`` in the form in which spellings of one Vietnamese name are equal.

    Case, diacritics (with them the placement of tone marks, Hoà or Hòa, and NFC or NFD), đ and punctuation are
    folded away: ``folded("Vân Đồn") == "van don"``. The names of both editions stay distinct with their type.
    """
    decomposed = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    letters = "".join(c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c))
    return " ".join(letters.split())


def district_key(name: str) -> str:
    """Return the form in which spellings of one district's name are equal, with its kind before it or without.

    ``district_key("Huyện Vân Đồn") == district_key("vân đồn") == "vandon"``.
    """
    text = folded(name)
    for word in _DISTRICT_KINDS:
        if text.startswith(word + " "):
            return text[len(word) + 1 :].replace(" ", "")
    together = text.replace(" ", "")
    for word in _DISTRICT_KINDS_TOGETHER:
        if " " not in text and together.startswith(word):
            return together[len(word) :]
    return together
