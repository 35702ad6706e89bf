"""What changed between two coverage runs of the same edition: gained and lost, by geometry and not by totals.

Pure functions on two runs; ``output.change_files`` reads and writes them. Only what both runs have is compared: an
operator or signal class that one of them lacks is listed with its own figures, and ``any`` and ``max`` are then
those of the operators that both have, so that a layer which came late is no new mast.

A difference narrower than a tolerance is a sliver: two drawings of the same edge. Slivers are cut off and summed
apart, nothing is lost: gained - lost + slivers gained - slivers lost = new - old.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.errors import CoverageError
from phusong.coverage.measuring.change_facts import (
    COMMON,
    COMPARED,
    Change,
    Changes,
    CoverageRun,
    Key,
    Piece,
    PlaceChange,
    SiteChange,
)
from phusong.coverage.measuring.change_levels import areas_of
from phusong.coverage.measuring.indicators import AREA_DECIMALS, PEOPLE_DECIMALS
from phusong.coverage.measuring.inhabitants import AREA, inhabitants_of
from phusong.coverage.measuring.matched_keys import Match, match_keys
from phusong.coverage.measuring.slivers import cut_slivers, polygons_in
from phusong.coverage.measuring.unions import signal_strength
from phusong.coverage.measuring.workers import Threads
from phusong.coverage.repairs import M2_PER_KM2
from phusong.coverage.summary import PLACE_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from phusong.coverage.input.population import People
    from phusong.coverage.measuring.inhabitants import Inhabitants
    from phusong.coverage.measuring.workers import Workers
    from phusong.coverage.summary import CommuneCoverage, CoverageSummary, Indicator

DEFAULT_SLIVER_M = 20.0
"""Two drawings of the same edge differ by about this much when each is accurate to 10 m."""

_SAME_KM2 = 2e-4


def compare_runs(
    old: CoverageRun,
    new: CoverageRun,
    sliver_m: float = DEFAULT_SLIVER_M,
    people: People | None = None,
    workers: Workers | None = None,
) -> Changes:
    """Compare two runs, on the polygons of the new one unless those alone are schematic.

    Parameters
    ----------
    sliver_m
        What is narrower than this on the ground is a sliver, in metres; 0 cuts nothing.
    people
        Where people live: then they are counted in what was gained and lost. Without it that is an estimate by
        area when both runs estimated so, and else not known; the net change is known from the runs themselves.

    Raises
    ------
    CoverageError
        The editions differ, one run is of synthetic layers and the other is not, or the tolerance is no width.
    """
    check_comparable(old, new, sliver_m)
    workers = workers or Threads()
    on_old = new.summary.schematic and not old.summary.schematic
    base = old if on_old else new
    inhabitants = _inhabitants(base, old.summary, new.summary, people)
    matches = match_keys(_keys(old), _keys(new))
    pairs = [
        pair
        for match in matches
        if match.counted
        for was, now in [(shape_of(old, match), shape_of(new, match))]
        for pair in [(now, was), (was, now)]
    ]
    split = iter(workers.map(partial(split_difference, sliver_m=sliver_m), pairs))
    alike = _counts_are_alike(old.summary, new.summary, people)
    was, now = (
        _Side(run, same_land(base.summary, run.summary), [_by_key(c) for c in run.summary.communes])
        for run in (old, new)
    )
    comparer = _Comparer(was, now, base, inhabitants, alike)
    communes: list[list[Change]] = [[] for _ in base.summary.communes]
    pieces: list[Piece] = []
    for match in matches:
        parts = (*next(split), *next(split)) if match.counted else ()
        changes, found = comparer.changes_of(match, parts)
        pieces += found
        for own, change in zip(communes, changes, strict=True):
            own.append(change)
    only_old, only_new, sites = _site_changes(old.summary, new.summary)
    return Changes(
        old=old,
        new=new,
        boundaries_of="old" if on_old else "new",
        sliver_m=sliver_m,
        people_by="" if inhabitants is None else inhabitants.method,
        areas=areas_of(base.summary.communes, communes),
        sites=sites,
        sites_only_old=only_old,
        sites_only_new=only_new,
        pieces=tuple(pieces),
    )


def check_comparable(old: CoverageRun, new: CoverageRun, sliver_m: float) -> None:
    """Refuse what would compare unlike things."""
    if not (math.isfinite(sliver_m) and sliver_m >= 0):
        raise CoverageError(f"a tolerance of {sliver_m} m is no width; give 0 or more metres")
    before, after = old.summary, new.summary
    if before.edition != after.edition:
        raise CoverageError(
            f"{old.name} is of edition {before.edition}, {new.name} of edition {after.edition}: communes changed "
            f"between them; carry the older figures over with the crosswalk first (docs/changes.md)"
        )
    if before.synthetic != after.synthetic:
        made_up = old.name if before.synthetic else new.name
        raise CoverageError(
            f"{made_up} has synthetic layers, the other run has not: what changed between an invention and a "
            "claim says nothing; compare runs of the same kind"
        )
    if [commune.code for commune in before.communes] != [commune.code for commune in after.communes]:
        raise CoverageError(f"{old.name} and {new.name} have other communes; run 'phusong coverage' again")


def same_land(old: CoverageSummary, new: CoverageSummary) -> bool:
    """Tell whether both runs measured on the same polygons."""
    return old.boundaries_sha256 == new.boundaries_sha256 and all(
        abs(before.area_km2 - after.area_km2) <= _SAME_KM2
        for before, after in zip(old.communes, new.communes, strict=True)
    )


def _keys(run: CoverageRun) -> set[Key]:
    return set(_by_key(run.summary.communes[0]))


def _by_key(commune: CommuneCoverage) -> dict[Key, Indicator]:
    return {Key(i.technology, i.operator, i.min_dbm): i for i in commune.indicators}


def _inhabitants(
    base: CoverageRun, old: CoverageSummary, new: CoverageSummary, people: People | None
) -> Inhabitants | None:
    """Return what counts people in gains and losses, if anything may."""
    if people is None and not old.population_method == new.population_method == AREA:
        return None
    return inhabitants_of(people, [round(c.population or 0) for c in base.summary.communes], base.polygons)


def _counts_are_alike(old: CoverageSummary, new: CoverageSummary, people: People | None) -> bool:
    """Tell whether people of both runs were counted alike, and from what counts them here."""
    files = [sorted(s.sha256 for s in summary.sources if s.role == "population") for summary in (old, new)]
    alike = same_land(old, new) and old.population_method == new.population_method != ""
    return alike and (people is None or files == [[people.source.sha256]] * 2)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A difference by commune: pieces, the row of each one's commune, and square kilometres per commune."""

    pieces: NDArray[np.object_]
    rows: NDArray[np.intp]
    km2: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the runs, whether it measured on the same land as ``base``, and its indicators by commune and key."""

    run: CoverageRun
    on_this_land: bool
    known: list[dict[Key, Indicator]]

    def indicators(self, match: Match, row: int) -> list[Indicator]:
        """Return what it says of the key, or of each of the operators that are compared in its place."""
        keys = match.counted if match.status == COMMON else (match.key,)
        return [self.known[row][key] for key in keys if key in self.known[row]]


@dataclass(frozen=True, slots=True)
class _Comparer:
    """Measures matched keys in the communes of ``base``, which is one of the runs."""

    old: _Side
    new: _Side
    base: CoverageRun
    inhabitants: Inhabitants | None
    counts_alike: bool

    def changes_of(self, match: Match, split: Sequence[NDArray[np.object_]]) -> tuple[list[Change], list[Piece]]:
        """Return the change in every commune, and what was gained and lost.

        ``split`` has the parts gained, slivers of them, lost, and slivers of them; nothing when not compared.
        """
        old_km2, new_km2 = self._km2(self.old, match), self._km2(self.new, match)
        cuts = [_cut(parts, self.base.polygons) for parts in split]
        people = [self._people(cut) for cut in cuts]
        changes: list[Change] = []
        for row, commune in enumerate(self.base.summary.communes):
            gained, thin_gained, lost, thin_lost = (
                [round(float(cut.km2[row]), AREA_DECIMALS) for cut in cuts] if cuts else [None] * 4
            )
            reached, thin_reached, left, thin_left = [each[row] for each in people] if people else [None] * 4
            before, after = (side.indicators(match, row) for side in (self.old, self.new))
            was, now = _centre(before), _centre(after)
            counted = self.counts_alike and match.status != COMMON
            changes.append(
                Change(
                    match.key,
                    match.status,
                    old_km2[row],
                    new_km2[row],
                    gained,
                    lost,
                    thin_gained,
                    thin_lost,
                    people_old=before[0].population_covered if counted and before else None,
                    people_new=after[0].population_covered if counted and after else None,
                    people_gained=_rounded(reached),
                    people_lost=_rounded(left),
                    people_slivers=_rounded(_less(thin_reached, thin_left)),
                    centres_gained=(commune.name,) if cuts and now and was is False else (),
                    centres_lost=(commune.name,) if cuts and was and now is False else (),
                    places=_places(before[0], after[0]) if match.status == COMPARED else (),
                )
            )
        found = [
            Piece(match.key, int(row), gained, km2, shapely.union_all(cut.pieces[cut.rows == row]))
            for gained, cut in zip((True, False), cuts[::2], strict=False)
            for row in np.unique(cut.rows)
            if (km2 := round(float(cut.km2[row]), AREA_DECIMALS)) > 0
        ]
        return changes, found

    def _km2(self, side: _Side, match: Match) -> Sequence[float | None]:
        """Return the run's own figures, or measure anew where those are of other land or operators."""
        run = side.run
        if match.key not in run.unions:
            return [None] * len(run.polygons)
        if side.on_this_land and match.status != COMMON:
            return [known[match.key].covered_km2 for known in side.known]
        parts = shapely.get_parts(shape_of(run, match))
        return [round(float(km2), AREA_DECIMALS) for km2 in _cut(parts, self.base.polygons).km2]

    def _people(self, cut: _Cut) -> list[float | None]:
        if self.inhabitants is None:
            return [None] * len(cut.km2)
        ratios = cut.km2 * M2_PER_KM2 / shapely.area(self.base.polygons)
        counted = self.inhabitants.covered(ratios, cut.pieces, cut.rows)
        return [float(number) for number in np.minimum(counted, self.inhabitants.total)]


