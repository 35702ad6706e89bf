"""The contract file ``coverage.json``: coverage figures for the agent, without any geometry.

Written by ``phusong coverage``, read by the daemon and the map. No geopandas here: the daemon imports this
module, and GDAL stays away from the process that holds the SNMP credentials.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
TECHNOLOGIES = ("2G", "3G", "4G", "5G")
ANY_OPERATOR = "any"
"""The union of all operators."""
MAX_OPERATOR = "max"
"""The best single operator per commune: what SDG indicator 9.c.1 asks for."""


class SummaryError(ValueError):
    """``coverage.json`` cannot be used; the message names the file, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class LayerSource:
    """Where one coverage layer came from; ``date`` is ISO 8601 or empty when the source gave none."""

    file: str
    sha256: str
    operator: str
    technology: str
    min_dbm: float | None
    date: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """Coverage of one commune by one technology, operator and signal class.

    Areas are square kilometres in an equal-area projection, ratios are 0 to 1 (ITU i271Land); ``None`` means
    not known, never zero.
    """

    technology: str
    operator: str
    min_dbm: float | None
    covered_km2: float
    area_ratio: float
    population_covered: float | None
    population_ratio: float | None
    centre_covered: bool | None


@dataclass(frozen=True, slots=True)
class CommuneCoverage:
    """One commune of the edition with all its indicators; ``population`` is the figure used as divisor."""

    code: str
    name: str
    district: str
    area_km2: float
    population: int | None
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True)
class SiteCoverage:
    """Whether one site's point lies inside coverage; ``operators`` are those that cover it."""

    site_id: str
    technology: str
    operators: tuple[str, ...]


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
    return CoverageSummary(
        edition=data["edition"],
        boundaries_file=data["boundaries_file"],
        boundaries_sha256=data["boundaries_sha256"],
        schematic=data["schematic"],
        synthetic=data["synthetic"],
        layers=tuple(LayerSource(**layer) for layer in data["layers"]),
        communes=tuple(
            CommuneCoverage(**{**commune, "indicators": tuple(Indicator(**i) for i in commune["indicators"])})
            for commune in data["communes"]
        ),
        fallback_min_dbm=data["fallback_min_dbm"],
        sites=tuple(
            SiteCoverage(site["site_id"], site["technology"], tuple(site["operators"])) for site in data["sites"]
        ),
    )
