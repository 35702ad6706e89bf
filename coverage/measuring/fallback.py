"""Which operators cover each site's point: whether 4G can carry an office whose line is down.

Reads only ids and positions of a table of sites; checking the whole inventory is the agent's work.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from phusong.coverage.errors import SitesError
from phusong.coverage.measuring.unions import signal_strength
from phusong.coverage.projection import project_points
from phusong.coverage.summary import ANY_OPERATOR, SiteCoverage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from phusong.coverage.measuring.unions import CoverageUnion

DEFAULT_MIN_DBM = -105.0
"""The level that an office router needs, unless the configuration names another."""

_COLUMNS = ("site_id", "lat", "lon")
_SHOWN_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class SitePoint:
    """Where a site is, in WGS 84 degrees."""

    site_id: str
    lat: float
    lon: float


def read_site_points(path: Path) -> tuple[SitePoint, ...]:
    """Read the sites that have a position from ``sites.csv``; those without one are left out.

    Raises
    ------
    SitesError
        The file cannot be read, a column is missing, an id is there twice, or a position is impossible; all
        such rows are listed.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SitesError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise SitesError(f"{path}: is not UTF-8 (byte {error.start + 1}); save it as 'CSV UTF-8'") from error
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise SitesError(
            f"{path}:1: column {', '.join(missing)} missing; the header must name {', '.join(_COLUMNS)}"
        )
    sites: dict[str, SitePoint] = {}
    problems: list[str] = []
    for row in reader:
        site_id, lat, lon = ((row[column] or "").strip() for column in _COLUMNS)
        where = f"{path}:{reader.line_num}"
        if site_id in sites:
            problems.append(f"{where}: site_id {site_id!r} is there twice; remove one")
        elif bool(lat) != bool(lon):
            problems.append(f"{where}: only one of lat and lon is given; give both or none")
        elif lat and lon:
            try:
                sites[site_id] = SitePoint(site_id, _degrees(lat, 90.0), _degrees(lon, 180.0))
            except ValueError as error:
                problems.append(f"{where}: {error}")
    if problems:
        raise SitesError("\n".join(problems[:_SHOWN_PROBLEMS]))
    return tuple(sites.values())


def cover_sites(
    sites: Sequence[SitePoint], unions: Sequence[CoverageUnion], min_dbm: float | None = DEFAULT_MIN_DBM
) -> tuple[SiteCoverage, ...]:
    """Return, per site and technology, the operators whose coverage contains the site's point.

    Parameters
    ----------
    sites
        Sites in the order of the answer.
    unions
        Merged coverage of ``unite_layers``.
    min_dbm
        Coverage weaker than this does not count; ``None`` counts all. An operator whose layers name no level
        counts as it claims. A technology for which no operator is left gets no rows: nothing is known about it.
    """
    points = project_points(np.array([site.lon for site in sites]), np.array([site.lat for site in sites]))
    tree = shapely.STRtree(points)
    covering: dict[str, list[tuple[str, set[int]]]] = {}
    for union in _counted(unions, min_dbm):
        parts = shapely.get_parts(union.shape)
        shapely.prepare(parts)
        inside = set(tree.query(parts, predicate="intersects")[1].tolist())
        covering.setdefault(union.technology, []).append((union.operator, inside))
    return tuple(
        SiteCoverage(
            site.site_id, technology, tuple(sorted(name for name, inside in operators if index in inside))
        )
        for index, site in enumerate(sites)
        for technology, operators in sorted(covering.items())
    )


def _counted(unions: Iterable[CoverageUnion], min_dbm: float | None) -> list[CoverageUnion]:
    """Return, per technology and operator, the largest union that is good enough, if there is one."""
    classes: dict[tuple[str, str], list[CoverageUnion]] = {}
    for union in unions:
        if union.operator != ANY_OPERATOR:
            classes.setdefault((union.technology, union.operator), []).append(union)
    counted = []
    for own in classes.values():
        if len(own) == 1 and own[0].min_dbm is None:
            counted += own
        else:
            enough = [union for union in own if signal_strength(union.min_dbm) >= signal_strength(min_dbm)]
            counted += sorted(enough, key=lambda union: signal_strength(union.min_dbm))[:1]
    return counted


def _degrees(text: str, limit: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number; give degrees with a point, e.g. 21.004") from None
    if not math.isfinite(value) or abs(value) > limit:
        raise ValueError(f"{text} is not in degrees of ±{limit:.0f}; check lat and lon")
    return value
