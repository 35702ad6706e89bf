"""Which commune of an edition each row of somebody's boundary file is: by code, name and place.

A row may be a commune, a part of one (an island, a unit of 2019 that was merged in 2020), or land of another
province. What cannot be told is a problem; all problems come back at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from phusong.coverage.input.edition_table import units_of_2019
from phusong.coverage.input.matching import CommuneMatcher, missing_communes
from phusong.coverage.projection import project_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from phusong.coverage.editions import Edition

MERGED_EDITION = "2020-01"
"""The edition whose units of 2019 are merged when a file has them."""
_FAR_KM = 20.0
"""Hardly any land of a commune is farther from its centre: a name alone means another province's commune there."""
_NOTED_KM = 200.0
"""Within the province and around it, leaving out a bearer of the name is worth a note."""
_NATIONAL = 1.2
"""A file with so many more rows than communes has rows of others, near and far."""
_OVERLAP = 0.1
"""Parts of one commune may overlap by a tenth of the smaller; beyond, they are two drawings of it."""


class Units(NamedTuple):
    """The rows of a file in our words (code, name, type, district), with their polygons in EPSG:6933."""

    rows: Sequence[tuple[str, str, str, str]]
    polygons: NDArray[np.object_]
    features: Sequence[int]
    """How the rows are numbered in messages, from 1."""
    of_province: bool
    """Whether the file itself said that all of them lie in the province."""
    own_codes: bool
    """Whether codes may be those of the publisher, and then count only where the name agrees."""


class Identified(NamedTuple):
    """What the rows are in one edition."""

    edition: Edition
    codes: tuple[str | None, ...]
    """Per row the code of its commune; ``None`` is land elsewhere, or a problem."""
    problems: tuple[str, ...]
    notes: tuple[tuple[int, str], ...]
    """Per feature number what was decided otherwise than by code or full name."""
    elsewhere: int
    merged: int
    """How many units of 2019 are no more."""

    @property
    def share(self) -> float:
        """How many of the edition's communes are there, 0 to 1."""
        return len(set(self.codes) - {None}) / len(self.edition.communes)


def identify_units(units: Units, edition: Edition) -> Identified:
    """Find the commune of each row in ``edition``, and everything that keeps the file from being that edition."""
    known = _Known(units, edition)
    codes: list[str | None] = []
    problems: list[str] = []
    notes: list[tuple[int, str]] = []
    for row, feature in enumerate(units.features):
        code, note = known.commune_of(row)
        codes.append(code)
        if note:
            notes.append((feature, note))
        if code is None and not note and not known.is_elsewhere(row):
            problems.append(f"feature {feature}: {known.explain(row)}")
    problems += known.missing_parts()
    kept, dropped = _without_namesakes(codes, units, known)
    notes += dropped
    problems += _two_drawings(kept, units, edition)
    problems += missing_communes(kept, edition)
    elsewhere = sum(code is None for code in kept) - sum(text.startswith("feature ") for text in problems)
    return Identified(edition, tuple(kept), tuple(problems), tuple(notes), elsewhere, len(known.gone))


