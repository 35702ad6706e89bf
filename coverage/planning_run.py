"""One plan from files to files: read, merge, find the gaps, rank the candidates, write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.editions import load_edition
from phusong.coverage.errors import CoverageError
from phusong.coverage.input.boundaries import read_boundaries
from phusong.coverage.input.candidates import Candidates, commune_candidates, read_candidates
from phusong.coverage.input.places import read_places
from phusong.coverage.input.population import read_population
from phusong.coverage.input.schematic import draw_schematic
from phusong.coverage.input.settlements import centres_of, read_settlements
from phusong.coverage.measuring.candidate_grid import grid_candidates
from phusong.coverage.measuring.demand import (
    CENTRE,
    PEOPLE,
    Demand,
    demand_in,
    demand_outside,
    demand_where,
    people_by_area,
)
from phusong.coverage.measuring.gaps import find_gaps
from phusong.coverage.measuring.inhabitants import AREA
from phusong.coverage.measuring.planning import rank_candidates
from phusong.coverage.measuring.reach import reach_of, shapes_of
from phusong.coverage.measuring.unions import signal_strength
from phusong.coverage.merged import merge_layers
from phusong.coverage.output.planning_files import write_plan
from phusong.coverage.output.planning_tables import Plan
from phusong.coverage.planning_request import DEFAULT_WEIGHTS, PlanRequest, check_request
from phusong.coverage.projection import project_points
from phusong.coverage.summary import ANY_OPERATOR, PLACE_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from phusong.coverage.editions import Commune, Edition
    from phusong.coverage.input.boundaries import Boundaries
    from phusong.coverage.input.candidates import Candidate
    from phusong.coverage.input.places import Places
    from phusong.coverage.input.population import People
    from phusong.coverage.input.settlements import Settlements
    from phusong.coverage.measuring.unions import CoverageUnion
    from phusong.coverage.measuring.workers import Workers
    from phusong.coverage.merged import MergedLayers
    from phusong.coverage.summary import LayerSource, Source


GRID = "grid"


@dataclass(frozen=True, slots=True)
class _Tables:
    """What was read before the long work begins; places still with those that are covered or elsewhere."""

    candidates: Candidates | None
    served: tuple[Candidate, ...]
    settlements: Settlements
    people: People | None
    places: tuple[Places, ...]
    sources: tuple[Source, ...]


def compute_plan(request: PlanRequest, progress: Callable[[str], None], workers: Workers | None = None) -> Plan:
    """Rank candidates, list the gaps in coverage, and write the files of ``output.planning_files``.

    ``progress`` is called with a line of text before each step; ``workers`` merge the layers, threads without any.

    Raises
    ------
    CoverageError
        Something given cannot be used; the message names it and the remedy. Nothing has been written then.
    """
    check_request(request)
    edition = load_edition(request.edition)
    tables = _read_tables(request, edition, progress)
    boundaries = _boundaries(request, edition, progress)
    merged = merge_layers(request.layers, request.cache, progress, workers) if request.layers else None
    covered = shapely.union_all([_covered(request, merged), *shapes_of(tables.served)])
    demands = [_not_served(demand, tables.served) for demand in _demands(tables, boundaries, request.weights)]
    progress("finding what is not covered")
    centres = project_points(
        np.array([c.lon for c in edition.communes.values()]), np.array([c.lat for c in edition.communes.values()])
    )
    gaps = find_gaps(
        boundaries,
        covered,
        (*demands, Demand(CENTRE, centres, np.ones(len(centres)))),
        tables.settlements,
        request.min_gap_km2,
        request.sliver_m,
    )
    candidates = tables.candidates
    if candidates is None and request.by_commune:
        candidates = commune_candidates(boundaries)
    elif candidates is None:
        candidates = grid_candidates(gaps.shape, request.grid_step_m, request.radius_km)
    method = _method(request, candidates)
    progress(f"ranking {len(candidates.all)} candidates")
    still_open = [demand_outside(demand, covered) for demand in demands]
    reach = reach_of(candidates.all, np.concatenate([demand.points for demand in still_open]))
    ranking = rank_candidates([each.candidate_id for each in candidates.all], reach, still_open, request.number)
    chosen = tuple(candidates.all[choice.candidate] for choice in ranking.choices)
    layers = () if merged is None else tuple(source for source in merged.sources if _counts(source, request))
    plan = Plan(
        boundaries=boundaries,
        technology=request.technology if layers else "",
        operator=request.operator if layers else "",
        min_dbm=request.min_dbm,
        method=method,
        candidates=len(candidates.all),
        radius_km=request.radius_km,
        step_m=request.grid_step_m if method == GRID else None,
        number=request.number,
        weights={**DEFAULT_WEIGHTS, **request.weights},
        min_gap_km2=request.min_gap_km2,
        sliver_m=request.sliver_m,
        population_method=AREA if tables.people is None else tables.people.method,
        synthetic=merged is not None and merged.synthetic,
        layers=layers,
        sources=tables.sources,
        ranking=ranking,
        chosen=chosen,
        communes=_communes_of(chosen, boundaries),
        shapes=shapes_of(chosen),
        gaps=gaps,
    )
    progress(f"writing {request.out_dir}")
    try:
        write_plan(plan, request.out_dir)
    except OSError as error:
        raise CoverageError(
            f"{request.out_dir}: cannot be written ({error.strerror}); choose another --out"
        ) from error
    return plan


def _boundaries(request: PlanRequest, edition: Edition, progress: Callable[[str], None]) -> Boundaries:
    if request.boundaries is None:
        progress("drawing schematic boundaries")
        return draw_schematic(edition)
    progress(f"reading boundaries {request.boundaries.name}")
    return read_boundaries(request.boundaries, edition)


def _read_tables(request: PlanRequest, edition: Edition, progress: Callable[[str], None]) -> _Tables:
    sources: list[Source] = []
    candidates, served = (
        None if given is None else _candidates(given, request.radius_km, role, sources)
        for given, role in ((request.candidates, "candidates"), (request.served, "served"))
    )
    settlements = centres_of(edition)
    if request.settlements is not None:
        settlements, source = read_settlements(request.settlements)
        sources.append(source)
    files = zip(PLACE_KINDS, (request.sites, request.schools, request.hospitals), strict=True)
    places = tuple(read_places(path, kind) for kind, path in files if path is not None)
    sources += [each.source for each in places]
    people = None
    if request.population is not None:
        progress(f"reading people {request.population.name}")
        people = read_population(request.population)
        sources.append(people.source)
    return _Tables(candidates, () if served is None else served.all, settlements, people, places, tuple(sources))


def _demands(tables: _Tables, boundaries: Boundaries, weights: Mapping[str, float]) -> list[Demand]:
    """Return everybody and everything in the province, people first."""
    weight_of = {**DEFAULT_WEIGHTS, **weights}
    if tables.people is None:
        demands = [people_by_area(boundaries, weight_of[PEOPLE])]
    else:
        everybody = Demand(PEOPLE, tables.people.points, tables.people.weights, weight_of[PEOPLE])
        demands = [demand_in(everybody, boundaries.polygons)]
    for places in tables.places:
        every = Demand(places.kind, places.points, np.ones(len(places.places)), weight_of[places.kind])
        demands.append(demand_in(every, boundaries.polygons))
    return demands


def _candidates(given: Path | Candidates, radius_km: float, role: str, sources: list[Source]) -> Candidates:
    candidates = read_candidates(given, radius_km, role) if isinstance(given, Path) else given
    sources += candidates.sources
    return candidates


def _covered(request: PlanRequest, merged: MergedLayers | None) -> shapely.Geometry:
    """Return the largest union that is known to be good enough."""
    if merged is None:
        return shapely.MultiPolygon()
    own = [u for u in merged.unions if (u.technology, u.operator) == (request.technology, request.operator)]
    enough = [u for u in own if signal_strength(u.min_dbm) >= signal_strength(request.min_dbm)]
    if not enough:
        level = "" if request.min_dbm is None else f" at {request.min_dbm:g} dBm or better"
        raise CoverageError(
            f"no layer shows {request.technology} of operator {request.operator!r}{level}; there is "
            + "; ".join(map(_union_name, merged.unions))
        )
    best: CoverageUnion = min(enough, key=lambda union: signal_strength(union.min_dbm))
    return best.shape


def _counts(source: LayerSource, request: PlanRequest) -> bool:
    return source.technology == request.technology and request.operator in (ANY_OPERATOR, source.operator)


def _union_name(union: CoverageUnion) -> str:
    level = "as claimed" if union.min_dbm is None else f"{union.min_dbm:g} dBm"
    return f"{union.technology} of {union.operator!r}, {level}"


def _not_served(demand: Demand, served: Sequence[Candidate]) -> Demand:
    keep = np.ones(len(demand.points), dtype=bool)
    keep[reach_of(served, demand.points).points] = False
    return demand_where(demand, keep)


def _communes_of(chosen: Sequence[Candidate], boundaries: Boundaries) -> tuple[Commune | None, ...]:
    communes = tuple(boundaries.edition.communes.values())
    owner, point = shapely.STRtree(Candidates(tuple(chosen)).points).query(
        boundaries.polygons, predicate="intersects"
    )
    rows: dict[int, int] = {}
    for commune, place in sorted(zip(owner.tolist(), point.tolist(), strict=True)):
        rows.setdefault(place, commune)
    return tuple(communes[rows[place]] if place in rows else None for place in range(len(chosen)))


def _method(request: PlanRequest, candidates: Candidates) -> str:
    if request.candidates is not None:
        return "polygons" if any(each.shape is not None for each in candidates.all) else "points"
    return "communes" if request.by_commune else GRID
