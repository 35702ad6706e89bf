"""The one table of what a report shows: name, kind and value of every column, for lines and for groups.

CSV, JSON, XLSX, page and terminal take their values from here, rounded here, so that they cannot differ. The names
are an interface to programs; headings for people stand in ``wording``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

from phusong.agent.input.settings import LOCAL_TIME

from .availability import Level, ReportGroup, ReportLink

Value: TypeAlias = str | int | float | None
Row_contra = TypeVar("Row_contra", bound=ReportLink | ReportGroup, contravariant=True)
MS_PER_S = 1000


class Kind(StrEnum):
    """How a value is written for people."""

    TEXT = "text"
    WORD = "word"
    """One of a few words of ours, which have a translation."""
    RATIO = "ratio"
    """0 to 1, with five digits: a percentage with three."""
    SHARE = "share"
    """The same where fewer digits will do."""
    SECONDS = "seconds"
    COUNT = "count"
    NUMBER = "number"
    TIME = "time"
    """ISO 8601, in the time of the province."""


@dataclass(frozen=True, slots=True)
class Column(Generic[Row_contra]):
    """A column: what it is called by programs, how it is written for people, and where its value comes from."""

    name: str
    kind: Kind
    value: Callable[[Row_contra], Value]


def values_of(columns: Sequence[Column[Row_contra]], row: Row_contra) -> dict[str, Value]:
    """Return the values of a row by the names of the columns."""
    return {column.name: column.value(row) for column in columns}


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / MS_PER_S


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _use(mbps: float | None, contracted_mbps: float | None) -> float | None:
    """Return which part of the contracted rate is in use."""
    return None if mbps is None or contracted_mbps is None else round(mbps / contracted_mbps, 4)


def _repair_s(row: ReportLink | ReportGroup) -> float | None:
    return round(row.times.fault_ms / row.outages / MS_PER_S, 3) if row.outages else None


def _longest_begin(row: ReportLink) -> str | None:
    outage = max(row.measured.outages, key=lambda outage: outage.fault_ms, default=None)
    if outage is None:
        return None
    return datetime.fromtimestamp(outage.begin_ms // MS_PER_S, LOCAL_TIME).isoformat(timespec="seconds")


_AVAILABILITY: tuple[Column[ReportLink | ReportGroup], ...] = (
    Column("availability_ratio", Kind.RATIO, lambda row: row.times.availability_ratio),
    Column("outages", Kind.COUNT, lambda row: row.outages),
    Column("longest_outage_seconds", Kind.SECONDS, lambda row: _seconds(row.longest_outage_ms)),
    Column("mean_time_to_repair_seconds", Kind.SECONDS, _repair_s),
)
_TIMES: tuple[Column[ReportLink | ReportGroup], ...] = (
    Column("up_seconds", Kind.SECONDS, lambda row: _seconds(row.times.up_ms)),
    Column("congested_seconds", Kind.SECONDS, lambda row: _seconds(row.times.congested_ms)),
    Column("degraded_seconds", Kind.SECONDS, lambda row: _seconds(row.times.degraded_ms)),
    Column("fault_seconds", Kind.SECONDS, lambda row: _seconds(row.times.fault_ms)),
    Column("parent_seconds", Kind.SECONDS, lambda row: _seconds(row.times.parent_ms)),
    Column("admin_seconds", Kind.SECONDS, lambda row: _seconds(row.times.admin_ms)),
    Column("maintenance_seconds", Kind.SECONDS, lambda row: _seconds(row.times.maintenance_ms)),
    Column("unknown_seconds", Kind.SECONDS, lambda row: _seconds(row.times.unknown_ms)),
    Column("not_recorded_seconds", Kind.SECONDS, lambda row: _seconds(row.times.not_recorded_ms)),
    Column("gap_seconds", Kind.SECONDS, lambda row: _seconds(row.times.gap_ms)),
    Column("recorded_ratio", Kind.RATIO, lambda row: row.times.recorded_ratio),
)
_CARRIER_AVAILABILITY: Column[ReportLink | ReportGroup] = Column(
    "carrier_availability_ratio", Kind.RATIO, lambda row: row.times.carrier_availability_ratio
)
_MISSED: Column[ReportLink | ReportGroup] = Column(
    "missed_seconds", Kind.SECONDS, lambda row: _seconds(row.missed_ms)
)

LINK_COLUMNS: tuple[Column[ReportLink], ...] = (
    Column("link_id", Kind.TEXT, lambda row: row.link_id),
    Column("site_id", Kind.TEXT, lambda row: row.site_id),
    Column("site_name", Kind.TEXT, lambda row: row.site_name),
    Column("carrier", Kind.TEXT, lambda row: row.carrier),
    Column("role", Kind.WORD, lambda row: row.role),
    Column("district", Kind.TEXT, lambda row: row.district),
    Column("commune_code", Kind.TEXT, lambda row: row.commune_code),
    Column("commune_name", Kind.TEXT, lambda row: row.commune_name),
    _CARRIER_AVAILABILITY,
    Column("contracted_availability_ratio", Kind.RATIO, lambda row: row.contracted_ratio),
    Column("contract", Kind.WORD, lambda row: str(row.contract)),
    _MISSED,
    *_AVAILABILITY,
    Column("longest_outage_begin", Kind.TIME, _longest_begin),
    *_TIMES,
    Column("contracted_down_mbps", Kind.NUMBER, lambda row: row.contracted_down_mbps),
    Column("contracted_up_mbps", Kind.NUMBER, lambda row: row.contracted_up_mbps),
    Column("down_p95_mbps", Kind.NUMBER, lambda row: _rounded(row.use.down_p95_mbps, 3)),
    Column("up_p95_mbps", Kind.NUMBER, lambda row: _rounded(row.use.up_p95_mbps, 3)),
    Column("down_max_mbps", Kind.NUMBER, lambda row: _rounded(row.use.down_max_mbps, 3)),
    Column("up_max_mbps", Kind.NUMBER, lambda row: _rounded(row.use.up_max_mbps, 3)),
    Column("down_p95_use_ratio", Kind.SHARE, lambda row: _use(row.use.down_p95_mbps, row.contracted_down_mbps)),
    Column("up_p95_use_ratio", Kind.SHARE, lambda row: _use(row.use.up_p95_mbps, row.contracted_up_mbps)),
    Column("down_max_use_ratio", Kind.SHARE, lambda row: _use(row.use.down_max_mbps, row.contracted_down_mbps)),
    Column("up_max_use_ratio", Kind.SHARE, lambda row: _use(row.use.up_max_mbps, row.contracted_up_mbps)),
    Column("traffic_hours", Kind.COUNT, lambda row: row.use.hours),
    Column("ping_loss_ratio", Kind.SHARE, lambda row: _rounded(row.use.ping_loss_ratio, 5)),
    Column("rtt_mean_ms", Kind.NUMBER, lambda row: _rounded(row.use.rtt_mean_ms, 3)),
)

_GROUP_COLUMNS: tuple[Column[ReportGroup], ...] = (
    Column("links", Kind.COUNT, lambda group: len(group.links)),
    _CARRIER_AVAILABILITY,
    Column("lowest_contract_ratio", Kind.RATIO, lambda group: group.contracts[0] if group.contracts else None),
    Column("highest_contract_ratio", Kind.RATIO, lambda group: group.contracts[-1] if group.contracts else None),
    Column("links_with_contract", Kind.COUNT, lambda group: group.with_contract),
    Column("links_below_contract", Kind.COUNT, lambda group: group.below_contract),
    _MISSED,
    Column("worst_link", Kind.TEXT, lambda group: group.worst.link_id),
    Column("worst_link_ratio", Kind.RATIO, lambda group: group.worst.times.carrier_availability_ratio),
    *_AVAILABILITY,
    *_TIMES,
)
_NAME_COLUMNS: dict[Level, tuple[Column[ReportGroup], ...]] = {
    Level.CARRIER: (Column("carrier", Kind.TEXT, lambda group: group.name),),
    Level.DISTRICT: (Column("district", Kind.TEXT, lambda group: group.name),),
    Level.COMMUNE: (
        Column("commune_code", Kind.TEXT, lambda group: group.key),
        Column("commune_name", Kind.TEXT, lambda group: group.name),
    ),
}
GROUP_COLUMNS: dict[Level, tuple[Column[ReportGroup], ...]] = {
    level: (*names, *_GROUP_COLUMNS) for level, names in _NAME_COLUMNS.items()
}
TOTAL_COLUMNS: tuple[Column[ReportGroup], ...] = tuple(
    column for column in _GROUP_COLUMNS if not column.name.startswith("worst_")
)
"""For all lines together, of which there may be none."""
