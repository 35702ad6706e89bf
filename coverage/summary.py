"""The contract file ``coverage.json``: coverage figures for the agent, without any geometry.

Written by ``phusong coverage``, read by the daemon and the map. No geopandas here: the daemon imports this
module, and GDAL stays away from the process that holds the SNMP credentials.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FORMAT = 2
TECHNOLOGIES = ("2G", "3G", "4G", "5G")
ANY_OPERATOR = "any"
"""The union of all operators."""
MAX_OPERATOR = "max"
"""The best single operator of a commune or larger unit: what SDG indicator 9.c.1 asks for."""
PLACE_KINDS = ("site", "school", "hospital")
LEVELS = ("district", "class", "province")
"""What communes are added up to; a class is a list of communes of the user's, such as the remote ones."""


class SummaryError(ValueError):
    """``coverage.json`` cannot be used; the message names the file, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class LayerSource:
    """Where one coverage layer came from; ``date`` is ISO 8601 or empty when the source gave none.

    ``crs`` is the name of its coordinate system. ``estimate`` marks what no operator claims: circles around cells
    that phones have seen.
    """

    file: str
    sha256: str
    operator: str
    technology: str
    min_dbm: float | None
    date: str
    crs: str = ""
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Where any other input came from.

    ``role`` is ``boundaries``, ``population``, ``site``, ``school``, ``hospital``, ``classes`` or ``broadband``;
    ``rows`` how many features, cells or rows were used.
    """

    role: str
    file: str
    sha256: str
    rows: int
    crs: str = ""


@dataclass(frozen=True, slots=True)
class PlaceCount:
    """How many places of one kind (``PLACE_KINDS``)."""

    kind: str
    number: int


@dataclass(frozen=True, slots=True)
class Indicator:
    """Coverage of one commune by one technology, operator and signal class.

    Areas are square kilometres in an equal-area projection, ratios are 0 to 1 (ITU i271Land, i271pop); ``None``
    means not known, never zero. ``places_covered`` counts by kind (``PLACE_KINDS``).
    """

    technology: str
    operator: str
    min_dbm: float | None
    covered_km2: float
    area_ratio: float
    population_covered: float | None
    population_ratio: float | None
    centre_covered: bool | None
    places_covered: tuple[PlaceCount, ...] = ()


@dataclass(frozen=True, slots=True)
class Broadband:
    """Fixed broadband of a commune, as its list says: units connected, of all units that it counts."""

    connected: int
    units: int | None


@dataclass(frozen=True, slots=True)
class CommuneCoverage:
    """One commune of the edition with all its indicators; ``population`` is the figure used as divisor.

    ``places`` counts the places with a position by kind, covered or not; a kind that nobody gave is missing.
    """

    code: str
    name: str
    district: str
    area_km2: float
    population: float | None
    indicators: tuple[Indicator, ...]
    classes: tuple[str, ...] = ()
    places: tuple[PlaceCount, ...] = ()
    broadband: Broadband | None = None


