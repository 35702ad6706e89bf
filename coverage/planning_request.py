"""What is to be planned: which coverage, which candidates, for whom; checked before any file is read."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from phusong.coverage.errors import CoverageError
from phusong.coverage.input.candidates import check_radius
from phusong.coverage.input.layers import check_layers
from phusong.coverage.measuring.demand import KINDS, PEOPLE
from phusong.coverage.measuring.gaps import DEFAULT_MIN_KM2, DEFAULT_SLIVER_M
from phusong.coverage.summary import ANY_OPERATOR, PLACE_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from phusong.coverage.input.candidates import Candidates
    from phusong.coverage.input.layer_spec import LayerSpec

DEFAULT_RADIUS_KM = 3.0
DEFAULT_NUMBER = 10
DEFAULT_STEP_M = 1000.0
DEFAULT_WEIGHTS = {PEOPLE: 1.0, **dict.fromkeys(PLACE_KINDS, 0.0)}
"""People decide alone, unless a weight says otherwise; the other kinds are counted all the same."""


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What is to be planned; a file that is ``None`` was not given.

    Attributes
    ----------
    layers
        What each coverage file means. May be empty when ``served`` is there: then only that counts as served.
    out_dir
        Where the files go; made when missing.
    technology, operator, min_dbm
        Whose coverage counts, at this level or better; ``None`` counts every level.
    candidates
        A file of points or polygons, or candidates made already.
    by_commune
        The communes are the candidates.
    step_m
        The candidates are a grid over the uncovered land. At most one of these three; without any, a grid of 1 km.
    served
        What is served by other means, a file or made already: offices with a line, masts that are decided.
    settlements
        Names of places; the communes' centres without it.
    weights
        By kind (``people``, ``site``, ``school``, ``hospital``) what one of them counts for.
    cache
        A folder that keeps merged layers by the content of their files; ``None`` keeps nothing.
    """

    layers: tuple[LayerSpec, ...]
    out_dir: Path
    edition: str = "2020-01"
    technology: str = "4G"
    operator: str = ANY_OPERATOR
    min_dbm: float | None = None
    boundaries: Path | None = None
    population: Path | None = None
    sites: Path | None = None
    schools: Path | None = None
    hospitals: Path | None = None
    settlements: Path | None = None
    candidates: Path | Candidates | None = None
    by_commune: bool = False
    step_m: float | None = None
    served: Path | Candidates | None = None
    radius_km: float = DEFAULT_RADIUS_KM
    number: int = DEFAULT_NUMBER
    weights: Mapping[str, float] = field(default_factory=lambda: DEFAULT_WEIGHTS)
    min_gap_km2: float = DEFAULT_MIN_KM2
    sliver_m: float = DEFAULT_SLIVER_M
    cache: Path | None = None

    @property
    def grid_step_m(self) -> float:
        """The step of a grid, given or not."""
        return DEFAULT_STEP_M if self.step_m is None else self.step_m


def parse_weights(text: str) -> dict[str, float]:
    """Read ``people=1,school=200``; kinds that are not named keep their default.

    Raises
    ------
    CoverageError
        A kind is unknown or there twice, or a weight is no number or negative, or nothing counts.
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        kind, _, value = (side.strip() for side in part.partition("="))
        kind = kind.removesuffix("s")
        if kind not in KINDS or kind in weights:
            raise CoverageError(
                f"weights {text!r}: {kind!r} is not known or there twice; write e.g. people=1,school=200 with "
                f"{', '.join(KINDS)}"
            )
        try:
            weights[kind] = float(value)
        except ValueError:
            weights[kind] = math.nan
        if not (math.isfinite(weights[kind]) and weights[kind] >= 0):
            raise CoverageError(f"weights {text!r}: {value!r} is no weight; give a number, 0 or more, e.g. 200")
    weights = {**DEFAULT_WEIGHTS, **weights}
    if not any(weights.values()):
        raise CoverageError(
            f"weights {text!r}: every weight is 0, so that no candidate brings anything; raise one"
        )
    return weights


def check_request(request: PlanRequest) -> None:
    """Refuse what needs no file to be known as wrong."""
    if request.out_dir.exists() and not request.out_dir.is_dir():
        raise CoverageError(f"{request.out_dir}: is no folder; choose another --out")
    if request.layers or request.served is None:
        check_layers(request.layers)
    ways = (request.candidates is not None, request.by_commune, request.step_m is not None)
    if sum(ways) > 1:
        raise CoverageError("candidates: give a file, the communes or the step of a grid, one of them only")
    given = {PEOPLE: True} | {
        kind: path is not None
        for kind, path in zip(PLACE_KINDS, (request.sites, request.schools, request.hospitals), strict=True)
    }
    for kind, weight in request.weights.items():
        if weight > 0 and not given[kind]:
            raise CoverageError(f"weights: {kind} counts {weight:g}, but no file of {kind}s is given; give one")
    check_radius(request.radius_km)
    if request.number < 1:
        raise CoverageError(f"{request.number} candidates to choose: give 1 or more")
    for what, value in (
        ("the least size of a gap", request.min_gap_km2),
        ("the width of slivers", request.sliver_m),
    ):
        if not (math.isfinite(value) and value >= 0):
            raise CoverageError(f"{what} is {value}: give a number, 0 or more")
