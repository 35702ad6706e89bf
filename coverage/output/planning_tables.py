"""A plan and its tables: every value of the ranking and of the gaps as it is written, rounded once.

CSV, GeoPackage and GeoJSON take their values from here, so that they cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phusong.coverage.measuring.demand import CENTRE, KINDS, PEOPLE
from phusong.coverage.output.tables import Table, Value, csv_text
from phusong.coverage.summary import PLACE_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from phusong.coverage.editions import Commune
    from phusong.coverage.input.boundaries import Boundaries
    from phusong.coverage.input.candidates import Candidate
    from phusong.coverage.measuring.demand import Amount
    from phusong.coverage.measuring.gaps import Gap, Gaps
    from phusong.coverage.measuring.planning import Gain, Ranking
    from phusong.coverage.summary import LayerSource, Source

_COLUMN_OF = {PEOPLE: "people", CENTRE: "centres"} | {kind: f"{kind}s" for kind in PLACE_KINDS}
RANKING_COLUMNS = (
    "rank", "candidate_id", "name", "lat", "lon", "radius_km", "commune_code", "commune_name", "gain",
    "gain_together", "gain_share",
    *(f"{_COLUMN_OF[kind]}_{what}" for kind in KINDS for what in ("gained", "together", "share")),
)  # fmt: skip
GAP_COLUMNS = (
    "gap", "area_km2", "people", "centres", *(_COLUMN_OF[kind] for kind in PLACE_KINDS), "lat", "lon",
    "commune_codes", "commune_names", "first_share", "nearest", "nearest_m", "bearing_deg",
)  # fmt: skip
PROVENANCE_COLUMNS = ("role", "file", "sha256", "crs", "operator", "technology", "min_dbm", "date", "rows")

_DECIMALS = {
    "lat": 6, "lon": 6, "radius_km": 3, "area_km2": 4, "first_share": 6, "nearest_m": 0, "bearing_deg": 0,
    "gain_share": 6, **{f"{column}_share": 6 for column in _COLUMN_OF.values()},
}  # fmt: skip
_OTHER_DECIMALS = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that was asked and found.

    ``min_dbm`` is the class of the coverage that counts, ``None`` for claims without a level. ``chosen`` are the
    candidates of ``ranking.choices`` and ``communes`` theirs, both in that order; ``shapes`` what they reach, in
    EPSG:6933. ``weights`` are by kind. ``method`` is what stands for "candidates": ``points``, ``polygons``,
    ``communes`` or ``grid``; ``population_method`` is that of the coverage run.
    """

    boundaries: Boundaries
    technology: str
    operator: str
    min_dbm: float | None
    method: str
    candidates: int
    radius_km: float
    step_m: float | None
    number: int
    weights: Mapping[str, float]
    min_gap_km2: float
    sliver_m: float
    population_method: str
    synthetic: bool
    layers: tuple[LayerSource, ...]
    sources: tuple[Source, ...]
    ranking: Ranking
    chosen: tuple[Candidate, ...]
    communes: tuple[Commune | None, ...]
    shapes: NDArray[np.object_]
    gaps: Gaps


def ranking_table(plan: Plan) -> Table:
    """Return a row per chosen candidate, best first."""
    rows = []
    for choice, candidate, commune in zip(plan.ranking.choices, plan.chosen, plan.communes, strict=True):
        by_kind = {gain.kind: gain for gain in choice.gains}
        rows.append(
            (
                choice.rank, candidate.candidate_id, candidate.name, candidate.lat, candidate.lon,
                None if candidate.radius_m is None else candidate.radius_m / 1000,
                None if commune is None else commune.code, None if commune is None else commune.name,
                *_gain(choice.weighted), *(value for kind in KINDS for value in _gain(by_kind.get(kind))),
            )
        )  # fmt: skip
    return _rounded("ranking", RANKING_COLUMNS, rows)


def gaps_table(plan: Plan) -> Table:
    """Return a row per piece of uncovered land, most people first."""
    communes = tuple(plan.boundaries.edition.communes.values())
    rows = [_gap_row(number, gap, communes) for number, gap in enumerate(plan.gaps.pieces, start=1)]
    return _rounded("gaps", GAP_COLUMNS, rows)


