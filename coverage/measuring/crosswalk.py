"""Figures carried from one edition of the communes to another, each with the bounds that the truth lies in.

What is known of a unit is how much of it is covered, not where. When a part of it goes to another unit, between
max(0, covered - rest of the unit) and min(covered, part) of that part is covered; the value between is the covered
share of the unit times the part. The sums over all parts are value and bounds of the new unit. A unit that goes
over whole has no error.

Parts come from the polygons of both editions, or from the published table. In the table a unit that goes to one
new unit alone is whole, whatever a drawing says; shares of divided ones were measured on public polygons. Bounds
by polygons hold for all that is measured on these; those by the table as far as both editions draw the same land.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.errors import CoverageError
from phusong.coverage.measuring.indicators import AREA_DECIMALS, PEOPLE_DECIMALS, RATIO_DECIMALS
from phusong.coverage.measuring.inhabitants import inhabitants_of
from phusong.coverage.measuring.unions import signal_strength
from phusong.coverage.repairs import M2_PER_KM2
from phusong.coverage.summary import ANY_OPERATOR, MAX_OPERATOR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from phusong.coverage.editions import Edition
    from phusong.coverage.input.boundaries import Boundaries
    from phusong.coverage.input.population import People
    from phusong.coverage.summary import CoverageSummary

TABLE, BOUNDARIES = "table", "boundaries"
"""Where parts come from. People by the table are an estimate: the share of land stands for theirs."""

SHARE_ERROR = 0.03
"""As good are the measured shares of divided units: smaller ones may be drawing noise (``data/SOURCES.md``)."""

_TOUCH_M2 = 1.0


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a unit's land went to a new unit, 0 to 1; ``is_whole`` when all of it did."""

    source: str
    target: str
    share: float
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """How much (square kilometres, people) of each source went to each target, and between which bounds.

    Row by row a source, a target (their numbers) and an amount. ``beyond`` has, per target, what belongs to no
    source, of which nothing is known.
    """

    sources: NDArray[np.intp]
    targets: NDArray[np.intp]
    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    beyond: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """All parts between two editions; ``people`` is ``None`` when the run counted none."""

    source_edition: str
    target: Edition
    area: Parts
    people: Parts | None
    area_by: str
    people_by: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the bounds that the truth lies in."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CarriedIndicator:
    """Coverage of a new unit by one technology, operator and class; ratios are ``None`` where there is nothing."""

    technology: str
    operator: str
    min_dbm: float | None
    covered_km2: Estimate
    area_ratio: Estimate | None
    population_covered: Estimate | None
    population_ratio: Estimate | None