def shape_of(run: CoverageRun, match: Match) -> shapely.Geometry:
    """Return what is covered, by the operators that are compared."""
    if match.status == COMMON:
        return shapely.union_all([run.unions[key] for key in match.counted])
    return run.unions[match.key]


def split_difference(
    pair: tuple[shapely.Geometry, shapely.Geometry], sliver_m: float
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the polygons that only the first geometry covers, and apart from them the slivers (EPSG:6933)."""
    if pair[0] == pair[1]:
        nothing = np.empty(0, dtype=object)
        return nothing, nothing
    return cut_slivers(polygons_in(shapely.difference(*pair)), sliver_m)


def _cut(parts: NDArray[np.object_], polygons: NDArray[np.object_]) -> _Cut:
    """Cut polygons that do not overlap along the communes' borders."""
    part_of, rows = shapely.STRtree(polygons).query(parts, predicate="intersects")
    pieces = shapely.intersection(parts[part_of], polygons[rows])
    areas = shapely.area(pieces)
    solid = areas > 0
    km2 = np.bincount(rows[solid], weights=areas[solid], minlength=len(polygons)) / M2_PER_KM2
    return _Cut(np.asarray(pieces[solid], dtype=object), rows[solid], km2.astype(float))


def _centre(indicators: Sequence[Indicator]) -> bool | None:
    known = [i.centre_covered for i in indicators]
    return None if not known or None in known else any(known)


def _places(old: Indicator, new: Indicator) -> tuple[PlaceChange, ...]:
    before = {count.kind: count.number for count in old.places_covered}
    after = {count.kind: count.number for count in new.places_covered}
    return tuple(
        PlaceChange(
            kind,
            before[kind],
            after[kind],
            max(0, after[kind] - before[kind]),
            max(0, before[kind] - after[kind]),
        )
        for kind in PLACE_KINDS
        if kind in before and kind in after
    )


def _less(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, PEOPLE_DECIMALS)


def fallback_operators(summary: CoverageSummary) -> set[tuple[str, str]]:
    """Return the technologies and operators that count at sites: at the asked level, or as claimed."""
    levels: dict[tuple[str, str], set[float | None]] = {}
    for layer in summary.layers:
        levels.setdefault((layer.technology, layer.operator), set()).add(layer.min_dbm)
    return {
        name
        for name, own in levels.items()
        if own == {None} or any(signal_strength(n) >= signal_strength(summary.fallback_min_dbm) for n in own)
    }


def _site_changes(
    old: CoverageSummary, new: CoverageSummary
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[SiteChange, ...]]:
    """Return the sites of one run only, and those that gained or lost every operator that both runs have."""
    before = {(site.site_id, site.technology): site.operators for site in old.sites}
    after = {(site.site_id, site.technology): site.operators for site in new.sites}
    names_before, names_after = ({site_id for site_id, _ in sites} for sites in (before, after))
    common = fallback_operators(old) & fallback_operators(new)
    changes: list[SiteChange] = []
    for site_id, technology in sorted(before.keys() & after.keys()):
        if old.fallback_min_dbm != new.fallback_min_dbm:
            break
        was, now = (
            tuple(name for name in sites[site_id, technology] if (technology, name) in common)
            for sites in (before, after)
        )
        if bool(was) != bool(now):
            changes.append(SiteChange(site_id, technology, bool(now), now or was))
    return (
        tuple(sorted(names_before - names_after)),
        tuple(sorted(names_after - names_before)),
        tuple(changes),
    )