class _Known:
    """An edition, prepared for look-ups; remembers which units of 2019 it has met."""

    def __init__(self, units: Units, edition: Edition) -> None:
        self._units = units
        self._edition = edition
        self._matcher = CommuneMatcher(edition, bare_names=True)
        self._older = self._became = None
        if edition.name == MERGED_EDITION:
            older, became = units_of_2019()
            self._older, self._became = CommuneMatcher(older, bare_names=True), became
        self._met: set[str] = set()
        self.gone: dict[int, str] = {}
        """The row of each unit of 2019 that is no more."""
        self._locate()

    def commune_of(self, row: int) -> tuple[str | None, str]:
        """Return the code of the row's commune, and how it was told when it was not by code or full name."""
        words = self._units.rows[row]
        code = self._named(row, words)
        if code is None and self._units.own_codes and words[0]:
            code = self._named(row, ("", *words[1:]))
        if code is not None:
            away_km = self._away_m(row, code) / 1000.0
            if self._units.of_province or away_km < _FAR_KM or self._matcher.is_certain(code, words[0], words[3]):
                return code, ""
            name = self._edition.communes[code].name
            note = f"left out: {away_km:.0f} km from {name}, whose name it bears"
            return None, note if away_km < _NOTED_KM else ""
        _, name, kind, _ = words
        here = [c for c in self._matcher.named(name, kind) if c.code in self.inside[row]]
        if name and len(here) == 1 and not self._contradicts(words, here[0].code):
            return here[0].code, f"is {here[0].name} by its name and place"
        return None, ""

    def is_elsewhere(self, row: int) -> bool:
        """Whether a row that is no commune may be left out, as land of another province."""
        if self._units.of_province or self.inside[row]:
            return False
        national = len(self._units.rows) > _NATIONAL * len(self._edition.communes)
        return national or bool(self._nearest_m[row] > 1000.0 * _FAR_KM)

    def explain(self, row: int) -> str:
        """Return why a row is no commune."""
        text = self._matcher.explain(*self._units.rows[row])
        held = ", ".join(f"{code} {self._edition.communes[code].name}" for code in sorted(self.inside[row])[:3])
        return f"{text}; the centre of {held} lies in it" if held else text

    def missing_parts(self) -> list[str]:
        """Return the units of 2019 that are not there although others of their time are."""
        if not self.gone or self._became is None:
            return []
        older, communes = units_of_2019()[0].communes, self._edition.communes
        return [
            f"{code} {older[code].name} of 2019 is missing; it is a part of {later} {communes[later].name}"
            for code, later in self._became.items()
            if code not in self._met and sum(other == later for other in self._became.values()) > 1
        ]

    def _named(self, row: int, words: tuple[str, str, str, str]) -> str | None:
        code = self._matcher.find(*words)
        if self._older is None or self._became is None:
            return code
        old = self._older.find(*words)
        if old is not None and (code is None or self._became[old] == code):
            self._met.add(old)
            if code is None and self._became[old] != old:
                self.gone[row] = old
            return self._became[old]
        return code

    def _contradicts(self, words: tuple[str, str, str, str], code: str) -> bool:
        """Whether the row's code is that of another commune of the edition."""
        coded = not self._units.own_codes and self._matcher.find(words[0], "", "", "")
        return bool(coded) and coded != code

    def _away_m(self, row: int, code: str) -> float:
        place = self._place_of.get(code)
        return 0.0 if place is None else float(shapely.distance(self._units.polygons[row], place))

    def _locate(self) -> None:
        located = [c for c in self._edition.communes.values() if np.isfinite(c.lat) and np.isfinite(c.lon)]
        places = project_points(np.array([c.lon for c in located]), np.array([c.lat for c in located]))
        self._place_of = dict(zip((c.code for c in located), places, strict=True))
        self.inside: list[set[str]] = [set() for _ in self._units.rows]
        self._nearest_m = np.zeros(len(self._units.rows))
        if not located:
            return
        tree = shapely.STRtree(places)
        for row, place in tree.query(self._units.polygons, predicate="intersects").T.tolist():
            self.inside[row].add(located[place].code)
        nearest = tree.nearest(self._units.polygons)
        self._nearest_m = shapely.distance(self._units.polygons, places[nearest])


def _without_namesakes(
    codes: Sequence[str | None], units: Units, known: _Known
) -> tuple[list[str | None], list[tuple[int, str]]]:
    """Leave out rows that share a bare name with the one that holds the commune's centre: neighbours' communes."""
    kept = list(codes)
    notes: list[tuple[int, str]] = []
    if units.of_province:
        return kept, notes
    for code, rows in _rows_by_code(codes).items():
        holders = [row for row in rows if code in known.inside[row]]
        if len(rows) > 1 and holders:
            for row in rows:
                alone = not units.rows[row][0] and not units.rows[row][3]
                if row not in holders and alone and row not in known.gone:
                    kept[row] = None
                    notes.append(
                        (units.features[row], f"left out: the centre of {code} lies in another of its name")
                    )
    return kept, notes


def _two_drawings(codes: Sequence[str | None], units: Units, edition: Edition) -> list[str]:
    """Return the communes whose rows are not parts of one but the same land twice."""
    problems = []
    for code, rows in _rows_by_code(codes).items():
        shapes = units.polygons[rows]
        twice = float(shapely.area(shapes).sum() - shapely.union_all(shapes).area) if len(rows) > 1 else 0.0
        if twice > _OVERLAP * float(shapely.area(shapes).min()):
            numbers = ", ".join(str(units.features[row]) for row in rows)
            name = edition.communes[code].name
            problems.append(f"features {numbers}: all are {code} {name}, and overlap; remove the wrong ones")
    return problems


def _rows_by_code(codes: Sequence[str | None]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row, code in enumerate(codes):
        if code is not None:
            found.setdefault(code, []).append(row)
    return found
