"""What changed, as plain values: runs that are compared, changes of areas, of sites, and pieces of land."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from phusong.coverage.measuring.indicators import AREA_DECIMALS, PEOPLE_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import shapely
    from numpy.typing import NDArray

    from phusong.coverage.summary import CoverageSummary

COMMUNE = "commune"
COMPARED, COMMON, OTHERS = "compared", "common_operators", "other_operators"
ONLY_OLD, ONLY_NEW = "only_old", "only_new"


class Key(NamedTuple):
    """One technology, operator (each, ``any`` or ``max``) and signal class."""

    technology: str
    operator: str
    min_dbm: float | None


@dataclass(frozen=True, slots=True)
class CoverageRun:
    """The result of one run: communes' polygons (in the order of the summary) and unions, both in EPSG:6933."""

    name: str
    summary: CoverageSummary
    polygons: NDArray[np.object_]
    unions: Mapping[Key, shapely.Geometry]


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """Covered places of one kind. A commune's figures are net; those of larger units are its communes' sums."""

    kind: str
    old: int
    new: int
    gained: int
    lost: int


@dataclass(frozen=True, slots=True)
class Change:
    """What changed in one commune or larger unit; ``None`` is not known or not comparable, never zero.

    ``status`` says what was compared: everything, the operators that both runs have, or nothing, because the runs
    have other operators or one of them lacks the key. ``max`` has no geometry: its best operator may be another.
    """

    key: Key
    status: str
    old_km2: float | None
    new_km2: float | None
    gained_km2: float | None = None
    lost_km2: float | None = None
    sliver_gained_km2: float | None = None
    sliver_lost_km2: float | None = None
    people_old: float | None = None
    people_new: float | None = None
    people_gained: float | None = None
    people_lost: float | None = None
    people_slivers: float | None = None
    centres_gained: tuple[str, ...] = ()
    centres_lost: tuple[str, ...] = ()
    places: tuple[PlaceChange, ...] = ()

    @property
    def is_compared(self) -> bool:
        """Whether old and new figures are of the same operators."""
        return self.status in (COMPARED, COMMON)

    @property
    def net_km2(self) -> float | None:
        """New minus old."""
        if not self.is_compared or self.new_km2 is None or self.old_km2 is None:
            return None
        return round(self.new_km2 - self.old_km2, AREA_DECIMALS)

    @property
    def people_net(self) -> float | None:
        """New minus old by the runs' own counts, or else by the count in what was gained and lost."""
        if self.people_new is not None and self.people_old is not None and self.is_compared:
            return round(self.people_new - self.people_old, PEOPLE_DECIMALS)
        parts = (self.people_gained, self.people_lost, self.people_slivers)
        if parts[0] is None or parts[1] is None or parts[2] is None:
            return None
        return round(parts[0] - parts[1] + parts[2], PEOPLE_DECIMALS)


@dataclass(frozen=True, slots=True)
class AreaChanges:
    """One commune, district, class or the province: ``level`` is ``commune`` or one of ``summary.LEVELS``."""

    level: str
    code: str
    name: str
    district: str
    area_km2: float
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class SiteChange:
    """A site that gained or lost its fallback; ``operators`` are those that cover it now, or did."""

    site_id: str
    technology: str
    gained: bool
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """What one commune (its row) gained or lost of one key, without slivers, in EPSG:6933."""

    key: Key
    commune: int
    gained: bool
    km2: float
    shape: shapely.Geometry


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that changed. ``boundaries_of`` tells on whose polygons it was measured: ``old`` or ``new``."""

    old: CoverageRun
    new: CoverageRun
    boundaries_of: str
    sliver_m: float
    people_by: str
    """How people gained and lost were counted: ``area`` (an estimate), a method of a file, or not (empty)."""
    areas: tuple[AreaChanges, ...]
    sites: tuple[SiteChange, ...]
    sites_only_old: tuple[str, ...]
    sites_only_new: tuple[str, ...]
    pieces: tuple[Piece, ...]