@dataclass(frozen=True, slots=True)
class UnitIndicator:
    """Coverage of a district, class or province: as ``Indicator``, with how many centres are covered."""

    technology: str
    operator: str
    min_dbm: float | None
    covered_km2: float
    area_ratio: float
    population_covered: float | None
    population_ratio: float | None
    centres_covered: int
    places_covered: tuple[PlaceCount, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitCoverage:
    """Several communes added up: ``level`` is one of ``LEVELS``, ``name`` is empty for the province.

    ``broadband_communes`` counts the communes with at least one connected unit, ``None`` when no list was given.
    """

    level: str
    name: str
    communes: int
    area_km2: float
    population: float | None
    indicators: tuple[UnitIndicator, ...]
    places: tuple[PlaceCount, ...] = ()
    broadband: Broadband | None = None
    broadband_communes: int | None = None


@dataclass(frozen=True, slots=True)
class SiteCoverage:
    """Whether one site's point lies inside coverage; ``operators`` are those that cover it.

    ``best_dbm`` has the best signal class of each operator there, ``None`` where its layers name none.
    ``distance_m`` is the way from the point to the nearest covered one, 0 inside, ``None`` where nothing is known.
    """

    site_id: str
    technology: str
    operators: tuple[str, ...]
    best_dbm: tuple[float | None, ...] = ()
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class CoverageSummary:
    """Everything in ``coverage.json``. ``schematic`` boundaries and ``synthetic`` layers are labelled as such.

    ``sites`` has one entry per site with a position and per technology, also where no operator covers it.
    """

    edition: str
    boundaries_file: str
    boundaries_sha256: str
    schematic: bool
    synthetic: bool
    layers: tuple[LayerSource, ...]
    communes: tuple[CommuneCoverage, ...]
    sites: tuple[SiteCoverage, ...]
    fallback_min_dbm: float | None = None
    """The weakest level that counted at the sites; ``None``: every level did."""
    units: tuple[UnitCoverage, ...] = ()
    """Districts, classes and the province, in the order of ``LEVELS``."""
    population_method: str = ""
    """How people were counted: ``raster``, ``points``, or ``area`` (an estimate); empty when they were not."""
    sources: tuple[Source, ...] = ()
    """The inputs other than coverage layers."""
    repairs: int = 0
    """How many repairs ``repairs.csv`` lists."""


def write_summary(summary: CoverageSummary, path: Path) -> None:
    """Write ``coverage.json`` atomically; the same summary gives the same bytes."""
    text = json.dumps({"format": FORMAT, **asdict(summary)}, ensure_ascii=False, indent=1)
    scratch = path.with_name(path.name + ".new")
    scratch.write_text(text + "\n", encoding="utf-8")
    scratch.replace(path)


def read_summary(path: Path) -> CoverageSummary:
    """Read ``coverage.json``.

    Raises
    ------
    SummaryError
        The file is missing, no JSON, of another format, or lacks a field.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise SummaryError(
                f"{path}: format {data['format']!r}, expected {FORMAT}; run 'phusong coverage' again"
            )
        return _summary(data)
    except OSError as error:
        raise SummaryError(
            f"{path}: {error.strerror}; run 'phusong coverage' or remove coverage.summary"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, SummaryError):
            raise
        raise SummaryError(f"{path}: not a coverage summary ({error}); run 'phusong coverage' again") from error


def _summary(data: dict[str, Any]) -> CoverageSummary:
    fields = {name: value for name, value in data.items() if name != "format"}
    fields |= {
        "layers": tuple(LayerSource(**layer) for layer in data["layers"]),
        "communes": tuple(
            CommuneCoverage(**{**_area(commune, Indicator), "classes": tuple(commune["classes"])})
            for commune in data["communes"]
        ),
        "units": tuple(UnitCoverage(**_area(unit, UnitIndicator)) for unit in data["units"]),
        "sites": tuple(
            SiteCoverage(
                **{**site, "operators": tuple(site["operators"]), "best_dbm": tuple(site["best_dbm"])},
            )
            for site in data["sites"]
        ),
        "sources": tuple(Source(**source) for source in data["sources"]),
    }
    return CoverageSummary(**fields)


def _area(data: dict[str, Any], indicator: type[Indicator | UnitIndicator]) -> dict[str, Any]:
    """Return what communes and larger units have in common."""
    broadband = data["broadband"]
    return {
        **data,
        "indicators": tuple(
            indicator(**{**each, "places_covered": _counts(each["places_covered"])}) for each in data["indicators"]
        ),
        "places": _counts(data["places"]),
        "broadband": None if broadband is None else Broadband(**broadband),
    }


def _counts(data: list[dict[str, Any]]) -> tuple[PlaceCount, ...]:
    return tuple(PlaceCount(**each) for each in data)