@dataclass(frozen=True, slots=True)
class CarriedCommune:
    """A new unit, the units that it is made of, and those of them that went elsewhere too."""

    code: str
    name: str
    area_km2: float
    population: float | None
    sources: tuple[str, ...]
    split_sources: tuple[str, ...]
    indicators: tuple[CarriedIndicator, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """Figures of one run in the units of another edition."""

    source_edition: str
    target_edition: str
    area_by: str
    people_by: str
    communes: tuple[CarriedCommune, ...]


def read_shares(source: str, target: str) -> tuple[Share, ...]:
    """Return the table between two editions; the shares of each unit sum to 1.

    Parts of no area are left out, so that a unit which is called divided only because it was merged with a divided
    one in between is whole.

    Raises
    ------
    CoverageError
        There is no table for this direction.
    """
    name = f"crosswalk_{source}_{target}.csv"
    place = files("phusong.coverage") / "data" / name
    if not place.is_file():
        raise CoverageError(
            f"no table leads from edition {source} to {target} (one leads from 2020-01 to 2025-07); give the "
            "boundaries of both editions"
        )
    column = {edition: f"code_{edition.replace('-', '_')}" for edition in (source, target)}
    by_source: dict[str, list[tuple[str, float]]] = {}
    for row in csv.DictReader(place.read_text(encoding="utf-8").splitlines()):
        if float(row["area_share"]) > 0:
            by_source.setdefault(row[column[source]], []).append((row[column[target]], float(row["area_share"])))
    return tuple(
        Share(code, to, share / sum(every for _, every in parts), len(parts) == 1)
        for code, parts in by_source.items()
        for to, share in parts
    )


def crosswalk_by_table(summary: CoverageSummary, target: Edition) -> Crosswalk:
    """Return the parts by the published table: whole units exactly, divided ones within ``SHARE_ERROR``.

    Raises
    ------
    CoverageError
        There is no table between these editions.
    """
    shares = read_shares(summary.edition, target.name)
    area = np.array([commune.area_km2 for commune in summary.communes])
    people = _people_of(summary)
    return Crosswalk(
        summary.edition,
        target,
        _parts_by_table(summary, target, shares, area, SHARE_ERROR),
        None if people is None else _parts_by_table(summary, target, shares, people, 1.0),
        TABLE,
        TABLE if people is not None else "",
    )


def crosswalk_by_boundaries(
    summary: CoverageSummary,
    polygons: NDArray[np.object_],
    target: Boundaries,
    people: People | None = None,
) -> Crosswalk:
    """Return the parts by the polygons of both editions, in EPSG:6933.

    ``people`` is where the run counted people; without it their parts come from the table, where there is one, or
    are as uncertain as they can be: all or nothing of a divided unit.

    Raises
    ------
    CoverageError
        ``people`` is not what the run counted by.
    """
    of, to = shapely.STRtree(target.polygons).query(polygons, predicate="intersects")
    pieces = shapely.intersection(polygons[of], target.polygons[to])
    large = shapely.area(pieces) > _TOUCH_M2
    of, to, pieces = of[large], to[large], pieces[large]
    km2 = shapely.area(pieces) / M2_PER_KM2
    beyond = shapely.area(target.polygons) / M2_PER_KM2 - np.bincount(
        to, weights=km2, minlength=len(target.polygons)
    )
    area = Parts(of, to, km2, km2, km2, np.maximum(0.0, beyond))
    total = _people_of(summary)
    people_by = "" if total is None else TABLE
    inhabited: Parts | None = None
    if people is not None:
        inhabited, people_by = (
            _parts_by_people(summary, people, polygons, of, to, pieces, target.polygons),
            people.method,
        )
    elif total is not None:
        try:
            shares = read_shares(summary.edition, target.edition.name)
            inhabited = _parts_by_table(summary, target.edition, shares, total, 1.0)
        except CoverageError:
            people_by = BOUNDARIES
            ratios = km2 / (shapely.area(polygons)[of] / M2_PER_KM2)
            inhabited = Parts(of, to, total[of] * ratios, 0.0 * km2, total[of], np.zeros(len(target.polygons)))
    return Crosswalk(summary.edition, target.edition, area, inhabited, BOUNDARIES, people_by)


@dataclass(frozen=True, slots=True)
class Spread:
    """Covered amounts and shares per target with their bounds; the shares are NaN where there is nothing."""

    covered: NDArray[np.float64]
    """Value, low, high: three rows."""
    ratio: NDArray[np.float64]


def spread(total: NDArray[np.float64], covered: NDArray[np.float64], parts: Parts) -> Spread:
    """Carry the covered amount of each source to the targets.

    Parameters
    ----------
    total, covered
        Of each source, in the unit of the parts.

    Notes
    -----
    Of a part between ``low`` and ``high`` at least ``covered - (total - low)`` and at most ``high`` is covered;
    the same holds for what is not covered. A share is lowest when the least is covered and the most is not.
    """
    count = len(parts.beyond)
    whole, inside = total[parts.sources], np.minimum(covered, total)[parts.sources]
    outside = whole - inside

    def add(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(parts.targets, weights=amounts, minlength=count).astype(float)

    def divide(amounts: NDArray[np.float64], by: NDArray[np.float64], otherwise: float) -> NDArray[np.float64]:
        shares = np.full(len(amounts), otherwise)
        np.divide(amounts, by, out=shares, where=by > 0)
        return shares

    known, amount = add(parts.value * divide(inside, whole, 0.0)), add(parts.value)
    ratio = divide(known, amount, np.nan)
    rest = whole - parts.low
    least, most = add(np.maximum(0.0, inside - rest)), add(np.minimum(inside, parts.high)) + parts.beyond
    least_not = add(np.maximum(0.0, outside - rest))
    most_not = add(np.minimum(outside, parts.high)) + parts.beyond
    return Spread(
        np.stack([known + parts.beyond * np.nan_to_num(ratio), least, most]),
        np.stack([ratio, divide(least, least + most_not, 1.0), divide(most, most + least_not, 0.0)]),
    )


def carry(summary: CoverageSummary, crosswalk: Crosswalk) -> Carried:
    """Return every figure of a run in the units of the other edition, in the order of its communes."""
    area = np.array([commune.area_km2 for commune in summary.communes])
    population = _people_of(summary)
    rows: list[list[CarriedIndicator]] = [[] for _ in crosswalk.target.communes]
    for place, indicator in enumerate(summary.communes[0].indicators):
        if indicator.operator == MAX_OPERATOR:
            continue
        every = [commune.indicators[place] for commune in summary.communes]
        land = spread(area, np.array([each.covered_km2 for each in every]), crosswalk.area)
        living: Spread | None = None
        if population is not None and crosswalk.people is not None:
            living = spread(
                population, np.array([each.population_covered or 0.0 for each in every]), crosswalk.people
            )
        for number, row in enumerate(rows):
            row.append(
                CarriedIndicator(
                    indicator.technology,
                    indicator.operator,
                    indicator.min_dbm,
                    _estimate(land.covered[:, number], AREA_DECIMALS) or Estimate(0.0, 0.0, 0.0),
                    _estimate(land.ratio[:, number], RATIO_DECIMALS),
                    None if living is None else _estimate(living.covered[:, number], PEOPLE_DECIMALS),
                    None if living is None else _estimate(living.ratio[:, number], RATIO_DECIMALS),
                )
            )
    return Carried(
        crosswalk.source_edition,
        crosswalk.target.name,
        crosswalk.area_by,
        crosswalk.people_by,
        tuple(_carried_commune(number, row, summary, crosswalk) for number, row in enumerate(rows)),
    )


def _carried_commune(
    number: int, row: Sequence[CarriedIndicator], summary: CoverageSummary, crosswalk: Crosswalk
) -> CarriedCommune:
    commune = tuple(crosswalk.target.communes.values())[number]
    area, people = crosswalk.area, crosswalk.people
    mine = area.sources[area.targets == number]
    times = np.bincount(area.sources, minlength=len(summary.communes))
    return CarriedCommune(
        code=commune.code,
        name=commune.name,
        area_km2=round(float(area.value[area.targets == number].sum() + area.beyond[number]), AREA_DECIMALS),
        population=None
        if people is None
        else round(float(people.value[people.targets == number].sum() + people.beyond[number]), PEOPLE_DECIMALS),
        sources=tuple(summary.communes[source].code for source in mine),
        split_sources=tuple(summary.communes[source].code for source in mine if times[source] > 1),
        indicators=_with_best(row),
    )


def _with_best(row: Sequence[CarriedIndicator]) -> tuple[CarriedIndicator, ...]:
    """Return the indicators with ``max`` at every class of ``any``: that of the best single operator."""
    done: list[CarriedIndicator] = []
    for technology in dict.fromkeys(each.technology for each in row):
        own = [each for each in row if each.technology == technology]
        done += own
        for level in [each.min_dbm for each in own if each.operator == ANY_OPERATOR]:
            single = [
                each
                for each in own
                if each.operator != ANY_OPERATOR and signal_strength(each.min_dbm) >= signal_strength(level)
            ]
            done.append(
                CarriedIndicator(
                    technology,
                    MAX_OPERATOR,
                    level,
                    _best([each.covered_km2 for each in single]) or Estimate(0.0, 0.0, 0.0),
                    _best([each.area_ratio for each in single]),
                    _best([each.population_covered for each in single]),
                    _best([each.population_ratio for each in single]),
                )
            )
    return tuple(done)


def _best(estimates: Sequence[Estimate | None]) -> Estimate | None:
    known = [each for each in estimates if each is not None]
    if not known:
        return None
    return Estimate(*(max(getattr(each, name) for each in known) for name in ("value", "low", "high")))


def _estimate(values: NDArray[np.float64], decimals: int) -> Estimate | None:
    if np.isnan(values).any():
        return None
    return Estimate(*(round(float(value), decimals) for value in values))


def _people_of(summary: CoverageSummary) -> NDArray[np.float64] | None:
    people = [commune.population for commune in summary.communes]
    known = [each for each in people if each is not None]
    return np.array(known) if len(known) == len(people) and summary.population_method else None


def _parts_by_table(
    summary: CoverageSummary,
    target: Edition,
    shares: Sequence[Share],
    amounts: NDArray[np.float64],
    error: float,
) -> Parts:
    source_of = {commune.code: row for row, commune in enumerate(summary.communes)}
    target_of: Mapping[str, int] = {code: row for row, code in enumerate(target.communes)}
    of = np.array([source_of[share.source] for share in shares], dtype=np.intp)
    to = np.array([target_of[share.target] for share in shares], dtype=np.intp)
    share = np.array([each.share for each in shares])
    around = np.array([0.0 if each.is_whole else error for each in shares])
    low, high = np.maximum(0.0, share - around), np.minimum(1.0, share + around)
    whole = amounts[of]
    return Parts(of, to, whole * share, whole * low, whole * high, np.zeros(len(target.communes)))


def _parts_by_people(
    summary: CoverageSummary,
    people: People,
    polygons: NDArray[np.object_],
    of: NDArray[np.intp],
    to: NDArray[np.intp],
    pieces: NDArray[np.object_],
    targets: NDArray[np.object_],
) -> Parts:
    used = {source.sha256 for source in summary.sources if source.role == "population"}
    if people.source.sha256 not in used:
        raise CoverageError(
            f"{people.source.file}: is not what the run counted people by; give the same file, or none"
        )
    if people.grid is None:
        return _parts_by_settlement(people, polygons, targets)
    counted = inhabitants_of(people, (), pieces).total
    in_targets = inhabitants_of(people, (), targets).total
    beyond = in_targets - np.bincount(to, weights=counted, minlength=len(targets))
    return Parts(of, to, counted, counted, counted, np.maximum(0.0, beyond))


def _parts_by_settlement(people: People, polygons: NDArray[np.object_], targets: NDArray[np.object_]) -> Parts:
    """Count every settlement in one unit of each edition, as runs do, also when it lies on a border."""
    of, to = (_first_with(shapes, people.points) for shapes in (polygons, targets))
    in_both = (of >= 0) & (to >= 0)
    pairs, pair_of = np.unique(np.stack([of[in_both], to[in_both]], axis=1), axis=0, return_inverse=True)
    counted = np.bincount(pair_of.ravel(), weights=people.weights[in_both], minlength=len(pairs)).astype(float)
    new = (of < 0) & (to >= 0)
    beyond = np.bincount(to[new], weights=people.weights[new], minlength=len(targets)).astype(float)
    return Parts(pairs[:, 0], pairs[:, 1], counted, counted, counted, beyond)


def _first_with(polygons: NDArray[np.object_], points: NDArray[np.object_]) -> NDArray[np.intp]:
    """Return the first polygon that contains each point or has it on its edge, -1 for none."""
    polygon_of, point_of = shapely.STRtree(points).query(polygons, predicate="intersects")
    first = np.full(len(points), len(polygons), dtype=np.intp)
    np.minimum.at(first, point_of, polygon_of)
    return np.where(first < len(polygons), first, -1)
