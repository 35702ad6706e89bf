"""What the province has published about its networks, with our figure beside each; and SDG indicator 9.c.1.

Claims are checked, not believed: a figure that cannot be computed from what was given says so. The claims speak of
"mobile coverage" without a technology or operator; the figure beside them is that of any operator in the best
technology, which is a lower bound of all technologies together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from phusong.coverage.summary import ANY_OPERATOR, MAX_OPERATOR, CoverageSummary, UnitCoverage, UnitIndicator

CENTRES_4G = "centres_4g"
MOBILE_2020 = "mobile_2020"
MOBILE_2024 = "mobile_2024"
BROADBAND = "broadband_communes"

_SDG_TECHNOLOGIES = ("2G", "3G", "4G")
"""At least 2G, 3G and LTE: a layer of a newer technology counts for an older one only if it is given as one."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A published claim: ``claimed`` is a share, 0 to 1; ``year`` is the year that it speaks of, 0 without one."""

    key: str
    claimed: float
    year: int


CLAIMS = (
    Claim(CENTRES_4G, 1.0, 0),
    Claim(MOBILE_2020, 0.96, 2020),
    Claim(MOBILE_2024, 1.0, 2024),
    Claim(BROADBAND, 1.0, 0),
)


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim with our figure: ``reached`` of ``whole`` (communes or people); ``None`` where it is not known.

    ``technology`` and ``min_dbm`` say of which coverage; ``estimate`` that people were spread over the land.
    """

    claim: Claim
    reached: float | None
    whole: float | None
    technology: str = ""
    min_dbm: float | None = None
    estimate: bool = False

    @property
    def share(self) -> float | None:
        """Our figure, 0 to 1."""
        return self.reached / self.whole if self.reached is not None and self.whole else None

    @property
    def holds(self) -> bool | None:
        """Whether our figure is the claimed one or better, to the tenth of a percent that is printed."""
        return None if self.share is None else round(self.share, 3) >= self.claim.claimed


@dataclass(frozen=True, slots=True)
class SdgFigure:
    """SDG 9.c.1 for one technology: the share of people that the best single operator, ``operator``, reaches."""

    technology: str
    operator: str
    min_dbm: float | None
    population_covered: float | None
    population_ratio: float | None


def check_claims(summary: CoverageSummary) -> tuple[CheckedClaim, ...]:
    """Return every claim with our figure, in the order of ``CLAIMS``."""
    province = province_of(summary)
    by_key = {
        CENTRES_4G: _centres(province),
        MOBILE_2020: _people(province, summary),
        MOBILE_2024: _people(province, summary),
        BROADBAND: (
            None if province.broadband_communes is None else float(province.broadband_communes),
            float(province.communes),
            "",
            None,
        ),
    }
    estimate = summary.population_method == "area"
    return tuple(
        CheckedClaim(claim, *by_key[claim.key], estimate=estimate and claim.key in (MOBILE_2020, MOBILE_2024))
        for claim in CLAIMS
    )


def sdg_9c1(summary: CoverageSummary) -> tuple[SdgFigure, ...]:
    """Return SDG 9.c.1 per technology that has layers, at the weakest class that they name.

    Source: ITU, custodian of the indicator, metadata of 2023-03-31: with several operators, the maximum population
    number covered is reported.
    """
    province = province_of(summary)
    figures: list[SdgFigure] = []
    for technology in _SDG_TECHNOLOGIES:
        best = _weakest(i for i in province.indicators if (i.technology, i.operator) == (technology, MAX_OPERATOR))
        if best is None:
            continue
        single = [
            i
            for i in province.indicators
            if i.technology == technology
            and i.operator not in (ANY_OPERATOR, MAX_OPERATOR)
            and i.population_covered == best.population_covered
        ]
        operator = min((i.operator for i in single), default="")
        figures.append(
            SdgFigure(technology, operator, best.min_dbm, best.population_covered, best.population_ratio)
        )
    return tuple(figures)


def province_of(summary: CoverageSummary) -> UnitCoverage:
    """Return the row of the province; every summary of ``compute_coverage`` has it."""
    return next(unit for unit in summary.units if unit.level == "province")


def _centres(province: UnitCoverage) -> tuple[float | None, float, str, float | None]:
    any_4g = _weakest(i for i in province.indicators if (i.technology, i.operator) == ("4G", ANY_OPERATOR))
    if any_4g is None:
        return None, float(province.communes), "4G", None
    return float(any_4g.centres_covered), float(province.communes), "4G", any_4g.min_dbm


def _people(
    province: UnitCoverage, summary: CoverageSummary
) -> tuple[float | None, float | None, str, float | None]:
    technologies = {layer.technology for layer in summary.layers}
    weakest = [
        _weakest(i for i in province.indicators if (i.technology, i.operator) == (technology, ANY_OPERATOR))
        for technology in sorted(technologies)
    ]
    known = [i for i in weakest if i is not None and i.population_covered is not None]
    if not known:
        return None, province.population, "", None
    best = max(known, key=lambda i: i.population_covered or 0.0)
    return best.population_covered, province.population, best.technology, best.min_dbm


def _weakest(indicators: Iterable[UnitIndicator]) -> UnitIndicator | None:
    """Return the indicator of the weakest class: coverage as far as the operators claim any."""
    return min(indicators, key=lambda i: float("-inf") if i.min_dbm is None else i.min_dbm, default=None)
