"""The availability report as values: its lines, and groups of them by carrier, district and commune.

Joins the record with the inventory; the arithmetic is in ``time_classes`` and ``figures``. Text is made fit to be
shown here, once: ids in the record may be older than the inventory and its checks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from phusong.agent.inventory import Inventory, Link
from phusong.coverage.editions import Edition
from phusong.maps.text import clean_text

from .date_range import DateRange
from .figures import Contract, Measured, Times, compare, measure, missed_ms, sum_times
from .link_use import NO_USE, LinkUse
from .record import Record
from .time_classes import as_ms, divide, presence


class Level(StrEnum):
    """By what the figures are summed up."""

    LINK = "link"
    CARRIER = "carrier"
    DISTRICT = "district"
    COMMUNE = "commune"


GROUP_LEVELS = (Level.CARRIER, Level.DISTRICT, Level.COMMUNE)


@dataclass(frozen=True, slots=True)
class ReportLink:
    """A line of the report. Of one that left the inventory all but id, times and use is empty."""

    link_id: str
    site_id: str
    site_name: str
    carrier: str
    role: str
    district: str
    commune_code: str
    commune_name: str
    contracted_ratio: float | None
    contracted_down_mbps: float | None
    contracted_up_mbps: float | None
    measured: Measured
    use: LinkUse

    @property
    def times(self) -> Times:
        """Its time by class."""
        return self.measured.times

    @property
    def outages(self) -> int:
        """How many outages it had."""
        return len(self.measured.outages)

    @property
    def longest_outage_ms(self) -> int | None:
        """The fault time of the longest outage; ``None`` without any."""
        return max((outage.fault_ms for outage in self.measured.outages), default=None)

    @property
    def contract(self) -> Contract:
        """Whether it met its contract."""
        return compare(self.times, self.contracted_ratio)

    @property
    def missed_ms(self) -> int:
        """By how much longer than the contract allows it was out."""
        return missed_ms(self.times, self.contracted_ratio)


@dataclass(frozen=True, slots=True)
class ReportGroup:
    """Several lines together, worst first; ``key`` and ``name`` are empty for lines that left the inventory."""

    key: str
    name: str
    links: tuple[ReportLink, ...]
    times: Times

    @property
    def outages(self) -> int:
        """How many outages all of them had."""
        return sum(link.outages for link in self.links)

    @property
    def longest_outage_ms(self) -> int | None:
        """The longest outage of any of them."""
        return max((link.longest_outage_ms or 0 for link in self.links), default=0) or None

    @property
    def contracts(self) -> list[float]:
        """The availabilities that were promised for any of them, in order."""
        return sorted({link.contracted_ratio for link in self.links if link.contracted_ratio is not None})

    @property
    def with_contract(self) -> int:
        """How many have a contract that states an availability."""
        return sum(link.contracted_ratio is not None for link in self.links)

    @property
    def below_contract(self) -> int:
        """How many missed theirs."""
        return sum(link.contract is Contract.MISSED for link in self.links)

    @property
    def missed_ms(self) -> int:
        """By how much these missed them, together."""
        return sum(link.missed_ms for link in self.links)

    @property
    def worst(self) -> ReportLink:
        """The line with the lowest availability of those that have any."""
        return self.links[0]


@dataclass(frozen=True, slots=True)
class Report:
    """All of it; lines and groups stand worst first. ``groups`` lacks levels that the edition does not have."""

    range: DateRange
    is_cut: bool
    edition: str
    only: tuple[str, ...]
    """What was asked for, where that is not everything."""
    total: ReportGroup
    groups: Mapping[Level, tuple[ReportGroup, ...]]
    fingerprint: str
    """SHA-256 of the pieces of all lines: who reads the same record gets the same."""

    @property
    def links(self) -> tuple[ReportLink, ...]:
        """All lines, worst first."""
        return self.total.links


def make_report(
    record: Record,
    inventory: Inventory,
    edition: Edition,
    *,
    links: Collection[str] = (),
    carriers: Collection[str] = (),
) -> Report:
    """Make the report of some lines and carriers; of all where none is named."""
    begin_ms, end_ms = (as_ms(moment.timestamp()) for moment in (record.range.begin, record.range.end))
    present = presence(record.stretches, begin_ms, end_ms)
    rows = []
    for link_id in sorted({*inventory.links, *record.periods}):
        link = inventory.links.get(link_id)
        if (links and link_id not in links) or (carriers and (link is None or link.carrier not in carriers)):
            continue
        measured = measure(tuple(divide(record.periods.get(link_id, ()), present, begin_ms, end_ms)))
        rows.append(_row(link_id, link, inventory, edition, measured, record.use.get(link_id, NO_USE)))
    rows.sort(key=_worst_first)
    levels = [level for level in GROUP_LEVELS if level is not Level.DISTRICT or has_districts(edition)]
    return Report(
        range=record.range,
        is_cut=record.is_cut,
        edition=edition.name,
        only=tuple(map(clean_text, (*sorted(links), *sorted(carriers)))),
        total=_group("", "", rows),
        groups={level: _groups(rows, _KEYS[level]) for level in levels},
        fingerprint=_fingerprint(rows),
    )


def has_districts(edition: Edition) -> bool:
    """Tell whether the communes of an edition lie in districts: those of 2025-07 do not."""
    return any(commune.district for commune in edition.communes.values())


def _row(
    link_id: str, link: Link | None, inventory: Inventory, edition: Edition, measured: Measured, use: LinkUse
) -> ReportLink:
    site = inventory.sites[link.site_id] if link else None
    commune = edition.communes[site.commune_code] if site else None
    return ReportLink(
        link_id=clean_text(link_id),
        site_id=site.site_id if site else "",
        site_name=clean_text(site.name) if site else "",
        carrier=clean_text(link.carrier) if link else "",
        role=link.role if link else "",
        district=commune.district if commune else "",
        commune_code=commune.code if commune else "",
        commune_name=commune.name if commune else "",
        contracted_ratio=link.contracted_availability_ratio if link else None,
        contracted_down_mbps=link.contracted_down_mbps if link else None,
        contracted_up_mbps=link.contracted_up_mbps if link else None,
        measured=measured,
        use=use,
    )


def _worst_first(row: ReportLink) -> tuple[bool, float, int, str]:
    """Order by the exact share of faults; lines of which nothing counts come last."""
    times = row.times
    share = times.fault_ms / times.carrier_ms if times.carrier_ms else 0.0
    return not times.carrier_ms, -share, -times.fault_ms, row.link_id


_Key = Callable[[ReportLink], tuple[str, str]]
_KEYS: Mapping[Level, _Key] = {
    Level.CARRIER: lambda row: (row.carrier, row.carrier),
    Level.DISTRICT: lambda row: (row.district, row.district),
    Level.COMMUNE: lambda row: (row.commune_code, row.commune_name),
}


def _groups(rows: Iterable[ReportLink], key: _Key) -> tuple[ReportGroup, ...]:
    found: dict[tuple[str, str], list[ReportLink]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    groups = [_group(*names, members) for names, members in found.items()]
    return tuple(sorted(groups, key=_worst_group_first))


def _worst_group_first(group: ReportGroup) -> tuple[bool, float, str]:
    times = group.times
    share = times.fault_ms / times.carrier_ms if times.carrier_ms else 0.0
    return not times.carrier_ms, -share, group.key


def _group(key: str, name: str, rows: Sequence[ReportLink]) -> ReportGroup:
    return ReportGroup(key, name, tuple(rows), sum_times(row.times for row in rows))


def _fingerprint(rows: Iterable[ReportLink]) -> str:
    digest = hashlib.sha256()
    for row in sorted(rows, key=lambda row: row.link_id):
        for piece in row.measured.pieces:
            words = (row.link_id, str(piece.begin_ms), str(piece.end_ms), piece.time_class, piece.verdict)
            digest.update(("\t".join(words) + "\n").encode("utf-8", "replace"))
    return digest.hexdigest()
