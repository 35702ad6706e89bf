"""Which figures a picture shows: the series of the summary that was asked for, and a share for every commune.

Decides and counts, draws nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from types import EllipsisType
from typing import TYPE_CHECKING, TypeAlias

from phusong.coverage.summary import ANY_OPERATOR, MAX_OPERATOR
from phusong.maps.input_check import MapError
from phusong.maps.measures import MEASURES, measured, measures_of
from phusong.maps.palette import coverage_class
from phusong.maps.picture.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phusong.coverage.summary import CoverageSummary, Indicator, LayerSource

NO_DATA_KEY = "none"
"""Stands beside the keys of the palette's classes for what is not known."""

Threshold: TypeAlias = "float | EllipsisType | None"
"""A level in dBm, ``None`` for layers that state none, ``...`` for the first that there is."""


class PictureError(MapError):
    """A picture of this cannot be drawn; the message says why and what there is instead."""


@dataclass(frozen=True, slots=True)
class Series:
    """What the figures of one map are about."""

    technology: str
    operator: str
    min_dbm: float | None


def choose_series(
    summary: CoverageSummary | None,
    technology: str | None,
    operator: str,
    min_dbm: Threshold,
    preferred: Sequence[str],
) -> Series | None:
    """Return the series that is asked for.

    Without a technology it is the first of ``preferred`` that there is, else the first of all.

    ``None`` when there are no figures at all and nobody asked for any.

    Raises
    ------
    PictureError
        There is none; the message lists what there is.
    """
    series = _all_series(summary)
    if not series:
        if technology is None:
            return None
        raise PictureError(f"technology {technology!r}: there are no coverage figures; run 'phusong coverage'")
    technologies = [each.technology for each in series]
    if technology is None:
        technology = next((each for each in preferred if each in technologies), technologies[0])
    series = _only(series, "technology", technology, technologies)
    series = _only(series, "operator", operator, [each.operator for each in series])
    if isinstance(min_dbm, EllipsisType):
        return series[0]
    found = [each for each in series if each.min_dbm == min_dbm]
    if not found:
        levels = ", ".join("none" if each.min_dbm is None else f"{each.min_dbm:g}" for each in series)
        wanted = "none" if min_dbm is None else f"{min_dbm:g}"
        about = f"{shown(technology, 40)}, {shown(operator, 40)}"
        raise PictureError(f"threshold {wanted}: there are no figures for it of {about}; choose one of {levels}")
    return found[0]


def check_measure(summary: CoverageSummary | None, measure: str) -> None:
    """Refuse a measure that is not known, or that no commune has a figure for.

    Raises
    ------
    PictureError
        As above; the message lists the measures that there are.
    """
    known = measures_of(summary)
    if measure not in known:
        what = "there are no figures for it" if measure in MEASURES else "there is no such measure"
        raise PictureError(f"measure {measure!r}: {what}; choose one of {', '.join(known)}")


def shares(
    codes: Iterable[str], summary: CoverageSummary | None, series: Series | None, measure: str
) -> list[float | None]:
    """Return the share of each commune, 0 to 1; ``None`` where it is not known."""
    communes = {commune.code: commune for commune in summary.communes} if summary else {}
    found: list[float | None] = []
    for code in codes:
        commune = communes.get(code)
        indicators = commune.indicators if commune else ()
        indicator = next((each for each in indicators if _series_of(each) == series), None)
        found.append(measured(commune, indicator, measure) if commune and indicator else None)
    return found


def class_key(share: float | None) -> str:
    """Return the key of a share's class, ``NO_DATA_KEY`` where it is not known."""
    found = coverage_class(share)
    return found.key if found else NO_DATA_KEY


def class_counts(shares_shown: Iterable[float | None]) -> Counter[str]:
    """Return how many communes are in each class."""
    return Counter(class_key(share) for share in shares_shown)


def layers_behind(summary: CoverageSummary | None, series: Series | None) -> tuple[LayerSource, ...]:
    """Return the layers that a series was made of."""
    if summary is None or series is None:
        return ()
    union = series.operator in (ANY_OPERATOR, MAX_OPERATOR)
    return tuple(
        layer
        for layer in summary.layers
        if layer.technology == series.technology and (union or layer.operator == series.operator)
    )


def _all_series(summary: CoverageSummary | None) -> list[Series]:
    communes = summary.communes if summary else ()
    return list(dict.fromkeys(_series_of(each) for commune in communes for each in commune.indicators))


def _series_of(indicator: Indicator) -> Series:
    return Series(indicator.technology, indicator.operator, indicator.min_dbm)


def _only(series: Sequence[Series], field: str, wanted: str, there: Sequence[str]) -> list[Series]:
    found = [each for each in series if getattr(each, field) == wanted]
    if not found:
        names = ", ".join(shown(name, 40) for name in dict.fromkeys(there))
        raise PictureError(f"{field} {shown(wanted, 40)!r}: there are no figures for it; choose one of {names}")
    return found