def sums_table(plan: Plan) -> Table:
    """Return the sums that are in no row: what is open, what could be reached, and where gaps were not listed."""
    gaps, ranking = plan.gaps, plan.ranking
    found = [
        ("uncovered", None, gaps.uncovered_km2, ranking.open),
        ("within_reach_of_any_candidate", None, None, ranking.reachable),
        ("small", gaps.small.parts, gaps.small.area_km2, gaps.small.amounts),
        ("slivers", gaps.slivers.parts, gaps.slivers.area_km2, gaps.slivers.amounts),
        ("offshore", None, None, gaps.offshore),
    ]
    rows = []
    for name, parts, area_km2, amounts in found:
        counted = {amount.kind: amount.number for amount in amounts}
        rows.append((name, parts, area_km2, *(counted.get(kind) for kind in KINDS)))
    return _rounded("sums", ("sum", "parts", "area_km2", *(_COLUMN_OF[kind] for kind in KINDS)), rows)


def provenance_table(plan: Plan) -> Table:
    """Return a row per input file: what it is, its hash, and what was said about it."""
    boundaries = plan.boundaries
    rows: list[tuple[Value, ...]] = [
        ("boundaries", boundaries.file, boundaries.sha256, "", "", "", None, "", len(boundaries.polygons))
    ]
    rows += [
        ("coverage", s.file, s.sha256, s.crs, s.operator, s.technology, s.min_dbm, s.date, None)
        for s in plan.layers
    ]
    rows += [(s.role, s.file, s.sha256, s.crs, "", "", None, "", s.rows) for s in plan.sources]
    return Table("provenance", PROVENANCE_COLUMNS, tuple(rows))


def about(plan: Plan) -> dict[str, object]:
    """Return what was asked, what the figures stand on, and the sums that are in no row, for JSON."""
    gaps, ranking = plan.gaps, plan.ranking
    return {
        "edition": plan.boundaries.edition.name,
        "schematic": plan.boundaries.schematic,
        "synthetic": plan.synthetic,
        "technology": plan.technology,
        "operator": plan.operator,
        "min_dbm": plan.min_dbm,
        "population_method": plan.population_method,
        "candidates": {"method": plan.method, "number": plan.candidates, "radius_km": plan.radius_km}
        | ({} if plan.step_m is None else {"step_m": plan.step_m}),
        "asked": plan.number,
        "ranked": len(ranking.choices),
        "exhausted": ranking.exhausted,
        "weights": dict(plan.weights),
        "uncovered": {"land_km2": round(gaps.uncovered_km2, 4), **_amounts(ranking.open)},
        "within_reach_of_any_candidate": _amounts(ranking.reachable),
        "gaps": {
            "min_km2": plan.min_gap_km2,
            "sliver_m": plan.sliver_m,
            "pieces": {
                "parts": len(gaps.pieces),
                "area_km2": round(sum(gap.area_km2 for gap in gaps.pieces), 4),
                "people": round(sum(gap.people for gap in gaps.pieces), 1),
            },
            **{
                name: {"parts": rest.parts, "area_km2": round(rest.area_km2, 4), **_amounts(rest.amounts)}
                for name, rest in (("small", gaps.small), ("slivers", gaps.slivers))
            },
            "offshore": _amounts(gaps.offshore),
        },
    }


def cell_text(column: str, value: Value) -> str:
    """Return a value as it stands in a CSV file; a text that a spreadsheet would compute is made a text."""
    if column in _DECIMALS and isinstance(value, float):
        return f"{value:.{_DECIMALS[column]}f}"
    return csv_text(column, value)


def _gain(gain: Gain | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if gain is None else (gain.gained, gain.together, gain.share)


def _gap_row(number: int, gap: Gap, communes: Sequence[Commune]) -> tuple[Value, ...]:
    counted = {amount.kind: amount.number for amount in gap.amounts}
    nearest = gap.nearest
    return (
        number,
        gap.area_km2,
        *(counted.get(kind) for kind in (PEOPLE, CENTRE, *PLACE_KINDS)),
        gap.lat,
        gap.lon,
        "|".join(communes[part.commune].code for part in gap.parts),
        "|".join(communes[part.commune].name for part in gap.parts),
        gap.parts[0].share if gap.parts else None,
        *((None, None, None) if nearest is None else (nearest.name, nearest.distance_m, nearest.bearing_deg)),
    )


def _rounded(name: str, columns: tuple[str, ...], rows: Sequence[tuple[Value, ...]]) -> Table:
    return Table(
        name,
        columns,
        tuple(tuple(_round(column, value) for column, value in zip(columns, row, strict=True)) for row in rows),
    )


def _round(column: str, value: Value) -> Value:
    if not isinstance(value, float):
        return value
    rounded = round(value, _DECIMALS.get(column, _OTHER_DECIMALS))
    return rounded % 360 if column == "bearing_deg" else rounded


def _amounts(amounts: Sequence[Amount]) -> dict[str, float]:
    return {_COLUMN_OF[amount.kind]: round(amount.number, _OTHER_DECIMALS) for amount in amounts}
